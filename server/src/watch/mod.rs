//! Watching: what was committed elsewhere, told to whoever may see it, in order and exactly once (`design.md` §5).
//!
//! ```text
//! COMMIT ─► hub (one task): outbox rows since the last ─► broadcast ─► watcher: kinds, sight ─► stream
//!                                    a watcher that falls behind ◄── outbox table, by sequence
//! ```
//!
//! A row of the outbox carries who owned the record before and after, so that a watcher is tested in memory: in sight
//! after = changed; in sight only before, or deleted = gone; neither = nothing. Of a kept view it carries the departments
//! that it is shared with, so that whoever is shown it hears of it, and whoever was. Presence is memory alone: after a restart
//! the clients say again what they are doing.

pub mod hub;
pub mod places;
pub mod presence;
pub mod rpc;
pub mod sight;

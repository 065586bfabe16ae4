//! Notices: what reaches a person because of what another one did ("assigned to you by Li"), and which records they
//! follow.
//!
//! Always true: nobody is told of their own doing; the notices of one operation to one person about one topic are one
//! row with a count, however many records it touched; a notice is written in the transaction of what it tells, and is
//! withdrawn in the transaction that takes that back, for the records that are really taken back; a person reads, marks
//! and counts their own alone.

pub mod rpc;
pub mod store;

pub use store::tell;

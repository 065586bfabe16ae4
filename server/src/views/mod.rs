//! Views that people keep: a list's filter and order under a name, for oneself or for one's department and those below.
//!
//! Always true: a view belongs to who made it, and only they change it; a name is unique among a person's views of one
//! kind; a view says what to ask for, never what may be seen.

pub mod rpc;
pub mod store;

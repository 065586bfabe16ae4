//! Contacts (联系人): the people at a customer (`domain-spec.md` §3.4, D3).
//!
//! Always true: a contact belongs to one customer for good, follows it in and out of view, and may be written by whoever
//! may write that customer; its names and phones find the customer (search index).

pub mod list;
pub mod rpc;
pub mod rules;
pub mod store;

//! Interactions (交往记录): what was said with a customer, and when to speak again (`domain-spec.md` §3.5, D4).
//!
//! Always true: an interaction belongs to one customer for good and follows it in and out of view; of the next contacts
//! that one author agreed with one customer only the newest interaction's counts, and only while it is not settled;
//! `due_at`, `last_contact_at` and `next_contact_at` are kept by `derive.rs` alone.

pub mod derive;
pub mod list;
pub mod rpc;
pub mod rules;
pub mod store;

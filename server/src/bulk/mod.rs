//! Bulk actions: one action on up to 10,000 records, as one operation with one undo.
//!
//! Always true: each record is checked and changed by its own slice, in a savepoint of its own, with the rights that the
//! person has at that moment; a job holds the writer for a bounded time; the same request goes on where it stopped and
//! never does anything twice.

pub mod act;
pub mod rpc;
pub mod select;
pub mod store;

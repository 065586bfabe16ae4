//! Customers (客户): organisations, and persons, that buy or mean to buy (`domain-spec.md` §3.3, §4.3, D1–D6).
//!
//! Always true: a live organisation's name is unique after normalisation; a customer is edited only while 正常 and only
//! by its responsible manager or a supervisor in scope; what is derived from a customer (sort key, missing fields,
//! phones, search index) is refreshed in the transaction that changes it, by [`derive`] alone.

pub mod children;
pub mod derive;
pub mod duplicates;
pub mod list;
pub mod merge;
pub mod rpc;
pub mod rules;
pub mod store;
pub mod timeline;

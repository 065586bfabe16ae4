//! The data dictionary (数据字典): the choices of forms, as rows that the company edits (`domain-spec.md` §3.10).
//!
//! Always true: a choice elsewhere is a reference to a row here, so that renaming changes every screen; a value and each
//! of its texts are unique within their type; what is retired stays valid on old records and is not offered.

pub mod rpc;
pub mod rules;
pub mod store;

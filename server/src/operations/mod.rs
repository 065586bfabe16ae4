//! Operations: one call, one bulk action or one import, as the audit log groups its rows.
//!
//! Undo is one function for all of them ([`undo`]); a slice says what may stand (`Table::check_undo`), never how to take
//! back. An export is an operation too: it changes nothing, but it is in the log.

pub mod export;
mod image;
pub mod rpc;
pub mod undo;

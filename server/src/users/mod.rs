//! People: their accounts, departments and roles (`domain-spec.md` §3.11, D12).
//!
//! Always true: a name is never used again by another person; the last active administrator cannot be disabled or
//! demoted; a user is never deleted, only disabled.

pub mod rpc;
pub mod store;

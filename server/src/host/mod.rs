//! What the owner of the data directory does on the machine itself: accounts, audit verification, backup.
//!
//! Always true: none of this is reachable over the network; the auth layer lets only the process itself and peers of the
//! directory's uid through (`rpc/auth_layer.rs`).

pub mod backup;
pub mod examine;
pub mod figures;
pub mod rpc;

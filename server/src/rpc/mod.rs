//! tonic plumbing: from a request to a checked call into a slice, and from an error to a status.

pub mod auth_layer;
pub mod guard;
pub mod mask;
pub mod page;
pub mod server;
pub mod status;

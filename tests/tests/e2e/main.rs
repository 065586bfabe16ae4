//! The end-to-end tests: a real server in this process, spoken to over gRPC. One runner, a module an area.

mod authz;
mod plans;
mod scope;
mod structure;

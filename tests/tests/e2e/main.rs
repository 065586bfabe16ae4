//! The end-to-end tests: a real server in this process, spoken to over gRPC. One runner, a module an area.

mod authz;
mod bulk;
mod contacts;
mod customer_list;
mod customers;
mod dictionary;
mod fuzz;
mod interactions;
mod kernel;
mod opportunities;
mod place;
mod plan;
mod plans;
mod scope;
mod scrub;
mod search;
mod security;
mod sessions;
mod structure;
mod timeline;
mod undo;
mod watch;

//! The end-to-end tests: a real server in this process, spoken to over gRPC. One runner, a module an area.

mod authz;
mod contacts;
mod customer_list;
mod customers;
mod dictionary;
mod faults;
mod floods;
mod fuzz;
mod import_undo;
mod interactions;
mod kernel;
mod merge;
mod network;
mod place;
mod plans;
mod scope;
mod scrub;
mod search;
mod security;
mod sessions;
mod stale;
mod structure;
mod timeline;
mod undo;
mod wire;

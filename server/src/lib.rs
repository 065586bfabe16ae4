//! The Rolo server: a library that runs inside `rolo`, behind `rolod`, and in every test.
//!
//! A data directory has one owner, the process that holds the lock on `DIR/lock` ([`Place::open`]); everybody else talks
//! to the owner through the directory's socket. The owner serves that socket, connections from its own process, and the
//! addresses it was told to listen on, all with one gRPC server ([`run`]).

pub mod audit;
pub mod authz;
pub mod bulk;
pub mod change;
pub mod cli;
pub mod clock;
pub mod contacts;
pub mod customers;
pub mod db;
pub mod demo;
pub mod dictionary;
pub mod directory;
pub mod error;
pub mod fields;
pub mod host;
pub mod imports;
pub mod init;
pub mod interactions;
pub mod kernel;
pub mod listen;
pub mod notices;
pub mod numbering;
pub mod operations;
pub mod opportunities;
pub mod products;
pub mod rpc;
pub mod run;
pub mod sessions;
pub mod settings;
pub mod text;
pub mod tls;
pub mod users;
pub mod value;
pub mod views;
pub mod watch;

pub use directory::{Place, Reached, is_initialised};
pub use init::{InitOptions, init};
pub use listen::Listen;
pub use run::{Config, Handle, run};

//! What the tests and the measuring programs share: a real server in this process, with a clock that a test moves, people
//! of every role, and sessions without typing passwords; the real programs at a company of their own ([`company`]), with or
//! without a terminal ([`terminal`]).

pub mod ask;
pub mod company;
pub mod files;
pub mod golden;
pub mod load;
pub mod measure;
pub mod network;
pub mod pictures;
pub mod proxy;
pub mod pty;
pub mod sums;
pub mod terminal;
pub mod torture;
pub mod watchers;
pub mod wire;
pub mod world;

pub use proxy::Proxy;
pub use world::{Session, World};

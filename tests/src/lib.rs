//! What the tests and the measuring programs share: a real server in this process, with a clock that a test moves, people
//! of every role, and sessions without typing passwords.

pub mod ask;
pub mod golden;
pub mod load;
pub mod measure;
pub mod pictures;
pub mod world;

pub use world::{Session, World};

//! Signing in and staying signed in: passwords (argon2id), sessions (256 random bits, hashed at rest; 12 h idle, 14 d in
//! all), and a soft lock against guessing that slows an origin down without locking the person out.

mod cache;
pub mod password;
pub mod rpc;
pub mod rules;
mod soft_lock;
pub mod store;

pub use cache::Cache;
pub use soft_lock::SoftLocks;

//! Everything between the screens and the server: where data live ([`place`]), how they are reached ([`connect`]), the
//! calls themselves ([`client`]) over their streams ([`wire`]), whom to believe ([`trust`]), what a refusal means
//! ([`failure`]), what was typed and not saved ([`drafts`]), and the long work that both the screens and the command line
//! do ([`importer`], [`exporter`]). What is decided about an opportunity is in [`opportunity`].
//!
//! Two things always hold here. Every reply is scrubbed ([`scrub`]) before anything else sees it, and every call has a
//! deadline.

pub mod client;
pub mod connect;
pub mod drafts;
pub mod exporter;
pub mod failure;
pub mod importer;
pub mod lookup;
pub mod opportunity;
pub mod page;
pub mod place;
pub mod scrub;
pub mod servers;
mod streams;
pub mod trust;
pub mod wire;

pub use client::Client;
pub use connect::Connection;
pub use failure::{Failure, Fault, Reason, Violation};
pub use lookup::Lookup;
pub use place::{Place, State};

//! The program with screens: one model, messages that change it, effects that it asks for. `update` does no IO; the
//! runtime runs effects and brings back messages; a frame is drawn once per drained batch of them, when something
//! changed.

pub mod calls;
pub mod commands;
pub mod config;
pub mod connection;
pub mod draw;
pub mod effect;
pub mod engine;
pub mod event_loop;
pub mod files;
pub mod harness;
pub mod live;
mod many;
pub mod model;
pub mod msg;
pub mod navigate;
pub mod perform;
pub mod press;
mod reach;
pub mod run;
pub mod runtime;
pub mod shared;
pub mod update;
pub mod work;

pub use connection::{Connection, FirstPerson, Keeper, Options};
pub use run::run;
pub use secrecy::SecretString;

//! The program with screens: one model, messages that change it, effects that it asks for. `update` does no IO; the
//! runtime runs effects and brings back messages; a frame is drawn once per drained batch of them, when something
//! changed.

pub mod connection;

pub use connection::{Connection, FirstPerson, Keeper, Options};

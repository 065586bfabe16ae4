//! Keys: what can be done ([`action`]), how a key is written ([`chord`]), which key does what where ([`keymap`], with
//! the shipped table in [`default`]). Footer, help, which-key, palette and the README's table all read the live keymap,
//! so none of them can say what is not true.

pub mod action;
pub mod chord;
pub mod default;
pub mod keymap;

pub use action::Action;
pub use chord::{Chord, Key};
pub use keymap::{Found, Keymap, Layer};

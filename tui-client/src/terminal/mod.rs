//! The terminal itself: taking it and giving it back as it was found ([`guard`]), writing to it ([`backend`]), reading
//! from it ([`reader`], [`input`]), what it can do ([`caps`], [`probe`]) and its clipboard ([`clipboard`]).

pub mod backend;
pub mod caps;
pub mod clipboard;
pub mod guard;
pub mod input;
pub mod probe;
pub mod reader;

//! `rolo`: the keyboard-driven client of Rolo, as a library so that tests drive the same code that people do.

pub mod app;
pub mod cli;
pub mod data;
pub mod files;
pub mod keys;
pub mod overlay;
pub mod resource;
pub mod screen;
pub mod strings;
pub mod terminal;
pub mod text;
pub mod theme;
pub mod widget;

//! The few screens that no descriptor can feed.

pub mod assign;
pub mod board;
pub mod credentials;
pub mod forecast;
pub mod import;
pub mod merge;
pub mod notices;
pub mod password;
pub mod sign_in;
pub mod today;
pub mod win;

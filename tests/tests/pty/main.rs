//! `rolo` on a real terminal (issue 2, "It is done when" 3): the key story from the first start to the re-opened database,
//! several of them on one directory, and what a terminal must never see.

#[path = "../cli/company.rs"]
mod company;
mod story;
mod terminal;

//! The real `rolo` and `rolod` without a terminal, each test in a directory of its own (`tui.md` rule 15, issue 2 "The
//! command line").

mod company;
mod exits;
mod files;
mod host;
mod lists;
mod load;
mod names;
mod northwind;
mod records;
mod session;

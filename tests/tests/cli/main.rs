//! The real `rolo` and `rolod` without a terminal, each test in a directory of its own (`tui.md` rule 15).

mod decisions;
mod doctor;
mod earlier;
mod exits;
mod files;
mod host;
mod language;
mod lists;
mod load;
mod names;
mod network;
mod northwind;
mod opportunity_files;
mod records;
mod session;
mod torture;
mod watchers;

use rolo_tests::company;

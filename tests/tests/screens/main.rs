//! The screens: the real client over the real server in this process, driven by keys and read as a person reads them.
//! No terminal and no sleeps; time stands still unless a story lets it pass.

mod assign;
mod board;
mod budgets;
mod bulk;
mod conflicts;
mod drafts;
mod edges;
mod forms;
mod imports;
mod lists;
mod merge;
mod network;
mod opportunities;
mod pictures;
mod readme;
mod sessions;
mod stage;
mod steps;
mod team;
mod today;
mod together;
mod wins;

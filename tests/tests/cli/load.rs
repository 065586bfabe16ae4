//! The program that measures the server runs through, at its smallest and without a word on times.

use std::process::Command;

use anyhow::{Result, ensure};

/// Issue 3: "each printing a table, ... with short versions in the test command".
#[test]
fn the_load_program_grows_a_small_company_and_measures_every_kind_of_call() -> Result<()> {
    let done = Command::new(env!("CARGO_BIN_EXE_load")).arg("--short").output()?;
    let said = String::from_utf8_lossy(&done.stdout);
    let complaints = String::from_utf8_lossy(&done.stderr);
    ensure!(done.status.success(), "{said}\n{complaints}");
    ensure!(!complaints.contains("walked a whole table"), "a statement without an index:\n{complaints}");
    for row in [
        "| customers 0 to 900 | 900 |",
        "| contacts | 100 |",
        "| interactions | 100 |",
        "| raw statement: open | 1 |",
        "| empty call | 8 |",
        "| open | 8 |",
        "| list by name, page 1,000 | 1 |",
        "| search 2 characters, rare | 1 |",
        "| search 3 characters, absent | 1 |",
        "| search initials, with a gap | 1 |",
        "| search phone digits | 1 |",
        "| filter without a hit, 5 orders | 1 |",
        "| create | 8 |",
        "| update | 8 |",
        "bytes a create: ",
        "| all: view stagnating, page 1 | 1 |",
        "| all: board | 8 |",
        "| all: forecast, 12 months | 1 |",
        "| supervisor: Today's counts | 1 |",
        "| manager: sums of open, to 10,000 rows | 1 |",
        "| opportunities: search 2 characters, rare | 1 |",
        "bytes a update: ",
    ] {
        ensure!(said.contains(row), "no line {row:?} in\n{said}");
    }
    Ok(())
}

//! The program that measures watching runs through, at its smallest and without a word on times.

use std::process::Command;

use anyhow::{Result, ensure};

/// Design §5: every sequence in scope reaches every watcher exactly once, a stopped one catches up without gap, and one
/// out of scope hears of none.
#[test]
fn twenty_watchers_hear_every_change_once_and_a_stopped_one_catches_up() -> Result<()> {
    let done = Command::new(env!("CARGO_BIN_EXE_watchers")).arg("--short").output()?;
    let said = String::from_utf8_lossy(&done.stdout);
    ensure!(done.status.success(), "{said}\n{}", String::from_utf8_lossy(&done.stderr));
    for row in ["watchers              20", "changes               150", "violations            0"] {
        ensure!(said.contains(row), "no line {row:?} in\n{said}");
    }
    Ok(())
}

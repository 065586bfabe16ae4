//! The short version of `torture` (done-when 3), and that COMMITs reach the disk.

use std::process::{Command, Stdio};

use anyhow::Result;

fn torture(arguments: &[&str]) -> Result<String> {
    let done = Command::new(env!("CARGO_BIN_EXE_torture")).args(arguments).stdin(Stdio::null()).output()?;
    let (out, err) = (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    assert!(done.status.success(), "{out}\n{err}");
    Ok(out.into_owned())
}

/// Every fault strikes at least once in ten rounds.
#[test]
fn ten_rounds_of_torture_lose_nothing_double_nothing_and_end_with_a_whole_audit_chain() -> Result<()> {
    let table = torture(&["--seed", "1", "--rounds", "10"])?;
    assert!(table.contains("violations            0"), "{table}");
    Ok(())
}

/// kill -9 cannot show what a power cut takes; counting the flushes can.
#[test]
#[expect(clippy::print_stderr, reason = "why it was skipped")]
fn every_commit_is_flushed_to_the_disk() -> Result<()> {
    let told = torture(&["--fsync"])?;
    if told.starts_with("skipped") {
        eprint!("{told}");
    }
    Ok(())
}

//! Measures the client in a real pseudo-terminal and prints a table; ends with 1 if a budget is not met. What is measured
//! and why: [`rolo_tests::pty`].
//!
//! ```text
//! cargo build --release -p rolo-tests --bins
//! target/release/pty [--dir DIR [--user NAME] [--password-file FILE]]
//! ```
//!
//! Without `--dir` the customers are those of a demonstration company. With it they are those of a data directory that
//! nobody else serves, in which NAME signs in, who may assign; an interaction and an export more are in it afterwards, and
//! ten opportunities that were assigned and taken back.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program that prints what it measured")]

use std::{path::PathBuf, process::ExitCode};

use anyhow::{Context, Result, bail};
use rolo_tests::pty::{self, Place, Settings, Table};

fn main() -> Result<ExitCode> {
    let mut arguments = std::env::args().skip(1);
    let (mut dir, mut user, mut password) = (None, None, None);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().with_context(|| format!("{argument} takes a value"));
        match argument.as_str() {
            pty::ECHO => return pty::echo().map(|()| ExitCode::SUCCESS),
            "--dir" => dir = Some(PathBuf::from(value()?)),
            "--user" => user = Some(value()?),
            "--password-file" => password = Some(PathBuf::from(value()?)),
            _ => bail!("usage: pty [--dir DIR [--user NAME] [--password-file FILE]]"),
        }
    }
    let place = match dir {
        Some(dir) => Place::Directory { dir, user: user.unwrap_or_else(|| "boss".to_owned()), password },
        None => Place::Demo { customers: 2_000 },
    };
    let mut table = Table::default();
    let outcome = pty::measure(&Settings { place, ..Settings::default() }, &mut table, &mut |line| eprintln!("{line}"));
    println!("{table}");
    outcome?;
    Ok(if table.holds() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

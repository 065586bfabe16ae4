//! Tortures the real server and holds its database against what 32 writing clients were told. Ends with 1 if anything
//! acknowledged is lost or doubled, anything refused is there, or the server does not recover by itself.
//!
//! ```text
//! cargo run --release -p rolo-tests --bin torture -- [--seed N] [--first N] [--rounds N]
//! cargo run --release -p rolo-tests --bin torture -- --fsync
//! ```
//!
//! The same seed makes the same plan of faults. `--fsync` counts, where strace is present, that COMMITs reach the disk.
//! `--serve DIR TIME` is how it runs itself as the server.

use std::{
    io::{self, Write as _},
    process::ExitCode,
};

use anyhow::{Context, Result, bail};
use rolo_tests::torture::{self, CLIENTS};

/// For the engine too, whose many small allocations cost a tenth of an import otherwise.
#[global_allocator]
static MEMORY: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> Result<ExitCode> {
    let (mut seed, mut first, mut rounds) = (1, 0, 10);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut number = || -> Result<u64> { Ok(arguments.next().context("a number is missing")?.parse()?) };
        match argument.as_str() {
            "--seed" => seed = number()?,
            "--first" => first = number()?,
            "--rounds" => rounds = number()?,
            "--fsync" => return fsync().await,
            "--serve" => {
                let dir = arguments.next().context("--serve DIR TIME")?;
                let now = arguments.next().context("--serve DIR TIME")?.parse()?;
                torture::server::serve(dir.as_ref(), now).await?;
                return Ok(ExitCode::SUCCESS);
            }
            other => bail!("what is {other}? usage: torture [--seed N] [--first N] [--rounds N] | --fsync"),
        }
    }
    say(&format!("seed {seed}, {CLIENTS} clients"))?;
    let report = torture::rounds(seed, first, rounds, |line| drop(say(line))).await?;
    report.lines().iter().try_for_each(|line| say(line))?;
    Ok(if report.violations.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn fsync() -> Result<ExitCode> {
    match torture::fsync::count().await? {
        Err(why) => say(&format!("skipped: {why}")).map(|()| ExitCode::SUCCESS),
        Ok(seen) => {
            say(&format!("commits {}, fsync and fdatasync {}", seen.commits, seen.flushes))?;
            Ok(if seen.flushes >= seen.commits { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        }
    }
}

fn say(line: &str) -> Result<()> {
    writeln!(io::stdout(), "{line}").context("standard output")
}

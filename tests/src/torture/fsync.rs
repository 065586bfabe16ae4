//! That each COMMIT reaches the disk, counted by a tracer of system calls: kill -9 cannot show what a power cut takes.

use std::process::{Command, Stdio};

use anyhow::{Context, Result};

use super::{Start, process::Server, work};

/// Writes made one after the other.
const WRITES: usize = 50;

/// COMMITs, and the calls that flushed them to the disk.
#[derive(Debug, Clone, Copy)]
pub struct Flushed {
    /// COMMITs of the server, its shutdown not counted.
    pub commits: u64,
    /// fsync and fdatasync.
    pub flushes: u64,
}

/// Counts; answers why not where this machine cannot.
///
/// # Errors
/// The server fails.
pub async fn count() -> Result<Result<Flushed, String>> {
    let probe = Command::new("strace").args(["-f", "-qq", "-o", "/dev/null", "true"]).stderr(Stdio::null()).status();
    match probe {
        Err(error) => return Ok(Err(format!("strace cannot be run: {error}"))),
        Ok(status) if !status.success() => return Ok(Err("strace may not trace here".into())),
        Ok(_) => {}
    }
    let start = Start::new().await?;
    let dir = &start.dir;
    let trace = dir.path().join("trace");
    let file = trace.to_str().context("the path is not UTF-8")?;
    let tracer = ["strace", "-f", "-qq", "-e", "trace=fsync,fdatasync", "-e", "signal=none", "-o", file];
    let mut server = Server::start_under(dir.path(), &tracer)?;
    // Opening a database flushes too.
    let before = flushes(&trace)?;
    let client = work::client(server.address(), start.token(0)).patient();
    for number in 0..WRITES {
        let entry = work::create(&client, format!("F{number:03}")).await;
        anyhow::ensure!(matches!(entry.outcome, work::Outcome::Ok(_)), "{entry:?}");
    }
    let after = flushes(&trace)?;
    server.stop()?;
    Ok(Ok(Flushed { commits: server.commits, flushes: after - before }))
}

fn flushes(trace: &std::path::Path) -> Result<u64> {
    let text = std::fs::read_to_string(trace)?;
    Ok(text.lines().filter(|line| line.contains("sync(") && !line.contains("resumed")).count() as u64)
}

//! Measures how changes reach those who watch; ends with 1 if one of them misses a change, hears one twice or hears what
//! it may not see, or if 95 of 100 take longer than 100 ms. See ARCHITECTURE.md.
//!
//! ```text
//! cargo run --release -p rolo-tests --bin watchers -- [--watchers N] [--rate N] [--seconds N] [--stop N]
//! cargo run -p rolo-tests --bin watchers -- --short
//! ```
//!
//! `--serve DIR` and `--watch ...` are how it runs itself as the server and as watchers.

use std::{io::Write as _, path::Path, process::ExitCode};

use anyhow::Result;
use rolo_tests::{
    load::serve,
    watchers::{Options, run, watcher::Task},
};

/// For the engine too, whose many small allocations cost a tenth of an import otherwise.
#[global_allocator]
static MEMORY: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> Result<ExitCode> {
    let mut arguments = std::env::args().skip(1).peekable();
    match arguments.peek().map(String::as_str) {
        Some("--serve") => {
            serve(Path::new(&arguments.nth(1).unwrap_or_default())).await?;
            return Ok(ExitCode::SUCCESS);
        }
        Some("--watch") => {
            Task::parse(arguments.skip(1))?.run().await?;
            return Ok(ExitCode::SUCCESS);
        }
        _ => {}
    }
    let mut report = run(Options::parse(arguments)?).await?;
    let mut out = std::io::stdout().lock();
    for line in report.lines() {
        writeln!(out, "{line}")?;
    }
    Ok(if report.violations.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

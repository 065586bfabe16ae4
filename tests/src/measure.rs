//! What the measuring programs share: times in order, and the memory of a process.

use std::{fs, time::Duration};

use anyhow::{Context, Result};

/// The time that this share of the calls did not exceed; `sorted` is in order.
pub fn quantile(sorted: &[Duration], share: f64) -> Duration {
    let last = sorted.len().saturating_sub(1);
    sorted.get((last as f64 * share).ceil() as usize).copied().unwrap_or_default()
}

/// Memory of a process (`self`, or its id) that no file backs, in MB.
///
/// # Errors
/// There is no such process, or no `/proc`.
pub fn rss_anon(process: &str) -> Result<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).context("RssAnon")?;
    Ok(line.trim().trim_end_matches(" kB").trim().parse::<u64>()? / 1_000)
}

/// Milliseconds, for a table.
pub fn millis(time: Duration) -> String {
    format!("{:.2}", time.as_secs_f64() * 1_000.0)
}

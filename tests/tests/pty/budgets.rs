//! The short version of the program `pty`: what a key costs on the wire, and how many keys a task takes (`design.md` §6,
//! `tui.md` "Key budgets"). Times are measured by the program alone.

use anyhow::{Result, ensure};
use rolo_tests::pty::{self, Settings, Table};

#[test]
fn bytes_and_keys_are_within_their_budgets() -> Result<()> {
    let mut table = Table::default();
    pty::measure(&Settings::short(), &mut table, &mut |_| {})?;
    ensure!(table.holds(), "{table}");
    Ok(())
}

//! `rolo` on a real terminal: the key story from the first start to the re-opened database,
//! several of them on one directory, and what a terminal must never see.

mod budgets;
mod consent;
mod demo;
mod drafts;
mod hostile;
mod live;
mod manners;
mod opportunities;
mod owners;
mod safety;
mod story;

use anyhow::Result;
use rolo_tests::{
    company::{self, Company},
    terminal::{self, Terminal},
};

/// The size of most terminals here: list and preview side by side.
const WIDE: (u16, u16) = (110, 32);

/// `rolo` in Chinese.
fn chinese(company: &Company) -> Result<Terminal> {
    Terminal::rolo(company, WIDE, &[], &[("LANG", "zh_CN.UTF-8")])
}

/// `rolo` in English, past its first calls.
fn english(company: &Company, size: (u16, u16)) -> Result<Terminal> {
    let terminal = Terminal::rolo(company, size, &[], &[])?;
    terminal.wait_for(&["● live", "2 All"])?;
    Ok(terminal)
}

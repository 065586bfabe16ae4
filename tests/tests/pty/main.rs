//! `rolo` on a real terminal (issue 2, "It is done when" 3): the key story from the first start to the re-opened database,
//! several of them on one directory, and what a terminal must never see.

#[path = "../cli/company.rs"]
#[expect(dead_code, reason = "shared with the tests without a terminal, which use the rest")]
mod company;
mod consent;
mod demo;
mod manners;
mod owners;
mod safety;
mod story;
mod terminal;

use anyhow::Result;

use self::{company::Company, terminal::Terminal};

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

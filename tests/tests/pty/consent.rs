//! First contact with a server over the network, before the screens: a person compares and says yes, or nothing is sent.
//! Issue 3, "over the network".

use anyhow::{Context, Result};

use crate::{
    WIDE,
    company::{Company, free_address},
    terminal::Terminal,
};

#[test]
fn an_unknown_certificate_is_believed_after_a_yes_in_full_and_then_for_good() -> Result<()> {
    let company = Company::new()?;
    let address = free_address()?;
    let made = company.rolod(&["tls", "init", "--host", &address])?.ok()?;
    let fingerprint = made.lines().next().and_then(|line| line.split_once(": ")).context("a fingerprint")?.1;
    let served = company.serve(&["--listen", &address])?;
    let args = ["--server", &address];

    let hasty = Terminal::rolo(&company, WIDE, &args, &[])?;
    hasty.wait_for(&[fingerprint, "Type yes in full"])?;
    hasty.keys("'y' enter")?;
    hasty.wait_for(&["nothing was sent"])?;

    let careful = Terminal::rolo(&company, WIDE, &args, &[("LANG", "zh_CN.UTF-8")])?;
    careful.wait_for(&[fingerprint, "也可粘贴收到的指纹"])?;
    careful.keys("'是' enter")?;
    careful.wait_for(&["登录", "用户名"])?;

    let known = Terminal::rolo(&company, WIDE, &args, &[])?;
    known.wait_for(&["Sign in", "Password"])?;
    assert_eq!(served.terminate()?, 0);
    Ok(())
}

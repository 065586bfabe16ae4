//! `rolo demo` starts on believable data, straight into the chosen role.

use anyhow::Result;

use crate::{WIDE, company::Company, terminal::Terminal};

/// Starts the demo, looks at customers and Today, and leaves; nothing of it stays.
fn demo(role: &str, language: &str) -> Result<()> {
    let company = Company::nothing()?;
    let rolo = Terminal::rolo(&company, WIDE, &["demo", "--as", role, "--lang", language], &[])?;
    let (live, customers, today) = match language {
        "zh" => ("● 在线", "客户 › 全部", "今日"),
        _ => ("● live", "Customers › All", "Today"),
    };
    rolo.wait_for(&[live])?;
    rolo.keys("g c 2")?;
    rolo.wait_for(&[customers, "KH", "1–"])?;
    rolo.keys("g t")?;
    rolo.wait_for(&[today, live])?;
    rolo.quit()?;
    assert!(!company.data.exists(), "the demo leaves one's own data alone");
    Ok(())
}

#[test]
fn the_demo_starts_in_every_role_and_in_both_languages() -> Result<()> {
    for (role, language) in
        [("admin", "zh"), ("supervisor", "en"), ("manager", "zh"), ("executive", "en"), ("service", "zh")]
    {
        demo(role, language)?;
    }
    Ok(())
}

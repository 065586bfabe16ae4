//! What was typed outlives the client, however it ends (`tui.md` rule 1).

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};

use crate::{WIDE, company::Company, english, terminal::Terminal};

/// The files of drafts.
fn files(dir: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    // Nothing was kept yet where there is no directory.
    for entry in fs::read_dir(dir).into_iter().flatten() {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files(&path)?);
        } else if path.extension().is_some_and(|kind| kind == "json") {
            found.push(path);
        }
    }
    Ok(found)
}

/// Waits until a draft on disk holds a text; answers how long that took.
fn on_disk(company: &Company, rolo: &Terminal, text: &str) -> Result<Duration> {
    let begin = Instant::now();
    let holds = |path: &PathBuf| fs::read_to_string(path).is_ok_and(|draft| draft.contains(text));
    while !files(&company.path("state").join("drafts"))?.iter().any(holds) {
        ensure!(begin.elapsed() < Duration::from_secs(30), "{text} is in no draft\n{}", rolo.frame());
        rolo.writes_within(Duration::from_millis(5));
    }
    Ok(begin.elapsed())
}

#[test]
fn killed_in_a_form_the_client_comes_back_with_the_form() -> Result<()> {
    let company = Company::new()?;
    company.ok(&["create", "customer", "name=甲公司"])?;
    let rolo = english(&company, WIDE)?;
    rolo.keys("n")?;
    rolo.wait_for(&["ctrl-s"])?;
    rolo.keys("'青岛海运物流'")?;
    on_disk(&company, &rolo, "青岛海运物流")?;
    rolo.keys("'有限公司'")?;
    let took = on_disk(&company, &rolo, "青岛海运物流有限公司")?;
    rolo.signal("KILL")?;
    rolo.ended()?;
    // Generous for a machine that does other things too; the client itself waits 150 ms.
    ensure!(took < Duration::from_secs(2), "written {took:?} after the last key");

    let dir = company.path("state").join("drafts");
    let mode = |path: &Path| Ok::<_, std::io::Error>(fs::metadata(path)?.permissions().mode() & 0o777);
    let file = files(&dir)?.pop().context("a draft")?;
    assert_eq!(mode(&file)?, 0o600);
    for dir in file.ancestors().skip(1).take_while(|path| path.starts_with(company.path("state"))) {
        assert_eq!(mode(dir)?, 0o700, "{}", dir.display());
    }

    let rolo = english_form(&company)?;
    rolo.wait_for(&["青岛海运物流有限公司", "restored; ctrl-x discards it"])?;
    // A second client of the same person while the first runs: its form stays its own.
    let second = english(&company, WIDE)?;
    second.keys("n")?;
    second.wait_for(&["Customers › New", "ctrl-s"])?;
    ensure!(!second.text().contains("青岛"), "{}", second.frame());
    second.signal("KILL")?;
    rolo.keys("esc")?;
    rolo.wait_for(&["Draft kept", "甲公司"])?;
    rolo.keys("q")?;
    ensure!(rolo.ended()?.success(), "nothing is asked, for nothing is lost");
    let rolo = english(&company, WIDE)?;
    rolo.keys("n")?;
    rolo.wait_for(&["青岛海运物流有限公司"])?;
    rolo.keys("ctrl-x")?;
    rolo.wait_until("an empty form", |screen| !screen.contents().contains("青岛"))?;
    rolo.quit()?;
    assert_eq!(files(&dir)?.len(), 0);
    Ok(())
}

/// The client, which opens the form that was open.
fn english_form(company: &Company) -> Result<Terminal> {
    let rolo = Terminal::rolo(company, WIDE, &[], &[])?;
    rolo.wait_for(&["● live", "ctrl-s"])?;
    Ok(rolo)
}

#[test]
fn killed_while_an_opportunity_is_won_the_client_comes_back_with_what_was_typed() -> Result<()> {
    let company = Company::new()?;
    let row = "{\"customer_name\":\"宁波东方重工\",\"success_rate\":50}\n";
    company.rolo_reading(&["create", "opportunities"], row)?.ok()?;
    company.ok(&["do", "opportunities", "assign", "1", "--to", "boss"])?;
    let rolo = english(&company, WIDE)?;
    rolo.keys("g o 2")?;
    rolo.wait_for(&["宁波东方重工", "◇ assigned"])?;
    rolo.keys("S")?;
    rolo.wait_for(&["new: 宁波东方重工"])?;
    rolo.keys("'陈总'")?;
    on_disk(&company, &rolo, "陈总")?;
    rolo.signal("KILL")?;
    rolo.ended()?;
    let file = files(&company.path("state").join("drafts"))?.pop().context("a draft")?;
    assert_eq!(fs::metadata(&file)?.permissions().mode() & 0o777, 0o600);

    let rolo = english_form(&company)?;
    rolo.wait_for(&["new: 宁波东方重工", "陈总", "restored; ctrl-x discards it"])?;
    rolo.keys("ctrl-s")?;
    rolo.wait_for(&["Won: 宁波东方重工 is a customer", "[Contacts]"])?;
    rolo.quit()?;
    assert_eq!(files(&company.path("state").join("drafts"))?.len(), 0);
    Ok(())
}

#[test]
fn every_signal_that_ends_the_client_leaves_the_last_key_in_the_draft() -> Result<()> {
    let company = Company::new()?;
    company.ok(&["create", "customer", "name=甲公司"])?;
    for (signal, digit) in [("TERM", "1"), ("HUP", "2")] {
        let rolo = if signal == "TERM" { english(&company, WIDE)? } else { english_form(&company)? };
        if signal == "TERM" {
            rolo.keys("n")?;
            rolo.wait_for(&["ctrl-s"])?;
        }
        rolo.keys(&format!("'第{digit}'"))?;
        rolo.wait_for(&[&format!("第{digit}")])?;
        rolo.signal(signal)?;
        ensure!(rolo.ended()?.success());
    }
    let rolo = english_form(&company)?;
    rolo.wait_for(&["第1第2"])?;
    rolo.quit()
}

#[test]
fn another_person_on_the_same_account_never_sees_what_was_typed() -> Result<()> {
    let company = Company::new()?;
    company
        .rolod(&["user", "add", "sun", "--role", "supervisor", "--password-file", &company.password_file()])?
        .ok()?;
    let rolo = english(&company, WIDE)?;
    rolo.keys("n")?;
    rolo.wait_for(&["ctrl-s"])?;
    rolo.keys("'青岛海运'")?;
    on_disk(&company, &rolo, "青岛海运")?;
    rolo.signal("KILL")?;
    rolo.ended()?;
    let sun = Terminal::rolo(&company, WIDE, &["--user", "sun"], &[])?;
    sun.wait_for(&["Sign in", "sun", "Password"])?;
    sun.keys("'correct horse battery' enter")?;
    sun.wait_for(&["● live", "2 All"])?;
    sun.keys("g d")?;
    sun.wait_for(&["No draft waits"])?;
    sun.quit()?;
    ensure!(!String::from_utf8_lossy(&sun.raw()).contains("青岛"), "it was painted");
    let boss = Terminal::rolo(&company, WIDE, &["--user", "boss"], &[])?;
    boss.wait_for(&["青岛海运", "restored"])?;
    boss.quit()
}

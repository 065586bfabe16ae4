//! The terminal is given back as it was found, and any size of it will do (`tui.md` rule 13).

use std::time::Duration;

use anyhow::{Result, ensure};

use crate::{
    WIDE,
    company::Company,
    english,
    terminal::{self, CURSOR_REPORT, FRAME_END, Manner, Terminal},
};

/// A shell's terminal before anything is started on it.
fn fresh(company: &Company) -> Result<String> {
    let nothing = Terminal::rolo(company, WIDE, &["--version"], &[])?;
    nothing.ended()?;
    Ok(nothing.modes())
}

#[test]
fn quitting_and_every_signal_that_ends_us_give_the_terminal_back() -> Result<()> {
    let company = Company::new()?;
    let modes = fresh(&company)?;
    for end in ["q", "ctrl-c", "TERM", "HUP"] {
        let rolo = english(&company, WIDE)?;
        ensure!(rolo.modes() != modes, "rolo takes the terminal");
        match end {
            "TERM" | "HUP" => rolo.signal(end)?,
            keys => rolo.keys(keys)?,
        }
        let status = rolo.ended()?;
        ensure!(status.success(), "{end}: {status}");
        rolo.is_given_back(&modes)?;
    }
    Ok(())
}

#[test]
fn a_terminal_too_small_says_so_and_grows() -> Result<()> {
    let company = Company::new()?;
    company.ok(&["create", "customer", "name=甲公司"])?;
    let modes = fresh(&company)?;
    let rolo = Terminal::rolo(&company, (20, 5), &[], &[])?;
    rolo.wait_for(&["terminal"])?;
    for size in [(80, 24), (46, 16), (40, 12), (110, 32), (1, 1), (300, 100), (46, 16)] {
        rolo.resize(size)?;
        if size.0 >= 40 {
            rolo.wait_until(&format!("a frame of {size:?}"), |screen| {
                let text = screen.contents();
                text.contains("live") || text.contains('●')
            })?;
        }
    }
    rolo.keys("2")?;
    rolo.wait_for(&["甲公司"])?;
    rolo.resize((20, 5))?;
    rolo.wait_for(&["terminal"])?;
    rolo.quit()?;
    rolo.is_given_back(&modes)
}

#[test]
fn what_cannot_start_says_why_and_leaves_the_terminal_alone() -> Result<()> {
    let company = Company::nothing()?;
    let nowhere = format!("unix:{}", company.file("nobody"));
    let modes = fresh(&company)?;
    let rolo = Terminal::rolo(&company, WIDE, &["--server", &nowhere, "whoami"], &[])?;
    assert_eq!(rolo.ended()?.exit_code(), 7);
    rolo.wait_for(&["cannot be reached"])?;
    rolo.is_given_back(&modes)
}

#[test]
fn a_terminal_without_utf_8_gets_english_and_ascii() -> Result<()> {
    let company = Company::new()?;
    let rolo = Terminal::rolo(&company, (80, 24), &[], &[("LANG", "zh_CN.GB18030"), ("LC_ALL", "zh_CN.GB18030")])?;
    rolo.wait_for(&["Customers", "live"])?;
    rolo.quit()?;
    ensure!(rolo.raw().is_ascii(), "bytes beyond ASCII were written");
    Ok(())
}

/// `tui.md` "Screen": the question how wide it draws waits 200 ms at most, and takes no key away.
#[test]
fn keys_typed_at_a_terminal_that_never_answers_arrive_in_order() -> Result<()> {
    let company = Company::nothing()?;
    let rolo = Terminal::start(terminal::rolo(&company, &[], &[])?, WIDE, Manner::Silent)?;
    rolo.wrote(FRAME_END)?;
    for letter in "abcdefghijklmnopqrstuvwxyz".chars() {
        rolo.keys(&format!("'{letter}'"))?;
    }
    rolo.wait_for(&["abcdefghijklmnopqrstuvwxyz"])?;
    rolo.signal("TERM")?;
    ensure!(rolo.ended()?.success(), "it ends well");
    Ok(())
}

/// Keys that come with the terminal's answer, or just after it, are not overlooked until the next one is pressed.
#[test]
fn keys_typed_in_the_moment_of_the_answer_arrive() -> Result<()> {
    let company = Company::nothing()?;
    for _ in 0..20 {
        let rolo = Terminal::start(terminal::rolo(&company, &[], &[])?, WIDE, Manner::Answers)?;
        rolo.wrote(CURSOR_REPORT)?;
        rolo.keys("'hasty'")?;
        rolo.wait_for(&["hasty"])?;
    }
    Ok(())
}

#[test]
fn an_idle_screen_writes_nothing() -> Result<()> {
    let company = Company::new()?;
    let rolo = english(&company, WIDE)?;
    rolo.keys("2")?;
    rolo.wait_for(&["n makes the first one"])?;
    // What was asked for has come when nothing is written for a while; from then on at most a minute's turn is painted.
    let quiet = (0..10).any(|_| !rolo.writes_within(Duration::from_secs(2)));
    ensure!(quiet, "something is painted all the time");
    rolo.quit()
}

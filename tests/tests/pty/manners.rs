//! The terminal is given back as it was found, and any size of it will do (`tui.md` rule 13).

use std::{thread, time::Duration};

use anyhow::{Context as _, Result, anyhow, ensure};

use crate::{
    WIDE,
    company::Company,
    english,
    terminal::{self, FRAME_END, Manner, Terminal},
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

/// How often a terminal of each manner is tried: what goes wrong here depends on the moment.
const TRIES: usize = 4;

/// `tui.md` "Screen": whatever a terminal says when it is asked how wide it draws, and whenever, what is typed meanwhile
/// arrives, once and in order, and nothing else does; an answer in good time is obeyed.
#[test]
fn whatever_a_terminal_answers_every_key_arrives_once_and_in_order() -> Result<()> {
    // The pause before each piece in milliseconds, the pieces, what is typed with them, and what the answer says of `·`;
    // nothing is said here of one that comes so late that a busy machine may miss it.
    let cases: [(u64, &'static [&'static str], &str, Option<bool>); 11] = [
        (50, &["a", "b", "c", "d", "e", "f", "g"], "abcdefg", Some(false)),
        (1, &["a", "b", "c", "d", "e", "f", "g"], "abcdefg", Some(false)),
        (20, &["a\x1b[1;3Rb"], "ab", Some(true)),
        (20, &["\x1b[1;2R", "ab"], "ab", Some(false)),
        (20, &["a\x1b[1;", "3Rb", "c"], "abc", Some(true)),
        (60, &["a", "\x1b[1;2R\x1b[1;2Rb", "c\x1b[1;2R"], "abc", Some(false)),
        (20, &["a\x1b[200~北京 b\x1b[201~c\x1b[1;3Rd"], "a北京 bcd", Some(true)),
        (150, &["a\x1b[200~b", "c\x1b[201~", "d\x1b[1;2Re"], "abcde", Some(false)),
        (190, &["a\x1b[1;3Rb", "c"], "abc", None),
        (250, &["a\x1b[1;3Rb", "c"], "abc", Some(false)),
        (150, &["ab", "\x1b[1;3Rcd"], "abcd", Some(false)),
    ];
    let company = Company::nothing()?;
    thread::scope(|scope| {
        let tried = cases.map(|(pause, pieces, typed, wide)| {
            let company = &company;
            scope.spawn(move || (0..TRIES).try_for_each(|_| arrives(company, pause, pieces, typed, wide)))
        });
        tried.into_iter().try_for_each(|tried| tried.join().map_err(|_| anyhow!("a try panicked"))?)
    })
}

fn arrives(
    company: &Company,
    pause: u64,
    pieces: &'static [&'static str],
    typed: &str,
    wide: Option<bool>,
) -> Result<()> {
    let manner = Manner::Says(Duration::from_millis(pause), pieces);
    let rolo = Terminal::start(terminal::rolo(company, &[], &[])?, WIDE, manner)?;
    let told = || format!("{pieces:?} every {pause} ms");
    rolo.wait_for(&[&format!(" {typed}")]).with_context(told)?;
    rolo.keys("'.'")?;
    rolo.wait_for(&[&format!(" {typed}.")]).with_context(told)?;
    if let Some(wide) = wide {
        // Where `·` is wide, so are lines.
        rolo.wait_until("lines as wide as the terminal draws them", |screen| screen.contents().contains('─') != wide)
            .with_context(told)?;
    }
    rolo.signal("TERM")?;
    ensure!(rolo.ended()?.success(), "it ends well");
    Ok(())
}

/// `tui.md` "Screen": 200 ms at most; on a busy machine still much less than the two seconds of others.
#[test]
fn the_first_key_at_a_terminal_that_never_answers_is_obeyed_soon() -> Result<()> {
    let company = Company::nothing()?;
    for _ in 0..10 {
        let rolo = Terminal::start(terminal::rolo(&company, &[], &[])?, WIDE, Manner::Silent)?;
        rolo.wrote(FRAME_END)?;
        let obeyed = rolo.tap("'hasty'", |screen| screen.contents().contains("hasty"))?;
        ensure!(obeyed.after < Duration::from_secs(1), "obeyed after {:?}", obeyed.after);
    }
    Ok(())
}

/// What is typed at the first frame waits for the server to say who it is, on any terminal.
#[test]
fn keys_typed_at_the_first_frame_are_for_the_first_screen() -> Result<()> {
    let company = Company::new()?;
    for manner in [Manner::Silent, Manner::Answers].repeat(10) {
        let rolo = Terminal::start(terminal::rolo(&company, &[], &[])?, WIDE, manner)?;
        rolo.wrote(FRAME_END)?;
        rolo.keys("2 / 'hasty'")?;
        rolo.wait_for(&["Customers › All", "hasty"])?;
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

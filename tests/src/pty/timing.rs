//! What is timed and weighed.

use std::{fs, time::Duration};

use anyhow::{Context, Result};
use portable_pty::CommandBuilder;
use vt100::Screen;

use super::{
    ECHO, Settings,
    stage::{Door, SIZE, Stage, cursor_row},
    table::{Sample, Table},
};
use crate::{
    company::{program, resident},
    terminal::{FRAME_END, Manner, Terminal},
};

/// How a held key repeats.
const REPEAT: Duration = Duration::from_millis(33);
/// The budgets of `design.md` §6, in milliseconds, bytes, and kB.
const FIRST_PAINT: f64 = 40.0;
const PAINT_95: f64 = 8.0;
const PAINT_99: f64 = 16.0;
const MOVE: f64 = 700.0;
const MOVE_WITH_PREVIEW: f64 = 3_500.0;
const RESIDENT: u64 = 40_000;
/// Keys that come in this time after the start must be obeyed then, on a terminal that answers nothing (`tui.md`).
const SILENT: f64 = 200.0;

/// What a screen drawn anew begins with.
const CLEARED: &[u8] = b"\x1b[2J";

/// Where a figure belongs.
fn at(door: &Door, what: &str) -> String {
    format!("{what}, server {} ms", door.delay.as_millis())
}

fn paint_budget(table: &mut Table, settings: &Settings, what: String, times: &Sample) {
    if settings.timed {
        let holds = times.at(0.95) <= PAINT_95 && times.at(0.99) <= PAINT_99;
        table.budget(what, times.times(), format!("p95 {PAINT_95:.0}  p99 {PAINT_99:.0} ms"), holds);
    }
}

/// What a key costs that only comes back.
pub fn echo(settings: &Settings, table: &mut Table) -> Result<()> {
    let mut command = CommandBuilder::new(program("pty")?);
    command.arg(ECHO);
    let echo = Terminal::start(command, SIZE, Manner::Answers)?;
    echo.wait_for(&["ready"])?;
    let mut times = Sample::default();
    for _ in 0..settings.keys {
        times.time(echo.tap("x", |_| true)?.after);
        pace(&echo, REPEAT);
    }
    echo.keys("ctrl-c")?;
    echo.ended()?;
    if settings.timed {
        table.figure("key → echo, no program of ours", times.times());
    }
    Ok(())
}

/// Lets time pass as between the keys of a held one.
fn pace(terminal: &Terminal, time: Duration) {
    let until = std::time::Instant::now() + time;
    while terminal.writes_within(until.saturating_duration_since(std::time::Instant::now())) {}
}

/// From the start of the process to the end of its first frame.
pub fn first_paint(stage: &Stage, door: &Door, settings: &Settings, table: &mut Table) -> Result<()> {
    let mut times = Sample::default();
    for _ in 0..if settings.timed { 10 } else { 1 } {
        let started = std::time::Instant::now();
        let rolo = stage.start(door, Manner::Answers)?;
        times.time(rolo.wrote(FRAME_END)?.saturating_duration_since(started));
        rolo.wait_for(&["● 在线"])?;
        rolo.quit()?;
    }
    if settings.timed {
        let told = format!("p50 {:.0}  most {:.0} ms of {}", times.at(0.5), times.most(), times.len());
        table.budget(at(door, "first paint"), told, format!("{FIRST_PAINT:.0} ms"), times.most() <= FIRST_PAINT);
    }
    Ok(())
}

/// Keys in the list of all customers, and typed text.
pub fn keys(rolo: &Terminal, door: &Door, settings: &Settings, table: &mut Table) -> Result<()> {
    moves(rolo, door, settings, table)?;
    let most = |sizes: &Sample, budget: f64| (format!("≤ {budget:.0} bytes"), sizes.most() <= budget);

    // Half screens: everything in the window is another.
    let (mut times, mut sizes) = (Sample::default(), Sample::default());
    for key in ["ctrl-d", "ctrl-u"].into_iter().cycle().take(settings.keys.div_ceil(5)) {
        let seen = rolo.look(|screen| screen.contents());
        let painted = rolo.tap(key, |screen| screen.contents() != seen)?;
        times.time(painted.after);
        sizes.size(painted.bytes);
        pace(rolo, REPEAT);
    }
    paint_budget(table, settings, at(door, "half screen: key → paint"), &times);
    table.figure(at(door, "half screen"), sizes.sizes());

    // A move, and what belongs to the row once the cursor rests.
    rolo.settle(door.quiet())?;
    let mut sizes = Sample::default();
    for key in ["j", "j", "k", "j", "j", "k", "j", "j"] {
        let before = rolo.written();
        rolo.keys(key)?;
        rolo.settle(door.quiet())?;
        sizes.size(rolo.written() - before);
    }
    let (promised, holds) = most(&sizes, MOVE_WITH_PREVIEW);
    table.budget(at(door, "move with its preview"), sizes.sizes(), promised, holds);

    // A key that changes nothing.
    rolo.keys("g g")?;
    rolo.settle(door.quiet())?;
    let before = rolo.written();
    rolo.keys("k k k")?;
    rolo.settle(door.quiet())?;
    let written = rolo.written() - before;
    table.budget(at(door, "a key that changes nothing"), format!("{written} bytes"), "0 bytes", written == 0);
    typing(rolo, door, settings, table)
}

/// The cursor goes down the list, as fast as a held key repeats.
fn moves(rolo: &Terminal, door: &Door, settings: &Settings, table: &mut Table) -> Result<()> {
    let (mut times, mut sizes, mut jumps) = (Sample::default(), Sample::default(), Sample::default());
    for n in 0..settings.keys {
        // Down twice, up once, so that a list of any length will do.
        let key = if n % 3 == 2 { "k" } else { "j" };
        let before = rolo.look(cursor_row).context("a row under the cursor")?;
        let painted = rolo.tap(key, |screen| cursor_row(screen).is_some_and(|row| row != before))?;
        times.time(painted.after);
        let after = rolo.look(cursor_row).unwrap_or(before);
        if after.abs_diff(before) == 1 {
            sizes.size(painted.bytes)
        } else {
            jumps.size(painted.bytes)
        }
        pace(rolo, REPEAT);
    }
    paint_budget(table, settings, at(door, "move: key → paint"), &times);
    let holds = sizes.most() <= MOVE;
    table.budget(at(door, "move"), sizes.sizes(), format!("≤ {MOVE:.0} bytes"), holds);
    if !jumps.is_empty() {
        table.figure(at(door, "scroll, half a screen at a time"), jumps.sizes());
    }
    Ok(())
}

/// Characters typed into the filter of the list and into a form.
fn typing(rolo: &Terminal, door: &Door, settings: &Settings, table: &mut Table) -> Result<()> {
    let (mut times, mut sizes) = (Sample::default(), Sample::default());
    for _ in 0..settings.keys.div_ceil(30) {
        rolo.keys("/")?;
        rolo.settle(door.quiet())?;
        type_letters(rolo, "jixie", &mut times, &mut sizes)?;
        rolo.keys("esc")?;
        rolo.settle(door.quiet())?;
    }
    paint_budget(table, settings, at(door, "letter in a filter: key → paint"), &times);
    table.figure(at(door, "letter in a filter"), sizes.sizes());

    let (mut times, mut sizes) = (Sample::default(), Sample::default());
    rolo.keys("n")?;
    rolo.wait_for(&["ctrl-s"])?;
    rolo.settle(door.quiet())?;
    for _ in 0..settings.keys.div_ceil(30) {
        type_letters(rolo, "华盛机械设备", &mut times, &mut sizes)?;
        rolo.keys("ctrl-u")?;
        rolo.settle(door.quiet())?;
    }
    rolo.keys("ctrl-x")?;
    rolo.settle(door.quiet())?;
    rolo.keys("esc")?;
    rolo.wait_until("the list again", |screen| cursor_row(screen).is_some())?;
    rolo.settle(door.quiet())?;
    paint_budget(table, settings, at(door, "letter in a form: key → paint"), &times);
    table.figure(at(door, "letter in a form"), sizes.sizes());
    Ok(())
}

fn type_letters(rolo: &Terminal, text: &str, times: &mut Sample, sizes: &mut Sample) -> Result<()> {
    let mut typed = String::new();
    for letter in text.chars() {
        typed.push(letter);
        let caret = |screen: &Screen| {
            let (row, column) = screen.cursor_position();
            screen.rows(0, column).nth(row.into()).is_some_and(|line| line.ends_with(&typed))
        };
        let painted = rolo.tap(&format!("'{letter}'"), caret)?;
        times.time(painted.after);
        sizes.size(painted.bytes);
        pace(rolo, REPEAT);
    }
    Ok(())
}

/// What nothing costs, and what the process holds after all of it.
pub fn rest(rolo: &Terminal, door: &Door, settings: &Settings, table: &mut Table) -> Result<()> {
    rolo.settle(door.quiet())?;
    let (written, worked) = (rolo.written(), worked(rolo.process())?);
    pace(rolo, settings.idle);
    let frames = rolo.raw()[written..].windows(FRAME_END.len()).filter(|w| *w == FRAME_END).count();
    let what = format!("idle for {} s", settings.idle.as_secs());
    // A minute may turn meanwhile, and a shown age with it.
    let told = format!("{} bytes in {frames} frames", rolo.written() - written);
    table.budget(at(door, &what), told, "0, a frame a minute", frames <= 1);
    if settings.timed {
        let share = self::worked(rolo.process())?.saturating_sub(worked).as_secs_f64() / settings.idle.as_secs_f64();
        table.budget(at(door, "idle"), format!("{:.2} % CPU", share * 100.0), "< 0.1 % CPU", share <= 0.001);
    }
    let resident = resident(rolo.process())?;
    let told = format!("{:.1} MB", resident as f64 / 1_000.0);
    table.budget(at(door, "memory (RssAnon)"), told, format!("≤ {} MB", RESIDENT / 1_000), resident <= RESIDENT);
    Ok(())
}

/// Keys typed at a terminal that does not say how wide it draws.
pub fn silent(stage: &Stage, table: &mut Table) -> Result<()> {
    let door = stage.door(Duration::ZERO)?;
    let mut times = Sample::default();
    for _ in 0..5 {
        let rolo = stage.start(&door, Manner::Silent)?;
        let painted = rolo.wrote(FRAME_END)?;
        // Draw everything anew: whatever is on the screen, the answer begins with clearing it.
        rolo.keys("ctrl-l")?;
        times.time(rolo.wrote(CLEARED)?.saturating_duration_since(painted));
        rolo.quit()?;
    }
    let told = format!("p50 {:.0}  most {:.0} ms", times.at(0.5), times.most());
    // What follows the wait is an ordinary key's paint.
    let promised = SILENT + PAINT_99;
    table.budget("first key on a silent terminal", told, format!("≤ {promised:.0} ms"), times.most() <= promised);
    Ok(())
}

/// What the process has worked so far: user and system.
fn worked(process: u32) -> Result<Duration> {
    // Ticks are hundredths of a second on Linux, whatever the kernel counts by itself.
    const TICK: u64 = 10;
    let stat = fs::read_to_string(format!("/proc/{process}/stat"))?;
    // The name may hold blanks; what follows its parenthesis does not.
    let (_, numbers) = stat.rsplit_once(')').context("a name in parentheses")?;
    let ticks = numbers.split_whitespace().skip(11).take(2).map(str::parse::<u64>);
    Ok(Duration::from_millis(TICK * ticks.sum::<Result<u64, _>>()?))
}

//! A real terminal: a program in a pseudo-terminal, its screen as `vt100` understands it, and keys as text.
//!
//! Nothing sleeps: whoever waits is woken by what the program writes, and told what the screen shows when it never comes.

use std::{
    fmt::Write as _,
    io::Write,
    num::NonZeroU16,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use portable_pty::{CommandBuilder, ExitStatus, MasterPty, PtySize, SlavePty, native_pty_system};
use vt100::{Parser, Screen};

use crate::company::{Company, program, signal};

/// What does not come in this time does not come.
const PATIENCE: Duration = Duration::from_secs(30);
/// How a program asks where the cursor is.
pub const CURSOR_REPORT: &[u8] = b"\x1b[6n";
/// How a frame begins.
const FRAME: &[u8] = b"\x1b[?2026h";
/// How a frame ends.
pub const FRAME_END: &[u8] = b"\x1b[?2026l";

type Writer = Arc<Mutex<Box<dyn Write + Send>>>;

/// A program on a terminal.
pub struct Terminal {
    shared: Arc<Shared>,
    writer: Writer,
    master: Box<dyn MasterPty + Send>,
    /// Kept open: a terminal outlives the programs on it, and so do its modes.
    _slave: Box<dyn SlavePty + Send>,
    process: u32,
}

struct Shared {
    seen: Mutex<Seen>,
    more: Condvar,
}

struct Seen {
    parser: Parser,
    /// Everything that was written.
    raw: Vec<u8>,
    /// When the last of it came.
    at: Instant,
    ended: Option<ExitStatus>,
}

/// What one key brought.
#[derive(Debug, Clone, Copy)]
pub struct Painted {
    /// How long after the key.
    pub after: Duration,
    /// The frame that shows it, and no other that came in between.
    pub bytes: usize,
}

/// Whether a terminal answers questions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// It says where the cursor is.
    Answers,
    /// It never says anything.
    Silent,
    /// When it is asked, it says the first of these after so long, and the others at the same distance: answers that are
    /// late, in pieces, or in the middle of what is typed.
    Says(Duration, &'static [&'static str]),
}

impl Shared {
    fn new(size: (u16, u16)) -> Self {
        let mut parser = Parser::default();
        resize(&mut parser, size);
        Self {
            seen: Mutex::new(Seen { parser, raw: Vec::new(), at: Instant::now(), ended: None }),
            more: Condvar::new(),
        }
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn resize(parser: &mut Parser, (columns, rows): (u16, u16)) {
    let of = |n| NonZeroU16::new(n).unwrap_or(NonZeroU16::MIN);
    parser.screen_mut().set_size(of(rows), of(columns));
}

const fn pty_size((columns, rows): (u16, u16)) -> PtySize {
    PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 }
}

impl Terminal {
    /// Starts `rolo` on a terminal of these columns and rows, at a company's, with further variables.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn rolo(company: &Company, size: (u16, u16), args: &[&str], variables: &[(&str, &str)]) -> Result<Self> {
        Self::start(rolo(company, args, variables)?, size, Manner::Answers)
    }

    /// Starts a program on a terminal of these columns and rows.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn start(command: CommandBuilder, size: (u16, u16), manner: Manner) -> Result<Self> {
        let pair = native_pty_system().openpty(pty_size(size))?;
        let shared = Arc::new(Shared::new(size));
        let writer: Writer = Arc::new(Mutex::new(pair.master.take_writer()?));
        let mut child = pair.slave.spawn_command(command)?;
        let process = child.process_id().context("a process id")?;
        read(pair.master.try_clone_reader()?, Arc::clone(&shared), Arc::clone(&writer), manner);
        thread::spawn({
            let shared = Arc::clone(&shared);
            move || {
                let status = child.wait().unwrap_or_else(|_| ExitStatus::with_exit_code(u32::MAX));
                shared.seen().ended = Some(status);
                shared.more.notify_all();
            }
        });
        Ok(Self { shared, writer, master: pair.master, _slave: pair.slave, process })
    }

    /// The process on the terminal.
    pub const fn process(&self) -> u32 {
        self.process
    }

    /// Presses keys as [`Terminal::keys`] does, and answers how long it took, and how much was written, until the screen
    /// is as it should be.
    ///
    /// # Errors
    /// It does not become so.
    pub fn tap(&self, keys: &str, so: impl Fn(&Screen) -> bool) -> Result<Painted> {
        let before = self.written();
        let pressed = Instant::now();
        self.keys(keys)?;
        self.wait(keys, |seen| {
            let written = seen.raw.get(before..).filter(|written| !written.is_empty() && so(seen.parser.screen()))?;
            let frame = written.windows(FRAME.len()).rposition(|w| w == FRAME).unwrap_or(0);
            Some(Painted { after: seen.at.saturating_duration_since(pressed), bytes: written.len() - frame })
        })
    }

    /// How many bytes were written so far.
    pub fn written(&self) -> usize {
        self.shared.seen().raw.len()
    }

    /// Something of what is seen.
    pub fn look<T>(&self, at: impl Fn(&Screen) -> T) -> T {
        at(self.shared.seen().parser.screen())
    }

    /// When what is written first held these bytes.
    ///
    /// # Errors
    /// It never does.
    pub fn wrote(&self, bytes: &[u8]) -> Result<Instant> {
        self.wait("the first frame", |seen| seen.raw.windows(bytes.len()).any(|w| w == bytes).then_some(seen.at))
    }

    /// Waits until nothing was written for so long.
    ///
    /// # Errors
    /// Something is written all the time.
    pub fn settle(&self, quiet: Duration) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        while self.writes_within(quiet) {
            ensure!(Instant::now() < deadline, "something is written all the time. The screen:\n{}", self.frame());
        }
        Ok(())
    }

    /// Whether the program writes anything within this time.
    pub fn writes_within(&self, time: Duration) -> bool {
        let deadline = Instant::now() + time;
        let mut seen = self.shared.seen();
        let before = seen.raw.len();
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            if seen.raw.len() > before || left.is_zero() {
                return seen.raw.len() > before;
            }
            seen = self.shared.more.wait_timeout(seen, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Waits until something is so; answers what `what` makes of it.
    fn wait<T>(&self, what: &str, mut so: impl FnMut(&Seen) -> Option<T>) -> Result<T> {
        let deadline = Instant::now() + PATIENCE;
        let mut seen = self.shared.seen();
        loop {
            if let Some(value) = so(&seen) {
                return Ok(value);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                bail!("{what}: not within {PATIENCE:?}. The screen:\n{}", frame(seen.parser.screen()));
            }
            seen = self.shared.more.wait_timeout(seen, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Waits until the screen shows all of these texts at once.
    pub fn wait_for(&self, texts: &[&str]) -> Result<()> {
        self.wait(&format!("{texts:?}"), |seen| {
            let screen = seen.parser.screen().contents();
            texts.iter().all(|text| screen.contains(text)).then_some(())
        })
    }

    /// Waits until the screen is as it should be.
    pub fn wait_until(&self, what: &str, so: impl Fn(&Screen) -> bool) -> Result<()> {
        self.wait(what, |seen| so(seen.parser.screen()).then_some(()))
    }

    /// Presses keys, written as in the keymap with blanks between; a word in quotes is typed letter by letter:
    /// `keys("/ '华盛' enter")`. Escape must come last, for with what follows it would be another key.
    pub fn keys(&self, keys: &str) -> Result<()> {
        let mut bytes = Vec::new();
        let mut rest = keys.trim();
        while !rest.is_empty() {
            let quoted = rest.strip_prefix('\'').and_then(|inner| inner.split_once('\''));
            rest = match quoted {
                Some((text, after)) => {
                    bytes.extend(text.bytes());
                    after
                }
                None => {
                    let (name, after) = rest.split_once(' ').unwrap_or((rest, ""));
                    ensure!(name != "esc" || after.trim().is_empty(), "esc comes last");
                    bytes.extend(key(name).with_context(|| format!("{name} is no key"))?);
                    after
                }
            };
            rest = rest.trim_start();
        }
        self.send(&bytes)
    }

    /// Pastes a text, as terminals do when bracketed paste is on.
    pub fn paste(&self, text: &str) -> Result<()> {
        self.send(format!("\x1b[200~{text}\x1b[201~").as_bytes())
    }

    fn send(&self, bytes: &[u8]) -> Result<()> {
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        writer.write_all(bytes)?;
        Ok(writer.flush()?)
    }

    /// Another size.
    pub fn resize(&self, size: (u16, u16)) -> Result<()> {
        resize(&mut self.shared.seen().parser, size);
        self.master.resize(pty_size(size))
    }

    /// What is seen.
    pub fn text(&self) -> String {
        self.shared.seen().parser.screen().contents()
    }

    /// What is seen, in a frame, for messages.
    pub fn frame(&self) -> String {
        frame(self.shared.seen().parser.screen())
    }

    /// Everything that was written so far.
    pub fn raw(&self) -> Vec<u8> {
        self.shared.seen().raw.clone()
    }

    /// The terminal's cursor, row and column, if it shows.
    pub fn cursor(&self) -> Option<(u16, u16)> {
        let seen = self.shared.seen();
        let screen = seen.parser.screen();
        (!screen.hide_cursor()).then(|| screen.cursor_position())
    }

    /// The modes of the line discipline, to be compared.
    pub fn modes(&self) -> String {
        format!("{:?}", self.master.get_termios())
    }

    /// Waits for the end of the program.
    pub fn ended(&self) -> Result<ExitStatus> {
        self.wait("the program ends", |seen| seen.ended.clone())
    }

    /// Sends a signal to the program.
    pub fn signal(&self, name: &str) -> Result<()> {
        signal(name, self.process)
    }

    /// Quits and waits for the end, which must be a good one.
    pub fn quit(&self) -> Result<()> {
        self.keys("ctrl-c")?;
        let status = self.ended()?;
        ensure!(status.success(), "{status}\n{}", self.frame());
        Ok(())
    }

    /// Fails unless the terminal is as a shell wants it.
    pub fn is_given_back(&self, modes: &str) -> Result<()> {
        self.wait_until("the main screen, with a cursor and without bracketed paste", |screen| {
            !screen.alternate_screen() && !screen.hide_cursor() && !screen.bracketed_paste()
        })?;
        ensure!(self.modes() == modes, "the terminal's modes: {}\nthey were: {modes}", self.modes());
        Ok(())
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        if self.shared.seen().ended.is_none() {
            // It may end in this moment.
            let _ = self.signal("KILL");
        }
    }
}

/// `rolo` at a company's, not yet started.
///
/// # Errors
/// It was not built.
pub fn rolo(company: &Company, args: &[&str], variables: &[(&str, &str)]) -> Result<CommandBuilder> {
    let mut command = CommandBuilder::new(program("rolo")?);
    command.args(args);
    command.env_clear();
    command.env("TERM", "xterm-256color");
    for (name, value) in company.variables() {
        command.env(name, value);
    }
    for (name, value) in variables {
        command.env(name, value);
    }
    command.cwd(company.path("home"));
    Ok(command)
}

/// Takes in what the program writes, and answers when it asks where the cursor is.
fn read(mut reader: Box<dyn std::io::Read + Send>, shared: Arc<Shared>, writer: Writer, manner: Manner) {
    thread::spawn(move || {
        let mut buffer = [0; 8192];
        while let Ok(length) = reader.read(&mut buffer) {
            if length == 0 {
                return;
            }
            let at = Instant::now();
            let mut asked = 0;
            let (row, column) = {
                let mut seen = shared.seen();
                let seen = &mut *seen;
                let known = seen.raw.len().saturating_sub(CURSOR_REPORT.len() - 1);
                seen.raw.extend(&buffer[..length]);
                seen.at = at;
                asked += seen.raw[known..].windows(CURSOR_REPORT.len()).filter(|w| *w == CURSOR_REPORT).count();
                seen.parser.process(&buffer[..length]);
                seen.parser.screen().cursor_position()
            };
            shared.more.notify_all();
            for _ in 0..asked {
                match manner {
                    Manner::Answers => say(&writer, &format!("\x1b[{};{}R", row + 1, column + 1)),
                    Manner::Silent => {}
                    Manner::Says(pause, pieces) => {
                        let writer = Arc::clone(&writer);
                        thread::spawn(move || {
                            for piece in pieces {
                                thread::sleep(pause);
                                say(&writer, piece);
                            }
                        });
                    }
                }
            }
        }
    });
}

fn say(writer: &Writer, text: &str) {
    let mut writer = writer.lock().unwrap_or_else(PoisonError::into_inner);
    // A program that has gone needs no answer.
    let _ = writer.write_all(text.as_bytes()).and_then(|()| writer.flush());
}

fn key(name: &str) -> Option<Vec<u8>> {
    let bytes: &[u8] = match name {
        "enter" => b"\r",
        "esc" => b"\x1b",
        "tab" => b"\t",
        "shift-tab" => b"\x1b[Z",
        "space" => b" ",
        "backspace" => b"\x7f",
        "up" => b"\x1b[A",
        "down" => b"\x1b[B",
        "right" => b"\x1b[C",
        "left" => b"\x1b[D",
        "home" => b"\x1b[H",
        "end" => b"\x1b[F",
        "pgup" => b"\x1b[5~",
        "pgdn" => b"\x1b[6~",
        "F1" => b"\x1bOP",
        "F2" => b"\x1bOQ",
        _ => match name.strip_prefix("ctrl-").map(str::as_bytes) {
            Some([letter]) => return Some(vec![letter & 0x1f]),
            Some(_) => return None,
            None => return (name.chars().count() == 1).then(|| name.as_bytes().to_vec()),
        },
    };
    Some(bytes.to_vec())
}

fn frame(screen: &Screen) -> String {
    let (rows, columns) = screen.size();
    let mut out = String::new();
    for row in screen.rows(0, columns.get()) {
        let _ = writeln!(out, "|{row}");
    }
    let _ = writeln!(out, "{columns}x{rows}, cursor {:?}", screen.cursor_position());
    out
}

//! The client's budgets (`design.md` §6, `tui.md` "Key budgets"), measured on the real `rolo` in a pseudo-terminal of
//! 120×40 with Chinese rows, against a real `rolod` that answers after 0, 50 and 300 ms.
//!
//! A time is from the moment a key is written to the terminal until the bytes of the frame that shows its effect have been
//! read from it; an echo program in the same terminal, measured in the same run, tells what of it is the machine's. Keys
//! come as a held key repeats: 30 a second.

mod stage;
pub use stage::cursor_row;
mod table;
mod tasks;
mod timing;

use std::{
    io::{Read as _, Write as _},
    path::PathBuf,
    time::Duration,
};

use anyhow::Result;

use self::stage::Stage;
pub use self::table::Table;

/// What is measured, and how long.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The customers.
    pub place: Place,
    /// The server's delays, in milliseconds.
    pub delays: Vec<u64>,
    /// Keys of a kind that are timed.
    pub keys: usize,
    /// How long an idle screen is looked at.
    pub idle: Duration,
    /// Whether times count; bytes, rows and keys always do.
    pub timed: bool,
}

/// Where the customers are.
#[derive(Debug, Clone)]
pub enum Place {
    /// A demonstration company, made for the measurement.
    Demo {
        /// How many customers it has.
        customers: usize,
    },
    /// A data directory that nobody else serves.
    Directory {
        /// Where it is.
        dir: PathBuf,
        /// Who signs in.
        user: String,
        /// The file with their password; none: the password of all tests.
        password: Option<PathBuf>,
    },
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            place: Place::Demo { customers: 2_000 },
            delays: vec![0, 50, 300],
            keys: 300,
            idle: Duration::from_secs(10),
            timed: true,
        }
    }
}

impl Settings {
    /// What the test command measures: bytes, memory and keys, no times.
    pub fn short() -> Self {
        Self {
            place: Place::Demo { customers: 400 },
            delays: vec![0],
            keys: 20,
            idle: Duration::from_secs(1),
            timed: false,
        }
    }
}

/// Measures everything into a table, which holds what was measured so far if something fails; `tell` hears what is
/// being done.
///
/// # Errors
/// The programs were not built, or one of them does not do what it should.
pub fn measure(settings: &Settings, table: &mut Table, tell: &mut dyn FnMut(&str)) -> Result<()> {
    tell("making the company ...");
    let stage = Stage::new(&settings.place)?;
    tell("an echo program ...");
    timing::echo(settings, table)?;
    for delay in &settings.delays {
        let delay = Duration::from_millis(*delay);
        tell(&format!("a server that answers after {} ms ...", delay.as_millis()));
        let door = stage.door(delay)?;
        timing::first_paint(&stage, &door, settings, table)?;
        let rolo = stage.rolo(&door)?;
        timing::keys(&rolo, &door, settings, table)?;
        timing::rest(&rolo, &door, settings, table)?;
        rolo.quit()?;
    }
    if settings.timed {
        tell("a terminal that never answers ...");
        timing::silent(&stage, table)?;
    }
    tell("the tasks ...");
    tasks::play(&stage, table)
}

/// The argument that makes the program an echo.
pub const ECHO: &str = "--echo";

/// Writes every byte back as it comes, in raw mode, until ctrl-c: what a terminal costs without a program.
///
/// # Errors
/// There is no terminal.
pub fn echo() -> Result<()> {
    ratatui::crossterm::terminal::enable_raw_mode()?;
    let (mut input, mut output) = (std::io::stdin().lock(), std::io::stdout().lock());
    output.write_all(b"ready")?;
    output.flush()?;
    let mut byte = [0];
    while input.read(&mut byte)? > 0 && byte != [3] {
        output.write_all(&byte)?;
        output.flush()?;
    }
    Ok(ratatui::crossterm::terminal::disable_raw_mode()?)
}

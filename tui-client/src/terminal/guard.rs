//! Takes the terminal and gives it back as it was found: on leaving, on a panic, on ctrl-z, on SIGTERM and SIGHUP.

use std::{
    io::{self, Write},
    sync::atomic::{AtomicBool, Ordering},
};

use crossterm::{
    cursor::{Hide, Show},
    event::{DisableBracketedPaste, EnableBracketedPaste},
    execute,
    terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode},
};

static TAKEN: AtomicBool = AtomicBool::new(false);

/// The terminal is ours while this lives.
pub struct Guard(());

impl Guard {
    /// Takes the terminal; a panic gives it back before it is told.
    pub fn enter() -> io::Result<Self> {
        take()?;
        let told = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            give_back();
            told(info);
        }));
        Ok(Self(()))
    }

    /// Stops the process group like ctrl-z in any other program; comes back when the shell says so.
    pub fn suspend(&self) -> io::Result<()> {
        give_back();
        // The whole group, for whatever waits for us (cargo, a pager) must stop too. Signals cannot be sent without
        // unsafe code or another crate; the shell's builtin can.
        std::process::Command::new("sh").args(["-c", "kill -TSTP 0"]).status()?;
        take()
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        give_back();
    }
}

fn take() -> io::Result<()> {
    enable_raw_mode()?;
    TAKEN.store(true, Ordering::SeqCst);
    execute!(io::stdout(), EnterAlternateScreen, EnableBracketedPaste, Hide)
}

/// Gives the terminal back, once; a terminal that has gone is not an error any more.
pub fn give_back() {
    if TAKEN.swap(false, Ordering::SeqCst) {
        let mut out = io::stdout();
        // Ends an update that a panic interrupted, then undoes what `take` did.
        let _ = out.write_all(b"\x1b[?2026l\x1b[m");
        let _ = execute!(out, DisableBracketedPaste, LeaveAlternateScreen, Show);
        let _ = disable_raw_mode();
    }
}

//! Asking a person, which happens only when there is one: stdin and stderr are both terminals. A password is read without
//! echo.

use std::io::{self, IsTerminal as _, Write as _};

use crossterm::{
    event::{Event, KeyCode, KeyEventKind, KeyModifiers, read},
    terminal::{disable_raw_mode, enable_raw_mode},
};
use secrecy::SecretString;
use zeroize::Zeroizing;

use crate::data::{Failure, Reason};

/// Whether somebody can be asked.
pub fn possible() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

fn stopped() -> Failure {
    Failure::local(Reason::Cancelled, "Stopped", "已取消")
}

fn failed(error: io::Error) -> Failure {
    Failure::local(Reason::File, format!("the terminal cannot be read: {error}"), format!("无法读取终端：{error}"))
}

/// Asks for one line.
pub fn line(prompt: &str) -> Result<String, Failure> {
    let mut stderr = io::stderr();
    write!(stderr, "{prompt}").and_then(|()| stderr.flush()).map_err(failed)?;
    let mut text = String::new();
    if io::stdin().read_line(&mut text).map_err(failed)? == 0 {
        return Err(stopped());
    }
    Ok(text.trim().to_owned())
}

/// Asks for a password, without echo.
pub fn password(prompt: &str) -> Result<SecretString, Failure> {
    let mut stderr = io::stderr();
    write!(stderr, "{prompt}").and_then(|()| stderr.flush()).map_err(failed)?;
    enable_raw_mode().map_err(failed)?;
    let outcome = typed();
    // The terminal is put right whatever happened; if even that fails there is nothing more to do.
    let _ = disable_raw_mode();
    let _ = writeln!(stderr);
    outcome
}

fn typed() -> Result<SecretString, Failure> {
    let mut text = Zeroizing::new(String::new());
    loop {
        let Event::Key(key) = read().map_err(failed)? else { continue };
        if key.kind == KeyEventKind::Release {
            continue;
        }
        match key.code {
            KeyCode::Enter => return Ok(text.as_str().into()),
            KeyCode::Char('c' | 'd') if key.modifiers.contains(KeyModifiers::CONTROL) => return Err(stopped()),
            KeyCode::Char('u') if key.modifiers.contains(KeyModifiers::CONTROL) => text.clear(),
            KeyCode::Char(c) if !key.modifiers.contains(KeyModifiers::CONTROL) => text.push(c),
            KeyCode::Backspace => {
                text.pop();
            }
            KeyCode::Esc => return Err(stopped()),
            _ => {}
        }
    }
}

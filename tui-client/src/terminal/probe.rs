//! Asks the terminal how wide it draws a character of ambiguous width.

use std::{
    io::{self, Write},
    time::Duration,
};

use crossterm::{cursor, event::EventStream};
use tokio::{
    sync::{mpsc::UnboundedReceiver, oneshot},
    time::timeout,
};

use super::{input::Input, reader};

/// How long a terminal may take to answer before it counts as silent (`tui.md` "Screen").
const PATIENCE: Duration = Duration::from_millis(200);

/// Writes such a character in the corner and asks where the cursor is; then the terminal is read as by
/// [`reader::start`]. Answers whether it is known to be two columns wide, and what is read: keys typed meanwhile come
/// first, in their order, and an answer that comes too late is none of them.
///
/// # Errors
/// The terminal has gone.
pub async fn is_wide() -> io::Result<(bool, UnboundedReceiver<Input>)> {
    // crossterm waits two seconds for the answer, and whoever waits holds its reader. Only the end of a stream of its
    // events wakes it sooner, and such a stream can be had only before.
    let alarm = EventStream::new();
    tell("\x1b7\x1b[1;1H·")?;
    let (sender, answer) = oneshot::channel();
    // The thread that asks is the one that reads, so there are never two; nobody waits for it longer than for the answer.
    let inputs = reader::start(move || {
        // Too late for anybody.
        let _ = sender.send(cursor::position());
    });
    let answer = timeout(PATIENCE, answer).await;
    drop(alarm);
    // The cursor is put back where it was, and the corner, which is always blank, is blank again.
    tell("\x1b[1;1H \x1b8")?;
    Ok((matches!(answer, Ok(Ok(Ok((2, _))))), inputs))
}

fn tell(text: &str) -> io::Result<()> {
    let mut out = io::stdout();
    out.write_all(text.as_bytes())?;
    out.flush()
}

//! The loop on a real terminal: waits for keys and replies, takes all that is there, draws once. At rest it sleeps.

use std::time::Duration;

use futures::{FutureExt, Stream, StreamExt};
use ratatui::backend::Backend;
use tokio::sync::mpsc;

use super::{engine::Engine, msg::Msg, runtime::Chore};
use crate::terminal::input::Input;

/// What can only be done to the terminal itself.
pub trait Holder<B: Backend> {
    /// Puts a text on the clipboard.
    fn copy(&mut self, engine: &mut Engine<B>, text: &str) -> anyhow::Result<()>;
    /// To the shell and back.
    fn suspend(&mut self, engine: &mut Engine<B>) -> anyhow::Result<()>;
}

/// Runs until the person leaves or the terminal has gone.
pub async fn event_loop<B, S, H>(
    engine: &mut Engine<B>,
    inputs: S,
    mut replies: mpsc::UnboundedReceiver<Msg>,
    holder: &mut H,
) -> anyhow::Result<()>
where
    B: Backend,
    B::Error: std::error::Error + Send + Sync + 'static,
    S: Stream<Item = Input>,
    H: Holder<B>,
{
    tokio::pin!(inputs);
    let mut ended = false;
    loop {
        engine.paint()?;
        let msg = tokio::select! {
            biased;
            input = inputs.next(), if !ended => match input {
                Some(input) => Msg::Input(input),
                None => { ended = true; Msg::Input(Input::Terminate) }
            },
            Some(msg) = replies.recv() => msg,
        };
        take(engine, msg, holder)?;
        // Everything that is there already belongs to the same frame.
        for _ in 0..1_000 {
            if engine.model.quit {
                break;
            }
            let next = if let Some(Some(input)) = inputs.next().now_or_never() {
                Some(Msg::Input(input))
            } else {
                replies.try_recv().ok()
            };
            let Some(msg) = next else { break };
            take(engine, msg, holder)?;
        }
        if engine.model.quit {
            return Ok(());
        }
    }
}

fn take<B, H>(engine: &mut Engine<B>, msg: Msg, holder: &mut H) -> anyhow::Result<()>
where
    B: Backend,
    B::Error: std::error::Error + Send + Sync + 'static,
    H: Holder<B>,
{
    let mut chores = engine.handle(msg);
    while let Some(chore) = chores.pop() {
        match chore {
            Chore::Copy(text) => holder.copy(engine, &text)?,
            Chore::Redraw => {
                engine.terminal.clear()?;
                engine.model.dirty = true;
            }
            Chore::Suspend => {
                holder.suspend(engine)?;
                chores.extend(engine.handle(Msg::Resumed));
            }
        }
    }
    Ok(())
}

/// How long a terminal may take to answer before it counts as silent.
pub const PROBE: Duration = Duration::from_millis(200);

//! The loop on a real terminal: waits for keys and replies, takes all that is there, draws once. At rest it sleeps.

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
pub async fn event_loop<B, H>(
    engine: &mut Engine<B>,
    mut inputs: mpsc::UnboundedReceiver<Input>,
    mut replies: mpsc::UnboundedReceiver<Msg>,
    holder: &mut H,
) -> anyhow::Result<()>
where
    B: Backend,
    B::Error: std::error::Error + Send + Sync + 'static,
    H: Holder<B>,
{
    loop {
        engine.paint()?;
        let msg = tokio::select! {
            biased;
            // No more input: the terminal has gone.
            input = inputs.recv() => Msg::Input(input.unwrap_or(Input::Terminate)),
            Some(msg) = replies.recv() => msg,
        };
        take(engine, msg, holder)?;
        // Everything that is there already belongs to the same frame.
        for _ in 0..1_000 {
            if engine.model.quit {
                break;
            }
            let next = inputs.try_recv().map(Msg::Input).or_else(|_| replies.try_recv());
            let Ok(msg) = next else { break };
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

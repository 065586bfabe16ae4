//! Model, runtime and terminal put together: takes a message, runs what it asks for, paints. The event loop feeds it
//! from a real terminal, the harness from strings of keys; both are the same program.

use std::sync::Arc;

use ratatui::{Terminal, backend::Backend};

use super::{
    draw, live,
    model::Model,
    msg::Msg,
    runtime::{Chore, Clock, Runtime},
    update::update,
};
use crate::widget::canvas::Canvas;

/// The program over any backend.
pub struct Engine<B: Backend> {
    /// What is.
    pub model: Model,
    /// What is done.
    pub runtime: Runtime,
    /// What is seen.
    pub terminal: Terminal<B>,
    clock: Arc<dyn Clock>,
    /// The server's clock less ours, so that "3 h ago" is right on a machine whose clock is not.
    skew: i64,
    signed_in_as: i64,
}

impl<B: Backend> Engine<B> {
    /// Put together; nothing has happened yet.
    pub fn new(model: Model, runtime: Runtime, terminal: Terminal<B>, clock: Arc<dyn Clock>) -> Self {
        Self { model, runtime, terminal, clock, skew: 0, signed_in_as: 0 }
    }

    /// What time it is, by the server's clock as far as it is known.
    pub fn now(&self) -> i64 {
        self.clock.now() + self.skew
    }

    /// Takes a message; answers what only the holder of the terminal can do.
    pub fn handle(&mut self, msg: Msg) -> Vec<Chore> {
        self.model.sh.now = self.now();
        let effects = update(&mut self.model, msg);
        if let Some(session) = self.model.sh.session.as_ref().filter(|s| s.now != self.signed_in_as && s.now > 0) {
            self.signed_in_as = session.now;
            self.skew = session.now - self.clock.now();
            self.model.sh.now = session.now;
        }
        let now = self.model.sh.now;
        self.runtime.set_away(live::is_away(&self.model.sh));
        effects.into_iter().filter_map(|effect| self.runtime.run(effect, now)).collect()
    }

    /// Draws a frame if something may look different.
    pub fn paint(&mut self) -> Result<(), B::Error> {
        if !std::mem::take(&mut self.model.dirty) {
            return Ok(());
        }
        let size = self.terminal.size()?;
        if self.model.sh.size != (size.width, size.height) {
            self.model.sh.size = (size.width, size.height);
        }
        let model = &self.model;
        self.terminal.draw(|frame| {
            let mut canvas = Canvas::new(frame.buffer_mut(), model.sh.measure, model.sh.theme);
            draw::frame(model, &mut canvas);
            if let Some(cursor) = canvas.cursor {
                frame.set_cursor_position(cursor);
            }
        })?;
        Ok(())
    }
}

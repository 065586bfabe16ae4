//! The program on the terminal it was started in.

use std::{
    io::{BufWriter, IsTerminal, Stdout, stdout},
    sync::Arc,
};

use anyhow::Context as _;
use ratatui::Terminal;
use tokio::sync::mpsc;

use super::{
    connection::{Connection, Options},
    engine::Engine,
    event_loop::{Holder, event_loop},
    model::Model,
    msg::Msg,
    perform::Performer,
    runtime::{Runtime, Timers, WallClock},
    shared::Shared,
};
use crate::{
    strings::Lang,
    terminal::{
        backend::AnsiBackend,
        caps::{self, Ambiguous, Caps},
        clipboard,
        guard::Guard,
        probe, reader,
    },
    theme::Theme,
};

/// Bytes of a frame that leave in one write.
const BUFFER: usize = 64 * 1024;

type Screen = AnsiBackend<BufWriter<Stdout>>;

/// Runs until the person leaves. The terminal is given back as it was found, whatever happens.
pub async fn run(connection: Connection, options: Options) -> anyhow::Result<()> {
    anyhow::ensure!(
        stdout().is_terminal(),
        "rolo needs a terminal; the same can be done with commands, see `rolo --help`"
    );
    let config = super::config::load()?;
    let ambiguous = config.ambiguous.unwrap_or(options.ambiguous);
    let mut caps = caps::detect(|name| std::env::var(name).ok(), ambiguous);
    caps.theme = config.theme.unwrap_or(caps.theme);
    let clock = Arc::new(WallClock);
    let (sender, replies) = mpsc::unbounded_channel();
    let mut model = model(&caps, &options, crossterm::terminal::size().unwrap_or((80, 24)));
    model.sh.keymap = config.keymap;
    model.new_place = connection.keeper.is_new();
    model.has_token = connection.client.has_token();
    let runtime = Runtime::new(Performer::new(connection), sender.clone(), Timers::Real);
    let guard = Guard::enter().context("this terminal cannot be used")?;
    let terminal = Terminal::new(AnsiBackend::new(BufWriter::with_capacity(BUFFER, stdout())))?;
    let mut engine = Engine::new(model, runtime, terminal, clock);
    engine.handle(Msg::Start);
    engine.paint()?;
    let inputs = if ambiguous == Ambiguous::Auto && !caps.english_only {
        let (wide, inputs) = probe::is_wide().await?;
        if wide {
            // The receiver is gone only when the program ends.
            let _ = sender.send(Msg::Wide);
        }
        inputs
    } else {
        reader::start(|| ())
    };
    let mut holder = RealTerminal { guard, tmux: std::env::var_os("TMUX").is_some() };
    event_loop(&mut engine, inputs, replies, &mut holder).await
}

/// A model with what the terminal and the options say.
pub fn model(caps: &Caps, options: &Options, size: (u16, u16)) -> Model {
    let lang = if caps.english_only { Lang::En } else { options.lang.unwrap_or(caps.lang) };
    let mut seed = [0; 16];
    if getrandom::fill(&mut seed).is_err() {
        seed = u128::from(std::process::id()).to_be_bytes();
    }
    let theme = Theme::new(caps.theme, caps.measure);
    let mut sh = Shared::new(lang, caps.measure, theme, size, u128::from_be_bytes(seed));
    sh.english_only = caps.english_only;
    sh.place.clone_from(&options.place);
    let mut model = Model::new(sh);
    model.user = options.user.clone().unwrap_or_default();
    model
}

/// Holds the terminal.
struct RealTerminal {
    guard: Guard,
    tmux: bool,
}

impl Holder<Screen> for RealTerminal {
    fn copy(&mut self, engine: &mut Engine<Screen>, text: &str) -> anyhow::Result<()> {
        Ok(engine.terminal.backend_mut().raw(&clipboard::osc52(text, self.tmux))?)
    }

    fn suspend(&mut self, _: &mut Engine<Screen>) -> anyhow::Result<()> {
        Ok(self.guard.suspend()?)
    }
}

//! The whole program without a terminal: keys go in as text (`"j j enter e"`), what is seen comes out as text with its
//! styles and cursor. Time stands still but for what timers need, so nothing sleeps and every picture is the same.
//!
//! ```ignore
//! let mut rolo = Harness::start(connection, Settings { size: (80, 24), lang: Lang::Zh, ..Settings::default() });
//! rolo.until_idle().await;
//! rolo.press("j j enter").await;
//! assert!(rolo.text().contains("北京华盛"));
//! ```

use std::{
    fmt::Write as _,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use futures::future::BoxFuture;
use ratatui::{
    Terminal,
    buffer::{Buffer, CellWidth},
    layout::{Position, Size},
    style::{Color, Modifier},
};
use secrecy::SecretString;
use tokio::sync::mpsc;

use super::{
    connection::{Connection, FirstPerson, Keeper, Options},
    engine::Engine,
    msg::Msg,
    perform::Performer,
    run,
    runtime::{Chore, Clock, Runtime, Timers},
};
use crate::{
    data::Failure,
    keys::Chord,
    strings::Lang,
    terminal::{backend::AnsiBackend, caps::Caps, input::Input},
    text::Measure,
    theme::ThemeName,
};

/// What is waited for at most before a test is told that something hangs.
const PATIENCE: Duration = Duration::from_secs(20);

/// How the program is started.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Columns and rows.
    pub size: (u16, u16),
    /// The language.
    pub lang: Lang,
    /// How text is measured.
    pub measure: Measure,
    /// The colours.
    pub theme: ThemeName,
    /// What time it is before the server says so, Unix milliseconds.
    pub now: i64,
    /// The rest.
    pub options: Options,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            size: (80, 24),
            lang: Lang::En,
            measure: Measure::default(),
            theme: ThemeName::Default,
            now: 1_796_000_000_000,
            options: Options::default(),
        }
    }
}

struct StillClock(AtomicI64);

impl Clock for StillClock {
    fn now(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }
}

/// Keeps nothing: for looking at the screens of somebody who is signed in already.
#[derive(Debug, Clone, Copy)]
pub struct Unkept;

impl Keeper for Unkept {
    fn is_new(&self) -> bool {
        false
    }
    fn initialise<'a>(&'a self, _: &'a FirstPerson) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(std::future::ready(Ok(())))
    }
    fn keep_token(&self, _: &str, _: Option<&SecretString>) {}
}

/// The program and everything around it.
pub struct Harness {
    engine: Engine<AnsiBackend<Vec<u8>>>,
    replies: mpsc::UnboundedReceiver<Msg>,
    clock: Arc<StillClock>,
    /// What was copied, in order.
    pub copied: Vec<String>,
    buffer: Buffer,
    cursor: Option<Position>,
}

impl Harness {
    /// Starts the program and paints its first frame; call [`Self::until_idle`] for what the server says.
    pub fn start(connection: Connection, settings: Settings) -> anyhow::Result<Self> {
        let clock = Arc::new(StillClock(AtomicI64::new(settings.now)));
        let (sender, replies) = mpsc::unbounded_channel();
        let caps = Caps { measure: settings.measure, theme: settings.theme, lang: settings.lang, english_only: false };
        let options = Options { lang: Some(settings.lang), ..settings.options };
        let mut model = run::model(&caps, &options, settings.size);
        model.new_place = connection.keeper.is_new();
        model.has_token = connection.client.has_token();
        let runtime = Runtime::new(Performer::new(connection), sender, Timers::Virtual);
        let size = Size { width: settings.size.0, height: settings.size.1 };
        let terminal = Terminal::new(AnsiBackend::fixed(Vec::new(), size))?;
        let engine = Engine::new(model, runtime, terminal, Arc::clone(&clock) as Arc<dyn Clock>);
        let mut harness = Self { engine, replies, clock, copied: Vec::new(), buffer: Buffer::default(), cursor: None };
        harness.handle(Msg::Start);
        harness.paint()?;
        Ok(harness)
    }

    fn handle(&mut self, msg: Msg) {
        for chore in self.engine.handle(msg) {
            match chore {
                Chore::Copy(text) => self.copied.push(text),
                Chore::Redraw | Chore::Suspend => {}
            }
        }
    }

    fn paint(&mut self) -> anyhow::Result<()> {
        if !self.engine.model.dirty {
            return Ok(());
        }
        self.engine.paint()?;
        // After a draw the painted frame is the other buffer of the terminal; painting into it again yields the same.
        let model = &self.engine.model;
        let mut buffer = Buffer::empty(ratatui::layout::Rect::new(0, 0, model.sh.size.0, model.sh.size.1));
        let mut canvas = crate::widget::canvas::Canvas::new(&mut buffer, model.sh.measure, model.sh.theme);
        super::draw::frame(model, &mut canvas);
        self.cursor = canvas.cursor;
        self.buffer = buffer;
        Ok(())
    }

    /// Presses keys, written as in the keymap and separated by blanks, and waits until all is done. A word in quotes is
    /// typed letter by letter: `press("/ '华盛' enter")`.
    pub async fn press(&mut self, keys: &str) -> anyhow::Result<()> {
        for key in split(keys) {
            match key {
                Pressed::Chord(name) => {
                    let chord = Chord::parse(&name).ok_or_else(|| anyhow::anyhow!("{name} is no key"))?;
                    self.handle(Msg::Input(Input::Key(chord)));
                }
                Pressed::Text(text) => {
                    for c in text.chars() {
                        self.handle(Msg::Input(Input::Key(Chord::plain(crate::keys::Key::Char(c)))));
                    }
                }
            }
            self.until_idle().await?;
        }
        Ok(())
    }

    /// Presses one key and paints, without waiting for anything: what a person sees at once.
    pub fn tap(&mut self, key: &str) -> anyhow::Result<()> {
        let chord = Chord::parse(key).ok_or_else(|| anyhow::anyhow!("{key} is no key"))?;
        self.handle(Msg::Input(Input::Key(chord)));
        self.paint()
    }

    /// Pastes a text and waits until all is done.
    pub async fn paste(&mut self, text: &str) -> anyhow::Result<()> {
        self.handle(Msg::Input(Input::Paste(crate::terminal::input::clean_paste(text))));
        self.until_idle().await
    }

    /// Another size.
    pub async fn resize(&mut self, width: u16, height: u16) -> anyhow::Result<()> {
        self.engine.terminal.backend_mut().set_size(Size { width, height });
        self.handle(Msg::Input(Input::Resize(width, height)));
        self.until_idle().await
    }

    /// Waits for every call, and rings the timers that a person would wait for.
    pub async fn until_idle(&mut self) -> anyhow::Result<()> {
        loop {
            while let Ok(msg) = self.replies.try_recv() {
                self.handle(msg);
            }
            if !self.engine.model.sh.calls.is_empty() {
                let msg = tokio::time::timeout(PATIENCE, self.replies.recv()).await;
                let msg = msg.map_err(|_| anyhow::anyhow!("no reply in {PATIENCE:?}:\n{}", self.text()))?;
                self.handle(msg.ok_or_else(|| anyhow::anyhow!("the runtime has gone"))?);
                continue;
            }
            let waiting = &mut self.engine.runtime.waiting;
            let next = waiting.iter().enumerate().filter(|(_, (_, t))| t.settles()).min_by_key(|(_, (at, _))| *at);
            let Some((index, _)) = next else { break };
            let (at, timer) = waiting.swap_remove(index);
            let behind = at - self.engine.now();
            self.clock.0.fetch_add(behind.max(0), Ordering::SeqCst);
            self.handle(Msg::Timer(timer));
        }
        self.paint()
    }

    /// Waits until the screen is as it should be: what others do comes when it comes.
    pub async fn until(&mut self, so: impl Fn(&str) -> bool + Send) -> anyhow::Result<()> {
        loop {
            self.until_idle().await?;
            if so(&self.text()) {
                return Ok(());
            }
            let msg = tokio::time::timeout(PATIENCE, self.replies.recv()).await;
            let msg = msg.map_err(|_| anyhow::anyhow!("it never became so:\n{}", self.text()))?;
            self.handle(msg.ok_or_else(|| anyhow::anyhow!("the runtime has gone"))?);
        }
    }

    /// Waits until a text is on the screen.
    pub async fn until_shows(&mut self, text: &str) -> anyhow::Result<()> {
        self.until(|screen| screen.contains(text)).await.map_err(|e| e.context(format!("{text:?} should come")))
    }

    /// Lets time pass: rings every timer that falls into it.
    pub async fn advance(&mut self, ms: i64) -> anyhow::Result<()> {
        let end = self.engine.now() + ms;
        loop {
            let waiting = &mut self.engine.runtime.waiting;
            let due = waiting.iter().enumerate().filter(|(_, (at, _))| *at <= end).min_by_key(|(_, (at, _))| *at);
            let Some((index, _)) = due else { break };
            let (at, timer) = waiting.swap_remove(index);
            let behind = at - self.engine.now();
            self.clock.0.fetch_add(behind.max(0), Ordering::SeqCst);
            self.handle(Msg::Timer(timer));
        }
        // Meanwhile the stream would have beaten.
        self.engine.model.sh.live.heard_at = end;
        let rest = end - self.engine.now();
        self.clock.0.fetch_add(rest.max(0), Ordering::SeqCst);
        self.until_idle().await
    }

    /// Whether the program has ended.
    pub fn has_quit(&self) -> bool {
        self.engine.model.quit
    }

    /// Bytes written to the terminal so far.
    pub fn written(&self) -> u64 {
        self.engine.terminal.backend().written
    }

    /// Where the terminal's cursor is: column and row, if it shows.
    pub fn cursor(&self) -> Option<(u16, u16)> {
        self.cursor.map(|p| (p.x, p.y))
    }

    /// What is painted, cell by cell.
    pub const fn buffer(&self) -> &Buffer {
        &self.buffer
    }

    /// What is seen, line by line, without blanks at the ends.
    pub fn text(&self) -> String {
        let mut out = String::new();
        for y in self.buffer.area.top()..self.buffer.area.bottom() {
            let mut line = String::new();
            let mut x = 0;
            while x < self.buffer.area.right() {
                let cell = &self.buffer[(x, y)];
                line.push_str(cell.symbol());
                x += cell.cell_width().max(1);
            }
            out.push_str(line.trim_end());
            out.push('\n');
        }
        out
    }

    /// What is seen with its styles and the cursor, for snapshots: the text, then a line for every run of cells that
    /// looks other than plain.
    pub fn snapshot(&self) -> String {
        let mut out = self.text();
        let cursor = self.cursor().map_or_else(|| "hidden".to_owned(), |(x, y)| format!("{x},{y}"));
        let _ = writeln!(out, "cursor: {cursor}");
        for y in self.buffer.area.top()..self.buffer.area.bottom() {
            let mut run: Option<(u16, String)> = None;
            for x in self.buffer.area.left()..=self.buffer.area.right() {
                let style = if x < self.buffer.area.right() { look(&self.buffer, x, y) } else { String::new() };
                if run.as_ref().is_some_and(|(_, s)| *s == style) {
                    continue;
                }
                if let Some((from, style)) = run.take().filter(|(_, s)| !s.is_empty()) {
                    let _ = writeln!(out, "{y}:{from}-{} {style}", x - 1);
                }
                run = Some((x, style));
            }
        }
        out
    }
}

fn look(buffer: &Buffer, x: u16, y: u16) -> String {
    // The second half of a wide character looks like its first half.
    let wide = x > 0 && buffer[(x - 1, y)].cell_width() > 1;
    let cell = &buffer[(if wide { x - 1 } else { x }, y)];
    let mut parts = Vec::new();
    if cell.fg != Color::Reset {
        parts.push(format!("{:?}", cell.fg).to_lowercase());
    }
    if cell.bg != Color::Reset {
        parts.push(format!("on-{:?}", cell.bg).to_lowercase());
    }
    for (flag, name) in
        [(Modifier::BOLD, "bold"), (Modifier::UNDERLINED, "underlined"), (Modifier::REVERSED, "reversed")]
    {
        if cell.modifier.contains(flag) {
            parts.push(name.to_owned());
        }
    }
    parts.join(" ")
}

enum Pressed {
    Chord(String),
    Text(String),
}

fn split(keys: &str) -> Vec<Pressed> {
    let mut out = Vec::new();
    let mut rest = keys.trim_start();
    while !rest.is_empty() {
        let quoted = rest.strip_prefix('\'').and_then(|inner| inner.split_once('\''));
        rest = match quoted {
            Some((text, after)) => {
                out.push(Pressed::Text(text.to_owned()));
                after
            }
            None => {
                let (name, after) = rest.split_once(' ').unwrap_or((rest, ""));
                out.push(Pressed::Chord(name.to_owned()));
                after
            }
        };
        rest = rest.trim_start();
    }
    out
}

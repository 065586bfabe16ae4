//! The README's pictures: the real client on the demonstration company, drawn as SVG. The program `pictures` writes them,
//! a test compares them, so they never drift.

use std::{fmt::Write as _, path::PathBuf, sync::Arc};

use anyhow::{Context, Result};
use ratatui::{
    buffer::{Buffer, Cell},
    style::{Color, Modifier},
};
use rolo_server::{Config, Handle, Place, clock::Clock, demo};
use rolo_tui::{
    app::{
        Connection,
        harness::{Harness, Settings, Unkept},
    },
    data::{
        Client,
        client::{Connector, Wire},
    },
    strings::Lang,
};
use unicode_width::UnicodeWidthStr;

/// When the pictures are taken: Tuesday 24 November 2026, 10:30 in Shanghai.
const NOW: i64 = 1_795_487_400_000;

/// Customers of the company that is shown.
const CUSTOMERS: usize = 500;

/// A picture: file name, language, columns and rows, role, keys pressed before it is taken.
pub struct Picture {
    /// The file's name.
    pub name: &'static str,
    /// The language it is in.
    pub lang: Lang,
    size: (u16, u16),
    role: &'static str,
    keys: &'static str,
}

/// All pictures.
pub const PICTURES: &[Picture] = &[
    Picture {
        name: "customers-zh.svg",
        lang: Lang::Zh,
        size: (120, 34),
        role: "manager",
        keys: "g c 2 / '科技' enter j j",
    },
    Picture { name: "today-en.svg", lang: Lang::En, size: (100, 26), role: "manager", keys: "g t" },
    Picture {
        name: "customer-en.svg",
        lang: Lang::En,
        size: (100, 26),
        role: "manager",
        keys: "g c / 'Inc' enter j enter",
    },
];

/// Where the pictures lie.
pub fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/pictures").join(name)
}

/// The demonstration company, served by this process.
pub struct Company {
    _dir: tempfile::TempDir,
    handle: Arc<Handle>,
    demo: demo::Demo,
}

impl Company {
    /// Fills and opens it, in the language of a picture.
    ///
    /// # Errors
    /// The machine fails.
    pub async fn open(lang: Lang) -> Result<Self> {
        let dir = tempfile::tempdir()?;
        let data = dir.path().join("data");
        let language = if lang == Lang::Zh { "zh" } else { "en" };
        let clock = Clock::from_fn(|| NOW);
        let options = demo::Options { language: language.into(), clock: clock.clone(), customers: CUSTOMERS };
        let demo = demo::fill(&data, options).await?;
        let Place::Owner(handle) = Place::open(&data, Config { clock, ..Config::default() }).await? else {
            anyhow::bail!("somebody else owns a directory that was just made")
        };
        Ok(Self { _dir: dir, handle: Arc::new(handle), demo })
    }

    /// What the client shows after the picture's keys.
    ///
    /// # Errors
    /// The client or the server fails.
    pub async fn take(&self, picture: &Picture) -> Result<String> {
        let handle = Arc::clone(&self.handle);
        let connector: Connector = Arc::new(move || {
            let handle = Arc::clone(&handle);
            Box::pin(async move {
                let stream = handle.connect().await.map_err(std::io::Error::other)?;
                Ok(Box::new(stream) as Box<dyn Wire>)
            })
        });
        let client = Client::new(connector);
        let account = self.demo.account(picture.role).context("a role without an account")?;
        client.sign_in(account, &self.demo.password).await.map_err(|failure| anyhow::anyhow!("{failure}"))?;
        let connection = Connection { client, keeper: Arc::new(Unkept) };
        let settings = Settings { size: picture.size, lang: picture.lang, now: NOW, ..Settings::default() };
        let mut rolo = Harness::start(connection, settings)?;
        rolo.until_idle().await?;
        rolo.press(picture.keys).await?;
        svg(rolo.buffer(), rolo.cursor())
    }
}

/// The size of a cell in the picture.
const CELL: (usize, usize) = (9, 19);

/// Draws a screen.
fn svg(buffer: &Buffer, cursor: Option<(u16, u16)>) -> Result<String> {
    let (columns, rows) = (usize::from(buffer.area.width), usize::from(buffer.area.height));
    let (width, height) = (columns * CELL.0 + 20, rows * CELL.1 + 20);
    let mut out = String::new();
    writeln!(out, r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-size="16""#)?;
    writeln!(
        out,
        r#"  font-family="'Noto Sans Mono CJK SC','Sarasa Mono SC','DejaVu Sans Mono',Menlo,Consolas,monospace">"#
    )?;
    writeln!(out, "<rect width=\"{width}\" height=\"{height}\" rx=\"8\" fill=\"#1e1e1e\"/>")?;
    for y in 0..buffer.area.height {
        for run in runs(buffer, y, cursor) {
            draw(&mut out, &run, usize::from(y))?;
        }
    }
    writeln!(out, "</svg>")?;
    Ok(out)
}

/// Neighbouring cells that look alike.
struct Run {
    start: usize,
    columns: usize,
    text: String,
    wide: bool,
    blank: bool,
    style: (String, Option<String>, bool),
}

fn runs(buffer: &Buffer, y: u16, cursor: Option<(u16, u16)>) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    let mut x = 0;
    while x < buffer.area.width {
        let Some(cell) = buffer.cell((x, y)) else { break };
        let columns = cell.symbol().width().max(1);
        let style = look(cell, cursor == Some((x, y)));
        let wide = columns > 1;
        let blank = cell.symbol() == " ";
        let start = usize::from(x);
        match runs.last_mut() {
            // A blank stands alone: what draws the picture may fold several into one.
            Some(run) if run.style == style && run.wide == wide && run.blank == blank => {
                run.text.push_str(cell.symbol());
                run.columns += columns;
            }
            _ => runs.push(Run { start, columns, text: cell.symbol().into(), wide, blank, style }),
        }
        x += u16::try_from(columns).unwrap_or(1);
    }
    runs
}

fn draw(out: &mut String, run: &Run, row: usize) -> Result<()> {
    let (x, y, width) = (10 + run.start * CELL.0, 10 + row * CELL.1, run.columns * CELL.0);
    let (foreground, background, bold) = &run.style;
    if let Some(background) = background {
        writeln!(out, "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{}\" fill=\"{background}\"/>", CELL.1)?;
    }
    if run.text.trim().is_empty() {
        return Ok(());
    }
    let text = run.text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let weight = if *bold { " font-weight=\"bold\"" } else { "" };
    writeln!(
        out,
        "<text x=\"{x}\" y=\"{}\" textLength=\"{width}\" lengthAdjust=\"spacingAndGlyphs\" fill=\"{foreground}\"{weight}>{text}</text>",
        y + 14
    )?;
    Ok(())
}

fn look(cell: &Cell, cursor: bool) -> (String, Option<String>, bool) {
    let (mut foreground, mut background) = (colour(cell.fg), colour(cell.bg));
    if cell.modifier.contains(Modifier::REVERSED) != cursor {
        (foreground, background) = (background.or(Some("#1e1e1e")), foreground.or(Some("#d4d4d4")));
    }
    let dim = if cell.modifier.contains(Modifier::DIM) { "#808080" } else { "#d4d4d4" };
    (foreground.unwrap_or(dim).to_owned(), background.map(str::to_owned), cell.modifier.contains(Modifier::BOLD))
}

fn colour(colour: Color) -> Option<&'static str> {
    Some(match colour {
        Color::Black => "#000000",
        Color::Red => "#e06c75",
        Color::Green => "#23d18b",
        Color::Yellow => "#e5c07b",
        Color::Blue => "#2472c8",
        Color::Magenta => "#c678dd",
        Color::Cyan => "#29b8db",
        Color::Gray => "#bbbbbb",
        Color::DarkGray => "#8a8a8a",
        Color::LightRed => "#f14c4c",
        Color::LightGreen => "#5af78e",
        Color::LightYellow => "#f5f543",
        Color::LightBlue => "#3b8eea",
        Color::LightMagenta => "#d670d6",
        Color::LightCyan => "#56d4ec",
        Color::White => "#ffffff",
        _ => return None,
    })
}

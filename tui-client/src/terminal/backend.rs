//! Writes frames as bytes. A frame is collected, framed as one synchronized update and written at once; a frame that
//! changes nothing writes nothing, not even a cursor. Only the sixteen colours are ever sent, in their short form.

use std::io::{self, Write};

use ratatui::{
    backend::{Backend, ClearType, WindowSize},
    buffer::{Cell, CellWidth},
    layout::{Position, Size},
    style::{Color, Modifier},
};

/// Frames up to this size leave in one write.
const BUFFER: usize = 64 * 1024;

/// A backend over any writer.
pub struct AnsiBackend<W: Write> {
    out: W,
    frame: Vec<u8>,
    fixed: Option<Size>,
    cursor: Cursor,
    /// Bytes written since the start, for the budgets.
    pub written: u64,
}

#[derive(Default)]
struct Cursor {
    wanted: Option<Position>,
    visible: bool,
    /// Where it is and whether it shows, as the terminal was last told.
    told: Option<Position>,
    position: Position,
}

impl<W: Write> AnsiBackend<W> {
    /// A backend of a real terminal.
    pub fn new(out: W) -> Self {
        Self { out, frame: Vec::with_capacity(BUFFER), fixed: None, cursor: Cursor::default(), written: 0 }
    }

    /// A backend of a given size, for tests and pictures.
    pub fn fixed(out: W, size: Size) -> Self {
        Self { fixed: Some(size), ..Self::new(out) }
    }

    /// Another size, if the size is a given one.
    pub fn set_size(&mut self, size: Size) {
        self.fixed = self.fixed.map(|_| size);
    }

    /// The writer.
    pub fn out(&mut self) -> &mut W {
        &mut self.out
    }

    /// Writes bytes that are no part of a frame: the clipboard.
    pub fn raw(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.written += bytes.len() as u64;
        self.out.write_all(bytes)?;
        self.out.flush()
    }
}

/// Clusters after which every terminal agrees where the cursor is: ASCII, and single characters of the plain CJK blocks.
fn is_certain(symbol: &str) -> bool {
    let mut chars = symbol.chars();
    match (chars.next(), chars.next()) {
        (Some(c), None) => {
            c.is_ascii() || matches!(c, '\u{3000}'..='\u{9FFF}' | '\u{AC00}'..='\u{D7A3}' | '\u{FF01}'..='\u{FF60}')
        }
        _ => false,
    }
}

fn colour(c: Color, base: u8) -> Option<u8> {
    let (index, bright) = match c {
        Color::Black => (0, false),
        Color::Red => (1, false),
        Color::Green => (2, false),
        Color::Yellow => (3, false),
        Color::Blue => (4, false),
        Color::Magenta => (5, false),
        Color::Cyan => (6, false),
        Color::Gray => (7, false),
        Color::DarkGray => (0, true),
        Color::LightRed => (1, true),
        Color::LightGreen => (2, true),
        Color::LightYellow => (3, true),
        Color::LightBlue => (4, true),
        Color::LightMagenta => (5, true),
        Color::LightCyan => (6, true),
        Color::White => (7, true),
        Color::Reset | Color::Rgb(..) | Color::Indexed(_) => return None,
    };
    Some(base + index + if bright { 60 } else { 0 })
}

fn sgr(out: &mut Vec<u8>, look: (Color, Color, Modifier)) {
    let (fg, bg, modifier) = look;
    let mut codes = String::new();
    for (flag, code) in [
        (Modifier::BOLD, "1"),
        (Modifier::DIM, "2"),
        (Modifier::ITALIC, "3"),
        (Modifier::UNDERLINED, "4"),
        (Modifier::REVERSED, "7"),
    ] {
        if modifier.contains(flag) {
            codes.push(';');
            codes.push_str(code);
        }
    }
    for code in [colour(fg, 30), colour(bg, 40)].into_iter().flatten() {
        codes.push(';');
        codes.push_str(&code.to_string());
    }
    out.extend_from_slice(b"\x1b[");
    out.extend_from_slice(codes.as_bytes());
    out.push(b'm');
}

impl<W: Write> Backend for AnsiBackend<W> {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        let plain = (Color::Reset, Color::Reset, Modifier::empty());
        let mut look = plain;
        let mut at = None;
        for (x, y, cell) in content {
            if at != Some((x, y)) {
                write!(self.frame, "\x1b[{};{}H", y + 1, x + 1)?;
            }
            let wanted = (cell.fg, cell.bg, cell.modifier);
            if wanted != look {
                sgr(&mut self.frame, wanted);
                look = wanted;
            }
            self.frame.extend_from_slice(cell.symbol().as_bytes());
            at = is_certain(cell.symbol()).then(|| (x + cell.cell_width(), y));
        }
        if look != plain {
            self.frame.extend_from_slice(b"\x1b[m");
        }
        Ok(())
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        self.cursor.visible = false;
        Ok(())
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        self.cursor.visible = true;
        Ok(())
    }

    fn get_cursor_position(&mut self) -> io::Result<Position> {
        Ok(self.cursor.position)
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        self.cursor.position = position.into();
        Ok(())
    }

    fn clear(&mut self) -> io::Result<()> {
        self.clear_region(ClearType::All)
    }

    fn clear_region(&mut self, _: ClearType) -> io::Result<()> {
        // Only whole screens are ever cleared.
        self.frame.extend_from_slice(b"\x1b[m\x1b[2J");
        Ok(())
    }

    fn size(&self) -> io::Result<Size> {
        match self.fixed {
            Some(size) => Ok(size),
            None => crossterm::terminal::size().map(|(width, height)| Size { width, height }),
        }
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        Ok(WindowSize { columns_rows: self.size()?, pixels: Size::default() })
    }

    fn flush(&mut self) -> io::Result<()> {
        self.cursor.wanted = self.cursor.visible.then_some(self.cursor.position);
        if self.frame.is_empty() && self.cursor.wanted == self.cursor.told {
            return Ok(());
        }
        let mut out = Vec::with_capacity(self.frame.len() + 40);
        if !self.frame.is_empty() {
            out.extend_from_slice(b"\x1b[?2026h");
            if self.cursor.told.is_some() {
                out.extend_from_slice(b"\x1b[?25l");
            }
            out.append(&mut self.frame);
        } else if self.cursor.wanted.is_none() {
            out.extend_from_slice(b"\x1b[?25l");
        }
        let drawn = !out.is_empty() && out.starts_with(b"\x1b[?2026h");
        if let Some(p) = self.cursor.wanted {
            write!(out, "\x1b[{};{}H", p.y + 1, p.x + 1)?;
            if drawn || self.cursor.told.is_none() {
                out.extend_from_slice(b"\x1b[?25h");
            }
        }
        if drawn {
            out.extend_from_slice(b"\x1b[?2026l");
        }
        self.cursor.told = self.cursor.wanted;
        self.written += out.len() as u64;
        self.out.write_all(&out)?;
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use ratatui::{Terminal, style::Style};

    use super::*;

    fn terminal() -> Terminal<AnsiBackend<Vec<u8>>> {
        Terminal::new(AnsiBackend::fixed(Vec::new(), Size { width: 20, height: 3 })).unwrap()
    }

    #[test]
    fn a_frame_that_changes_nothing_writes_nothing() {
        let mut t = terminal();
        for _ in 0..2 {
            t.draw(|f| {
                f.buffer_mut().set_string(0, 0, "北京 Acme", Style::new().fg(Color::Cyan));
                f.set_cursor_position((4, 1));
            })
            .unwrap();
        }
        let first = t.backend().written;
        t.draw(|f| {
            f.buffer_mut().set_string(0, 0, "北京 Acme", Style::new().fg(Color::Cyan));
            f.set_cursor_position((4, 1));
        })
        .unwrap();
        assert_eq!(t.backend().written, first);
    }

    #[test]
    fn chinese_text_is_one_run_without_moves_between() {
        let mut t = terminal();
        t.draw(|f| {
            f.buffer_mut().set_string(0, 0, "北京华盛", Style::new());
        })
        .unwrap();
        let out = String::from_utf8(t.backend_mut().out().clone()).unwrap();
        assert!(out.contains("北京华盛"), "{out:?}");
    }
}

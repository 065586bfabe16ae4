//! Where everything is drawn. Nothing is written outside the area asked for, nothing is wider than it is measured, and
//! at most one place holds the terminal's cursor: the caret of the text field being typed in, where an input method
//! opens its window.

use std::num::NonZeroU16;

use ratatui::{
    buffer::{Buffer, CellDiffOption, CellWidth},
    layout::{Position, Rect},
    style::Style,
};
use unicode_segmentation::UnicodeSegmentation;

use crate::{
    text::{Measure, is_unsafe},
    theme::{Role, Theme},
};

/// A buffer with the ways to draw on it.
pub struct Canvas<'a> {
    buf: &'a mut Buffer,
    /// The whole screen.
    pub area: Rect,
    /// How text is measured here.
    pub m: Measure,
    /// How roles look here.
    pub theme: Theme,
    /// Where the terminal's cursor goes; none: it is hidden.
    pub cursor: Option<Position>,
}

impl<'a> Canvas<'a> {
    /// A canvas over a whole buffer.
    pub fn new(buf: &'a mut Buffer, m: Measure, theme: Theme) -> Self {
        let area = buf.area;
        Self { buf, area, m, theme, cursor: None }
    }

    /// Writes a text from (x, y) in at most `max` columns and says where it ended. What does not fit is cut off with a
    /// mark.
    pub fn put(&mut self, x: u16, y: u16, text: &str, role: Role, max: u16) -> u16 {
        let style = self.theme.style(role);
        self.put_styled(x, y, text, style, max)
    }

    /// The same in a given style.
    pub fn put_styled(&mut self, x: u16, y: u16, text: &str, style: Style, max: u16) -> u16 {
        if y >= self.area.bottom() || x >= self.area.right() {
            return x;
        }
        let max = usize::from(max.min(self.area.right() - x));
        let cut = self.m.cut(text, max);
        let mut at = x;
        for g in cut.graphemes(true) {
            at = self.cluster(at, y, g, style);
        }
        at
    }

    /// Writes one cluster; what the terminal measures otherwise than ratatui gets its width by force.
    fn cluster(&mut self, x: u16, y: u16, g: &str, style: Style) -> u16 {
        let width = u16::try_from(self.m.grapheme(g)).unwrap_or(0);
        if width == 0 || g.contains(is_unsafe) || x + width > self.area.right() {
            return x;
        }
        let cell = &mut self.buf[(x, y)];
        // What was here before must not shine through.
        cell.reset();
        cell.set_symbol(g).set_style(style);
        if g.cell_width() != width
            && let Some(forced) = NonZeroU16::new(width)
        {
            cell.set_diff_option(CellDiffOption::ForcedWidth(forced));
        }
        for hidden in x + 1..x + width {
            self.buf[(hidden, y)].reset();
        }
        x + width
    }

    /// Writes a text so that it ends before `right`; says where it began.
    pub fn put_right(&mut self, right: u16, y: u16, text: &str, role: Role, max: u16) -> u16 {
        let cut = self.m.cut(text, usize::from(max)).into_owned();
        let x = right.saturating_sub(self.m.width(&cut) as u16);
        self.put(x, y, &cut, role, max);
        x
    }

    /// Several pieces after each other; says where they ended.
    pub fn spans(&mut self, x: u16, y: u16, max: u16, pieces: &[(&str, Role)]) -> u16 {
        let end = x.saturating_add(max).min(self.area.right());
        let mut at = x;
        for (text, role) in pieces {
            if at >= end {
                break;
            }
            at = self.put(at, y, text, *role, end - at);
        }
        at
    }

    /// A rule across the area's first row.
    pub fn rule(&mut self, area: Rect) {
        if area.height == 0 {
            return;
        }
        let line = self.theme.sym.rule.repeat(usize::from(area.width));
        self.put(area.x, area.y, &line, Role::Line, area.width);
    }

    /// A rule down the area's first column.
    pub fn bar(&mut self, area: Rect) {
        for y in area.top()..area.bottom() {
            self.put(area.x, y, self.theme.sym.bar, Role::Line, 1);
        }
    }

    /// Gives every cell of an area a role's look and keeps its text.
    pub fn tint(&mut self, area: Rect, role: Role) {
        let style = self.theme.style(role);
        let area = area.intersection(self.area);
        self.buf.set_style(area, style);
    }

    /// Empties an area, for what lies on top of others. A wide character that the area's edge cuts through goes too.
    pub fn clear(&mut self, area: Rect) {
        let area = area.intersection(self.area);
        for y in area.top()..area.bottom() {
            if area.x > 0 && self.buf[(area.x - 1, y)].cell_width() > 1 {
                self.buf[(area.x - 1, y)].reset();
            }
            for x in area.left()..area.right() {
                self.buf[(x, y)].reset();
            }
        }
    }

    /// A frame with a title, emptied inside; says what is inside it.
    pub fn frame(&mut self, area: Rect, title: &str) -> Rect {
        self.clear(area);
        if area.width < 4 || area.height < 3 {
            return area;
        }
        let [tl, tr, bl, br] = self.theme.sym.corners;
        let rule = self.theme.sym.rule.repeat(usize::from(area.width - 2));
        let (right, bottom) = (area.right() - 1, area.bottom() - 1);
        for (y, left_corner, right_corner) in [(area.y, tl, tr), (bottom, bl, br)] {
            self.put(area.x, y, left_corner, Role::Line, 1);
            self.put(area.x + 1, y, &rule, Role::Line, area.width - 2);
            self.put(right, y, right_corner, Role::Line, 1);
        }
        for x in [area.x, right] {
            self.bar(Rect { x, y: area.y + 1, width: 1, height: area.height - 2 });
        }
        if !title.is_empty() {
            let title = format!(" {title} ");
            self.put(area.x + 2, area.y, &title, Role::Title, area.width - 4);
        }
        Rect { x: area.x + 2, y: area.y + 1, width: area.width - 4, height: area.height - 2 }
    }
}

/// Splits `rows` off the top.
pub fn top(area: Rect, rows: u16) -> (Rect, Rect) {
    let rows = rows.min(area.height);
    let rest = Rect { y: area.y + rows, height: area.height - rows, ..area };
    (Rect { height: rows, ..area }, rest)
}

/// Splits `rows` off the bottom.
pub fn bottom(area: Rect, rows: u16) -> (Rect, Rect) {
    let rows = rows.min(area.height);
    (Rect { height: area.height - rows, ..area }, Rect { y: area.bottom() - rows, height: rows, ..area })
}

/// A box of at most this size in the middle of an area.
pub fn centred(area: Rect, width: u16, height: u16) -> Rect {
    let (width, height) = (width.min(area.width), height.min(area.height));
    Rect { x: area.x + (area.width - width) / 2, y: area.y + (area.height - height) / 2, width, height }
}

/// A box of at most this size at the bottom of an area, as wide as it.
pub fn low(area: Rect, height: u16) -> Rect {
    bottom(area, height).1
}

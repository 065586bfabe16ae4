//! Rows in columns. It is given the rows that are seen and no others: a table of everything costs a frame everything.

use ratatui::layout::Rect;

use super::canvas::Canvas;
use crate::theme::Role;

/// A column of a table.
#[derive(Debug, Clone)]
pub struct Column {
    /// What stands above it.
    pub title: String,
    /// Its smallest width.
    pub min: u16,
    /// The width it would like.
    pub wish: u16,
    /// Numbers stand on the right.
    pub right: bool,
}

/// One row as it is shown.
#[derive(Debug, Clone, Default)]
pub struct Row {
    /// Its cells.
    pub cells: Vec<(String, Role)>,
    /// The cursor is on it.
    pub cursor: bool,
    /// It is marked.
    pub marked: bool,
    /// It does not belong here any more.
    pub gone: bool,
}

/// Widths for as many columns as fit in `width` with a blank between, the first ones first.
pub fn widths(columns: &[Column], width: u16) -> Vec<u16> {
    let mut out: Vec<u16> = Vec::new();
    let mut used = 0;
    for column in columns {
        let gap = u16::from(!out.is_empty()) * 2;
        if used + gap + column.min > width && !out.is_empty() {
            break;
        }
        used += gap + column.min;
        out.push(column.min);
    }
    // What is left over is shared by what each column still wishes for.
    let spare = u32::from(width.saturating_sub(used));
    let wishes: Vec<u32> = out.iter().zip(columns).map(|(w, c)| u32::from(c.wish.saturating_sub(*w))).collect();
    let all: u32 = wishes.iter().sum();
    for (w, wish) in out.iter_mut().zip(&wishes) {
        *w += (wish * spare.min(all) / all.max(1)) as u16;
    }
    if let [only] = out.as_mut_slice() {
        *only = width;
    }
    out
}

/// The heading row.
pub fn draw_heading(c: &mut Canvas<'_>, area: Rect, columns: &[Column], widths: &[u16]) {
    let mut x = area.x + 2;
    for (column, width) in columns.iter().zip(widths) {
        if column.right {
            c.put_right(x + width, area.y, &column.title, Role::Dim, *width);
        } else {
            c.put(x, area.y, &column.title, Role::Dim, *width);
        }
        x += width + 2;
    }
}

/// The rows, one a line. The row under the cursor is tinted whole, so that the eye finds it across the columns.
pub fn draw_rows(c: &mut Canvas<'_>, area: Rect, columns: &[Column], widths: &[u16], rows: &[Row]) {
    for (row, y) in rows.iter().zip(area.top()..area.bottom()) {
        let mark = match (row.cursor, row.marked) {
            _ if row.gone => c.theme.sym.gone,
            (_, true) => c.theme.sym.mark,
            (true, false) => c.theme.sym.cursor,
            (false, false) => " ",
        };
        let role = match row.marked {
            _ if row.gone => Role::Bad,
            true => Role::Mark,
            false => Role::Key,
        };
        c.put(area.x, y, mark, role, 2);
        let mut x = area.x + 2;
        for ((column, width), (text, role)) in columns.iter().zip(widths).zip(&row.cells) {
            if x >= area.right() {
                break;
            }
            let role = if row.gone { &Role::Dim } else { role };
            if column.right {
                c.put_right(x + width, y, text, *role, *width);
            } else {
                c.put(x, y, text, *role, *width);
            }
            x += width + 2;
        }
        if row.cursor {
            c.tint(Rect { x: area.x, y, width: area.width, height: 1 }, Role::Cursor);
        }
    }
}

/// The first row shown, so that the cursor stays `margin` rows inside and a step out of it moves half a screen: one
/// jump costs less than ten scrolled rows.
pub fn scroll(first: usize, cursor: usize, rows: usize, count: usize) -> usize {
    if rows == 0 {
        return 0;
    }
    let last = count.saturating_sub(rows);
    let margin = usize::from(rows > 6);
    let out = cursor < first + margin || cursor + margin >= first + rows;
    let first = if out { cursor.saturating_sub((rows - 1) / 2) } else { first };
    first.min(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(min: u16, wish: u16) -> Column {
        Column { title: String::new(), min, wish, right: false }
    }

    #[test]
    fn columns_that_do_not_fit_are_left_out_and_the_rest_grows() {
        let columns = [column(10, 20), column(8, 8), column(30, 30)];
        assert_eq!(widths(&columns, 24), [14, 8]);
        assert_eq!(widths(&columns, 60), [18, 8, 30]);
        assert_eq!(widths(&columns, 80), [20, 8, 30]);
        assert_eq!(widths(&columns, 5), [5]);
    }

    #[test]
    fn the_cursor_never_leaves_the_window() {
        for count in [0_usize, 1, 5, 40] {
            for rows in 1..12 {
                let mut first = 0;
                for cursor in (0..count).chain((0..count).rev()) {
                    first = scroll(first, cursor, rows, count);
                    assert!(first <= cursor && cursor < first + rows, "{cursor} not in {first}+{rows} of {count}");
                    assert!(first + rows <= count.max(rows), "blank rows below the last");
                }
            }
        }
    }
}

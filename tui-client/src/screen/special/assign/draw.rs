//! How the assignment looks: two panes side by side, or the one that has the keys where there is little room.

use ratatui::layout::Rect;
use rolo_proto::v1::Assignee;

use super::{AssignScreen, Side};
use crate::{
    app::shared::Shared,
    keys::{Action, keymap},
    screen::{list, show},
    strings::fill,
    theme::Role,
    widget::{
        canvas::{Canvas, top},
        table::{self, Column, Row},
    },
};

/// From how many columns both panes are shown.
const TWO_PANES: u16 = 76;
/// Columns of the list that say nothing here: the tab says them.
const SKIPPED: [&str; 6] = ["status", "assignee", "next_step_at", "stage", "expected_close_at", "concerns"];

/// The column of how full somebody's time is.
const LOAD: usize = 4;

/// Where the parts stand.
pub struct Layout {
    left: Option<Rect>,
    right: Option<Rect>,
    /// Rows that fit.
    pub rows: u16,
}

/// The parts in a body.
pub fn layout(body: Rect, side: Side) -> Layout {
    let rows = body.height.saturating_sub(2);
    if body.width < TWO_PANES {
        let (left, right) = if side == Side::Opportunities { (Some(body), None) } else { (None, Some(body)) };
        return Layout { left, right, rows };
    }
    let width = if body.width < 100 { body.width * 52 / 100 } else { body.width * 56 / 100 };
    let left = Rect { width: width - 1, ..body };
    let right = Rect { x: body.x + width + 1, width: body.width - width - 1, ..body };
    Layout { left: Some(left), right: Some(right), rows }
}

/// Draws the screen.
pub fn screen(screen: &AssignScreen, c: &mut Canvas<'_>, area: Rect, sh: &Shared) {
    let parts = layout(area, screen.side);
    if let Some(pane) = parts.left {
        opportunities(screen, c, pane, sh);
    }
    if let (Some(left), Some(_)) = (parts.left, parts.right) {
        c.bar(Rect { x: left.right(), width: 1, ..area });
    }
    if let Some(pane) = parts.right {
        people(screen, c, pane, sh);
    }
}

fn opportunities(screen: &AssignScreen, c: &mut Canvas<'_>, area: Rect, sh: &Shared) {
    let (bar, rest) = top(area, 1);
    let (heading, rows) = top(rest, 1);
    tabs(screen, c, bar, sh);
    if !screen.rows.pages.is_empty() {
        list::draw::rows(&screen.rows, c, heading, rows, &SKIPPED, sh);
        if screen.side != Side::Opportunities {
            dim_cursor(c, rows, screen.rows.cursor.saturating_sub(screen.rows.first));
        }
    } else if let Some(why) = &screen.rows.failed {
        lines(c, rows, &[(why.clone(), Role::Bad)]);
    } else if screen.rows.pages.is_complete() && !screen.rows.stale {
        lines(c, rows, &nothing(screen, sh));
    }
}

/// What would be here, and what to do about it.
fn nothing(screen: &AssignScreen, sh: &Shared) -> Vec<(String, Role)> {
    let t = sh.t();
    if !screen.filter.line.is_empty() {
        return vec![
            (fill(t.nothing_matches, &[&screen.filter.line.text()]), Role::Text),
            (t.esc_clears.to_owned(), Role::Dim),
        ];
    }
    match &screen.of {
        Some(user) => {
            vec![(fill(t.assign_has_none, &[&show::user(user)]), Role::Text), (t.assign_one_back.to_owned(), Role::Dim)]
        }
        None => vec![
            (t.assign_all_done.to_owned(), Role::Text),
            (fill(t.assign_new, &[&sh.key(keymap::ASSIGN, Action::New)]), Role::Dim),
        ],
    }
}

fn tabs(screen: &AssignScreen, c: &mut Canvas<'_>, area: Rect, sh: &Shared) {
    let t = sh.t();
    let filter = &screen.filter;
    let mut x = area.x + 1;
    if filter.typing || !filter.line.is_empty() {
        x = c.put(x, area.y, "/ ", Role::Key, 2);
        let width = (c.m.width(filter.line.text()) as u16 + 1).clamp(12, (area.width / 2).max(12));
        let line = Rect { x, width, ..area };
        filter.line.draw(c, line, if filter.typing { Role::Input } else { Role::Text }, filter.typing);
        x += width + 2;
        if let Some(fault) = &filter.fault {
            c.put(x, area.y, fault, Role::Bad, area.right().saturating_sub(x));
            return;
        }
    }
    let (count, amount) = (screen.sum.count(sh), screen.sum.amount(sh));
    let whose = screen.of.as_ref().or_else(|| screen.people.current().and_then(|one| one.user.as_ref()));
    let whose = whose.map_or(t.assigned_tab, show::user);
    for (key, label, here) in [("1 ", t.unassigned, screen.of.is_none()), ("2 ", whose, screen.of.is_some())] {
        let role = if here { Role::Title } else { Role::Dim };
        let number = if here { format!(" {count}") } else { String::new() };
        let end = c.spans(
            x,
            area.y,
            area.right().saturating_sub(x),
            &[(key, Role::Key), (label, role), (&number, Role::Key)],
        );
        if here {
            c.tint(Rect { x, y: area.y, width: end.saturating_sub(x), height: 1 }, Role::Brand);
        }
        x = end + 2;
    }
    c.put(x, area.y, &amount, Role::Dim, area.right().saturating_sub(x));
}

fn people(screen: &AssignScreen, c: &mut Canvas<'_>, area: Rect, sh: &Shared) {
    let t = sh.t();
    let people = &screen.people;
    let (bar, rest) = top(area, 1);
    let (heading, rows) = top(rest, 1);
    let mut x = c.put(bar.x + 1, bar.y, t.account_managers, Role::Title, bar.width) + 2;
    if people.typing || !people.line.is_empty() {
        x = c.put(x, bar.y, "/ ", Role::Key, 2);
        let line = Rect { x, width: bar.right().saturating_sub(x + 1).min(20), ..bar };
        people.line.draw(c, line, if people.typing { Role::Input } else { Role::Text }, people.typing);
        x = line.right() + 2;
    }
    if people.chosen() > 0 {
        let chosen = fill(t.chosen, &[&people.chosen()]);
        c.put(x, bar.y, &chosen, Role::Mark, bar.right().saturating_sub(x));
    }
    if people.current().is_none() {
        if people.loaded {
            let why = if people.line.is_empty() { t.no_managers } else { t.nothing_found };
            lines(c, rows, &[(why.to_owned(), Role::Dim)]);
        }
        return;
    }
    let column = |title: &str, min: u16, wish: u16, right: bool| {
        let title = title.to_owned();
        Column { min: min.max(sh.measure.width(&title) as u16), wish, right, title }
    };
    let all = [
        column(t.name, 8, 20, false),
        column(t.open_work, 4, 4, true),
        column(t.due_7_days, 4, 4, true),
        column(t.won_rate, 4, 4, true),
        column(t.capacity, 8, 16, false),
    ];
    let room = area.width.saturating_sub(3);
    // Where not all fit, how full the time is says more than what was won.
    let fits = table::widths(&all, room).len() == all.len();
    let order = if fits { [0, 1, 2, 3, LOAD] } else { [0, 1, LOAD, 2, 3] };
    let columns = order.map(|nth| all[nth].clone());
    let widths = table::widths(&columns, room);
    let bar = order.iter().position(|nth| *nth == LOAD).and_then(|at| widths.get(at)).copied().unwrap_or(0);
    table::draw_heading(c, heading, &columns, &widths);
    let window = people.rows().enumerate().skip(people.first).take(rows.height.into());
    let window: Vec<Row> = window
        .map(|(index, (one, chosen))| Row {
            cells: order.map(|nth| cells(one, bar, sh)[nth].clone()).to_vec(),
            cursor: index == people.cursor,
            marked: chosen,
            ..Row::default()
        })
        .collect();
    table::draw_rows(c, rows, &columns, &widths, &window);
    if screen.side != Side::People {
        dim_cursor(c, rows, people.cursor.saturating_sub(people.first));
    }
}

/// Name, open, due, won, capacity.
fn cells(one: &Assignee, bar: u16, sh: &Shared) -> [(String, Role); 5] {
    let closed = one.won + one.lost;
    let won = if closed > 0 { format!("{}%", one.won * 100 / closed) } else { sh.theme.sym.none.to_owned() };
    let due = if one.due_7_days > 0 { Role::Warn } else { Role::Dim };
    [
        (one.user.as_ref().map_or_else(String::new, |user| show::user(user).to_owned()), Role::Text),
        (show::thousands(one.open), Role::Text),
        (show::due(one.due_7_days), due),
        (won, Role::Text),
        load(one.open, one.capacity, bar, sh),
    ]
}

/// How full somebody's time is: a bar and a share, so that it is not told by colour alone.
pub fn load(open: i64, capacity: i64, width: u16, sh: &Shared) -> (String, Role) {
    let share = open * 100 / capacity.max(1);
    let role = match share {
        ..=80 => Role::Good,
        81..=100 => Role::Warn,
        _ => Role::Bad,
    };
    let percent = format!(" {share}%");
    let blocks = usize::from(width).saturating_sub(percent.len()).min(10);
    (format!("{}{percent}", show::bar(open, capacity, blocks, sh)), role)
}

/// The row under the cursor of the side that has not the keys: seen, but not as where they go.
fn dim_cursor(c: &mut Canvas<'_>, rows: Rect, row: usize) {
    let y = rows.y + row as u16;
    if y < rows.bottom() {
        c.tint(Rect { y, height: 1, ..rows }, Role::Aside);
    }
}

fn lines(c: &mut Canvas<'_>, area: Rect, lines: &[(String, Role)]) {
    let mut y = area.y + area.height / 4;
    for (line, role) in lines {
        for part in c.m.wrap(line, usize::from(area.width.saturating_sub(4))) {
            c.put(area.x + 2, y, &part, *role, area.width.saturating_sub(3));
            y += 1;
        }
    }
}

//! How a list looks: filter and views, rows, and the preview of the row under the cursor.

use ratatui::layout::Rect;
use rolo_proto::v1::Kind;

use super::{ListScreen, rows::Rows, timeline};
use crate::{
    app::{live, shared::Shared},
    resource::{Field, Input, Record, Resource, Value},
    screen::{concerns::concerns, decide, detail::plan, show},
    strings::fill,
    theme::Role,
    widget::{
        canvas::{Canvas, top},
        table::{self, Column, Row},
    },
};

/// From how many columns there is a preview.
const TWO_PANES: u16 = 100;

/// Where the parts of a list stand.
pub struct Layout {
    /// Filter and views.
    pub bar: Rect,
    /// The rule under them.
    pub rule: Rect,
    /// Column headings.
    pub heading: Rect,
    /// The rows.
    pub rows: Rect,
    /// The preview.
    pub preview: Option<Rect>,
}

/// The parts in a body; low screens do without the rule.
pub fn layout(body: Rect, size: (u16, u16)) -> Layout {
    let (bar, rest) = top(body, 1);
    let (rule, rest) = top(rest, u16::from(size.1 >= 16));
    let two = size.0 >= TWO_PANES;
    let left = if two { rest.width * 3 / 5 } else { rest.width };
    let list = Rect { width: left, ..rest };
    let preview = two.then(|| Rect { x: rest.x + left, width: rest.width - left, ..rest });
    let (heading, rows) = top(list, 1);
    Layout { bar, rule, heading, rows, preview }
}

/// Draws the list screen.
pub fn list(screen: &ListScreen, c: &mut Canvas<'_>, area: Rect, sh: &Shared) {
    let parts = layout(area, sh.size);
    bar(screen, c, parts.bar, sh);
    c.rule(parts.rule);
    if screen.rows.pages.is_empty() {
        empty(screen, c, parts.rows, sh);
    } else {
        // In my own list, whose they are needs no column.
        let view = screen.rows.resource.views().get(screen.rows.view).map_or("", |v| v.code);
        let skip: &[&str] = match view {
            "mine" => &["manager", "author", "assignee"],
            "unassigned" => &["assignee", "next_step_at", "concerns"],
            "won" | "lost" => &["next_step_at", "concerns"],
            // Whose it is and what is wrong with it say more than what it may bring.
            "stagnating" => &["success_rate", "expected_close_at"],
            _ if screen.kind() == Kind::Opportunity => &["success_rate"],
            _ => &[],
        };
        rows(&screen.rows, c, parts.heading, parts.rows, skip, sh);
    }
    if let Some(pane) = parts.preview {
        c.bar(pane);
        let inner = Rect { x: pane.x + 2, width: pane.width.saturating_sub(3), ..pane };
        if let Some(record) = screen.shown.as_ref().filter(|_| !screen.rows.pages.is_empty()) {
            preview(screen, c, inner, record, sh);
            let others = live::others(sh, record.kind, record.id);
            if !others.is_empty() && parts.rule.height > 0 {
                let room = pane.width.saturating_sub(3);
                c.put_right(pane.right().saturating_sub(1), parts.rule.y, &format!(" {others} "), Role::Key, room);
            }
        }
    }
}

/// The filter on the left, the views on the right; where both do not fit, the view that is shown.
fn bar(screen: &ListScreen, c: &mut Canvas<'_>, area: Rect, sh: &Shared) {
    let filter = &screen.filter;
    let shown = filter.typing || !filter.line.is_empty();
    let mut x = area.x + 1;
    if shown {
        x = c.put(x, area.y, "/ ", Role::Key, 2);
        let wanted = (c.m.width(filter.line.text()) as u16 + 1).max(16);
        let width =
            wanted.min(area.width.saturating_sub(4)).min(if area.width < 60 { area.width } else { area.width / 2 });
        let role = if filter.typing { Role::Input } else { Role::Text };
        if filter.typing {
            c.tint(Rect { x, y: area.y, width, height: 1 }, Role::Input);
        }
        filter.line.draw(c, Rect { x, y: area.y, width, height: 1 }, role, filter.typing);
        x += width + 2;
        if let Some(fault) = &filter.fault {
            c.put(x, area.y, fault, Role::Bad, area.right().saturating_sub(x));
            return;
        }
    }
    views(screen, c, Rect { x, width: area.right().saturating_sub(x + 1), ..area }, sh);
}

fn views(screen: &ListScreen, c: &mut Canvas<'_>, area: Rect, sh: &Shared) {
    let views = screen.all_views(sh);
    let labels: Vec<_> = views
        .iter()
        .enumerate()
        .map(|(i, (label, count))| (i, label.as_str(), count.clone().unwrap_or_default()))
        .collect();
    let width = |(i, label, count): &(usize, &str, String)| {
        let digits = if *i < 9 { 2 } else { 0 };
        (digits + c.m.width(label) + if count.is_empty() { 0 } else { 1 + count.len() } + 3) as u16
    };
    // As many as fit, from the first if the one that is shown is then among them.
    let here = screen.view();
    let fits = |from: usize| {
        let mut used = 0;
        let count = labels[from..].iter().take_while(|l| {
            used += width(l);
            used <= area.width + 3
        });
        from + count.count()
    };
    let from = (0..=here).find(|from| fits(*from) > here).unwrap_or(here).min(labels.len().saturating_sub(1));
    let to = fits(from).max(from + 1);
    let mut x = area.x;
    for (i, label, count) in &labels[from..to.min(labels.len())] {
        let current = *i == here;
        let key = if *i < 9 { format!("{} ", i + 1) } else { String::new() };
        let count = if count.is_empty() { String::new() } else { format!(" {count}") };
        let role = if current { Role::Title } else { Role::Dim };
        let number = if current { Role::Key } else { Role::Dim };
        let end =
            c.spans(x, area.y, area.right().saturating_sub(x), &[(&key, Role::Key), (label, role), (&count, number)]);
        if current {
            c.tint(Rect { x, y: area.y, width: end.saturating_sub(x), height: 1 }, Role::Brand);
        }
        x = end + 3;
    }
}

/// Column headings and rows of any list. `skip` leaves columns out that are the same in every row.
pub fn rows(list: &Rows, c: &mut Canvas<'_>, heading: Rect, area: Rect, skip: &[&str], sh: &Shared) {
    let fields = list.resource.fields();
    // Where there is little room, the name says more than the number.
    let narrow = area.width < 60;
    let wanted = |i: &usize| fields.get(*i).is_some_and(|f| !(skip.contains(&f.name) || narrow && f.name == "no"));
    let shown: Vec<usize> = list.resource.columns().iter().copied().filter(wanted).collect();
    let room = area.width.saturating_sub(3);
    let two_names = list.resource.kind() == Kind::Opportunity;
    let mut columns: Vec<Column> = shown.iter().filter_map(|i| column(&fields[*i], room, two_names, sh)).collect();
    let widths = table::widths(&columns, room);
    for ((column, index), width) in columns.iter_mut().zip(&shown).zip(&widths) {
        let sorted = list.sort == Some(*index);
        let mark = if list.descending { sh.theme.sym.down } else { sh.theme.sym.up };
        column.title = match sorted {
            true => format!("{} {mark}", show::heading(&fields[*index], width.saturating_sub(2), sh)),
            false => show::heading(&fields[*index], *width, sh),
        };
    }
    table::draw_heading(c, heading, &columns, &widths);
    let height = usize::from(area.height);
    let window: Vec<Row> = (list.first..(list.first + height).min(list.pages.len()))
        .map(|index| match list.pages.get(index) {
            None => Row { cells: vec![(sh.theme.sym.ring.to_owned(), Role::Dim)], ..Row::default() },
            Some(record) => Row {
                cells: shown
                    .iter()
                    .zip(&widths)
                    .map(|(i, width)| {
                        let value = record.values.get(*i).unwrap_or(&Value::Absent);
                        let (text, role) = show::fitted(value, &fields[*i], *width, sh);
                        match fields[*i].name == "status" && needs_a_look(record, list.resource) {
                            true => (format!("! {}", text.split_once(' ').map_or("", |(_, word)| word)), Role::Warn),
                            false => (text, role),
                        }
                    })
                    .collect(),
                cursor: index == list.cursor,
                marked: list.is_marked(record.id),
                gone: list.elsewhere.gone.contains(&record.id),
            },
        })
        .collect();
    table::draw_rows(c, area, &columns, &widths, &window);
}

/// Whether something is wrong with a record: its state says so where the reasons have no column.
fn needs_a_look(record: &Record, resource: &dyn Resource) -> bool {
    matches!(show::value(record, resource, "concerns"), Value::List(codes) if !codes.is_empty())
}

/// The column of a field: a state is seen whole, a name gets room before further columns do.
///
/// `two_names`: a customer's and what it is about, so each gets a little less.
fn column(field: &Field, room: u16, two_names: bool, sh: &Shared) -> Option<Column> {
    let (min, wish) = field.column?;
    let title = show::heading(field, 0, sh);
    let min = min.max(sh.measure.width(&title) as u16);
    let min = match field.input {
        // Where there is little room, what it is about needs it most.
        Input::Time | Input::Choice { .. } if room < 56 => min.min(8),
        Input::User => min.max(8),
        Input::Fixed(_) => wish,
        Input::Choice { .. } => min.max(8),
        Input::Customer => (room / 4).clamp(12, 24),
        Input::Time => min.max(if sh.lang == crate::strings::Lang::Zh { 10 } else { 14 }),
        _ if matches!(field.name, "name" | "title" | "customer_name") && wish >= 24 => match two_names {
            true => (room / 5).clamp(14, 28),
            false => (room / 4).clamp(16, 28),
        },
        _ if field.name == "position" => min.max(8),
        _ => min,
    };
    Some(Column { min, wish: wish.max(min), title, right: matches!(field.input, Input::Int { .. } | Input::Money) })
}

/// An empty list says what would be here and which key makes the first one.
fn empty(screen: &ListScreen, c: &mut Canvas<'_>, area: Rect, sh: &Shared) {
    let t = sh.t();
    let rows = &screen.rows;
    let kind = rows.resource.kind();
    let mut lines: Vec<(String, Role)> = Vec::new();
    if let Some(why) = &rows.failed {
        lines.push((why.clone(), Role::Bad));
        lines.push((
            fill(t.press_refresh, &[&sh.key(crate::keys::keymap::LIST, crate::keys::Action::Refresh)]),
            Role::Dim,
        ));
    } else if rows.stale || !rows.pages.is_complete() {
        return;
    } else if !screen.filter.line.is_empty() {
        lines.push((fill(t.nothing_matches, &[&screen.filter.line.text()]), Role::Text));
        if screen.filter.is_typed() {
            lines.push((t.esc_clears.to_owned(), Role::Dim));
        }
    } else {
        let view = rows.resource.views().get(rows.view).map_or("", |v| v.label.get(sh.lang));
        let many = rows.resource.labels().1.get(sh.lang);
        lines.push((fill(t.nothing_here, &[&many, &view]), Role::Text));
        if decide::may_create(kind, sh) {
            lines.push((t.n_makes_first.to_owned(), Role::Dim));
        }
        if screen.may_import(sh) {
            lines.push((t.i_imports.to_owned(), Role::Dim));
        }
        if let Some(all) = rows.resource.view("all").filter(|all| *all != rows.view) {
            lines.push((fill(t.key_shows_all, &[&(all + 1)]), Role::Dim));
        }
    }
    let y = area.y + (area.height.saturating_sub(lines.len() as u16)) / 3;
    let mut y = y;
    for (line, role) in &lines {
        for part in c.m.wrap(line, usize::from(area.width.saturating_sub(4))) {
            c.put(area.x + 3, y, &part, *role, area.width.saturating_sub(4));
            y += 1;
        }
    }
}

/// The row under the cursor in full, and for a customer who is there and what happened last.
fn preview(screen: &ListScreen, c: &mut Canvas<'_>, area: Rect, record: &Record, sh: &Shared) {
    let resource = screen.rows.resource;
    let fields = resource.fields();
    let status = fields.iter().position(|f| f.name == "status");
    let mut right = area.right();
    if let Some((text, role)) = status.and_then(|i| Some(show::cell(record.values.get(i)?, &fields[i], sh))) {
        right = c.put_right(area.right(), area.y, &text, role, 12).saturating_sub(1);
    }
    c.put(area.x, area.y, &record.label, Role::Title, right.saturating_sub(area.x));
    let mut y = area.y + 1;
    let extra = screen.preview.as_ref().filter(|(id, _)| *id == record.id).map(|(_, p)| p);
    let tail =
        extra.map_or(0, |p| (p.timeline.len().min(8) + p.contacts.len().min(3) + p.steps.len().min(8) + 2) as u16);
    let shown = [
        "name",
        "status",
        "id",
        "title",
        "party",
        "created_by",
        "updated_at",
        "created_at",
        "customer_name",
        "steps",
        "steps_done",
        "next_step_at",
    ];
    let label_width = if sh.lang == crate::strings::Lang::Zh { 14 } else { 18 };
    for (index, field) in fields.iter().enumerate() {
        let text = match record.values.get(index) {
            Some(Value::Time(at)) => show::relative(*at, sh),
            Some(_) if field.name == "concerns" => concerns(record, resource, sh),
            Some(value) => show::full(value, field, sh),
            None => String::new(),
        };
        let room = area.bottom().saturating_sub(tail.min(area.height / 2));
        if text.is_empty() || shown.contains(&field.name) || y >= room {
            continue;
        }
        let role = if matches!(field.name, "missing" | "concerns") { Role::Warn } else { Role::Text };
        let label = c.m.pad(field.label.get(sh.lang), label_width);
        c.put(area.x, y, &label, Role::Dim, area.width);
        let x = area.x + label_width as u16 + 1;
        let width = area.right().saturating_sub(x);
        let long = matches!(field.input, Input::LongText { .. });
        let lines = if long { c.m.wrap(&text, usize::from(width)) } else { vec![text] };
        for line in lines.iter().take(if long { 6 } else { 1 }) {
            if y < room {
                c.put(x, y, line, role, width);
                y += 1;
            }
        }
    }
    let Some(extra) = extra.filter(|_| matches!(resource.kind(), Kind::Customer | Kind::Opportunity)) else { return };
    y += 1;
    for step in extra.steps.iter().take(usize::from(area.bottom().saturating_sub(y))) {
        plan::line(c, area.x, y, area.width, step, sh);
        y += 1;
    }
    for contact in extra.contacts.iter().take(3) {
        if y < area.bottom() {
            let phone = if contact.mobile.is_empty() { &contact.office_tel } else { &contact.mobile };
            let about = format!("{}  {phone}", contact.position);
            c.spans(
                area.x,
                y,
                area.width,
                &[(&contact.name, Role::Title), ("  ", Role::Text), (about.trim(), Role::Text)],
            );
            y += 1;
        }
    }
    y += u16::from(!extra.contacts.is_empty());
    for entry in extra.timeline.iter().take(8) {
        if y < area.bottom() {
            timeline::line(c, area.x, y, area.width, entry, sh);
            y += 1;
        }
    }
}

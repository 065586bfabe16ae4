//! How an import looks, step by step.

use ratatui::layout::Rect;
use rolo_proto::v1::Existing;

use super::{Checked, ImportScreen, Looked, Report, Slot, Step};
use crate::{
    app::{draw::body, shared::Shared},
    data::failure::field_label,
    keys::Action,
    resource,
    screen::show,
    strings::fill,
    theme::Role,
    widget::{canvas::Canvas, table},
};

/// Draws the screen.
pub fn import(screen: &ImportScreen, c: &mut Canvas<'_>, area: Rect, sh: &Shared) {
    let t = sh.t();
    match &screen.step {
        Step::File => {
            let many = resource::of(screen.kind).map_or("", |r| r.labels().1.get(sh.lang));
            let title = format!("{} {many}", Action::Import.label().get(sh.lang));
            screen.lines.draw(c, area, &title, &[], t.import_file_hint, sh.lang);
        }
        Step::Map(looked, at) => map(screen, looked, *at, c, area, sh),
        Step::Check(checked, first) => check(checked, *first, screen.job.create_missing, c, area, sh),
        Step::Run => run(screen, c, area, sh),
        Step::Done(report) => done(report, c, area, sh),
    }
}

fn map(screen: &ImportScreen, looked: &Looked, at: usize, c: &mut Canvas<'_>, area: Rect, sh: &Shared) {
    let t = sh.t();
    let columns = looked.headers.len();
    let height = usize::from(area.height.saturating_sub(3));
    let first = table::scroll(0, at, height, columns + 5);
    let third = area.width / 3;
    c.put(area.x + 2, area.y, t.column, Role::Dim, third);
    c.put(area.x + third, area.y, t.goes_into, Role::Dim, third);
    c.put(area.x + 2 * third, area.y, t.sample, Role::Dim, third);
    let setting = |i: usize| match i {
        0 => (
            t.existing,
            match screen.job.existing {
                Existing::Update => t.existing_update,
                Existing::Refuse => t.existing_refuse,
                Existing::Skip | Existing::Unspecified => t.existing_skip,
            },
        ),
        1 => (t.create_missing, if screen.job.create_missing { t.create_missing_yes } else { t.create_missing_no }),
        2 => (
            t.date_order,
            match screen.job.day_first {
                None => t.date_order_none,
                Some(true) => t.date_order_dmy,
                Some(false) => t.date_order_mdy,
            },
        ),
        _ => ("", ""),
    };
    for (row, y) in (first..columns + 5).zip(area.y + 1..area.bottom().saturating_sub(2)) {
        if row < columns {
            c.put(area.x + 2, y, &looked.headers[row], Role::Text, third - 3);
            let field = &looked.fields[row];
            let (text, role) = if field.is_empty() {
                (t.not_imported.to_owned(), Role::Dim)
            } else {
                let joins = looked.fields[..row].contains(field);
                let label = field_label(field, sh.lang);
                (if joins { format!("+ {label}") } else { label }, Role::Title)
            };
            c.put(area.x + third, y, &text, role, third - 1);
            c.put(area.x + 2 * third, y, &looked.samples[row], Role::Dim, area.width - 2 * third - 1);
        } else if row == columns {
            continue;
        } else if row < columns + 4 {
            let (label, value) = setting(row - columns - 1);
            c.put(area.x + 2, y, label, Role::Dim, third - 3);
            c.put(area.x + third, y, value, Role::Title, third * 2);
        } else {
            c.put(area.x + 2, y, &format!(" {} ", t.import_check), Role::Key, third);
        }
        // The blank line between columns and settings takes no cursor.
        let place = if row > columns { row - 1 } else { row };
        if place == at {
            c.put(area.x, y, sh.theme.sym.cursor, Role::Key, 1);
            c.tint(Rect { y, height: 1, ..area }, Role::Cursor);
        }
    }
    let hint = format!("{}   {}", looked.about, t.import_map_keys);
    for (line, y) in
        c.m.wrap(&hint, usize::from(area.width.saturating_sub(3))).iter().zip(area.bottom() - 2..area.bottom())
    {
        c.put(area.x + 2, y, line, Role::Dim, area.width.saturating_sub(3));
    }
}

/// The first line of the check's last page.
pub fn last_page(checked: &Checked, adds: bool, sh: &Shared) -> usize {
    let area = body(sh.size);
    check_lines(checked, adds, area, sh).len().saturating_sub(check_rows(checked, area).height.into())
}

/// Where the lines of the check stand: below the counts, above the keys.
fn check_rows(checked: &Checked, area: Rect) -> Rect {
    let counts = checked.counts.iter().filter(|count| **count > 0).count() as u16;
    Rect { y: area.y + counts + 1, height: area.height.saturating_sub(counts + 3), ..area }
}

/// What nobody has, and the rows that would be refused or changed.
fn check_lines(checked: &Checked, adds: bool, area: Rect, sh: &Shared) -> Vec<(String, Role)> {
    let t = sh.t();
    let mut lines: Vec<(String, Role)> = Vec::new();
    if !checked.missing.is_empty() {
        let head = if adds { t.missing_added } else { t.missing_refused };
        let room = usize::from(area.width.saturating_sub(3));
        lines.extend(sh.measure.wrap(head, room).into_iter().map(|line| (line, Role::Warn)));
        lines.extend(
            checked.missing.iter().map(|(field, text, rows)| (format!("  {field}  {text}  ({rows})"), Role::Text)),
        );
        lines.push((String::new(), Role::Text));
    }
    for (line, label, why) in &checked.rows {
        // A row tells all that is wrong with it, however long that is.
        let whole = format!("{}  {label}  {why}", fill(t.row_line, &[line]));
        let wrapped = sh.measure.wrap(&whole, usize::from(area.width.saturating_sub(5)));
        let indented = |(nth, text): (usize, String)| if nth > 0 { format!("  {text}") } else { text };
        lines.extend(wrapped.into_iter().enumerate().map(indented).map(|line| (line, Role::Text)));
    }
    lines
}

fn check(checked: &Checked, first: usize, adds: bool, c: &mut Canvas<'_>, area: Rect, sh: &Shared) {
    let t = sh.t();
    let words = [t.would_create, t.would_update, t.would_skip, t.would_keep, t.would_refuse];
    let counted = checked.counts.iter().zip(words).enumerate().filter(|(_, (n, _))| **n > 0);
    for (y, (i, (count, word))) in (area.y..).zip(counted) {
        let role = if i == 4 { Role::Bad } else { Role::Text };
        let count = c.m.pad_left(&show::thousands(*count as i64), 9);
        c.spans(area.x + 1, y, area.width, &[(&count, Role::Title), ("  ", Role::Text), (word, role)]);
    }
    let lines = check_lines(checked, adds, area, sh);
    let within = check_rows(checked, area);
    let rows = usize::from(within.height);
    let first = first.min(lines.len().saturating_sub(rows));
    for ((line, role), y) in lines.iter().skip(first).zip(within.top()..within.bottom()) {
        c.put(area.x + 2, y, line, *role, area.width.saturating_sub(3));
    }
    let mut room = area.width.saturating_sub(3);
    if lines.len() > rows {
        let last = (first + rows).min(lines.len());
        let more = fill(t.check_more, &[&last, &lines.len()]);
        room = c.put_right(area.right() - 1, area.bottom() - 1, &more, Role::Dim, room).saturating_sub(area.x + 3);
    }
    c.put(area.x + 2, area.bottom() - 1, t.import_go, Role::Key, room);
}

fn run(screen: &ImportScreen, c: &mut Canvas<'_>, area: Rect, sh: &Shared) {
    let t = sh.t();
    let (done, total) = sh.calls.of(screen.id, Slot::Act).and_then(|p| p.progress).unwrap_or((0, 0));
    let of = if total > 0 { show::thousands(total as i64) } else { "?".to_owned() };
    let text = fill(t.import_running, &[&show::thousands(done as i64), &of]);
    c.put(area.x + 2, area.y + 2, &text, Role::Title, area.width.saturating_sub(3));
    let width = area.width.saturating_sub(4).min(60);
    let full = (u64::from(width) * done.min(total)).checked_div(total).unwrap_or(0) as usize;
    let (block, rest) = if sh.measure.ascii || sh.measure.wide { ("#", ".") } else { ("█", "░") };
    let bar = format!("{}{}", block.repeat(full), rest.repeat(usize::from(width) - full));
    c.put(area.x + 2, area.y + 4, &bar, Role::Good, width);
    c.put(area.x + 2, area.y + 6, t.import_stop, Role::Dim, area.width.saturating_sub(3));
}

fn done(report: &Report, c: &mut Canvas<'_>, area: Rect, sh: &Shared) {
    let t = sh.t();
    let s = &report.status;
    let refused = report.refused();
    let mut lines = vec![(
        fill(t.import_done, &[&s.created, &s.updated, &s.skipped, &s.unchanged, &refused]),
        if refused > 0 { Role::Warn } else { Role::Good },
    )];
    if report.left_out > 0 {
        lines.push((fill(t.import_left_out, &[&report.left_out, &t.existing, &t.existing_update]), Role::Text));
    }
    if let Some((path, rows)) = &report.errors {
        lines.push((fill(t.import_errors, &[rows, &path.display()]), Role::Text));
    }
    if report.stopped {
        lines.push((t.import_stopped.to_owned(), Role::Warn));
    }
    if report.wrote() {
        lines.push((t.import_undo.to_owned(), Role::Dim));
    }
    let mut y = area.y + 2;
    for (text, role) in lines {
        for line in c.m.wrap(&text, usize::from(area.width.saturating_sub(4))) {
            c.put(area.x + 2, y, &line, role, area.width.saturating_sub(3));
            y += 1;
        }
        y += 1;
    }
}

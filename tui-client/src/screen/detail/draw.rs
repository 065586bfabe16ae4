//! How a record looks: its name and state, its tabs, and what lies behind the one that is open.

use ratatui::layout::Rect;

use super::{DetailScreen, Stream, Tab};
use crate::{
    app::shared::{Shared, allows},
    resource::{self, Field, Input, parse},
    screen::{
        concerns::concerns,
        list::{draw, timeline},
        show,
    },
    strings::{Lang, fill},
    theme::Role,
    widget::canvas::{Canvas, top},
};

/// What is below name and tabs.
pub fn inner(body: Rect) -> Rect {
    top(body, if body.height >= 12 { 3 } else { 2 }).1
}

/// Draws the screen.
pub fn detail(screen: &DetailScreen, c: &mut Canvas<'_>, area: Rect, sh: &Shared) {
    let (head, _) = top(area, 1);
    title(screen, c, head, sh);
    let (_, below) = top(area, 1);
    let (line, rest) = top(below, 1);
    tabs(screen, c, line, sh);
    if area.height >= 12 {
        c.rule(top(rest, 1).0);
    }
    let inner = profile_area(area);
    match screen.here() {
        Tab::Profile => profile(screen, c, inner, sh),
        Tab::Contacts | Tab::Interactions => {
            let Some(rows) = screen.rows() else { return };
            if rows.pages.is_empty() && rows.pages.is_complete() {
                let many = rows.resource.labels().1.get(sh.lang);
                c.put(inner.x + 2, inner.y + 1, &fill(sh.t().none_yet, &[&many]), Role::Dim, inner.width);
                c.put(inner.x + 2, inner.y + 2, sh.t().n_makes_first, Role::Dim, inner.width);
            } else {
                let (heading, list) = top(inner, 1);
                draw::rows(rows, c, heading, list, &["customer_no"], sh);
            }
        }
        Tab::Plan => {
            let may_plan = screen.record.as_ref().is_some_and(|r| allows(r, rolo_proto::v1::Action::Plan));
            if let Some(plan) = &screen.plan {
                plan.draw(c, inner, may_plan, sh);
            }
        }
        Tab::Timeline => stream(&screen.streams[0], c, inner, sh, false),
        Tab::Changes => stream(&screen.streams[1], c, inner, sh, true),
    }
}

fn title(screen: &DetailScreen, c: &mut Canvas<'_>, area: Rect, sh: &Shared) {
    let Some(record) = &screen.record else { return };
    let fields = screen.resource.fields();
    let mut right = area.right().saturating_sub(1);
    for name in ["status", "missing", "concerns"] {
        let Some(index) = fields.iter().position(|f| f.name == name) else { continue };
        let Some(value) = record.values.get(index) else { continue };
        let (text, role) = match value {
            crate::resource::Value::List(_) if name == "concerns" => {
                (show::cell(value, &fields[index], sh).0, Role::Warn)
            }
            crate::resource::Value::List(missing) if !missing.is_empty() => {
                (format!("! {}", fields[index].label.get(sh.lang)), Role::Warn)
            }
            crate::resource::Value::List(_) | crate::resource::Value::Absent => continue,
            value => show::cell(value, &fields[index], sh),
        };
        right = c.put_right(right, area.y, &text, role, 24).saturating_sub(2);
    }
    let number = show::named(record, screen.resource, "no", sh);
    let gap = if number.is_empty() { "" } else { "  " };
    let width = right.saturating_sub(area.x + 1);
    c.spans(area.x + 1, area.y, width, &[(&record.label, Role::Title), (gap, Role::Text), (&number, Role::Dim)]);
}

fn tabs(screen: &DetailScreen, c: &mut Canvas<'_>, area: Rect, sh: &Shared) {
    let t = sh.t();
    let mut x = area.x + 1;
    for (i, tab) in screen.tabs().iter().enumerate() {
        let label = match tab {
            Tab::Profile => t.tab_profile,
            Tab::Contacts => t.tab_contacts,
            Tab::Interactions => t.tab_interactions,
            Tab::Plan => t.tab_plan,
            Tab::Timeline => t.tab_timeline,
            Tab::Changes => t.tab_changes,
        };
        let here = i == screen.tab;
        let text = if here { format!("[{label}]") } else { format!(" {label} ") };
        x = c.put(x, area.y, &text, if here { Role::Brand } else { Role::Dim }, area.right().saturating_sub(x)) + 1;
    }
}

/// A line of the profile: label, role and text of the value.
type Line = (String, Role, String);

/// The fields that have something to say, each with its value in full.
fn values(screen: &DetailScreen, sh: &Shared) -> Vec<(&'static Field, Role, String)> {
    let Some(record) = &screen.record else { return Vec::new() };
    let mut values = Vec::new();
    for (field, value) in screen.resource.fields().iter().zip(&record.values) {
        let text = match value {
            crate::resource::Value::Time(at) => {
                let (exact, relative) = (show::exact_day(*at, sh.zone, sh.lang), show::relative(*at, sh));
                // A relative time that is a date says nothing more.
                if exact.contains(&relative) { exact } else { format!("{exact}  {relative}") }
            }
            _ if field.name == "concerns" => concerns(record, screen.resource, sh),
            value => show::full(value, field, sh),
        };
        // Number, name and state stand above.
        let above = matches!(field.name, "id" | "no" | "status") || (field.name == "name" && record.label == text);
        if above || (text.is_empty() && !field.required) {
            continue;
        }
        let role = match () {
            () if text.is_empty() || matches!(field.name, "missing" | "concerns") => Role::Warn,
            () if field.name == "name" => Role::Title,
            () => Role::Text,
        };
        let text = if text.is_empty() { format!("! {}", sh.t().still_missing) } else { text };
        values.push((field, role, text));
    }
    values
}

/// Columns that a value has beside its label.
fn room(width: u16, lang: Lang) -> usize {
    usize::from(width).saturating_sub(label_width(width, lang) + 4).max(10)
}

/// One value as lines of this width.
fn lines((field, role, text): &(&Field, Role, String), width: u16, sh: &Shared) -> Vec<Line> {
    let label = show::heading(field, label_width(width, sh.lang) as u16, sh);
    let labels = std::iter::once(label).chain(std::iter::repeat(String::new()));
    let parts = sh.measure.wrap(text, room(width, sh.lang));
    labels.zip(parts).map(|(label, part)| (label, *role, part)).collect()
}

/// Where the profile stands.
pub fn profile_area(body: Rect) -> Rect {
    let inner = inner(body);
    Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner }
}

/// The rows of the profile: a line each; two beside each other where that shows more of the record and there is room for
/// it, with what is long below them over the whole width.
pub fn profile_rows(screen: &DetailScreen, area: Rect, sh: &Shared) -> Vec<Vec<Line>> {
    let values = values(screen, sh);
    let whole: Vec<Line> = values.iter().flat_map(|value| lines(value, area.width, sh)).collect();
    if area.width < 110 || whole.len() <= usize::from(area.height) {
        return whole.into_iter().map(|line| vec![line]).collect();
    }
    let half = area.width / 2;
    let is_long = |(_, _, text): &&(_, _, String)| text.contains('\n') || sh.measure.width(text) > room(half, sh.lang);
    let (long, short): (Vec<_>, Vec<_>) = values.iter().partition(is_long);
    let short: Vec<Line> = short.into_iter().flat_map(|value| lines(value, half, sh)).collect();
    let (left, right) = short.split_at(short.len().div_ceil(2));
    let mut rows: Vec<Vec<Line>> = left.iter().map(|line| vec![line.clone()]).collect();
    rows.iter_mut().zip(right).for_each(|(row, line)| row.push(line.clone()));
    rows.extend(long.into_iter().flat_map(|value| lines(value, area.width, sh)).map(|line| vec![line]));
    rows
}

fn label_width(width: u16, lang: Lang) -> usize {
    match (width, lang) {
        (..50, _) => 14,
        (_, Lang::Zh) => 18,
        (_, Lang::En) => 22,
    }
}

fn profile(screen: &DetailScreen, c: &mut Canvas<'_>, area: Rect, sh: &Shared) {
    let label_width = label_width(area.width, sh.lang) as u16;
    for (y, row) in (area.top()..area.bottom()).zip(profile_rows(screen, area, sh).iter().skip(screen.scroll)) {
        let half = area.width / 2;
        for ((label, role, text), x) in row.iter().zip([area.x, area.x + half]) {
            let width = if row.len() > 1 { half } else { area.width };
            c.put(x + 1, y, label, Role::Dim, label_width);
            c.put(x + label_width + 2, y, text, *role, width.saturating_sub(label_width + 3));
        }
    }
}

/// A value of a change; a code of a fixed set in words.
fn worded(kind: rolo_proto::v1::Kind, field: &str, value: &str, sh: &Shared) -> String {
    let input = resource::of(kind).and_then(|r| r.fields().iter().find(|f| f.name == field)).map(|f| f.input);
    match input {
        // A lost opportunity is told from a lost customer.
        Some(Input::Fixed(items)) => parse::coded(items, value.trim_end_matches("_opportunity"), sh.lang),
        _ => value.to_owned(),
    }
}

/// Entries of a timeline; changes with what was and what is.
fn stream(stream: &Stream, c: &mut Canvas<'_>, area: Rect, sh: &Shared, with_values: bool) {
    if stream.started && stream.entries.is_empty() {
        c.put(area.x + 2, area.y + 1, sh.t().nothing_happened, Role::Dim, area.width);
        return;
    }
    let mut y = area.y;
    for entry in stream.entries.iter().skip(stream.first) {
        if y >= area.bottom() {
            return;
        }
        timeline::line(c, area.x + 1, y, area.width.saturating_sub(2), entry, sh);
        y += 1;
        let Some(rolo_proto::v1::timeline_entry::Entry::Change(change)) = entry.entry.as_ref().filter(|_| with_values)
        else {
            continue;
        };
        let kind = rolo_proto::v1::Kind::try_from(change.kind).unwrap_or_default();
        for field in
            change.fields.iter().filter(|f| f.before != f.after).take(usize::from(area.bottom().saturating_sub(y)))
        {
            let label = timeline::field_label(kind, &field.field, sh);
            let none = sh.theme.sym.none;
            let or_none = |s: &str| if s.is_empty() { none.to_owned() } else { worded(kind, &field.field, s, sh) };
            let before = or_none(&field.before);
            let after = or_none(&field.after);
            let arrow = format!(" {} ", sh.theme.sym.arrow);
            let x = area.x + 21;
            let width = area.right().saturating_sub(x);
            c.spans(
                x,
                y,
                width,
                &[
                    (&label, Role::Dim),
                    ("  ", Role::Text),
                    (&before, Role::Dim),
                    (&arrow, Role::Dim),
                    (&after, Role::Text),
                ],
            );
            y += 1;
        }
    }
}

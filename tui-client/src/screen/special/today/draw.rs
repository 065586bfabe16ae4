//! How Today looks.

use ratatui::layout::Rect;
use rolo_proto::v1::{Assignee, Kind, Total};

use super::{Item, Line, NEW, TodayScreen};
use crate::{
    app::shared::Shared,
    keys::{Action, keymap},
    resource::{Record, Resource, Value},
    screen::{form::draft, show, special::assign::load},
    strings::fill,
    theme::Role,
    widget::canvas::{self, Canvas},
};

/// Draws the screen.
pub fn screen(screen: &TodayScreen, c: &mut Canvas<'_>, area: Rect, sh: &Shared) {
    let t = sh.t();
    let titles = [t.overdue, t.due_today, t.next_7_days, t.newly_assigned];
    let area = drafts(c, area, sh);
    let lines = screen.lines();
    for (line, y) in lines.iter().skip(screen.first).zip(area.top()..area.bottom()) {
        match line {
            Line::Blank => {}
            Line::Heading(section) => {
                let count = screen.count(*section).as_ref().map_or_else(String::new, show::total);
                let role = if *section == 0 { Role::Bad } else { Role::Title };
                let pieces = [(titles[(*section).min(NEW)], role), ("  ", Role::Text), (&count, Role::Key)];
                c.spans(area.x + 1, y, area.width, &pieces);
            }
            Line::Team => {
                c.put(area.x + 1, y, t.team, Role::Title, area.width);
            }
            Line::Nothing => {
                c.put(area.x + 3, y, t.nothing_due, Role::Dim, area.width);
            }
            Line::Item(what, place) => {
                let row = Rect { y, height: 1, ..area };
                item(screen, c, row, *what, sh);
                if *place == screen.cursor {
                    c.put(area.x, y, sh.theme.sym.cursor, Role::Key, 1);
                    c.tint(row, Role::Cursor);
                }
            }
        }
    }
    let complete = screen.buckets.iter().all(|bucket| bucket.rows.pages.is_complete());
    let nothing = !lines.iter().any(|line| matches!(line, Line::Item(..)));
    if nothing && complete && area.height > 10 {
        let text = match screen.buckets.is_empty() {
            true => t.today_none.to_owned(),
            false => fill(t.today_empty, &[&sh.key(keymap::TODAY, Action::New)]),
        };
        c.put(area.x + 3, area.bottom().saturating_sub(2), &text, Role::Dim, area.width.saturating_sub(4));
    }
}

fn item(screen: &TodayScreen, c: &mut Canvas<'_>, area: Rect, item: Item, sh: &Shared) {
    let t = sh.t();
    match item {
        Item::Row(nth, row) => {
            let Some(bucket) = screen.buckets.get(nth) else { return };
            if let Some(record) = bucket.rows.pages.get(row) {
                record_row(c, area, record, bucket.rows.resource, sh);
            }
        }
        Item::Unassigned => number(c, area, t.unassigned, screen.work.unassigned.as_ref(), t.opens_assignment),
        Item::Stagnating => number(c, area, t.stagnating, screen.work.stagnating.as_ref(), t.stagnating_why),
        Item::Manager(nth) => {
            if let Some(one) = screen.managers.get(nth) {
                manager(c, area, one, sh);
            }
        }
        Item::More(count) => {
            c.put(area.x + 2, area.y, &fill(t.more_managers, &[&count]), Role::Dim, area.width.saturating_sub(3));
        }
    }
}

/// How many there are of something, and what that means.
fn number(c: &mut Canvas<'_>, area: Rect, label: &str, count: Option<&Total>, about: &str) {
    let count = count.map_or_else(String::new, show::total);
    let end = c.put(area.x + 2, area.y, label, Role::Text, 22);
    let x = (area.x + 24).max(end + 1);
    c.put_right(x + 8, area.y, &count, Role::Key, 8);
    c.put(x + 10, area.y, about, Role::Dim, area.right().saturating_sub(x + 11));
}

/// A manager with what there is to do and how full the time is.
fn manager(c: &mut Canvas<'_>, area: Rect, one: &Assignee, sh: &Shared) {
    let name = one.user.as_ref().map_or("", show::user);
    let wide = area.width >= 60;
    c.put(area.x + 2, area.y, name, Role::Text, if wide { 21 } else { 13 });
    let open = fill(sh.t().n_open, &[&one.open]);
    let right = area.x + if wide { 32 } else { 25 };
    c.put_right(right, area.y, &open, Role::Text, 9);
    let (bar, role) = load(one.open, one.capacity, 16, sh);
    let x = c.put(right + 2, area.y, &bar, role, area.right().saturating_sub(right + 3)) + 2;
    if one.due_7_days > 0 {
        c.put(
            x,
            area.y,
            &fill(sh.t().n_due, &[&show::due(one.due_7_days)]),
            Role::Warn,
            area.right().saturating_sub(x + 1),
        );
    }
}

/// A line that tells of drafts that wait; answers what is left of the area.
fn drafts(c: &mut Canvas<'_>, area: Rect, sh: &Shared) -> Rect {
    let waiting = sh.waiting_drafts();
    let count = match waiting.len() {
        0 => return area,
        n => fill(sh.t().drafts_wait, &[&n]),
    };
    let (line, rest) = canvas::top(area, 1);
    let key = format!("  {}  ", sh.key(keymap::TODAY, Action::Drafts));
    let titles: Vec<_> = waiting.iter().take(3).map(|d| draft::title(d, sh)).collect();
    let titles = titles.join(sh.t().comma);
    let pieces = [(count.as_str(), Role::Warn), (key.as_str(), Role::Key), (titles.as_str(), Role::Dim)];
    c.spans(line.x + 1, line.y, line.width.saturating_sub(2), &pieces);
    rest
}

/// When, whom, with whom, how, what about.
fn record_row(c: &mut Canvas<'_>, area: Rect, record: &Record, resource: &dyn Resource, sh: &Shared) {
    let text = |name: &str| show::named(record, resource, name, sh);
    let step = resource.labels().0.get(sh.lang).to_owned();
    let (at, cells) = match record.kind {
        Kind::PlanStep => ("plan_date", [text("customer_name"), String::new(), step, text("todo")]),
        Kind::Opportunity => {
            ("assigned_at", [text("customer_name"), text("success_rate"), text("expected_amount"), text("title")])
        }
        _ => ("next_contact_at", [text("customer_no"), text("contact"), text("channel"), text("title")]),
    };
    let (when, late) = match show::value(record, resource, at) {
        Value::Time(at) => (show::relative(*at, sh), record.kind == Kind::Interaction && *at < sh.now),
        Value::Date(day) => {
            let late = show::value(record, resource, "overdue") == &Value::Flag(true);
            (show::near(*day, sh), late)
        }
        _ => (String::new(), false),
    };
    let wide = area.width >= 70;
    let (mut x, end) = (area.x + 2, area.right());
    let [whom, contact, tag, about] = cells;
    // Where there is less room, what it is about needs it most.
    let (of_whom, of_contact, of_tag) = if area.width < 100 { (22, 8, 9) } else { (26, 10, 10) };
    for (text, role, width) in [
        (when, if late { Role::Bad } else { Role::Text }, 14),
        (whom, Role::Text, if wide { of_whom } else { end.saturating_sub(x + 18) / 2 }),
        (contact, Role::Text, if wide { of_contact } else { 0 }),
        (tag, Role::Key, if wide { of_tag } else { 0 }),
        (about, if wide { Role::Text } else { Role::Dim }, u16::MAX),
    ] {
        if width > 0 && x < end {
            let width = width.min(end - x);
            c.put(x, area.y, &text, role, width);
            x += width.saturating_add(2);
        }
    }
}

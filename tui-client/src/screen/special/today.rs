//! What is due for me: overdue, today, the next seven days. Settling or moving a next contact takes it away, and the
//! next one is under the cursor.

use ratatui::layout::Rect;
use rolo_proto::v1::{self, Kind, Total};

use crate::{
    app::{
        self,
        effect::{Reply, Request, ScreenId, Slot, Target},
        shared::{Nav, Shared},
    },
    data::Failure,
    keys::{Action, Chord, Layer, keymap},
    resource::{Record, Value},
    screen::{Answer, Ask, Place, Screen, decide, form::draft, list::rows::Rows, show},
    strings::fill,
    theme::Role,
    widget::{
        canvas::{self, Canvas},
        table,
    },
};

/// Overdue, today, next seven days: the words of the views.
const BUCKETS: [&str; 3] = ["overdue", "today", "next_7_days"];

/// A line of the screen.
enum Line {
    /// The heading of a bucket.
    Heading(usize),
    /// A row of a bucket; its place among all rows.
    Row(usize, usize, usize),
    /// A bucket is empty.
    Nothing,
    /// Between buckets.
    Blank,
}

/// The screen.
pub struct TodayScreen {
    id: ScreenId,
    buckets: Vec<Rows>,
    counts: [Option<Total>; 3],
    cursor: usize,
    first: usize,
    seen: Option<u64>,
}

impl TodayScreen {
    /// With nothing loaded yet.
    pub fn new(sh: &mut Shared) -> Option<Self> {
        let id = sh.id();
        let bucket = |(nth, code): (usize, &&str)| {
            let mut rows = Rows::new(id, nth as u8, Kind::Interaction, 0, 0)?;
            rows.view = rows.resource.views().iter().position(|v| v.code == *code)?;
            Some(rows)
        };
        let buckets: Option<Vec<_>> = BUCKETS.iter().enumerate().map(bucket).collect();
        Some(Self { id, buckets: buckets?, counts: [None; 3], cursor: 0, first: 0, seen: None })
    }

    fn load(&mut self, sh: &mut Shared) {
        for rows in &mut self.buckets {
            rows.restart(sh);
        }
        sh.call(self.id, Slot::Counts, Request::CountDue);
        self.seen = Some(sh.changes);
    }

    fn visible(sh: &Shared) -> usize {
        usize::from(app::draw::body(sh.size).height).saturating_sub(usize::from(!sh.waiting_drafts().is_empty()))
    }

    fn count(&self) -> usize {
        self.buckets.iter().map(|b| b.pages.len()).sum()
    }

    fn lines(&self) -> Vec<Line> {
        let mut lines = Vec::new();
        let mut place = 0;
        for (nth, rows) in self.buckets.iter().enumerate() {
            if nth > 0 {
                lines.push(Line::Blank);
            }
            lines.push(Line::Heading(nth));
            if rows.pages.is_empty() && rows.pages.is_complete() {
                lines.push(Line::Nothing);
            }
            for row in 0..rows.pages.len() {
                lines.push(Line::Row(nth, row, place));
                place += 1;
            }
        }
        lines
    }

    fn line_of_cursor(&self) -> usize {
        self.lines().iter().position(|l| matches!(l, Line::Row(_, _, place) if *place == self.cursor)).unwrap_or(0)
    }

    fn current(&self) -> Option<&Record> {
        let mut from = 0;
        for rows in &self.buckets {
            if self.cursor < from + rows.pages.len() {
                return rows.pages.get(self.cursor - from);
            }
            from += rows.pages.len();
        }
        None
    }

    fn go(&mut self, to: usize, sh: &Shared) {
        self.cursor = to.min(self.count().saturating_sub(1));
        let at = self.line_of_cursor();
        // The heading above the first row is worth seeing too.
        let wanted = if self.cursor == 0 { 0 } else { at };
        self.first = table::scroll(self.first, wanted, Self::visible(sh), self.lines().len());
    }

    fn turn(&mut self, by: isize, sh: &Shared) {
        let starts: Vec<usize> = self
            .buckets
            .iter()
            .scan(0, |from, b| {
                let start = *from;
                *from += b.pages.len();
                Some(start)
            })
            .collect();
        let next = if by > 0 {
            starts.iter().copied().find(|s| *s > self.cursor)
        } else {
            starts.iter().rev().copied().find(|s| *s < self.cursor)
        };
        self.go(next.unwrap_or(0), sh);
    }

    fn target(record: &Record, sh: &mut Shared) -> Target {
        Target { id: record.id, revision: record.revision, label: record.label.clone(), request_id: sh.request_id() }
    }
}

impl Screen for TodayScreen {
    fn id(&self) -> ScreenId {
        self.id
    }

    fn place(&self) -> Place {
        Place::Today
    }

    fn layers(&self) -> &'static [Layer] {
        keymap::TODAY
    }

    fn enter(&mut self, sh: &mut Shared) {
        if self.seen != Some(sh.changes) {
            self.load(sh);
        }
    }

    fn act(&mut self, action: Action, _: Chord, sh: &mut Shared) -> bool {
        let page = Self::visible(sh).max(2);
        match action {
            Action::Down => self.go(self.cursor + 1, sh),
            Action::Up => self.go(self.cursor.saturating_sub(1), sh),
            Action::PageDown => self.go(self.cursor + page, sh),
            Action::PageUp => self.go(self.cursor.saturating_sub(page), sh),
            Action::HalfDown => self.go(self.cursor + page / 2, sh),
            Action::HalfUp => self.go(self.cursor.saturating_sub(page / 2), sh),
            Action::Top => self.go(0, sh),
            Action::Bottom => self.go(usize::MAX, sh),
            Action::NextTab => self.turn(1, sh),
            Action::PrevTab => self.turn(-1, sh),
            Action::Refresh => self.load(sh),
            Action::New if decide::may_create(Kind::Interaction, sh) => {
                sh.nav.push(Nav::New(Kind::Interaction, Vec::new()))
            }
            Action::Open => {
                let customer = self.current().and_then(decide::customer_of);
                if let Some(Value::Customer(c)) = customer {
                    sh.nav.push(Nav::Detail(Kind::Customer, c.id, c.name));
                }
            }
            _ => {
                let Some(record) = self.current() else { return false };
                let targets = vec![Self::target(record, sh)];
                return decide::act(action, decide::Subject { screen: self.id, record, targets }, sh);
            }
        }
        true
    }

    fn reply(&mut self, slot: Slot, request: Request, outcome: Result<Reply, Failure>, sh: &mut Shared) {
        match (slot, outcome) {
            (Slot::Rows(nth), outcome) => {
                if let Err(failure) = &outcome {
                    sh.fail(failure, Some((self.id, slot, request)));
                }
                if let Some(rows) = self.buckets.get_mut(usize::from(nth)) {
                    rows.reply(outcome, sh, 100);
                }
                self.go(self.cursor, sh);
            }
            (Slot::Counts, Ok(Reply::Due(due))) => {
                let v1::CountDueResponse { today, overdue, next_7_days } = due;
                self.counts = [overdue, today, next_7_days];
            }
            (Slot::Counts, _) => {}
            (Slot::Act, outcome) => {
                let done = decide::outcome(&request, outcome, self.id, sh);
                if !matches!(done, decide::Outcome::Refused) {
                    self.load(sh);
                }
            }
            (_, Err(failure)) => sh.fail(&failure, Some((self.id, slot, request))),
            _ => {}
        }
    }

    fn answer(&mut self, answer: Answer, sh: &mut Shared) {
        let Some(record) = self.current() else { return };
        let target = Some(Self::target(record, sh));
        match answer {
            Answer::Words(Ask::Snooze, words, until) => {
                decide::snooze(self.id, record, target, words, until, sh);
            }
            Answer::Letter(Ask::Copy, field) => decide::copied(record, field, sh),
            answer => decide::opportunity::answer(self.id, record, target, answer, sh),
        }
    }

    fn crumbs(&self, sh: &Shared) -> Vec<String> {
        vec![sh.t().today.to_owned(), show::day(sh.now, sh.zone, sh.lang)]
    }

    fn actions(&self, sh: &Shared) -> Vec<Action> {
        let mut out = Vec::new();
        if let Some(record) = self.current() {
            out.push(Action::Open);
            let first = [Action::Done, Action::Snooze, Action::Interaction];
            let all = decide::actions(record, sh);
            out.extend(first.into_iter().filter(|a| all.contains(a)));
            out.extend(all.into_iter().filter(|a| !first.contains(a)));
            out.push(Action::Repeat);
        }
        if decide::may_create(Kind::Interaction, sh) {
            out.push(Action::New);
        }
        out
    }

    fn draw(&self, c: &mut Canvas<'_>, area: Rect, sh: &Shared) {
        let t = sh.t();
        let titles = [t.overdue, t.due_today, t.next_7_days];
        let wide = area.width >= 70;
        let area = drafts(c, area, sh);
        for (line, y) in self.lines().iter().skip(self.first).zip(area.top()..area.bottom()) {
            match line {
                Line::Blank => {}
                Line::Heading(nth) => {
                    let count = self.counts[*nth].as_ref().map_or_else(String::new, show::total);
                    let role = if *nth == 0 { Role::Bad } else { Role::Title };
                    c.spans(
                        area.x + 1,
                        y,
                        area.width,
                        &[(titles[*nth], role), ("  ", Role::Text), (&count, Role::Key)],
                    );
                }
                Line::Nothing => {
                    c.put(area.x + 3, y, t.nothing_due, Role::Dim, area.width);
                }
                Line::Row(nth, row, place) => {
                    let Some(record) = self.buckets[*nth].pages.get(*row) else { continue };
                    self.row(c, Rect { y, height: 1, ..area }, record, wide, sh);
                    if *place == self.cursor {
                        c.put(area.x, y, sh.theme.sym.cursor, Role::Key, 1);
                        c.tint(Rect { y, height: 1, ..area }, Role::Cursor);
                    }
                }
            }
        }
        if self.count() == 0 && self.buckets.iter().all(|b| b.pages.is_complete()) && area.height > 10 {
            let text = fill(t.today_empty, &[&sh.key(keymap::TODAY, Action::New)]);
            c.put(area.x + 3, area.bottom().saturating_sub(2), &text, Role::Dim, area.width.saturating_sub(4));
        }
    }
}

/// A line that tells of drafts that wait; answers what is left of the area.
fn drafts(c: &mut Canvas<'_>, area: Rect, sh: &Shared) -> Rect {
    let waiting = sh.waiting_drafts();
    let count = match waiting.len() {
        0 => return area,
        1 => sh.t().draft_waits.to_owned(),
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

impl TodayScreen {
    /// When, whom, how, what about.
    fn row(&self, c: &mut Canvas<'_>, area: Rect, record: &Record, wide: bool, sh: &Shared) {
        let Some(resource) = self.buckets.first().map(|b| b.resource) else { return };
        let text = |name: &str| show::named(record, resource, name, sh);
        let when = match show::value(record, resource, "next_contact_at") {
            Value::Time(at) => show::relative(*at, sh),
            _ => String::new(),
        };
        let late = matches!(show::value(record, resource, "next_contact_at"), Value::Time(at) if *at < sh.now);
        let role = if late { Role::Bad } else { Role::Text };
        let mut x = area.x + 2;
        let end = area.right();
        let customer = if wide { 26 } else { end.saturating_sub(x + 18) / 2 };
        let contact = if wide { 10 } else { 0 };
        for (text, role, width) in [
            (when, role, 14),
            (text("customer_no"), Role::Text, customer),
            (text("contact"), Role::Text, contact),
            (text("channel"), Role::Key, if wide { 8 } else { 0 }),
            (text("title"), if wide { Role::Text } else { Role::Dim }, u16::MAX),
        ] {
            if width > 0 && x < end {
                let width = width.min(end - x);
                c.put(x, area.y, &text, role, width);
                x += width.saturating_add(2);
            }
        }
    }
}

//! Two customers side by side, to make one of them: which value each differing field keeps, and what moves.

use ratatui::layout::Rect;
use rolo_proto::v1::{Kind, MergeCustomersRequest};

use crate::{
    app::{
        effect::{MergeLook, Reply, Request, ScreenId, Slot},
        shared::{Nav, Shared},
    },
    data::{Failure, Reason},
    keys::{Action, Chord, Key, Layer, keymap},
    overlay::undo,
    resource::{self, Field, Record},
    screen::{Place, Screen, show},
    strings::fill,
    theme::Role,
    widget::{canvas::Canvas, table},
};

/// Under so many columns the two values of a field stand under each other.
const STACKED_UNDER: u16 = 60;

/// The screen.
pub struct MergeScreen {
    id: ScreenId,
    keep: i64,
    other: i64,
    look: Option<MergeLook>,
    cursor: usize,
    failed: Option<String>,
    request_id: String,
}

impl MergeScreen {
    /// Looks at both first.
    pub fn new(keep: i64, other: i64, sh: &mut Shared) -> Self {
        let request_id = sh.request_id();
        Self { id: sh.id(), keep, other, look: None, cursor: 0, failed: None, request_id }
    }

    fn load(&self, sh: &mut Shared) {
        sh.call(self.id, Slot::Record, Request::PreviewMerge(self.keep, self.other));
    }

    fn step_by(&mut self, by: isize) {
        let last = self.look.as_ref().map_or(0, |look| look.fields.len().saturating_sub(1));
        self.cursor = self.cursor.saturating_add_signed(by).min(last);
    }

    /// Which side's value the field under the cursor takes: the other's, the own, or the one that it does not take now.
    fn take(&mut self, theirs: Option<bool>) {
        if let Some((_, taken)) = self.look.as_mut().and_then(|look| look.fields.get_mut(self.cursor)) {
            *taken = theirs.unwrap_or(!*taken);
        }
    }

    /// The other one stays instead. Every field keeps the value that was chosen for it.
    fn swap(&mut self, sh: &mut Shared) {
        (self.keep, self.other) = (self.other, self.keep);
        self.look = None;
        self.cursor = 0;
        self.load(sh);
    }

    fn merge(&self, sh: &mut Shared) {
        let Some(look) = &self.look else { return };
        if sh.waits(self.id, Slot::Act) {
            let text = sh.t().still_saving;
            sh.say(text, Role::Dim);
            return;
        }
        let mut request = MergeCustomersRequest {
            keep_id: look.keep.id,
            keep_revision: look.keep.revision,
            merge_id: look.other.id,
            merge_revision: look.other.revision,
            take: Some(Default::default()),
            request_id: self.request_id.clone(),
        };
        let taken = look.fields.iter().filter(|(_, taken)| *taken);
        let paths = taken.filter_map(|(index, _)| fields().get(*index)?.wire).map(str::to_owned).collect();
        request.take.get_or_insert_default().paths = paths;
        sh.call(self.id, Slot::Act, Request::Merge(request));
    }
}

fn fields() -> &'static [Field] {
    resource::of(Kind::Customer).map(|r| r.fields()).unwrap_or_default()
}

impl Screen for MergeScreen {
    fn id(&self) -> ScreenId {
        self.id
    }

    fn place(&self) -> Place {
        Place::Passing
    }

    fn layers(&self) -> &'static [Layer] {
        keymap::FORM
    }

    fn enter(&mut self, sh: &mut Shared) {
        if self.look.is_none() && self.failed.is_none() {
            self.load(sh);
        }
    }

    fn types(&self) -> bool {
        true
    }

    fn key(&mut self, chord: Chord, sh: &mut Shared) -> bool {
        match chord.key {
            _ if chord.ctrl => return false,
            Key::Char('j') => self.step_by(1),
            Key::Char('k') => self.step_by(-1),
            Key::Char('h') | Key::Left => self.take(Some(false)),
            Key::Char('l') | Key::Right => self.take(Some(true)),
            Key::Char(' ') => self.take(None),
            Key::Char('s') => self.swap(sh),
            Key::Char('q') => sh.nav.push(Nav::Back),
            _ => return false,
        }
        true
    }

    fn act(&mut self, action: Action, _: Chord, sh: &mut Shared) -> bool {
        match action {
            Action::NextField => self.step_by(1),
            Action::PrevField => self.step_by(-1),
            Action::PageDown => self.step_by(10),
            Action::PageUp => self.step_by(-10),
            Action::Accept | Action::Save => self.merge(sh),
            Action::Back => sh.nav.push(Nav::Back),
            _ => return false,
        }
        true
    }

    fn reply(&mut self, slot: Slot, request: Request, outcome: Result<Reply, Failure>, sh: &mut Shared) {
        match outcome {
            Ok(Reply::MergeLook(look)) => self.look = Some(*look),
            Ok(Reply::Merged(done)) => {
                sh.changes += 1;
                let name = done.customer.map_or_else(String::new, |customer| customer.name);
                let moved = undo::counts(&done.moved, sh.lang);
                let moved = if moved.is_empty() { moved } else { format!("  {moved}") };
                let said = fill(sh.t().merged, &[&name]);
                sh.say_with(format!("{said}{moved}"), Role::Good, Action::Undo);
                sh.nav.push(Nav::Back);
            }
            Ok(_) => {}
            Err(failure) => {
                if slot == Slot::Record {
                    self.failed = Some(failure.message(sh.lang));
                    return;
                }
                // One of them is another by now: what is chosen is chosen anew, from what is there.
                if failure.reason == Reason::Stale {
                    self.look = None;
                    self.load(sh);
                }
                if let (Some(fault), Some(look)) = (failure.violations.first(), &self.look) {
                    let named =
                        |(index, _): &(usize, bool)| fields().get(*index).is_some_and(|f| f.name == fault.field);
                    self.cursor = look.fields.iter().position(named).unwrap_or(self.cursor);
                }
                if !failure.is_retryable() {
                    self.request_id = sh.request_id();
                }
                sh.fail(&failure, Some((self.id, slot, request)));
            }
        }
    }

    fn crumbs(&self, sh: &Shared) -> Vec<String> {
        let many = resource::of(Kind::Customer).map_or("", |r| r.labels().1.get(sh.lang));
        vec![many.to_owned(), Action::Merge.label().get(sh.lang).to_owned()]
    }

    fn actions(&self, _: &Shared) -> Vec<Action> {
        vec![Action::Save, Action::NextField, Action::Back]
    }

    fn hints(&self, sh: &Shared) -> Option<Vec<(String, String)>> {
        let t = sh.t();
        let save = sh.key(keymap::FORM, Action::Save);
        let hint = |key: &str, text: &str| (key.to_owned(), text.to_owned());
        Some(vec![
            hint(&save, Action::Merge.label().get(sh.lang)),
            hint("h l", t.merge_choose),
            hint("s", t.merge_swap),
            hint("esc", Action::Back.label().get(sh.lang)),
        ])
    }

    fn draw(&self, c: &mut Canvas<'_>, area: Rect, sh: &Shared) {
        if let Some(why) = &self.failed {
            let lines = c.m.wrap(why, usize::from(area.width.saturating_sub(4)));
            for (line, y) in lines.iter().zip(area.y + 1..area.bottom()) {
                c.put(area.x + 2, y, line, Role::Bad, area.width.saturating_sub(4));
            }
            return;
        }
        if let Some(look) = &self.look {
            draw(look, self.cursor, c, area, sh);
        }
    }
}

/// What a customer is called here: name and number.
fn called(record: &Record, sh: &Shared) -> String {
    let number = resource::of(Kind::Customer).map_or_else(String::new, |r| show::named(record, r, "no", sh));
    format!("{}  {number}", record.label)
}

fn draw(look: &MergeLook, cursor: usize, c: &mut Canvas<'_>, area: Rect, sh: &Shared) {
    let t = sh.t();
    let stacked = area.width < STACKED_UNDER;
    let width = area.width.saturating_sub(2);
    let x = area.x + 1;
    let label_width = if stacked { 0 } else { (width / 4).clamp(14, 24) };
    let half = (width - label_width) / 2;
    let heads = [(t.merge_keep, &look.keep), (t.merge_other, &look.other)];
    for (i, (word, record)) in (0u16..).zip(heads) {
        let role = if i == 0 { Role::Title } else { Role::Dim };
        let name = called(record, sh);
        let (left, y, room) =
            if stacked { (x, area.y + i, width) } else { (x + label_width + i * half, area.y, half.saturating_sub(1)) };
        c.spans(left, y, room, &[(word, Role::Key), (" ", role), (&name, role)]);
    }
    let top = area.y + if stacked { 2 } else { 1 };
    c.rule(Rect { x: area.x, y: top, width: area.width, height: 1 });
    let foot = foot(look, sh);
    let lines: Vec<String> = foot.iter().flat_map(|line| c.m.wrap(line, usize::from(width))).collect();
    let body = Rect { y: top + 1, height: area.bottom().saturating_sub(top + 2 + lines.len() as u16), ..area };
    let each = if stacked { 3 } else { 1 };
    let rows = usize::from(body.height / each).max(1);
    let first = table::scroll(0, cursor, rows, look.fields.len());
    for (nth, (index, taken)) in look.fields.iter().enumerate().skip(first).take(rows) {
        let Some(field) = fields().get(*index) else { continue };
        let y = body.y + (nth - first) as u16 * each;
        let label = field.label.get(sh.lang);
        let here = nth == cursor;
        c.put(x, y, label, if here { Role::Brand } else { Role::Dim }, if stacked { width } else { label_width - 1 });
        for (side, record) in (0u16..).zip([&look.keep, &look.other]) {
            let chosen = *taken == (side == 1);
            let value = record.values.get(*index).map_or_else(String::new, |value| show::full(value, field, sh));
            let value = if value.is_empty() { sh.theme.sym.none.to_owned() } else { value.replace('\n', " ") };
            let role = if chosen { Role::Text } else { Role::Dim };
            let mark = if chosen { sh.theme.sym.dot } else { sh.theme.sym.ring };
            let pieces = [(mark, Role::Key), (" ", role), (value.as_str(), role)];
            if stacked {
                c.spans(x + 2, y + 1 + side, width - 2, &pieces);
            } else {
                c.spans(x + label_width + side * half, y, half.saturating_sub(1), &pieces);
            }
        }
        if here {
            c.tint(
                Rect { x: area.x, y, width: area.width, height: each.min(body.bottom().saturating_sub(y)) },
                Role::Cursor,
            );
        }
    }
    for (line, y) in lines.iter().zip(area.bottom().saturating_sub(lines.len() as u16)..) {
        c.put(x, y, line, Role::Dim, width);
    }
}

/// What is the same, and what moves.
fn foot(look: &MergeLook, sh: &Shared) -> Vec<String> {
    let t = sh.t();
    let written = fields().iter().enumerate().filter(|(_, field)| field.wire.is_some());
    let same = written
        .filter(|(index, _)| {
            let value = look.keep.values.get(*index).filter(|value| **value != resource::Value::Absent);
            value.is_some() && !look.fields.iter().any(|(differs, _)| differs == index)
        })
        .count();
    let moving = undo::counts(&look.moving, sh.lang);
    let moving = if moving.is_empty() { t.merge_moves_nothing.to_owned() } else { fill(t.merge_moves, &[&moving]) };
    vec![fill(t.merge_same, &[&same]), moving]
}

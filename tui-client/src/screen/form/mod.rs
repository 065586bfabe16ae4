//! A form for a record, new or existing. What was typed is never lost: a failed save keeps every value and puts the
//! cursor on the first bad field, leaving keeps a draft.

mod assist;
pub mod draft;
pub mod draw;
pub mod editor;
pub mod save;

use ratatui::layout::Rect;
use rolo_proto::v1::{Kind, WatchEvent};

use self::editor::Editor;
use super::{Answer, Ask, Place, Screen};
use crate::{
    app::{
        effect::{Reply, Request, ScreenId, Slot},
        live::News,
        shared::{Nav, Shared},
    },
    data::{Failure, Reason},
    keys::{Action, Chord, Layer, keymap},
    overlay::{Overlay, picker::Source},
    resource::{self, Field, Input, Record, Resource, Value},
    strings::fill,
    theme::Role,
    widget::{
        canvas::Canvas,
        line_input::{Edit, LineInput},
    },
};

/// After how long a pause in typing duplicates are looked for.
const CHECK_AFTER: u64 = 300;

/// One field of the form.
#[derive(Debug, Clone)]
pub struct Item {
    /// It belongs to the first contact of a new customer.
    pub contact: bool,
    /// Its descriptor's index.
    pub field: usize,
    /// What is typed.
    pub editor: Editor,
    /// What was there.
    pub was: Value,
    /// Why it cannot be taken.
    pub error: Option<String>,
    /// What is worth knowing about it.
    pub hint: Option<(String, Role)>,
}

/// A form.
pub struct FormScreen {
    id: ScreenId,
    kind: Kind,
    /// Its kind's descriptor.
    pub resource: &'static dyn Resource,
    /// The record being edited; none for a new one.
    pub record: Option<Record>,
    /// Its fields.
    pub items: Vec<Item>,
    /// The field under the cursor; behind the last, the Save line.
    pub cursor: usize,
    /// An edit has just begun: the caret is in no text yet, so `/` jumps.
    pub resting: bool,
    /// Letters of the field to jump to.
    pub jump: Option<LineInput>,
    given: Vec<(usize, Value)>,
    touched: bool,
    /// The revision that is being edited.
    revision: i64,
    /// When something was typed last.
    typed_at: i64,
    /// Names the write of exactly what is typed now.
    request_id: String,
    checking: u64,
    sent: Option<(resource::Changes, resource::WriteOptions)>,
    /// Why the last save was stale.
    stale: Option<Failure>,
    /// The record as others have changed it, until the person has chosen.
    theirs: Option<Record>,
    /// What others have changed since the form was opened, as a person reads it.
    meanwhile: Option<String>,
}

impl FormScreen {
    /// A form for something new.
    pub fn new(kind: Kind, given: Vec<(usize, Value)>, sh: &mut Shared) -> Option<Self> {
        Self::build(kind, None, given, sh)
    }

    /// A form for a record.
    pub fn edit(record: Record, sh: &mut Shared) -> Option<Self> {
        Self::build(record.kind, Some(record), Vec::new(), sh)
    }

    fn build(kind: Kind, record: Option<Record>, given: Vec<(usize, Value)>, sh: &mut Shared) -> Option<Self> {
        let resource = resource::of(kind)?;
        let resting = record.is_some();
        let revision = record.as_ref().map_or(0, |r| r.revision);
        let id = sh.id();
        let mut form = Self {
            id,
            kind,
            resource,
            record,
            items: Vec::new(),
            cursor: 0,
            resting,
            jump: None,
            given,
            touched: false,
            revision,
            typed_at: sh.now,
            request_id: sh.request_id(),
            checking: 0,
            sent: None,
            stale: None,
            theirs: None,
            meanwhile: None,
        };
        form.fill_in(sh);
        // Something new begins with the first field that must be filled; a time that is left blank is now.
        let wanted = |i: &Item| i.editor.is_empty() && form.field_of(i).required && form.field_of(i).name != "at";
        form.cursor = form.items.iter().position(wanted).filter(|_| form.record.is_none()).unwrap_or(0);
        if let Some(draft) = sh.drafts.get(&form.key_of_draft()).cloned() {
            form.restore(&draft, sh);
            form.keep_draft(true, sh);
            if let Some(now) = form.record.clone() {
                form.look(Ok(Reply::Record(Box::new(now))), sh);
            }
            let (key, at) = (sh.key(keymap::FORM, Action::DiscardDraft), draft::typed_at(draft.at, sh));
            let said = fill(sh.t().draft_restored, &[&at, &key]);
            sh.say(said, Role::Warn);
        }
        Some(form)
    }

    /// The fields as they were.
    fn fill_in(&mut self, sh: &Shared) {
        let new = self.record.is_none();
        let item = |contact: bool, index: usize, field: &Field, was: Value| {
            let editor = Editor::new(field, &was, sh);
            Item { contact, field: index, editor, was, error: None, hint: None }
        };
        let writable = |f: &&(usize, &Field)| {
            f.1.wire.is_some()
                && (new || !f.1.create_only)
                && f.1.needs.is_none_or(|right| sh.can(right))
                && self.record.as_ref().is_none_or(|record| !self.resource.is_fixed(f.0, record))
        };
        self.items.clear();
        let fields: Vec<_> = self.resource.fields().iter().enumerate().collect();
        for (index, field) in fields.iter().filter(writable) {
            let seen = self.record.as_ref().and_then(|r| r.values.get(*index)).cloned();
            let given = self.given.iter().find(|(i, _)| i == index).map(|(_, v)| v.clone());
            let me = sh.me().filter(|_| new && field.name == "manager").map(|u| Value::User(u.clone()));
            // Whether it is offered is what flags say: what is made is.
            let on = (new && matches!(field.input, Input::Flag)).then_some(Value::Flag(true));
            let mut made = item(false, *index, field, seen.clone().unwrap_or_default());
            if let Some(value) = given.or(me).or(on) {
                made.editor = Editor::new(field, &value, sh);
            }
            self.items.push(made);
        }
        if new
            && self.kind == Kind::Customer
            && let Some(contact) = resource::of(Kind::Contact)
        {
            let fields =
                contact.fields().iter().enumerate().filter(|(_, f)| f.wire.is_some() && f.name != "customer_no");
            self.items
                .extend(fields.filter(|(_, f)| f.name != "external_id").map(|(i, f)| item(true, i, f, Value::Absent)));
        }
    }

    /// The descriptor of an item's field.
    pub fn field_of(&self, item: &Item) -> &'static Field {
        let contact = if item.contact { resource::of(Kind::Contact) } else { None };
        let fields = contact.unwrap_or(self.resource).fields();
        &fields[item.field.min(fields.len() - 1)]
    }

    /// The item under the cursor; none on the Save line.
    pub fn here(&self) -> Option<&Item> {
        self.items.get(self.cursor)
    }

    fn step(&mut self, by: isize) {
        let count = self.items.len() as isize + 1;
        self.cursor = (self.cursor as isize + by).rem_euclid(count) as usize;
        self.resting = false;
    }

    /// The field of this kind of record, by name.
    fn item_named(&self, name: &str, contact: bool) -> Option<usize> {
        self.items.iter().position(|i| {
            let field = self.field_of(i);
            i.contact == contact && (field.name == name || field.wire == Some(name))
        })
    }

    /// The id of the customer that the form is about.
    fn customer_id(&self) -> i64 {
        let of = |v: &Value| if let Value::Customer(c) = v { Some(c.id) } else { None };
        let typed = self.items.iter().find_map(|i| if let Editor::Pick(v) = &i.editor { of(v) } else { None });
        typed.or_else(|| self.record.as_ref()?.values.iter().find_map(of)).unwrap_or(0)
    }

    fn pick(&self, typed: &str, sh: &mut Shared) {
        let Some(item) = self.here() else { return };
        let field = self.field_of(item);
        let source = match field.input {
            Input::Choice { dictionary } => Source::Choices(dictionary),
            Input::User if field.name == "assignee" => Source::Assignees,
            Input::User => Source::Users,
            Input::Customer => Source::Customers,
            Input::Contact => Source::Contacts(self.customer_id()),
            Input::Link(kind) => Source::Records(kind),
            _ => return,
        };
        let mut picker = Overlay::picker(sh, self.id, Ask::Field(self.cursor), field.label.get(sh.lang), source);
        picker.type_text(typed, sh);
        sh.overlays.push(picker);
    }

    /// What a change of the item under the cursor brings with it.
    fn changed(&mut self, sh: &mut Shared) {
        self.touched = true;
        self.resting = false;
        self.typed_at = sh.now;
        self.request_id = sh.request_id();
        let at = self.cursor;
        let Some(item) = self.items.get(at) else { return };
        let field = self.field_of(item);
        let hint = match (&item.editor, field.input) {
            (Editor::Line(line), Input::Time) => assist::understood(line.text(), field.name == "next_contact_at", sh),
            (Editor::Line(line), Input::Date) => assist::understood_day(line.text(), sh),
            (Editor::Line(line), Input::Money) => assist::understood_amount(line.text(), sh),
            (Editor::Line(_), input) if input.in_wan() => assist::understood_wan(&item.editor, field, sh),
            _ => None,
        };
        let checked = match self.kind {
            Kind::Customer => matches!(field.name, "name" | "tel" | "usc_code" | "external_id" | "party"),
            Kind::Opportunity => matches!(field.name, "customer_name" | "product"),
            _ => false,
        };
        if let Some(item) = self.items.get_mut(at) {
            item.error = None;
            item.hint = hint;
        }
        if checked {
            self.checking = sh.rest(self.id, Slot::Duplicates, CHECK_AFTER);
        }
        self.keep_draft(true, sh);
    }

    /// How many fields are to be mended.
    pub fn faults(&self) -> usize {
        self.items.iter().filter(|i| i.error.is_some()).count()
    }
}

impl Screen for FormScreen {
    fn id(&self) -> ScreenId {
        self.id
    }

    fn place(&self) -> Place {
        Place::Form(self.key_of_draft())
    }

    fn layers(&self) -> &'static [Layer] {
        keymap::FORM
    }

    fn enter(&mut self, _: &mut Shared) {}

    fn types(&self) -> bool {
        true
    }

    fn key(&mut self, chord: Chord, sh: &mut Shared) -> bool {
        if self.jump_key(chord) {
            return true;
        }
        let can_jump = self.resting || !self.here().is_some_and(|i| i.editor.is_text());
        if can_jump && matches!(chord.text(), Some('/' | '、' | '／')) {
            self.jump = Some(LineInput::default());
            return true;
        }
        let at = self.cursor;
        let Some(item) = self.items.get(at) else { return false };
        let field = self.field_of(item);
        let width = draw::field_width(self, at, sh);
        let Some(item) = self.items.get_mut(at) else { return false };
        match item.editor.key(chord, field, sh, width) {
            Edit::Changed => self.changed(sh),
            Edit::Moved => self.resting = false,
            Edit::Ignored => {
                let picks = matches!(item.editor, Editor::Pick(_));
                match chord.text().filter(|_| picks) {
                    Some(c) => self.pick(c.encode_utf8(&mut [0; 4]).trim(), sh),
                    None => return false,
                }
            }
        }
        true
    }

    fn text(&mut self, text: &str, sh: &mut Shared) -> bool {
        if let Some(line) = self.jump.as_mut() {
            line.insert(text, 20);
            return true;
        }
        let at = self.cursor;
        let Some(field) = self.here().map(|i| self.field_of(i)) else { return false };
        let max = Editor::max(field);
        let Some(item) = self.items.get_mut(at) else { return false };
        let edit = match &mut item.editor {
            Editor::Line(line) => line.insert(text, max),
            Editor::Area(area) => area.insert(text, max),
            Editor::Pick(_) => {
                self.pick(text, sh);
                return true;
            }
            _ => Edit::Ignored,
        };
        // Of a long text only as much as the field takes comes in; nobody is to find that out later.
        let full = match &item.editor {
            Editor::Line(line) => line.text().chars().count() >= max,
            Editor::Area(area) => area.text().chars().count() >= max,
            _ => false,
        };
        if edit == Edit::Changed {
            self.changed(sh);
        }
        if full && text.chars().nth(1).is_some() {
            let said = fill(sh.t().cut_off, &[&field.label.get(sh.lang), &max]);
            sh.say(said, Role::Warn);
        }
        edit != Edit::Ignored
    }

    fn act(&mut self, action: Action, _: Chord, sh: &mut Shared) -> bool {
        match action {
            Action::NextField | Action::PrevField => {
                self.step(if action == Action::NextField { 1 } else { -1 });
                // The field under the cursor is part of the draft.
                self.keep_draft(true, sh);
            }
            Action::PageDown => self.cursor = (self.cursor + 8).min(self.items.len()),
            Action::PageUp => self.cursor = self.cursor.saturating_sub(8),
            Action::Save => self.save(sh),
            Action::Accept if self.cursor >= self.items.len() => self.save(sh),
            Action::Accept if self.resting && self.here().is_some_and(|i| i.editor.is_text()) => self.resting = false,
            Action::Accept if self.here().is_some_and(|i| matches!(i.editor, Editor::Pick(_))) => self.pick("", sh),
            Action::Accept => self.step(1),
            Action::DiscardDraft => self.discard(sh),
            Action::Back => {
                if self.touched {
                    let text = sh.t().draft_kept;
                    sh.say(text, Role::Dim);
                }
                sh.nav.push(Nav::Back);
            }
            _ => return false,
        }
        true
    }

    fn reply(&mut self, slot: Slot, request: Request, outcome: Result<Reply, Failure>, sh: &mut Shared) {
        match (slot, outcome) {
            (Slot::Save, Ok(Reply::Record(record))) => self.saved(&record, sh),
            (Slot::Save, Err(failure)) => self.refused(failure, request, sh),
            (Slot::Record, Ok(Reply::Record(record))) => self.compare(*record, sh),
            (Slot::Record, Err(failure)) if failure.reason == Reason::NotFound => self.gone(sh),
            (Slot::Live(_), outcome) => self.look(outcome, sh),
            (Slot::Duplicates, Ok(Reply::Duplicates(found))) => self.found(&found, sh),
            (Slot::Duplicates, Ok(Reply::Priors(priors))) => self.met(&priors, sh),
            // A check that failed is not worth a message: saving checks again.
            (Slot::Duplicates, Err(_)) => {}
            (_, Err(failure)) => sh.fail(&failure, Some((self.id, slot, request))),
            _ => {}
        }
    }

    fn told(&mut self, news: &News, _: bool, sh: &mut Shared) {
        let Some(record) = self.record.as_ref().filter(|_| !sh.waits(self.id, Slot::Save)) else { return };
        let own = |e: &&WatchEvent| e.kind() == self.kind && e.id == record.id;
        if self.theirs.is_none() && news.events.iter().filter(own).any(|e| e.gone || e.revision > self.revision) {
            sh.call(self.id, Slot::Live(0), Request::Get(self.kind, record.id));
        }
    }

    fn note(&self, _: &Shared) -> Vec<(String, Role)> {
        self.meanwhile.iter().map(|text| (text.clone(), Role::Warn)).collect()
    }

    fn rested(&mut self, slot: Slot, generation: u64, sh: &mut Shared) {
        if slot == Slot::Duplicates && generation == self.checking {
            self.check(sh);
        }
    }

    fn answer(&mut self, answer: Answer, sh: &mut Shared) {
        match answer {
            Answer::Picked(Ask::Field(at), value) => {
                if let Some(item) = self.items.get_mut(at) {
                    item.editor = Editor::Pick(value);
                    self.cursor = at;
                    self.changed(sh);
                    self.step(1);
                }
            }
            Answer::Mine(kept) => self.merge(&kept, sh),
            Answer::Yes(Ask::Anew) => self.anew(sh),
            _ => {}
        }
    }

    fn leave(&mut self, sh: &mut Shared) {
        self.keep_draft(false, sh);
    }

    fn crumbs(&self, sh: &Shared) -> Vec<String> {
        let t = sh.t();
        let many = self.resource.labels().1.get(sh.lang).to_owned();
        let about =
            self.given.iter().find_map(|(_, v)| if let Value::Customer(c) = v { Some(c.name.clone()) } else { None });
        let doing = if self.record.is_some() { t.editing } else { t.creating };
        let middle = self.record.as_ref().map(|r| r.label.clone()).or(about);
        std::iter::once(many).chain(middle).chain(std::iter::once(doing.to_owned())).collect()
    }

    fn actions(&self, _: &Shared) -> Vec<Action> {
        let mut out = vec![Action::NextField, Action::Save, Action::Back];
        if self.touched {
            out.push(Action::DiscardDraft);
        }
        out
    }

    fn status(&self, sh: &Shared) -> String {
        match self.faults() {
            0 => String::new(),
            n => fill(sh.t().to_mend, &[&n]),
        }
    }

    fn draw(&self, c: &mut Canvas<'_>, area: Rect, sh: &Shared) {
        draw::form(self, c, area, sh);
    }

    fn unsaved(&self) -> bool {
        self.touched
    }
}

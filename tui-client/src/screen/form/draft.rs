//! A form and its draft: kept as one types, restored when the form is opened again.
//!
//! A restored form still stands on what was seen when it was typed: its revision and the values of the touched fields.
//! So the server notices what others have changed since, however long ago that was.

use rolo_proto::v1::{Choice, ContactRef, CustomerRef, Kind, UserRef};

use super::{FormScreen, editor::Editor, save::same};
use crate::{
    app::shared::Shared,
    data::drafts::{Draft, DraftField, DraftKey, DraftValue},
    keys::Action,
    resource::{self, Field, Input, Link, Record, Value},
    screen::{decide, show},
    strings::fill,
    theme::Role,
};

/// The draft of which form: of a record, else of something new of a kind at the customer that is given.
pub fn key(kind: Kind, record: Option<&Record>, given: &[(usize, Value)]) -> DraftKey {
    let of = |value: &Value| match value {
        Value::Customer(customer) => Some(customer.id),
        Value::Link(link) => Some(link.id),
        _ => None,
    };
    let customer = || given.iter().find_map(|(_, value)| of(value));
    match record {
        Some(record) => DraftKey::Edit(kind as i32, record.id),
        None => DraftKey::New(kind as i32, customer().unwrap_or(0)),
    }
}

/// When a draft was typed: the time of a day, with the day unless it is today.
pub fn typed_at(at: i64, sh: &Shared) -> String {
    let (then, now) = (show::exact(at, sh.zone), show::exact(sh.now, sh.zone));
    match (then.split_once(' '), now.split_once(' ')) {
        (Some((day, clock)), Some((today, _))) if day == today => clock.to_owned(),
        _ => then,
    }
}

/// What a draft is about: `Customer › Edit: 北京华盛`.
pub fn title(draft: &Draft, sh: &Shared) -> String {
    let doing = match draft.key {
        DraftKey::New(..) => sh.t().creating,
        DraftKey::Edit(..) => sh.t().editing,
        DraftKey::Outcome(kind, _) if kind == Kind::PlanStep as i32 => sh.t().step_result,
        DraftKey::Outcome(..) => Action::Succeed.label().get(sh.lang),
    };
    let kind = Kind::try_from(draft.key.kind()).ok().and_then(resource::of).map_or("", |r| r.labels().0.get(sh.lang));
    let colon = if draft.label.is_empty() { "" } else { ": " };
    format!("{kind} {} {doing}{colon}{}", sh.theme.sym.crumb, draft.label)
}

impl DraftValue {
    /// A value as a draft keeps it.
    pub fn of(value: &Value) -> Self {
        match value {
            Value::Absent | Value::List(_) => Self::Nothing,
            Value::Text(text) => Self::Text(text.clone()),
            Value::Int(n) => Self::Int(*n),
            Value::Stars(n) => Self::Stars(*n),
            Value::Time(at) => Self::Time(*at),
            Value::Date(day) => Self::Text(day.to_string()),
            Value::Money(amount) => Self::Int(*amount),
            Value::Flag(yes) => Self::Flag(*yes),
            Value::Fixed(index) => Self::Index(Some(*index)),
            Value::Choice(c) => Self::Picked(c.id, c.zh.clone(), c.en.clone()),
            Value::User(u) => Self::Picked(u.id, u.name.clone(), u.display_name.clone()),
            Value::Customer(c) => Self::Picked(c.id, c.number.clone(), c.name.clone()),
            Value::Contact(c) => Self::Picked(c.id, c.name.clone(), String::new()),
            Value::Link(link) => Self::Picked(link.id, link.label.clone(), String::new()),
        }
    }

    /// The value of a field.
    pub fn value(&self, field: &Field) -> Value {
        match self {
            Self::Nothing | Self::Index(None) | Self::Stars(0) => Value::Absent,
            Self::Text(text) if matches!(field.input, Input::Date) => text.parse().map_or(Value::Absent, Value::Date),
            Self::Text(text) => Value::Text(text.clone()),
            Self::Int(n) if matches!(field.input, Input::Money) => Value::Money(*n),
            Self::Int(n) => Value::Int(*n),
            Self::Time(at) => Value::Time(*at),
            Self::Stars(n) => Value::Stars((*n).min(5)),
            Self::Index(Some(index)) => Value::Fixed(*index),
            Self::Flag(yes) => Value::Flag(*yes),
            Self::Picked(id, one, two) => {
                let (id, one, two) = (*id, one.clone(), two.clone());
                match field.input {
                    Input::Choice { .. } => Value::Choice(Choice { id, zh: one, en: two, ..Choice::default() }),
                    Input::User => Value::User(UserRef { id, name: one, display_name: two, active: true }),
                    Input::Link(kind) => Value::Link(Link { kind, id, label: one }),
                    Input::Customer => Value::Customer(CustomerRef { id, number: one, name: two }),
                    _ => Value::Contact(ContactRef { id, name: one }),
                }
            }
        }
    }
}

impl FormScreen {
    /// The form of a draft that was found, for something new; what was typed into a record that has gone meanwhile
    /// becomes something new too.
    pub fn of_draft(draft: &Draft, sh: &mut Shared) -> Option<Self> {
        let kind = Kind::try_from(draft.key.kind()).ok()?;
        let fields = resource::of(kind)?.fields();
        let given = draft.given.iter().filter_map(|(name, value)| {
            let index = fields.iter().position(|f| f.name == name)?;
            Some((index, value.value(&fields[index])))
        });
        let mut form = Self::new(kind, given.collect(), sh)?;
        if form.key_of_draft() != draft.key {
            form.restore(draft, sh);
            form.becomes_new(draft, sh);
        }
        Some(form)
    }

    /// Which draft is this form's.
    pub fn key_of_draft(&self) -> DraftKey {
        key(self.kind, self.record.as_ref(), &self.given)
    }

    /// Keeps what is typed; `open`: the form stays open.
    pub(super) fn keep_draft(&self, open: bool, sh: &mut Shared) {
        if self.touched {
            let draft = self.draft(open, sh);
            sh.keep_draft(draft);
        }
    }

    fn draft(&self, open: bool, sh: &Shared) -> Draft {
        let names = self.resource.fields();
        let customer = self.record.as_ref().filter(|r| r.kind != Kind::Customer).and_then(decide::customer_of);
        let given = match customer {
            Some(customer) => vec![("customer_no".to_owned(), DraftValue::of(&customer))],
            None => self.given.iter().map(|(i, v)| (names[*i].name.to_owned(), DraftValue::of(v))).collect(),
        };
        let fields = self.items.iter().map(|item| {
            let field = self.field_of(item);
            let value = item.editor.draft(field, sh);
            let (section, name) = (u8::from(item.contact), field.name.to_owned());
            DraftField { section, name, value, was: DraftValue::of(&item.was) }
        });
        Draft {
            key: self.key_of_draft(),
            label: self.about(),
            at: self.typed_at,
            open,
            cursor: self.here().map(|item| (u8::from(item.contact), self.field_of(item).name.to_owned())),
            revision: self.revision,
            request_id: self.request_id.clone(),
            given,
            fields: fields.collect(),
        }
    }

    /// The record, the customer it belongs to, or the first thing typed.
    fn about(&self) -> String {
        let customer = self.given.iter().find_map(|(_, v)| match v {
            Value::Customer(c) => Some(c.name.clone()),
            _ => None,
        });
        let typed = || {
            self.items.iter().find_map(|item| match &item.editor {
                Editor::Line(line) if !line.is_empty() => Some(line.text().to_owned()),
                _ => None,
            })
        };
        self.record.as_ref().map(|r| r.label.clone()).or(customer).or_else(typed).unwrap_or_default()
    }

    /// Puts a draft into the form. What it left as it was follows the record as it is now.
    pub(super) fn restore(&mut self, draft: &Draft, sh: &Shared) {
        let new = self.record.is_none();
        for at in 0..self.items.len() {
            let field = self.field_of(&self.items[at]);
            let item = &mut self.items[at];
            let section = u8::from(item.contact);
            let Some(kept) = draft.fields.iter().find(|f| f.section == section && f.name == field.name) else {
                continue;
            };
            let was = kept.was.value(field);
            let mut editor = Editor::new(field, &was, sh);
            editor.restore(field, &kept.value);
            let untouched = editor.value(field, sh).is_ok_and(|mine| same(&mine, &was));
            if new {
                item.editor = editor;
            } else if !untouched {
                item.editor = editor;
                item.was = was;
            }
        }
        if !new {
            self.revision = draft.revision;
        }
        self.request_id.clone_from(&draft.request_id);
        self.typed_at = draft.at;
        self.touched = true;
        let (section, name) = draft.cursor.as_ref().map_or((0, ""), |(section, name)| (*section, name));
        let here = |item: &super::Item| u8::from(item.contact) == section && self.field_of(item).name == name;
        if let Some(at) = self.items.iter().position(here) {
            self.cursor = at;
            self.resting = false;
        }
    }

    /// The record has gone: what is typed can be saved as something new.
    pub(super) fn anew(&mut self, sh: &mut Shared) {
        let draft = self.draft(true, sh);
        let fields = self.resource.fields();
        let customer = fields.iter().position(|f| f.name == "customer_no").zip(self.record.as_ref());
        self.given = customer.and_then(|(at, r)| Some(vec![(at, decide::customer_of(r)?)])).unwrap_or_default();
        self.record = None;
        self.revision = 0;
        self.fill_in(sh);
        self.restore(&draft, sh);
        self.becomes_new(&draft, sh);
    }

    fn becomes_new(&mut self, draft: &Draft, sh: &mut Shared) {
        self.request_id = sh.request_id();
        self.keep_draft(true, sh);
        sh.drop_draft(draft.key);
        let said = fill(sh.t().now_new, &[&draft.label]);
        sh.say(said, Role::Warn);
    }

    pub(super) fn discard(&mut self, sh: &mut Shared) {
        sh.drop_draft(self.key_of_draft());
        self.revision = self.record.as_ref().map_or(0, |r| r.revision);
        self.request_id = sh.request_id();
        self.fill_in(sh);
        self.touched = false;
        self.cursor = 0;
    }
}

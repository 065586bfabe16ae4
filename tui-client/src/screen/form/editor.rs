//! How one field of a form is edited: as text, by keys that set it at once, or by picking.

use rolo_proto::number::Currency;

use crate::{
    app::shared::Shared,
    data::{Fault, drafts::DraftValue},
    keys::{Chord, Key},
    resource::{
        Field, Input, Value,
        parse::{self, Locale},
        when,
    },
    screen::show,
    widget::{
        line_input::{Edit, LineInput},
        text_area::TextArea,
    },
};

/// A field being edited.
#[derive(Debug, Clone)]
pub enum Editor {
    /// One line.
    Line(LineInput),
    /// Several lines.
    Area(TextArea),
    /// Stars, 0 for none.
    Stars(u8),
    /// One of a fixed set.
    Fixed(Option<usize>),
    /// Yes or no.
    Flag(bool),
    /// Something picked from what the server has.
    Pick(Value),
}

/// What the company's zone and language make of texts.
pub fn locale(sh: &Shared) -> Locale {
    let code = sh.session.as_ref().map_or("", |session| session.currency.as_str());
    Locale { lang: sh.lang, zone: sh.zone, now: sh.now, currency: Currency::of(code) }
}

impl Editor {
    /// For a field, holding a value.
    pub fn new(field: &Field, value: &Value, sh: &Shared) -> Self {
        match field.input {
            Input::LongText { .. } => Self::Area(TextArea::new(&show::full(value, field, sh))),
            Input::Stars => Self::Stars(if let Value::Stars(n) = value { *n } else { 0 }),
            Input::Fixed(_) => Self::Fixed(if let Value::Fixed(i) = value { Some(*i) } else { None }),
            Input::Flag => Self::Flag(*value == Value::Flag(true)),
            Input::Choice { .. } | Input::User | Input::Customer | Input::Contact | Input::Link(_) => {
                Self::Pick(value.clone())
            }
            _ => Self::Line(LineInput::new(&match value {
                Value::Int(n) => n.to_string(),
                Value::Date(day) => day.to_string(),
                Value::Money(amount) => parse::money_text(*amount),
                value => show::full(value, field, sh),
            })),
        }
    }

    /// The longest text of a field.
    pub fn max(field: &Field) -> usize {
        match field.input {
            Input::Text { max } | Input::LongText { max } | Input::Phone { max } | Input::Email { max } => max,
            _ => 60,
        }
    }

    /// Whether letters are text here.
    pub fn is_text(&self) -> bool {
        matches!(self, Self::Line(_) | Self::Area(_))
    }

    /// Whether nothing is there.
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Line(line) => line.text().trim().is_empty(),
            Self::Area(area) => area.text().trim().is_empty(),
            Self::Stars(n) => *n == 0,
            Self::Fixed(i) => i.is_none(),
            Self::Flag(yes) => !yes,
            Self::Pick(value) => *value == Value::Absent,
        }
    }

    /// What it holds, or why that is none.
    pub fn value(&self, field: &Field, sh: &Shared) -> Result<Value, Fault> {
        Ok(match self {
            Self::Line(line) if field.name == "next_contact_at" => {
                match when::understand(line.text(), sh.now, sh.zone) {
                    Some(when) => Value::Time(show::in_working_hours(when)),
                    None => parse::value(&field.input, line.text(), &locale(sh))?,
                }
            }
            Self::Line(line) => parse::value(&field.input, line.text(), &locale(sh))?,
            Self::Area(area) if area.text().trim().is_empty() => Value::Absent,
            Self::Area(area) => Value::Text(area.text().trim_end().to_owned()),
            Self::Stars(0) => Value::Absent,
            Self::Stars(n) => Value::Stars(*n),
            Self::Fixed(i) => i.map_or(Value::Absent, Value::Fixed),
            Self::Flag(yes) => Value::Flag(*yes),
            Self::Pick(value) => value.clone(),
        })
    }

    /// A key; texts know theirs, the others have few.
    pub fn key(&mut self, chord: Chord, field: &Field, sh: &Shared, width: usize) -> Edit {
        let max = Self::max(field);
        match self {
            Self::Line(line) => line.key(chord, max),
            Self::Area(area) => area.key(chord, max, sh.measure, width),
            Self::Stars(n) => match (chord.key, chord.text().and_then(|c| crate::text::fold_char(c).to_digit(10))) {
                (_, Some(digit)) => set(n, digit.min(5) as u8),
                (Key::Left, _) => set(n, n.saturating_sub(1)),
                (Key::Right | Key::Char(' '), _) => set(n, (*n + 1).min(5)),
                (Key::Backspace | Key::Delete, _) => set(n, 0),
                _ => Edit::Ignored,
            },
            Self::Fixed(index) => {
                let Input::Fixed(items) = field.input else { return Edit::Ignored };
                let last = items.len().saturating_sub(1);
                match chord.key {
                    Key::Right | Key::Char(' ') => {
                        set(index, Some(index.map_or(0, |i| if i == last { 0 } else { i + 1 })))
                    }
                    Key::Left => set(index, Some(index.map_or(last, |i| if i == 0 { last } else { i - 1 }))),
                    Key::Backspace | Key::Delete => set(index, None),
                    _ => match chord.digit().filter(|d| *d <= items.len()) {
                        Some(digit) => set(index, Some(digit - 1)),
                        None => Edit::Ignored,
                    },
                }
            }
            Self::Flag(yes) => match chord.key {
                Key::Char(' ') | Key::Left | Key::Right => set(yes, !*yes),
                _ => Edit::Ignored,
            },
            Self::Pick(value) => match chord.key {
                Key::Backspace | Key::Delete => set(value, Value::Absent),
                _ => Edit::Ignored,
            },
        }
    }

    /// As a draft keeps it. A time is kept as what it means now: tomorrow, "tomorrow" would be another day.
    pub fn draft(&self, field: &Field, sh: &Shared) -> DraftValue {
        match self {
            Self::Line(_) if let (Input::Time, Ok(Value::Time(at))) = (field.input, self.value(field, sh)) => {
                DraftValue::Text(show::exact(at, sh.zone))
            }
            Self::Line(_) if let (Input::Date, Ok(Value::Date(day))) = (field.input, self.value(field, sh)) => {
                DraftValue::Text(day.to_string())
            }
            Self::Line(line) => DraftValue::Text(line.text().to_owned()),
            Self::Area(area) => DraftValue::Text(area.text().to_owned()),
            Self::Stars(n) => DraftValue::Stars(*n),
            Self::Fixed(i) => DraftValue::Index(*i),
            Self::Flag(yes) => DraftValue::Flag(*yes),
            Self::Pick(value) => DraftValue::of(value),
        }
    }

    /// From a draft.
    pub fn restore(&mut self, field: &Field, draft: &DraftValue) {
        match (self, draft) {
            (Self::Line(line), DraftValue::Text(text)) => line.set(text),
            (Self::Area(area), DraftValue::Text(text)) => *area = TextArea::new(text),
            (Self::Stars(n), DraftValue::Stars(m)) => *n = *m,
            (Self::Fixed(i), DraftValue::Index(j)) => *i = *j,
            (Self::Flag(a), DraftValue::Flag(b)) => *a = *b,
            (Self::Pick(value), draft) => *value = draft.value(field),
            _ => {}
        }
    }
}

fn set<T: PartialEq>(slot: &mut T, to: T) -> Edit {
    let changed = *slot != to;
    *slot = to;
    if changed { Edit::Changed } else { Edit::Moved }
}

//! A choice from what the server has. It searches as one types, shows what tells two of one name apart, and 1–9 choose
//! at once. Never a whole table: a dictionary comes whole, people, customers and contacts a handful at a time.

use ratatui::layout::Rect;
use rolo_proto::v1::{Assignee, Kind};

use super::{Step, matching::Finder};
use crate::{
    app::{
        effect::{Reply, Request, ScreenId, Slot},
        shared::Shared,
    },
    data::Failure,
    keys::{Chord, Key},
    resource::Value,
    screen::{Answer, Ask, show},
    strings::fill,
    theme::Role,
    widget::{
        canvas::{Canvas, centred},
        line_input::{Edit, LineInput},
    },
};

/// After how long a pause in typing the server is asked.
const ASK_AFTER: u64 = 100;

/// Where the choices come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// A dictionary.
    Choices(&'static str),
    /// People.
    Users,
    /// Customers.
    Customers,
    /// Customers that may be the same as this one.
    Alike(i64),
    /// Contacts of this customer.
    Contacts(i64),
    /// Whom an opportunity can be assigned to.
    Assignees,
    /// Records of a kind.
    Records(Kind),
    /// What was given when it was opened.
    Given,
}

/// The picker.
pub struct Picker {
    /// Its id, for its calls.
    pub id: ScreenId,
    owner: ScreenId,
    ask: Ask,
    title: String,
    source: Source,
    line: LineInput,
    all: Vec<(Value, String)>,
    found: Vec<usize>,
    cursor: usize,
    generation: u64,
    failed: Option<String>,
    loaded: bool,
    finder: Finder,
}

impl Picker {
    /// Opens and asks for the first handful.
    pub fn new(sh: &mut Shared, owner: ScreenId, ask: Ask, title: &str, source: Source) -> Self {
        let id = sh.id();
        let mut picker = Self {
            id,
            owner,
            ask,
            title: title.to_owned(),
            source,
            line: LineInput::default(),
            all: Vec::new(),
            found: Vec::new(),
            cursor: 0,
            generation: 0,
            failed: None,
            loaded: false,
            finder: Finder::default(),
        };
        picker.load(sh);
        picker
    }

    /// Offers what is given: value and what it is called.
    pub fn given(sh: &mut Shared, owner: ScreenId, ask: Ask, title: &str, all: Vec<(Value, String)>) -> Self {
        let mut picker = Self::new(sh, owner, ask, title, Source::Given);
        picker.all = all;
        picker.loaded = true;
        picker.narrow();
        picker
    }

    fn load(&mut self, sh: &mut Shared) {
        let typed = self.line.text().trim().to_owned();
        let request = match self.source {
            Source::Choices(dictionary) => Request::Choices(dictionary),
            Source::Users => Request::Users(typed),
            Source::Customers => Request::Customers(typed),
            Source::Alike(customer) => Request::Alike(customer, typed),
            Source::Contacts(customer) => Request::Contacts(customer, typed),
            Source::Assignees => Request::Assignees(typed),
            Source::Records(kind) => Request::Records(kind, typed),
            Source::Given => return,
        };
        sh.call(self.id, Slot::Choices, request);
    }

    fn changed(&mut self, sh: &mut Shared) {
        self.cursor = 0;
        match self.source {
            Source::Choices(_) | Source::Given => self.narrow(),
            _ => self.generation = sh.rest(self.id, Slot::Choices, ASK_AFTER),
        }
    }

    /// Typing has paused.
    pub fn rested(&mut self, generation: u64, sh: &mut Shared) {
        if generation == self.generation {
            self.load(sh);
        }
    }

    fn narrow(&mut self) {
        let typed = match self.source {
            Source::Choices(_) | Source::Given => self.line.text().to_owned(),
            _ => String::new(),
        };
        let mut found: Vec<(u32, usize)> = Vec::new();
        for (i, (value, about)) in self.all.iter().enumerate() {
            let names = match value {
                Value::Text(code) => vec![code.clone(), about.clone()],
                Value::Choice(c) => vec![c.zh.clone(), c.en.clone(), c.value.clone()],
                _ => Vec::new(),
            };
            match self.finder.score(&typed, &names) {
                _ if typed.is_empty() => found.push((0, i)),
                score => found.extend(score.map(|score| (score, i))),
            }
        }
        // What fits best comes first.
        found.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
        self.found = found.into_iter().map(|(_, i)| i).collect();
        self.cursor = self.cursor.min(self.found.len().saturating_sub(1));
    }

    /// The choices have come.
    pub fn reply(&mut self, slot: Slot, outcome: Result<Reply, Failure>, sh: &Shared) {
        if slot != Slot::Choices {
            return;
        }
        self.failed = None;
        match outcome {
            Ok(Reply::Choices(choices)) => {
                self.all =
                    choices.into_iter().filter(|c| !c.retired).map(|c| (Value::Choice(c), String::new())).collect();
            }
            Ok(Reply::Users(people)) => self.all = people.into_iter().map(|p| (Value::User(p.user), p.about)).collect(),
            Ok(Reply::Customers(list)) => self.all = list.into_iter().map(|(c, a)| (Value::Customer(c), a)).collect(),
            Ok(Reply::Assignees(people)) => {
                let person = |a: Assignee| {
                    let work = fill(sh.t().assignee_work, &[&a.open, &show::due(a.due_7_days)]);
                    Some((Value::User(a.user?), format!("{}  {work}", a.department).trim().to_owned()))
                };
                self.all = people.into_iter().filter_map(person).collect();
            }
            Ok(Reply::Records(list)) => self.all = list.into_iter().map(|(l, a)| (Value::Link(l), a)).collect(),
            Ok(Reply::Contacts(list)) => self.all = list.into_iter().map(|(c, a)| (Value::Contact(c), a)).collect(),
            Ok(_) => {}
            Err(failure) => self.failed = Some(failure.message(sh.lang)),
        }
        self.loaded = true;
        self.narrow();
    }

    /// Typed or pasted text.
    pub fn type_text(&mut self, text: &str, sh: &mut Shared) {
        if self.line.insert(text, 100) == Edit::Changed {
            self.changed(sh);
        }
    }

    fn choose(&self, row: usize) -> Step {
        match self.found.get(row).and_then(|i| self.all.get(*i)) {
            Some((value, _)) => Step::Answer(self.owner, Answer::Picked(self.ask, value.clone())),
            None => Step::Stay,
        }
    }

    /// A key.
    pub fn key(&mut self, chord: Chord, sh: &mut Shared) -> Step {
        let last = self.found.len().saturating_sub(1);
        if let Some(digit) = chord.digit().filter(|d| self.digits_choose() && *d <= self.found.len()) {
            return self.choose(digit - 1);
        }
        match chord.key {
            Key::Esc => return Step::Close,
            Key::Enter | Key::Tab => return self.choose(self.cursor),
            // Nothing: the field is emptied.
            Key::Delete if self.empties() => {
                return Step::Answer(self.owner, Answer::Picked(self.ask, Value::Absent));
            }
            Key::Down => self.cursor = (self.cursor + 1).min(last),
            Key::Up => self.cursor = self.cursor.saturating_sub(1),
            Key::PageDown => self.cursor = (self.cursor + 9).min(last),
            Key::PageUp => self.cursor = self.cursor.saturating_sub(9),
            _ => {
                if self.line.key(chord, 100) == Edit::Changed {
                    self.changed(sh);
                }
            }
        }
        Step::Stay
    }

    /// Its keys beside Esc, and what they do.
    pub fn hints(&self, sh: &Shared) -> Vec<(&'static str, &'static str)> {
        let t = sh.t();
        if self.found.is_empty() && self.loaded {
            return Vec::new();
        }
        let numbers = self.digits_choose().then_some(("1-9", t.hint_take_at_once));
        [(sh.enter(), t.hint_take)].into_iter().chain(numbers).collect()
    }

    /// Customers are also found by number and phone, so digits are text once something is typed.
    fn digits_choose(&self) -> bool {
        !matches!(self.source, Source::Customers | Source::Alike(_)) || self.line.is_empty()
    }

    fn empties(&self) -> bool {
        matches!(self.ask, Ask::Set(_)) && self.line.is_empty()
    }

    /// Draws it in the middle.
    pub fn draw(&self, c: &mut Canvas<'_>, area: Rect, sh: &Shared) {
        let frame = centred(area, 56.min(area.width.saturating_sub(2)), 14.min(area.height));
        let inner = c.frame(frame, &self.title);
        let x = c.put(inner.x, inner.y, "/ ", Role::Key, 2);
        let line = Rect { x, y: inner.y, width: inner.right().saturating_sub(x), height: 1 };
        c.tint(line, Role::Input);
        self.line.draw(c, line, Role::Input, true);
        if self.empties() {
            let hint = sh.t().bulk_del_empties;
            c.put_right(inner.right(), inner.y, hint, Role::Dim, inner.width / 2);
        }
        let rows = usize::from(inner.height.saturating_sub(1));
        if let Some(why) = &self.failed {
            c.put(inner.x, inner.y + 1, why, Role::Bad, inner.width);
            return;
        }
        if self.found.is_empty() && self.loaded {
            let t = sh.t();
            let alike = matches!(self.source, Source::Alike(_)) && self.line.is_empty();
            c.put(inner.x, inner.y + 1, if alike { t.none_alike } else { t.nothing_found }, Role::Dim, inner.width);
            return;
        }
        let first = (self.cursor + 1).saturating_sub(rows);
        for (i, index) in self.found.iter().enumerate().skip(first).take(rows) {
            let Some((value, about)) = self.all.get(*index) else { continue };
            let y = inner.y + 1 + (i - first) as u16;
            let number = if i < 9 { format!("{} ", i + 1) } else { "  ".to_owned() };
            let name = match value {
                Value::Choice(choice) => show::choice(choice, sh.lang),
                Value::User(user) => show::user(user),
                Value::Customer(customer) => &customer.name,
                Value::Contact(contact) => &contact.name,
                Value::Link(link) => &link.label,
                Value::Text(code) => code,
                _ => "",
            };
            let about_width = (c.m.width(about) as u16).min(inner.width / 2);
            let end = c.put(inner.x, y, &number, Role::Key, 2);
            c.put(end, y, name, Role::Text, inner.right().saturating_sub(end + about_width + 2));
            c.put_right(inner.right(), y, about, Role::Dim, about_width);
            if i == self.cursor {
                c.tint(Rect { y, height: 1, ..inner }, Role::Cursor);
            }
        }
    }
}

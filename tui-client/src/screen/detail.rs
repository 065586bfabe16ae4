//! One record: its fields, and for a customer what belongs to it, behind tabs. Decisions are the same letters as in a
//! list.

pub mod draw;

use ratatui::layout::Rect;
use rolo_proto::v1::{self, Capability, Kind};

use super::{Answer, Ask, Place, Screen, decide, list::rows::Rows};
use crate::{
    app::{
        self,
        effect::{Reply, Request, ScreenId, Slot, Target},
        shared::{Nav, Shared},
    },
    data::{Failure, Reason},
    keys::{Action, Chord, Layer, keymap},
    resource::{self, Record, Resource},
    theme::Role,
    widget::canvas::Canvas,
};

/// What lies behind a tab.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tab {
    /// The record's fields.
    Profile,
    /// People there.
    Contacts,
    /// What was talked about.
    Interactions,
    /// Everything, newest first.
    Timeline,
    /// Changes of the record alone.
    Changes,
}

const OF_CUSTOMER: &[Tab] = &[Tab::Profile, Tab::Contacts, Tab::Interactions, Tab::Timeline, Tab::Changes];
const OF_OTHERS: &[Tab] = &[Tab::Profile];

/// Pages of a timeline.
#[derive(Debug, Default)]
pub struct Stream {
    /// What is here, newest first.
    pub entries: Vec<v1::TimelineEntry>,
    next: String,
    /// Whether anything came.
    pub started: bool,
    /// The first entry shown.
    pub first: usize,
}

/// A record.
pub struct DetailScreen {
    id: ScreenId,
    kind: Kind,
    record_id: i64,
    label: String,
    /// Its kind's descriptor.
    pub resource: &'static dyn Resource,
    /// What it is, once it has come.
    pub record: Option<Record>,
    /// Why it has not.
    pub failed: Option<String>,
    /// Which tab is shown.
    pub tab: usize,
    /// The first line of the profile that is shown.
    pub scroll: usize,
    /// Contacts of a customer.
    pub contacts: Option<Rows>,
    /// Interactions of a customer.
    pub interactions: Option<Rows>,
    /// Timeline and changes.
    pub streams: [Stream; 2],
    seen: u64,
    /// A decision about the record that was made before it came.
    early: Option<(Action, Chord)>,
}

impl DetailScreen {
    /// The detail of a record.
    pub fn new(kind: Kind, record_id: i64, label: String, sh: &mut Shared) -> Option<Self> {
        let id = sh.id();
        let of_customer = |kind, nth| Rows::new(id, nth, kind, record_id, usize::from(kind == Kind::Interaction));
        let customer = kind == Kind::Customer;
        Some(Self {
            id,
            kind,
            record_id,
            label,
            resource: resource::of(kind)?,
            record: None,
            failed: None,
            tab: 0,
            scroll: 0,
            contacts: customer.then(|| of_customer(Kind::Contact, 1)).flatten(),
            interactions: customer.then(|| of_customer(Kind::Interaction, 2)).flatten(),
            streams: Default::default(),
            seen: u64::MAX,
            early: None,
        })
    }

    /// The tabs there are.
    pub fn tabs(&self) -> &'static [Tab] {
        if self.kind == Kind::Customer { OF_CUSTOMER } else { OF_OTHERS }
    }

    /// The tab that is shown.
    pub fn here(&self) -> Tab {
        self.tabs().get(self.tab).copied().unwrap_or(Tab::Profile)
    }

    fn visible(&self, sh: &Shared) -> usize {
        draw::inner(app::draw::body(sh.size)).height.saturating_sub(1).into()
    }

    /// The rows behind the tab, if there are rows.
    pub fn rows(&self) -> Option<&Rows> {
        match self.here() {
            Tab::Contacts => self.contacts.as_ref(),
            Tab::Interactions => self.interactions.as_ref(),
            _ => None,
        }
    }

    fn rows_mut(&mut self) -> Option<&mut Rows> {
        match self.here() {
            Tab::Contacts => self.contacts.as_mut(),
            Tab::Interactions => self.interactions.as_mut(),
            _ => None,
        }
    }

    fn load(&self, sh: &mut Shared) {
        sh.call(self.id, Slot::Record, Request::Get(self.kind, self.record_id));
    }

    /// Loads what the tab shows, if it is not here.
    fn show_tab(&mut self, again: bool, sh: &mut Shared) {
        let visible = self.visible(sh);
        if let Some(rows) = self.rows_mut() {
            if again || !rows.pages.is_started() {
                rows.reload(sh);
            } else {
                rows.ensure(sh, visible);
            }
            return;
        }
        let nth = match self.here() {
            Tab::Timeline => 0,
            Tab::Changes => 1,
            _ => return,
        };
        if again {
            self.streams[nth] = Stream::default();
        }
        if !self.streams[nth].started {
            self.more(nth, sh);
        }
    }

    fn more(&mut self, nth: usize, sh: &mut Shared) {
        let stream = &self.streams[nth];
        if sh.waits(self.id, Slot::Tab(nth as u8)) || (stream.started && stream.next.is_empty()) {
            return;
        }
        let request = v1::ListTimelineRequest {
            customer_id: self.record_id,
            page_size: 50,
            page_token: stream.next.clone(),
            changes_only: nth == 1,
            record_only: nth == 1,
            ..Default::default()
        };
        sh.call(self.id, Slot::Tab(nth as u8), Request::Timeline(request));
    }

    fn motion(&mut self, action: Action, sh: &mut Shared) -> bool {
        let visible = self.visible(sh);
        let page = visible.max(1) as isize;
        let by = match action {
            Action::Down => 1,
            Action::Up => -1,
            Action::PageDown => page,
            Action::PageUp => -page,
            Action::HalfDown => page / 2,
            Action::HalfUp => -page / 2,
            Action::Top => isize::MIN,
            Action::Bottom => isize::MAX,
            _ => return false,
        };
        if let Some(rows) = self.rows_mut() {
            match action {
                Action::Top => rows.to(0, sh, visible),
                Action::Bottom => rows.to(usize::MAX, sh, visible),
                _ => rows.go(by, sh, visible),
            }
            return true;
        }
        let nth = match self.here() {
            Tab::Timeline => 0,
            Tab::Changes => 1,
            _ => {
                let lines = draw::profile_lines(self, app::draw::body(sh.size).width, sh).len();
                let last = lines.saturating_sub(visible + 1);
                self.scroll = self.scroll.saturating_add_signed(by).min(last);
                return true;
            }
        };
        let last = self.streams[nth].entries.len().saturating_sub(1);
        self.streams[nth].first = self.streams[nth].first.saturating_add_signed(by).min(last);
        if self.streams[nth].first + visible * 2 > self.streams[nth].entries.len() {
            self.more(nth, sh);
        }
        true
    }

    fn turn(&mut self, by: isize, sh: &mut Shared) {
        let count = self.tabs().len() as isize;
        self.tab = (self.tab as isize + by).rem_euclid(count) as usize;
        self.show_tab(false, sh);
    }

    /// What a decision is about: the row behind the tab, else the record.
    fn subject(&self) -> Option<&Record> {
        match self.rows() {
            Some(rows) => rows.current(),
            None => self.record.as_ref(),
        }
    }

    fn targets(record: &Record, sh: &mut Shared) -> Vec<Target> {
        vec![Target {
            id: record.id,
            revision: record.revision,
            label: record.label.clone(),
            request_id: sh.request_id(),
        }]
    }

    /// What `n` makes here.
    fn new_kind(&self) -> Kind {
        match self.here() {
            Tab::Contacts => Kind::Contact,
            Tab::Interactions => Kind::Interaction,
            _ => self.kind,
        }
    }
}

impl Screen for DetailScreen {
    fn id(&self) -> ScreenId {
        self.id
    }

    fn place(&self) -> Place {
        Place::Detail(self.kind, self.record_id)
    }

    fn layers(&self) -> &'static [Layer] {
        keymap::DETAIL
    }

    fn enter(&mut self, sh: &mut Shared) {
        if self.seen != sh.changes || self.record.is_none() {
            self.load(sh);
            let again = self.seen != u64::MAX;
            self.show_tab(again, sh);
            self.seen = sh.changes;
        }
    }

    fn act(&mut self, action: Action, chord: Chord, sh: &mut Shared) -> bool {
        if self.motion(action, sh) {
            return true;
        }
        match action {
            Action::NextTab => self.turn(1, sh),
            Action::PrevTab => self.turn(-1, sh),
            Action::Refresh => {
                self.failed = None;
                self.load(sh);
                self.show_tab(true, sh);
            }
            Action::Open => {
                let Some(record) = self.rows().and_then(Rows::current) else {
                    let customer =
                        self.record.as_ref().filter(|r| r.kind != Kind::Customer).and_then(decide::customer_of);
                    if let Some(crate::resource::Value::Customer(c)) = customer {
                        sh.nav.push(Nav::Detail(Kind::Customer, c.id, c.name));
                    }
                    return true;
                };
                sh.nav.push(Nav::Detail(record.kind, record.id, record.label.clone()));
            }
            Action::New if self.kind == Kind::Customer && self.new_kind() != Kind::Customer => {
                let Some(record) = &self.record else { return true };
                let action = if self.new_kind() == Kind::Contact { Action::NewContact } else { Action::Interaction };
                let targets = Self::targets(record, sh);
                return decide::act(action, decide::Subject { screen: self.id, record, targets }, sh);
            }
            Action::New if decide::may_create(self.kind, sh) => sh.nav.push(Nav::New(self.kind, Vec::new())),
            Action::Edit | Action::Interaction | Action::NewContact | Action::Assign | Action::Delete
                if self.record.is_none() && self.failed.is_none() =>
            {
                // Who knows what comes types ahead of it.
                self.early = Some((action, chord));
            }
            _ => {
                let Some(record) = self.subject().or(self.record.as_ref()) else { return false };
                let targets = Self::targets(record, sh);
                return decide::act(action, decide::Subject { screen: self.id, record, targets }, sh);
            }
        }
        true
    }

    fn reply(&mut self, slot: Slot, request: Request, outcome: Result<Reply, Failure>, sh: &mut Shared) {
        let visible = self.visible(sh);
        match (slot, outcome) {
            (Slot::Record, Ok(Reply::Record(record))) => {
                self.label.clone_from(&record.label);
                sh.opened(self.kind, self.record_id, &record.label);
                self.record = Some(*record);
                if let Some((action, chord)) = self.early.take() {
                    self.act(action, chord, sh);
                }
            }
            (Slot::Record, Err(failure)) => {
                if failure.reason == Reason::NotFound {
                    self.record = None;
                }
                self.failed = Some(failure.message(sh.lang));
                sh.fail(&failure, Some((self.id, slot, request)));
            }
            (Slot::Rows(nth), outcome) => {
                if let Err(failure) = &outcome {
                    sh.fail(failure, Some((self.id, slot, request)));
                }
                let rows = if nth == 1 { self.contacts.as_mut() } else { self.interactions.as_mut() };
                if let Some(rows) = rows {
                    rows.reply(outcome, sh, visible);
                }
            }
            (Slot::Tab(nth), Ok(Reply::Timeline(page))) => {
                let stream = &mut self.streams[usize::from(nth) % 2];
                stream.started = true;
                stream.next = page.next_page_token;
                stream.entries.extend(page.entries);
            }
            (Slot::Act, outcome) => {
                let gone = decide::outcome(&request, outcome, self.id, sh);
                match gone {
                    decide::Outcome::Gone(ids) if ids.contains(&self.record_id) && self.rows().is_none() => {
                        sh.nav.push(Nav::Back);
                    }
                    decide::Outcome::Refused => {}
                    decide::Outcome::Outdated => {
                        self.seen = u64::MAX - 1;
                        self.enter(sh);
                    }
                    _ => self.enter(sh),
                }
            }
            (_, Err(failure)) => sh.fail(&failure, Some((self.id, slot, request))),
            _ => {}
        }
    }

    fn answer(&mut self, answer: Answer, sh: &mut Shared) {
        let Some(record) = self.subject().or(self.record.as_ref()) else { return };
        let target = Self::targets(record, sh).pop();
        match answer {
            Answer::Picked(Ask::Merge, other) => decide::merge_with(record, &other, sh),
            Answer::Picked(Ask::Assign, manager) => decide::assign(self.id, record, target, manager, sh),
            Answer::Words(Ask::Snooze, words, until) => decide::snooze(self.id, target, words, until, sh),
            Answer::Letter(Ask::Copy, field) => decide::copied(record, field, sh),
            _ => {}
        }
    }

    fn crumbs(&self, sh: &Shared) -> Vec<String> {
        vec![self.resource.labels().1.get(sh.lang).to_owned(), self.label.clone()]
    }

    fn actions(&self, sh: &Shared) -> Vec<Action> {
        let mut out = Vec::new();
        if self.tabs().len() > 1 {
            out.push(Action::NextTab);
        }
        if self.rows().is_some_and(|r| r.current().is_some()) || self.kind != Kind::Customer {
            out.push(Action::Open);
        }
        let create = match self.new_kind() {
            Kind::Contact => sh.can(Capability::ContactCreate),
            Kind::Interaction => sh.can(Capability::InteractionCreate),
            kind => {
                decide::may_create(kind, sh) && self.kind == kind && self.rows().is_none() && kind != Kind::Customer
            }
        };
        if create {
            out.push(Action::New);
        }
        out.extend(self.subject().or(self.record.as_ref()).iter().flat_map(|r| decide::actions(r, sh)));
        out
    }

    fn status(&self, sh: &Shared) -> String {
        self.rows().map_or_else(String::new, |r| r.status(sh, self.visible(sh)))
    }

    fn draw(&self, c: &mut Canvas<'_>, area: Rect, sh: &Shared) {
        draw::detail(self, c, area, sh);
        if let (None, Some(why)) = (&self.record, &self.failed) {
            c.put(area.x + 3, area.y + 3, why, Role::Bad, area.width.saturating_sub(6));
        }
    }
}

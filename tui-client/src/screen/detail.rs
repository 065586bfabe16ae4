//! One record: its fields, and for a customer what belongs to it, behind tabs. Decisions are the same letters as in a
//! list.

pub mod draw;
pub mod plan;
mod tabs;

use ratatui::layout::Rect;
use rolo_proto::v1::{self, Capability, Kind};

use self::plan::Plan;
use super::{
    Answer, Ask, Place, Screen, decide,
    list::{elsewhere::parent, rows::Rows},
};
use crate::{
    app::{
        effect::{Reply, Request, ScreenId, Slot, Target},
        live::{self, News},
        shared::{Nav, Shared},
    },
    data::{Failure, Reason, drafts::DraftKey},
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
    /// The steps of a development plan.
    Plan,
    /// Everything, newest first.
    Timeline,
    /// Changes of the record alone.
    Changes,
}

const OF_CUSTOMER: &[Tab] = &[Tab::Profile, Tab::Contacts, Tab::Interactions, Tab::Timeline, Tab::Changes];
const OF_OPPORTUNITY: &[Tab] = &[Tab::Profile, Tab::Plan, Tab::Changes];
const OF_OTHERS: &[Tab] = &[Tab::Profile];

/// What the record was loaded with is not what it is now.
const STALE: u64 = u64::MAX - 1;

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
    /// The plan of an opportunity.
    pub plan: Option<Plan>,
    /// Timeline and changes.
    pub streams: [Stream; 2],
    seen: u64,
    /// Others have changed what the timelines tell.
    outdated: [bool; 2],
    /// A decision about the record that was made before it came.
    early: Option<(Action, Chord)>,
    /// A draft of how it was won waits for it.
    wins: bool,
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
            plan: (kind == Kind::Opportunity).then(|| Plan::new(id, 3, record_id)).flatten(),
            streams: Default::default(),
            seen: u64::MAX,
            outdated: [false; 2],
            early: None,
            wins: false,
        })
    }

    /// With this tab shown, if there is one.
    pub fn on(mut self, tab: Tab) -> Self {
        self.tab = self.tabs().iter().position(|t| *t == tab).unwrap_or(0);
        self
    }

    /// With the line of the plan that this draft is of.
    pub fn with_line(mut self, key: DraftKey, sh: &mut Shared) -> Self {
        if let Some(plan) = self.plan.as_mut() {
            plan.resume(key, sh);
        }
        self
    }

    /// With what was typed to win it on top, once it has come: whatever became of it since, only the server knows whether
    /// that was done.
    pub fn to_win(mut self) -> Self {
        self.wins = true;
        self
    }

    /// What an action is done to: on the plan, what is decided about the opportunity is not about a step.
    fn subject_of(&self, action: Action) -> Option<&Record> {
        let step = self.subject().filter(|r| r.kind == Kind::PlanStep);
        let about_it = matches!(
            action,
            Action::Assign | Action::Withdraw | Action::Succeed | Action::Lose | Action::Reopen | Action::Interaction
        );
        if step.is_some() && about_it { self.record.as_ref() } else { self.subject().or(self.record.as_ref()) }
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

/// An entry of an opportunity's history, as the opportunity itself shows it: without its name, and without what the time
/// of the entry says.
fn of_its_own(entry: &mut v1::TimelineEntry) {
    let Some(v1::timeline_entry::Entry::Change(change)) = entry.entry.as_mut() else { return };
    if change.kind == Kind::Opportunity as i32 {
        change.label.clear();
    }
    let told = ["assigned_at", "closed_at", "result_at", "opportunity", "created_by"];
    change.fields.retain(|field| !told.contains(&field.field.as_str()));
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
            if live::is_told(self.kind) {
                sh.call(self.id, Slot::Follow, Request::Follows(self.kind, self.record_id));
            }
            let again = self.seen != u64::MAX;
            self.show_tab(again, sh);
            if let Some(plan) = self.planning_mut() {
                plan.find(sh);
            }
            self.seen = sh.changes;
        }
    }

    fn types(&self) -> bool {
        self.planning().is_some_and(Plan::types)
    }

    fn key(&mut self, chord: Chord, sh: &mut Shared) -> bool {
        self.planning_mut().is_some_and(|plan| plan.key(chord, sh))
    }

    fn text(&mut self, text: &str, sh: &mut Shared) -> bool {
        self.planning_mut().is_some_and(|plan| plan.text(text, sh))
    }

    fn hints(&self, sh: &Shared) -> Option<Vec<(String, String)>> {
        self.planning().and_then(|plan| plan.hints(sh))
    }

    fn act(&mut self, action: Action, chord: Chord, sh: &mut Shared) -> bool {
        if self.plan_act(action, sh) || self.motion(action, sh) {
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
            Action::New if self.planning().is_some() => return false,
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
                let Some(record) = self.subject_of(action) else { return false };
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
                if std::mem::take(&mut self.wins) {
                    sh.nav.push(Nav::Win(record.clone()));
                }
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
                if let Some(rows) = self.nth_rows(nth) {
                    rows.reply(outcome, sh, visible);
                }
            }
            (Slot::Follow, Ok(Reply::Follows(follows))) => live::known(sh, &request, follows, false),
            // An extra: the record tells what is wrong.
            (Slot::Follow, _) => {}
            (Slot::Live(nth), outcome) => {
                if let Some(rows) = self.nth_rows(nth) {
                    rows.caught_up(outcome, sh, visible);
                }
            }
            (Slot::Tab(nth), Ok(Reply::Timeline(mut page))) => {
                if self.kind == Kind::Opportunity {
                    page.entries.iter_mut().for_each(of_its_own);
                }
                let stream = &mut self.streams[usize::from(nth) % 2];
                stream.started = true;
                stream.next = page.next_page_token;
                if matches!(&request, Request::Timeline(asked) if asked.page_token.is_empty()) {
                    stream.entries = page.entries;
                    stream.first = stream.first.min(stream.entries.len().saturating_sub(1));
                } else {
                    stream.entries.extend(page.entries);
                }
            }
            (Slot::Save, Ok(Reply::Record(step))) => {
                sh.changes += 1;
                if let (Some(plan), Request::Create(_, _, sent) | Request::Update(_, _, _, sent)) =
                    (self.plan.as_mut(), &request)
                {
                    plan.saved(&step, &sent.request_id, sh, visible);
                }
                self.enter(sh);
            }
            (Slot::Save, Err(failure)) => {
                if let Some(plan) = self.plan.as_mut() {
                    plan.refused(failure, request, sh);
                }
            }
            (Slot::Theirs, outcome) => {
                if let Some(plan) = self.plan.as_mut() {
                    plan.compare(outcome, request, sh);
                }
            }
            (Slot::Act, outcome) => {
                let gone = decide::outcome(&request, outcome, self.id, sh);
                match gone {
                    decide::Outcome::Gone(ids) if ids.contains(&self.record_id) && self.rows().is_none() => {
                        sh.nav.push(Nav::Back);
                    }
                    decide::Outcome::Refused => {}
                    decide::Outcome::Outdated => {
                        self.seen = STALE;
                        self.enter(sh);
                    }
                    _ => self.enter(sh),
                }
            }
            (_, Err(failure)) => sh.fail(&failure, Some((self.id, slot, request))),
            _ => {}
        }
    }

    fn leave(&mut self, sh: &mut Shared) {
        if let Some(plan) = self.plan.as_mut() {
            plan.leave(sh);
        }
    }

    fn told(&mut self, news: &News, top: bool, sh: &mut Shared) {
        for nth in 1..=3 {
            if let Some(rows) = self.nth_rows(nth) {
                rows.told(news);
            }
        }
        let own = |e: &&v1::WatchEvent| e.kind() == self.kind && e.id == self.record_id;
        let known = self.record.as_ref().map_or(0, |r| r.revision);
        let changed = news.much || news.events.iter().filter(own).any(|e| e.gone || e.revision > known);
        let within = |e: &v1::WatchEvent| own(&e) || e.parent_id == self.record_id && parent(e.kind()) == self.kind;
        if news.much || news.events.iter().any(within) {
            self.outdated = [true; 2];
        }
        if !top {
            self.seen = if changed { STALE } else { self.seen };
            return;
        }
        if changed {
            self.load(sh);
        }
        let visible = self.visible(sh);
        match self.rows_mut() {
            Some(rows) => rows.catch_up(sh, visible),
            None => self.show_tab(false, sh),
        }
    }

    fn note(&self, sh: &Shared) -> Vec<(String, Role)> {
        let new = self.rows().and_then(|rows| rows.announcement(sh)).map(|text| (text, Role::Warn));
        let follows = live::follows(sh, self.kind, self.record_id).map(|text| (text, Role::Key));
        new.into_iter().chain(follows).collect()
    }

    fn answer(&mut self, answer: Answer, sh: &mut Shared) {
        if let (Answer::Mine(kept), Some(plan)) = (&answer, self.plan.as_mut()) {
            plan.merge(kept, sh);
            return;
        }
        let about_it = matches!(
            answer,
            Answer::Picked(Ask::Assign | Ask::Lose, _) | Answer::Words(Ask::LoseText(_) | Ask::Reopen, ..)
        );
        let action = if about_it { Action::Assign } else { Action::Edit };
        let Some(record) = self.subject_of(action) else { return };
        let target = Self::targets(record, sh).pop();
        match answer {
            Answer::Picked(Ask::Merge, other) => decide::merge_with(record, &other, sh),
            Answer::Picked(Ask::Assign, manager) => decide::assign(self.id, record, target, manager, sh),
            Answer::Words(Ask::Snooze, words, until) => {
                decide::snooze(self.id, record, target, words, until, sh);
            }
            Answer::Letter(Ask::Copy, field) => decide::copied(record, field, sh),
            answer => decide::opportunity::answer(self.id, record, target, answer, sh),
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
        // Enter opens the row behind the tab, else the customer that the record belongs to.
        let of_another = || self.record.as_ref().filter(|r| r.kind != Kind::Customer).and_then(decide::customer_of);
        let opens = match self.rows() {
            Some(rows) => rows.current().is_some(),
            None => of_another().is_some(),
        };
        if opens {
            out.push(Action::Open);
        }
        let create = match self.new_kind() {
            Kind::Contact => sh.can(Capability::ContactCreate),
            Kind::Interaction => sh.can(Capability::InteractionCreate),
            _ if self.planning().is_some() => self.may_plan(),
            kind => {
                decide::may_create(kind, sh) && self.kind == kind && self.rows().is_none() && kind != Kind::Customer
            }
        };
        if create {
            out.push(Action::New);
        }
        let subject = self.subject().or(self.record.as_ref());
        out.extend(subject.iter().flat_map(|r| decide::actions(r, sh)));
        // On the plan, what is decided about the opportunity follows what is decided about the step.
        if let Some(record) = self.record.as_ref().filter(|_| self.planning().is_some()) {
            for action in decide::opportunity::actions(record) {
                if !out.contains(&action) {
                    out.push(action);
                }
            }
        }
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

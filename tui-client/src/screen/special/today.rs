//! What waits for me: next contacts and plan steps, overdue, today and in the next seven days; what was newly assigned to
//! me; and for who assigns, the team: what nobody has, what stagnates, and how much each manager has to do. Settling or
//! moving something takes it away, and the next is under the cursor.

mod draw;

use ratatui::layout::Rect;
use rolo_proto::v1::{self, Assignee, Capability, Kind, OpportunityView, Total};

use crate::{
    app::{
        self,
        effect::{Reply, Request, ScreenId, Slot, Target},
        live::{AGAIN_AFTER, News},
        shared::{Nav, Shared},
        work::{Ask, Told},
    },
    data::{Failure, Reason},
    keys::{Action, Chord, Layer, keymap},
    resource::{Record, Value},
    screen::{Answer, Ask as Asked, Place, Screen, ageing::Ageing, decide, detail::plan, list::rows::Rows, show},
    theme::Role,
    widget::{canvas::Canvas, table},
};

/// The sections of what is mine: overdue, today, next seven days (the words of the views), newly assigned.
const SECTIONS: [&str; 3] = ["overdue", "today", "next_7_days"];
const NEW: usize = SECTIONS.len();
/// So many managers are shown, those with most to do first; the assignment shows all.
const MANAGERS: usize = 8;

/// A list under a section.
struct Bucket {
    section: usize,
    rows: Rows,
}

/// What the cursor can stand on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Item {
    /// A row of a bucket.
    Row(usize, usize),
    /// What nobody has.
    Unassigned,
    /// What makes no progress.
    Stagnating,
    /// A manager.
    Manager(usize),
    /// So many more managers.
    More(usize),
}

/// A line of the screen.
enum Line {
    /// The heading of a section.
    Heading(usize),
    /// The heading of the team.
    Team,
    /// Something, and its place among all.
    Item(Item, usize),
    /// A section is empty.
    Nothing,
    /// Between sections.
    Blank,
}

/// The screen.
pub struct TodayScreen {
    id: ScreenId,
    buckets: Vec<Bucket>,
    due: v1::CountDueResponse,
    work: v1::CountWorkResponse,
    managers: Vec<Assignee>,
    cursor: usize,
    first: usize,
    seen: Option<u64>,
    ageing: Ageing,
}

impl TodayScreen {
    /// With nothing loaded yet.
    pub fn new(sh: &mut Shared) -> Option<Self> {
        let id = sh.id();
        let mut buckets = Vec::new();
        let mut add = |section: usize, kind: Kind, code: &str| {
            let mut rows = Rows::new(id, buckets.len() as u8, kind, 0, 0)?;
            rows.view = rows.resource.views().iter().position(|v| v.code == code)?;
            buckets.push(Bucket { section, rows });
            Some(())
        };
        let (develops, talks) = (sh.can(Capability::OpportunityDevelop), sh.can(Capability::InteractionRead));
        for (section, code) in SECTIONS.iter().enumerate() {
            if develops {
                add(section, Kind::PlanStep, code)?;
            }
            if talks {
                add(section, Kind::Interaction, code)?;
            }
        }
        if develops {
            add(NEW, Kind::Opportunity, "new")?;
        }
        let (due, work) = (v1::CountDueResponse::default(), v1::CountWorkResponse::default());
        Some(Self {
            id,
            buckets,
            due,
            work,
            managers: Vec::new(),
            cursor: 0,
            first: 0,
            seen: None,
            ageing: Ageing::default(),
        })
    }

    fn load(&mut self, sh: &mut Shared) {
        for bucket in &mut self.buckets {
            bucket.rows.restart(sh);
        }
        self.load_counts(sh);
        self.seen = Some(sh.changes);
    }

    fn load_counts(&self, sh: &mut Shared) {
        if sh.can(Capability::InteractionRead) {
            sh.call(self.id, Slot::Counts, Request::CountDue);
        }
        if sh.can(Capability::OpportunityRead) {
            sh.call(self.id, Slot::Tab(0), Request::Work(Ask::Count));
        }
        if sh.can(Capability::OpportunityAssign) {
            sh.call(self.id, Slot::Tab(1), Request::Work(Ask::Assignees));
        }
    }

    fn catch_up(&mut self, sh: &mut Shared) {
        let visible = Self::visible(sh);
        for bucket in &mut self.buckets {
            bucket.rows.catch_up(sh, visible);
        }
    }

    fn visible(sh: &Shared) -> usize {
        usize::from(app::draw::body(sh.size).height).saturating_sub(usize::from(!sh.waiting_drafts().is_empty()))
    }

    /// How many a section holds.
    fn count(&self, section: usize) -> Option<Total> {
        let (due, work) = (&self.due, &self.work);
        let parts = match section {
            0 => [due.overdue, work.steps_overdue],
            1 => [due.today, work.steps_today],
            2 => [due.next_7_days, work.steps_next_7_days],
            _ => [work.new_assignments, None],
        };
        parts
            .into_iter()
            .flatten()
            .reduce(|one, other| Total { count: one.count + other.count, at_least: one.at_least || other.at_least })
    }

    fn lines(&self) -> Vec<Line> {
        let (mut lines, mut place) = (Vec::new(), 0);
        let mut put = |lines: &mut Vec<Line>, item: Item| {
            lines.push(Line::Item(item, place));
            place += 1;
        };
        for section in 0..=NEW {
            let of_section = || self.buckets.iter().enumerate().filter(|(_, bucket)| bucket.section == section);
            if of_section().count() == 0 {
                continue;
            }
            let empty = of_section().all(|(_, bucket)| bucket.rows.pages.is_empty());
            if section == NEW && empty {
                continue;
            }
            if !lines.is_empty() {
                lines.push(Line::Blank);
            }
            lines.push(Line::Heading(section));
            if empty && of_section().all(|(_, bucket)| bucket.rows.pages.is_complete()) {
                lines.push(Line::Nothing);
            }
            for (nth, bucket) in of_section() {
                for row in 0..bucket.rows.pages.len() {
                    put(&mut lines, Item::Row(nth, row));
                }
            }
        }
        if self.work.unassigned.is_some() {
            lines.extend([Line::Blank, Line::Team]);
            put(&mut lines, Item::Unassigned);
            put(&mut lines, Item::Stagnating);
            for nth in 0..self.managers.len().min(MANAGERS) {
                put(&mut lines, Item::Manager(nth));
            }
            if self.managers.len() > MANAGERS {
                put(&mut lines, Item::More(self.managers.len() - MANAGERS));
            }
        }
        lines
    }

    fn item(&self) -> Option<Item> {
        self.lines().into_iter().find_map(|line| match line {
            Line::Item(item, place) if place == self.cursor => Some(item),
            _ => None,
        })
    }

    fn current(&self) -> Option<&Record> {
        match self.item()? {
            Item::Row(nth, row) => self.buckets.get(nth)?.rows.pages.get(row),
            _ => None,
        }
    }

    fn go(&mut self, to: usize, sh: &Shared) {
        let lines = self.lines();
        let places = lines.iter().filter(|line| matches!(line, Line::Item(..))).count();
        self.cursor = to.min(places.saturating_sub(1));
        let at = lines.iter().position(|line| matches!(line, Line::Item(_, place) if *place == self.cursor));
        // The heading above the first row is worth seeing too.
        let wanted = if self.cursor == 0 { 0 } else { at.unwrap_or(0) };
        self.first = table::scroll(self.first, wanted, Self::visible(sh), lines.len());
    }

    /// To the first item of the section after or before.
    fn turn(&mut self, by: isize, sh: &Shared) {
        let (mut starts, mut begins) = (Vec::new(), true);
        for line in self.lines() {
            match line {
                Line::Heading(_) | Line::Team => begins = true,
                Line::Item(_, place) if std::mem::take(&mut begins) => starts.push(place),
                _ => {}
            }
        }
        let next = if by > 0 {
            starts.iter().copied().find(|s| *s > self.cursor)
        } else {
            starts.iter().rev().copied().find(|s| *s < self.cursor)
        };
        self.go(next.unwrap_or(0), sh);
    }

    /// The records behind what the cursor is on.
    fn open(&self, sh: &mut Shared) {
        let records = |view: OpportunityView, filter: String| Nav::Records(Kind::Opportunity, view.into(), filter);
        let nav = match self.item() {
            Some(Item::Row(..)) => self.current().and_then(behind),
            Some(Item::Unassigned | Item::More(_)) => Some(Nav::Assignment),
            Some(Item::Stagnating) => Some(records(OpportunityView::Stagnating, String::new())),
            Some(Item::Manager(nth)) => {
                let user = self.managers.get(nth).and_then(|one| one.user.as_ref());
                user.map(|user| records(OpportunityView::Open, format!("assignee:{}", user.name)))
            }
            None => None,
        };
        sh.nav.extend(nav);
    }

    fn target(record: &Record, sh: &mut Shared) -> Target {
        Target { id: record.id, revision: record.revision, label: record.label.clone(), request_id: sh.request_id() }
    }
}

/// Where a row leads: a contact to its customer, a step to its opportunity.
fn behind(record: &Record) -> Option<Nav> {
    match record.kind {
        Kind::Opportunity => Some(Nav::Detail(record.kind, record.id, record.label.clone())),
        Kind::PlanStep => record.values.iter().find_map(|value| match value {
            Value::Link(link) => Some(Nav::Detail(link.kind, link.id, link.label.clone())),
            _ => None,
        }),
        _ => match decide::customer_of(record) {
            Some(Value::Customer(c)) => Some(Nav::Detail(Kind::Customer, c.id, c.name)),
            _ => None,
        },
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
            return;
        }
        self.catch_up(sh);
        if self.ageing.seen() {
            self.load_counts(sh);
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
            Action::Open => self.open(sh),
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
                if let Some(bucket) = self.buckets.get_mut(usize::from(nth)) {
                    bucket.rows.reply(outcome, sh, 100);
                }
                self.go(self.cursor, sh);
            }
            (Slot::Live(nth), outcome) => {
                if let Some(bucket) = self.buckets.get_mut(usize::from(nth)) {
                    bucket.rows.caught_up(outcome, sh, 100);
                }
            }
            (_, Ok(Reply::Due(due))) => self.due = due,
            (_, Ok(Reply::Work(Told::Count(work)))) => {
                self.work = work;
                self.go(self.cursor, sh);
            }
            (_, Ok(Reply::Work(Told::Assignees(mut all)))) => {
                all.sort_by_key(|one| std::cmp::Reverse(one.open));
                self.managers = all;
            }
            // Counts and loads are extras: the rows tell what is wrong.
            (Slot::Counts | Slot::Tab(_), _) => {}
            (Slot::Act, outcome) => {
                if let (Err(failure), Request::Update(Kind::PlanStep, id, ..)) = (&outcome, &request)
                    && failure.reason == Reason::Stale
                    && let Some(step) = self.buckets.iter().find_map(|bucket| bucket.rows.pages.find(*id))
                {
                    plan::keep_result(step, &request, sh);
                }
                let done = decide::outcome(&request, outcome, self.id, sh);
                if !matches!(done, decide::Outcome::Refused) {
                    self.load(sh);
                }
            }
            (_, Err(failure)) => sh.fail(&failure, Some((self.id, slot, request))),
            _ => {}
        }
    }

    fn told(&mut self, news: &News, top: bool, sh: &mut Shared) {
        for bucket in &mut self.buckets {
            bucket.rows.told(news);
        }
        if top {
            self.catch_up(sh);
        }
        if [Kind::Interaction, Kind::Opportunity, Kind::PlanStep].into_iter().any(|kind| news.about(kind)) {
            self.ageing.told(self.id, Slot::Counts, top, AGAIN_AFTER, sh);
        }
    }

    fn rested(&mut self, slot: Slot, generation: u64, sh: &mut Shared) {
        if slot == Slot::Counts && self.ageing.rested(generation) {
            self.load_counts(sh);
        }
    }

    fn note(&self, sh: &Shared) -> Vec<(String, Role)> {
        let first = self.buckets.iter().find_map(|bucket| bucket.rows.announcement(sh));
        first.map(|text| (text, Role::Warn)).into_iter().collect()
    }

    fn answer(&mut self, answer: Answer, sh: &mut Shared) {
        let Some(record) = self.current() else { return };
        let target = Some(Self::target(record, sh));
        match answer {
            Answer::Words(Asked::Snooze, words, until) => {
                decide::snooze(self.id, record, target, words, until, sh);
            }
            Answer::Letter(Asked::Copy, field) => decide::copied(record, field, sh),
            answer => decide::opportunity::answer(self.id, record, target, answer, sh),
        }
    }

    fn crumbs(&self, sh: &Shared) -> Vec<String> {
        vec![sh.t().today.to_owned(), show::day(sh.now, sh.zone, sh.lang)]
    }

    fn actions(&self, sh: &Shared) -> Vec<Action> {
        let mut out = Vec::new();
        if self.item().is_some() {
            out.push(Action::Open);
        }
        if let Some(record) = self.current() {
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
        draw::screen(self, c, area, sh);
    }
}

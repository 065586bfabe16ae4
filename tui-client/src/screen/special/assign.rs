//! Who gets which opportunity (§5.2): those of nobody on the left, account managers with what they have to do on the
//! right. The second tab shows what the manager under the cursor has, to be passed on or taken back.
//!
//! Everything is one bulk action, for one row too: one progress, one result a row, one undo.

mod draw;
mod people;

use ratatui::layout::Rect;
use rolo_proto::v1::{self, Kind, OpportunityView, Selection, UserRef, bulk_action};

pub use self::draw::load;
use self::people::People;
use crate::{
    app::{
        self,
        effect::{Reply, Request, ScreenId, Slot},
        live::{AGAIN_AFTER, News},
        model::PROGRAM,
        shared::{Nav, Shared},
        work::{Ask, Told},
    },
    data::Failure,
    keys::{Action, Chord, Layer, keymap},
    overlay::{
        Overlay,
        bulk::{Bulk, Plan},
        spread::Spread,
    },
    resource::{self, Condition, Value, many},
    screen::{
        Answer, Place, Screen,
        ageing::Ageing,
        decide,
        list::{filter::FilterLine, rows::Rows, sum::Sum},
        show,
    },
    strings::fill,
    theme::Role,
    widget::canvas::Canvas,
};

/// Whom work can be given to.
const PEOPLE: Slot = Slot::Tab(0);
/// Who would get which.
const SPREAD: Slot = Slot::Tab(1);

/// Where the keys go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Opportunities,
    People,
}

/// The screen.
pub struct AssignScreen {
    id: ScreenId,
    side: Side,
    rows: Rows,
    filter: FilterLine,
    /// Whose opportunities the left side shows; none: those of nobody.
    of: Option<UserRef>,
    people: People,
    /// What the left side adds up to.
    sum: Sum,
    seen: Option<u64>,
    /// What the managers have to do, and the sum.
    ageing: Ageing,
}

impl AssignScreen {
    /// With nothing loaded yet.
    pub fn new(sh: &mut Shared) -> Option<Self> {
        let id = sh.id();
        let mut rows = Rows::new(id, 0, Kind::Opportunity, 0, 0)?;
        rows.view = view(&rows, OpportunityView::Unassigned)?;
        Some(Self {
            id,
            side: Side::Opportunities,
            rows,
            filter: FilterLine::default(),
            of: None,
            people: People::default(),
            sum: Sum::default(),
            seen: None,
            ageing: Ageing::default(),
        })
    }

    fn load(&mut self, anew: bool, sh: &mut Shared) {
        if anew {
            self.rows.restart(sh);
        } else {
            self.rows.reload(sh);
        }
        sh.call(self.id, PEOPLE, Request::Work(Ask::Assignees));
        self.seen = Some(sh.changes);
    }

    fn load_figures(&mut self, sh: &mut Shared) {
        sh.call(self.id, PEOPLE, Request::Work(Ask::Assignees));
        self.sum.again(self.id, &self.rows, sh);
    }

    /// The left side shows those of nobody, or what the manager under the cursor has.
    fn turn_to(&mut self, tab: usize, sh: &mut Shared) {
        let of = if tab == 0 { None } else { self.people.current().and_then(|one| one.user.clone()) };
        if tab > 0 && of.is_none() {
            return;
        }
        let wanted = if of.is_none() { OpportunityView::Unassigned } else { OpportunityView::Open };
        let Some(view) = view(&self.rows, wanted) else { return };
        self.rows.view = view;
        self.rows.fixed = of.iter().filter_map(|user| self.assigned_to(user)).collect();
        self.of = of;
        self.sum = Sum::default();
        self.rows.pages = crate::data::page::Pages::default();
        self.rows.restart(sh);
    }

    fn assigned_to(&self, user: &UserRef) -> Option<Condition> {
        let field = self.rows.resource.field("assignee")?;
        Some(Condition { field, values: vec![Value::User(user.clone())] })
    }

    /// What is given away: what is selected, else the row under the cursor.
    fn meant(&self) -> Option<Selection> {
        let row = || Some(many::these(Kind::Opportunity, vec![self.rows.current()?.id]));
        self.rows.selection().or_else(row)
    }

    /// How many that is.
    fn count(&self, sh: &Shared) -> String {
        match self.rows.marked.len() {
            _ if self.rows.all => self.sum.count(sh),
            0 => usize::from(self.rows.current().is_some()).to_string(),
            n => show::thousands(n as i64),
        }
    }

    /// To the manager under the cursor.
    fn assign(&mut self, sh: &mut Shared) {
        let t = sh.t();
        let to = self.people.current().and_then(|one| one.user.clone());
        let (Some(selection), Some(to)) = (self.meant(), to) else {
            sh.say(t.assign_nothing, Role::Dim);
            return;
        };
        if self.of.as_ref().is_some_and(|from| from.id == to.id) {
            sh.say(fill(t.assign_same, &[&show::user(&to)]), Role::Warn);
            return;
        }
        let said = fill(t.assigned_to, &[&show::user(&to)]);
        self.give(bulk_action::Assign { assignee_id: to.id, shares: Vec::new() }, selection, said, sh);
    }

    fn give(&self, assign: bulk_action::Assign, selection: Selection, said: String, sh: &mut Shared) {
        let action = match self.of {
            None => bulk_action::Action::Assign(assign),
            Some(_) => bulk_action::Action::Reassign(assign),
        };
        self.run(action, selection, said, sh);
    }

    fn withdraw(&self, sh: &mut Shared) {
        if let Some(selection) = self.meant() {
            let said = sh.t().withdrawn.to_owned();
            self.run(bulk_action::Action::Withdraw(bulk_action::Nothing {}), selection, said, sh);
        }
    }

    /// One operation. Its result is shown: a word for one row, else each that was refused. What only a filter names is
    /// counted first.
    fn run(&self, action: bulk_action::Action, selection: Selection, what: String, sh: &mut Shared) {
        if sh.waits(PROGRAM, Slot::Act) {
            let text = sh.t().still_saving;
            sh.say(text, Role::Dim);
            return;
        }
        let tell = selection.ids.len() != 1;
        let filtered = selection.filter.is_some();
        let plan = Plan { owner: self.id, what, selection, action: v1::BulkAction { action: Some(action) }, tell };
        let bulk = if filtered { Bulk::ask(plan, sh) } else { Bulk::start(plan, sh) };
        sh.overlays.push(Overlay::Bulk(Box::new(bulk)));
    }

    /// Asks who would get which: the marked ones, or all that the left side finds; the chosen managers, or all.
    fn spread(&mut self, spread: v1::Spread, sh: &mut Shared) {
        if self.rows.pages.is_empty() {
            let text = sh.t().assign_nothing;
            sh.say(text, Role::Dim);
            return;
        }
        let ids: Vec<i64> = self.rows.marked.keys().copied().collect();
        let filter = ids.is_empty().then(|| resource::opportunity_filter(&self.rows.query()));
        let request = v1::SpreadOpportunitiesRequest {
            ids,
            filter,
            assignee_ids: self.people.over(self.of.as_ref().map_or(0, |from| from.id)),
            spread: spread.into(),
        };
        sh.call(self.id, SPREAD, Request::Work(Ask::Spread(Box::new(request))));
    }

    fn visible(&self, sh: &Shared) -> usize {
        draw::layout(app::draw::body(sh.size), self.side).rows.into()
    }

    fn motion(&mut self, action: Action, sh: &mut Shared) -> bool {
        let visible = self.visible(sh);
        match self.side {
            Side::Opportunities => self.rows.act(action, sh, visible),
            Side::People => self.people.act(action, visible),
        }
    }
}

/// The index of a view by its number on the wire.
fn view(rows: &Rows, wanted: OpportunityView) -> Option<usize> {
    rows.resource.views().iter().position(|view| view.wire == wanted as i32)
}

impl Screen for AssignScreen {
    fn id(&self) -> ScreenId {
        self.id
    }

    fn place(&self) -> Place {
        Place::Assignment
    }

    fn layers(&self) -> &'static [Layer] {
        keymap::ASSIGN
    }

    fn enter(&mut self, sh: &mut Shared) {
        if self.seen.is_none() {
            self.load(true, sh);
        } else if self.seen != Some(sh.changes) {
            self.load(false, sh);
        } else {
            let visible = self.visible(sh);
            self.rows.ensure(sh, visible);
            if self.ageing.seen() {
                self.load_figures(sh);
            }
        }
    }

    fn types(&self) -> bool {
        self.filter.typing || self.people.typing
    }

    fn key(&mut self, chord: Chord, sh: &mut Shared) -> bool {
        let visible = self.visible(sh);
        if self.people.typing {
            return self.people.key(chord, visible);
        }
        self.filter.key(chord, self.id, &mut self.rows, sh, visible)
    }

    fn text(&mut self, text: &str, sh: &mut Shared) -> bool {
        match self.side {
            Side::Opportunities => self.filter.type_text(text, self.id, &mut self.rows, sh),
            Side::People => self.people.type_text(text),
        }
        true
    }

    fn act(&mut self, action: Action, chord: Chord, sh: &mut Shared) -> bool {
        if self.motion(action, sh) {
            return true;
        }
        match action {
            Action::NextTab | Action::PrevTab => {
                self.side = if self.side == Side::People { Side::Opportunities } else { Side::People };
                let visible = self.visible(sh);
                self.rows.ensure(sh, visible);
            }
            Action::Find if self.side == Side::People => self.people.typing = true,
            Action::Find => self.filter.typing = true,
            Action::View => self.turn_to(chord.digit().unwrap_or(1) - 1, sh),
            Action::Assign => self.assign(sh),
            Action::SpreadEvenly => self.spread(v1::Spread::Evenly, sh),
            Action::SpreadByWork => self.spread(v1::Spread::ByWorkload, sh),
            Action::Withdraw if self.of.is_some() => self.withdraw(sh),
            Action::New if decide::may_create(Kind::Opportunity, sh) => {
                let to = self.people.current().and_then(|one| one.user.clone());
                let field = self.rows.resource.field("assignee");
                let given = field.zip(to).map(|(field, to)| (field, Value::User(to)));
                sh.nav.push(Nav::New(Kind::Opportunity, given.into_iter().collect()));
            }
            Action::Refresh => self.load(false, sh),
            Action::Open => match (self.side, self.rows.current()) {
                (Side::People, _) => self.turn_to(1, sh),
                (_, Some(record)) => sh.nav.push(Nav::Detail(record.kind, record.id, record.label.clone())),
                _ => {}
            },
            Action::Back if self.side == Side::People && self.people.clear() => {}
            Action::Back if self.rows.halt() || self.rows.unmark() => {}
            Action::Back if !self.filter.line.is_empty() => self.filter.clear(self.id, &mut self.rows, sh),
            Action::Back if self.of.is_some() => self.turn_to(0, sh),
            _ => return false,
        }
        true
    }

    fn reply(&mut self, slot: Slot, request: Request, outcome: Result<Reply, Failure>, sh: &mut Shared) {
        match (slot, outcome) {
            (Slot::Rows(_), outcome) => {
                if let Err(failure) = &outcome {
                    sh.fail(failure, Some((self.id, slot, request)));
                }
                let visible = self.visible(sh);
                self.rows.reply(outcome, sh, visible);
                self.sum.follow(self.id, &self.rows, sh);
            }
            (Slot::Live(_), outcome) => {
                let visible = self.visible(sh);
                self.rows.caught_up(outcome, sh, visible);
            }
            (Slot::Filter(_), outcome) => self.filter.understood(outcome, &mut self.rows, sh),
            (_, Ok(Reply::Work(Told::Assignees(all)))) => self.people.came(all),
            (Slot::Sum, Ok(part)) => self.sum.came(self.id, &request, part, &self.rows, sh),
            (_, Ok(Reply::Work(Told::Spread(shares)))) => {
                if let Request::Work(Ask::Spread(asked)) = request {
                    sh.overlays.push(Overlay::Spread(Spread::new(self.id, asked.spread(), shares)));
                }
            }
            // What it adds up to is an extra.
            (Slot::Sum, _) => {}
            (_, Err(failure)) => sh.fail(&failure, Some((self.id, slot, request))),
            _ => {}
        }
    }

    fn rested(&mut self, slot: Slot, generation: u64, sh: &mut Shared) {
        if matches!(slot, Slot::Filter(_)) {
            self.filter.rested(generation, self.id, &mut self.rows, sh);
        } else if self.ageing.rested(generation) {
            self.load_figures(sh);
        }
    }

    fn told(&mut self, news: &News, top: bool, sh: &mut Shared) {
        self.rows.told(news);
        if top {
            let visible = self.visible(sh);
            self.rows.catch_up(sh, visible);
        }
        if [Kind::Opportunity, Kind::PlanStep, Kind::User].into_iter().any(|kind| news.about(kind)) {
            self.ageing.told(self.id, PEOPLE, top, AGAIN_AFTER, sh);
        }
    }

    fn note(&self, sh: &Shared) -> Vec<(String, Role)> {
        self.rows.announcement(sh).map(|text| (text, Role::Warn)).into_iter().collect()
    }

    fn answer(&mut self, answer: Answer, sh: &mut Shared) {
        if matches!(answer, Answer::Ran) {
            // What was refused is named in the result.
            self.rows.unmark();
        } else if let Answer::Shares(shares) = answer {
            let ids: Vec<i64> = shares.iter().flat_map(|share| share.ids.iter().copied()).collect();
            let said = fill(sh.t().spread_over, &[&shares.iter().filter(|share| !share.ids.is_empty()).count()]);
            let selection = many::these(Kind::Opportunity, ids);
            self.give(bulk_action::Assign { assignee_id: 0, shares }, selection, said, sh);
        }
    }

    fn crumbs(&self, sh: &Shared) -> Vec<String> {
        let many = self.rows.resource.labels().1.get(sh.lang).to_owned();
        vec![many, show::capital(Action::GoAssignment.label().get(sh.lang))]
    }

    fn actions(&self, sh: &Shared) -> Vec<Action> {
        if self.types() {
            return Vec::new();
        }
        let mut out = vec![Action::Assign, Action::SpreadEvenly, Action::SpreadByWork];
        if self.of.is_some() {
            out.push(Action::Withdraw);
        }
        out.extend([Action::NextTab, Action::Select, Action::Find, Action::View, Action::Open]);
        if decide::may_create(Kind::Opportunity, sh) {
            out.push(Action::New);
        }
        out
    }

    fn label(&self, action: Action, sh: &Shared) -> Option<String> {
        let t = sh.t();
        match action {
            Action::Assign => {
                let to = self.people.current().and_then(|one| one.user.as_ref()).map_or("", show::user);
                let count = self.count(sh);
                if sh.size.0 < 60 {
                    return Some(format!("{} {count}", action.label().get(sh.lang)));
                }
                Some(fill(if self.of.is_some() { t.reassign_n_to } else { t.assign_n_to }, &[&count, &to]))
            }
            Action::NextTab => Some(t.other_side.to_owned()),
            Action::View => Some(t.assign_tabs.to_owned()),
            _ => None,
        }
    }

    fn status(&self, sh: &Shared) -> String {
        // Where there is little room, how many are meant says most.
        match (!self.rows.marked.is_empty() || self.rows.all) && sh.size.0 < 60 {
            true => fill(sh.t().selected, &[&self.count(sh)]),
            false => self.rows.status(sh, self.visible(sh)),
        }
    }

    fn draw(&self, c: &mut Canvas<'_>, area: Rect, sh: &Shared) {
        draw::screen(self, c, area, sh);
    }
}

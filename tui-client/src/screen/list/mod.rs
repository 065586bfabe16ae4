//! The list of a kind of record: views, filter as one types, sort, marks, decisions, and a preview of the row under the
//! cursor where there is room. The cursor moves at once whatever the server does.

pub mod draw;
pub mod elsewhere;
pub mod filter;
mod keys;
pub mod rows;
pub mod sum;
pub mod timeline;
pub mod views;

use rolo_proto::v1::{Action as Right, Capability, Kind, Total};

use self::{filter::FilterLine, rows::Rows, sum::Sum, views::Kept};
use super::{Ask, ageing::Ageing, bulk, decide};
use crate::{
    app::{
        self,
        effect::{Preview, Reply, Request, ScreenId, Slot},
        shared::{Shared, allows},
    },
    data::{Failure, importer},
    keys::Action,
    overlay::Overlay,
    resource::Record,
};

/// While others work, the counts beside the views are loaded again so often, and so soon; milliseconds.
const COUNT_EVERY: i64 = 10_000;
const COUNT_SOON: i64 = 1_000;
/// How long the cursor rests before the preview loads.
const PREVIEW_AFTER: u64 = 80;
/// Of what is selected, so many are looked at for what may be done.
const LOOKED_AT: usize = 500;

/// A list.
pub struct ListScreen {
    id: ScreenId,
    /// Its rows.
    pub rows: Rows,
    /// What is typed to narrow it.
    pub filter: FilterLine,
    /// How many each shipped view holds.
    pub counts: Vec<Option<Total>>,
    /// Views that people keep.
    kept: Vec<Kept>,
    /// The kept view that is shown.
    here: Option<i64>,
    /// The name for a view, while it is asked who sees it.
    naming: Option<String>,
    /// What the rows add up to, for opportunities.
    pub sum: Sum,
    /// The record that the right pane shows: the one under the cursor once it has rested.
    pub shown: Option<Record>,
    /// What belongs to it, for a customer.
    pub preview: Option<(i64, Preview)>,
    resting: u64,
    ageing: Ageing,
    counted_at: i64,
    seen: Option<u64>,
    /// The view was chosen, or the first one has shown that it holds something.
    chosen: bool,
}

impl ListScreen {
    /// The list of a kind.
    pub fn new(kind: Kind, sh: &mut Shared) -> Option<Self> {
        let id = sh.id();
        // Who assigns begins with what waits for it, everybody else with what is theirs.
        let assigns = sh.can(Capability::OpportunityAssign);
        let view = usize::from(kind == Kind::Opportunity && !assigns);
        let rows = Rows::new(id, 0, kind, 0, view)?;
        let counts = vec![None; rows.resource.views().len()];
        Some(Self {
            id,
            rows,
            filter: FilterLine::default(),
            counts,
            kept: Vec::new(),
            here: None,
            naming: None,
            sum: Sum::default(),
            shown: None,
            preview: None,
            resting: 0,
            ageing: Ageing::default(),
            counted_at: 0,
            seen: None,
            chosen: false,
        })
    }

    fn kind(&self) -> Kind {
        self.rows.resource.kind()
    }

    /// Whether rows of a file may come into this list.
    pub(super) fn may_import(&self, sh: &Shared) -> bool {
        sh.can(Capability::Import) && importer::takes(self.kind())
    }

    fn visible(&self, sh: &Shared) -> usize {
        draw::layout(app::draw::body(sh.size), sh.size).rows.height.into()
    }

    /// The cursor is on another row: the preview follows when it has rested.
    fn moved(&mut self, sh: &mut Shared) {
        let has_pane = draw::layout(app::draw::body(sh.size), sh.size).preview.is_some();
        let here = self.rows.current().map(|r| (r.id, r.revision));
        if !has_pane || (here.is_some() && self.shown.as_ref().map(|r| (r.id, r.revision)) == here && self.fresh()) {
            return;
        }
        sh.drop_call(self.id, Slot::Preview);
        self.resting = sh.rest(self.id, Slot::Preview, PREVIEW_AFTER);
    }

    /// Whether what belongs to the shown record is here, too.
    fn fresh(&self) -> bool {
        !matches!(self.kind(), Kind::Customer | Kind::Opportunity)
            || self.preview.as_ref().map(|(id, _)| *id) == self.shown.as_ref().map(|r| r.id)
    }

    fn restart(&mut self, sh: &mut Shared) {
        self.rows.restart(sh);
    }

    /// Who has no records of their own (a supervisor, an executive) begins with everybody's.
    fn leave_an_empty_first_view(&mut self, sh: &mut Shared) {
        let holds = |view: usize| self.counts.get(view).and_then(Option::as_ref).map(|total| total.count);
        let empty = holds(self.rows.view) == Some(0) && self.filter.line.is_empty();
        let all = self.rows.resource.view("all").filter(|all| empty && holds(*all) > Some(0));
        if let (false, Some(all)) = (std::mem::replace(&mut self.chosen, true), all) {
            self.go_view(all, sh);
        }
    }

    fn ask_sort(&self, sh: &mut Shared) {
        let fields = self.rows.resource.fields().iter().enumerate();
        let letters: Vec<_> =
            fields.filter_map(|(i, f)| f.sort.map(|c| (c, i, f.label.get(sh.lang).to_owned()))).collect();
        sh.overlays.push(Overlay::letters(self.id, Ask::Sort, sh.t().sort_by, letters));
    }

    fn sort_by(&mut self, field: usize, sh: &mut Shared) {
        self.rows.descending = self.rows.sort == Some(field) && !self.rows.descending;
        self.rows.sort = Some(field);
        self.restart(sh);
    }

    fn motion(&mut self, action: Action, sh: &mut Shared) -> bool {
        let visible = self.visible(sh);
        let moved = self.rows.act(action, sh, visible);
        if moved {
            self.moved(sh);
        }
        moved
    }

    /// Whether a decision is offered: on the row under the cursor, or on any of those selected.
    fn offers(&self, action: Action, sh: &Shared) -> bool {
        action == Action::Repeat || self.marked().any(|record| decide::actions(record, sh).contains(&action))
    }

    fn marked(&self) -> impl Iterator<Item = &Record> {
        self.rows.pages.iter().filter(|record| self.rows.is_marked(record.id)).take(LOOKED_AT)
    }

    /// What is selected; none: a decision is about the row under the cursor.
    fn chosen(&self) -> Option<bulk::Chosen> {
        let assigned = !self.marked().any(|record| allows(record, Right::Assign));
        self.rows.selection().map(|selection| bulk::Chosen { screen: self.id, selection, assigned })
    }

    fn load_counts(&mut self, sh: &mut Shared) {
        self.counted_at = sh.now;
        if matches!(self.kind(), Kind::Customer | Kind::Interaction | Kind::Opportunity) {
            sh.call(self.id, Slot::Counts, Request::Counts(self.kind()));
        }
        self.load_views(sh);
    }

    fn load_figures(&mut self, sh: &mut Shared) {
        self.load_counts(sh);
        self.sum.again(self.id, &self.rows, sh);
    }

    fn decided(&mut self, request: &Request, outcome: Result<Reply, Failure>, sh: &mut Shared) {
        let visible = self.visible(sh);
        match decide::outcome(request, outcome, self.id, sh) {
            decide::Outcome::Gone(ids) => {
                for id in ids {
                    self.rows.pages.remove(id);
                    self.rows.marked.remove(&id);
                }
                self.rows.ensure(sh, visible);
            }
            decide::Outcome::Changed(record) if !self.rows.resource.holds(self.rows.view, &record) => {
                self.rows.pages.remove(record.id);
                self.rows.marked.remove(&record.id);
                self.rows.ensure(sh, visible);
            }
            decide::Outcome::Changed(record) => {
                self.rows.pages.replace(&record);
                self.rows.go(1, sh, visible);
            }
            decide::Outcome::Settled(_) | decide::Outcome::Outdated => self.rows.reload(sh),
            decide::Outcome::Refused => return,
        }
        self.seen = Some(sh.changes);
        self.preview = None;
        self.moved(sh);
        self.load_counts(sh);
    }
}

//! The list of a kind of record: views, filter as one types, sort, marks, decisions, and a preview of the row under the
//! cursor where there is room. The cursor moves at once whatever the server does.

pub mod draw;
pub mod elsewhere;
pub mod filter;
pub mod rows;
pub mod sum;
pub mod timeline;
pub mod views;

use ratatui::layout::Rect;
use rolo_proto::v1::{Action as Right, Capability, Kind, Total, WatchEvent};

use self::{filter::FilterLine, rows::Rows, sum::Sum, views::Kept};
use super::{Answer, Ask, Place, Screen, ageing::Ageing, bulk, decide, show};
use crate::{
    app::{
        self,
        effect::{Preview, Reply, Request, ScreenId, Slot},
        live::News,
        shared::{Nav, Shared, allows},
    },
    data::{Failure, importer},
    keys::{Action, Chord, Layer, keymap},
    overlay::Overlay,
    resource::{ListQuery, Record},
    theme::Role,
    widget::canvas::Canvas,
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

impl Screen for ListScreen {
    fn id(&self) -> ScreenId {
        self.id
    }

    fn place(&self) -> Place {
        Place::List(self.kind())
    }

    fn layers(&self) -> &'static [Layer] {
        keymap::LIST
    }

    fn enter(&mut self, sh: &mut Shared) {
        let visible = self.visible(sh);
        if self.seen.is_none() {
            self.restart(sh);
            self.load_counts(sh);
        } else if self.seen != Some(sh.changes) {
            self.preview = None;
            self.rows.reload(sh);
            self.load_counts(sh);
        } else {
            self.rows.ensure(sh, visible);
            if self.ageing.seen() {
                self.load_figures(sh);
            }
        }
        self.seen = Some(sh.changes);
        self.moved(sh);
    }

    fn types(&self) -> bool {
        self.filter.typing
    }

    fn key(&mut self, chord: Chord, sh: &mut Shared) -> bool {
        let visible = self.visible(sh);
        let used = self.filter.key(chord, self.id, &mut self.rows, sh, visible);
        self.moved(sh);
        used
    }

    fn text(&mut self, text: &str, sh: &mut Shared) -> bool {
        self.filter.type_text(text, self.id, &mut self.rows, sh);
        true
    }

    fn act(&mut self, action: Action, chord: Chord, sh: &mut Shared) -> bool {
        if self.motion(action, sh) {
            return true;
        }
        match action {
            Action::Find => self.filter.typing = true,
            Action::View => self.go_view(chord.digit().unwrap_or(1) - 1, sh),
            Action::Left if self.view() > 0 => self.go_view(self.view() - 1, sh),
            Action::Right => self.go_view(self.view() + 1, sh),
            Action::KeepView => self.ask_name(Ask::KeepView, sh),
            Action::RenameView if self.owns_view() => self.ask_name(Ask::RenameView, sh),
            Action::DeleteView if self.owns_view() => self.delete_view(sh),
            Action::Sort => self.ask_sort(sh),
            Action::Refresh => {
                self.preview = None;
                self.rows.failed = None;
                self.rows.reload(sh);
                self.load_counts(sh);
            }
            Action::New if decide::may_create(self.kind(), sh) => sh.nav.push(Nav::New(self.kind(), Vec::new())),
            Action::Import if self.may_import(sh) => sh.nav.push(Nav::Import(self.kind())),
            Action::Export if sh.can(Capability::Export) => {
                // A name that is free: nothing is ever written over.
                let name = format!("{}-{}.xlsx", self.rows.resource.names().1, show::stamp(sh.now, sh.zone));
                sh.overlays.push(Overlay::words(self.id, Ask::Export, sh.t().export_to, &name, false));
            }
            Action::Back if sh.waits(self.id, Slot::File) => {
                sh.drop_call(self.id, Slot::File);
                let text = sh.t().stopped;
                sh.say(text, Role::Warn);
            }
            Action::SumAll if self.kind() == Kind::Opportunity => self.sum.go_on(self.id, &self.rows, sh),
            Action::Back if self.sum.halt(self.id, sh) => {}
            Action::Back if self.rows.halt() || self.rows.unmark() => {}
            Action::Back if self.filter.is_typed() => self.filter.clear(self.id, &mut self.rows, sh),
            Action::Open => {
                let Some(record) = self.rows.current() else { return true };
                sh.nav.push(decide::opportunity::opened(record));
            }
            _ => {
                if let Some(chosen) = self.chosen().filter(|_| self.offers(action, sh))
                    && bulk::act(action, chosen, sh)
                {
                    return true;
                }
                let targets = self.rows.targets(sh);
                let Some(record) = self.rows.current() else { return false };
                return decide::act(action, decide::Subject { screen: self.id, record, targets }, sh);
            }
        }
        true
    }

    fn reply(&mut self, slot: Slot, request: Request, outcome: Result<Reply, Failure>, sh: &mut Shared) {
        let visible = self.visible(sh);
        match (slot, outcome) {
            (Slot::Rows(_), outcome) => {
                if let Err(failure) = &outcome {
                    sh.fail(failure, Some((self.id, slot, request)));
                }
                self.rows.reply(outcome, sh, visible);
                self.agree();
                self.sum.follow(self.id, &self.rows, sh);
                self.moved(sh);
            }
            (Slot::Sum, Ok(part)) => self.sum.came(self.id, &request, part, &self.rows, sh),
            (Slot::Live(_), outcome) => {
                self.rows.caught_up(outcome, sh, visible);
                self.moved(sh);
            }
            (Slot::Filter(_), outcome) => self.filter.understood(outcome, &mut self.rows, sh),
            (Slot::Counts, Ok(Reply::Counts(counts))) => {
                for (view, total) in counts {
                    if let Some(slot) = self.counts.get_mut(view) {
                        *slot = Some(total);
                    }
                }
                self.agree();
                self.leave_an_empty_first_view(sh);
            }
            (Slot::Views, Ok(Reply::Views(kept))) => {
                self.take_views(kept);
                self.agree();
            }
            (Slot::Act, Ok(Reply::View(view))) => self.kept(*view, sh),
            (Slot::Act, Ok(Reply::Nothing)) if matches!(request, Request::DeleteView(_)) => {
                if let Request::DeleteView(deleted) = request {
                    self.view_deleted(deleted.id, sh);
                }
            }
            (Slot::Preview, Ok(Reply::Preview(preview))) => {
                if let Request::Preview(id) = request {
                    self.preview = Some((id, preview));
                }
            }
            (Slot::Preview, Ok(Reply::Page(page))) => {
                if let Request::List(_, query) = request {
                    self.preview = Some((query.parent_id, Preview { steps: page.records, ..Preview::default() }));
                }
            }
            // Counts, sums and the preview are extras: the rows tell what is wrong.
            (Slot::Counts | Slot::Preview | Slot::Sum | Slot::Views, _) => {}
            (Slot::Act, outcome) => self.decided(&request, outcome, sh),
            (Slot::File, Ok(Reply::Exported(path, rows))) => {
                let said = crate::strings::fill(sh.t().exported, &[&show::thousands(rows as i64), &path]);
                sh.say(said, Role::Good);
            }
            (_, Err(failure)) => sh.fail(&failure, Some((self.id, slot, request))),
            _ => {}
        }
    }

    fn told(&mut self, news: &News, top: bool, sh: &mut Shared) {
        self.rows.told(news);
        if news.about(self.kind()) {
            let pause = (COUNT_EVERY - (sh.now - self.counted_at)).clamp(COUNT_SOON, COUNT_EVERY);
            self.ageing.told(self.id, Slot::Counts, top, pause as u64, sh);
        }
        if news.about_views(self.kind()) {
            // Few do this, and seldom: it shows at once.
            match top {
                true => self.load_views(sh),
                false => self.ageing.told(self.id, Slot::Counts, top, COUNT_SOON as u64, sh),
            }
        }
        // What belongs to the record beside the list.
        let belongs = |e: &WatchEvent| elsewhere::parent(e.kind()) == self.kind();
        let beside = |id: i64| news.events.iter().any(|e| e.parent_id == id && belongs(e));
        let beside = self.preview.as_ref().is_some_and(|(id, _)| beside(*id));
        if !top {
            self.preview = self.preview.take().filter(|_| !beside);
            return;
        }
        self.rows.catch_up(sh, self.visible(sh));
        if beside {
            self.resting = sh.rest(self.id, Slot::Preview, PREVIEW_AFTER);
        }
    }

    fn beside(&self) -> Option<(Kind, i64)> {
        self.shown.as_ref().map(|record| (record.kind, record.id))
    }

    fn note(&self, sh: &Shared) -> Vec<(String, Role)> {
        self.rows.announcement(sh).map(|text| (text, Role::Warn)).into_iter().collect()
    }

    fn rested(&mut self, slot: Slot, generation: u64, sh: &mut Shared) {
        match slot {
            Slot::Counts if self.ageing.rested(generation) => self.load_figures(sh),
            Slot::Preview if generation == self.resting => {
                self.shown = self.rows.current().cloned();
                match self.shown.as_ref().map(|r| (r.kind, r.id)) {
                    Some((Kind::Customer, id)) => {
                        sh.call(self.id, Slot::Preview, Request::Preview(id));
                    }
                    Some((Kind::Opportunity, id)) => {
                        let query = ListQuery { parent_id: id, page_size: 20, ..ListQuery::default() };
                        sh.call(self.id, Slot::Preview, Request::List(Kind::PlanStep, query));
                    }
                    _ => {}
                }
            }
            Slot::Filter(_) => self.filter.rested(generation, self.id, &mut self.rows, sh),
            _ => {}
        }
    }

    fn answer(&mut self, answer: Answer, sh: &mut Shared) {
        match answer {
            Answer::Letter(Ask::View, view) => self.go_view(view, sh),
            Answer::Letter(Ask::ShareView, whose) => self.keep_view(whose == 1, sh),
            Answer::Words(Ask::KeepView, name, _) => self.named(name, sh),
            Answer::Words(Ask::RenameView, name, _) => self.rename_view(name, sh),
            Answer::Letter(Ask::Sort, field) => self.sort_by(field, sh),
            Answer::Words(Ask::Export, path, _) => {
                let request = Request::Export(self.kind(), self.rows.query(), path, super::form::editor::locale(sh));
                sh.call(self.id, Slot::File, request);
            }
            Answer::Yes(Ask::Delete) => {
                let targets = self.rows.targets(sh);
                sh.call(self.id, Slot::Act, Request::Delete(self.kind(), targets));
            }
            Answer::Ran => {
                self.rows.unmark();
            }
            answer => {
                if let Some(chosen) = self.chosen()
                    && bulk::answer(&answer, chosen, sh)
                {
                    return;
                }
                let mut targets = self.rows.targets(sh);
                let Some(record) = self.rows.current() else { return };
                let at = targets.iter().position(|t| t.id == record.id);
                let target = at.map(|i| targets.swap_remove(i));
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
        }
    }

    fn narrow(&mut self, view: i32, filter: &str, sh: &mut Shared) {
        let Some(at) = self.rows.resource.views().iter().position(|one| one.wire == view) else { return };
        self.chosen = true;
        self.here = None;
        self.rows.view = at;
        self.rows.search.clear();
        self.rows.conditions.clear();
        // What it held before is no answer to what is asked now.
        self.rows.pages = crate::data::page::Pages::default();
        self.filter.give(filter, self.id, &mut self.rows, sh);
    }

    fn crumbs(&self, sh: &Shared) -> Vec<String> {
        let resource = self.rows.resource;
        let view = self.all_views(sh).into_iter().nth(self.view()).map(|(name, _)| name);
        std::iter::once(resource.labels().1.get(sh.lang).to_owned()).chain(view).collect()
    }

    fn actions(&self, sh: &Shared) -> Vec<Action> {
        if self.filter.typing {
            return Vec::new();
        }
        let mut out = Vec::new();
        let record = self.rows.current();
        let selected = self.rows.selection().is_some();
        // Who has selected wants to do something to what is selected.
        if selected {
            out.extend(bulk::ACTIONS.into_iter().filter(|action| self.offers(*action, sh)));
        }
        if record.is_some() {
            out.push(Action::Open);
        }
        // What an opportunity waits for comes before what every record has.
        if let Some(record) = record.filter(|_| !selected) {
            out.extend(decide::opportunity::actions(record));
        }
        if decide::may_create(self.kind(), sh) {
            out.push(Action::New);
        }
        if !selected {
            let actions = record.iter().flat_map(|r| decide::actions(r, sh));
            let more: Vec<_> = actions.filter(|a| !matches!(a, Action::Copy | Action::Follow)).collect();
            out.extend(more.into_iter().filter(|action| !out.contains(action)).collect::<Vec<_>>());
        }
        out.push(Action::Find);
        if record.is_some() {
            out.extend([Action::Select, Action::Sort, Action::Copy]);
            if sh.can(Capability::Export) {
                out.push(Action::Export);
            }
            if self.kind() == Kind::Opportunity {
                out.push(Action::SumAll);
            }
            out.push(Action::Repeat);
            if !selected {
                out.push(Action::Follow);
            }
        }
        out.push(Action::KeepView);
        if self.owns_view() {
            out.extend([Action::RenameView, Action::DeleteView]);
        }
        if self.may_import(sh) {
            out.push(Action::Import);
        }
        out
    }

    fn hints(&self, sh: &Shared) -> Option<Vec<(String, String)>> {
        let t = sh.t();
        let hint = |key: &str, text: &str| (key.to_owned(), text.to_owned());
        self.filter.typing.then(|| {
            vec![hint(sh.enter(), t.filter_keep), hint("esc", t.filter_clear), hint("field:value", t.filter_narrow)]
        })
    }

    fn choices(&self, sh: &Shared) -> Vec<(String, Answer)> {
        let views = self.all_views(sh).into_iter().enumerate();
        views.map(|(at, (name, _))| (name, Answer::Letter(Ask::View, at))).collect()
    }

    fn status(&self, sh: &Shared) -> String {
        let (sum, rows) = (self.sum.text(sh), self.rows.status(sh, self.visible(sh)));
        // Where there is little room, what can be done to what is selected says more.
        let narrow = sh.size.0 < if self.rows.selection().is_some() { 100 } else { 60 };
        if sum.is_empty() || rows.is_empty() || narrow { rows } else { format!("{sum}  {rows}") }
    }

    fn draw(&self, c: &mut Canvas<'_>, area: Rect, sh: &Shared) {
        draw::list(self, c, area, sh);
    }
}

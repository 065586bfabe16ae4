//! The list of a kind of record: views, filter as one types, sort, marks, decisions, and a preview of the row under the
//! cursor where there is room. The cursor moves at once whatever the server does.

pub mod draw;
pub mod filter;
pub mod rows;
pub mod timeline;

use ratatui::layout::Rect;
use rolo_proto::v1::{Capability, Kind, Total};

use self::{filter::FilterLine, rows::Rows};
use super::{Answer, Ask, Place, Screen, decide, show};
use crate::{
    app::{
        self,
        effect::{Preview, Reply, Request, ScreenId, Slot},
        shared::{Nav, Shared},
    },
    data::{Failure, importer},
    keys::{Action, Chord, Layer, keymap},
    overlay::Overlay,
    resource::Record,
    widget::canvas::Canvas,
};

/// How long the cursor rests before the preview loads.
const PREVIEW_AFTER: u64 = 80;

/// A list.
pub struct ListScreen {
    id: ScreenId,
    /// Its rows.
    pub rows: Rows,
    /// What is typed to narrow it.
    pub filter: FilterLine,
    /// How many each view holds.
    pub counts: Vec<Option<Total>>,
    /// The record that the right pane shows: the one under the cursor once it has rested.
    pub shown: Option<Record>,
    /// What belongs to it, for a customer.
    pub preview: Option<(i64, Preview)>,
    resting: u64,
    seen: Option<u64>,
    /// The view was chosen, or the first one has shown that it holds something.
    chosen: bool,
}

impl ListScreen {
    /// The list of a kind.
    pub fn new(kind: Kind, sh: &mut Shared) -> Option<Self> {
        let id = sh.id();
        let rows = Rows::new(id, 0, kind, 0, 0)?;
        let counts = vec![None; rows.resource.views().len()];
        Some(Self {
            id,
            rows,
            filter: FilterLine::default(),
            counts,
            shown: None,
            preview: None,
            resting: 0,
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
        self.kind() != Kind::Customer || self.preview.as_ref().map(|(id, _)| *id) == self.shown.as_ref().map(|r| r.id)
    }

    fn restart(&mut self, sh: &mut Shared) {
        self.rows.restart(sh);
    }

    fn go_view(&mut self, view: usize, sh: &mut Shared) {
        if view < self.rows.resource.views().len() {
            self.chosen = true;
            self.rows.view = view;
            self.restart(sh);
        }
    }

    /// Who has no records of their own (a supervisor, an executive) begins with everybody's.
    fn leave_an_empty_first_view(&mut self, sh: &mut Shared) {
        let holds = |view: usize| self.counts.get(view).and_then(Option::as_ref).map(|total| total.count);
        let empty = holds(0) == Some(0) && holds(1) > Some(0);
        if !std::mem::replace(&mut self.chosen, true) && empty && self.filter.line.is_empty() {
            self.go_view(1, sh);
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
        let page = visible.max(1) as isize;
        match action {
            Action::Down => self.rows.go(1, sh, visible),
            Action::Up => self.rows.go(-1, sh, visible),
            Action::PageDown => self.rows.go(page, sh, visible),
            Action::PageUp => self.rows.go(-page, sh, visible),
            Action::HalfDown => self.rows.go(page / 2, sh, visible),
            Action::HalfUp => self.rows.go(-page / 2, sh, visible),
            Action::Top => self.rows.to(0, sh, visible),
            Action::Bottom => self.rows.to(usize::MAX, sh, visible),
            Action::Select => self.rows.toggle(sh, visible),
            Action::SelectRange => self.rows.range(),
            Action::SelectAll => self.rows.mark_all(sh, visible),
            _ => return false,
        }
        self.moved(sh);
        true
    }

    fn load_counts(&self, sh: &mut Shared) {
        if matches!(self.kind(), Kind::Customer | Kind::Interaction | Kind::Opportunity) {
            sh.call(self.id, Slot::Counts, Request::Counts(self.kind()));
        }
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
            Action::Left if self.rows.view > 0 => self.go_view(self.rows.view - 1, sh),
            Action::Right => self.go_view(self.rows.view + 1, sh),
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
                sh.say(text, crate::theme::Role::Warn);
            }
            Action::Back if self.rows.halt() || self.rows.unmark() => {}
            Action::Back if !self.filter.line.is_empty() => self.filter.clear(self.id, &mut self.rows, sh),
            Action::Open => {
                let Some(record) = self.rows.current() else { return true };
                sh.nav.push(Nav::Detail(record.kind, record.id, record.label.clone()));
            }
            _ => {
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
                self.moved(sh);
            }
            (Slot::Filter(_), outcome) => self.filter.understood(outcome, &mut self.rows, sh),
            (Slot::Counts, Ok(Reply::Counts(counts))) => {
                for (view, total) in counts {
                    if let Some(slot) = self.counts.get_mut(view) {
                        *slot = Some(total);
                    }
                }
                self.leave_an_empty_first_view(sh);
            }
            (Slot::Preview, Ok(Reply::Preview(preview))) => {
                if let Request::Preview(id) = request {
                    self.preview = Some((id, preview));
                }
            }
            // The counts and the preview are extras: the rows tell what is wrong.
            (Slot::Counts | Slot::Preview, _) => {}
            (Slot::Act, outcome) => self.decided(&request, outcome, sh),
            (Slot::File, Ok(Reply::Exported(path, rows))) => {
                let said = crate::strings::fill(sh.t().exported, &[&show::thousands(rows as i64), &path]);
                sh.say(said, crate::theme::Role::Good);
            }
            (_, Err(failure)) => sh.fail(&failure, Some((self.id, slot, request))),
            _ => {}
        }
    }

    fn rested(&mut self, slot: Slot, generation: u64, sh: &mut Shared) {
        match slot {
            Slot::Preview if generation == self.resting => {
                self.shown = self.rows.current().cloned();
                if let Some(record) = self.shown.as_ref().filter(|r| r.kind == Kind::Customer) {
                    sh.call(self.id, Slot::Preview, Request::Preview(record.id));
                }
            }
            Slot::Filter(_) => self.filter.rested(generation, self.id, &mut self.rows, sh),
            _ => {}
        }
    }

    fn answer(&mut self, answer: Answer, sh: &mut Shared) {
        match answer {
            Answer::Letter(Ask::Sort, field) => self.sort_by(field, sh),
            Answer::Words(Ask::Export, path, _) => {
                let request = Request::Export(self.kind(), self.rows.query(), path, super::form::editor::locale(sh));
                sh.call(self.id, Slot::File, request);
            }
            Answer::Yes(Ask::Delete) => {
                let targets = self.rows.targets(sh);
                sh.call(self.id, Slot::Act, Request::Delete(self.kind(), targets));
            }
            answer => {
                let mut targets = self.rows.targets(sh);
                let Some(record) = self.rows.current() else { return };
                let at = targets.iter().position(|t| t.id == record.id);
                let target = at.map(|i| targets.swap_remove(i));
                match answer {
                    Answer::Picked(Ask::Merge, other) => decide::merge_with(record, &other, sh),
                    Answer::Picked(Ask::Assign, manager) => decide::assign(self.id, record, target, manager, sh),
                    Answer::Words(Ask::Snooze, words, until) => decide::snooze(self.id, target, words, until, sh),
                    Answer::Letter(Ask::Copy, field) => decide::copied(record, field, sh),
                    _ => {}
                }
            }
        }
    }

    fn crumbs(&self, sh: &Shared) -> Vec<String> {
        let resource = self.rows.resource;
        let view = resource.views().get(self.rows.view).map(|v| v.label.get(sh.lang).to_owned());
        std::iter::once(resource.labels().1.get(sh.lang).to_owned()).chain(view).collect()
    }

    fn actions(&self, sh: &Shared) -> Vec<Action> {
        if self.filter.typing {
            return Vec::new();
        }
        let mut out = Vec::new();
        let record = self.rows.current();
        if record.is_some() {
            out.push(Action::Open);
        }
        if decide::may_create(self.kind(), sh) {
            out.push(Action::New);
        }
        out.extend(record.iter().flat_map(|r| decide::actions(r, sh)).filter(|a| *a != Action::Copy));
        out.push(Action::Find);
        if record.is_some() {
            out.extend([Action::Select, Action::Sort, Action::Copy]);
            if sh.can(Capability::Export) {
                out.push(Action::Export);
            }
            out.push(Action::Repeat);
        }
        if self.may_import(sh) {
            out.push(Action::Import);
        }
        out
    }

    fn hints(&self, sh: &Shared) -> Option<Vec<(String, String)>> {
        let t = sh.t();
        let hint = |key: &str, text: &str| (key.to_owned(), text.to_owned());
        let enter = if sh.lang == crate::strings::Lang::Zh { "回车" } else { "enter" };
        self.filter.typing.then(|| {
            vec![hint(enter, t.filter_keep), hint("esc", t.filter_clear), hint("field:value", t.filter_narrow)]
        })
    }

    fn status(&self, sh: &Shared) -> String {
        self.rows.status(sh, self.visible(sh))
    }

    fn draw(&self, c: &mut Canvas<'_>, area: Rect, sh: &Shared) {
        draw::list(self, c, area, sh);
    }
}

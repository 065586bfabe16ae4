//! What a list makes of keys, answers, replies and what others do.

use ratatui::layout::Rect;
use rolo_proto::v1::{Capability, Kind, WatchEvent};

use super::{COUNT_EVERY, COUNT_SOON, ListScreen, PREVIEW_AFTER, draw, elsewhere};
use crate::{
    app::{
        effect::{Preview, Reply, Request, ScreenId, Slot},
        live::News,
        shared::{Nav, Shared},
    },
    data::{Failure, page::Pages},
    keys::{Action, Chord, Layer, keymap},
    overlay::Overlay,
    resource::ListQuery,
    screen::{Answer, Ask, Place, Screen, bulk, decide, form::editor::locale, show},
    strings::fill,
    theme::Role,
    widget::canvas::Canvas,
};

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
                let said = fill(sh.t().exported, &[&show::thousands(rows as i64), &path]);
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
                let request = Request::Export(self.kind(), self.rows.query(), path, locale(sh));
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
        self.rows.pages = Pages::default();
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

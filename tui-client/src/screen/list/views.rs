//! The views of a list: those that are shipped, then those that people keep, each with what it holds. A kept view is a
//! filter as it is typed, the shipped view that it narrows, and an order, under a name; its owner's alone, or shared with
//! their department.

use rolo_proto::v1::{self, Action as Right, Kind, SavedView, SavedViewInput, Total};

use super::ListScreen;
use crate::{
    app::{
        effect::{Request, Slot},
        shared::Shared,
    },
    overlay::Overlay,
    screen::{Ask, form::editor::locale, show},
    strings::fill,
    theme::Role,
};

/// A view that somebody keeps, and how many records it holds.
pub type Kept = (SavedView, Option<Total>);

/// Kept views of one kind that are loaded.
pub const MOST: usize = 20;

impl ListScreen {
    /// Every view in order: its name and what it holds, if that is known.
    pub fn all_views(&self, sh: &Shared) -> Vec<(String, Option<String>)> {
        let shipped = self
            .rows
            .resource
            .views()
            .iter()
            .enumerate()
            .map(|(i, v)| (v.label.get(sh.lang).to_owned(), self.counts.get(i).copied().flatten()));
        let kept = self.kept.iter().map(|(view, total)| (view.name.clone(), *total));
        let said = |total: Option<Total>| total.as_ref().map(show::total).filter(|said| !said.is_empty());
        shipped.chain(kept).map(|(name, total)| (name, said(total))).collect()
    }

    /// Which of [`Self::all_views`] is shown.
    pub fn view(&self) -> usize {
        let kept = self.here.and_then(|id| self.kept.iter().position(|(view, _)| view.id == id));
        kept.map_or(self.rows.view, |at| self.rows.resource.views().len() + at)
    }

    /// Rows and the count beside their view are counted apart, each up to a bound: what one knows better shows in both.
    pub(super) fn agree(&mut self) {
        let (rows, view, shipped) = (&self.rows, self.view(), self.counts.len());
        let narrowed = match self.kept_here() {
            None => !(rows.search.is_empty() && rows.conditions.is_empty()),
            Some(kept) => self.filter.line.text().trim() != kept.filter.trim(),
        };
        if narrowed || rows.stale || self.filter.fault.is_some() {
            return;
        }
        let counted = match view.checked_sub(shipped) {
            None => self.counts.get_mut(view),
            Some(kept) => self.kept.get_mut(kept).map(|(_, total)| total),
        };
        if let (Some(Some(counted)), Some(rows)) = (counted, &mut self.rows.pages.total) {
            (*counted, *rows) = (show::fuller(*counted, *rows), show::fuller(*rows, *counted));
        }
    }

    /// The kept view that is shown.
    fn kept_here(&self) -> Option<&SavedView> {
        self.here.and_then(|id| self.kept.iter().find(|(view, _)| view.id == id)).map(|(view, _)| view)
    }

    /// Whether the view that is shown may be renamed and deleted.
    pub fn owns_view(&self) -> bool {
        self.kept_here().is_some_and(|view| view.allowed_actions.contains(&(Right::Edit as i32)))
    }

    /// Shows a view by its place.
    pub fn go_view(&mut self, view: usize, sh: &mut Shared) {
        let shipped = self.rows.resource.views().len();
        if view < shipped {
            self.chosen = true;
            if self.here.take().is_some() {
                // Filter and order were the kept view's.
                (self.rows.sort, self.rows.descending) = (None, false);
                self.rows.view = view;
                self.filter.show("", self.id, &mut self.rows, sh);
                return;
            }
            self.rows.view = view;
            self.rows.restart(sh);
        } else if let Some((kept, _)) = self.kept.get(view - shipped).cloned() {
            self.chosen = true;
            self.here = Some(kept.id);
            let resource = self.rows.resource;
            let base = resource.views().iter().position(|v| v.wire == kept.base);
            self.rows.view = base.or_else(|| resource.view("all")).unwrap_or(0);
            let sorts = |i: &usize| kept.sort != 0 && resource.sort_wire(*i) == kept.sort;
            self.rows.sort = (0..resource.fields().len()).find(sorts);
            self.rows.descending = kept.descending;
            self.filter.show(&kept.filter, self.id, &mut self.rows, sh);
        }
    }

    /// What kept views there are, and what they hold.
    pub fn load_views(&self, sh: &mut Shared) {
        if !matches!(self.kind(), Kind::User | Kind::DictionaryItem) {
            sh.call(self.id, Slot::Views, Request::Views(self.kind(), locale(sh)));
        }
    }

    /// The kept views are here.
    pub fn take_views(&mut self, kept: Vec<Kept>) {
        self.kept = kept;
        if self.kept_here().is_none() {
            self.here = None;
        }
    }

    /// Asks under which name to keep what is shown.
    pub fn ask_name(&self, ask: Ask, sh: &mut Shared) {
        let name = self.kept_here().filter(|_| self.owns_view()).map_or("", |view| view.name.as_str());
        let title = if ask == Ask::KeepView { sh.t().keep_view } else { sh.t().rename_view };
        sh.overlays.push(Overlay::words(self.id, ask, title, name, false));
    }

    /// The name was given; who sees it is the next question.
    pub fn named(&mut self, name: String, sh: &mut Shared) {
        self.naming = Some(name);
        let t = sh.t();
        let rows = vec![('m', 0, t.view_mine.to_owned()), ('d', 1, t.view_departments.to_owned())];
        sh.overlays.push(Overlay::letters(self.id, Ask::ShareView, t.view_whose, rows));
    }

    /// Keeps what is shown; under the name of one's own view that is shown, that one is changed.
    pub fn keep_view(&mut self, shared: bool, sh: &mut Shared) {
        let Some(name) = self.naming.take() else { return };
        let rows = &self.rows;
        let input = SavedViewInput {
            kind: self.kind().into(),
            name,
            filter: self.filter.line.text().trim().to_owned(),
            base: rows.resource.views().get(rows.view).map_or(0, |v| v.wire),
            sort: rows.sort.map_or(0, |field| rows.resource.sort_wire(field)),
            descending: rows.descending,
            shared,
            position: 0,
        };
        let request_id = sh.request_id();
        let before = self.kept_here().filter(|view| self.owns_view() && view.name == input.name);
        let request = match before {
            None => Request::CreateView(v1::CreateViewRequest { view: Some(input), request_id }),
            Some(view) => {
                let mask = ["filter", "base", "sort", "descending", "shared"];
                Request::UpdateView(update(view, input, &mask, request_id))
            }
        };
        sh.call(self.id, Slot::Act, request);
    }

    /// Another name for the view that is shown.
    pub fn rename_view(&self, name: String, sh: &mut Shared) {
        let Some(view) = self.kept_here().filter(|_| self.owns_view()) else { return };
        let request_id = sh.request_id();
        let input = SavedViewInput { name, ..Default::default() };
        let request = update(view, input, &["name"], request_id);
        sh.call(self.id, Slot::Act, Request::UpdateView(request));
    }

    /// Takes the view that is shown away; undo brings it back.
    pub fn delete_view(&self, sh: &mut Shared) {
        let Some(view) = self.kept_here().filter(|_| self.owns_view()) else { return };
        let request_id = sh.request_id();
        let request = v1::DeleteViewRequest { id: view.id, revision: view.revision, request_id };
        sh.call(self.id, Slot::Act, Request::DeleteView(request));
    }

    /// A view was kept: it is the one that is shown.
    pub fn kept(&mut self, view: SavedView, sh: &mut Shared) {
        let said = fill(sh.t().view_kept, &[&view.name]);
        sh.say(said, Role::Good);
        self.here = Some(view.id);
        match self.kept.iter_mut().find(|(one, _)| one.id == view.id) {
            Some((one, _)) => *one = view,
            None => self.kept.push((view, self.rows.pages.total)),
        }
        self.load_views(sh);
    }

    /// A view was deleted; what it showed stays.
    pub fn view_deleted(&mut self, id: i64, sh: &mut Shared) {
        sh.say_with(sh.t().view_deleted, Role::Good, crate::keys::Action::Undo);
        self.kept.retain(|(view, _)| view.id != id);
        self.here = None;
    }
}

fn update(view: &SavedView, input: SavedViewInput, mask: &[&str], request_id: String) -> v1::UpdateViewRequest {
    let mut request = v1::UpdateViewRequest {
        id: view.id,
        view: Some(input),
        update_mask: Some(Default::default()),
        seen: None,
        revision: view.revision,
        request_id,
    };
    request.update_mask.get_or_insert_default().paths = mask.iter().map(|path| (*path).to_owned()).collect();
    request
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        app::effect::Reply,
        resource::{Page, Record},
        screen::Screen,
        strings::Lang,
        text::Measure,
        theme::{Theme, ThemeName},
    };

    /// Tab and footer are counted apart, each up to a bound of its own.
    #[test]
    fn the_count_beside_a_view_and_the_rows_that_it_shows_say_the_same() {
        let measure = Measure::default();
        let theme = Theme::new(ThemeName::Default, measure);
        let said = |counted: Total, of_rows: Total| {
            let sh = &mut Shared::new(Lang::En, measure, theme, (80, 24), 1);
            let mut list = ListScreen::new(Kind::Customer, sh)?;
            list.enter(sh);
            let record = Record {
                kind: Kind::Customer,
                id: 1,
                revision: 1,
                label: String::new(),
                allowed: Vec::new(),
                values: Vec::new(),
                operation_id: 0,
                warnings: Vec::new(),
            };
            let page = Page { records: vec![record], next_page_token: "b".into(), total: Some(of_rows) };
            list.reply(Slot::Counts, Request::Reach, Ok(Reply::Counts(vec![(0, counted)])), sh);
            list.reply(Slot::Rows(0), Request::Reach, Ok(Reply::Page(page)), sh);
            Some((list.all_views(sh).swap_remove(0).1?, list.status(sh)))
        };
        let total = |count, at_least| Total { count, at_least };
        let both = |count: &str| Some((count.to_owned(), format!("1–1 of {count}")));
        assert_eq!(said(total(1_408, true), total(1_984, false)), both("1,984"));
        assert_eq!(said(total(1_984, false), total(1_408, true)), both("1,984"));
        assert_eq!(said(total(1_408, true), total(2_500, true)), both("2,000+"));
        // Of a count that ended before it had seen ten, nothing is said; the rows that are here are counted.
        assert_eq!(said(total(0, true), total(0, true)), None);
        // What others have done since shows in the count at once, in the rows with `R`.
        let since = Some(("9".to_owned(), "1–1 of 8".to_owned()));
        assert_eq!(said(total(9, false), total(8, false)), since);
    }
}

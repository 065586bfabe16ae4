//! The rows of one list: what is asked for, what is loaded, where the cursor stands and what is marked. Used by the list
//! screen and by the tabs of a detail.

use std::collections::BTreeMap;

use rolo_proto::v1::{Kind, Selection, Total};

use super::elsewhere::Elsewhere;
use crate::{
    app::{
        effect::{Reply, Request, ScreenId, Slot, Target},
        shared::Shared,
    },
    data::{Failure, Reason, page::Pages},
    keys::Action,
    resource::{self, Condition, ListQuery, Record, Resource, many},
    screen::show,
    strings::fill,
    widget::table,
};

/// Rows asked for at a time.
const PAGE: i32 = 100;
/// As far as G goes on its own.
const FAR: usize = 100_000;

/// Marked rows: revision and name by id.
pub type Marks = BTreeMap<i64, (i64, String)>;

/// One list.
pub struct Rows {
    pub(super) owner: ScreenId,
    pub(super) nth: u8,
    /// What kind of rows.
    pub resource: &'static dyn Resource,
    /// Only what belongs to this record (0: all).
    pub parent_id: i64,
    /// Index of the view.
    pub view: usize,
    /// Bare words.
    pub search: String,
    /// What the typed filter narrows to.
    pub conditions: Vec<Condition>,
    /// What holds beside it, whatever is typed.
    pub fixed: Vec<Condition>,
    /// Sorted by this field.
    pub sort: Option<usize>,
    /// Downwards.
    pub descending: bool,
    /// What is loaded.
    pub pages: Pages,
    /// The row under the cursor.
    pub cursor: usize,
    /// The first row shown.
    pub first: usize,
    /// Marked rows.
    pub marked: Marks,
    /// All that match are selected: more than are loaded.
    pub all: bool,
    /// The range of marks that the cursor draws: where it began, and what was marked before.
    range: Option<(usize, Marks)>,
    /// The list could not be loaded.
    pub failed: Option<String>,
    /// What is loaded was asked for by another query: shown until the first page of the new one is here.
    pub stale: bool,
    loading: Option<(usize, String)>,
    /// The cursor wants to be here once it is loaded.
    goal: Option<usize>,
    /// Or on this record.
    keep: Option<i64>,
    /// Counts the resets, so that the preview knows.
    pub version: u64,
    /// What others have done to it.
    pub elsewhere: Elsewhere,
}

impl Rows {
    /// The `nth` list of a screen.
    pub fn new(owner: ScreenId, nth: u8, kind: Kind, parent_id: i64, view: usize) -> Option<Self> {
        Some(Self {
            owner,
            nth,
            resource: resource::of(kind)?,
            parent_id,
            view,
            search: String::new(),
            conditions: Vec::new(),
            fixed: Vec::new(),
            sort: None,
            descending: false,
            pages: Pages::default(),
            cursor: 0,
            first: 0,
            marked: BTreeMap::new(),
            all: false,
            range: None,
            failed: None,
            stale: false,
            loading: None,
            goal: None,
            keep: None,
            version: 0,
            elsewhere: Elsewhere::default(),
        })
    }

    /// What is asked for.
    pub fn query(&self) -> ListQuery {
        ListQuery {
            search: self.search.clone(),
            view: self.view,
            conditions: self.fixed.iter().chain(&self.conditions).cloned().collect(),
            parent_id: self.parent_id,
            sort: self.sort,
            descending: self.descending,
            page_size: PAGE,
            ..ListQuery::default()
        }
    }

    /// Asks anew: another filter, view or order. The rows stay on the screen until the new ones come.
    pub fn restart(&mut self, sh: &mut Shared) {
        self.stale = true;
        self.keep = None;
        self.goal = None;
        self.unmark();
        self.load(0, String::new(), sh);
    }

    /// What is asked for is not known yet: nothing is loaded before it is.
    pub fn wait(&mut self, sh: &mut Shared) {
        sh.drop_call(self.owner, Slot::Rows(self.nth));
        self.loading = None;
        self.stale = true;
    }

    /// It will not be known: what was asked for before is.
    pub fn stop_waiting(&mut self, sh: &mut Shared) {
        if self.stale && !sh.waits(self.owner, Slot::Rows(self.nth)) {
            self.restart(sh);
        }
    }

    /// Loads the same again and keeps the cursor on its record.
    pub fn reload(&mut self, sh: &mut Shared) {
        self.keep = self.current().map(|r| r.id);
        self.goal = Some(self.cursor);
        self.stale = true;
        self.range = None;
        self.load(0, String::new(), sh);
    }

    /// Loads the same again and puts the cursor on this record.
    pub fn reload_at(&mut self, id: i64, sh: &mut Shared) {
        self.reload(sh);
        self.keep = Some(id);
    }

    fn load(&mut self, page: usize, token: String, sh: &mut Shared) {
        if page == 0 && self.stale {
            // What was told before this goes out is in what comes.
            self.elsewhere = Elsewhere::default();
            sh.drop_call(self.owner, Slot::Live(self.nth));
        }
        let mut query = self.query();
        query.with_total = page == 0;
        query.page_token.clone_from(&token);
        self.loading = Some((page, token));
        sh.call(self.owner, Slot::Rows(self.nth), Request::List(self.resource.kind(), query));
    }

    /// Loads what the window lacks, one page ahead of the cursor.
    pub fn ensure(&mut self, sh: &mut Shared, visible: usize) {
        self.cursor = self.cursor.min(self.pages.len().saturating_sub(1));
        self.first = table::scroll(self.first, self.cursor, visible, self.pages.len());
        self.draw_range();
        if self.stale || sh.waits(self.owner, Slot::Rows(self.nth)) || self.failed.is_some() {
            return;
        }
        let end = match self.goal {
            Some(goal) => goal.min(FAR) + 1,
            None => self.first + visible * 2,
        };
        if let Some((page, token)) = self.pages.missing(self.first, end.max(1)) {
            self.load(page, token, sh);
        } else {
            self.goal = None;
        }
        self.catch_up(sh, visible);
    }

    /// A page has come, or not.
    pub fn reply(&mut self, outcome: Result<Reply, Failure>, sh: &mut Shared, visible: usize) {
        let Some((page, token)) = self.loading.take() else { return };
        match outcome {
            Ok(Reply::Page(loaded)) => {
                self.failed = None;
                if self.stale && page == 0 {
                    self.pages = Pages::default();
                    self.stale = false;
                    self.version += 1;
                    if self.goal.is_none() && self.keep.is_none() {
                        (self.cursor, self.first) = (0, 0);
                    }
                }
                self.pages.fill(page, token, loaded, self.cursor);
                if let Some(at) = self.keep.and_then(|id| self.pages.position(id)) {
                    self.cursor = at;
                    self.keep = None;
                    self.goal = None;
                } else if let Some(goal) = self.goal {
                    self.cursor = goal.min(self.pages.len().saturating_sub(1));
                    if goal < self.pages.len() || self.pages.is_complete() {
                        self.goal = None;
                        self.keep = None;
                    }
                }
                self.ensure(sh, visible);
            }
            Ok(_) => {}
            // The list has moved on under its token: begin again.
            Err(failure) if failure.reason == Reason::BadPageToken && page > 0 => self.reload(sh),
            Err(failure) => {
                self.failed = Some(failure.message(sh.lang));
                self.stale = false;
            }
        }
    }

    /// The record under the cursor.
    pub fn current(&self) -> Option<&Record> {
        self.pages.get(self.cursor)
    }

    /// Moves the cursor by so many rows.
    pub fn go(&mut self, by: isize, sh: &mut Shared, visible: usize) {
        let last = self.pages.len().saturating_sub(1);
        self.to(self.cursor.saturating_add_signed(by).min(last), sh, visible);
    }

    /// Moves the cursor to a row; `usize::MAX` is the last, wherever that is.
    pub fn to(&mut self, row: usize, sh: &mut Shared, visible: usize) {
        self.goal = (row == usize::MAX).then_some(FAR);
        self.cursor = row.min(self.pages.len().saturating_sub(1));
        self.ensure(sh, visible);
    }

    /// Moves the cursor and marks; false: this is another action.
    pub fn act(&mut self, action: Action, sh: &mut Shared, visible: usize) -> bool {
        let page = visible.max(1) as isize;
        match action {
            Action::Down => self.go(1, sh, visible),
            Action::Up => self.go(-1, sh, visible),
            Action::PageDown => self.go(page, sh, visible),
            Action::PageUp => self.go(-page, sh, visible),
            Action::HalfDown => self.go(page / 2, sh, visible),
            Action::HalfUp => self.go(-page / 2, sh, visible),
            Action::Top => self.to(0, sh, visible),
            Action::Bottom => self.to(usize::MAX, sh, visible),
            Action::Select => self.toggle(sh, visible),
            Action::SelectRange => self.turn_range(),
            Action::SelectAll => self.mark_all(),
            _ => {
                self.range = None;
                return false;
            }
        }
        true
    }

    /// Marks the row, or not any more, and moves on.
    pub fn toggle(&mut self, sh: &mut Shared, visible: usize) {
        if self.all {
            let text = sh.t().bulk_all_selected;
            return sh.say(text, crate::theme::Role::Dim);
        }
        let Some(record) = self.current() else { return };
        let (id, entry) = (record.id, (record.revision, record.label.clone()));
        self.range = None;
        if self.marked.remove(&id).is_none() {
            self.marked.insert(id, entry);
        }
        self.go(1, sh, visible);
    }

    /// Begins a range that the cursor draws, or ends it: what is marked stays.
    fn turn_range(&mut self) {
        self.range = match self.range.take() {
            None if !self.all => Some((self.cursor, self.marked.clone())),
            _ => None,
        };
        self.draw_range();
    }

    fn draw_range(&mut self) {
        let Some((from, before)) = &self.range else { return };
        let rows = *from.min(&self.cursor)..=*from.max(&self.cursor);
        let drawn = rows.filter_map(|i| self.pages.get(i)).map(|r| (r.id, (r.revision, r.label.clone())));
        self.marked = before.clone().into_iter().chain(drawn).collect();
    }

    /// Selects every row that matches: each by itself where all are loaded, else by what the list is asked for.
    pub fn mark_all(&mut self) {
        self.unmark();
        if self.pages.is_complete() {
            let rows: Vec<_> = self.pages.iter().map(|r| (r.id, (r.revision, r.label.clone()))).collect();
            self.marked.extend(rows);
        } else {
            self.all = many::matching(self.resource.kind(), &self.query()).is_some();
        }
    }

    /// Whether a row is selected.
    pub fn is_marked(&self, id: i64) -> bool {
        self.all || self.marked.contains_key(&id)
    }

    /// What is selected; none: a decision is about the row under the cursor.
    pub fn selection(&self) -> Option<Selection> {
        let all = many::matching(self.resource.kind(), &self.query())?;
        if self.all {
            return Some(all);
        }
        let ids: Vec<i64> = self.marked.keys().copied().collect();
        (!ids.is_empty()).then(|| many::these(self.resource.kind(), ids))
    }

    /// Stops going to the end; whether it was under way.
    pub fn halt(&mut self) -> bool {
        let under_way = self.goal.is_some() && self.keep.is_none();
        self.goal = None;
        under_way
    }

    /// Forgets all marks; whether there were any.
    pub fn unmark(&mut self) -> bool {
        let any = self.all || !self.marked.is_empty();
        self.marked.clear();
        self.all = false;
        self.range = None;
        any
    }

    /// What a decision is about: the marked rows, else the one under the cursor.
    pub fn targets(&self, sh: &mut Shared) -> Vec<Target> {
        if self.marked.is_empty() {
            let one = self.current().map(|r| (r.id, r.revision, r.label.clone()));
            return one
                .into_iter()
                .map(|(id, revision, label)| Target { id, revision, label, request_id: sh.request_id() })
                .collect();
        }
        let marked = self.marked.iter();
        marked
            .map(|(id, (revision, label))| Target {
                id: *id,
                revision: *revision,
                label: label.clone(),
                request_id: sh.request_id(),
            })
            .collect()
    }

    /// `12–51 of 10,000+`.
    pub fn status(&self, sh: &Shared, visible: usize) -> String {
        let t = sh.t();
        let len = self.pages.len();
        if len == 0 {
            return String::new();
        }
        // A bound below what is here already says less than that.
        let total = self.pages.total.map(show::known).filter(|total| total.count >= len as i64);
        let of = total.unwrap_or(Total { count: len as i64, at_least: !self.pages.is_complete() });
        let of = format!("{}{}", show::thousands(of.count), if of.at_least { "+" } else { "" });
        let last = (self.first + visible).min(len);
        let range = format!("{}{}{last}", self.first + 1, sh.theme.sym.dash);
        let text = fill(t.of, &[&range, &of]);
        match self.marked.len() {
            _ if self.all => format!("{}  {text}", fill(t.selected, &[&of])),
            0 => text,
            n => format!("{}  {text}", fill(t.selected, &[&show::thousands(n as i64)])),
        }
    }
}

//! The rows of one list: what is asked for, what is loaded, where the cursor stands and what is marked. Used by the list
//! screen and by the tabs of a detail.

use std::collections::BTreeMap;

use rolo_proto::v1::{Kind, Total};

use crate::{
    app::{
        effect::{Reply, Request, ScreenId, Slot, Target},
        shared::Shared,
    },
    data::{Failure, Reason, page::Pages},
    resource::{self, Condition, ListQuery, Record, Resource},
    strings::fill,
    widget::table,
};

/// Rows asked for at a time.
const PAGE: i32 = 100;
/// As far as G goes on its own.
const FAR: usize = 100_000;

/// One list.
pub struct Rows {
    owner: ScreenId,
    nth: u8,
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
    /// Marked rows by id.
    pub marked: BTreeMap<i64, (i64, String)>,
    /// Where a range of marks began.
    pub anchor: Option<usize>,
    /// The list could not be loaded.
    pub failed: Option<String>,
    /// What is loaded was asked for by another query: shown until the first page of the new one is here.
    pub stale: bool,
    loading: Option<(usize, String)>,
    /// Every row that comes is marked.
    marking: bool,
    /// The cursor wants to be here once it is loaded.
    goal: Option<usize>,
    /// Or on this record.
    keep: Option<i64>,
    /// Counts the resets, so that the preview knows.
    pub version: u64,
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
            sort: None,
            descending: false,
            pages: Pages::default(),
            cursor: 0,
            first: 0,
            marked: BTreeMap::new(),
            anchor: None,
            failed: None,
            stale: false,
            loading: None,
            marking: false,
            goal: None,
            keep: None,
            version: 0,
        })
    }

    /// What is asked for.
    pub fn query(&self) -> ListQuery {
        ListQuery {
            search: self.search.clone(),
            view: self.view,
            conditions: self.conditions.clone(),
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

    /// Loads the same again and keeps the cursor on its record.
    pub fn reload(&mut self, sh: &mut Shared) {
        self.keep = self.current().map(|r| r.id);
        self.goal = Some(self.cursor);
        self.stale = true;
        self.load(0, String::new(), sh);
    }

    fn load(&mut self, page: usize, token: String, sh: &mut Shared) {
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
        if self.stale || sh.waits(self.owner, Slot::Rows(self.nth)) || self.failed.is_some() {
            return;
        }
        let end = match self.goal {
            Some(goal) => goal.min(FAR) + 1,
            None if self.marking => FAR,
            None => self.first + visible * 2,
        };
        if let Some((page, token)) = self.pages.missing(self.first, end.max(1)) {
            self.load(page, token, sh);
        } else {
            self.goal = None;
            self.marking = false;
        }
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
                if self.marking {
                    self.mark_loaded();
                }
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

    /// Marks the row, or not any more, and moves on.
    pub fn toggle(&mut self, sh: &mut Shared, visible: usize) {
        let Some(record) = self.current() else { return };
        let (id, entry) = (record.id, (record.revision, record.label.clone()));
        if self.marked.remove(&id).is_none() {
            self.marked.insert(id, entry);
        }
        self.go(1, sh, visible);
    }

    /// The range between the anchor and the cursor: the first call sets the anchor, the second marks.
    pub fn range(&mut self) {
        let Some(anchor) = self.anchor.take() else {
            self.anchor = Some(self.cursor);
            return;
        };
        let (from, to) = (anchor.min(self.cursor), anchor.max(self.cursor));
        let rows: Vec<_> =
            (from..=to).filter_map(|i| self.pages.get(i)).map(|r| (r.id, (r.revision, r.label.clone()))).collect();
        self.marked.extend(rows);
    }

    /// Marks every row that matches, loading what is not here yet.
    pub fn mark_all(&mut self, sh: &mut Shared, visible: usize) {
        self.marking = !self.pages.is_complete();
        self.mark_loaded();
        self.ensure(sh, visible);
    }

    fn mark_loaded(&mut self) {
        let rows: Vec<_> = self.pages.iter().map(|r| (r.id, (r.revision, r.label.clone()))).collect();
        self.marked.extend(rows);
    }

    /// Stops going to the end; whether it was under way.
    pub fn halt(&mut self) -> bool {
        let under_way = self.goal.is_some() && self.keep.is_none() || self.marking;
        self.goal = None;
        self.marking = false;
        under_way
    }

    /// Forgets all marks; whether there were any.
    pub fn unmark(&mut self) -> bool {
        let any = !self.marked.is_empty() || self.anchor.is_some();
        self.marked.clear();
        self.anchor = None;
        self.marking = false;
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
        let of = match &self.pages.total {
            Some(Total { count, at_least }) if *at_least || *count as usize >= len => {
                super::super::show::total(&Total { count: *count, at_least: *at_least })
            }
            _ => format!("{len}{}", if self.pages.is_complete() { "" } else { "+" }),
        };
        let last = (self.first + visible).min(len);
        let range = format!("{}{}{last}", self.first + 1, sh.theme.sym.dash);
        let text = fill(t.of, &[&range, &of]);
        if self.marked.is_empty() { text } else { format!("{}  {text}", fill(t.selected, &[&self.marked.len()])) }
    }
}

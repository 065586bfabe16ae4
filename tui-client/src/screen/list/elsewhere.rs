//! A list while others work on its records. Rows on the screen change where they stand; what has come to belong to the
//! list is counted and waits for `R`; what has left it stays, dimmed, until then. So the row under the cursor is always
//! the one that was there before.
//!
//! Whether a record belongs is the server's to say: the ids that changed go out in one call with the list's own query,
//! and what comes back, in the list's order, is what it holds. The last loaded row goes with them: what stands behind it
//! is of pages that nobody has looked at.

use std::collections::{BTreeMap, BTreeSet};

use rolo_proto::v1::{Kind, WatchEvent};

use super::rows::Rows;
use crate::{
    app::{
        effect::{Reply, Request, Slot},
        live::News,
        shared::Shared,
    },
    data::{Failure, page::Pages},
    resource::Record,
    strings::fill,
};

/// Ids in one call, the last loaded row besides.
const ASKED: usize = 150;
/// Records that wait to be asked for; where more changed, that is what is said.
const MOST: usize = 450;

/// What others have done to a list since it was loaded.
#[derive(Debug, Default)]
pub struct Elsewhere {
    /// Records that changed, with the least revision that shows it (0: any newer reading does).
    changed: BTreeMap<i64, i64>,
    /// What is being asked for.
    asked: Vec<i64>,
    /// The last loaded row, asked for beside them.
    anchor: Option<i64>,
    /// What belongs to the list now and is not shown yet, with its name.
    pub new: BTreeMap<i64, String>,
    /// Rows that have left the list.
    pub gone: BTreeSet<i64>,
    /// Too much has changed to be looked at one by one.
    pub much: bool,
}

/// The kind whose records tell something of their children of this kind.
pub const fn parent(kind: Kind) -> Kind {
    match kind {
        Kind::Contact | Kind::Interaction | Kind::Opportunity => Kind::Customer,
        Kind::PlanStep => Kind::Opportunity,
        _ => Kind::Unspecified,
    }
}

impl Elsewhere {
    /// Notes what changed.
    fn note(&mut self, news: &News, kind: Kind, of: i64, pages: &Pages) {
        self.much |= news.much;
        for event in &news.events {
            if event.kind() == kind {
                self.note_own(event, of, pages);
            } else if parent(event.kind()) == kind && pages.find(event.parent_id).is_some() {
                self.changed.insert(event.parent_id, 0);
            }
        }
        if self.changed.len() > MOST {
            self.changed.retain(|id, _| pages.find(*id).is_some());
            self.much = true;
        }
    }

    fn note_own(&mut self, event: &WatchEvent, of: i64, pages: &Pages) {
        let shown = pages.find(event.id);
        let known = shown.is_some_and(|r| r.revision >= event.revision) && !event.gone;
        let another = shown.is_none() && of != 0 && event.parent_id != of;
        if !known && !another {
            self.changed.insert(event.id, event.revision);
        }
    }

    /// What is to be asked for now: rows that are seen, and what may have come.
    fn ask(&mut self, pages: &Pages, first: usize, visible: usize) -> Vec<i64> {
        let seen: BTreeSet<i64> = (first..first + visible).filter_map(|row| pages.get(row)).map(|r| r.id).collect();
        // A page that came meanwhile may show it already.
        self.changed.retain(|id, least| *least == 0 || pages.find(*id).is_none_or(|r| r.revision < *least));
        let wanted = self.changed.keys().filter(|id| seen.contains(id) || pages.find(**id).is_none());
        self.asked = wanted.copied().take(ASKED).collect();
        if self.asked.is_empty() {
            return Vec::new();
        }
        self.anchor = if pages.is_complete() { None } else { pages.last() };
        self.asked.iter().copied().chain(self.anchor).collect()
    }

    /// What the list holds of what was asked for, in its order.
    fn take(&mut self, held: Vec<Record>, pages: &mut Pages) {
        // Where the loaded rows end; none if that is not known.
        let end = match self.anchor {
            None => pages.is_complete().then_some(usize::MAX),
            Some(anchor) => held.iter().position(|r| r.id == anchor),
        };
        let mut left: BTreeSet<i64> = std::mem::take(&mut self.asked).into_iter().collect();
        for (place, record) in held.into_iter().enumerate() {
            let id = record.id;
            if !left.remove(&id) && self.anchor != Some(id) {
                continue;
            }
            self.changed.remove(&id);
            let created = record.revision == 1;
            if pages.replace(&record) {
                self.gone.remove(&id);
            } else if end.map_or(created, |end| place < end) && (created || pages.is_whole()) {
                self.new.insert(id, record.label);
            }
        }
        for id in left {
            self.changed.remove(&id);
            self.new.remove(&id);
            if pages.find(id).is_some() {
                self.gone.insert(id);
            }
        }
    }
}

impl Rows {
    /// Others have changed records.
    pub fn told(&mut self, news: &News) {
        self.elsewhere.note(news, self.resource.kind(), self.parent_id, &self.pages);
    }

    /// Asks for what has changed, unless the list is on its way anyway.
    pub fn catch_up(&mut self, sh: &mut Shared, visible: usize) {
        let slot = Slot::Live(self.nth);
        if self.stale || !self.pages.is_started() || sh.waits(self.owner, slot) {
            return;
        }
        let ids = self.elsewhere.ask(&self.pages, self.first, visible);
        if !ids.is_empty() {
            let query = crate::resource::ListQuery { ids, page_size: 200, ..self.query() };
            sh.call(self.owner, slot, Request::Among(self.resource.kind(), query));
        }
    }

    /// What has changed is here.
    pub fn caught_up(&mut self, outcome: Result<Reply, Failure>, sh: &mut Shared, visible: usize) {
        // What could not be had is asked for with the next change, or loaded anew after a loss.
        let Ok(Reply::Page(page)) = outcome else { return };
        self.elsewhere.take(page.records, &mut self.pages);
        for (id, (revision, label)) in &mut self.marked {
            if let Some(record) = self.pages.find(*id) {
                (*revision, *label) = (record.revision, record.label.clone());
            }
        }
        // Where there is nothing that could move, what is new is shown at once.
        if self.pages.is_empty() && !self.elsewhere.new.is_empty() {
            self.reload(sh);
        } else {
            self.catch_up(sh, visible);
        }
    }

    /// "3 new, press R to show"; of a single one also which.
    pub fn announcement(&self, sh: &Shared) -> Option<String> {
        let Elsewhere { new, gone, much, .. } = &self.elsewhere;
        let t = sh.t();
        let key = sh.key(crate::keys::keymap::LIST, crate::keys::Action::Refresh);
        let mut parts = Vec::new();
        match new.len() {
            _ if *much => parts.push(t.much_changed.to_owned()),
            0 => {}
            1 => parts.extend(new.values().map(|label| fill(t.one_new, &[&label]))),
            n => parts.push(fill(t.many_new, &[&n])),
        }
        if !gone.is_empty() {
            parts.push(fill(t.have_left, &[&gone.len()]));
        }
        (!parts.is_empty()).then(|| fill(t.press_to_show, &[&parts.join(t.comma), &key]))
    }
}

//! A window on a list of any length. Pages are kept with the token that fetches them, so that a page which was let go
//! can be had again; only pages around the cursor keep their rows.

use rolo_proto::v1::Total;

use crate::resource::{Page, Record};

/// Pages that keep their rows at any time.
const KEPT: usize = 8;

/// The rows of a list as far as they are known.
#[derive(Debug, Default)]
pub struct Pages {
    pages: Vec<Slot>,
    next: Option<String>,
    started: bool,
    /// How many the list holds, if the server said.
    pub total: Option<Total>,
}

#[derive(Debug)]
struct Slot {
    token: String,
    len: usize,
    rows: Option<Vec<Record>>,
}

impl Pages {
    /// How many rows are known.
    pub fn len(&self) -> usize {
        self.pages.iter().map(|p| p.len).sum()
    }

    /// Whether no row is known.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether the list was loaded to its end.
    pub fn is_complete(&self) -> bool {
        self.started && self.next.is_none()
    }

    /// Whether anything was loaded at all.
    pub fn is_started(&self) -> bool {
        self.started
    }

    fn at(&self, index: usize) -> Option<(usize, usize)> {
        let mut from = 0;
        for (page, slot) in self.pages.iter().enumerate() {
            if index < from + slot.len {
                return Some((page, index - from));
            }
            from += slot.len;
        }
        None
    }

    /// A row; none when its page was let go or never loaded.
    pub fn get(&self, index: usize) -> Option<&Record> {
        let (page, row) = self.at(index)?;
        self.pages.get(page)?.rows.as_ref()?.get(row)
    }

    /// Where a record is, if its page is here.
    pub fn position(&self, id: i64) -> Option<usize> {
        let mut from = 0;
        for slot in &self.pages {
            if let Some(row) = slot.rows.iter().flatten().position(|r| r.id == id) {
                return Some(from + row);
            }
            from += slot.len;
        }
        None
    }

    /// A record, if its page is here.
    pub fn find(&self, id: i64) -> Option<&Record> {
        self.iter().find(|r| r.id == id)
    }

    /// The last row that is known, if its page is here.
    pub fn last(&self) -> Option<i64> {
        let page = self.pages.iter().rev().find(|p| p.len > 0)?;
        page.rows.as_ref()?.last().map(|r| r.id)
    }

    /// Whether no page was let go.
    pub fn is_whole(&self) -> bool {
        self.pages.iter().all(|p| p.rows.is_some())
    }

    /// The page to load next so that these rows are here, and the token that fetches it.
    pub fn missing(&self, first: usize, end: usize) -> Option<(usize, String)> {
        if !self.started {
            return Some((0, String::new()));
        }
        for index in [first, end.saturating_sub(1)] {
            if let Some((page, _)) = self.at(index)
                && let Some(slot) = self.pages.get(page).filter(|s| s.rows.is_none())
            {
                return Some((page, slot.token.clone()));
            }
        }
        let token = self.next.as_ref().filter(|_| end > self.len())?;
        Some((self.pages.len(), token.clone()))
    }

    /// Takes a page in at its place and lets go of rows far from `cursor`.
    pub fn fill(&mut self, page: usize, token: String, loaded: Page, cursor: usize) {
        let len = loaded.records.len();
        if let Some(total) = loaded.total {
            self.total = Some(total);
        }
        let slot = Slot { token, len, rows: Some(loaded.records) };
        if page < self.pages.len() {
            self.pages[page] = slot;
        } else {
            self.pages.push(slot);
            self.next = Some(loaded.next_page_token).filter(|t| !t.is_empty());
        }
        self.started = true;
        if self.is_complete() && self.total.is_some_and(|total| total.at_least) {
            // Loaded to its end it is counted.
            self.total = Some(Total { count: self.len() as i64, at_least: false });
        }
        self.trim(cursor);
    }

    fn trim(&mut self, cursor: usize) {
        let here = self.at(cursor).map_or(self.pages.len(), |(page, _)| page);
        for (index, slot) in self.pages.iter_mut().enumerate() {
            if index.abs_diff(here) >= KEPT {
                slot.rows = None;
            }
        }
    }

    /// Puts a changed record in its place; whether it was here.
    pub fn replace(&mut self, record: &Record) -> bool {
        let rows = self.pages.iter_mut().filter_map(|s| s.rows.as_mut()).flatten();
        match rows.into_iter().find(|r| r.id == record.id) {
            Some(row) => {
                *row = record.clone();
                true
            }
            None => false,
        }
    }

    /// Takes a record out that has left the list.
    pub fn remove(&mut self, id: i64) -> bool {
        for slot in &mut self.pages {
            let Some(rows) = slot.rows.as_mut() else { continue };
            if let Some(at) = rows.iter().position(|r| r.id == id) {
                rows.remove(at);
                slot.len -= 1;
                if let Some(total) = self.total.as_mut().filter(|t| !t.at_least) {
                    total.count -= 1;
                }
                return true;
            }
        }
        false
    }

    /// The rows that are here.
    pub fn iter(&self) -> impl Iterator<Item = &Record> {
        self.pages.iter().filter_map(|s| s.rows.as_ref()).flatten()
    }
}

#[cfg(test)]
mod tests {
    use rolo_proto::v1::Kind;

    use super::*;

    fn page(ids: std::ops::Range<i64>, next: &str) -> Page {
        let record = |id| Record {
            kind: Kind::Customer,
            id,
            revision: 1,
            label: String::new(),
            allowed: Vec::new(),
            values: Vec::new(),
            operation_id: 0,
            warnings: Vec::new(),
        };
        Page { records: ids.map(record).collect(), next_page_token: next.to_owned(), total: None }
    }

    #[test]
    fn pages_are_asked_for_in_order_until_the_window_is_full() {
        let mut pages = Pages::default();
        assert_eq!(pages.missing(0, 10), Some((0, String::new())));
        pages.fill(0, String::new(), page(0..5, "b"), 0);
        assert_eq!(pages.missing(0, 5), None);
        assert_eq!(pages.missing(0, 10), Some((1, "b".to_owned())));
        // A short page with a token is not the end.
        pages.fill(1, "b".to_owned(), page(5..5, "c"), 0);
        assert_eq!(pages.missing(0, 10), Some((2, "c".to_owned())));
        pages.fill(2, "c".to_owned(), page(5..8, ""), 0);
        assert_eq!(pages.missing(0, 10), None);
        assert!(pages.is_complete());
    }

    #[test]
    fn far_pages_are_let_go_and_fetched_again_by_their_token() {
        let mut pages = Pages::default();
        for n in 0..20_i64 {
            let token = if n == 0 { String::new() } else { format!("t{n}") };
            pages.fill(n as usize, token, page(n * 10..n * 10 + 10, &format!("t{}", n + 1)), n as usize * 10);
        }
        assert!(pages.get(0).is_none(), "the first page should have been let go");
        assert_eq!(pages.missing(0, 10), Some((0, String::new())));
        assert_eq!(pages.get(195).map(|r| r.id), Some(195));
    }

    #[test]
    fn a_record_that_left_is_gone_and_the_rest_moves_up() {
        let mut pages = Pages::default();
        pages.fill(0, String::new(), page(0..5, ""), 0);
        assert!(pages.remove(2));
        assert_eq!(pages.get(2).map(|r| r.id), Some(3));
        assert_eq!(pages.len(), 4);
    }
}

//! Taking much back at once: first what would be taken back and what was changed since, then what was kept and why.

use ratatui::layout::Rect;
use rolo_proto::v1::{Kind, UndoProgress, UndoRequest};

use super::Step;
use crate::{
    app::shared::Shared,
    data::failure,
    keys::{Chord, Key},
    resource,
    screen::show,
    strings::{Label, Lang, fill},
    terminal::input::fold,
    theme::Role,
    widget::{canvas::Canvas, panel},
};

/// Above so many records one is asked first, even if none was changed since.
const ASK_ABOVE: i64 = 10;

/// What the methods do, by how their names begin.
const DEEDS: [(&str, &str, &str); 15] = [
    ("RunBulk", "bulk action", "批量操作"),
    ("StartImport", "import", "导入"),
    ("SettleNextContact", "next contact done", "完成下次联系"),
    ("SnoozeNextContact", "next contact moved", "推迟下次联系"),
    ("Create", "new", "新建"),
    ("Update", "change", "修改"),
    ("Delete", "delete", "删除"),
    ("Restore", "restore", "恢复"),
    ("Merge", "merge", "合并"),
    ("Assign", "assign", "指派"),
    ("Reassign", "reassign", "改派"),
    ("Withdraw", "withdraw", "撤回"),
    ("Succeed", "won", "开发成功"),
    ("Fail", "lost", "开发失败"),
    ("Reopen", "reopen", "重新打开"),
];

/// Of what can be taken back only kept views are no resource.
const VIEWS: (Label, Label) = (Label::new("View", "视图"), Label::new("Views", "视图"));

/// Whether a look at an undo must be shown before it is done. One that would do nothing is done at once: it says why.
/// `fresh`: it is what the person has just seen done to so many.
pub fn asks(look: &UndoProgress, fresh: bool) -> bool {
    let many = !fresh && look.done + look.kept > ASK_ABOVE;
    look.done > 0 && (look.method == "StartImport" || many || look.kept > 0)
}

/// Counts by kind: `998 customers, 12 contacts`.
pub fn counts(counts: &[rolo_proto::v1::KindCount], lang: Lang) -> String {
    let each = counts.iter().filter(|counted| counted.count > 0).map(|counted| {
        let kind = Kind::try_from(counted.kind).unwrap_or_default();
        let (one, many) = resource::of(kind).map_or(VIEWS, resource::Resource::labels);
        let label = if counted.count == 1 { one.get(lang) } else { many.get(lang) };
        match lang {
            Lang::En => format!("{} {}", show::thousands(counted.count), label.to_lowercase()),
            Lang::Zh => format!("{label} {}", show::thousands(counted.count)),
        }
    });
    each.collect::<Vec<_>>().join(if lang == Lang::En { ", " } else { "、" })
}

/// What was taken back, in words: `delete, 1 customer`.
pub fn what(done: &UndoProgress, lang: Lang) -> String {
    let counts = counts(&done.counts, lang);
    let separator = if lang == Lang::En { ", " } else { "，" };
    let each = [deed(&done.method).get(lang).to_owned(), counts];
    each.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(separator)
}

/// What a method of the service does; blank where the records say enough.
fn deed(method: &str) -> Label {
    let (_, en, zh) = DEEDS.iter().find(|(verb, ..)| method.starts_with(verb)).unwrap_or(&("", "", ""));
    Label::new(en, zh)
}

/// Why a record was kept, in words.
pub fn why(record: &rolo_proto::v1::KeptRecord, lang: Lang) -> String {
    failure::kept_text(&record.reason, &record.who, lang)
}

/// The question, or the result.
pub struct Undo {
    /// To be done if the answer is yes; none: it has been done.
    request: Option<UndoRequest>,
    progress: UndoProgress,
    first: usize,
}

impl Undo {
    /// The look, and what is asked for.
    pub fn ask(request: UndoRequest, look: UndoProgress) -> Self {
        let request = UndoRequest { operation_id: look.operation_id, preview: false, ..request };
        Self { request: Some(request), progress: look, first: 0 }
    }

    /// What was done.
    pub fn result(done: UndoProgress) -> Self {
        Self { request: None, progress: done, first: 0 }
    }

    /// A key.
    pub fn key(&mut self, chord: Chord) -> Step {
        let last = self.progress.kept_records.len().saturating_sub(1);
        match (fold(chord).key, &self.request) {
            (Key::Char('y' | 'Y'), Some(request)) if !chord.ctrl => return Step::Undo(request.clone()),
            (Key::Down | Key::Char('j'), _) => self.first = (self.first + 1).min(last),
            (Key::Up | Key::Char('k'), _) => self.first = self.first.saturating_sub(1),
            (Key::PageDown, _) => self.first = (self.first + 10).min(last),
            (Key::PageUp, _) => self.first = self.first.saturating_sub(10),
            _ => return Step::Close,
        }
        Step::Stay
    }

    fn head(&self, sh: &Shared) -> Vec<String> {
        let t = sh.t();
        let p = &self.progress;
        let kinds = counts(&p.counts, sh.lang);
        let text = match self.request {
            Some(_) => fill(t.undo_would, &[&show::thousands(p.done), &kinds]),
            None => fill(t.undo_did, &[&show::thousands(p.done), &show::thousands(p.kept)]),
        };
        let since =
            self.request.as_ref().filter(|_| p.kept > 0).map(|_| fill(t.undo_keeps, &[&show::thousands(p.kept)]));
        std::iter::once(text).chain(since).collect()
    }

    /// Draws it in the middle.
    pub fn draw(&self, c: &mut Canvas<'_>, area: Rect, sh: &Shared) {
        let t = sh.t();
        let width = 72.min(area.width.saturating_sub(2));
        let room = usize::from(width.saturating_sub(4));
        let head: Vec<String> = self.head(sh).iter().flat_map(|line| c.m.wrap(line, room)).collect();
        let kept = &self.progress.kept_records;
        let free = usize::from(area.height).saturating_sub(head.len() + 5);
        let rows = kept.len().min(free);
        let title = if self.request.is_some() { t.undo_title } else { t.undo_done_title };
        let gap = u16::from(rows > 0);
        let inner = panel::dialog(c, area, title, width, (head.len() + rows) as u16 + gap + 2);
        for (line, y) in head.iter().zip(inner.top()..) {
            c.put(inner.x, y, line, Role::Text, inner.width);
        }
        let half = inner.width / 2;
        for (record, y) in
            kept.iter().skip(self.first.min(kept.len() - rows)).take(rows).zip(inner.y + head.len() as u16 + gap..)
        {
            c.put(inner.x, y, &record.label, Role::Text, half.saturating_sub(1));
            c.put(inner.x + half, y, &why(record, sh.lang), Role::Warn, inner.width - half);
        }
        let keys = if self.request.is_some() { t.undo_y_or_n } else { t.undo_close };
        c.put(inner.x, inner.bottom().saturating_sub(1), keys, Role::Key, inner.width);
    }
}

#[cfg(test)]
mod tests {
    use rolo_proto::v1::KindCount;

    use super::*;

    fn done(method: &str) -> UndoProgress {
        let counts = vec![KindCount { kind: Kind::Customer.into(), count: 1_231 }];
        UndoProgress { method: method.into(), done: 1_231, counts, operation_id: 7, ..UndoProgress::default() }
    }

    #[test]
    fn what_was_taken_back_is_named_in_both_languages() {
        assert_eq!(what(&done("RunBulk"), Lang::En), "bulk action, 1,231 customers");
        assert_eq!(what(&done("DeleteCustomer"), Lang::Zh), "删除，客户 1,231");
        assert_eq!(what(&done("ReassignOpportunity"), Lang::Zh), "改派，客户 1,231");
        assert_eq!(what(&done("Undo"), Lang::En), "1,231 customers", "a redo is named by its records");
        let view = rolo_proto::v1::KindCount { kind: Kind::SavedView.into(), count: 1 };
        assert_eq!(counts(&[view], Lang::En), "1 view", "what has no screen of its own is named too");
    }

    #[test]
    fn many_are_asked_about_unless_one_has_just_seen_them_done() {
        assert!(asks(&done("RunBulk"), false));
        assert!(!asks(&done("RunBulk"), true));
        assert!(asks(&UndoProgress { kept: 1, ..done("RunBulk") }, true), "somebody has changed one since");
        assert!(asks(&done("StartImport"), true));
    }
}

//! One thing done to many records: the question with the count, how far it is, and what was refused and why. The call is
//! the program's, so that it ends in good order whatever screen is open by then.

use ratatui::layout::Rect;
use rolo_proto::v1::{self, BulkAction, BulkProgress, Kind, KindCount, RunBulkRequest, Selection, UndoRequest};

use super::{Step, undo};
use crate::{
    app::{
        effect::{Reply, Request, ScreenId, Slot},
        model::PROGRAM,
        shared::{Nav, Shared},
    },
    data::{Failure, Fault, Reason, failure, importer::Cancel},
    keys::{Action, Chord, Key},
    screen::show,
    strings::{Lang, fill},
    terminal::input::fold,
    theme::Role,
    widget::{canvas::Canvas, panel},
};

/// The most records of one bulk action.
pub const MOST: usize = 10_000;
/// Blocks of the bar.
const BAR: usize = 40;
/// Lines of a whole refusal.
const WHOLE: usize = 2;

/// What is to be done, and to which records.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Who asks, and hears [`crate::screen::Answer::Ran`] once it has ended.
    pub owner: ScreenId,
    /// What is done, in words: `Assign to Li`.
    pub what: String,
    /// The records: ids, or a filter.
    pub selection: Selection,
    /// What is done to each.
    pub action: BulkAction,
    /// The result is shown even when nothing was refused.
    pub tell: bool,
}

enum Stage {
    /// How many a filter finds is being asked.
    Counting,
    /// It can be done to so many; the second: so many were shown before.
    Asking(i64, Option<i64>),
    /// It cannot be done, and why.
    Refused(String),
    /// It is being done.
    Running(RunBulkRequest, Cancel),
    /// It broke off, and why; the same request goes on.
    Broken(RunBulkRequest, String),
    /// It has ended, or was stopped.
    Ended(RunBulkRequest, BulkProgress),
}

/// The question, the progress and the result.
pub struct Bulk {
    /// Its id, for the count.
    pub id: ScreenId,
    plan: Plan,
    stage: Stage,
    cursor: usize,
}

impl Bulk {
    /// Asks first, unless it is about one record alone.
    pub fn ask(plan: Plan, sh: &mut Shared) -> Self {
        let id = sh.id();
        let ids = plan.selection.ids.len();
        let mut bulk = Self { id, plan, stage: Stage::Counting, cursor: 0 };
        if bulk.plan.selection.filter.is_some() {
            let (selection, action) = (Some(bulk.plan.selection.clone()), Some(bulk.plan.action.clone()));
            let request = v1::PreviewBulkRequest { selection, action };
            sh.call(id, Slot::Choices, Request::PreviewBulk(Box::new(request)));
        } else if ids == 1 {
            bulk.run(1, sh);
        } else if ids > MOST {
            bulk.stage = Stage::Refused(too_many(sh));
        } else {
            bulk.stage = Stage::Asking(ids as i64, None);
        }
        bulk
    }

    /// Does it at once: the person has seen what it is about.
    pub fn start(plan: Plan, sh: &mut Shared) -> Self {
        let id = sh.id();
        let count = plan.selection.ids.len() as i64;
        let mut bulk = Self { id, plan, stage: Stage::Counting, cursor: 0 };
        bulk.run(count, sh);
        bulk
    }

    /// Whose it is.
    pub fn owner(&self) -> ScreenId {
        self.plan.owner
    }

    fn kind(&self) -> Kind {
        self.plan.selection.kind()
    }

    fn run(&mut self, previewed: i64, sh: &mut Shared) {
        let request = RunBulkRequest {
            selection: Some(self.plan.selection.clone()),
            action: Some(self.plan.action.clone()),
            previewed,
            request_id: sh.request_id(),
        };
        self.send(request, sh);
    }

    fn send(&mut self, request: RunBulkRequest, sh: &mut Shared) {
        let cancel = Cancel::default();
        sh.call(PROGRAM, Slot::Act, Request::Bulk(Box::new(request.clone()), cancel.clone()));
        self.stage = Stage::Running(request, cancel);
    }

    /// The count has come.
    pub fn counted(&mut self, outcome: Result<Reply, Failure>, sh: &Shared) {
        self.stage = match outcome {
            Ok(Reply::Total(total)) => Stage::Asking(total.count, None),
            Ok(_) => return,
            Err(failure) if is_too_many(&failure) => Stage::Refused(too_many(sh)),
            Err(failure) => Stage::Refused(failure.message(sh.lang)),
        };
    }

    /// It has ended; whether that is still to be looked at.
    pub fn ended(&mut self, done: BulkProgress, sh: &mut Shared) -> bool {
        let Stage::Running(request, _) = &self.stage else { return true };
        if done.finished && done.refused == 0 && !self.plan.tell {
            let said = self.figures(&done, sh);
            match done.operation_id {
                0 => sh.say(said, Role::Good),
                _ => sh.say_with(said, Role::Good, Action::Undo),
            }
            return false;
        }
        self.stage = Stage::Ended(request.clone(), done);
        true
    }

    /// It was refused as a whole, or broke off.
    pub fn failed(&mut self, failure: &Failure, sh: &Shared) {
        let Stage::Running(request, _) = &self.stage else { return };
        let found = failure.detail("found").parse();
        self.stage = match found {
            // The filter finds other records than were shown: asked again, with what it finds now.
            Ok(found) if failure.reason == Reason::Stale => Stage::Asking(found, Some(request.previewed)),
            _ if is_too_many(failure) => Stage::Refused(too_many(sh)),
            _ if failure.is_retryable() => Stage::Broken(request.clone(), failure.message(sh.lang)),
            _ => Stage::Refused(failure.message(sh.lang)),
        };
    }

    /// A key.
    pub fn key(&mut self, chord: Chord, sh: &mut Shared) -> Step {
        let key = fold(chord).key;
        let yes = key == Key::Enter || matches!(key, Key::Char('y' | 'Y')) && !chord.ctrl;
        match &self.stage {
            // An answer before the question is none.
            Stage::Counting if key != Key::Esc => Step::Stay,
            Stage::Counting | Stage::Refused(_) => Step::Close,
            Stage::Asking(count, _) if yes => {
                self.run(*count, sh);
                Step::Stay
            }
            Stage::Asking(..) => Step::Close,
            Stage::Running(_, cancel) => {
                if key == Key::Esc {
                    cancel.cancel();
                }
                Step::Stay
            }
            Stage::Broken(request, _) if yes => {
                self.send(request.clone(), sh);
                Step::Stay
            }
            Stage::Broken(..) => Step::Close,
            Stage::Ended(request, done) => match key {
                // What is followed, or was so already, is nothing to take back.
                Key::Char('u') if done.operation_id == 0 => Step::Stay,
                Key::Char('u') if !chord.ctrl => {
                    let request_id = sh.request_id();
                    Step::Undo(UndoRequest { operation_id: done.operation_id, request_id, ..UndoRequest::default() })
                }
                Key::Enter if !done.finished => {
                    self.send(request.clone(), sh);
                    Step::Stay
                }
                Key::Enter => match done.results.get(self.cursor).filter(|row| !row.label.is_empty()) {
                    Some(row) => Step::Aside(self.plan.owner, Nav::Detail(self.kind(), row.id, row.label.clone())),
                    None => Step::Close,
                },
                key => match walk(key, self.cursor, done.results.len()) {
                    Some(to) => {
                        self.cursor = to;
                        Step::Stay
                    }
                    None => Step::Close,
                },
            },
        }
    }

    fn counted_in_words(&self, count: i64, sh: &Shared) -> String {
        undo::counts(&[KindCount { kind: self.plan.selection.kind, count }], sh.lang)
    }

    /// What became of them: `Address = x: 2 customers, 1 was so already, 3 refused`.
    fn figures(&self, done: &BulkProgress, sh: &Shared) -> String {
        let t = sh.t();
        let said = |text: &str, n: i64| if n > 0 { fill(text, &[&show::thousands(n)]) } else { String::new() };
        let parts = [
            self.counted_in_words(done.done, sh),
            said(t.bulk_unchanged, done.unchanged),
            said(t.bulk_refused, done.refused),
        ];
        let separator = if sh.lang == Lang::En { ", " } else { "，" };
        let parts: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        fill(t.colon, &[&self.plan.what, &if parts.is_empty() { "0".to_owned() } else { parts.join(separator) }])
    }

    /// What is said above the rows, and the keys.
    fn lines(&self, sh: &Shared) -> (Vec<String>, String) {
        let t = sh.t();
        let asked = |count| fill(t.colon, &[&self.plan.what, &self.counted_in_words(count, sh)]);
        match &self.stage {
            Stage::Counting => (vec![self.plan.what.clone(), t.bulk_counting.to_owned()], t.bulk_close.to_owned()),
            Stage::Asking(count, before) => {
                let drift =
                    before.map(|before| fill(t.bulk_drift, &[&show::thousands(*count), &show::thousands(before)]));
                (std::iter::once(asked(*count)).chain(drift).collect(), t.bulk_y_or_n.to_owned())
            }
            Stage::Refused(why) => (vec![self.plan.what.clone(), why.clone()], t.bulk_close.to_owned()),
            Stage::Running(request, cancel) => {
                // Until the first word of the server, how many were shown.
                let shown = (0, u64::try_from(request.previewed).unwrap_or(0));
                let (done, total) = sh.calls.of(PROGRAM, Slot::Act).and_then(|call| call.progress).unwrap_or(shown);
                let figures = fill(t.of, &[&show::thousands(done as i64), &show::thousands(total as i64)]);
                let keys = if cancel.is_cancelled() { t.bulk_stopping } else { t.bulk_stop };
                (
                    vec![
                        self.plan.what.clone(),
                        format!("{}  {figures}", show::bar(done as i64, total as i64, BAR, sh)),
                    ],
                    keys.to_owned(),
                )
            }
            Stage::Broken(_, why) => (vec![self.plan.what.clone(), why.clone()], t.bulk_go_on.to_owned()),
            Stage::Ended(_, done) => {
                let dealt = done.done + done.unchanged + done.refused;
                let stopped = (!done.finished)
                    .then(|| fill(t.bulk_stopped, &[&show::thousands(dealt), &show::thousands(done.total)]));
                let keys = match (done.finished, done.results.is_empty()) {
                    (false, _) => t.bulk_stopped_keys,
                    (true, false) if done.operation_id == 0 => t.bulk_open_keys,
                    (true, true) => t.bulk_done_keys,
                    (true, false) => t.bulk_refused_keys,
                };
                (std::iter::once(self.figures(done, sh)).chain(stopped).collect(), keys.to_owned())
            }
        }
    }

    /// Draws it in the middle.
    pub fn draw(&self, c: &mut Canvas<'_>, area: Rect, sh: &Shared) {
        let width = 76.min(area.width.saturating_sub(2));
        let room = usize::from(width.saturating_sub(4));
        let (lines, keys) = self.lines(sh);
        let head: Vec<String> = lines.iter().flat_map(|line| c.m.wrap(line, room)).collect();
        let refused: &[v1::BulkResult] = match &self.stage {
            Stage::Ended(_, done) => &done.results,
            _ => &[],
        };
        // Why the row under the cursor was refused, whole.
        let whole = refused.get(self.cursor).map(|row| sh.worded(&failure::refused(row))).unwrap_or_default();
        let whole: Vec<String> = c.m.wrap(&whole, room).into_iter().take(WHOLE).collect();
        let below = if refused.is_empty() { 0 } else { WHOLE + 1 };
        let free = usize::from(area.height).saturating_sub(head.len() + below + 5);
        let rows = refused.len().min(free);
        let gap = u16::from(rows > 0);
        let inner = panel::dialog(c, area, sh.t().bulk_title, width, (head.len() + rows + below) as u16 + gap + 2);
        for (line, y) in head.iter().zip(inner.top()..) {
            c.put(inner.x, y, line, Role::Text, inner.width);
        }
        let first = (self.cursor + 1).saturating_sub(rows);
        let half = inner.width * 2 / 5;
        let top = inner.y + head.len() as u16 + gap;
        for ((nth, row), y) in refused.iter().enumerate().skip(first).take(rows).zip(top..) {
            let label = if row.label.is_empty() { format!("#{}", row.id) } else { row.label.clone() };
            c.put(inner.x, y, &label, Role::Text, half.saturating_sub(1));
            let why = sh.worded(&failure::refused(row));
            c.put(inner.x + half, y, &why, Role::Warn, inner.width - half);
            if nth == self.cursor {
                c.tint(Rect { y, height: 1, ..inner }, Role::Cursor);
            }
        }
        for (line, y) in whole.iter().zip(top + rows as u16 + 1..inner.bottom().saturating_sub(1)) {
            c.put(inner.x, y, line, Role::Dim, inner.width);
        }
        c.put(inner.x, inner.bottom().saturating_sub(1), &keys, Role::Key, inner.width);
    }
}

fn walk(key: Key, cursor: usize, rows: usize) -> Option<usize> {
    let last = rows.saturating_sub(1);
    Some(match key {
        Key::Down | Key::Char('j') => (cursor + 1).min(last),
        Key::Up | Key::Char('k') => cursor.saturating_sub(1),
        Key::PageDown => (cursor + 10).min(last),
        Key::PageUp => cursor.saturating_sub(10),
        Key::Home | Key::Char('g') => 0,
        Key::End | Key::Char('G') => last,
        _ => return None,
    })
}

fn is_too_many(failure: &Failure) -> bool {
    failure.violations.iter().any(|v| v.field == "selection" && matches!(v.fault, Fault::OutOfRange(_)))
}

fn too_many(sh: &Shared) -> String {
    fill(sh.t().bulk_too_many, &[&show::thousands(MOST as i64)])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        screen::list::rows::Rows,
        text::Measure,
        theme::{Theme, ThemeName},
    };

    /// Who answers before the count is there has seen no question: the dialog stays, and only Esc closes it.
    #[test]
    fn a_key_while_it_counts_is_no_answer() {
        let measure = Measure::default();
        let mut sh = Shared::new(Lang::En, measure, Theme::new(ThemeName::Default, measure), (80, 24), 1);
        let rows = Rows::new(1, 0, Kind::Opportunity, 0, 0);
        let all = rows.and_then(|rows| crate::resource::many::matching(Kind::Opportunity, &rows.query()));
        let plan = Plan {
            owner: 1,
            what: "Follow".into(),
            selection: all.unwrap_or_default(),
            action: BulkAction::default(),
            tell: false,
        };
        let mut bulk = Bulk::ask(plan, &mut sh);
        let press = |bulk: &mut Bulk, sh: &mut Shared, key: &str| Chord::parse(key).map(|chord| bulk.key(chord, sh));
        assert!(matches!(press(&mut bulk, &mut sh, "y"), Some(Step::Stay)));
        assert!(matches!(press(&mut bulk, &mut sh, "enter"), Some(Step::Stay)));
        bulk.counted(Ok(Reply::Total(v1::Total { count: 12, at_least: false })), &sh);
        assert!(matches!(bulk.stage, Stage::Asking(12, None)));
        assert!(matches!(press(&mut bulk, &mut sh, "n"), Some(Step::Close)));
    }
}

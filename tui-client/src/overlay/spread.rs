//! Who would get how many, before anything is done: each manager's share and what he has to do before and after.

use ratatui::layout::Rect;
use rolo_proto::v1::{self, bulk_action, spread_opportunities_response::Share};

use super::Step;
use crate::{
    app::{effect::ScreenId, shared::Shared},
    keys::{Action, Chord, Key, keymap},
    screen::{Answer, show, special::assign::load},
    strings::fill,
    terminal::input::fold,
    theme::Role,
    widget::{
        canvas::Canvas,
        panel,
        table::{self, Column, Row},
    },
};

/// The preview.
pub struct Spread {
    owner: ScreenId,
    spread: v1::Spread,
    shares: Vec<Share>,
    first: usize,
}

impl Spread {
    /// What the server proposes.
    pub fn new(owner: ScreenId, spread: v1::Spread, shares: Vec<Share>) -> Self {
        Self { owner, spread, shares, first: 0 }
    }

    fn count(&self) -> usize {
        self.shares.iter().map(|share| share.ids.len()).sum()
    }

    /// A key.
    pub fn key(&mut self, chord: Chord) -> Step {
        let last = self.shares.len().saturating_sub(1);
        match fold(chord).key {
            Key::Enter => return Step::Answer(self.owner, Answer::Shares(self.done())),
            Key::Char('=') => return Step::Run(Action::SpreadEvenly),
            Key::Char('b') if !chord.ctrl => return Step::Run(Action::SpreadByWork),
            Key::Down | Key::Char('j') => self.first = (self.first + 1).min(last),
            Key::Up | Key::Char('k') => self.first = self.first.saturating_sub(1),
            Key::PageDown => self.first = (self.first + 10).min(last),
            Key::PageUp => self.first = self.first.saturating_sub(10),
            _ => return Step::Close,
        }
        Step::Stay
    }

    fn done(&self) -> Vec<bulk_action::Share> {
        let share = |share: &Share| bulk_action::Share {
            assignee_id: share.assignee.as_ref().and_then(|one| one.user.as_ref()).map_or(0, |user| user.id),
            ids: share.ids.clone(),
        };
        self.shares.iter().map(share).collect()
    }

    /// Draws it in the middle.
    pub fn draw(&self, c: &mut Canvas<'_>, area: Rect, sh: &Shared) {
        let t = sh.t();
        let way = if self.spread == v1::Spread::ByWorkload { Action::SpreadByWork } else { Action::SpreadEvenly };
        let width = 72.min(area.width.saturating_sub(2));
        let fits = usize::from(area.height).saturating_sub(5).min(self.shares.len());
        let title = show::capital(way.label().get(sh.lang));
        let inner = panel::dialog(c, area, &title, width, fits as u16 + 3);
        let head = fill(t.spread_head, &[&show::thousands(self.count() as i64), &self.shares.len()]);
        c.put(inner.x, inner.y, &head, Role::Title, inner.width);
        let column = |title: &str, min: u16, wish: u16, right: bool| {
            let title = title.to_owned();
            Column { min: min.max(c.m.width(&title) as u16), wish, right, title }
        };
        let columns = [
            column(t.name, 8, 24, false),
            column(t.gets, 5, 6, true),
            column(t.open_work, 9, 12, true),
            column(t.capacity, 8, 18, false),
        ];
        let widths = table::widths(&columns, inner.width.saturating_sub(2));
        let rows = Rect { y: inner.y + 1, height: inner.height.saturating_sub(2), ..inner };
        table::draw_heading(c, rows, &columns, &widths);
        let rows = Rect { y: rows.y + 1, height: rows.height.saturating_sub(1), ..rows };
        let first = self.first.min(self.shares.len() - fits);
        let bar = widths.get(3).copied().unwrap_or(0);
        let window: Vec<Row> = self.shares.iter().skip(first).take(fits).map(|share| row(share, bar, sh)).collect();
        table::draw_rows(c, rows, &columns, &widths, &window);
        let key = |action| sh.key(keymap::ASSIGN, action);
        let keys = fill(t.spread_keys, &[&key(Action::Assign), &key(Action::SpreadEvenly), &key(Action::SpreadByWork)]);
        c.put(inner.x, inner.bottom().saturating_sub(1), &keys, Role::Key, inner.width);
    }
}

/// Name, how many more, before and after, how full the time is then.
fn row(share: &Share, bar: u16, sh: &Shared) -> Row {
    let one = share.assignee.clone().unwrap_or_default();
    let more = share.ids.len() as i64;
    let name = one.user.as_ref().map_or_else(String::new, |user| show::user(user).to_owned());
    let before_after = format!("{} {} {}", one.open, sh.theme.sym.arrow, one.open + more);
    let cells = vec![
        (name, Role::Text),
        (format!("+{more}"), if more > 0 { Role::Good } else { Role::Dim }),
        (before_after, Role::Text),
        load(one.open + more, one.capacity, bar, sh),
    ];
    Row { cells, ..Row::default() }
}

//! What is expected and what was won, month by month, from the sums that the server keeps: numbers with bars beside them.
//! The full part of a bar is the weighted amount, the light part what would come if everything were won.

use chrono::{Datelike, Months, NaiveDate, TimeZone};
use ratatui::layout::Rect;
use rolo_proto::v1::{self, Figures, Kind, OpportunityView};

use crate::{
    app::{
        effect::{Reply, Request, ScreenId, Slot},
        live::{AGAIN_AFTER, News},
        shared::{Nav, Shared},
        work::{Ask, Told},
    },
    data::Failure,
    keys::{Action, Chord, Layer, keymap},
    overlay::Overlay,
    screen::{self, Answer, Place, Screen, ageing::Ageing, show},
    theme::Role,
    widget::{
        canvas::{Canvas, bottom, top},
        table::{self, Column, Row},
    },
};

/// So many months are shown.
const MONTHS: i32 = 12;
/// The column of the bars.
const BAR: usize = 4;

/// A row: what is expected in a month, before the first one, or at no known time.
#[derive(Debug, Clone)]
struct Line {
    label: String,
    /// The dates of the records behind it.
    when: String,
    late: bool,
    open: Figures,
    won: Figures,
}

impl Line {
    /// The list of what is expected in it, or of what was won.
    fn behind(&self, won: bool) -> Nav {
        let (view, field) = match won {
            true => (OpportunityView::Won, "closed_at"),
            false => (OpportunityView::Open, "expected_close_at"),
        };
        Nav::Records(Kind::Opportunity, view.into(), format!("{field}:{}", self.when))
    }
}

/// The screen.
pub struct ForecastScreen {
    id: ScreenId,
    /// Months after (before) this one that the first row is.
    shifted: i32,
    told: Option<v1::GetForecastResponse>,
    cursor: usize,
    first: usize,
    seen: Option<u64>,
    ageing: Ageing,
}

impl ForecastScreen {
    /// With nothing loaded yet.
    pub fn new(sh: &mut Shared) -> Self {
        Self { id: sh.id(), shifted: 0, told: None, cursor: 0, first: 0, seen: None, ageing: Ageing::default() }
    }

    fn load(&mut self, sh: &mut Shared) {
        let from = month(sh, self.shifted).format("%Y-%m").to_string();
        sh.call(self.id, Slot::Counts, Request::Work(Ask::Forecast(from, MONTHS)));
        self.seen = Some(sh.changes);
    }

    fn lines(&self, sh: &Shared) -> Vec<Line> {
        let t = sh.t();
        let Some(told) = &self.told else { return Vec::new() };
        let first = told.months.first().map_or("", |one| one.month.as_str());
        let overdue = told.overdue.filter(|figures| figures.count > 0).map(|open| Line {
            label: t.expected_before.to_owned(),
            when: format!("..{}", before(first)),
            late: self.shifted <= 0,
            open,
            won: Figures::default(),
        });
        let months = told.months.iter().map(|one| Line {
            label: if one.month.is_empty() { t.no_close_date.to_owned() } else { one.month.clone() },
            when: if one.month.is_empty() { "none".to_owned() } else { one.month.clone() },
            late: false,
            open: one.open.unwrap_or_default(),
            won: one.won.unwrap_or_default(),
        });
        overdue.into_iter().chain(months).collect()
    }

    /// The records behind the row under the cursor: those expected, or those won; where there are both, it is asked.
    fn open(&self, sh: &mut Shared) {
        let lines = self.lines(sh);
        let Some(line) = lines.get(self.cursor) else { return };
        match (line.open.count, line.won.count) {
            (_, 0) => sh.nav.push(line.behind(false)),
            (0, _) => sh.nav.push(line.behind(true)),
            (open, won) => {
                let t = sh.t();
                let rows = [(t.expected, open), (t.won, won)].into_iter().zip("12".chars()).enumerate();
                let rows = rows
                    .map(|(nth, ((label, count), key))| (key, nth, format!("{label} ({})", show::thousands(count))));
                let menu = Overlay::letters(self.id, screen::Ask::View, &line.label, rows.collect());
                sh.overlays.push(menu);
            }
        }
    }

    fn go(&mut self, by: isize, sh: &Shared) {
        let last = self.lines(sh).len().saturating_sub(1);
        self.cursor = self.cursor.saturating_add_signed(by).min(last);
    }
}

/// The first day of this month, so many months on.
fn month(sh: &Shared, on: i32) -> NaiveDate {
    let today = sh.zone.timestamp_millis_opt(sh.now).single().map_or_else(NaiveDate::default, |now| now.date_naive());
    let first = today.with_day(1).unwrap_or(today);
    let by = Months::new(on.unsigned_abs());
    if on < 0 { first.checked_sub_months(by) } else { first.checked_add_months(by) }.unwrap_or(first)
}

/// The month before a month.
fn before(month: &str) -> String {
    let first = NaiveDate::parse_from_str(&format!("{month}-01"), "%Y-%m-%d").unwrap_or_default();
    first.checked_sub_months(Months::new(1)).unwrap_or(first).format("%Y-%m").to_string()
}

impl Screen for ForecastScreen {
    fn id(&self) -> ScreenId {
        self.id
    }

    fn place(&self) -> Place {
        Place::Forecast
    }

    fn layers(&self) -> &'static [Layer] {
        keymap::FORECAST
    }

    fn enter(&mut self, sh: &mut Shared) {
        if self.ageing.seen() || self.seen != Some(sh.changes) {
            self.load(sh);
        }
    }

    fn act(&mut self, action: Action, _: Chord, sh: &mut Shared) -> bool {
        match action {
            Action::Down => self.go(1, sh),
            Action::Up => self.go(-1, sh),
            Action::PageDown | Action::HalfDown | Action::Bottom => self.go(isize::MAX, sh),
            Action::PageUp | Action::HalfUp | Action::Top => self.cursor = 0,
            Action::Earlier | Action::Later => {
                self.shifted += if action == Action::Later { 1 } else { -1 };
                self.load(sh);
            }
            Action::Refresh => self.load(sh),
            Action::Open => self.open(sh),
            _ => return false,
        }
        true
    }

    fn answer(&mut self, answer: Answer, sh: &mut Shared) {
        if let Answer::Letter(screen::Ask::View, nth) = answer {
            sh.nav.extend(self.lines(sh).get(self.cursor).map(|line| line.behind(nth == 1)));
        }
    }

    fn reply(&mut self, slot: Slot, request: Request, outcome: Result<Reply, Failure>, sh: &mut Shared) {
        match outcome {
            Ok(Reply::Work(Told::Forecast(told))) => {
                self.told = Some(told);
                self.go(0, sh);
            }
            Ok(_) => {}
            Err(failure) => sh.fail(&failure, Some((self.id, slot, request))),
        }
    }

    fn told(&mut self, news: &News, top: bool, sh: &mut Shared) {
        if news.about(Kind::Opportunity) {
            self.ageing.told(self.id, Slot::Counts, top, AGAIN_AFTER, sh);
        }
    }

    fn rested(&mut self, slot: Slot, generation: u64, sh: &mut Shared) {
        if slot == Slot::Counts && self.ageing.rested(generation) {
            self.load(sh);
        }
    }

    fn crumbs(&self, sh: &Shared) -> Vec<String> {
        vec![show::capital(Action::GoForecast.label().get(sh.lang))]
    }

    fn actions(&self, _: &Shared) -> Vec<Action> {
        vec![Action::Open, Action::Earlier, Action::Later]
    }

    fn status(&self, sh: &Shared) -> String {
        let lines = self.lines(sh);
        let sum = lines.iter().map(|line| &line.open).fold(Figures::default(), show::together);
        if self.told.is_some() { show::amounts_in(&sum, sh) } else { String::new() }
    }

    fn draw(&self, c: &mut Canvas<'_>, area: Rect, sh: &Shared) {
        let t = sh.t();
        let lines = self.lines(sh);
        if self.told.is_some() && lines.iter().all(|line| line.open.count + line.won.count == 0) {
            c.put(area.x + 3, area.y + area.height / 3, t.forecast_empty, Role::Dim, area.width.saturating_sub(4));
            return;
        }
        let (heading, rest) = top(area, 1);
        let (rows, legend) = bottom(rest, u16::from(area.height > 12));
        let column = |title: &str, min: u16, wish: u16, right: bool| {
            let title = title.to_owned();
            Column { min: min.max(c.m.width(&title) as u16), wish, right, title }
        };
        let all = [
            column(t.month, 8, 10, false),
            column(t.weighted, 8, 9, true),
            column(t.amount, 8, 9, true),
            column(t.count, 5, 5, true),
            column("", 8, 40, false),
            column(t.won, 8, 9, true),
        ];
        // Where there is little room, the bar says more than further numbers.
        let order = if area.width < 60 { [0, 1, BAR, 2, 3, 5] } else { [0, 1, 2, 3, BAR, 5] };
        let columns = order.map(|nth| all[nth].clone());
        let widths = table::widths(&columns, area.width.saturating_sub(3));
        table::draw_heading(c, heading, &columns, &widths);
        let most = lines.iter().map(|line| line.open.amount).max().unwrap_or(0);
        let bar = order.iter().position(|nth| *nth == BAR).and_then(|at| widths.get(at));
        let blocks = usize::from(bar.copied().unwrap_or(0));
        let first = table::scroll(self.first, self.cursor, rows.height.into(), lines.len());
        let window = lines.iter().enumerate().skip(first).take(rows.height.into());
        let row = |(n, line)| {
            let cells = cells(line, most, blocks, sh);
            Row { cells: order.map(|nth| cells[nth].clone()).to_vec(), cursor: n == self.cursor, ..Row::default() }
        };
        let window: Vec<Row> = window.map(row).collect();
        table::draw_rows(c, rows, &columns, &widths, &window);
        if blocks > 0 && legend.height > 0 {
            let [full, light] = sh.theme.sym.blocks;
            let text = format!("{full} {}   {light} {}", t.weighted, t.amount);
            c.put(legend.x + 2, legend.y, &text, Role::Dim, legend.width);
        }
    }
}

/// Month, weighted, amount, count, bar, won.
fn cells(line: &Line, most: i64, blocks: usize, sh: &Shared) -> [(String, Role); 6] {
    let [full, light] = sh.theme.sym.blocks;
    let whole = show::blocks(line.open.amount, most, blocks);
    let weighted = show::blocks(line.open.weighted, most, blocks).min(whole);
    let money = |amount: i64| {
        if amount == 0 { (sh.theme.sym.none.to_owned(), Role::Dim) } else { (show::sum(amount, sh), Role::Text) }
    };
    [
        (line.label.clone(), if line.late { Role::Bad } else { Role::Text }),
        money(line.open.weighted),
        money(line.open.amount),
        (show::thousands(line.open.count), Role::Dim),
        (format!("{}{}", full.repeat(weighted), light.repeat(whole - weighted)), Role::Key),
        money(line.won.amount),
    ]
}

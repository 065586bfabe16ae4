//! Open opportunities by stage: a column a stage with its count and sums, which the server keeps, and its cards below.
//! Cards of a column are loaded when it is seen.

use ratatui::layout::Rect;
use rolo_proto::v1::{self, Action as Right, Choice, Kind, OpportunityView};

use crate::{
    app::{
        self,
        effect::{Reply, Request, ScreenId, Slot},
        live::{AGAIN_AFTER, News},
        shared::{Nav, Shared, allows},
        work::{Ask, Told},
    },
    data::Failure,
    keys::{Action, Chord, Layer, keymap},
    resource::{Condition, Record, Value, WriteOptions},
    screen::{Place, Screen, ageing::Ageing, decide, list::rows::Rows, show},
    strings::fill,
    theme::Role,
    widget::canvas::{Canvas, top},
};

/// The narrowest column.
const NARROWEST: u16 = 24;
/// Lines of a card, with the blank under it.
const CARD: u16 = 3;
/// Lines above the cards.
const HEAD: u16 = 3;

/// A stage and what stands in it.
struct Lane {
    stage: Option<Choice>,
    figures: v1::Figures,
    rows: Rows,
}

/// The screen.
pub struct BoardScreen {
    id: ScreenId,
    lanes: Vec<Lane>,
    at: usize,
    first: usize,
    loaded: bool,
    /// The card that is being moved, and the column it goes to.
    moving: Option<(i64, usize)>,
    seen: Option<u64>,
    /// The sums of the columns.
    ageing: Ageing,
}

impl BoardScreen {
    /// With nothing loaded yet.
    pub fn new(sh: &mut Shared) -> Option<Self> {
        let id = sh.id();
        lane(id, 0, None)?;
        Some(Self {
            id,
            lanes: Vec::new(),
            at: 0,
            first: 0,
            loaded: false,
            moving: None,
            seen: None,
            ageing: Ageing::default(),
        })
    }

    fn load(&mut self, sh: &mut Shared) {
        sh.call(self.id, Slot::Counts, Request::Work(Ask::Board));
        let seen: Vec<usize> = self.window(sh).collect();
        for (nth, lane) in self.lanes.iter_mut().enumerate() {
            if seen.contains(&nth) {
                lane.rows.reload(sh);
            } else {
                lane.rows.pages = crate::data::page::Pages::default();
            }
        }
        self.seen = Some(sh.changes);
    }

    /// The columns have come; those that were there keep their cards and cursor.
    fn came(&mut self, columns: Vec<v1::get_board_response::Column>, sh: &mut Shared) {
        let stage_id = |stage: &Option<Choice>| stage.as_ref().map_or(0, |stage| stage.id);
        let here = self.lanes.get(self.at).map(|lane| stage_id(&lane.stage));
        let same = self.lanes.len() == columns.len()
            && self.lanes.iter().zip(&columns).all(|(lane, column)| stage_id(&lane.stage) == stage_id(&column.stage));
        if same {
            for (lane, column) in self.lanes.iter_mut().zip(columns) {
                lane.figures = column.figures.unwrap_or_default();
            }
        } else {
            let each = columns.into_iter().take(usize::from(u8::MAX)).enumerate().filter_map(|(nth, column)| {
                let rows = lane(self.id, nth as u8, column.stage.as_ref())?;
                Some(Lane { stage: column.stage, figures: column.figures.unwrap_or_default(), rows })
            });
            self.lanes = each.collect();
            self.at = self
                .lanes
                .iter()
                .position(|lane| Some(stage_id(&lane.stage)) == here)
                .unwrap_or_else(|| self.lanes.iter().position(|lane| lane.figures.count > 0).unwrap_or(0));
        }
        self.loaded = true;
        self.show(sh);
    }

    fn columns(sh: &Shared) -> usize {
        usize::from((app::draw::body(sh.size).width / NARROWEST).max(1))
    }

    fn visible(sh: &Shared) -> usize {
        usize::from(app::draw::body(sh.size).height.saturating_sub(HEAD) / CARD)
    }

    fn window(&self, sh: &Shared) -> std::ops::Range<usize> {
        self.first..(self.first + Self::columns(sh)).min(self.lanes.len())
    }

    /// The column with the cursor is seen, and those that are seen load their cards.
    fn show(&mut self, sh: &mut Shared) {
        self.at = self.at.min(self.lanes.len().saturating_sub(1));
        let columns = Self::columns(sh);
        self.first = self.first.clamp((self.at + 1).saturating_sub(columns), self.at);
        self.first = self.first.min(self.lanes.len().saturating_sub(columns));
        for nth in self.window(sh) {
            let waits = sh.waits(self.id, Slot::Rows(nth as u8));
            if let Some(lane) = self.lanes.get_mut(nth).filter(|lane| !lane.rows.pages.is_started() && !waits) {
                lane.rows.restart(sh);
            }
        }
    }

    fn catch_up(&mut self, sh: &mut Shared) {
        let visible = Self::visible(sh);
        for nth in self.window(sh) {
            if let Some(lane) = self.lanes.get_mut(nth) {
                lane.rows.catch_up(sh, visible);
            }
        }
    }

    fn current(&self) -> Option<&Record> {
        self.lanes.get(self.at)?.rows.current()
    }

    /// The card goes to the stage before or after: an edit of its stage.
    fn shift(&mut self, by: isize, sh: &mut Shared) {
        let Some(to) = self.at.checked_add_signed(by).filter(|to| *to < self.lanes.len()) else { return };
        let (Some(record), Some(field)) =
            (self.current(), self.lanes.get(self.at).and_then(|lane| lane.rows.resource.field("stage")))
        else {
            return;
        };
        if !allows(record, Right::Edit) || sh.waits(self.id, Slot::Act) {
            let busy = sh.waits(self.id, Slot::Act);
            let text = if busy { sh.t().still_saving } else { sh.t().board_not_yours };
            sh.say(text, Role::Dim);
            return;
        }
        let stage = self.lanes[to].stage.clone().map_or(Value::Absent, Value::Choice);
        let options = WriteOptions {
            request_id: sh.request_id(),
            revision: record.revision,
            seen: vec![(field, record.values.get(field).cloned().unwrap_or_default())],
            ..WriteOptions::default()
        };
        let (id, kind) = (record.id, record.kind);
        self.moving = Some((id, to));
        sh.call(self.id, Slot::Act, Request::Update(kind, id, vec![(field, stage)], options));
    }

    /// The card has moved, or not: the cursor goes with it.
    fn shifted(&mut self, request: &Request, outcome: Result<Reply, Failure>, sh: &mut Shared) {
        let moved = self.moving.take();
        match decide::outcome(request, outcome, self.id, sh) {
            decide::Outcome::Refused => {}
            decide::Outcome::Changed(_) => {
                let from = self.at;
                if let Some((id, to)) = moved {
                    self.at = to;
                    self.show(sh);
                    if let Some(lane) = self.lanes.get_mut(to) {
                        lane.rows.reload_at(id, sh);
                    }
                    if let Some(lane) = self.lanes.get_mut(from) {
                        lane.rows.reload(sh);
                    }
                }
                sh.call(self.id, Slot::Counts, Request::Work(Ask::Board));
                self.seen = Some(sh.changes);
            }
            _ => self.load(sh),
        }
    }
}

/// The cards of a stage; of no stage.
fn lane(owner: ScreenId, nth: u8, stage: Option<&Choice>) -> Option<Rows> {
    let mut rows = Rows::new(owner, nth, Kind::Opportunity, 0, 0)?;
    rows.view = rows.resource.views().iter().position(|view| view.wire == OpportunityView::Open as i32)?;
    let field = rows.resource.field("stage")?;
    let value = stage.map_or(Value::Absent, |stage| Value::Choice(stage.clone()));
    rows.fixed = vec![Condition { field, values: vec![value] }];
    Some(rows)
}

impl Screen for BoardScreen {
    fn id(&self) -> ScreenId {
        self.id
    }

    fn place(&self) -> Place {
        Place::Board
    }

    fn layers(&self) -> &'static [Layer] {
        keymap::BOARD
    }

    fn enter(&mut self, sh: &mut Shared) {
        if self.seen != Some(sh.changes) {
            self.load(sh);
            return;
        }
        self.show(sh);
        self.catch_up(sh);
        if self.ageing.seen() {
            sh.call(self.id, Slot::Counts, Request::Work(Ask::Board));
        }
    }

    fn act(&mut self, action: Action, _: Chord, sh: &mut Shared) -> bool {
        match action {
            Action::Left => self.at = self.at.saturating_sub(1),
            Action::Right => self.at += 1,
            Action::StageBack => self.shift(-1, sh),
            Action::StageOn => self.shift(1, sh),
            Action::Refresh => self.load(sh),
            Action::Open => {
                let record = self.current().map(|record| (record.kind, record.id, record.label.clone()));
                sh.nav.extend(record.map(|(kind, id, label)| Nav::Detail(kind, id, label)));
            }
            Action::Select | Action::SelectAll | Action::SelectRange => return false,
            action => {
                let visible = Self::visible(sh);
                return self.lanes.get_mut(self.at).is_some_and(|lane| lane.rows.act(action, sh, visible));
            }
        }
        self.show(sh);
        true
    }

    fn reply(&mut self, slot: Slot, request: Request, outcome: Result<Reply, Failure>, sh: &mut Shared) {
        match (slot, outcome) {
            (Slot::Rows(nth), outcome) => {
                if let Err(failure) = &outcome {
                    sh.fail(failure, Some((self.id, slot, request)));
                }
                let visible = Self::visible(sh);
                if let Some(lane) = self.lanes.get_mut(usize::from(nth)) {
                    lane.rows.reply(outcome, sh, visible);
                }
            }
            (Slot::Live(nth), outcome) => {
                let visible = Self::visible(sh);
                if let Some(lane) = self.lanes.get_mut(usize::from(nth)) {
                    lane.rows.caught_up(outcome, sh, visible);
                }
            }
            (_, Ok(Reply::Work(Told::Board(columns)))) => self.came(columns, sh),
            (Slot::Act, outcome) => self.shifted(&request, outcome, sh),
            (_, Err(failure)) => sh.fail(&failure, Some((self.id, slot, request))),
            _ => {}
        }
    }

    fn told(&mut self, news: &News, top: bool, sh: &mut Shared) {
        for lane in &mut self.lanes {
            lane.rows.told(news);
        }
        if top {
            self.catch_up(sh);
        }
        if news.about(Kind::Opportunity) {
            self.ageing.told(self.id, Slot::Counts, top, AGAIN_AFTER, sh);
        }
    }

    fn rested(&mut self, slot: Slot, generation: u64, sh: &mut Shared) {
        if slot == Slot::Counts && self.ageing.rested(generation) {
            sh.call(self.id, Slot::Counts, Request::Work(Ask::Board));
        }
    }

    fn note(&self, sh: &Shared) -> Vec<(String, Role)> {
        let lane = self.lanes.get(self.at);
        lane.and_then(|lane| lane.rows.announcement(sh)).map(|text| (text, Role::Warn)).into_iter().collect()
    }

    fn crumbs(&self, sh: &Shared) -> Vec<String> {
        vec![show::capital(Action::GoBoard.label().get(sh.lang))]
    }

    fn actions(&self, _: &Shared) -> Vec<Action> {
        let mut out = Vec::new();
        if let Some(record) = self.current() {
            out.push(Action::Open);
            if allows(record, Right::Edit) {
                out.extend([Action::StageBack, Action::StageOn]);
            }
        }
        // Arrows are tried without being told.
        out.extend([Action::Left, Action::Right]);
        out
    }

    fn status(&self, sh: &Shared) -> String {
        let all = self.lanes.iter().map(|lane| &lane.figures);
        let sum = all.fold(v1::Figures::default(), show::together);
        if self.loaded { show::amounts_in(&sum, sh) } else { String::new() }
    }

    fn draw(&self, c: &mut Canvas<'_>, area: Rect, sh: &Shared) {
        let t = sh.t();
        if self.loaded && self.lanes.iter().all(|lane| lane.figures.count == 0) {
            c.put(area.x + 3, area.y + area.height / 3, t.board_empty, Role::Dim, area.width.saturating_sub(4));
            return;
        }
        let window = self.window(sh);
        let width = area.width / (window.len().max(1) as u16);
        for (place, nth) in window.clone().enumerate() {
            let column = Rect { x: area.x + place as u16 * width, width, ..area };
            if place > 0 {
                c.bar(Rect { x: column.x, width: 1, ..column });
            }
            let inner = Rect { x: column.x + 1, width: width.saturating_sub(1), ..column };
            self.lane(c, inner, nth, sh);
        }
        let more = |c: &mut Canvas<'_>, yes: bool, x: u16, mark: &str| {
            if yes {
                c.put(x, area.y, mark, Role::Key, 1);
            }
        };
        more(c, window.start > 0, area.x, "<");
        more(c, window.end < self.lanes.len(), area.right().saturating_sub(1), ">");
    }
}

impl BoardScreen {
    fn lane(&self, c: &mut Canvas<'_>, area: Rect, nth: usize, sh: &Shared) {
        let Some(lane) = self.lanes.get(nth) else { return };
        let here = nth == self.at;
        let name = lane.stage.as_ref().map_or(sh.t().no_stage, |stage| show::choice(stage, sh.lang));
        let count = format!(" {}", show::thousands(lane.figures.count));
        let role = if here { Role::Brand } else { Role::Title };
        c.spans(area.x, area.y, area.width.saturating_sub(1), &[(name, role), (&count, Role::Key)]);
        if lane.figures.count > 0 {
            let weighted = fill(sh.t().weighted_sum, &[&show::sum(lane.figures.weighted, sh)]);
            for (text, y) in [show::amount(&lane.figures, "", sh), weighted].iter().zip(area.y + 1..) {
                c.put(area.x, y, text, Role::Dim, area.width.saturating_sub(1));
            }
        }
        let (_, cards) = top(area, HEAD);
        let rows = &lane.rows;
        for (place, index) in (rows.first..rows.pages.len()).take(usize::from(cards.height / CARD)).enumerate() {
            let card = Rect { y: cards.y + place as u16 * CARD, height: CARD - 1, ..cards };
            if let Some(record) = rows.pages.get(index) {
                self.card(c, card, record, rows, sh);
            }
            if index == rows.cursor {
                c.put(card.x, card.y, sh.theme.sym.cursor, Role::Key, 1);
                c.put(card.x, card.y + 1, sh.theme.sym.cursor, Role::Key, 1);
                let role = if here { Role::Cursor } else { Role::Aside };
                c.tint(Rect { width: card.width.saturating_sub(1), ..card }, role);
            }
        }
    }

    /// What it is about, and whose, how likely and how much.
    fn card(&self, c: &mut Canvas<'_>, area: Rect, record: &Record, rows: &Rows, sh: &Shared) {
        let text = |name: &str| show::named(record, rows.resource, name, sh);
        let room = area.width.saturating_sub(3);
        c.put(area.x + 1, area.y, &text("customer_name"), Role::Text, room);
        let rate = text("success_rate");
        let amount = match show::value(record, rows.resource, "expected_amount") {
            Value::Money(amount) => show::sum(*amount, sh),
            _ => String::new(),
        };
        let end = c.put_right(area.right().saturating_sub(2), area.y + 1, &amount, Role::Text, room);
        let rate_end = c.put(area.x + 1, area.y + 1, &rate, Role::Key, room);
        let about = if rate.is_empty() { rate_end } else { rate_end + 1 };
        c.put(about, area.y + 1, &text("title"), Role::Dim, end.saturating_sub(about + 1));
    }
}

//! The plan of an opportunity, edited where it is read: `n` plans steps one after the other, each a line with a day and
//! what is to be done; Enter records what came of one. A line that is left comes back with the next.

mod kept;

use chrono::NaiveDate;
use ratatui::layout::Rect;
use rolo_proto::v1::{Action as Right, Kind};

pub use self::kept::opportunity_of;
use crate::{
    app::{
        effect::{Request, ScreenId, Slot},
        shared::{Shared, allows},
    },
    data::Failure,
    keys::{Chord, Key},
    resource::{self, Link, Record, Resource, Value, WriteOptions, parse, when},
    screen::{decide, list::rows::Rows, show},
    strings::fill,
    theme::Role,
    widget::{
        canvas::{Canvas, bottom, top},
        line_input::{Edit, LineInput},
        table::{self, Column, Row},
    },
};

/// The longest step and result.
const LONGEST: usize = 500;
/// The longest beginning of a line that can be a day.
const DAY_LONGEST: usize = 24;

/// What a line is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    /// A new step.
    New,
    /// The day and task of a step.
    Edit(i64),
    /// What came of a step.
    Result(i64),
}

/// A line being typed.
#[derive(Debug)]
struct Line {
    what: What,
    input: LineInput,
    fault: Option<String>,
    /// Names the write of exactly what is typed.
    request_id: String,
}

/// The plan.
pub struct Plan {
    screen: ScreenId,
    opportunity_id: i64,
    /// Its steps.
    pub rows: Rows,
    line: Option<Line>,
}

impl Plan {
    /// Of an opportunity; the `nth` list of its screen.
    pub fn new(screen: ScreenId, nth: u8, opportunity_id: i64) -> Option<Self> {
        let rows = Rows::new(screen, nth, Kind::PlanStep, opportunity_id, 0)?;
        Some(Self { screen, opportunity_id, rows, line: None })
    }

    /// Whether a line is typed.
    pub fn types(&self) -> bool {
        self.line.is_some()
    }

    /// A new step.
    pub fn add(&mut self, sh: &mut Shared) {
        self.open(What::New, "", sh);
    }

    /// The day and task of the step under the cursor.
    pub fn edit(&mut self, sh: &mut Shared) -> bool {
        let Some(step) = self.rows.current().filter(|s| allows(s, Right::Edit)) else { return false };
        let (id, text) = (step.id, format!("{} {}", text_of(step, "plan_date"), text_of(step, "todo")));
        self.open(What::Edit(id), &text, sh);
        true
    }

    /// What came of the step under the cursor.
    pub fn result(&mut self, sh: &mut Shared) -> bool {
        let Some(step) = self.rows.current().filter(|s| allows(s, Right::RecordResult)) else { return false };
        let (id, text) = (step.id, text_of(step, "result"));
        self.open(What::Result(id), &text, sh);
        true
    }

    /// A key while a line is typed.
    pub fn key(&mut self, chord: Chord, sh: &mut Shared) -> bool {
        let Some(line) = self.line.as_mut() else { return false };
        match chord.key {
            Key::Esc => self.leave(sh),
            Key::Enter => self.save(sh),
            Key::Char('s') if chord.ctrl => self.save(sh),
            _ => match line.input.key(chord, LONGEST + DAY_LONGEST) {
                Edit::Changed => self.changed(sh),
                Edit::Moved => {}
                Edit::Ignored => return !chord.ctrl,
            },
        }
        true
    }

    /// Text from the clipboard.
    pub fn text(&mut self, text: &str, sh: &mut Shared) -> bool {
        let Some(line) = self.line.as_mut() else { return false };
        if line.input.insert(text, LONGEST + DAY_LONGEST) == Edit::Changed {
            self.changed(sh);
        }
        true
    }

    fn changed(&mut self, sh: &mut Shared) {
        if let Some(line) = self.line.as_mut() {
            line.fault = None;
            line.request_id = sh.request_id();
        }
        self.keep(true, sh);
    }

    fn save(&mut self, sh: &mut Shared) {
        if sh.waits(self.screen, Slot::Save) {
            return;
        }
        let Some(line) = self.line.as_mut() else { return };
        let text = line.input.text().trim();
        if text.is_empty() && line.what == What::New {
            self.line = None;
            return;
        }
        let given = match line.what {
            What::Result(_) => vec![("result", Value::Text(text.to_owned()))],
            What::New | What::Edit(_) => match understand(text, sh) {
                (_, "") => {
                    line.fault = Some(sh.t().step_needs_task.to_owned());
                    return;
                }
                (None, _) if line.what == What::New => {
                    line.fault = Some(sh.t().step_needs_day.to_owned());
                    return;
                }
                (day, task) => day
                    .map(|day| ("plan_date", Value::Date(day)))
                    .into_iter()
                    .chain([("todo", Value::Text(task.to_owned()))])
                    .collect(),
            },
        };
        let fields = self.rows.resource.fields();
        let at = |name: &str| fields.iter().position(|f| f.name == name);
        let mut values: resource::Changes = given.into_iter().filter_map(|(n, v)| Some((at(n)?, v))).collect();
        let request_id = line.request_id.clone();
        let request = match line.what {
            What::New => {
                let link = Link { kind: Kind::Opportunity, id: self.opportunity_id, label: String::new() };
                values.extend(at("opportunity").map(|i| (i, Value::Link(link))));
                Request::Create(Kind::PlanStep, values, WriteOptions { request_id, ..WriteOptions::default() })
            }
            What::Edit(id) | What::Result(id) => {
                let Some(step) = self.rows.pages.position(id).and_then(|i| self.rows.pages.get(i)) else { return };
                values.retain(|(i, value)| step.values.get(*i) != Some(value));
                if values.is_empty() {
                    let what = line.what;
                    sh.drop_draft(self.key_of(what));
                    self.line = None;
                    return;
                }
                let (values, options) = decide::opportunity::changes(step, values, request_id);
                Request::Update(Kind::PlanStep, id, values, options)
            }
        };
        sh.call(self.screen, Slot::Save, request);
    }

    /// The step is saved: the next one is planned, or the cursor goes on.
    pub fn saved(&mut self, record: &Record, request_id: &str, sh: &mut Shared, visible: usize) {
        let t = sh.t();
        self.done(request_id, sh);
        // Whoever has typed on since goes on with that.
        match self.line.take_if(|line| line.request_id == request_id) {
            Some(line) if line.what == What::New => {
                self.open(What::New, "", sh);
                sh.say(fill(t.step_planned, &[&record.label]), Role::Good);
            }
            Some(line) => {
                self.rows.pages.replace(record);
                let said = if matches!(line.what, What::Result(_)) { t.step_recorded } else { t.saved };
                sh.say(format!("{said} {}", record.label), Role::Good);
                self.rows.go(1, sh, visible);
            }
            None => {}
        }
    }

    /// The step is not saved: what was typed stays.
    pub fn refused(&mut self, failure: &Failure, sh: &mut Shared) {
        let Some(line) = self.line.as_mut() else { return };
        line.fault = Some(failure.message(sh.lang));
        if !failure.is_retryable() {
            line.request_id = sh.request_id();
            self.keep(true, sh);
        }
    }

    /// What the keys mean while a line is typed.
    pub fn hints(&self, sh: &Shared) -> Option<Vec<(String, String)>> {
        let line = self.line.as_ref()?;
        let t = sh.t();
        let does = if line.what == What::New { t.step_plans } else { t.step_saves };
        Some(vec![(sh.enter().to_owned(), does.to_owned()), ("esc".to_owned(), t.step_ends.to_owned())])
    }

    /// Rows that are seen.
    pub fn visible(&self, inner: Rect) -> usize {
        usize::from(self.parts(inner).0.height.saturating_sub(1))
    }

    /// The steps, and the line below them if one is typed.
    fn parts(&self, inner: Rect) -> (Rect, Rect) {
        let lines = if self.line.is_some() { 3.min(inner.height / 2) } else { 0 };
        bottom(inner, lines)
    }

    /// Draws it.
    pub fn draw(&self, c: &mut Canvas<'_>, inner: Rect, may_plan: bool, sh: &Shared) {
        let (above, below) = self.parts(inner);
        if self.rows.pages.is_empty() && self.rows.pages.is_complete() {
            let t = sh.t();
            c.put(above.x + 2, above.y + 1, t.no_steps, Role::Dim, above.width);
            if may_plan {
                c.put(above.x + 2, above.y + 2, t.n_plans, Role::Dim, above.width);
            }
        } else {
            self.steps(c, above, sh);
        }
        if let Some(line) = &self.line {
            self.line(line, c, below, sh);
        }
    }

    fn steps(&self, c: &mut Canvas<'_>, area: Rect, sh: &Shared) {
        let (heading, list) = top(area, 1);
        let fields = self.rows.resource.fields();
        let title = |name: &str| {
            let label = fields.iter().find(|f| f.name == name).map(|f| f.label.get(sh.lang));
            label.unwrap_or_default().to_owned()
        };
        let column = |title: String, min: u16, wish: u16| Column { title, min, wish, right: false };
        let room = area.width.saturating_sub(3);
        let columns = [
            column(String::new(), 1, 1),
            column(title("plan_date"), 10, 10),
            column(title("todo"), (room / 3).max(14), (room / 2).max(14)),
            column(title("result"), (room / 4).max(10), room / 2),
        ];
        let widths = table::widths(&columns, room);
        table::draw_heading(c, heading, &columns, &widths);
        let height = usize::from(list.height);
        let rows: Vec<Row> = self
            .rows
            .pages
            .iter()
            .enumerate()
            .skip(self.rows.first)
            .take(height)
            .map(|(index, step)| Row {
                cells: cells(step, self.rows.resource, sh).into(),
                cursor: index == self.rows.cursor,
                marked: self.rows.is_marked(step.id),
                gone: self.rows.elsewhere.gone.contains(&step.id),
            })
            .collect();
        table::draw_rows(c, list, &columns, &widths, &rows);
    }

    fn line(&self, line: &Line, c: &mut Canvas<'_>, area: Rect, sh: &Shared) {
        let t = sh.t();
        let (rule, rest) = top(area, u16::from(area.height > 2));
        c.rule(rule);
        let label = match line.what {
            What::New => t.step_new,
            What::Edit(_) => t.step_edit,
            What::Result(_) => t.step_result,
        };
        let x = c.put(rest.x + 1, rest.y, label, Role::Brand, rest.width) + 2;
        let field = Rect { x, y: rest.y, width: rest.right().saturating_sub(x + 1), height: 1 };
        c.tint(field, Role::Input);
        line.input.draw(c, field, Role::Input, true);
        let (text, role) = match (&line.fault, line.what) {
            (Some(fault), _) => (format!("! {fault}"), Role::Bad),
            (None, What::Result(_)) => (String::new(), Role::Dim),
            (None, _) if line.input.is_empty() => (t.step_example.to_owned(), Role::Dim),
            (None, what) => match understand(line.input.text().trim(), sh) {
                (Some(day), task) => (format!("= {}  {task}", day_text(day, sh)), Role::Good),
                (None, _) if what == What::New => (t.step_needs_day.to_owned(), Role::Warn),
                (None, _) => (String::new(), Role::Dim),
            },
        };
        c.put(x, rest.y + 1, &text, role, rest.right().saturating_sub(x + 1));
    }
}

/// A step in one line, for where the plan is only looked at.
pub fn line(c: &mut Canvas<'_>, x: u16, y: u16, width: u16, step: &Record, sh: &Shared) {
    let cells = cells(step, &resource::PlanSteps, sh);
    let [(state, mark), (day, at), (task, text), (outcome, came)] = cells;
    let gap = ("  ", Role::Text);
    c.spans(x, y, width, &[(&state, mark), (" ", Role::Text), (&day, at), gap, (&task, text), gap, (&outcome, came)]);
}

/// State, day, task, and the result or why there should be one.
fn cells(step: &Record, resource: &dyn Resource, sh: &Shared) -> [(String, Role); 4] {
    let (t, sym) = (sh.t(), sh.theme.sym);
    let (result, overdue) = (text_of(step, "result"), show::value(step, resource, "overdue") == &Value::Flag(true));
    let (day, days) = match show::value(step, resource, "plan_date") {
        Value::Date(day) => (day_text(*day, sh), (*day - show::today(sh)).num_days()),
        _ => (String::new(), 0),
    };
    let (state, role, outcome) = match (result.is_empty(), overdue) {
        (false, _) => (sym.mark, Role::Good, (result, Role::Text)),
        (true, true) => ("!", Role::Bad, (fill(t.step_overdue_by, &[&-days]), Role::Bad)),
        (true, false) => (sym.ring, Role::Dim, (when_due(days, sh), Role::Dim)),
    };
    let date = if role == Role::Bad { role } else { Role::Text };
    let task = if role == Role::Good { Role::Dim } else { Role::Text };
    [(state.to_owned(), role), (day, date), (text_of(step, "todo"), task), outcome]
}

fn when_due(days: i64, sh: &Shared) -> String {
    let t = sh.t();
    match days {
        // Of what is closed nothing is due any more.
        ..0 => String::new(),
        0 => t.day_today.to_owned(),
        1 => t.day_tomorrow.to_owned(),
        days => fill(t.in_days, &[&days]),
    }
}

/// A day in the width of a column: its weekday, and the year only where it is another.
fn day_text(day: NaiveDate, sh: &Shared) -> String {
    let weekday = show::weekday_of(day, sh.lang);
    if chrono::Datelike::year(&day) == chrono::Datelike::year(&show::today(sh)) {
        format!("{} {weekday}", day.format("%m-%d"))
    } else {
        day.to_string()
    }
}

fn text_of(step: &Record, name: &str) -> String {
    match resource::of(step.kind).map(|r| show::value(step, r, name)) {
        Some(Value::Text(text)) => text.clone(),
        Some(Value::Date(day)) => day.to_string(),
        _ => String::new(),
    }
}

/// The day at the beginning of a line, the longest that is one, and the task behind it.
fn understand<'a>(text: &'a str, sh: &Shared) -> (Option<NaiveDate>, &'a str) {
    let ends = text.char_indices().map(|(at, c)| at + c.len_utf8()).take(DAY_LONGEST);
    let day = |end: usize| {
        let (head, tail) = text.split_at_checked(end)?;
        // Not in the middle of a number or an English word.
        let within = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '/';
        if head.ends_with(within) && tail.starts_with(|c| within(c) || matches!(c, '\'' | '’')) {
            return None;
        }
        let when = when::understand(head, sh.now, sh.zone)?;
        Some((parse::day_of(when.start, sh.zone), tail))
    };
    let found = ends.collect::<Vec<_>>().into_iter().rev().find_map(day);
    match found {
        Some((day, task)) => (Some(day), task.trim_start_matches([' ', ':', '：', ',', '，', '\u{3000}'])),
        None => (None, text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        strings::Lang,
        text::Measure,
        theme::{Theme, ThemeName},
    };

    #[test]
    fn a_line_begins_with_its_day_as_people_say_it() {
        let measure = Measure::default();
        let mut sh = Shared::new(Lang::Zh, measure, Theme::new(ThemeName::Default, measure), (80, 24), 1);
        // Wednesday 25 November 2026, 10:20 in Shanghai.
        sh.now = 1_795_573_200_000;
        for (text, day, task) in [
            ("明天拜访陈总", Some("2026-11-26"), "拜访陈总"),
            ("周五 报价", Some("2026-11-27"), "报价"),
            ("12月1日演示新版本", Some("2026-12-01"), "演示新版本"),
            ("2026-12-01 call Chen", Some("2026-12-01"), "call Chen"),
            ("fri: demo", Some("2026-11-27"), "demo"),
            ("下周一 14:00 到厂", Some("2026-11-30"), "到厂"),
            ("拜访陈总", None, "拜访陈总"),
            ("friday's demo is ready", None, "friday's demo is ready"),
        ] {
            let (found, rest) = understand(text, &sh);
            assert_eq!(found.map(|d| d.to_string()).as_deref(), day, "{text}");
            if day.is_some() {
                assert_eq!(rest, task, "{text}");
            }
        }
    }
}

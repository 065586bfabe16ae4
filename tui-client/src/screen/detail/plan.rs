//! The plan of an opportunity, edited where it is read: `n` plans steps one after the other, each a line with a day and
//! what is to be done; Enter records what came of one. A line that is left comes back with the next.

mod kept;
mod line;
mod save;

use chrono::NaiveDate;
use ratatui::layout::Rect;
use rolo_proto::v1::{Action as Right, Kind};

pub use self::kept::{keep_result, opportunity_of};
use self::line::{Ground, LONGEST, Line, What, understand};
use crate::{
    app::{
        effect::ScreenId,
        shared::{Shared, allows},
    },
    data::Failure,
    keys::{Chord, Key},
    resource::{self, Record, Resource, Value},
    screen::{list::rows::Rows, show},
    strings::fill,
    theme::Role,
    widget::{
        canvas::{Canvas, bottom, top},
        line_input::Edit,
        table::{self, Column, Row},
    },
};

/// The plan.
pub struct Plan {
    screen: ScreenId,
    opportunity_id: i64,
    /// Its steps.
    pub rows: Rows,
    line: Option<Line>,
    /// Why the last save was stale.
    stale: Option<Failure>,
    /// The step as others have changed it, until the person has chosen.
    theirs: Option<Record>,
}

impl Plan {
    /// Of an opportunity; the `nth` list of its screen.
    pub fn new(screen: ScreenId, nth: u8, opportunity_id: i64) -> Option<Self> {
        let rows = Rows::new(screen, nth, Kind::PlanStep, opportunity_id, 0)?;
        Some(Self { screen, opportunity_id, rows, line: None, stale: None, theirs: None })
    }

    /// Whether a line is typed.
    pub fn types(&self) -> bool {
        self.line.is_some()
    }

    /// A new step.
    pub fn add(&mut self, sh: &mut Shared) {
        self.open(What::New, Ground::default(), sh);
    }

    /// The day and task of the step under the cursor.
    pub fn edit(&mut self, sh: &mut Shared) -> bool {
        self.begin(Right::Edit, What::Edit, sh)
    }

    /// What came of the step under the cursor.
    pub fn result(&mut self, sh: &mut Shared) -> bool {
        self.begin(Right::RecordResult, What::Result, sh)
    }

    fn begin(&mut self, right: Right, what: fn(i64) -> What, sh: &mut Shared) -> bool {
        let Some(step) = self.rows.current().filter(|step| allows(step, right)) else { return false };
        let what = what(step.id);
        let ground = Ground::of(what, step);
        self.open(what, ground, sh);
        true
    }

    /// A key while a line is typed.
    pub fn key(&mut self, chord: Chord, sh: &mut Shared) -> bool {
        let Some(line) = self.line.as_mut() else { return false };
        match chord.key {
            Key::Esc => self.leave(sh),
            Key::Enter => self.save(sh),
            Key::Char('s') if chord.ctrl => self.save(sh),
            _ => match line.input.key(chord, LONGEST) {
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
        if line.input.insert(text, LONGEST) == Edit::Changed {
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

    /// What the keys mean while a line is typed.
    pub fn hints(&self, sh: &Shared) -> Option<Vec<(String, String)>> {
        let line = self.line.as_ref()?;
        let t = sh.t();
        let does = if line.what == What::New { t.step_plans } else { t.step_saves };
        Some(vec![(sh.enter().to_owned(), does.to_owned()), ("esc".to_owned(), t.step_ends.to_owned())])
    }

    /// Rows that are seen.
    pub fn visible(&self, inner: Rect, sh: &Shared) -> usize {
        usize::from(self.parts(inner, sh).0.height.saturating_sub(1))
    }

    /// The steps, and below them the line if one is typed, with all that is said of it; a step stays in sight.
    fn parts(&self, inner: Rect, sh: &Shared) -> (Rect, Rect) {
        let lines = self.line.as_ref().map_or(0, |line| match &line.fault {
            None => 3.min(inner.height / 2),
            Some(fault) => (2 + faults(fault, inner, sh).len() as u16).min(inner.height.saturating_sub(2)),
        });
        bottom(inner, lines)
    }

    /// Draws it.
    pub fn draw(&self, c: &mut Canvas<'_>, inner: Rect, may_plan: bool, sh: &Shared) {
        let (above, below) = self.parts(inner, sh);
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
        // What is said below it does not push the row out of sight that it is about.
        let first = self.rows.first.max((self.rows.cursor + 1).saturating_sub(height));
        let rows: Vec<Row> = self
            .rows
            .pages
            .iter()
            .enumerate()
            .skip(first)
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
        if let Some(fault) = &line.fault {
            for (part, y) in faults(fault, area, sh).iter().zip(rest.y + 1..rest.bottom()) {
                c.put(rest.x + 1, y, part, Role::Bad, rest.width.saturating_sub(2));
            }
            return;
        }
        let (text, role) = match line.what {
            What::Result(_) => (String::new(), Role::Dim),
            _ if line.input.is_empty() => (t.step_example.to_owned(), Role::Dim),
            what => match understand(line.input.text().trim(), sh) {
                (Some(day), task) => (format!("= {}  {task}", day_text(day, sh)), Role::Good),
                (None, _) if what == What::New => (t.step_needs_day.to_owned(), Role::Warn),
                (None, _) => (String::new(), Role::Dim),
            },
        };
        c.put(x, rest.y + 1, &text, role, rest.right().saturating_sub(x + 1));
    }
}

/// Why a line cannot be taken, over the whole width.
fn faults(fault: &str, area: Rect, sh: &Shared) -> Vec<String> {
    sh.measure.wrap(&format!("! {fault}"), usize::from(area.width.saturating_sub(2)))
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

//! What a line of the plan is: what it is for, the ground that it stands on, and how what is typed is read.

use chrono::NaiveDate;

use crate::{
    app::shared::Shared,
    resource::{Changes, PlanSteps, Record, Resource as _, Value, parse, when},
    screen::form::save::same,
    widget::line_input::LineInput,
};

/// The longest beginning of a line that can be a day.
const DAY_LONGEST: usize = 24;
/// The longest line: a day, and a step or a result.
pub(super) const LONGEST: usize = 500 + DAY_LONGEST;

/// What a line is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    /// A new step.
    New,
    /// The day and task of a step.
    Edit(i64),
    /// What came of a step.
    Result(i64),
}

impl What {
    /// The fields that the line is read as; its draft keeps the text under the last.
    pub(super) const fn fields(self) -> &'static [&'static str] {
        match self {
            Self::New | Self::Edit(_) => &["plan_date", "todo"],
            Self::Result(_) => &["result"],
        }
    }

    /// The step, unless it is a new one.
    pub(super) const fn step(self) -> Option<i64> {
        match self {
            Self::New => None,
            Self::Edit(id) | Self::Result(id) => Some(id),
        }
    }
}

/// A line being typed.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) what: What,
    pub(super) input: LineInput,
    pub(super) fault: Option<String>,
    /// Names the write of exactly what is typed.
    pub(super) request_id: String,
    pub(super) ground: Ground,
}

/// The step as it was when the line was begun, however long ago: what others have changed since is not overwritten.
#[derive(Debug, Clone, Default)]
pub(super) struct Ground {
    /// Its revision; 0 of a new one.
    pub(super) revision: i64,
    /// The values of the line's fields.
    pub(super) was: Changes,
}

impl Ground {
    pub(super) fn of(what: What, step: &Record) -> Self {
        let was = what.fields().iter().filter_map(|name| {
            let at = at(name)?;
            Some((at, step.values.get(at).cloned().unwrap_or_default()))
        });
        Self { revision: step.revision, was: was.collect() }
    }

    /// What a field was.
    pub(super) fn was(&self, field: usize) -> &Value {
        value_of(&self.was, field)
    }
}

/// The value of a field among changes.
pub(super) fn value_of(values: &Changes, field: usize) -> &Value {
    static NONE: Value = Value::Absent;
    values.iter().find(|(at, _)| *at == field).map_or(&NONE, |(_, value)| value)
}

/// A field of steps.
pub(super) fn at(name: &str) -> Option<usize> {
    PlanSteps.fields().iter().position(|field| field.name == name)
}

/// Values as one types them: a day and what is to be done, or a result.
pub(super) fn as_typed(values: &Changes) -> String {
    let texts = values.iter().filter_map(|(_, value)| match value {
        Value::Text(text) => Some(text.clone()),
        Value::Date(day) => Some(day.to_string()),
        _ => None,
    });
    texts.collect::<Vec<_>>().join(" ")
}

impl Line {
    pub(super) fn new(what: What, ground: Ground, request_id: String) -> Self {
        let input = LineInput::new(&as_typed(&ground.was));
        Self { what, input, fault: None, request_id, ground }
    }

    /// What is typed, by field; why it cannot be taken.
    pub(super) fn values(&self, sh: &Shared) -> Result<Changes, &'static str> {
        let text = self.input.text().trim();
        let given = match self.what {
            What::Result(_) => vec![("result", Value::Text(text.to_owned()))],
            What::New | What::Edit(_) => match understand(text, sh) {
                (_, "") => return Err(sh.t().step_needs_task),
                (None, _) if self.what == What::New => return Err(sh.t().step_needs_day),
                (day, task) => day
                    .map(|day| ("plan_date", Value::Date(day)))
                    .into_iter()
                    .chain([("todo", Value::Text(task.to_owned()))])
                    .collect(),
            },
        };
        Ok(given.into_iter().filter_map(|(name, value)| Some((at(name)?, value))).collect())
    }

    /// What differs from the ground.
    pub(super) fn changes(&self, sh: &Shared) -> Result<Changes, &'static str> {
        let mut values = self.values(sh)?;
        values.retain(|(at, value)| !same(value, self.ground.was(*at)));
        Ok(values)
    }
}

/// The day at the beginning of a line, the longest that is one, and the task behind it.
pub(super) fn understand<'a>(text: &'a str, sh: &Shared) -> (Option<NaiveDate>, &'a str) {
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

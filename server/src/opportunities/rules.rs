//! Opportunities and their plans: the rules, pure (`domain-spec.md` §3.1, §3.2, §4.1, §4.2, D7–D9).
//!
//! ```text
//!               assign O4            succeed O7
//! 未指派 ──────────────────► 已指派 ──────────────► 开发成功
//!   ▲    withdraw O6           │ ▲ │
//!   └──────────────────────────┘ │ └──────────────► 开发失败
//!        (no result yet)  reassign     fail O8        │
//!                            ▲ O5                     │ reopen O10
//!                            └────────────────────────┘
//! ```
//!
//! While 未指派 everything may be edited (O2). While 已指派 the record is developed: what is known better every week
//! (stage, rate, amount, dates, contact) changes, who the customer is and what it is about do not (§5.10).

use crate::{
    error::{Error, Fault, Result, Violation},
    fields::{Field, Shape, value_of},
    value::Value,
};

/// The states.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// 未指派
    Unassigned = 1,
    /// 已指派
    Assigned = 2,
    /// 开发成功
    Won = 3,
    /// 开发失败
    Lost = 4,
}

impl Status {
    /// From the database.
    pub fn from_number(number: i64) -> Self {
        match number {
            2 => Self::Assigned,
            3 => Self::Won,
            4 => Self::Lost,
            _ => Self::Unassigned,
        }
    }
}

/// What is done to an opportunity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// O2: any field.
    Edit,
    /// Fields that are known better as it is developed ([`PROGRESS`]).
    Progress,
    /// O3
    Delete,
    /// Out of the recycle bin.
    Restore,
    /// O4
    Assign,
    /// O5
    Reassign,
    /// O6
    Withdraw,
    /// O7
    Succeed,
    /// O8
    Fail,
    /// O10
    Reopen,
    /// P1: a step is added, changed or taken away.
    Plan,
    /// P2: a step's result.
    Record,
}

/// Where an opportunity stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// The state.
    pub status: Status,
    /// In the recycle bin.
    pub deleted: bool,
}

/// Whether an event may happen to an opportunity that stands so.
///
/// # Errors
/// `INVALID_STATE` with the state.
pub fn permit(standing: Standing, event: Event) -> Result<()> {
    use Event as E;
    use Status as S;
    let permitted = match (standing.deleted, event, standing.status) {
        (true, E::Restore, _) => true,
        (true, ..) | (false, E::Restore, _) => false,
        (false, E::Edit | E::Delete | E::Assign, status) => status == S::Unassigned,
        (false, E::Progress, status) => matches!(status, S::Unassigned | S::Assigned),
        (false, E::Reassign | E::Withdraw | E::Succeed | E::Fail | E::Plan | E::Record, status) => {
            status == S::Assigned
        }
        (false, E::Reopen, status) => status == S::Lost,
    };
    if permitted { Ok(()) } else { Err(Error::InvalidState(state_word(standing).into())) }
}

/// The state as an error names it.
pub fn state_word(standing: Standing) -> &'static str {
    match standing {
        Standing { deleted: true, .. } => "deleted",
        Standing { status: Status::Unassigned, .. } => "unassigned",
        Standing { status: Status::Assigned, .. } => "assigned",
        Standing { status: Status::Won, .. } => "won",
        Standing { status: Status::Lost, .. } => "lost_opportunity",
    }
}

/// The largest amount: ten thousand million currency units, so that sums stay far from overflow.
pub const MOST_MONEY: i64 = 10_000_000_000 * 10_000;

/// The writable fields (§3.1, D7). The position of a field is also its bit in `missing`.
pub const FIELDS: &[Field] = &[
    Field::new("customer_name", Shape::Line(100)),
    Field::new("customer_id", Shape::Customer),
    Field::new("title", Shape::Line(200)),
    Field::new("source", Shape::Line(50)),
    Field::new("linkman", Shape::Line(50)),
    Field::new("tel", Shape::Phone(50)),
    Field::new("description", Shape::Text(2_000)),
    Field::new("success_rate", Shape::Int(0, 100)),
    Field::new("product_id", Shape::Product),
    Field::new("expected_amount", Shape::Money(1, MOST_MONEY)),
    Field::new("expected_close_at", Shape::Date),
    Field::new("lead_source_id", Shape::Choice("lead_source")),
    Field::new("stage_id", Shape::Choice("sales_stage")),
    Field::new("memo", Shape::Text(500)),
    Field::new("external_id", Shape::Line(100)),
];

/// Why an opportunity was given up (D7).
pub const CLOSE_REASON: Field = Field::new("close_reason_id", Shape::Choice("close_reason"));
/// The same in words.
pub const CLOSE_TEXT: Field = Field::new("close_text", Shape::Text(500));
/// What closing writes (O8), checked like the fields above.
pub const CLOSING: &[Field] = &[CLOSE_REASON, CLOSE_TEXT];

/// The states as files name them.
pub const STATUSES: &[(i64, &[&str])] = &[
    (1, &["unassigned", "未指派", "未分配", "new", "新建"]),
    (2, &["assigned", "已指派", "已分配", "开发中", "跟进中", "open"]),
    (3, &["won", "开发成功", "成功", "成交", "赢单", "success"]),
    (4, &["lost", "开发失败", "失败", "输单", "终止开发", "failed"]),
];

/// The fields that change while an opportunity is developed.
pub const PROGRESS: &[&str] = &[
    "linkman",
    "tel",
    "success_rate",
    "expected_amount",
    "expected_close_at",
    "stage_id",
    "memo",
    "customer_id",
    "external_id",
];

/// What the full form asks for (§3.1).
const REQUIRED: &[&str] = &["customer_name", "title", "description", "success_rate"];

/// Which event an edit of these columns is.
pub fn edit_event(values: &[(&'static str, Value)]) -> Event {
    match values.iter().all(|(column, _)| PROGRESS.contains(column)) {
        true => Event::Progress,
        false => Event::Edit,
    }
}

/// The required fields that are empty, as bits of [`FIELDS`].
pub fn missing(is_empty: impl Fn(&str) -> bool) -> i64 {
    FIELDS
        .iter()
        .enumerate()
        .filter(|(_, field)| REQUIRED.contains(&field.column) && is_empty(field.column))
        .fold(0, |bits, (bit, _)| bits | 1 << bit)
}

/// The names of the fields in a set of bits.
pub fn missing_names(bits: i64) -> Vec<String> {
    crate::fields::names(FIELDS, bits)
}

/// Checks a new opportunity (O1): a customer's name always, the required set if a full form was filled by hand.
///
/// # Errors
/// `VALIDATION` with the empty fields.
pub fn check_new(values: &[(&'static str, Value)], full_form: bool) -> Result<()> {
    let empty = |column: &str| value_of(values, column).is_none_or(Value::is_empty);
    let asked = |column: &&&str| full_form || **column == "customer_name";
    let faults: Vec<_> = REQUIRED
        .iter()
        .filter(asked)
        .filter(|column| empty(column))
        .map(|column| Violation::new(*column, Fault::Required))
        .collect();
    if faults.is_empty() { Ok(()) } else { Err(Error::Validation(faults)) }
}

/// Checks an edit: what is required may stay missing, but is never emptied (D1).
///
/// # Errors
/// `VALIDATION`.
pub fn check_edit(was_empty: impl Fn(&str) -> bool, values: &[(&'static str, Value)]) -> Result<()> {
    let faults: Vec<_> = REQUIRED
        .iter()
        .filter(|column| value_of(values, column).is_some_and(Value::is_empty) && !was_empty(column))
        .map(|column| Violation::new(*column, Fault::Required))
        .collect();
    if faults.is_empty() { Ok(()) } else { Err(Error::Validation(faults)) }
}

/// Checks why an opportunity is given up (O8): reason and text, both (D7).
///
/// # Errors
/// `VALIDATION`.
pub fn check_close(values: &[(&'static str, Value)]) -> Result<()> {
    let empty = |column: &str| value_of(values, column).is_none_or(Value::is_empty);
    let faults: Vec<_> = CLOSING
        .iter()
        .filter(|field| empty(field.column))
        .map(|field| Violation::new(crate::change::field_name(field.column), Fault::Required))
        .collect();
    if faults.is_empty() { Ok(()) } else { Err(Error::Validation(faults)) }
}

/// The writable fields of a plan step (§3.2).
pub const STEP_FIELDS: &[Field] = &[
    Field::new("opportunity_id", Shape::Opportunity),
    Field::new("plan_date", Shape::Date),
    Field::new("todo", Shape::Line(500)),
    Field::new("result", Shape::Text(500)),
    Field::new("external_id", Shape::Line(100)),
];

/// Checks a new or changed step: a date and a task, never emptied; the opportunity stays.
///
/// # Errors
/// `VALIDATION`.
pub fn check_step(before: impl Fn(&str) -> Value, values: &[(&'static str, Value)], new: bool) -> Result<()> {
    let mut faults = Vec::new();
    for column in ["plan_date", "todo"] {
        let given = value_of(values, column);
        if given.is_some_and(Value::is_empty) || (new && given.is_none()) {
            faults.push(Violation::new(column, Fault::Required));
        }
    }
    if !new && value_of(values, "opportunity_id").is_some_and(|id| *id != before("opportunity_id")) {
        faults.push(Violation::new("opportunity", Fault::NotWritable));
    }
    if faults.is_empty() { Ok(()) } else { Err(Error::Validation(faults)) }
}

/// Why an opportunity needs a look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Concern {
    /// A planned step's day has passed without result.
    StepOverdue = 1,
    /// Assigned for N days without any step.
    NoPlan = 2,
    /// No step done and no result recorded for N days.
    NoProgress = 3,
    /// The expected close date has passed.
    ClosePassed = 4,
}

/// What decides whether an assigned opportunity stagnates. Dates are `YYYY-MM-DD` of the company's days, far in the
/// future where there is none.
#[derive(Debug, Clone, Copy)]
pub struct Progress<'a> {
    /// Earliest step without result.
    pub next_step_at: &'a str,
    /// Expected close date.
    pub close_at: &'a str,
    /// Steps in all.
    pub steps: i64,
    /// Last assignment, new step or result, in Unix milliseconds.
    pub progress_at: i64,
}

/// The concerns about an opportunity that stands so; `today` is the company's date, `cut` the instant before which
/// progress is too long ago.
pub fn concerns(standing: Standing, progress: Progress<'_>, today: &str, cut: i64) -> Vec<Concern> {
    if standing.deleted || standing.status != Status::Assigned {
        return Vec::new();
    }
    let slow = progress.progress_at < cut;
    [
        (progress.next_step_at < today, Concern::StepOverdue),
        (slow && progress.steps == 0, Concern::NoPlan),
        (slow && progress.steps > 0, Concern::NoProgress),
        (progress.close_at < today, Concern::ClosePassed),
    ]
    .into_iter()
    .filter_map(|(holds, concern)| holds.then_some(concern))
    .collect()
}

/// Shares `items` out: to people who have so much to do already (`open`), `evenly` the same number to each, else so that
/// all have as much to do afterwards. What cannot be shared evenly goes to those who have least. Answers for each item
/// whose it is: the index of a person. Order is kept, so neighbours go to different people.
pub fn spread(items: usize, open: &[i64], evenly: bool) -> Vec<usize> {
    let load = |open: i64| if evenly { 0 } else { open };
    let mut heap: std::collections::BinaryHeap<_> =
        open.iter().enumerate().map(|(index, open)| std::cmp::Reverse((load(*open), *open, index))).collect();
    let mut shares = Vec::with_capacity(items);
    while shares.len() < items {
        let Some(std::cmp::Reverse((load, open, index))) = heap.pop() else { break };
        shares.push(index);
        heap.push(std::cmp::Reverse((load.saturating_add(1), open, index)));
    }
    shares
}

#[cfg(test)]
mod tests;

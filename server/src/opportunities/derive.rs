//! What is derived from an opportunity and its plan: sort keys, state of the plan, sums, the search index.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::{rules, store::TABLE, sums};
use crate::{
    clock::Millis,
    db::{Tx, params, search},
    error::Result,
    settings, text,
    value::Value,
};

/// Where there is no date: after all of them.
pub const NO_DATE: &str = "9999-12-31";

/// The day of an instant in a zone, `YYYY-MM-DD`.
pub fn date_of(at: Millis, zone: Tz) -> String {
    let utc = DateTime::<Utc>::from_timestamp_millis(at).unwrap_or_default();
    utc.with_timezone(&zone).format("%Y-%m-%d").to_string()
}

/// What a new opportunity is compared, sorted and counted by, written with its row: an index that is changed later is
/// changed twice. It has no plan yet.
///
/// # Errors
/// The database's.
pub fn derived(tx: &Tx<'_>, values: &[Value]) -> Result<Vec<Value>> {
    let value = |column: &str| TABLE.value(values, column).cloned().unwrap_or_default();
    let int = |column: &str| value(column).int();
    let (name, close) = (value("customer_name"), value("expected_close_at"));
    let status = int("status").unwrap_or(1);
    let owner = int("assignee_id").or(int("created_by")).unwrap_or_default();
    let close_rank = if close.is_empty() { NO_DATE } else { close.text() };
    let month = month(tx, status, &close, int("closed_at"))?;
    Ok(vec![
        Value::Text(text::dedupe_name(name.text())),
        Value::Text(text::name_key(name.text())),
        Value::Int(owner),
        Value::Int(i64::from(status <= 2)),
        Value::Int(rules::missing(|column| value(column).is_empty())),
        Value::Int(int("expected_amount").unwrap_or(0)),
        Value::Int(int("success_rate").unwrap_or(-1)),
        Value::from(close_rank),
        Value::from(close_rank),
        Value::Int(int("assigned_at").unwrap_or(0)),
        Value::Text(sums::key(owner, status, int("stage_id").unwrap_or(0), &month)),
    ])
}

/// Refreshes everything that is derived from an opportunity. `changed` names the columns; none for a new one.
///
/// # Errors
/// The database's.
pub fn opportunity(tx: &Tx<'_>, id: i64, changed: &[&'static str]) -> Result<()> {
    if changed.is_empty() {
        tx.defer(index, id);
        return sums::count_new(tx, id);
    }
    let touched = |columns: &[&str]| changed.iter().any(|column| columns.contains(column));
    sums::take_out(tx, id)?;
    let values = TABLE.values(tx, id)?;
    let value = |column: &str| TABLE.value(&values, column).cloned().unwrap_or_default();
    if touched(&["customer_name"]) {
        let name = value("customer_name");
        tx.execute(
            "UPDATE opportunity SET name_norm = ?2, name_key = ?3 WHERE id = ?1",
            params![id, text::dedupe_name(name.text()), text::name_key(name.text())],
        )?;
    }
    tx.execute(
        "UPDATE opportunity
         SET missing = ?2,
             owner_id = COALESCE(assignee_id, created_by),
             open = status IN (1, 2),
             amount_rank = COALESCE(expected_amount, 0),
             rate_rank = COALESCE(success_rate, -1),
             close_rank = COALESCE(expected_close_at, ?3),
             due_rank = MIN(next_step_at, COALESCE(expected_close_at, ?3))
         WHERE id = ?1",
        params![id, rules::missing(|column| value(column).is_empty()), NO_DATE],
    )?;
    if touched(&["status", "assignee_id", "assigned_at", "deleted_at"]) {
        steps_of(tx, id)?;
        plan(tx, id)?;
    }
    sums::put_in(tx, id)?;
    if touched(&["customer_name", "title", "linkman", "tel", "external_id", "deleted_at"]) {
        tx.defer(index, id);
    }
    Ok(())
}

/// Refreshes what an opportunity shows of its plan; what is closed waits for no step.
///
/// # Errors
/// The database's.
pub fn plan(tx: &Tx<'_>, id: i64) -> Result<()> {
    tx.execute(
        "UPDATE opportunity
         SET (next_step_at, steps, steps_done, progress_at) = (
               SELECT COALESCE(MIN(CASE WHEN s.result = '' AND opportunity.status = 2 THEN s.plan_date END), ?2),
                      COUNT(s.id),
                      COALESCE(SUM(s.result <> ''), 0),
                      MAX(COALESCE(opportunity.assigned_at, 0), COALESCE(MAX(s.result_at), 0),
                          COALESCE(MAX(s.created_at), 0))
               FROM plan_step s
               WHERE s.opportunity_id = opportunity.id AND s.deleted_at IS NULL)
         WHERE id = ?1",
        params![id, NO_DATE],
    )?;
    tx.execute("UPDATE opportunity SET due_rank = MIN(next_step_at, close_rank) WHERE id = ?1", [id]).map(drop)
}

/// Whose the open steps of an opportunity are: its assignee's while it is developed, otherwise nobody's.
fn steps_of(tx: &Tx<'_>, id: i64) -> Result<()> {
    tx.execute(
        "UPDATE plan_step
         SET due_owner_id = CASE WHEN result = '' AND deleted_at IS NULL
               THEN COALESCE((SELECT o.assignee_id FROM opportunity o
                              WHERE o.id = opportunity_id AND o.status = 2 AND o.deleted_at IS NULL), 0)
               ELSE 0 END
         WHERE opportunity_id = ?1",
        [id],
    )
    .map(drop)
}

/// Refreshes what is derived from a plan step.
///
/// # Errors
/// The database's.
pub fn step(tx: &Tx<'_>, id: i64, _: &[&'static str]) -> Result<()> {
    let opportunity_id: i64 =
        tx.query_one("SELECT opportunity_id FROM plan_step WHERE id = ?1", [id], |row| row.get(0))?;
    steps_of(tx, opportunity_id)?;
    plan(tx, opportunity_id)
}

/// Puts an opportunity into the search index: by its customer's name, number, contact, title and phone.
fn index(tx: &Tx<'_>, id: i64) -> Result<()> {
    type Found = (String, String, String, String, String);
    let row = tx.query_opt(
        "SELECT customer_name, title, linkman, tel, external_id FROM opportunity WHERE id = ?1",
        [id],
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?)),
    )?;
    let Some((name, title, linkman, tel, external_id)): Option<Found> = row else { return Ok(()) };
    let number = id.to_string();
    let contacts = [(title, Vec::new()), (linkman, Vec::new())];
    let document = search::Document {
        number: &number,
        name: &name,
        external_id: &external_id,
        phones: &[tel],
        contacts: &contacts,
    };
    search::OPPORTUNITIES.put(tx, id, &document)
}

/// The month that counts an opportunity in the sums: of its expected close date while it is open, of its end afterwards;
/// empty if there is none.
///
/// # Errors
/// The database's.
pub fn month(tx: &Tx<'_>, status: i64, close_at: &Value, closed_at: Option<i64>) -> Result<String> {
    if status <= 2 {
        return Ok(close_at.text().chars().take(7).collect());
    }
    let Some(at) = closed_at else { return Ok(String::new()) };
    Ok(date_of(at, settings::time_zone(tx)?).chars().take(7).collect())
}

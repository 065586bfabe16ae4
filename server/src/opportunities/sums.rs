//! The sums that are kept: opportunities by owner, state, stage and month, in the transaction that changes one, so that
//! board, forecast and the plain views answer at once however many there are ([`super::totals`]).

use super::derive;
use crate::{
    db::{Tx, params},
    error::{Error, Fault, Result},
    value::Value,
};

/// What one opportunity adds to a sum: its amount and that times its success rate, in ten-thousandths.
pub(super) fn weighted(amount: i64, rate: i64) -> i64 {
    // Half up to the ten-thousandth, as every stored amount (design: money).
    (amount * rate.max(0) + 50) / 100
}

struct Part {
    key: String,
    owner_id: i64,
    status: i64,
    stage_id: i64,
    month: String,
    amount: i64,
    weighted: i64,
    unknown: bool,
}

/// The two tables of sums, and what each divides an owner's opportunities of one state by.
macro_rules! each_table {
    ($statement:ident) => {
        [$statement!("opportunity_stage_sum", "stage_id"), $statement!("opportunity_month_sum", "month")]
    };
}
macro_rules! insert {
    ($table:literal, $by:literal) => {
        concat!(
            "INSERT INTO ",
            $table,
            " (owner_id, status, ",
            $by,
            ", count, amount, weighted, unknown)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
             ON CONFLICT (status, owner_id, ",
            $by,
            ") DO UPDATE
             SET count = count + excluded.count, amount = amount + excluded.amount,
                 weighted = weighted + excluded.weighted, unknown = unknown + excluded.unknown
             WHERE amount <= 9223372036854775807 - excluded.amount"
        )
    };
}
macro_rules! amount {
    ($table:literal, $by:literal) => {
        concat!("SELECT amount FROM ", $table, " WHERE owner_id = ?1 AND status = ?2 AND ", $by, " = ?3")
    };
}
macro_rules! clear {
    ($table:literal, $by:literal) => {
        concat!("DELETE FROM ", $table, " WHERE owner_id = ?1 AND status = ?2 AND ", $by, " = ?3 AND count = 0")
    };
}

/// Counts a part in its two sums, or takes it out of them. What a sum has no room for is refused, so that it is always what
/// its opportunities add up to; what they are worth by their rates is never more. One sum has room for 900 million million
/// currency units.
fn add(tx: &Tx<'_>, part: &Part, sign: i64) -> Result<()> {
    let by = [Value::Int(part.stage_id), Value::Text(part.month.clone())];
    let statements = each_table!(insert).into_iter().zip(each_table!(clear)).zip(each_table!(amount));
    for (((insert, clear), amount), by) in statements.zip(by) {
        let added = tx.execute(
            insert,
            params![
                part.owner_id,
                part.status,
                by,
                sign,
                sign * part.amount,
                sign * part.weighted,
                sign * i64::from(part.unknown)
            ],
        )?;
        if added == 0 {
            let amount: i64 = tx.query_one(amount, params![part.owner_id, part.status, by], |row| row.get(0))?;
            return Err(Error::field("expected_amount", Fault::OutOfRange(0, i64::MAX - amount)));
        }
        if sign < 0 {
            tx.execute(clear, params![part.owner_id, part.status, by])?;
        }
    }
    Ok(())
}

/// The part of the sums that an opportunity's row says it is; none if none counts it.
fn counted(tx: &Tx<'_>, id: i64) -> Result<Option<Part>> {
    let row = tx.query_opt("SELECT sum_key, amount_rank, rate_rank FROM opportunity WHERE id = ?1", [id], |row| {
        Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?, row.get::<_, i64>(2)?))
    })?;
    let counted = row.filter(|(key, ..)| !key.is_empty());
    counted.map(|(key, amount, rate)| parse(&key, amount, rate)).transpose()
}

/// Counts a new opportunity in the sums that its row names.
///
/// # Errors
/// The database's.
pub(super) fn count_new(tx: &Tx<'_>, id: i64) -> Result<()> {
    counted(tx, id)?.map_or(Ok(()), |part| add(tx, &part, 1))
}

/// Takes an opportunity out of the sums that count it, as it was when it was put in.
///
/// # Errors
/// The database's.
pub(super) fn take_out(tx: &Tx<'_>, id: i64) -> Result<()> {
    let Some(part) = counted(tx, id)? else { return Ok(()) };
    add(tx, &part, -1)?;
    tx.execute("UPDATE opportunity SET sum_key = '' WHERE id = ?1", [id]).map(drop)
}

/// Puts an opportunity that is not deleted into the sums that count it.
///
/// # Errors
/// The database's.
pub(super) fn put_in(tx: &Tx<'_>, id: i64) -> Result<()> {
    let Some(part) = part_of(tx, id)? else { return Ok(()) };
    add(tx, &part, 1)?;
    tx.execute("UPDATE opportunity SET sum_key = ?2 WHERE id = ?1", params![id, part.key]).map(drop)
}

fn part_of(tx: &Tx<'_>, id: i64) -> Result<Option<Part>> {
    let row = tx.query_opt(
        "SELECT owner_id, status, COALESCE(stage_id, 0), expected_close_at, closed_at, amount_rank, rate_rank
         FROM opportunity WHERE id = ?1 AND deleted_at IS NULL",
        [id],
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?, row.get(6)?)),
    )?;
    let Some((owner_id, status, stage_id, close_at, closed_at, amount, rate)): Option<(i64, i64, i64, _, _, i64, i64)> =
        row
    else {
        return Ok(None);
    };
    let month = derive::month(tx, status, &close_at, closed_at)?;
    parse(&key(owner_id, status, stage_id, &month), amount, rate).map(Some)
}

/// Names the rows of the sums that count an opportunity.
pub(super) fn key(owner_id: i64, status: i64, stage_id: i64, month: &str) -> String {
    format!("{owner_id}/{status}/{stage_id}/{month}")
}

fn parse(key: &str, amount: i64, rate: i64) -> Result<Part> {
    let broken = || Error::Internal(format!("the sum key {key} is broken"));
    let mut parts = key.split('/');
    let mut number = || parts.next().and_then(|part| part.parse::<i64>().ok()).ok_or_else(broken);
    let (owner_id, status, stage_id) = (number()?, number()?, number()?);
    let month = key.rsplit('/').next().unwrap_or_default().to_owned();
    let weighted = weighted(amount, rate);
    Ok(Part { key: key.to_owned(), owner_id, status, stage_id, month, amount, weighted, unknown: amount == 0 })
}

/// The sums that an opportunity belongs to, by its own columns. In which of the company's months something was closed is
/// taken from its row: the zone is not SQL's to know.
macro_rules! key_anew {
    () => {
        concat!(
            "COALESCE(assignee_id, created_by) || '/' || status || '/' || COALESCE(stage_id, 0) || '/' || ",
            month_anew!()
        )
    };
}
macro_rules! month_anew {
    () => {
        "CASE WHEN status <= 2 THEN COALESCE(substr(expected_close_at, 1, 7), '')
              WHEN closed_at IS NULL THEN '' ELSE substr(sum_key, -7) END"
    };
}
/// The opportunities that are counted by what they are not.
macro_rules! miscounted {
    () => {
        concat!(
            "FROM opportunity WHERE sum_key <> CASE WHEN deleted_at IS NULL THEN ",
            key_anew!(),
            " ELSE '' END OR owner_id <> COALESCE(assignee_id, created_by)
              OR amount_rank <> COALESCE(expected_amount, 0) OR rate_rank <> COALESCE(success_rate, -1)
              OR closed_at IS NOT NULL AND sum_key LIKE '%/'"
        )
    };
}

/// Compares the sums kept with those computed anew; answers how many differ, and how many opportunities are counted by
/// what they are not.
///
/// # Errors
/// The database's.
pub fn differ(tx: &Tx<'_>) -> Result<i64> {
    tx.query_one(
        concat!(
            "WITH one AS (
               SELECT COALESCE(assignee_id, created_by) AS owner_id, status, COALESCE(stage_id, 0) AS stage_id, ",
            month_anew!(),
            " AS month, COALESCE(expected_amount, 0) AS amount, COALESCE(success_rate, 0) AS rate
               FROM opportunity WHERE deleted_at IS NULL),
             anew AS (
               SELECT owner_id, status, stage_id, COUNT(*), SUM(amount), SUM((amount * rate + 50) / 100), SUM(amount = 0)
               FROM one GROUP BY owner_id, status, stage_id
               UNION ALL
               SELECT owner_id, status, month, COUNT(*), SUM(amount), SUM((amount * rate + 50) / 100), SUM(amount = 0)
               FROM one GROUP BY owner_id, status, month),
             kept AS (
               SELECT owner_id, status, stage_id, count, amount, weighted, unknown FROM opportunity_stage_sum
               UNION ALL
               SELECT owner_id, status, month, count, amount, weighted, unknown FROM opportunity_month_sum)
             SELECT (SELECT COUNT(*) FROM (SELECT * FROM anew EXCEPT SELECT * FROM kept))
                  + (SELECT COUNT(*) FROM (SELECT * FROM kept EXCEPT SELECT * FROM anew))
                  + (SELECT COUNT(*) ",
            miscounted!(),
            ")"
        ),
        [],
        |row| row.get(0),
    )
}

macro_rules! delete_all {
    ($table:literal, $by:literal) => {
        concat!("DELETE FROM ", $table)
    };
}
macro_rules! fill {
    ($table:literal, $by:literal) => {
        concat!(
            "INSERT INTO ",
            $table,
            " (owner_id, status, ",
            $by,
            ", count, amount, weighted, unknown)
             SELECT owner_id, status, ",
            $by,
            ", COUNT(*), SUM(amount_rank),
                    SUM((amount_rank * MAX(rate_rank, 0) + 50) / 100), SUM(amount_rank = 0)
             FROM (SELECT owner_id, status, COALESCE(stage_id, 0) AS stage_id,
                          iif(sum_key LIKE '%/', '', substr(sum_key, -7)) AS month, amount_rank, rate_rank
                   FROM opportunity WHERE deleted_at IS NULL)
             GROUP BY owner_id, status, ",
            $by
        )
    };
}

/// Computes all sums anew. It holds the writer for as long as it takes: seconds at a million opportunities.
///
/// # Errors
/// The database's.
pub fn rebuild(tx: &Tx<'_>) -> Result<()> {
    let ids: Vec<i64> = tx.query(concat!("SELECT id ", miscounted!()), [], |row| row.get(0))?;
    for id in ids {
        tx.execute(
            "UPDATE opportunity
             SET owner_id = COALESCE(assignee_id, created_by), amount_rank = COALESCE(expected_amount, 0),
                 rate_rank = COALESCE(success_rate, -1)
             WHERE id = ?1",
            [id],
        )?;
        let key = part_of(tx, id)?.map(|part| part.key).unwrap_or_default();
        tx.execute("UPDATE opportunity SET sum_key = ?2 WHERE id = ?1", params![id, key])?;
    }
    for (delete, fill) in each_table!(delete_all).into_iter().zip(each_table!(fill)) {
        tx.execute(delete, [])?;
        tx.execute(fill, [])?;
    }
    Ok(())
}

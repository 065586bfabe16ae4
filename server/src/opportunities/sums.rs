//! Sums over opportunities: kept by owner, state, stage and month in the transaction that changes one, so that board,
//! forecast and the plain views answer at once however many there are; and summed along a list for a filter.

use rolo_proto::v1::{self as pb, OpportunityStatus};

use super::{derive, list};
use crate::{
    authz::{Actor, Permission, Scope},
    db::{Tx, list::Position, params, sql::Sql},
    dictionary,
    error::{Error, Fault, Result},
    rpc::{guard::View, page::Binding},
    value::Value,
};

/// What one opportunity adds to a sum: its amount and that times its success rate, in ten-thousandths.
fn weighted(amount: i64, rate: i64) -> i64 {
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
                 weighted = weighted + excluded.weighted, unknown = unknown + excluded.unknown"
        )
    };
}
macro_rules! clear {
    ($table:literal, $by:literal) => {
        concat!("DELETE FROM ", $table, " WHERE owner_id = ?1 AND status = ?2 AND ", $by, " = ?3 AND count = 0")
    };
}

fn add(tx: &Tx<'_>, part: &Part, sign: i64) -> Result<()> {
    let by = [Value::Int(part.stage_id), Value::Text(part.month.clone())];
    for ((insert, clear), by) in each_table!(insert).into_iter().zip(each_table!(clear)).zip(by) {
        tx.execute(
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

/// The reading scope and the owners asked for, as a test of `owner_id`.
fn add_owners(sql: &mut Sql, actor: &Actor, owners: &[i64]) -> Result<()> {
    crate::db::list::bounded([owners.len()])?;
    match actor.scope(Permission::OpportunityRead) {
        Some(Scope::All) => {}
        Some(Scope::Own) => {
            sql.push(" AND s.owner_id = ").bind(actor.user_id);
        }
        Some(Scope::Department) => {
            sql.push(" AND (s.owner_id = ").bind(actor.user_id);
            sql.push(" OR (SELECT u.department_id FROM user u WHERE u.id = s.owner_id) IN ");
            sql.bind_list(actor.departments.iter().copied()).push(")");
        }
        None => {
            sql.push(" AND 0");
        }
    }
    if !owners.is_empty() {
        sql.push(" AND s.owner_id IN ").bind_list(owners.iter().copied());
    }
    Ok(())
}

pub(super) fn figures(row: &crate::db::Row<'_>, at: usize) -> rusqlite::Result<pb::Figures> {
    Ok(pb::Figures {
        count: row.get(at)?,
        amount: row.get(at + 1)?,
        weighted: row.get(at + 2)?,
        unknown: row.get(at + 3)?,
    })
}

const SUMS: &str = "COALESCE(SUM(s.count), 0), COALESCE(SUM(s.amount), 0), COALESCE(SUM(s.weighted), 0), \
                    COALESCE(SUM(s.unknown), 0)";

fn by_stage(actor: &Actor, owners: &[i64]) -> Result<Sql> {
    let mut sql = Sql::new("SELECT s.stage_id, ");
    sql.push(SUMS).push(" FROM opportunity_stage_sum s WHERE s.status IN (1, 2)");
    add_owners(&mut sql, actor, owners)?;
    sql.push(" GROUP BY s.stage_id");
    Ok(sql)
}

fn by_month(actor: &Actor, owners: &[i64], first: &str, last: &str) -> Result<Sql> {
    let mut sql = Sql::new("SELECT s.status, s.month, ");
    sql.push(SUMS).push(" FROM opportunity_month_sum s WHERE s.status IN (1, 2, 3) AND s.month >= ").bind(first);
    sql.push(" AND s.month <= ").bind(last);
    add_owners(&mut sql, actor, owners)?;
    sql.push(" GROUP BY s.status, s.month");
    Ok(sql)
}

/// What is open and not expected to close at any known date.
fn undated(actor: &Actor, owners: &[i64]) -> Result<Sql> {
    let mut sql = Sql::new("SELECT ");
    sql.push(SUMS).push(" FROM opportunity_month_sum s WHERE s.status IN (1, 2) AND s.month = ''");
    add_owners(&mut sql, actor, owners)?;
    Ok(sql)
}

fn before(actor: &Actor, owners: &[i64], first: &str) -> Result<Sql> {
    let mut sql = Sql::new("SELECT ");
    sql.push(SUMS).push(" FROM opportunity_month_sum s WHERE s.status IN (1, 2) AND s.month > '' AND s.month < ");
    sql.bind(first);
    add_owners(&mut sql, actor, owners)?;
    Ok(sql)
}

/// All that the caller reaches of these owners in these states.
///
/// # Errors
/// None that is known.
pub(super) fn of_states(actor: &Actor, owners: &[i64], statuses: &[i64]) -> Result<Sql> {
    let mut sql = Sql::new("SELECT ");
    sql.push(SUMS).push(" FROM opportunity_stage_sum s WHERE s.status IN ").bind_list(statuses.iter().copied());
    add_owners(&mut sql, actor, owners)?;
    Ok(sql)
}

/// The statements of board and forecast, for looking at how they run.
///
/// # Errors
/// None that is known.
pub fn statements(actor: &Actor, owners: &[i64]) -> Result<[(&'static str, Sql); 5]> {
    Ok([
        ("by stage", by_stage(actor, owners)?),
        ("by month", by_month(actor, owners, "2026-01", "2026-06")?),
        ("undated", undated(actor, owners)?),
        ("overdue", before(actor, owners, "2026-01")?),
        ("of a view", of_states(actor, owners, &[1, 2])?),
    ])
}

/// Open opportunities by stage (board by stage); every stage on offer has its column.
///
/// # Errors
/// The database's.
pub fn board(view: &View<'_>, request: &pb::GetBoardRequest) -> Result<pb::GetBoardResponse> {
    let sql = by_stage(view.actor, &request.assignee_ids)?;
    let mut found = sql.all(view.tx, |row| Ok((row.get::<_, i64>(0)?, figures(row, 1)?)))?;
    let mut columns = Vec::new();
    for id in dictionary::store::offered_ids(view.tx, "sales_stage")? {
        let figures = found.iter().position(|(stage, _)| *stage == id).map(|at| found.swap_remove(at).1);
        let stage = dictionary::store::choice(view.tx, Some(id))?;
        columns.push(pb::get_board_response::Column { stage, figures: Some(figures.unwrap_or_default()) });
    }
    // What stands without a stage comes first, what stands in a retired one last.
    found.sort_by_key(|(stage, _)| *stage);
    for (stage, figures) in found {
        let column = pb::get_board_response::Column {
            stage: dictionary::store::choice(view.tx, Some(stage).filter(|id| *id > 0))?,
            figures: Some(figures),
        };
        if stage == 0 { columns.insert(0, column) } else { columns.push(column) }
    }
    Ok(pb::GetBoardResponse { columns })
}

/// Expected and won amounts by month (销售预测).
///
/// # Errors
/// `VALIDATION` for a month that is none.
pub fn forecast(view: &View<'_>, request: &pb::GetForecastRequest) -> Result<pb::GetForecastResponse> {
    let today = derive::date_of(view.now, view.settings.time_zone);
    let from = if request.from_month.is_empty() { today.get(..7).unwrap_or_default() } else { &request.from_month };
    let months = months(from, request.months)?;
    let (Some(first), Some(last)) = (months.first(), months.last()) else {
        return Ok(pb::GetForecastResponse::default());
    };
    let sql = by_month(view.actor, &request.assignee_ids, first, last)?;
    type Row = (i64, String, pb::Figures);
    let found: Vec<Row> = sql.all(view.tx, |row| Ok((row.get(0)?, row.get(1)?, figures(row, 2)?)))?;
    let of = |month: &str, won: bool| {
        let won_is = |status: i64| (status == OpportunityStatus::Won as i64) == won;
        let parts = found.iter().filter(|(status, in_month, _)| in_month == month && won_is(*status));
        parts.fold(pb::Figures::default(), |sum, (_, _, part)| plus(sum, part))
    };
    let month_of = |month: &str| pb::get_forecast_response::Month {
        month: month.to_owned(),
        open: Some(of(month, false)),
        won: Some(of(month, true)),
    };
    let mut answer: Vec<_> = months.iter().map(|month| month_of(month)).collect();
    let owners = &request.assignee_ids;
    let undated = undated(view.actor, owners)?.one(view.tx, |row| figures(row, 0))?;
    answer.push(pb::get_forecast_response::Month {
        open: Some(undated),
        won: Some(pb::Figures::default()),
        ..pb::get_forecast_response::Month::default()
    });
    let overdue = before(view.actor, owners, first)?.one(view.tx, |row| figures(row, 0))?;
    Ok(pb::GetForecastResponse { months: answer, overdue: Some(overdue) })
}

fn plus(sum: pb::Figures, part: &pb::Figures) -> pb::Figures {
    pb::Figures {
        count: sum.count + part.count,
        amount: sum.amount.saturating_add(part.amount),
        weighted: sum.weighted.saturating_add(part.weighted),
        unknown: sum.unknown + part.unknown,
    }
}

fn months(from: &str, count: i32) -> Result<Vec<String>> {
    let malformed = || Error::field("from_month", Fault::Malformed("date"));
    let first = chrono::NaiveDate::parse_from_str(&format!("{from}-01"), "%Y-%m-%d").map_err(|_| malformed())?;
    let count = match count {
        0 => 6,
        1..=36 => count.unsigned_abs(),
        _ => return Err(Error::field("months", Fault::OutOfRange(1, 36))),
    };
    Ok((0..count)
        .filter_map(|month| first.checked_add_months(chrono::Months::new(month)))
        .map(|day| day.format("%Y-%m").to_string())
        .collect())
}

/// Sums along a list, one bounded part at a time.
///
/// # Errors
/// As the list.
pub fn of_filter(view: &View<'_>, mut request: pb::SumOpportunitiesRequest) -> Result<pb::SumOpportunitiesResponse> {
    let token = std::mem::take(&mut request.page_token);
    let binding = Binding::new(view.settings, view.actor, "SumOpportunities", &request);
    let after = binding.open(&token)?.map(|bytes| Position::decode(&bytes)).transpose()?;
    let list_request =
        pb::ListOpportunitiesRequest { filter: request.filter, ..pb::ListOpportunitiesRequest::default() };
    let list = list::List::new(view, &list_request)?;
    if let Some(kept) = list.kept(view.tx)? {
        return Ok(pb::SumOpportunitiesResponse { figures: Some(kept), next_page_token: String::new() });
    }
    let mut sum = pb::Figures::default();
    let next = list.each(view.tx, after.as_ref(), |id| {
        let (amount, rate) =
            view.tx.query_one("SELECT amount_rank, rate_rank FROM opportunity WHERE id = ?1", [id], |row| {
                Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?))
            })?;
        let part = pb::Figures { count: 1, amount, weighted: weighted(amount, rate), unknown: i64::from(amount == 0) };
        sum = plus(std::mem::take(&mut sum), &part);
        Ok(())
    })?;
    Ok(pb::SumOpportunitiesResponse {
        figures: Some(sum),
        next_page_token: binding.seal(next.map(|next| next.encode()).as_deref()),
    })
}

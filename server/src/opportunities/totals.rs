//! What board, forecast and lists show: totals of the sums that are kept ([`super::sums`]), and summed along a list for a
//! filter.

use rolo_proto::v1::{self as pb, OpportunityStatus};

use super::{derive, list, sums::weighted};
use crate::{
    authz::{Actor, Permission, Scope},
    db::{list::Position, sql::Sql},
    dictionary,
    error::{Error, Fault, Result},
    rpc::{guard::View, page::Binding},
};

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

/// What [`SUMS`] answers. Sums of more than fits are the most that fits.
pub(super) fn figures(row: &crate::db::Row<'_>, at: usize) -> rusqlite::Result<pb::Figures> {
    let whole = |at: usize| -> rusqlite::Result<i64> {
        let sum = (i128::from(row.get::<_, i64>(at)?) << 32) + i128::from(row.get::<_, i64>(at + 1)?);
        Ok(i64::try_from(sum).unwrap_or(i64::MAX))
    };
    Ok(pb::Figures { count: row.get(at)?, unknown: row.get(at + 1)?, amount: whole(at + 2)?, weighted: whole(at + 4)? })
}

/// Amounts are summed in two halves: the engine ends a statement whose sum does not fit.
const SUMS: &str = "COALESCE(SUM(s.count), 0), COALESCE(SUM(s.unknown), 0), \
                    COALESCE(SUM(s.amount >> 32), 0), COALESCE(SUM(s.amount & 4294967295), 0), \
                    COALESCE(SUM(s.weighted >> 32), 0), COALESCE(SUM(s.weighted & 4294967295), 0)";

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

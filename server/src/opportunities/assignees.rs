//! Whom an opportunity can be given to, with what they have to do already; and spreading many over some (§5.2).

use std::collections::HashMap;

use rolo_proto::v1::{self as pb, OpportunityStatus, Spread};

use super::{derive, list::List, rules};
use crate::{
    authz::{Permission, Scope},
    clock::DAY,
    db::{Tx, list::distinct, params, sql::Sql},
    error::{Error, Fault, Result},
    rpc::guard::View,
    text, users,
};

/// The most people offered at once.
const MOST: i64 = 200;
/// Steps that are due are counted up to here.
const DUE: i64 = 100;
/// The most opportunities that are spread at once.
const MOST_IDS: usize = 10_000;

/// The department of an active account manager; none for everybody else, to whom no opportunity is given (§5.2).
///
/// # Errors
/// The database's.
pub(super) fn department_of(tx: &Tx<'_>, user_id: i64) -> Result<Option<i64>> {
    tx.query_opt(
        "SELECT u.department_id FROM user u
         WHERE u.id = ?1 AND u.active = 1 AND EXISTS (
           SELECT 1 FROM user_role r JOIN role_permission p ON p.role_id = r.role_id
           WHERE r.user_id = u.id AND p.permission = ?2)",
        params![user_id, Permission::OpportunityDevelop.code()],
        |row| row.get(0),
    )
}

/// Account managers within the reach of who assigns, by name; with a search, those whose name or account holds it.
///
/// # Errors
/// The database's.
pub fn offered(view: &View<'_>, search: &str, only: &[i64]) -> Result<Vec<pb::Assignee>> {
    let mut sql = Sql::new(
        "SELECT u.id, u.name, u.display_name, u.active, d.name
         FROM user u JOIN department d ON d.id = u.department_id
         WHERE u.active = 1 AND EXISTS (
           SELECT 1 FROM user_role r JOIN role_permission p ON p.role_id = r.role_id
           WHERE r.user_id = u.id AND p.permission = ",
    );
    sql.bind(Permission::OpportunityDevelop.code()).push(")");
    match view.actor.scope(Permission::OpportunityAssign) {
        Some(Scope::All) => {}
        Some(Scope::Department) => {
            sql.push(" AND u.department_id IN ").bind_list(view.actor.departments.iter().copied());
        }
        Some(Scope::Own) => {
            sql.push(" AND u.id = ").bind(view.actor.user_id);
        }
        None => {
            sql.push(" AND 0");
        }
    }
    if !only.is_empty() {
        sql.push(" AND u.id IN ").bind_list(only.iter().copied());
    }
    for word in search.split_whitespace().take(crate::db::list::WORDS) {
        sql.push(" AND instr(u.search, ").bind(text::fold(word).as_str()).push(") > 0");
    }
    sql.push(" ORDER BY u.name_key, u.id LIMIT ").bind(MOST);
    let people = sql.all(view.tx, |row| Ok((users::store::user_ref(row, 0)?, row.get::<_, String>(4)?)))?;
    let ids: Vec<i64> = people.iter().filter_map(|(user, _)| user.as_ref()).map(|user| user.id).collect();
    let held = held(view, &ids)?;
    let until = derive::date_of(view.now + 7 * DAY, view.settings.time_zone);
    let mut assignees = Vec::with_capacity(people.len());
    for (user, department) in people {
        let Some(user) = user else { continue };
        let count = |status: OpportunityStatus| held.get(&(user.id, status as i64)).copied().unwrap_or_default();
        let due_7_days = view.tx.query_one(
            "SELECT COUNT(*) FROM (SELECT 1 FROM plan_step
                                   WHERE due_owner_id = ?1 AND due_owner_id > 0 AND plan_date <= ?2 LIMIT ?3)",
            params![user.id, until, DUE],
            |row| row.get(0),
        )?;
        assignees.push(pb::Assignee {
            open: count(OpportunityStatus::Assigned),
            won: count(OpportunityStatus::Won),
            lost: count(OpportunityStatus::Lost),
            due_7_days,
            user: Some(user),
            capacity: view.settings.opportunity_capacity,
            department,
        });
    }
    Ok(assignees)
}

/// How many opportunities people have by state: those in hand, and those that ended within a year.
fn held(view: &View<'_>, owners: &[i64]) -> Result<HashMap<(i64, i64), i64>> {
    let mut sql = Sql::new("SELECT owner_id, status, SUM(count) FROM opportunity_stage_sum WHERE status = 2");
    sql.push(" AND owner_id IN ").bind_list(owners.iter().copied()).push(" GROUP BY owner_id, status UNION ALL");
    sql.push(" SELECT owner_id, status, SUM(count) FROM opportunity_month_sum WHERE status IN (3, 4) AND month >= ");
    sql.bind(year_ago(view).as_str()).push(" AND owner_id IN ").bind_list(owners.iter().copied());
    sql.push(" GROUP BY owner_id, status");
    let rows = sql.all(view.tx, |row| Ok(((row.get(0)?, row.get(1)?), row.get(2)?)))?;
    Ok(rows.into_iter().collect())
}

fn year_ago(view: &View<'_>) -> String {
    derive::date_of(view.now - 365 * DAY, view.settings.time_zone).chars().take(7).collect()
}

/// Who would get which; nothing is written.
///
/// # Errors
/// `VALIDATION` without opportunities or people, with too many, or with people out of reach.
pub fn spread(view: &View<'_>, request: pb::SpreadOpportunitiesRequest) -> Result<pb::SpreadOpportunitiesResponse> {
    let too_many = || Error::field("ids", Fault::OutOfRange(1, MOST_IDS as i64));
    let ids = distinct(match request.filter {
        Some(filter) if request.ids.is_empty() => found(view, filter)?,
        _ => request.ids,
    });
    if ids.is_empty() || ids.len() > MOST_IDS {
        return Err(too_many());
    }
    crate::db::list::bounded([request.assignee_ids.len()])?;
    let wanted = Spread::try_from(request.spread).map_err(|_| Error::field("spread", Fault::UnknownField))?;
    let people = offered(view, "", &request.assignee_ids)?;
    if let Some(unknown) =
        request.assignee_ids.iter().find(|id| !people.iter().any(|one| one.user.as_ref().is_some_and(|u| u.id == **id)))
    {
        return Err(Error::field("assignee", Fault::UnknownReference(unknown.to_string())));
    }
    if people.is_empty() {
        return Err(Error::field("assignee", Fault::Required));
    }
    let open: Vec<i64> = people.iter().map(|one| one.open).collect();
    let shares = rules::spread(ids.len(), &open, wanted != Spread::ByWorkload);
    let mut answer: Vec<_> = people
        .into_iter()
        .map(|one| pb::spread_opportunities_response::Share { assignee: Some(one), ids: Vec::new() })
        .collect();
    for (id, whose) in ids.into_iter().zip(shares) {
        if let Some(share) = answer.get_mut(whose) {
            share.ids.push(id);
        }
    }
    Ok(pb::SpreadOpportunitiesResponse { shares: answer })
}

/// What a filter finds, at most one more than may be spread.
fn found(view: &View<'_>, filter: pb::OpportunityFilter) -> Result<Vec<i64>> {
    let request = pb::ListOpportunitiesRequest { filter: Some(filter), ..pb::ListOpportunitiesRequest::default() };
    let list = List::new(view, &request)?;
    let (mut ids, mut after) = (Vec::new(), None);
    loop {
        let slice = list.page(view.tx, after.as_ref(), MOST_IDS + 1 - ids.len())?;
        ids.extend(slice.ids);
        after = slice.next;
        if after.is_none() || ids.len() > MOST_IDS {
            return Ok(ids);
        }
    }
}

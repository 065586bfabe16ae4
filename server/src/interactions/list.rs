//! The list of interactions across customers, and what is due.

use chrono::{DateTime, Days, TimeZone, Utc};
use chrono_tz::Tz;
use rolo_proto::v1::{self as pb, DueView, InteractionSort};

use crate::{
    authz::{Actor, Permission, Scope},
    clock::Millis,
    db::{
        list::{Key, Position, WORDS, Walk, among, bounded},
        sql::Sql,
    },
    error::{Error, Fault, Result},
    text,
};

/// When the day of `now` begins in a zone, and so many days later; in Unix milliseconds.
pub fn day_start(now: Millis, zone: Tz, days: u64) -> Millis {
    let local = DateTime::<Utc>::from_timestamp_millis(now).unwrap_or_default().with_timezone(&zone);
    let date = local.date_naive().checked_add_days(Days::new(days)).unwrap_or(local.date_naive());
    let midnight = date.and_hms_opt(0, 0, 0).unwrap_or_default();
    // A zone may skip midnight: the day then begins at its first hour that exists.
    zone.from_local_datetime(&midnight)
        .earliest()
        .or_else(|| zone.from_local_datetime(&(midnight + chrono::TimeDelta::hours(1))).earliest())
        .map_or(now, |start| start.timestamp_millis())
}

/// The walk that a request describes.
///
/// # Errors
/// `VALIDATION` for values outside the enums.
pub fn walk(actor: &Actor, now: Millis, zone: Tz, request: &pb::ListInteractionsRequest) -> Result<Walk> {
    let filter = request.filter.clone().unwrap_or_default();
    let unknown = |field: &str| Error::field(field, Fault::UnknownField);
    let sort = InteractionSort::try_from(request.order_by).map_err(|_| unknown("order_by"))?;
    let due = DueView::try_from(filter.due).map_err(|_| unknown("due"))?;
    bounded([filter.author_ids.len(), filter.channel_ids.len(), filter.department_ids.len()])?;
    let mut from = Sql::new("FROM interaction i WHERE ");
    from.push(match (due, filter.deleted) {
        (DueView::Unspecified, true) => "i.deleted_at IS NOT NULL",
        (DueView::Unspecified, false) => "i.deleted_at IS NULL",
        _ => "i.due_at > 0 AND i.deleted_at IS NULL",
    });
    let (today, tomorrow, week) = (day_start(now, zone, 0), day_start(now, zone, 1), day_start(now, zone, 8));
    match due {
        DueView::Unspecified | DueView::Any => {}
        DueView::Overdue => {
            from.push(" AND i.due_at < ").bind(today);
        }
        DueView::Today => {
            from.push(" AND i.due_at >= ").bind(today).push(" AND i.due_at < ").bind(tomorrow);
        }
        DueView::Next7Days => {
            from.push(" AND i.due_at >= ").bind(tomorrow).push(" AND i.due_at < ").bind(week);
        }
    }
    if filter.customer_id > 0 {
        from.push(" AND i.customer_id = ").bind(filter.customer_id);
    }
    let mut authors = filter.author_ids.clone();
    if filter.mine {
        authors = vec![actor.user_id];
    }
    let mut hit = Sql::new("EXISTS (SELECT 1 FROM customer c WHERE c.id = i.customer_id AND c.deleted_at IS NULL)");
    match authors.as_slice() {
        [] => {}
        [one] => {
            from.push(" AND i.author_id = ").bind(*one);
        }
        many => {
            hit.push(" AND i.author_id IN ").bind_list(many.iter().copied());
        }
    }
    if filter.mine && !filter.author_ids.is_empty() {
        hit.push(" AND i.author_id IN ").bind_list(filter.author_ids.iter().copied());
    }
    add_scope(&mut hit, actor);
    add_tests(&mut hit, &filter);
    let (key, descending) = match sort {
        InteractionSort::Unspecified if due != DueView::Unspecified => ("i.due_at", false),
        InteractionSort::Unspecified if filter.deleted => ("i.deleted_at", true),
        InteractionSort::Unspecified => ("i.at", true),
        InteractionSort::At => ("i.at", false),
        InteractionSort::NextContactAt => ("i.due_at", false),
        InteractionSort::UpdatedAt => ("i.updated_at", false),
    };
    if sort == InteractionSort::NextContactAt && due == DueView::Unspecified {
        from.push(" AND i.due_at > 0");
    }
    // A span of time drives the list if that is its order, else it is one more test.
    let span = if key == "i.at" { &mut from } else { &mut hit };
    if let Some(start) = filter.at_from {
        span.push(" AND i.at >= ").bind(start);
    }
    if let Some(end) = filter.at_to {
        span.push(" AND i.at < ").bind(end);
    }
    Ok(Walk { from, hit, key, id: "i.id", descending: descending != request.descending, among: among(&filter.ids)? })
}

/// The scope of reading, as the predicate that fits the check of one record.
fn add_scope(hit: &mut Sql, actor: &Actor) {
    match actor.scope(Permission::InteractionRead) {
        Some(Scope::All) => {}
        Some(Scope::Own) => {
            hit.push(" AND (i.author_id = ").bind(actor.user_id);
            hit.push(" OR (SELECT c.manager_id FROM customer c WHERE c.id = i.customer_id) = ")
                .bind(actor.user_id)
                .push(")");
        }
        Some(Scope::Department) => {
            hit.push(" AND (i.author_id = ").bind(actor.user_id);
            hit.push(
                " OR EXISTS (SELECT 1 FROM customer c LEFT JOIN user u ON u.id = c.manager_id
                             WHERE c.id = i.customer_id AND (c.manager_id IS NULL OR c.manager_id = ",
            );
            hit.bind(actor.user_id).push(" OR u.department_id IN ").bind_list(actor.departments.iter().copied());
            hit.push(")))");
        }
        None => {
            hit.push(" AND 0");
        }
    }
}

fn add_tests(hit: &mut Sql, filter: &pb::InteractionFilter) {
    if !filter.channel_ids.is_empty() {
        hit.push(" AND i.channel_id IN ").bind_list(filter.channel_ids.iter().copied());
    }
    if !filter.department_ids.is_empty() {
        hit.push(" AND (SELECT u.department_id FROM user u WHERE u.id = i.author_id) IN ");
        hit.bind_list(filter.department_ids.iter().copied());
    }
    for word in filter.search.split_whitespace().take(WORDS) {
        let (squeezed, folded) = (text::squeeze(word), text::fold(word));
        hit.push(" AND (instr(lower(i.title), ").bind(folded.as_str()).push(") > 0");
        if !squeezed.is_empty() {
            // What the customer is found by: its names, numbers, contacts and phones.
            hit.push(
                " OR EXISTS (SELECT 1 FROM customer_search s WHERE s.customer_id = i.customer_id AND instr(s.doc, ",
            );
            hit.bind(squeezed.as_str()).push(") > 0)");
        }
        hit.push(")");
    }
}

/// The statements of the list in all its forms, for looking at how they run.
pub fn statements(actor: &Actor) -> Result<Vec<(String, Sql)>> {
    let plain = pb::InteractionFilter::default;
    let filters = [
        ("all", plain()),
        ("of a customer", pb::InteractionFilter { customer_id: 1, ..plain() }),
        ("mine", pb::InteractionFilter { mine: true, ..plain() }),
        ("due", pb::InteractionFilter { due: DueView::Overdue.into(), ..plain() }),
        ("due to me", pb::InteractionFilter { due: DueView::Today.into(), mine: true, ..plain() }),
        ("recycle bin", pb::InteractionFilter { deleted: true, ..plain() }),
    ];
    let after = Position { part: 0, key: Key::Int(1), id: 1 };
    filters
        .into_iter()
        .map(|(label, filter)| {
            let request =
                pb::ListInteractionsRequest { filter: Some(filter), ..pb::ListInteractionsRequest::default() };
            Ok((label.to_owned(), walk(actor, 0, Tz::UTC, &request)?.statement(Some(&after), 51)))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// D4
    #[test]
    fn a_day_begins_at_midnight_of_the_company_not_of_greenwich() {
        let zone = Tz::Asia__Shanghai;
        let late_evening_utc = 1_763_740_800_000 - 1; // 2025-11-21 15:59:59.999 UTC = 23:59:59.999 in Shanghai
        assert_eq!(day_start(late_evening_utc, zone, 1), 1_763_740_800_000);
        assert_eq!(day_start(1_763_740_800_000, zone, 0), 1_763_740_800_000);
    }
}

//! A customer's timeline: interactions and changes in one list, newest first; and an opportunity's: its own changes and
//! those of its plan.
//!
//! Two keyset walks, each over its own index, merged by (time, kind of entry, id).

use chrono::{DateTime, SecondsFormat, Utc};
use rolo_proto::v1::{self as pb, Kind, timeline_entry::Entry};

use super::store;
use crate::{
    audit::Changes,
    authz::Permission,
    change::{Table, field_name},
    contacts,
    db::{
        Tx,
        list::{Key, Position},
        params,
        sql::Sql,
    },
    dictionary,
    error::{Error, Result},
    interactions, opportunities, products,
    rpc::{
        guard::View,
        page::{Binding, size},
    },
    users,
    value::Value,
    views,
};

/// The entries' order at one and the same time, as the part of a [`Position`].
const CHANGE: u8 = 0;
const INTERACTION: u8 = 1;

/// The table of a kind of record.
pub fn table(kind: Kind) -> Option<&'static Table> {
    match kind {
        Kind::Customer => Some(&store::TABLE),
        Kind::Contact => Some(&contacts::store::TABLE),
        Kind::Interaction => Some(&interactions::store::TABLE),
        Kind::DictionaryItem => Some(&dictionary::store::TABLE),
        Kind::Opportunity => Some(&opportunities::store::TABLE),
        Kind::PlanStep => Some(&opportunities::plan::TABLE),
        Kind::Product => Some(&products::store::TABLE),
        Kind::SavedView => Some(&views::store::TABLE),
        _ => None,
    }
}

/// One page.
///
/// # Errors
/// `NOT_FOUND` if the person cannot see the customer.
pub fn page(view: &View<'_>, mut request: pb::ListTimelineRequest) -> Result<pb::ListTimelineResponse> {
    let rows = size(request.page_size, false);
    let token = std::mem::take(&mut request.page_token);
    request.page_size = 0;
    let binding = Binding::new(view.settings, view.actor, "ListTimeline", &request);
    let after = binding.open(&token)?.map(|bytes| Position::decode(&bytes)).transpose()?;
    let mut entries = match request.opportunity_id {
        0 => of_customer(view, &request, after.as_ref(), rows + 1)?,
        id => of_opportunity(view, id, after.as_ref(), rows + 1)?,
    };
    entries
        .sort_by_key(|(position, _)| (std::cmp::Reverse(at(position)), position.part, std::cmp::Reverse(position.id)));
    let more = entries.len() > rows;
    entries.truncate(rows);
    let next = entries.last().filter(|_| more).map(|(position, _)| position.encode());
    Ok(pb::ListTimelineResponse {
        entries: entries.into_iter().map(|(_, entry)| entry).collect(),
        next_page_token: binding.seal(next.as_deref()),
    })
}

fn at(position: &Position) -> i64 {
    match position.key {
        Key::Int(at) => at,
        Key::Text(_) => 0,
    }
}

/// Where a part of the list goes on after a position: strictly before this (time, id).
fn bound(after: Option<&Position>, part: u8) -> (i64, i64) {
    match after {
        None => (i64::MAX, i64::MAX),
        Some(last) if part == last.part => (at(last), last.id),
        Some(last) if part > last.part => (at(last), i64::MAX),
        Some(last) => (at(last), i64::MIN),
    }
}

type Entries = Vec<(Position, pb::TimelineEntry)>;

fn interactions_of(view: &View<'_>, customer_id: i64, after: Option<&Position>, rows: usize) -> Result<Entries> {
    let (before, id) = bound(after, INTERACTION);
    let found = view.tx.query(
        "SELECT id, at FROM interaction
         WHERE customer_id = ?1 AND deleted_at IS NULL AND (at, id) < (?2, ?3)
         ORDER BY at DESC, id DESC
         LIMIT ?4",
        params![customer_id, before, id, rows as i64],
        |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)),
    )?;
    let mut entries = Vec::with_capacity(found.len());
    for (id, at) in found {
        if let Some(interaction) = interactions::store::read(view.tx, view.actor, id)? {
            let actor = interaction.author.clone();
            let entry = pb::TimelineEntry { at, actor, entry: Some(Entry::Interaction(interaction)) };
            entries.push((Position { part: INTERACTION, key: Key::Int(at), id }, entry));
        }
    }
    Ok(entries)
}

fn of_customer(
    view: &View<'_>,
    request: &pb::ListTimelineRequest,
    after: Option<&Position>,
    rows: usize,
) -> Result<Entries> {
    let customer = store::standing(view.tx, request.customer_id)?
        .filter(|customer| view.actor.reaches(Permission::CustomerRead, customer))
        .ok_or(Error::NotFound)?;
    let sees_interactions = view.actor.scope(Permission::InteractionRead).is_some();
    let mut from = Sql::new("parent_id = ");
    from.bind(customer.id).push(" AND parent_id > 0");
    if request.record_only {
        from.push(" AND kind = ").bind(Kind::Customer as i64);
    }
    // Interactions stand in the timeline themselves; their own history is among the changes.
    if !(request.changes_only && sees_interactions) {
        from.push(" AND kind <> ").bind(Kind::Interaction as i64);
    }
    // A customer is seen by more people than its opportunities are.
    from.push(" AND (kind NOT IN ").bind_list([Kind::Opportunity as i64, Kind::PlanStep as i64]);
    from.push(" OR EXISTS (SELECT 1 FROM opportunity o WHERE o.id = CASE kind WHEN ").bind(Kind::Opportunity as i64);
    from.push(" THEN record_id ELSE (SELECT s.opportunity_id FROM plan_step s WHERE s.id = record_id) END");
    opportunities::list::add_scope(&mut from, view.actor);
    from.push("))");
    let mut entries = changes(view, &from, after, rows)?;
    if sees_interactions && !request.changes_only {
        entries.extend(interactions_of(view, customer.id, after, rows)?);
    }
    Ok(entries)
}

/// What happened to an opportunity and its plan: its assignments among it (S01-06).
fn of_opportunity(view: &View<'_>, id: i64, after: Option<&Position>, rows: usize) -> Result<Entries> {
    view.actor.require(Permission::OpportunityRead)?;
    let opportunity = opportunities::store::seen(view.tx, view.actor, id)?;
    let mut from = Sql::new("verb <> 'refused' AND (kind = ");
    from.bind(Kind::Opportunity as i64).push(" AND record_id = ").bind(opportunity.id);
    from.push(" OR kind = ").bind(Kind::PlanStep as i64);
    from.push(" AND record_id IN (SELECT s.id FROM plan_step s WHERE s.opportunity_id = ").bind(opportunity.id);
    from.push("))");
    changes(view, &from, after, rows)
}

/// Rows of the log that a condition names, as entries.
fn changes(view: &View<'_>, from: &Sql, after: Option<&Position>, rows: usize) -> Result<Entries> {
    let (before, sequence) = bound(after, CHANGE);
    let mut sql = Sql::new(
        "SELECT sequence, at, user_id, verb, kind, record_id, operation_id, changes
         FROM audit
         WHERE ",
    );
    sql.append(from).push(" AND (at, sequence) < (").bind(before).push(", ").bind(sequence);
    sql.push(") ORDER BY at DESC, sequence DESC LIMIT ").bind(rows as i64);
    let found = sql.all(view.tx, |row| {
        let change = pb::Change {
            sequence: row.get(0)?,
            verb: row.get(3)?,
            kind: row.get(4)?,
            id: row.get(5)?,
            operation_id: row.get(6)?,
            ..pb::Change::default()
        };
        Ok((change, row.get::<_, i64>(1)?, row.get::<_, i64>(2)?, row.get::<_, String>(7)?))
    })?;
    let mut entries = Vec::with_capacity(found.len());
    for (mut change, at, user_id, json) in found {
        let kind = Kind::try_from(change.kind).unwrap_or_default();
        if let Some(table) = table(kind) {
            change.label = (table.label)(view.tx, change.id).unwrap_or_default();
        }
        let fields: Changes = serde_json::from_str(&json).unwrap_or_default();
        change.fields = fields
            .iter()
            .map(|(column, pair)| {
                let side = |index| words(view.tx, kind, column, &Value::from_json(pair.get(index).unwrap_or_default()));
                Ok(pb::FieldChange { field: field_name(column).into(), before: side(0)?, after: side(1)? })
            })
            .collect::<Result<_>>()?;
        let position = Position { part: CHANGE, key: Key::Int(at), id: change.sequence };
        let actor = users::store::user(view.tx, user_id)?;
        entries.push((position, pb::TimelineEntry { at, actor, entry: Some(Entry::Change(change)) }));
    }
    Ok(entries)
}

/// A stored value as a person reads it: choices and people by name, times in RFC 3339, money in currency units.
fn words(tx: &Tx<'_>, kind: Kind, column: &str, value: &Value) -> Result<String> {
    let Some(number) = value.int() else { return Ok(value.text().to_owned()) };
    Ok(match column {
        "region_id" | "level_id" | "classification_id" | "channel_id" | "lead_source_id" | "stage_id"
        | "close_reason_id" => dictionary::store::choice(tx, Some(number))?.map(|choice| choice.zh).unwrap_or_default(),
        "manager_id" | "author_id" | "assignee_id" | "created_by" => {
            users::store::user(tx, number)?.map(|user| users::store::shown(&user)).unwrap_or_default()
        }
        "contact_id" => contacts::store::contact_ref(tx, Some(number))?.map(|contact| contact.name).unwrap_or_default(),
        "customer_id" | "merged_into" => (store::TABLE.label)(tx, number).unwrap_or_default(),
        "at" | "next_contact_at" | "settled_at" | "deleted_at" | "assigned_at" | "closed_at" | "result_at" => {
            DateTime::<Utc>::from_timestamp_millis(number)
                .map(|time| time.to_rfc3339_opts(SecondsFormat::Secs, true))
                .unwrap_or_default()
        }
        "party" => if number == 2 { "person" } else { "organisation" }.into(),
        "sex" => ["", "male", "female"].get(usize::try_from(number).unwrap_or(0)).copied().unwrap_or("").into(),
        "product_id" => products::store::product_ref(tx, Some(number))?.map(|product| product.name).unwrap_or_default(),
        "expected_amount" | "price" => rust_decimal::Decimal::new(number, 4).normalize().to_string(),
        "status" if kind == Kind::Opportunity => {
            let status = opportunities::rules::Status::from_number(number);
            opportunities::rules::state_word(opportunities::rules::Standing { status, deleted: false }).into()
        }
        "status" => if number == 2 { "lost" } else { "normal" }.into(),
        _ => number.to_string(),
    })
}

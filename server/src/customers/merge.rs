//! Two customers that are one: the fields of the other as chosen, everything that hangs on it, and then the other goes to
//! the recycle bin, all in one transaction.
//!
//! The order serves undo, which goes backwards: what hangs on the other moves while both live, then the other goes, then
//! the one that stays takes over fields, so that a name is free before it is taken, on either way.

use rolo_proto::v1::{self as pb, Kind};

use super::{
    children::{self, CHILDREN},
    duplicates, rules,
    store::{self, Customer, TABLE},
};
use crate::{
    authz::{Actor, Allowed, Permission},
    change::{Change, Done, Seen},
    db::Tx,
    error::{Error, Fault, Result},
    fields::value_of,
    rpc::mask::Columns,
    settings::Settings,
    value::Value,
};

/// The most records that move: they are one transaction, and everybody else's writes wait for it.
pub const MOST: usize = 1_000;

/// The two, if this person may make one of them.
///
/// # Errors
/// As [`store::allowed`] for either; `VALIDATION` if both are the same; `INVALID_STATE`.
fn both(tx: &Tx<'_>, actor: &Actor, keep: i64, merge: i64) -> Result<(Allowed<Customer>, Allowed<Customer>)> {
    for id in [keep, merge] {
        store::allowed(tx, actor, Permission::CustomerMerge, id)?;
    }
    // The right to merge lends no other: the one is edited, the other deleted.
    let keep = store::allowed(tx, actor, Permission::CustomerEdit, keep)?;
    let other = store::allowed(tx, actor, Permission::CustomerDelete, merge)?;
    if keep.id == other.id {
        return Err(Error::field("merge_id", Fault::Malformed("other")));
    }
    Ok((keep, other))
}

/// What a merge would do; it writes nothing.
///
/// # Errors
/// As [`merge`], but for what the chosen fields may be refused for.
pub fn preview(tx: &Tx<'_>, actor: &Actor, request: &pb::PreviewMergeRequest) -> Result<pb::PreviewMergeResponse> {
    let (keep, other) = both(tx, actor, request.keep_id, request.merge_id)?;
    rules::permit_merge(keep.standing, other.standing)?;
    let (left, right) = (TABLE.values(tx, keep.id)?, TABLE.values(tx, other.id)?);
    let (mut differing, mut suggested) = (Vec::new(), Vec::new());
    for column in pb::CustomerInput::NAMES {
        let (here, there) = (TABLE.value(&left, column)?, TABLE.value(&right, column)?);
        if here == there || here.is_empty() && there.is_empty() {
            continue;
        }
        differing.push((*column).to_owned());
        if here.is_empty() {
            suggested.push((*column).to_owned());
        }
    }
    let moving = children::counts(tx, other.id, MOST + 1)?;
    bounded(&moving)?;
    Ok(pb::PreviewMergeResponse {
        keep: store::read(tx, actor, keep.id)?,
        merge: store::read(tx, actor, other.id)?,
        differing,
        suggested,
        moving,
    })
}

fn bounded(moving: &[pb::KindCount]) -> Result<()> {
    let all: i64 = moving.iter().map(|kind| kind.count).sum();
    if all > MOST as i64 { Err(Error::InvalidState("too large".into())) } else { Ok(()) }
}

/// Makes one customer of two.
///
/// # Errors
/// `NOT_FOUND`, `FORBIDDEN`, `NOT_OWNER` for either; `VALIDATION` if both are the same, for an unknown field and for a
/// required one that would be emptied; `STALE` unless both revisions are the current ones; `INVALID_STATE` if the one
/// that stays is not 正常, the other is in the recycle bin, or more than [`MOST`] records would move; `DUPLICATE` if a
/// third customer has what is taken over.
pub fn merge(change: &mut Change<'_, '_>, settings: &Settings, request: &pb::MergeCustomersRequest) -> Result<Done> {
    let (tx, actor) = (change.tx(), change.actor);
    let (keep, other) = both(tx, actor, request.keep_id, request.merge_id)?;
    for (customer, seen) in [(&keep, request.keep_revision), (&other, request.merge_revision)] {
        // Elsewhere 0 means whatever the revision is; here both must be named.
        let seen = if seen == 0 { -1 } else { seen };
        Seen::check_revision(tx, Kind::Customer, customer.id, seen, customer.revision)?;
    }
    rules::permit_merge(keep.standing, other.standing)?;
    let (before, theirs) = (TABLE.values(tx, keep.id)?, TABLE.values(tx, other.id)?);
    let mut values = taken(request, &theirs)?;
    if value_of(&values, "manager_id").is_some() {
        actor.require(Permission::CustomerReassign)?;
    }
    let was_empty = |column: &str| TABLE.value(&before, column).is_ok_and(Value::is_empty);
    rules::check_edit(was_empty, &values, &settings.customer_required, keep.party)?;
    bounded(&children::counts(tx, other.id, MOST + 1)?)?;

    for child in &CHILDREN {
        for (id, revision) in child.of(tx, other.id, MOST)? {
            change.update(child.table, id, revision, &[("customer_id", Value::Int(keep.id))], "merge")?;
        }
    }
    let gone = [("deleted_at", Value::Int(change.now())), ("merged_into", Value::Int(keep.id))];
    change.update(&TABLE, other.id, other.revision, &gone, "merge")?;
    duplicates::refuse_change(tx, actor, keep.id, &before, &values)?;
    let text = |row: &[Value], column| TABLE.value(row, column).map(|value| value.text().to_owned());
    let label = (TABLE.label)(tx, other.id)?;
    let former = rules::former(&text(&before, "former")?, &label, &text(&theirs, "former")?);
    values.push(("former", Value::Text(former)));
    change.update(&TABLE, keep.id, keep.revision, &values, "merge")
}

/// The values of the other that were chosen.
fn taken(request: &pb::MergeCustomersRequest, theirs: &[Value]) -> Result<Vec<(&'static str, Value)>> {
    let paths = request.take.as_ref().map(|take| take.paths.as_slice()).unwrap_or_default();
    if let Some(unknown) = paths.iter().find(|path| !pb::CustomerInput::NAMES.contains(&path.as_str())) {
        return Err(Error::field(unknown.as_str(), Fault::NotWritable));
    }
    let chosen = pb::CustomerInput::NAMES.iter().filter(|column| paths.iter().any(|path| path == *column));
    chosen.map(|column| Ok((*column, TABLE.value(theirs, column)?.clone()))).collect()
}

/// The answer: the one that stays, and what moved with the operation.
///
/// # Errors
/// The database's.
pub fn reply(tx: &Tx<'_>, actor: &Actor, done: Done) -> Result<pb::MergeCustomersResponse> {
    let moved = CHILDREN
        .iter()
        .map(|child| {
            let count = tx.query_one(
                "SELECT COUNT(*) FROM audit WHERE operation_id = ?1 AND kind = ?2",
                [done.operation_id, child.table.kind as i64],
                |row| row.get(0),
            )?;
            Ok(pb::KindCount { kind: child.table.kind.into(), count })
        })
        .collect::<Result<_>>()?;
    Ok(pb::MergeCustomersResponse { customer: Some(store::reply(tx, actor, done)?), moved })
}

/// The live customer that one in the recycle bin was merged into, if it was.
pub fn successor(tx: &Tx<'_>, id: i64) -> Result<Option<i64>> {
    /// Of a longer chain of merges the rest is not followed.
    const HOPS: usize = 20;
    let mut at = id;
    for _ in 0..HOPS {
        let next: Option<(Option<i64>, bool)> =
            tx.query_opt("SELECT merged_into, deleted_at IS NOT NULL FROM customer WHERE id = ?1", [at], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })?;
        match next {
            Some((_, false)) => return Ok(Some(at).filter(|at| *at != id)),
            Some((Some(into), true)) => at = into,
            _ => return Ok(None),
        }
    }
    Ok(None)
}

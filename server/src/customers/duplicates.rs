//! Who is there already (§5.7, D2, D3): a name blocks among organisations; among persons name and phone together block,
//! either alone warns; a phone warns; a social credit code or an external id blocks.

use rolo_proto::v1 as pb;

use super::store::TABLE;
use crate::{
    authz::{Actor, Permission},
    db::{Row, Tx},
    error::{Error, Match, Result},
    fields::value_of,
    text, users,
    value::Value,
};

/// The most matches that are told.
const MOST: usize = 10;

/// What is looked for.
#[derive(Debug, Clone, Default)]
pub struct Wanted<'a> {
    /// The name as written.
    pub name: &'a str,
    /// Organisation (1) or person (2).
    pub party: i64,
    /// The phone field as written.
    pub tel: &'a str,
    /// The social credit code.
    pub usc_code: &'a str,
    /// The external id.
    pub external_id: &'a str,
    /// A customer that is no duplicate of itself.
    pub except: i64,
}

/// A customer that is in the way, or worth a look.
#[derive(Debug, Clone)]
pub struct Found {
    /// As the API shows it.
    pub duplicate: pb::Duplicate,
    field: &'static str,
}

impl Found {
    fn refusal(&self) -> Error {
        let customer = self.duplicate.customer.clone().unwrap_or_default();
        let owner = self.duplicate.manager.as_ref().map(users::store::shown).unwrap_or_default();
        let label = format!("{} {}", customer.number, customer.name);
        Error::Duplicate {
            field: self.field,
            at: Match { id: customer.id, label, owner, deleted: self.duplicate.deleted },
        }
    }
}

const SELECT: &str = "
    SELECT c.id, c.no, c.name, c.deleted_at IS NOT NULL, c.manager_id, m.name, m.display_name, m.active
    FROM customer c LEFT JOIN user m ON m.id = c.manager_id ";

fn found(row: &Row<'_>, field: &'static str, blocks: bool) -> rusqlite::Result<Found> {
    let customer = pb::CustomerRef { id: row.get(0)?, number: row.get(1)?, name: row.get(2)? };
    let duplicate = pb::Duplicate {
        customer: Some(customer),
        manager: users::store::user_ref(row, 4)?,
        field: field.into(),
        blocks,
        deleted: row.get(3)?,
    };
    Ok(Found { duplicate, field })
}

/// Everything that is like what is wanted, what blocks first.
pub fn find(tx: &Tx<'_>, wanted: &Wanted<'_>) -> Result<Vec<Found>> {
    let mut matches: Vec<Found> = Vec::new();
    let name = text::dedupe_name(wanted.name);
    let phones = text::phones(wanted.tel);
    let mut add = |sql: &'static str, key: &str, field: &'static str, blocks: bool| -> Result<()> {
        if !key.is_empty() {
            let statement = [SELECT, sql].concat();
            let bound: &[&dyn rusqlite::ToSql] = &[&key, &wanted.except, &name];
            let bound = bound.get(..if sql.contains("?3") { 3 } else { 2 }).unwrap_or(bound);
            for one in tx.query(&statement, bound, |row| found(row, field, blocks))? {
                let known = |m: &Found| {
                    m.duplicate.customer.as_ref().map(|c| c.id) == one.duplicate.customer.as_ref().map(|c| c.id)
                };
                // One line a customer: the reason that blocks, if there is one.
                match matches.iter_mut().find(|m| known(m)) {
                    Some(before) if blocks && !before.duplicate.blocks => *before = one,
                    Some(_) => {}
                    None => matches.push(one),
                }
            }
        }
        Ok(())
    };
    if wanted.party == 2 {
        for phone in &phones {
            add(
                "JOIN customer_phone p ON p.customer_id = c.id
                 WHERE p.phone = ?1 AND c.id <> ?2 AND c.name_norm = ?3 AND c.party = 2 AND c.deleted_at IS NULL
                 LIMIT 5",
                phone,
                "name",
                true,
            )?;
        }
        add(
            "WHERE c.name_norm = ?1 AND c.party = 2 AND c.id <> ?2 AND c.deleted_at IS NULL LIMIT 5",
            &name,
            "name",
            false,
        )?;
    } else {
        add(
            "WHERE c.name_norm = ?1 AND c.party = 1 AND c.deleted_at IS NULL AND c.id <> ?2 LIMIT 5",
            &name,
            "name",
            true,
        )?;
    }
    add(
        "WHERE c.usc_code = ?1 AND c.usc_code <> '' AND c.deleted_at IS NULL AND c.id <> ?2 LIMIT 5",
        wanted.usc_code,
        "usc_code",
        true,
    )?;
    add(
        "WHERE c.external_id = ?1 AND c.external_id <> '' AND c.deleted_at IS NULL AND c.id <> ?2 LIMIT 5",
        wanted.external_id,
        "external_id",
        true,
    )?;
    for phone in &phones {
        add(
            "JOIN customer_phone p ON p.customer_id = c.id
             WHERE p.phone = ?1 AND c.id <> ?2 AND c.deleted_at IS NULL
             LIMIT 5",
            phone,
            "tel",
            false,
        )?;
    }
    matches.sort_by_key(|one| !one.duplicate.blocks);
    matches.truncate(MOST);
    Ok(matches)
}

/// Refuses what blocks. Who may not see the match is told that the value is taken, and no more.
fn refuse(tx: &Tx<'_>, actor: Option<&Actor>, wanted: &Wanted<'_>) -> Result<()> {
    let Some(taken) = find(tx, wanted)?.into_iter().find(|one| one.duplicate.blocks) else { return Ok(()) };
    match actor {
        Some(actor) if !visible(tx, actor, &taken)? => {
            Err(Error::Duplicate { field: taken.field, at: Match::default() })
        }
        _ => Err(taken.refusal()),
    }
}

fn visible(tx: &Tx<'_>, actor: &Actor, found: &Found) -> Result<bool> {
    let id = found.duplicate.customer.as_ref().map_or(0, |customer| customer.id);
    Ok(super::store::standing(tx, id)?.is_some_and(|c| actor.reaches(Permission::CustomerRead, &c)))
}

/// Refuses a new customer whose name, code or external id is taken.
///
/// # Errors
/// `DUPLICATE` with the match.
pub fn refuse_new(tx: &Tx<'_>, actor: &Actor, values: &[(&'static str, Value)]) -> Result<()> {
    let text = |column| value_of(values, column).map(Value::text).unwrap_or_default();
    let party = value_of(values, "party").and_then(Value::int).unwrap_or(1);
    refuse(
        tx,
        Some(actor),
        &Wanted {
            name: text("name"),
            party,
            tel: text("tel"),
            usc_code: text("usc_code"),
            external_id: text("external_id"),
            except: 0,
        },
    )
}

/// Refuses an edit that would take what another customer has.
///
/// # Errors
/// `DUPLICATE` with the match.
pub fn refuse_change(
    tx: &Tx<'_>,
    actor: &Actor,
    id: i64,
    before: &[Value],
    values: &[(&'static str, Value)],
) -> Result<()> {
    if !["name", "party", "tel", "usc_code", "external_id"].iter().any(|column| value_of(values, column).is_some()) {
        return Ok(());
    }
    let merged = TABLE
        .columns
        .iter()
        .zip(before)
        .map(|((column, _), old)| (*column, value_of(values, column).unwrap_or(old).clone()))
        .collect::<Vec<_>>();
    refuse_merged(tx, Some(actor), id, &merged)
}

/// Refuses a row that stands against a live one; for restoring and undoing.
///
/// # Errors
/// `DUPLICATE` with the match.
pub fn refuse_taken(tx: &Tx<'_>, actor: Option<&Actor>, id: i64, values: &[Value], deleted: bool) -> Result<()> {
    if deleted {
        return Ok(());
    }
    let named =
        TABLE.columns.iter().zip(values).map(|((column, _), value)| (*column, value.clone())).collect::<Vec<_>>();
    refuse_merged(tx, actor, id, &named)
}

fn refuse_merged(tx: &Tx<'_>, actor: Option<&Actor>, id: i64, values: &[(&'static str, Value)]) -> Result<()> {
    let text = |column| value_of(values, column).map(Value::text).unwrap_or_default();
    refuse(
        tx,
        actor,
        &Wanted {
            name: text("name"),
            party: value_of(values, "party").and_then(Value::int).unwrap_or(1),
            tel: text("tel"),
            usc_code: text("usc_code"),
            external_id: text("external_id"),
            except: id,
        },
    )
}

/// What a person may be told of duplicates: those they may see; of others only that the value is taken.
pub fn told(tx: &Tx<'_>, actor: &Actor, found: Vec<Found>) -> Result<Vec<pb::Duplicate>> {
    let mut told = Vec::with_capacity(found.len());
    for one in found {
        if visible(tx, actor, &one)? {
            told.push(one.duplicate);
        } else if one.duplicate.blocks {
            told.push(pb::Duplicate { field: one.duplicate.field, blocks: true, ..pb::Duplicate::default() });
        }
    }
    Ok(told)
}

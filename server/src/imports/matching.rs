//! Which existing record a row is: by number, else external id, else customers by normalised name, contacts by customer,
//! name and any phone, interactions by customer, time, title and detail, products by name, model and batch, opportunities by
//! customer's name, title, product and end, steps by opportunity, date and task. Live records go before deleted ones.

use super::{
    key::Key,
    rules::{Namesake, Sheet, same_person},
};
use crate::{
    authz::{Actor, Permission, Scope},
    contacts, customers,
    db::{Tx, params},
    error::{Error, Fault, Result},
    interactions, opportunities, text,
};

/// Namesakes looked at; of more, the first ones.
const NAMESAKES: i64 = 200;

/// An existing record.
#[derive(Debug, Clone, Copy)]
pub struct Found {
    /// Its id.
    pub id: i64,
    /// In the recycle bin.
    pub deleted: bool,
    /// The field by which it was found.
    pub by: &'static str,
    /// Outside of what this person may see: only that it is there may be told.
    pub hidden: bool,
}

/// The record that a row is, if there is one.
///
/// # Errors
/// `VALIDATION` (`AMBIGUOUS`) if more than one may be meant.
pub fn find(tx: &Tx<'_>, actor: &Actor, sheet: Sheet, key: &Key<'_>) -> Result<Option<Found>> {
    // A number that nobody may see is answered like an unknown one, and the row is looked up by what else it holds.
    if let Some(found) = by_number(tx, sheet, key.number)?.map(|found| living(tx, sheet, found)).transpose()?
        && !is_hidden(tx, actor, sheet, found.id)?
    {
        return Ok(Some(found));
    }
    let found = match by_external_id(tx, sheet, key.text("external_id"))? {
        Some(found) => Some(found),
        None => match sheet {
            Sheet::Customers => customer(tx, key)?,
            Sheet::Contacts => contact(tx, key)?,
            Sheet::Interactions => interaction(tx, key)?,
            Sheet::Products => product(tx, key)?,
            Sheet::Opportunities => opportunity(tx, key)?,
            Sheet::Steps => step(tx, key)?,
        },
    };
    let found = found.map(|found| living(tx, sheet, found)).transpose()?;
    match found {
        // A file that was taken back, to be mended perhaps, comes in again; what a person deleted stays deleted.
        Some(found) if found.deleted && is_taken_back(tx, sheet, found.id)? => Ok(None),
        Some(found) => Ok(Some(Found { hidden: is_hidden(tx, actor, sheet, found.id)?, ..found })),
        None => Ok(None),
    }
}

/// Whether the last that happened to a record is that the import which had made it was taken back.
fn is_taken_back(tx: &Tx<'_>, sheet: Sheet, id: i64) -> Result<bool> {
    let sql = "SELECT COALESCE(import.method = 'StartImport', 0)
               FROM audit JOIN operation o ON o.id = audit.operation_id
               LEFT JOIN operation import ON import.id = o.undoes
               WHERE audit.kind = ?1 AND audit.record_id = ?2 ORDER BY audit.sequence DESC LIMIT 1";
    let kind = sheet.table().kind as i32;
    Ok(tx.query_opt(sql, params![kind, id], |row| row.get(0))?.unwrap_or(false))
}

/// A customer that was merged into another is that other one.
fn living(tx: &Tx<'_>, sheet: Sheet, found: Found) -> Result<Found> {
    if !found.deleted || sheet != Sheet::Customers {
        return Ok(found);
    }
    Ok(match customers::merge::successor(tx, found.id)? {
        Some(id) => Found { id, deleted: false, ..found },
        None => found,
    })
}

fn is_hidden(tx: &Tx<'_>, actor: &Actor, sheet: Sheet, id: i64) -> Result<bool> {
    let read = match sheet {
        Sheet::Customers => Permission::CustomerRead,
        Sheet::Contacts => Permission::ContactRead,
        Sheet::Interactions => Permission::InteractionRead,
        Sheet::Products => Permission::ProductRead,
        Sheet::Opportunities | Sheet::Steps => Permission::OpportunityRead,
    };
    if actor.scope(read) == Some(Scope::All) {
        return Ok(false);
    }
    Ok(!match sheet {
        Sheet::Customers => customers::store::standing(tx, id)?.is_some_and(|record| actor.reaches(read, &record)),
        Sheet::Contacts => contacts::store::standing(tx, id)?.is_some_and(|record| actor.reaches(read, &record)),
        Sheet::Interactions => {
            interactions::store::standing(tx, id)?.is_some_and(|record| actor.reaches(read, &record))
        }
        // Everybody who may read products reads all of them.
        Sheet::Products => actor.scope(read).is_some(),
        Sheet::Opportunities => {
            opportunities::store::standing(tx, id)?.is_some_and(|record| actor.reaches(read, &record))
        }
        Sheet::Steps => opportunities::plan::standing(tx, id)?.is_some_and(|record| actor.reaches(read, &record)),
    })
}

/// A match by an SQL of (id, deleted).
fn one(tx: &Tx<'_>, by: &'static str, sql: &str, params: impl rusqlite::Params) -> Result<Option<Found>> {
    tx.query_opt(sql, params, |row| Ok(Found { id: row.get(0)?, deleted: row.get(1)?, by, hidden: false }))
}

fn by_number(tx: &Tx<'_>, sheet: Sheet, number: &str) -> Result<Option<Found>> {
    if number.is_empty() {
        return Ok(None);
    }
    let number = text::narrow(number);
    if sheet == Sheet::Customers {
        let sql = "SELECT id, deleted_at IS NOT NULL FROM customer WHERE no = ?1";
        return one(tx, "no", sql, [number.to_uppercase()]);
    }
    let Ok(id) = number.parse::<i64>() else { return Ok(None) };
    let sql = match sheet {
        Sheet::Interactions => "SELECT id, deleted_at IS NOT NULL FROM interaction WHERE id = ?1",
        Sheet::Products => "SELECT id, deleted_at IS NOT NULL FROM product WHERE id = ?1",
        Sheet::Opportunities => "SELECT id, deleted_at IS NOT NULL FROM opportunity WHERE id = ?1",
        _ => "SELECT id, deleted_at IS NOT NULL FROM contact WHERE id = ?1",
    };
    one(tx, "id", sql, [id])
}

fn by_external_id(tx: &Tx<'_>, sheet: Sheet, external_id: &str) -> Result<Option<Found>> {
    if external_id.is_empty() {
        return Ok(None);
    }
    let [live, bin] = match sheet {
        Sheet::Customers => [
            "SELECT id, 0 FROM customer WHERE external_id = ?1 AND external_id <> '' AND deleted_at IS NULL",
            "SELECT id, 1 FROM customer WHERE external_id = ?1 AND external_id <> '' AND deleted_at IS NOT NULL
             ORDER BY id DESC LIMIT 1",
        ],
        Sheet::Contacts => [
            "SELECT id, 0 FROM contact WHERE external_id = ?1 AND external_id <> '' AND deleted_at IS NULL",
            "SELECT id, 1 FROM contact WHERE external_id = ?1 AND external_id <> '' AND deleted_at IS NOT NULL
             ORDER BY id DESC LIMIT 1",
        ],
        Sheet::Interactions => [
            "SELECT id, 0 FROM interaction WHERE external_id = ?1 AND external_id <> '' AND deleted_at IS NULL",
            "SELECT id, 1 FROM interaction WHERE external_id = ?1 AND external_id <> '' AND deleted_at IS NOT NULL
             ORDER BY id DESC LIMIT 1",
        ],
        Sheet::Products => [
            "SELECT id, 0 FROM product WHERE external_id = ?1 AND external_id <> '' AND deleted_at IS NULL",
            "SELECT id, 1 FROM product WHERE external_id = ?1 AND external_id <> '' AND deleted_at IS NOT NULL
             ORDER BY id DESC LIMIT 1",
        ],
        Sheet::Opportunities => [
            "SELECT id, 0 FROM opportunity WHERE external_id = ?1 AND external_id <> '' AND deleted_at IS NULL",
            "SELECT id, 1 FROM opportunity WHERE external_id = ?1 AND external_id <> '' AND deleted_at IS NOT NULL
             ORDER BY id DESC LIMIT 1",
        ],
        // Of its opportunity alone: see `step`.
        Sheet::Steps => return Ok(None),
    };
    match one(tx, "external_id", live, [external_id])? {
        Some(found) => Ok(Some(found)),
        None => one(tx, "external_id", bin, [external_id]),
    }
}

/// An organisation by its normalised name; a person by name and phone. Which of both is looked for is what the file says,
/// and if it does not say, either.
fn customer(tx: &Tx<'_>, key: &Key<'_>) -> Result<Option<Found>> {
    let (name, party) = (text::dedupe_name(key.text("name")), key.int("party"));
    if name.is_empty() {
        return Ok(None);
    }
    let live = "SELECT id, 0 FROM customer WHERE name_norm = ?1 AND party = 1 AND deleted_at IS NULL";
    let bin = "SELECT id, 1 FROM customer WHERE name_norm = ?1 AND party = 1 AND deleted_at IS NOT NULL
             ORDER BY id DESC LIMIT 1";
    for (deleted, organisation) in [(false, live), (true, bin)] {
        let mut found = None;
        if party != Some(2) {
            found = one(tx, "name", organisation, [&name])?;
        }
        if found.is_none() && party != Some(1) {
            found = person(tx, key, &name, deleted)?;
        }
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

fn person(tx: &Tx<'_>, key: &Key<'_>, name: &str, deleted: bool) -> Result<Option<Found>> {
    let namesakes = tx.query(
        "SELECT id, tel FROM customer
         WHERE name_norm = ?1 AND party = 2 AND (deleted_at IS NOT NULL) = ?2
         LIMIT ?3",
        params![name, deleted, NAMESAKES],
        |row| Ok(Namesake { id: row.get(0)?, phones: text::phones(&row.get::<_, String>(1)?) }),
    )?;
    chosen(&namesakes, &key.phones(&["tel"]), key, deleted)
}

/// The contact of a customer by name and phone.
fn contact(tx: &Tx<'_>, key: &Key<'_>) -> Result<Option<Found>> {
    let name = text::dedupe_name(key.text("name"));
    let Some(customer) = key.parent.filter(|_| !name.is_empty()) else { return Ok(None) };
    let phones = key.phones(&["mobile", "office_tel"]);
    for deleted in [false, true] {
        let namesakes = contacts_named(tx, customer, key.text("name"), deleted)?;
        let found = chosen(&namesakes, &phones, key, deleted)?;
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

/// In the recycle bin any of several does: the row is refused either way.
fn chosen(namesakes: &[Namesake], phones: &[String], key: &Key<'_>, deleted: bool) -> Result<Option<Found>> {
    let id = match same_person(namesakes, phones) {
        Ok(id) => id,
        Err(_) if deleted => namesakes.first().map(|one| one.id),
        Err(_) => return Err(Error::field("name", Fault::Ambiguous(key.text("name").to_owned()))),
    };
    Ok(id.map(|id| Found { id, deleted, by: "name", hidden: false }))
}

/// The contacts of a customer that go by a name.
pub fn contacts_named(tx: &Tx<'_>, customer: i64, name: &str, deleted: bool) -> Result<Vec<Namesake>> {
    let sql = if deleted {
        "SELECT id, name, mobile, office_tel FROM contact
         WHERE customer_id = ?1 AND name_key = ?2 AND deleted_at IS NOT NULL
         LIMIT ?3"
    } else {
        "SELECT id, name, mobile, office_tel FROM contact
         WHERE customer_id = ?1 AND name_key = ?2 AND deleted_at IS NULL
         LIMIT ?3"
    };
    let norm = text::dedupe_name(name);
    let rows = tx.query(sql, params![customer, text::name_key(name), NAMESAKES], |row| {
        let (mobile, office): (String, String) = (row.get(2)?, row.get(3)?);
        let phones = text::phones(&mobile).into_iter().chain(text::phones(&office)).collect();
        Ok((row.get::<_, String>(1)?, Namesake { id: row.get(0)?, phones }))
    })?;
    Ok(rows.into_iter().filter(|(name, _)| text::dedupe_name(name) == norm).map(|(_, namesake)| namesake).collect())
}

/// An interaction of a customer by time, title and detail; a file without times is compared by the rest.
fn interaction(tx: &Tx<'_>, key: &Key<'_>) -> Result<Option<Found>> {
    let (title, detail) = (key.text("title"), key.text("detail"));
    let Some(customer) = key.parent.filter(|_| !title.is_empty()) else { return Ok(None) };
    for (timed, untimed) in [
        (
            "SELECT id, 0 FROM interaction
             WHERE customer_id = ?1 AND at = ?4 AND title = ?2 AND detail = ?3 AND deleted_at IS NULL
             LIMIT 1",
            "SELECT id, 0 FROM interaction
             WHERE customer_id = ?1 AND title = ?2 AND detail = ?3 AND deleted_at IS NULL
             LIMIT 1",
        ),
        (
            "SELECT id, 1 FROM interaction
             WHERE customer_id = ?1 AND at = ?4 AND title = ?2 AND detail = ?3 AND deleted_at IS NOT NULL
             LIMIT 1",
            "SELECT id, 1 FROM interaction
             WHERE customer_id = ?1 AND title = ?2 AND detail = ?3 AND deleted_at IS NOT NULL
             LIMIT 1",
        ),
    ] {
        let found = match key.int("at") {
            Some(at) => one(tx, "title", timed, params![customer, title, detail, at])?,
            None => one(tx, "title", untimed, params![customer, title, detail])?,
        };
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

fn product(tx: &Tx<'_>, key: &Key<'_>) -> Result<Option<Found>> {
    let live = "SELECT id, 0 FROM product WHERE name_norm = ?1 AND deleted_at IS NULL";
    if key.text("name").is_empty() { Ok(None) } else { one(tx, "name", live, [key.product_norm()]) }
}

/// A live opportunity by its customer's name, title, product and, if both sides have one, its end. An external id of its
/// own makes it another one: the same is often sold to the same customer.
fn opportunity(tx: &Tx<'_>, key: &Key<'_>) -> Result<Option<Found>> {
    let name = key.text("customer_name");
    if name.is_empty() {
        return Ok(None);
    }
    one(
        tx,
        "customer_name",
        "SELECT id, 0 FROM opportunity
         WHERE name_key = ?1 AND deleted_at IS NULL AND name_norm = ?2 AND title = ?3 AND product_id IS ?4
           AND (closed_at IS NULL OR ?5 IS NULL OR closed_at = ?5) AND (external_id = '' OR ?6 = '')
         ORDER BY id LIMIT 1",
        params![
            text::name_key(name),
            text::dedupe_name(name),
            key.text("title"),
            key.int("product_id"),
            key.int("closed_at"),
            key.text("external_id")
        ],
    )
}

/// A step of an opportunity by its external id, or by date and task.
fn step(tx: &Tx<'_>, key: &Key<'_>) -> Result<Option<Found>> {
    let Some(opportunity) = key.parent else { return Ok(None) };
    let (external_id, date, todo) = (key.text("external_id"), key.text("plan_date"), key.text("todo"));
    one(
        tx,
        "todo",
        "SELECT id, 0 FROM plan_step
         WHERE opportunity_id = ?1 AND deleted_at IS NULL
           AND (external_id = ?2 AND ?2 <> '' OR plan_date = ?3 AND todo = ?4)
         ORDER BY external_id = ?2 AND ?2 <> '' DESC, id LIMIT 1",
        params![opportunity, external_id, date, todo],
    )
}

/// The customers that a reference names: one by number, else by external id, else all of that name.
pub fn customers_named(tx: &Tx<'_>, actor: &Actor, given: &str) -> Result<Vec<i64>> {
    let by_number = customers::store::by_number(tx, given)?;
    let found = match by_number.map_or_else(|| customers::store::by_external_id(tx, given), |id| Ok(Some(id)))? {
        Some(id) => vec![customers::merge::successor(tx, id)?.unwrap_or(id)],
        None => tx.query(
            "SELECT id FROM customer WHERE name_norm = ?1 AND party = 1 AND deleted_at IS NULL
             UNION ALL
             SELECT id FROM customer WHERE name_norm = ?1 AND party = 2 AND deleted_at IS NULL
             LIMIT 20",
            [text::dedupe_name(given)],
            |row| row.get(0),
        )?,
    };
    let mut visible = Vec::with_capacity(found.len());
    for id in found {
        if !is_hidden(tx, actor, Sheet::Customers, id)? {
            visible.push(id);
        }
    }
    Ok(visible)
}

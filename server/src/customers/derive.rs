//! What is derived from a customer: what it is compared and sorted by, what is missing, phones, the search index.

use super::{rules, store::TABLE};
use crate::{
    contacts,
    db::{Tx, params, search},
    error::Result,
    text,
    value::Value,
};

/// What a customer is compared and sorted by, and which required fields are empty; written with a new row.
///
/// # Errors
/// The database's.
pub fn derived(tx: &Tx<'_>, values: &[Value]) -> Result<Vec<Value>> {
    let value = |column: &str| TABLE.value(values, column);
    let name = value("name")?.text();
    let required = crate::settings::customer_required(tx)?;
    let party = value("party")?.int().unwrap_or(1);
    let missing = rules::missing(&required, party, |column| value(column).is_ok_and(Value::is_empty));
    Ok(vec![Value::Text(text::dedupe_name(name)), Value::Text(text::name_key(name)), Value::Int(missing)])
}

/// Refreshes everything that is derived from a customer. `changed` names the columns; none for a new one.
///
/// # Errors
/// The database's.
pub fn customer(tx: &Tx<'_>, id: i64, changed: &[&'static str]) -> Result<()> {
    let new = changed.is_empty();
    let touched = |columns: &[&str]| new || changed.iter().any(|column| columns.contains(column));
    if !new {
        derive_again(tx, id, touched)?;
    }
    if touched(&["tel"]) {
        if !new {
            tx.execute("DELETE FROM customer_phone WHERE customer_id = ?1", [id])?;
        }
        let tel: String = tx.query_one("SELECT tel FROM customer WHERE id = ?1", [id], |row| row.get(0))?;
        for phone in text::phones(&tel) {
            tx.execute(
                "INSERT INTO customer_phone (phone, customer_id) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
                params![phone, id],
            )?;
        }
    }
    if touched(&["name", "tel", "fax", "external_id", "former", "deleted_at"]) {
        // The index is dear to change, and once a batch is enough.
        tx.defer(index, id);
    }
    Ok(())
}

/// The same of a row that was there before: only what may differ, for every index of a named column is written anew.
fn derive_again(tx: &Tx<'_>, id: i64, touched: impl Fn(&[&str]) -> bool) -> Result<()> {
    let derived = derived(tx, &TABLE.values(tx, id)?)?;
    let [norm, key, missing] = derived.as_slice() else { return Ok(()) };
    if touched(&["name"]) {
        tx.execute("UPDATE customer SET name_norm = ?2, name_key = ?3 WHERE id = ?1", params![id, norm, key])?;
    }
    tx.execute("UPDATE customer SET missing = ?2 WHERE id = ?1 AND missing <> ?2", params![id, missing])?;
    if touched(&["satisfaction", "credit", "level_id", "region_id"]) {
        tx.execute(
            "UPDATE customer
             SET satisfaction_rank = COALESCE(satisfaction, 0),
                 credit_rank = COALESCE(credit, 0),
                 level_rank = COALESCE((SELECT position FROM dictionary_item d WHERE d.id = level_id), 0),
                 region_rank = COALESCE((SELECT position FROM dictionary_item d WHERE d.id = region_id), 0)
             WHERE id = ?1",
            [id],
        )?;
    }
    Ok(())
}

/// By how many of its former names a customer is found.
const FORMER_FOUND: usize = 20;

/// Puts a customer, with the names and phones of its live contacts, into the search index; nothing if the job that made
/// the customer was rolled back.
///
/// # Errors
/// The database's.
pub fn index(tx: &Tx<'_>, id: i64) -> Result<()> {
    type Found = (String, String, String, String, String, String);
    let row = tx.query_opt(
        "SELECT no, name, external_id, tel, fax, COALESCE(former, '') FROM customer WHERE id = ?1",
        [id],
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?)),
    )?;
    let Some((no, name, external_id, tel, fax, former)): Option<Found> = row else { return Ok(()) };
    let mut contacts = contacts::store::names_and_phones(tx, id)?;
    // What was merged into it is found by its number and its name, as its people are.
    let newest = former.lines().rev().take(FORMER_FOUND);
    contacts.extend(
        newest
            .flat_map(|line| line.split_once(' '))
            .flat_map(|(no, name)| [no, name])
            .map(|word| (word.to_owned(), Vec::new())),
    );
    let phones = [tel, fax];
    search::CUSTOMERS.put(
        tx,
        id,
        &search::Document { number: &no, name: &name, external_id: &external_id, phones: &phones, contacts: &contacts },
    )
}

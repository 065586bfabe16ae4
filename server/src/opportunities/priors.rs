//! What a new opportunity's customer name meets (D8): a customer, a lost customer, another open opportunity.

use rolo_proto::v1::{self as pb, prior};

use super::store::{self, TABLE};
use crate::{
    authz::{Actor, Permission},
    customers,
    db::{Row, Tx, params},
    error::{Error, Match, Result},
    settings::{ExistingCustomer, Settings},
    text, users,
    value::Value,
};

/// The most matches that are told.
const MOST: i64 = 10;

/// A customer of this name that is not deleted: id, number, name, whether it is lost, its manager.
struct Customer {
    id: i64,
    number: String,
    name: String,
    lost: bool,
    manager: Option<pb::UserRef>,
}

const CUSTOMER: &str = "
    SELECT c.id, c.no, c.name, c.status = 2, c.manager_id, m.name, m.display_name, m.active
    FROM customer c LEFT JOIN user m ON m.id = c.manager_id ";

fn customer(row: &Row<'_>) -> rusqlite::Result<Customer> {
    Ok(Customer {
        id: row.get(0)?,
        number: row.get(1)?,
        name: row.get(2)?,
        lost: row.get(3)?,
        manager: users::store::user_ref(row, 4)?,
    })
}

fn customer_of(tx: &Tx<'_>, name_norm: &str) -> Result<Option<Customer>> {
    let sql = [CUSTOMER, "WHERE c.name_norm = ?1 AND c.party = 1 AND c.deleted_at IS NULL"].concat();
    tx.query_opt(&sql, [name_norm], customer)
}

/// Whether this person sees a customer.
fn is_seen(tx: &Tx<'_>, actor: &Actor, id: i64) -> Result<bool> {
    let standing = customers::store::standing(tx, id)?;
    Ok(standing.is_some_and(|standing| actor.reaches(Permission::CustomerRead, &standing)))
}

/// Open opportunities of a name, those of this product first: id and product.
fn open_of(tx: &Tx<'_>, name_norm: &str, product_id: Option<i64>, but: i64) -> Result<Vec<(i64, Option<i64>)>> {
    tx.query(
        "SELECT id, product_id FROM opportunity
         WHERE name_norm = ?1 AND deleted_at IS NULL AND open = 1 AND id <> ?2
         ORDER BY product_id IS ?3 DESC, id LIMIT ?4",
        params![name_norm, but, product_id, MOST],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

/// Everything that a name meets, as far as this person may see it; what blocks first.
///
/// # Errors
/// The database's.
pub fn told(
    tx: &Tx<'_>,
    settings: &Settings,
    actor: &Actor,
    name: &str,
    product_id: Option<i64>,
    but: i64,
) -> Result<Vec<pb::Prior>> {
    let name_norm = text::dedupe_name(name);
    if name_norm.is_empty() {
        return Ok(Vec::new());
    }
    let mut priors = Vec::new();
    if let Some(customer) = customer_of(tx, &name_norm)? {
        let seen = is_seen(tx, actor, customer.id)?;
        let blocks = customer.lost || settings.existing_customer == ExistingCustomer::Block;
        let (id, number, name) = (customer.id, customer.number, customer.name);
        priors.push(pb::Prior {
            kind: if customer.lost { prior::Kind::LostCustomer } else { prior::Kind::Customer }.into(),
            customer: seen.then_some(pb::CustomerRef { id, number, name }),
            owner: customer.manager.filter(|_| seen),
            blocks,
            ..pb::Prior::default()
        });
    }
    for (id, product) in open_of(tx, &name_norm, product_id, but)? {
        let same = product == product_id;
        let Some(opportunity) = store::standing(tx, id)? else { continue };
        let seen = actor.reaches(Permission::OpportunityRead, &opportunity);
        priors.push(pb::Prior {
            kind: if same { prior::Kind::SameProduct } else { prior::Kind::OtherProduct }.into(),
            opportunity_id: if seen { id } else { 0 },
            // Whom to ask is told in any case: that is what the check is for (D8).
            owner: users::store::user(tx, opportunity.owner_id())?,
            blocks: same,
            ..pb::Prior::default()
        });
    }
    priors.sort_by_key(|prior| !prior.blocks);
    Ok(priors)
}

/// Refuses a new opportunity, or a new name or product, that meets what it must not; answers the customer to link.
///
/// # Errors
/// `DUPLICATE` naming the owner: an open opportunity of the name and product, or a customer where the setting blocks it;
/// `INVALID_STATE` for a lost customer, which has to be won back first.
pub fn refuse_new(
    tx: &Tx<'_>,
    settings: &Settings,
    actor: &Actor,
    name: &str,
    product_id: Option<i64>,
    but: i64,
) -> Result<Option<i64>> {
    let name_norm = text::dedupe_name(name);
    refuse_open(tx, Some(actor), &name_norm, product_id, but)?;
    let Some(customer) = customer_of(tx, &name_norm)? else { return Ok(None) };
    refuse_customer(tx, settings, actor, &customer, "customer_name")?;
    Ok(Some(customer.id))
}

/// Refuses a customer that is named to be linked to an open opportunity, as one that its name meets would be.
///
/// # Errors
/// `VALIDATION` for one that is not there for this person; as [`refuse_new`].
pub fn refuse_linked(tx: &Tx<'_>, settings: &Settings, actor: &Actor, customer_id: Option<&Value>) -> Result<()> {
    store::check_customer(tx, actor, customer_id)?;
    let Some(id) = customer_id.and_then(Value::int) else { return Ok(()) };
    let linked = tx.query_opt(&[CUSTOMER, "WHERE c.id = ?1"].concat(), [id], customer)?;
    linked.map_or(Ok(()), |linked| refuse_customer(tx, settings, actor, &linked, "customer_no"))
}

/// Marketing is for new customers (S01-04, D8).
fn refuse_customer(
    tx: &Tx<'_>,
    settings: &Settings,
    actor: &Actor,
    customer: &Customer,
    field: &'static str,
) -> Result<()> {
    if customer.lost {
        return Err(Error::InvalidState("lost_customer".into()));
    }
    if settings.existing_customer != ExistingCustomer::Block {
        return Ok(());
    }
    let at = match is_seen(tx, actor, customer.id)? {
        true => Match {
            id: customer.id,
            label: format!("{} {}", customer.number, customer.name),
            owner: customer.manager.as_ref().map(users::store::shown).unwrap_or_default(),
            deleted: false,
        },
        false => Match::default(),
    };
    Err(Error::Duplicate { field, at })
}

/// The customer of a name that this person may see, lost ones too.
///
/// # Errors
/// The database's.
pub fn customer_named(tx: &Tx<'_>, actor: &Actor, name: &str) -> Result<Option<i64>> {
    let Some(customer) = customer_of(tx, &text::dedupe_name(name))? else { return Ok(None) };
    let seen = is_seen(tx, actor, customer.id)?;
    Ok(Some(customer.id).filter(|_| seen))
}

pub(super) fn refuse_open(
    tx: &Tx<'_>,
    actor: Option<&Actor>,
    name_norm: &str,
    product_id: Option<i64>,
    but: i64,
) -> Result<()> {
    let same = open_of(tx, name_norm, product_id, but)?.into_iter().find(|(_, product)| *product == product_id);
    let Some((id, _)) = same else { return Ok(()) };
    let Some(opportunity) = store::standing(tx, id)? else { return Ok(()) };
    let seen = actor.is_none_or(|actor| actor.reaches(Permission::OpportunityRead, &opportunity));
    let owner = crate::authz::Owned::owner_name(&opportunity);
    let at = match seen {
        true => Match { id, label: (TABLE.label)(tx, id)?, owner, deleted: false },
        false => Match { owner, ..Match::default() },
    };
    Err(Error::Duplicate { field: "customer_name", at })
}

/// Refuses that a row comes back whose name and product, or external id, were taken meanwhile.
///
/// # Errors
/// `DUPLICATE`.
pub fn refuse_taken(tx: &Tx<'_>, actor: Option<&Actor>, id: i64, values: &[Value]) -> Result<()> {
    let value = |column| TABLE.value(values, column);
    store::refuse_external(tx, actor, value("external_id")?.text(), id)?;
    if matches!(value("status")?.int(), Some(1 | 2)) {
        let name_norm = text::dedupe_name(value("customer_name")?.text());
        refuse_open(tx, actor, &name_norm, value("product_id")?.int(), id)?;
    }
    Ok(())
}

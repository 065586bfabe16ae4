//! What a person sees of what others do: the scope of reading, tested in memory by a record's owners.

use std::{collections::HashMap, sync::Arc};

use rolo_proto::v1::Kind;

use crate::{
    authz::{Actor, Permission, Scope},
    change::Whose,
    customers::timeline::table,
    db::Tx,
    error::{Error, Result},
};

/// The right to read records of a kind; none if nobody is told of them.
pub fn right_to_read(kind: Kind) -> Option<Permission> {
    READS.iter().find(|(known, _)| *known == kind).map(|(_, permission)| *permission)
}

/// The kinds that are told of, and the right to read them.
const READS: &[(Kind, Permission)] = &[
    (Kind::Customer, Permission::CustomerRead),
    (Kind::Contact, Permission::ContactRead),
    (Kind::Interaction, Permission::InteractionRead),
    (Kind::DictionaryItem, Permission::DictionaryRead),
    (Kind::Opportunity, Permission::OpportunityRead),
    (Kind::PlanStep, Permission::OpportunityRead),
    (Kind::Product, Permission::ProductRead),
    (Kind::User, Permission::UserRead),
];

/// Everybody's department, and which are above a person's.
#[derive(Debug, Default)]
pub struct Departments {
    of: HashMap<i64, i64>,
    /// The person's own among them.
    above: Vec<i64>,
}

impl Departments {
    /// As the database has them, for somebody of this department.
    ///
    /// # Errors
    /// The database's.
    pub fn load(tx: &Tx<'_>, department: i64) -> Result<Self> {
        let all =
            tx.query("SELECT id, department_id FROM user LIMIT 100000", [], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let sql = "SELECT ancestor_id FROM department_above WHERE department_id = ?1";
        Ok(Self { of: all.into_iter().collect(), above: tx.query(sql, [department], |row| row.get(0))? })
    }
}

/// Who owns a record: the responsible person (0 if nobody is), and a second one whose record it is too (0 if none). Of a
/// kept view the department that it is shared with (0 if none), and the person.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Owners {
    /// The responsible person.
    pub owner: i64,
    /// The second one.
    pub also: i64,
}

impl From<Whose> for Owners {
    fn from(whose: Whose) -> Self {
        Self { owner: whose.owner, also: whose.also }
    }
}

/// Whether a person may see a record of these owners, as [`Actor::reaches`] would say; `department` answers the owner's.
fn reaches(actor: &Actor, kind: Kind, owners: Owners, department: impl Fn(i64) -> Option<i64>) -> bool {
    if kind == Kind::Notice {
        // What a person is told is theirs alone.
        return owners.owner == actor.user_id;
    }
    let mine = owners.owner == actor.user_id || owners.also == actor.user_id;
    match right_to_read(kind).and_then(|permission| actor.scope(permission)) {
        None => false,
        Some(Scope::All) => true,
        Some(Scope::Own) => mine,
        // Whoever has no owner is everybody's who may see a department.
        Some(Scope::Department) => {
            mine || owners.owner == 0 || department(owners.owner).is_some_and(|id| actor.departments.contains(&id))
        }
    }
}

/// One person's sight.
#[derive(Debug, Clone)]
pub struct Sight {
    actor: Arc<Actor>,
    departments: Arc<Departments>,
}

impl Sight {
    /// A person's sight while rights and departments are as they are.
    pub fn new(actor: Arc<Actor>, departments: Arc<Departments>) -> Self {
        Self { actor, departments }
    }

    /// Whether the person may see a record of these owners.
    pub fn reaches(&self, kind: Kind, owners: Owners) -> bool {
        reaches(&self.actor, kind, owners, |owner| self.departments.of.get(&owner).copied())
    }

    /// Whether the person is shown a kept view of these owners, of records of this kind.
    pub fn shows_view(&self, of: Kind, owners: Owners) -> bool {
        let may_read = right_to_read(of).is_some_and(|permission| self.actor.scope(permission).is_some());
        may_read && (owners.also == self.actor.user_id || self.departments.above.contains(&owners.owner))
    }
}

/// Whether a person may see a record of these owners, as the database has the owner's department now.
///
/// # Errors
/// The database's.
pub fn sees(tx: &Tx<'_>, actor: &Actor, kind: Kind, owners: Owners) -> Result<bool> {
    let sql = "SELECT department_id FROM user WHERE id = ?1";
    let department: Option<i64> = tx.query_opt(sql, [owners.owner], |row| row.get(0))?;
    Ok(reaches(actor, kind, owners, |_| department))
}

/// The owners of a record that a person may see.
///
/// # Errors
/// `NOT_FOUND` if there is none, or none for this person.
pub fn of_record(tx: &Tx<'_>, actor: &Actor, kind: Kind, id: i64) -> Result<Owners> {
    let table = table(kind).ok_or(Error::NotFound)?;
    table.values(tx, id)?;
    let owners = Owners::from((table.owner)(tx, id)?);
    match sees(tx, actor, kind, owners)? {
        true => Ok(owners),
        false => Err(Error::NotFound),
    }
}

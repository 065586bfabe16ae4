//! What a person sees of what others do: the scope of reading, tested in memory by a record's owners.

use std::{collections::HashMap, sync::Arc};

use rolo_proto::v1::Kind;

use crate::{
    authz::{Actor, Permission, Scope},
    customers::timeline::table,
    db::Tx,
    error::{Error, Result},
};

/// The kinds that are told of, and the right to read them.
const READS: &[(Kind, Permission)] = &[
    (Kind::Customer, Permission::CustomerRead),
    (Kind::Contact, Permission::ContactRead),
    (Kind::Interaction, Permission::InteractionRead),
    (Kind::DictionaryItem, Permission::DictionaryRead),
    (Kind::Opportunity, Permission::OpportunityRead),
    (Kind::PlanStep, Permission::OpportunityRead),
    (Kind::Product, Permission::ProductRead),
];

/// Everybody's department.
#[derive(Debug, Default)]
pub struct Departments(HashMap<i64, i64>);

impl Departments {
    /// As the database has them.
    ///
    /// # Errors
    /// The database's.
    pub fn load(tx: &Tx<'_>) -> Result<Self> {
        let all =
            tx.query("SELECT id, department_id FROM user LIMIT 100000", [], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(Self(all.into_iter().collect()))
    }
}

/// Who owns a record: the responsible person (0 if nobody is), and a second one whose record it is too (0 if none).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Owners {
    /// The responsible person.
    pub owner: i64,
    /// The second one.
    pub also: i64,
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

    /// Whether the person may see a record of these owners, as [`Actor::reaches`] would say.
    pub fn reaches(&self, kind: Kind, owners: Owners) -> bool {
        if kind == Kind::Notice {
            // What a person is told is theirs alone.
            return owners.owner == self.actor.user_id;
        }
        let Some((_, permission)) = READS.iter().find(|(known, _)| *known == kind) else { return false };
        let me = self.actor.user_id;
        let mine = owners.owner == me || owners.also == me;
        match self.actor.scope(*permission) {
            None => false,
            Some(Scope::All) => true,
            Some(Scope::Own) => mine,
            Some(Scope::Department) => {
                // Whoever has no owner is everybody's who may see a department.
                let below = |owner| self.departments.0.get(owner).is_some_and(|id| self.actor.departments.contains(id));
                mine || owners.owner == 0 || below(&owners.owner)
            }
        }
    }
}

/// The owners of a record that a person may see.
///
/// # Errors
/// `NOT_FOUND` if there is none, or none for this person.
pub fn of_record(tx: &Tx<'_>, actor: &Arc<Actor>, kind: Kind, id: i64) -> Result<Owners> {
    let table = table(kind).ok_or(Error::NotFound)?;
    table.values(tx, id)?;
    let whose = (table.owner)(tx, id)?;
    let owners = Owners { owner: whose.owner, also: whose.also };
    let departments = Arc::new(Departments::load(tx)?);
    match Sight::new(Arc::clone(actor), departments).reaches(kind, owners) {
        true => Ok(owners),
        false => Err(Error::NotFound),
    }
}

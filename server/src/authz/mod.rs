//! Who may do what. [`check`] is the only door, and the only maker of [`Allowed`], which the stores ask for.
//!
//! Deny by default: a right exists only as a row (role, permission, scope). The same scope gives the predicate of a list
//! ([`Actor::scope`] bound into its SQL) and the test of one record; a property test holds the two together.

pub mod policy;

use std::collections::HashMap;

use rolo_proto::v1::Capability;

pub use policy::Permission;

use crate::{
    db::Tx,
    error::{Error, Result},
};

/// How far a right reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// Records the person is responsible for.
    Own = 1,
    /// Records of the person's department and the departments below it.
    Department = 2,
    /// All records.
    All = 3,
}

impl Scope {
    fn from_number(number: i64) -> Option<Self> {
        [Self::Own, Self::Department, Self::All].into_iter().find(|scope| *scope as i64 == number)
    }
}

/// A person signed in, with everything that decides what they may do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Actor {
    /// Who; 0 is the host.
    pub user_id: i64,
    /// The session; 0 is the host.
    pub session_id: i64,
    /// The account.
    pub name: String,
    /// The person's name; the account's if none was given.
    pub display_name: String,
    /// The person's department.
    pub department_id: i64,
    /// That department and all below it.
    pub departments: Vec<i64>,
    /// A one-time password has to be changed before anything else.
    pub must_change_password: bool,
    rights: HashMap<Permission, Scope>,
}

impl Actor {
    /// The rights of a user as the database has them now; none if the user is disabled or gone.
    pub fn load(tx: &Tx<'_>, user_id: i64, session_id: i64) -> Result<Option<Self>> {
        let actor = tx.query_opt(
            "SELECT name, display_name, department_id, must_change
             FROM user
             WHERE id = ?1 AND active = 1",
            [user_id],
            |row| {
                let name: String = row.get(0)?;
                let display: String = row.get(1)?;
                Ok(Self {
                    user_id,
                    session_id,
                    display_name: if display.is_empty() { name.clone() } else { display },
                    name,
                    department_id: row.get(2)?,
                    must_change_password: row.get(3)?,
                    ..Self::default()
                })
            },
        )?;
        let Some(mut actor) = actor else { return Ok(None) };
        actor.departments = tx.query(
            "SELECT department_id FROM department_above WHERE ancestor_id = ?1",
            [actor.department_id],
            |row| row.get(0),
        )?;
        let rights = tx.query(
            "SELECT p.permission, MAX(p.scope)
             FROM user_role r JOIN role_permission p ON p.role_id = r.role_id
             WHERE r.user_id = ?1
             GROUP BY p.permission",
            [user_id],
            |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?)),
        )?;
        actor.rights = rights
            .into_iter()
            .filter_map(|(code, scope)| Some((Permission::from_code(&code)?, Scope::from_number(scope)?)))
            .collect();
        Ok(Some(actor))
    }

    /// The owner of the data directory, for what is done on the host.
    pub fn host() -> Self {
        let rights = policy::Permission::ALL.iter().map(|permission| (*permission, Scope::All)).collect();
        Self { name: "host".into(), display_name: "host".into(), rights, ..Self::default() }
    }

    /// How far a right reaches; none if the person does not have it.
    pub fn scope(&self, permission: Permission) -> Option<Scope> {
        self.rights.get(&permission).copied()
    }

    /// The right itself, whatever its reach.
    ///
    /// # Errors
    /// `FORBIDDEN`.
    pub fn require(&self, permission: Permission) -> Result<Scope> {
        self.scope(permission).ok_or_else(|| Error::Forbidden(permission.code().into()))
    }

    /// Whether the right reaches this record.
    pub fn reaches(&self, permission: Permission, record: &impl Owned) -> bool {
        match self.scope(permission) {
            None => false,
            Some(Scope::All) => true,
            Some(Scope::Department) => {
                self.departments.contains(&record.department()) || record.is_owner(self.user_id) || record.ownerless()
            }
            Some(Scope::Own) => record.is_owner(self.user_id),
        }
    }

    /// What the person may do that is not done to one record.
    pub fn capabilities(&self) -> Vec<Capability> {
        policy::CAPABILITIES
            .iter()
            .filter(|(_, permission)| self.scope(*permission).is_some())
            .map(|(capability, _)| *capability)
            .collect()
    }
}

/// A record with a responsible person and a department.
pub trait Owned {
    /// Whether this person is responsible for the record.
    fn is_owner(&self, user_id: i64) -> bool;
    /// The owner's department today; without owner the creator's.
    fn department(&self) -> i64;
    /// Nobody is responsible: every supervisor may act (D5).
    fn ownerless(&self) -> bool;
    /// The responsible person's name, for the refusal.
    fn owner_name(&self) -> String;
}

/// A record that [`check`] has let through. Stores that change a record take this, never a bare id from outside.
#[derive(Debug)]
pub struct Allowed<T> {
    record: T,
}

impl<T> std::ops::Deref for Allowed<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.record
    }
}

/// The one door: may this person do `action` to `record`, being able to see it by `read`?
///
/// # Errors
/// `NOT_FOUND` if the record is outside the scope of `read`, exactly as for an unknown id; `FORBIDDEN` without the right;
/// `NOT_OWNER` if the right does not reach this record.
pub fn check<T: Owned>(actor: &Actor, read: Permission, action: Permission, record: Option<T>) -> Result<Allowed<T>> {
    let record = record.filter(|record| actor.reaches(read, record)).ok_or(Error::NotFound)?;
    actor.require(action)?;
    if !actor.reaches(action, &record) {
        return Err(Error::NotOwner(record.owner_name()));
    }
    Ok(Allowed { record })
}

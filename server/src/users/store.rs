//! Users, departments and roles in the database.

use rolo_proto::v1::{self as pb, Kind};

use crate::{
    authz::{Scope, policy},
    change::Change,
    clock::Millis,
    db::{Row, Shared, Tx, params},
    error::{Error, Fault, Match, Result},
    text,
};

/// The root department.
pub const ROOT: i64 = 1;

/// Writes the shipped roles and the root department into a new database.
pub fn ship(tx: &Tx<'_>, company: &str) -> Result<()> {
    tx.execute("INSERT INTO department (id, parent_id, name) VALUES (?1, NULL, ?2)", params![ROOT, company])?;
    tx.execute("INSERT INTO department_above (department_id, ancestor_id) VALUES (?1, ?1)", [ROOT])?;
    for role in policy::ROLES {
        let id =
            tx.insert("INSERT INTO role (code, zh, en) VALUES (?1, ?2, ?3)", params![role.code, role.zh, role.en])?;
        for (permission, scope) in role.rights {
            add_right(tx, id, permission.code(), *scope)?;
        }
    }
    Ok(())
}

/// Gives a role a right.
pub fn add_right(tx: &Tx<'_>, role_id: i64, permission: &str, scope: Scope) -> Result<()> {
    tx.execute(
        "INSERT INTO role_permission (role_id, permission, scope) VALUES (?1, ?2, ?3)",
        params![role_id, permission, scope as i64],
    )
    .map(drop)
}

/// Four columns of a joined user (id, name, display name, active), starting at `at`; none if the join found nobody.
pub fn user_ref(row: &Row<'_>, at: usize) -> rusqlite::Result<Option<pb::UserRef>> {
    let Some(id) = row.get::<_, Option<i64>>(at)? else { return Ok(None) };
    Ok(Some(pb::UserRef {
        id,
        name: row.get::<_, Option<String>>(at + 1)?.unwrap_or_default(),
        display_name: row.get::<_, Option<String>>(at + 2)?.unwrap_or_default(),
        active: row.get::<_, Option<bool>>(at + 3)?.unwrap_or_default(),
    }))
}

/// A person whom records name, and their department, which decides who reaches these.
#[derive(Debug, Clone)]
pub struct Person {
    /// As other records show them.
    pub shown: pb::UserRef,
    /// The department.
    pub department_id: i64,
}

/// People as other records show them.
pub fn people<'t>(tx: &'t Tx<'t>) -> Result<Shared<'t, Person>> {
    Shared::new(tx, "SELECT id, name, display_name, active, department_id FROM user WHERE id = ?1", |row| {
        let shown = pb::UserRef { id: row.get(0)?, name: row.get(1)?, display_name: row.get(2)?, active: row.get(3)? };
        Ok(Person { shown, department_id: row.get(4)? })
    })
}

/// How a person is called.
pub fn shown(user: &pb::UserRef) -> String {
    if user.display_name.is_empty() { user.name.clone() } else { user.display_name.clone() }
}

/// One person as other records show them.
pub fn user(tx: &Tx<'_>, id: i64) -> Result<Option<pb::UserRef>> {
    Ok(people(tx)?.of(Some(id))?.map(|person| person.shown))
}

/// Whether a person can be given responsibility.
pub fn is_active(tx: &Tx<'_>, id: i64) -> Result<bool> {
    tx.query_one("SELECT EXISTS (SELECT 1 FROM user WHERE id = ?1 AND active = 1)", [id], |row| row.get(0))
}

/// The people that a text names: by account, else by display name.
pub fn find(tx: &Tx<'_>, given: &str) -> Result<Vec<i64>> {
    let fold = text::fold(given);
    let by_account =
        tx.query("SELECT id FROM user WHERE name_fold = ?1 AND active = 1", [&fold], |row| row.get::<_, i64>(0))?;
    if !by_account.is_empty() {
        return Ok(by_account);
    }
    tx.query("SELECT id FROM user WHERE display_name = ?1 AND active = 1 LIMIT 2", [given.trim()], |row| row.get(0))
}

/// The people that a text names as [`find`] does; where nobody active is called so, those whose account is disabled.
pub fn find_ever(tx: &Tx<'_>, given: &str) -> Result<Vec<i64>> {
    let active = find(tx, given)?;
    if !active.is_empty() {
        return Ok(active);
    }
    let by_account =
        tx.query("SELECT id FROM user WHERE name_fold = ?1", [text::fold(given)], |row| row.get::<_, i64>(0))?;
    if !by_account.is_empty() {
        return Ok(by_account);
    }
    tx.query("SELECT id FROM user WHERE display_name = ?1 LIMIT 2", [given.trim()], |row| row.get(0))
}

/// Somebody who had records in another system and has no account here, as an import's `create_missing` adds them:
/// disabled, without password and role, in the department of whoever imports. Only an administrator can make more of
/// it. Not taken back with the import, for a name is never used again.
///
/// # Errors
/// `DUPLICATE` if the account is somebody else's.
pub fn create_former(change: &mut Change<'_, '_>, name: &str) -> Result<i64> {
    let (tx, now) = (change.tx(), change.now());
    let user = NewUser {
        // An account is one word.
        name: name.split_whitespace().collect::<Vec<_>>().join("."),
        display_name: name.to_owned(),
        department_id: tx
            .query_one("SELECT department_id FROM user WHERE id = ?1", [change.actor.user_id], |row| row.get(0))?,
        ..NewUser::default()
    };
    let id = create(tx, &user, now)?;
    set_active(tx, id, false)?;
    let changes = [("name".to_owned(), serde_json::json!([null, user.name]))].into_iter().collect();
    change.operation()?;
    change.record(Kind::User, id, 0, 0, "create_user", &changes)?;
    Ok(id)
}

/// The roles of a person.
pub fn roles(tx: &Tx<'_>, user_id: i64) -> Result<Vec<pb::Role>> {
    tx.query(
        "SELECT r.code, r.zh, r.en
         FROM user_role u JOIN role r ON r.id = u.role_id
         WHERE u.user_id = ?1
         ORDER BY r.id",
        [user_id],
        |row| Ok(pb::Role { code: row.get(0)?, zh: row.get(1)?, en: row.get(2)? }),
    )
}

/// What a new account is made of; names are clean.
#[derive(Debug, Clone, Default)]
pub struct NewUser {
    /// The account.
    pub name: String,
    /// The person's name.
    pub display_name: String,
    /// E-mail address.
    pub email: String,
    /// Telephone.
    pub phone: String,
    /// Salesperson code.
    pub code: String,
    /// Department.
    pub department_id: i64,
    /// Superior.
    pub superior_id: Option<i64>,
    /// The password's hash; empty: none, so that nobody can sign in.
    pub password: String,
    /// The password is for one use.
    pub must_change: bool,
}

/// A new account.
///
/// # Errors
/// `DUPLICATE` if the name was ever used.
pub fn create(tx: &Tx<'_>, user: &NewUser, now: Millis) -> Result<i64> {
    let fold = text::fold(&user.name);
    let taken: Option<i64> = tx.query_opt("SELECT id FROM user WHERE name_fold = ?1", [&fold], |row| row.get(0))?;
    if let Some(id) = taken {
        return Err(Error::Duplicate { field: "name", at: Match { id, label: user.name.clone(), ..Match::default() } });
    }
    let taken: Option<i64> =
        tx.query_opt("SELECT id FROM user WHERE code = ?1 AND ?1 <> ''", [&user.code], |row| row.get(0))?;
    if let Some(id) = taken {
        return Err(Error::Duplicate { field: "code", at: Match { id, label: user.code.clone(), ..Match::default() } });
    }
    let shown = if user.display_name.is_empty() { &user.name } else { &user.display_name };
    let mut search = format!("{fold}\n{}", text::fold(&user.display_name));
    for reading in text::readings(&user.display_name) {
        search.push('\n');
        search.push_str(&reading.initials);
        search.push('\n');
        search.push_str(&reading.full);
    }
    tx.insert(
        "INSERT INTO user (name, name_fold, display_name, search, name_key, email, phone, code, department_id,
           superior_id, password, must_change, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, NULLIF(?8, ''), ?9, ?10, ?11, ?12, ?13)",
        params![
            user.name,
            fold,
            user.display_name,
            search,
            text::name_key(shown),
            user.email,
            user.phone,
            user.code,
            user.department_id,
            user.superior_id,
            user.password,
            user.must_change,
            now
        ],
    )
}

/// Replaces the roles of a person.
///
/// # Errors
/// `VALIDATION` for an unknown role.
pub fn set_roles(tx: &Tx<'_>, user_id: i64, codes: &[String]) -> Result<()> {
    tx.execute("DELETE FROM user_role WHERE user_id = ?1", [user_id])?;
    for code in codes {
        let added = tx.execute(
            "INSERT INTO user_role (user_id, role_id)
             SELECT ?1, id FROM role WHERE code = ?2 OR zh = ?2 OR lower(en) = lower(?2)
             ON CONFLICT DO NOTHING",
            params![user_id, code.trim()],
        )?;
        let known: bool = tx.query_one(
            "SELECT EXISTS (SELECT 1 FROM role WHERE code = ?1 OR zh = ?1 OR lower(en) = lower(?1))",
            [code.trim()],
            |row| row.get(0),
        )?;
        if added == 0 && !known {
            return Err(Error::field("roles", Fault::UnknownReference(code.clone())));
        }
    }
    Ok(())
}

/// Sets the hash of a password.
pub fn set_password(tx: &Tx<'_>, user_id: i64, hash: &str, must_change: bool) -> Result<()> {
    tx.execute(
        "UPDATE user SET password = ?2, must_change = ?3, revision = revision + 1 WHERE id = ?1",
        params![user_id, hash, must_change],
    )
    .map(drop)
}

/// Enables or disables an account.
pub fn set_active(tx: &Tx<'_>, user_id: i64, active: bool) -> Result<()> {
    tx.execute("UPDATE user SET active = ?2, revision = revision + 1 WHERE id = ?1", params![user_id, active]).map(drop)
}

/// Refuses to leave the company without an active administrator (D12).
///
/// # Errors
/// `IN_USE`.
pub fn keep_an_administrator(tx: &Tx<'_>) -> Result<()> {
    let there: bool = tx.query_one(
        "SELECT EXISTS (SELECT 1 FROM user u
                        JOIN user_role r ON r.user_id = u.id
                        JOIN role_permission p ON p.role_id = r.role_id
                        WHERE u.active = 1 AND p.permission = ?1)",
        [policy::Permission::UserManage.code()],
        |row| row.get(0),
    )?;
    if there { Ok(()) } else { Err(Error::InUse("the last administrator".into())) }
}

/// The department of a path like `Sales/North`, below the root; what is missing is made.
pub fn department(tx: &Tx<'_>, path: &str) -> Result<i64> {
    let mut parent = ROOT;
    let path = text::scrub(path, false);
    for name in path.split('/').map(str::trim).filter(|name| !name.is_empty()) {
        if name.chars().count() > 50 {
            return Err(Error::field("department", Fault::TooLong(50)));
        }
        let known: Option<i64> = tx.query_opt(
            "SELECT id FROM department WHERE COALESCE(parent_id, 0) = ?1 AND name = ?2",
            params![parent, name],
            |row| row.get(0),
        )?;
        parent = match known {
            Some(id) => id,
            None => {
                let id =
                    tx.insert("INSERT INTO department (parent_id, name) VALUES (?1, ?2)", params![parent, name])?;
                tx.execute(
                    "INSERT INTO department_above (department_id, ancestor_id)
                     SELECT ?1, ancestor_id FROM department_above WHERE department_id = ?2
                     UNION ALL SELECT ?1, ?1",
                    params![id, parent],
                )?;
                id
            }
        };
    }
    Ok(parent)
}

/// A department's path below the root; empty for the root.
pub fn department_path(tx: &Tx<'_>, id: i64) -> Result<String> {
    let names: Vec<String> = tx.query(
        "WITH RECURSIVE up (id, parent_id, name, depth) AS (
           SELECT id, parent_id, name, 0 FROM department WHERE id = ?1
           UNION ALL
           SELECT d.id, d.parent_id, d.name, depth + 1 FROM department d JOIN up ON d.id = up.parent_id)
         SELECT name FROM up WHERE parent_id IS NOT NULL ORDER BY depth DESC",
        [id],
        |row| row.get(0),
    )?;
    Ok(names.join("/"))
}

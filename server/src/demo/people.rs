//! The people of the demo's company: one account for each role to start in, and colleagues with customers of their own.

use serde_json::Value as Json;

use crate::{
    audit::{Changes, Entry},
    clock::MINUTE,
    db::Write,
    error::{Error, Result},
    users::store::{self, NewUser, ROOT},
};

/// Somebody with an account.
#[derive(Debug)]
pub(super) struct Person {
    /// The account.
    pub(super) account: &'static str,
    /// The name in Chinese and in English; one name for who is not Chinese.
    name: [&'static str; 2],
    role: &'static str,
    /// The department in Chinese and in English.
    department: [&'static str; 2],
    superior: &'static str,
    /// The regions whose customers an account manager looks after.
    pub(super) regions: &'static [&'static str],
}

impl Person {
    /// The name in the company's language.
    pub(super) fn name(&self, language: &str) -> &'static str {
        self.name[usize::from(language != "zh")]
    }

    /// The department, to compare it.
    pub(super) fn department(&self) -> &'static str {
        self.department[0]
    }
}

const fn person(
    account: &'static str,
    name: [&'static str; 2],
    role: &'static str,
    department: [&'static str; 2],
    superior: &'static str,
    regions: &'static [&'static str],
) -> Person {
    Person { account, name, role, department, superior, regions }
}

const BOARD: [&str; 2] = ["管理层", "Management"];
const SALES: [&str; 2] = ["销售部", "Sales"];
const NORTH: [&str; 2] = ["销售部/华北", "Sales/North"];
const EAST: [&str; 2] = ["销售部/华东", "Sales/East"];
const SOUTH: [&str; 2] = ["销售部/华南", "Sales/South"];
const ABROAD: [&str; 2] = ["销售部/海外", "Sales/Overseas"];
const SERVICE: [&str; 2] = ["客服部", "Customer service"];

/// Everybody, superiors first; the administrator, who comes with the database, is the first.
pub(super) const PEOPLE: &[Person] = &[
    person("admin", ["陈涛", "Chen Tao"], "admin", ["", ""], "", &[]),
    person("zhou", ["周建国", "Zhou Jianguo"], "executive", BOARD, "", &[]),
    person("wang", ["王芳", "Wang Fang"], "supervisor", SALES, "zhou", &[]),
    person("li", ["李伟", "Li Wei"], "manager", NORTH, "wang", &["1", "2"]),
    person("zhao", ["赵敏", "Zhao Min"], "manager", NORTH, "wang", &["2", "4"]),
    person("sun", ["孙强", "Sun Qiang"], "manager", EAST, "wang", &["east"]),
    person("wu", ["吴丽娟", "Wu Lijuan"], "manager", EAST, "wang", &["east", "3"]),
    person("xu", ["徐浩", "Xu Hao"], "manager", SOUTH, "wang", &["south", "3"]),
    person("he", ["何静", "He Jing"], "manager", SOUTH, "wang", &["5"]),
    person("emma", ["Emma Clarke", "Emma Clarke"], "manager", ABROAD, "wang", &["uk", "us"]),
    person("jonas", ["Jonas Weber", "Jonas Weber"], "manager", ABROAD, "wang", &["de", "nl"]),
    person("claire", ["Claire Martin", "Claire Martin"], "manager", ABROAD, "wang", &["fr", "it"]),
    person("liu", ["刘洋", "Liu Yang"], "service", SERVICE, "zhou", &[]),
    person("sarah", ["Sarah Owens", "Sarah Owens"], "service", SERVICE, "liu", &[]),
];

/// The place of an account among [`PEOPLE`].
pub(super) fn place_of(account: &str) -> usize {
    PEOPLE.iter().position(|person| person.account == account).unwrap_or_default()
}

/// Somebody else of the same department.
pub(super) fn colleague(of: usize) -> Option<usize> {
    let department = PEOPLE.get(of)?.department();
    (0..PEOPLE.len()).find(|place| *place != of && PEOPLE[*place].department() == department)
}

/// For each role of `rolo demo --as`, the account to start with.
pub(super) fn starters(language: &str) -> Vec<(&'static str, &'static str)> {
    let (manager, service) = if language == "zh" { ("li", "liu") } else { ("emma", "sarah") };
    vec![("admin", "admin"), ("supervisor", "wang"), ("manager", manager), ("executive", "zhou"), ("service", service)]
}

/// Which account managers get new customers, in turn.
pub(super) fn turns(language: &str) -> &'static [&'static str] {
    match language {
        "zh" => &["li", "sun", "emma", "zhao", "wu", "jonas", "xu", "he", "sun", "claire"],
        _ => &["emma", "li", "jonas", "sun", "claire", "zhao", "emma", "wu", "jonas", "xu", "claire", "he"],
    }
}

/// Makes everybody's account, with the administrator's password; answers the ids in the order of [`PEOPLE`].
pub(super) fn hire(write: &mut Write<'_>, language: &str) -> Result<Vec<i64>> {
    let tx = write.tx;
    let (admin, password): (i64, String) =
        tx.query_one("SELECT id, password FROM user ORDER BY id LIMIT 1", [], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let mut ids = Vec::with_capacity(PEOPLE.len());
    for person in PEOPLE {
        if person.role == "admin" {
            ids.push(admin);
            continue;
        }
        write.now += MINUTE;
        let department = person.department[usize::from(language != "zh")];
        let superior = ids.get(place_of(person.superior)).copied().filter(|_| !person.superior.is_empty());
        let user = NewUser {
            name: person.account.into(),
            display_name: person.name(language).into(),
            email: format!("{}@rolo.example", person.account),
            department_id: if department.is_empty() { ROOT } else { store::department(tx, department)? },
            superior_id: superior,
            password: password.clone(),
            ..NewUser::default()
        };
        let id = store::create(tx, &user, write.now)?;
        store::set_roles(tx, id, &[person.role.to_owned()])?;
        log(write, id, person)?;
        ids.push(id);
    }
    if ids.len() == PEOPLE.len() { Ok(ids) } else { Err(Error::Internal("the demo lacks people".into())) }
}

/// As the host logs a new account.
fn log(write: &mut Write<'_>, id: i64, person: &Person) -> Result<()> {
    let said = [("name", person.account), ("roles", person.role)];
    let changes: Changes = said
        .into_iter()
        .map(|(field, value)| (field.to_owned(), Json::Array(vec![Json::Null, value.into()])))
        .collect();
    let entry = Entry {
        operation_id: 0,
        user_id: 0,
        session_id: 0,
        at: write.now,
        verb: "create_user",
        kind: rolo_proto::v1::Kind::User,
        record_id: id,
        revision: 0,
        parent_id: 0,
        changes: &changes,
    };
    write.chain.append(write.tx, &entry).map(drop)
}

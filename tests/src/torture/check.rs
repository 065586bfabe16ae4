//! The history against the database: what was acknowledged is there once, what was refused is not, nothing is half done.

mod opportunities;

use std::{collections::BTreeMap, path::Path};

use anyhow::{Context, Result, bail};
use hyper_util::rt::TokioIo;
use rolo_proto::v1 as pb;
use rolo_server::{
    Config, Place,
    clock::{Clock, Millis},
};
use rusqlite::{Connection, OptionalExtension, params, types::Value};
use serde_json::{Map, Value as Json};
use tonic::transport::Endpoint;

use super::{
    strike::Strike,
    work::{Entry, Mark, Outcome, ROWS},
};
use crate::Session;

/// How many acknowledged creations are sent once more, and looked for.
const AGAIN: usize = 20;

/// Answers what is wrong, and how many writes of which nobody knew are there.
///
/// # Errors
/// The database cannot be read at all.
pub async fn check(
    dir: &Path,
    token: &str,
    history: &[Entry],
    strikes: &[Strike],
    now: Millis,
) -> Result<(Vec<String>, u64)> {
    let mut found = Vec::new();
    let file = dir.join("rolo.db");
    let before = rows(&file)?;
    served(dir, token, history, now, &mut found).await?;
    if rows(&file)? != before {
        found.push("sending acknowledged requests once more changed something".into());
    }
    let conn = open(&file)?;
    let mut there = 0;
    for entry in history {
        there += entry_holds(&conn, entry, &mut found)?;
        // Refusals that a person could not make sense of.
        if let Outcome::Refused(reason) = &entry.outcome {
            let clear = match reason.as_str() {
                "READ_ONLY" | "BUSY" => true,
                // A write whose answer was lost came through after the record was read.
                "STALE" => true,
                "INTERNAL" => strikes.contains(&Strike::Panic),
                // Two are given the same opportunity at once.
                "INVALID_STATE" => entry.method == "AssignOpportunity",
                _ => false,
            };
            if !clear {
                found.push(format!("{} {:?} was refused with {reason}", entry.method, entry.mark));
            }
        }
    }
    books(&conn, &mut found)?;
    opportunities::hold(&conn, &mut found)?;
    records(&conn, &mut found)?;
    let stepped = strikes
        .iter()
        .enumerate()
        .any(|(nth, strike)| strike.steps() && !strikes.iter().skip(nth + 1).any(|later| later.kills()));
    if stepped && one(&conn, "SELECT COUNT(*) FROM audit WHERE verb = 'clock_stepped'")? == 0 {
        found.push("the clock stepped and the audit log does not tell".into());
    }
    Ok((found, there))
}

#[expect(clippy::disallowed_methods, reason = "a look from outside, at what is on disk")]
fn open(file: &Path) -> Result<Connection> {
    Ok(Connection::open(file)?)
}

fn one(conn: &Connection, sql: &str) -> Result<i64> {
    Ok(conn.query_row(sql, [], |row| row.get(0))?)
}

/// What a repeated request must not add to.
fn rows(file: &Path) -> Result<i64> {
    let sql = "SELECT (SELECT COUNT(*) FROM operation) + (SELECT COUNT(*) FROM outbox)
                    + (SELECT COUNT(*) FROM audit WHERE verb <> 'clock_stepped')";
    one(&open(file)?, sql)
}

/// What only a server can tell: the chain, the kept figures, searches, and that an acknowledged request is answered the
/// same again after a restart.
async fn served(dir: &Path, token: &str, history: &[Entry], now: Millis, found: &mut Vec<String>) -> Result<()> {
    let config = Config { clock: Clock::from_fn(move || now), ..Config::default() };
    let Place::Owner(handle) = Place::open(dir, config).await? else { bail!("somebody else owns the directory") };
    let mut stream = Some(handle.connect().await?);
    let connect = tower::service_fn(move |_: http::Uri| {
        std::future::ready(stream.take().map(TokioIo::new).ok_or_else(|| std::io::Error::other("used up")))
    });
    let channel = Endpoint::from_static("http://rolo.invalid").connect_with_connector(connect).await?;
    let session = Session::on(channel).with_token(token)?;
    let chain = session.host().verify_audit(pb::VerifyAuditRequest {}).await?.into_inner();
    if chain.first_bad > 0 {
        found.push(format!("the audit chain breaks at row {}: {}", chain.first_bad, chain.problem));
    }
    let figures = session.host().check_figures(pb::CheckFiguresRequest { repair: false }).await?.into_inner();
    found.extend(figures.differences.into_iter().map(|words| format!("kept figures: {words}")));
    let created = history.iter().filter(|entry| entry.request_id.starts_with("create S"));
    for entry in created.rev().take(AGAIN) {
        let (Outcome::Ok(id), Some(request), Mark::Named(_, name)) = (&entry.outcome, &entry.create, &entry.mark)
        else {
            continue;
        };
        let again = session.customers().create_customer(request.clone()).await;
        let same = again.as_ref().ok().and_then(|made| made.get_ref().customer.as_ref().map(|c| c.id));
        if same != Some(*id) {
            found.push(format!("{name} was acknowledged as {id} and is answered {again:?} after a restart"));
        }
        if session.search(name).await?.first() != Some(name) {
            found.push(format!("{name} is not found by its name"));
        }
    }
    Ok(handle.shutdown().await?)
}

/// Holds one write against the database; answers 1 if nobody knew of it and it is there.
fn entry_holds(conn: &Connection, entry: &Entry, found: &mut Vec<String>) -> Result<u64> {
    let known: Option<i64> = conn
        .prepare_cached("SELECT operation_id FROM idempotency WHERE request_id = ?1 AND method = ?2")?
        .query_row([entry.request_id.as_str(), entry.method], |row| row.get(0))
        .optional()?;
    // How often it is there, and how often it would be if it was done.
    let (times, whole) = match &entry.mark {
        Mark::Named(kind, name) => {
            let sql = match kind {
                pb::Kind::Contact => "SELECT COUNT(*) FROM contact WHERE name = ?1",
                pb::Kind::Interaction => "SELECT COUNT(*) FROM interaction WHERE title = ?1",
                pb::Kind::Opportunity => "SELECT COUNT(*) FROM opportunity WHERE customer_name = ?1",
                pb::Kind::PlanStep => "SELECT COUNT(*) FROM plan_step WHERE todo = ?1",
                _ => "SELECT COUNT(*) FROM customer WHERE name = ?1",
            };
            (conn.prepare_cached(sql)?.query_row([name], |row| row.get::<_, i64>(0))?, 1)
        }
        Mark::Address(id, address) => {
            let sql = "SELECT COUNT(*) FROM audit
                       WHERE kind = 1 AND record_id = ?1 AND verb = 'update'
                         AND json_extract(changes, '$.address[1]') = ?2";
            (conn.prepare_cached(sql)?.query_row(params![id, address], |row| row.get(0))?, 1)
        }
        Mark::Verb(kind, id, verb) => {
            let sql = "SELECT COUNT(*) FROM audit
                       WHERE kind = ?1 AND record_id = ?2 AND verb = ?3 AND operation_id = ?4";
            let operation = known.unwrap_or(-1);
            let times =
                conn.prepare_cached(sql)?.query_row(params![*kind as i32, id, verb, operation], |row| row.get(0))?;
            (times, 1)
        }
        Mark::Rows(file) => {
            let sql = "SELECT COUNT(*) FROM customer WHERE name GLOB ?1";
            (conn.prepare_cached(sql)?.query_row([format!("{file}-*")], |row| row.get(0))?, ROWS)
        }
        Mark::Assigned(told) => opportunities::assigned(conn, &entry.request_id, *told)?,
        Mark::Undo(operation) => {
            let sql = "SELECT COUNT(*) FROM operation WHERE undoes = ?1";
            (conn.prepare_cached(sql)?.query_row([operation], |row| row.get(0))?, 1)
        }
        Mark::Nothing => (0, 0),
    };
    let named = format!("{} {} {:?}", entry.method, entry.request_id, entry.mark);
    let wrong = match &entry.outcome {
        Outcome::Ok(_) => times != whole,
        Outcome::Refused(_) => times != 0,
        Outcome::Unknown => times != 0 && times != whole,
    };
    if wrong {
        found.push(format!("{named} ended {:?} and is there {times} of {whole} times", entry.outcome));
    }
    // An undo and a bulk action are remembered before anything is done; an import remembers by itself how far it is.
    let remembers = !entry.request_id.is_empty() && !matches!(entry.method, "Undo" | "RunBulk");
    match &entry.outcome {
        Outcome::Ok(_) if remembers && known.is_none() => found.push(format!("{named} is not remembered")),
        Outcome::Refused(_) if remembers && known.is_some() => found.push(format!("{named}, refused, is remembered")),
        Outcome::Unknown if remembers && whole > 0 && known.is_some() != (times > 0) => {
            found.push(format!("{named} is half done: remembered {}, there {times}", known.is_some()));
        }
        _ => {}
    }
    Ok(u64::from(entry.outcome == Outcome::Unknown && times > 0))
}

/// The kernel's books agree with each other, and the engine and its index with themselves.
fn books(conn: &Connection, found: &mut Vec<String>) -> Result<()> {
    let sound: String = conn.query_row("PRAGMA integrity_check", [], |row| row.get(0))?;
    if sound != "ok" {
        found.push(format!("integrity: {sound}"));
    }
    for check in [
        "INSERT INTO customer_gram (customer_gram) VALUES ('integrity-check')",
        "INSERT INTO opportunity_gram (opportunity_gram) VALUES ('integrity-check')",
    ] {
        if let Err(error) = conn.execute(check, []) {
            found.push(format!("{check}: {error}"));
        }
    }
    const CHANGES: &str =
        "SELECT kind, record_id, revision FROM audit WHERE kind IN (1, 2, 3, 20, 21) AND revision > 0";
    const FED: &str = "SELECT kind, record_id, revision FROM outbox WHERE kind IN (1, 2, 3, 20, 21)";
    for (what, sql) in [
        (
            "holes in the outbox",
            "SELECT COALESCE(MAX(sequence) - MIN(sequence) + 1, 0) - COUNT(*) FROM outbox".to_owned(),
        ),
        ("changes that the outbox does not tell", format!("SELECT COUNT(*) FROM ({CHANGES} EXCEPT {FED})")),
        ("changes that only the outbox tells", format!("SELECT COUNT(*) FROM ({FED} EXCEPT {CHANGES})")),
        (
            "changes told twice",
            // Notices have no revisions.
            "SELECT COUNT(*) - COUNT(DISTINCT kind || ' ' || record_id || ' ' || revision) FROM outbox WHERE kind <> 24"
                .into(),
        ),
        (
            "operations without a request",
            "SELECT COUNT(*) FROM operation o
             WHERE method NOT IN ('StartImport', 'Undo', 'RunBulk')
               AND NOT EXISTS (SELECT 1 FROM idempotency i WHERE i.operation_id = o.id)"
                .into(),
        ),
        (
            "operations without a change",
            "SELECT COUNT(*) FROM operation o
             WHERE method <> 'StartImport' AND NOT EXISTS (SELECT 1 FROM audit a WHERE a.operation_id = o.id)"
                .into(),
        ),
        ("operations taken back more than once", "SELECT COUNT(undoes) - COUNT(DISTINCT undoes) FROM operation".into()),
        (
            "imports whose count is wrong",
            "SELECT COUNT(*) FROM import i
             WHERE created <> next_row
                OR created <> (SELECT COUNT(*) FROM audit a
                               WHERE a.operation_id = i.operation_id AND a.verb = 'create' AND a.kind = 1)"
                .into(),
        ),
        (
            "customers without a place in the index",
            "SELECT COUNT(*) FROM (SELECT id FROM customer EXCEPT SELECT customer_id FROM customer_search)".into(),
        ),
        (
            "customers without grams",
            "SELECT COUNT(*) FROM (SELECT id FROM customer EXCEPT SELECT id FROM customer_gram_docsize)".into(),
        ),
        (
            "grams without a customer",
            "SELECT COUNT(*) FROM (SELECT id FROM customer_gram_docsize EXCEPT SELECT id FROM customer)".into(),
        ),
        ("probes left behind", "SELECT COUNT(*) FROM setting WHERE name = 'probe'".into()),
    ] {
        let count = one(conn, &sql)?;
        if count != 0 {
            found.push(format!("{what}: {count}"));
        }
    }
    Ok(())
}

/// Every record is what its log says: revisions rise by one, and the last value written is the value there.
fn records(conn: &Connection, found: &mut Vec<String>) -> Result<()> {
    for (kind, table) in [(1, "customer"), (2, "contact"), (3, "interaction"), (20, "opportunity"), (21, "plan_step")] {
        let mut logged: BTreeMap<i64, (i64, Map<String, Json>)> = BTreeMap::new();
        let mut statement = conn.prepare(
            "SELECT record_id, revision, changes FROM audit WHERE kind = ?1 AND revision > 0 ORDER BY sequence",
        )?;
        let mut rows = statement.query([kind])?;
        while let Some(row) = rows.next()? {
            let (id, revision, changes): (i64, i64, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
            let (last, values) = logged.entry(id).or_default();
            if revision != *last + 1 {
                found.push(format!("{table} {id} goes from revision {last} to {revision}"));
            }
            *last = revision;
            for (column, pair) in serde_json::from_str::<Map<String, Json>>(&changes)? {
                let (was, is) = (pair.get(0).cloned().unwrap_or_default(), pair.get(1).cloned().unwrap_or_default());
                let before = values.insert(column.clone(), is).unwrap_or_default();
                if was != before && !(blank(&was) && blank(&before)) {
                    found.push(format!("{table} {id}: {column} was {was} and had been set to {before}"));
                }
            }
        }
        let mut statement = conn.prepare(&format!("SELECT * FROM {table}"))?;
        let columns: Vec<String> = statement.column_names().map(str::to_owned).collect();
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let mut values = BTreeMap::new();
            for (place, column) in columns.iter().enumerate() {
                values.insert(column.as_str(), row.get::<_, Value>(place)?);
            }
            let number = |column| match values.get(column) {
                Some(Value::Integer(number)) => *number,
                _ => 0,
            };
            let id = number("id");
            let Some((revision, log)) = logged.remove(&id) else {
                found.push(format!("{table} {id} is in no log"));
                continue;
            };
            if revision != number("revision") {
                found.push(format!("{table} {id} has revision {} and its log {revision}", number("revision")));
            }
            for (column, wanted) in &log {
                let is = json(values.get(column.as_str()).context("a column that there is not")?);
                if is != *wanted && !(blank(&is) && blank(wanted)) {
                    found.push(format!("{table} {id}: {column} is {is} and was last set to {wanted}"));
                }
            }
        }
        found.extend(logged.keys().map(|id| format!("{table} {id} is in the log and nowhere else")));
    }
    Ok(())
}

fn json(value: &Value) -> Json {
    match value {
        Value::Integer(number) => (*number).into(),
        Value::Text(text) => text.as_str().into(),
        Value::Real(number) => (*number).into(),
        Value::Null | Value::Blob(_) => Json::Null,
    }
}

fn blank(value: &Json) -> bool {
    value.is_null() || value.as_str() == Some("")
}

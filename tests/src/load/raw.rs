//! The same work straight on SQLite: what the server's figures are held against.

use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};

use anyhow::Result;
use rolo_proto::v1 as pb;
use rolo_server::{directory::database_path, text};
use rusqlite::{Connection, OpenFlags, params};

use super::company::{Company, scatter};
use crate::world::request_id;

/// Creates that share a commit.
const BATCH: usize = 64;

/// A new customer as the create case sends it.
pub fn input(name: &str, unique: &str) -> pb::CustomerInput {
    pb::CustomerInput {
        name: format!("{name} {unique}"),
        tel: format!("010-{:08}", scatter(blake3::hash(unique.as_bytes()).as_bytes()[0].into(), 100_000_000)),
        address: "北京市朝阳区建国路 88 号".into(),
        satisfaction: Some(3),
        ..pb::CustomerInput::default()
    }
}

/// The statements of a customer, without a server.
#[derive(Debug)]
pub struct Reads {
    /// One customer, in order.
    pub get: Vec<Duration>,
    /// A page of fifty by name, in order.
    pub list: Vec<Duration>,
}

#[expect(clippy::disallowed_methods, reason = "a program that measures the engine opens it itself")]
fn open(path: &Path) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags)?;
    conn.execute_batch("PRAGMA synchronous = FULL; PRAGMA cache_size = -24576; PRAGMA temp_store = memory")?;
    conn.set_prepared_statement_cache_capacity(64);
    Ok(conn)
}

/// Every column of a customer with the people beside it, as a list or a record shows them.
const CUSTOMER: &str = "
    SELECT c.*, m.name, m.display_name, b.name, b.display_name
    FROM customer c
    JOIN user b ON b.id = c.created_by
    LEFT JOIN user m ON m.id = c.manager_id ";

/// Reads as the server does.
///
/// # Errors
/// The database refuses.
pub fn reads(dir: &Path, customers: usize, calls: usize) -> Result<Reads> {
    let conn = open(&database_path(dir))?;
    let mut get = conn.prepare(&[CUSTOMER, "WHERE c.id = ?1"].concat())?;
    let mut list =
        conn.prepare(&[CUSTOMER, "WHERE c.deleted_at IS NULL ORDER BY c.name_key, c.id LIMIT 51"].concat())?;
    let columns = get.column_count();
    let consume = |rows: &mut rusqlite::Rows<'_>| -> Result<()> {
        while let Some(row) = rows.next()? {
            for column in 0..columns {
                std::hint::black_box(row.get::<_, rusqlite::types::Value>(column)?);
            }
        }
        Ok(())
    };
    let mut reads = Reads { get: Vec::with_capacity(calls), list: Vec::with_capacity(calls) };
    for call in 0..calls {
        let started = Instant::now();
        consume(&mut get.query([1 + scatter(call, customers) as i64])?)?;
        reads.get.push(started.elapsed());
        let started = Instant::now();
        consume(&mut list.query([])?)?;
        reads.list.push(started.elapsed());
    }
    reads.get.sort_unstable();
    reads.list.sort_unstable();
    Ok(reads)
}

/// Creates customers by the server's statements, so many a commit, in a copy of the file; answers creates a second.
///
/// # Errors
/// The database refuses, or there is no room for the copy.
pub fn creates(dir: &Path, company: &Company, count: usize) -> Result<f64> {
    let copy = dir.join("raw.db");
    fs::copy(database_path(dir), &copy)?;
    let rate = create_in(&copy, company, count);
    for end in ["db", "db-wal", "db-shm"] {
        let _ = fs::remove_file(copy.with_extension(end));
    }
    rate
}

fn create_in(path: &Path, company: &Company, count: usize) -> Result<f64> {
    let conn = open(path)?;
    let next = |table: &str| -> Result<i64> {
        Ok(conn.query_row(&format!("SELECT COALESCE(MAX(rowid), 0) + 1 FROM {table}"), [], |row| row.get(0))?)
    };
    let (mut sequence, mut outbox) = (next("audit")?, next("outbox")?);
    // What does not depend on the engine is made beforehand.
    let names: Vec<String> = (0..count).map(|at| format!("{} {}", company.name(at), request_id())).collect();
    let rows: Vec<_> = names
        .iter()
        .map(|name| (name, text::dedupe_name(name), text::name_key(name), text::squeeze(name), grams(name)))
        .collect();
    let started = Instant::now();
    for batch in rows.chunks(BATCH) {
        conn.execute_batch("BEGIN IMMEDIATE")?;
        for (name, norm, key, doc, grams) in batch {
            one(&conn, name, norm, key, doc, grams, sequence, outbox)?;
            sequence += 1;
            outbox += 1;
        }
        conn.execute_batch("COMMIT")?;
    }
    Ok(count as f64 / started.elapsed().as_secs_f64())
}

#[expect(clippy::too_many_arguments, reason = "the values of one customer")]
fn one(
    conn: &Connection,
    name: &str,
    norm: &str,
    key: &str,
    doc: &str,
    grams: &str,
    sequence: i64,
    outbox: i64,
) -> Result<()> {
    let run = |sql: &str, values: &[&dyn rusqlite::ToSql]| -> rusqlite::Result<usize> {
        conn.prepare_cached(sql)?.execute(values)
    };
    let look = |sql: &str, values: &[&dyn rusqlite::ToSql]| -> rusqlite::Result<bool> {
        conn.prepare_cached(sql)?.exists(values)
    };
    let now = 1_793_581_200_000_i64;
    let hash = [7_u8; 32];
    run("SAVEPOINT job", &[])?;
    look("SELECT * FROM idempotency WHERE user_id = 1 AND request_id = ?1 AND method = 'CreateCustomer'", &[&name])?;
    look("SELECT id FROM customer WHERE name_norm = ?1 AND party = 1 AND deleted_at IS NULL", &[&norm])?;
    look("SELECT customer_id FROM customer_phone WHERE phone = ?1", &[&"01012345678"])?;
    look(
        "INSERT INTO number_counter (prefix, last) VALUES ('RAW', 1)
         ON CONFLICT (prefix) DO UPDATE SET last = last + 1 RETURNING last",
        &[],
    )?;
    run(
        "INSERT INTO operation (user_id, at, method, reversible, undoes, level) VALUES (1, ?1, 'CreateCustomer', 1, NULL, 0)",
        &[&now],
    )?;
    let operation = conn.last_insert_rowid();
    run(
        "INSERT INTO customer (no, name, party, satisfaction, address, tel, status, created_at, created_by, updated_at,
           name_norm, name_key, missing, satisfaction_rank)
         VALUES (?1, ?2, 1, 3, '北京市朝阳区建国路 88 号', '010-12345678', 1, ?3, 1, ?3, ?4, ?5, 7, 3)",
        &[&format!("RAW{sequence}"), &name, &now, &norm, &key],
    )?;
    let id = conn.last_insert_rowid();
    run("INSERT INTO customer_phone (phone, customer_id) VALUES ('01012345678', ?1)", &[&id])?;
    let changes = format!(
        r#"{{"no":[null,"RAW{sequence}"],"name":[null,"{name}"],"party":[null,1],"satisfaction":[null,3],"address":[null,"北京市朝阳区建国路 88 号"],"tel":[null,"010-12345678"],"status":[null,1],"created_by":[null,1]}}"#
    );
    run(
        "INSERT INTO audit (sequence, operation_id, user_id, session_id, at, verb, kind, record_id, revision, parent_id,
           changes, salt, hash)
         VALUES (?1, ?2, 1, 1, ?3, 'create', 1, ?4, 1, ?4, ?5, ?6, ?7)",
        &[&sequence, &operation, &now, &id, &changes, &[1_u8; 16], &hash],
    )?;
    run("INSERT INTO outbox VALUES (?1, 1, ?2, 1, 0, 0, 0, 0, 0)", &[&outbox, &id])?;
    run(
        "INSERT INTO idempotency (user_id, method, request_id, request_hash, at, kind, record_id, revision, operation_id)
         VALUES (1, 'CreateCustomer', ?1, ?2, ?3, 1, ?4, 1, ?5)",
        &[&name, &hash, &now, &id, &operation],
    )?;
    look(&[CUSTOMER, "WHERE c.id = ?1"].concat(), &[&id])?;
    run("INSERT INTO customer_search (customer_id, doc) VALUES (?1, ?2)", &[&id, &doc])?;
    conn.prepare_cached("INSERT INTO customer_gram (rowid, grams) VALUES (?1, ?2)")?.execute(params![id, grams])?;
    run("RELEASE job", &[])?;
    Ok(())
}

/// About as many grams as the search index cuts of a name: characters, pairs, and syllables with every later one.
fn grams(name: &str) -> String {
    let chars: Vec<char> = name.chars().filter(|c| c.is_alphanumeric()).collect();
    let mut grams: Vec<String> = chars.iter().map(char::to_string).collect();
    grams.extend(chars.windows(2).map(|pair| pair.iter().collect()));
    grams.extend(chars.windows(3).map(|three| ["-", &three.iter().collect::<String>()].concat()));
    grams.sort_unstable();
    grams.dedup();
    grams.join(" ")
}

//! What keeps the data safe, looked over: `rolod doctor`. Each look answers figures and, if something is wrong, a word for
//! it; the command says what to do (`cli/doctor.rs`).

use std::{
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use rolo_proto::v1::{Finding, Health};
use rusqlite::Connection;

use crate::{
    audit::{self, Verification},
    clock::{DAY, Millis},
    db::{Lane, Tx, connect, migrate::MIGRATIONS, params},
    directory,
    error::{Error, Result},
    kernel::Kernel,
    sessions::rules,
    settings,
};

/// Less free space than this stops the work soon.
const SPACE_FAIL: u64 = 64 << 20;
/// Less than this, or than the database takes, leaves no room for a copy.
const SPACE_WARN: u64 = 1 << 30;
/// A log longer than this was not folded back for a long time.
const LOG_WARN: u64 = 256 << 20;
/// How long a step of the clock is worth a warning, and how old a backup may be.
const STEP_WARN: Millis = 7 * DAY;
const BACKUP_WARN: Millis = 7 * DAY;
/// Audit rows whose hashes are recomputed here; `rolod audit verify` recomputes all.
const AUDIT_TAIL: i64 = 2_000;

/// What one look found.
struct Look(Finding);

impl Look {
    fn at(check: &str) -> Self {
        Self(Finding { check: check.into(), health: Health::Ok.into(), ..Finding::default() })
    }

    fn figure(mut self, name: &str, value: impl ToString) -> Self {
        self.0.figures.insert(name.into(), value.to_string());
        self
    }

    /// Something is wrong, if `wrong`; the worst comes first.
    fn judge(mut self, wrong: bool, health: Health, problem: &str) -> Self {
        if wrong && self.0.health() == Health::Ok {
            self.0.health = health.into();
            self.0.problem = problem.into();
        }
        self
    }
}

impl Kernel {
    /// The file of the open database.
    pub(crate) async fn database_path(&self) -> Result<PathBuf> {
        let sql = "PRAGMA database_list";
        self.db().read(move |tx| tx.query_one(sql, [], |row| Ok(PathBuf::from(row.get::<_, String>(2)?)))).await
    }

    /// Looks everything over.
    pub(crate) async fn examine(&self) -> Result<Vec<Finding>> {
        let file = self.database_path().await?;
        let (now, even_for) = (self.clock().now(), self.clock().even_for());
        let durability = self.durability().await;
        let stopped = self.db().stopped();
        let writes = Look::at("writes").judge(
            stopped.is_some(),
            Health::Fail,
            stopped.map(|why| why.code()).unwrap_or_default(),
        );
        let looked = tokio::task::spawn_blocking(move || {
            // A connection of its own: looking through the whole file must not keep others from reading.
            let conn = connect(&file, true)?;
            let tx = Tx::new(&conn);
            let dir = file.parent().unwrap_or(Path::new("."));
            Ok::<_, Error>(vec![
                owner(dir)?,
                writes,
                integrity(&conn)?,
                format(&conn)?,
                durability,
                log(&file),
                space(dir, &file)?,
                clock(&tx, now, even_for)?,
                chain(&tx)?,
                search(&tx)?,
                backup(&tx, now)?,
                files(dir)?,
                sessions(&tx, now)?,
            ])
        })
        .await
        .map_err(|e| Error::Internal(format!("examine: {e}")))?;
        Ok(looked?.into_iter().map(|look| look.0).collect())
    }

    /// How the connection that writes is set; asked of that very connection.
    async fn durability(&self) -> Look {
        let ask = |write: &mut crate::db::Write<'_>| {
            let synchronous: i64 = write.tx.query_one("PRAGMA synchronous", [], |row| row.get(0))?;
            let journal: String = write.tx.query_one("PRAGMA journal_mode", [], |row| row.get(0))?;
            Ok((synchronous, journal))
        };
        match self.db().write(Lane::People, ask).await {
            Ok((synchronous, journal)) => Look::at("durability")
                .judge(synchronous < 2 || journal != "wal", Health::Fail, "not durable")
                .figure("synchronous", synchronous)
                .figure("journal", journal),
            Err(_) => Look::at("durability").judge(true, Health::Warn, "not asked"),
        }
    }
}

fn owner(dir: &Path) -> Result<Look> {
    // Whoever answers this holds the lock; if it can be had, the file was replaced, and a second owner could come.
    let free = directory::lock(dir)?.is_some();
    Ok(Look::at("owner")
        .figure("directory", dir.display())
        .figure("pid", std::process::id())
        .figure("version", env!("CARGO_PKG_VERSION"))
        .judge(free, Health::Fail, "lock lost"))
}

fn integrity(conn: &Connection) -> Result<Look> {
    let sound: String =
        conn.query_row("PRAGMA quick_check(1)", [], |row| row.get(0)).unwrap_or_else(|error| error.to_string());
    Ok(Look::at("integrity").judge(sound != "ok", Health::Fail, "damaged").figure("quick_check", sound))
}

fn format(conn: &Connection) -> Result<Look> {
    let version: i64 = conn.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    Ok(Look::at("format").figure("format", version).figure("known", MIGRATIONS.len()).judge(
        version != MIGRATIONS.len() as i64,
        Health::Fail,
        "other format",
    ))
}

fn log(file: &Path) -> Look {
    let bytes = std::fs::metadata(beside(file, "-wal")).map_or(0, |file| file.len());
    Look::at("log").figure("bytes", bytes).judge(bytes > LOG_WARN, Health::Warn, "long log")
}

fn beside(file: &Path, end: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(end);
    name.into()
}

fn space(dir: &Path, file: &Path) -> Result<Look> {
    let stat = rustix::fs::statvfs(dir).map_err(|e| directory::io_error(dir, &e.into()))?;
    let free = stat.f_bavail.saturating_mul(stat.f_frsize);
    let used = std::fs::metadata(file).map_err(|e| directory::io_error(file, &e))?.len();
    Ok(Look::at("space")
        .figure("free", free)
        .figure("database", used)
        .judge(free < SPACE_FAIL, Health::Fail, "no space")
        .judge(free < SPACE_WARN.max(used), Health::Warn, "little space"))
}

fn clock(tx: &Tx<'_>, now: Millis, even_for: Option<Millis>) -> Result<Look> {
    let last = tx.query_opt(
        "SELECT at, json_extract(changes, '$.clock[1]') - json_extract(changes, '$.clock[0]')
         FROM audit
         WHERE kind = 0 AND record_id = 0 AND verb = 'clock_stepped'
         ORDER BY sequence DESC
         LIMIT 1",
        [],
        |row| Ok((row.get::<_, Millis>(0)?, row.get::<_, Millis>(1)?)),
    )?;
    let recent = last.is_some_and(|(at, _)| (now - at).abs() < STEP_WARN);
    let look = Look::at("clock").figure("now", now).judge(recent || even_for.is_some(), Health::Warn, "stepped");
    Ok(match last {
        Some((at, by)) => look.figure("at", at).figure("by", by),
        None => look,
    })
}

fn chain(tx: &Tx<'_>) -> Result<Look> {
    let rows: i64 = tx.query_one("SELECT COALESCE(MAX(sequence), 0) FROM audit", [], |row| row.get(0))?;
    let from = (rows - AUDIT_TAIL).max(0);
    let head = tx.query_opt("SELECT hash FROM audit WHERE sequence = ?1", [from], |row| row.get(0))?;
    let mut seen = Verification { rows: from, head: head.unwrap_or([0; 32]), ..Verification::default() };
    while !seen.finished {
        seen = audit::verify(tx, seen)?;
    }
    Ok(Look::at("audit")
        .figure("rows", rows)
        .figure("verified", seen.rows - from)
        .figure("head", crate::rpc::page::hex(&seen.head))
        .judge(seen.bad.is_some(), Health::Fail, "chain broken"))
}

fn search(tx: &Tx<'_>) -> Result<Look> {
    let count = |sql: &str| tx.query_one(sql, [], |row| row.get::<_, i64>(0));
    let customers = count("SELECT COUNT(*) FROM customer")?;
    let documents = count("SELECT COUNT(*) FROM customer_search")?;
    let grams = count("SELECT COUNT(*) FROM customer_gram_docsize")?;
    Ok(Look::at("search").figure("customers", customers).figure("indexed", documents.min(grams)).judge(
        customers != documents || documents != grams,
        Health::Fail,
        "index differs",
    ))
}

fn backup(tx: &Tx<'_>, now: Millis) -> Result<Look> {
    let at = settings::get(tx, settings::BACKUP_AT)?.and_then(|at| at.parse::<Millis>().ok());
    let look = Look::at("backup").judge(at.is_none(), Health::Warn, "no backup").judge(
        at.is_some_and(|at| now - at > BACKUP_WARN),
        Health::Warn,
        "old backup",
    );
    Ok(match at {
        Some(at) => look.figure("at", at),
        None => look,
    })
}

/// The directory and what in it holds people's data: for its owner alone.
fn files(dir: &Path) -> Result<Look> {
    let mut open = Vec::new();
    for name in ["", "rolo.db", "rolo.db-wal", "rolo.db-shm", "lock"] {
        let path = dir.join(name);
        let Ok(file) = std::fs::metadata(&path) else { continue };
        if file.permissions().mode() & 0o077 != 0 {
            open.push(format!("{} {:o}", path.display(), file.permissions().mode() & 0o777));
        }
    }
    let look = Look::at("files").judge(!open.is_empty(), Health::Fail, "open to others");
    Ok(if open.is_empty() { look } else { look.figure("files", open.join(", ")) })
}

fn sessions(tx: &Tx<'_>, now: Millis) -> Result<Look> {
    let open: i64 = tx.query_one(
        "SELECT COUNT(*) FROM session WHERE ended_at IS NULL AND created_at > ?1 AND seen_at > ?2",
        params![now - rules::ABSOLUTE, now - rules::IDLE],
        |row| row.get(0),
    )?;
    Ok(Look::at("sessions").figure("open", open))
}

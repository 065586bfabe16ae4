//! The server under load: grows one company to each size through the real import, and measures at each size what the
//! screens ask for, over the directory's Unix socket, against a server process of its own.

mod cases;
mod company;
mod opportunities;
mod pipeline;
mod raw;
mod seed;
pub mod server;
mod space;

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, Result, bail};
use rusqlite::{Connection, OpenFlags};

pub use self::server::serve;
use self::{
    cases::{Bench, Outcome},
    company::Company,
    seed::Stretch,
    server::Server,
};
use crate::measure::{millis, quantile};

/// What is asked of the program.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where the company lies and stays; none: in a place that is gone afterwards.
    pub dir: Option<PathBuf>,
    /// Short names, one a line.
    pub names: Option<PathBuf>,
    /// Customers, ascending.
    pub sizes: Vec<usize>,
    /// Opportunities besides; 0: none, and none is measured.
    pub opportunities: usize,
    /// Calls of a case.
    pub calls: usize,
    /// How many clients call at once, where it is not one.
    pub clients: usize,
    /// Only cases whose name holds this.
    pub only: String,
    /// The program that serves (`PROGRAM --serve DIR`), to compare two builds; this one if none is named.
    pub server: Option<PathBuf>,
}

impl Options {
    /// Reads the command line.
    ///
    /// # Errors
    /// It makes no sense.
    pub fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self> {
        let mut options = Self {
            dir: None,
            names: None,
            sizes: Vec::new(),
            opportunities: 0,
            calls: 1_000,
            clients: 64,
            only: String::new(),
            server: None,
        };
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().with_context(|| format!("{argument} takes a value"));
            match argument.as_str() {
                "--dir" => options.dir = Some(value()?.into()),
                "--names" => options.names = Some(value()?.into()),
                "--opportunities" => options.opportunities = value()?.replace([',', '_'], "").parse()?,
                "--calls" => options.calls = value()?.parse()?,
                "--server" => options.server = Some(value()?.into()),
                "--only" => options.only = value()?,
                "--short" => {
                    (options.sizes, options.opportunities) = (vec![1_000], 1_000);
                    (options.calls, options.clients) = (4, 8);
                }
                size => match size.replace([',', '_'], "").parse() {
                    Ok(size) => options.sizes.push(size),
                    Err(_) => bail!(
                        "usage: load [--dir DIR] [--names FILE] [--opportunities N] [--calls N] [--only WORDS] (--short | CUSTOMERS...)"
                    ),
                },
            }
        }
        if options.sizes.is_empty() {
            options.sizes = vec![10_000];
        }
        options.sizes.sort_unstable();
        Ok(options)
    }
}

/// Measures at each size and prints what came out.
///
/// # Errors
/// A call fails, or the machine does.
pub async fn run(options: &Options, print: &mut (dyn FnMut(String) + Send)) -> Result<()> {
    let temporary = tempfile::tempdir()?;
    let dir = options.dir.clone().unwrap_or_else(|| temporary.path().join("company"));
    let company = Company::new(options.names.as_deref())?;
    for &size in &options.sizes {
        measure(&dir, &company, size, options, print).await?;
    }
    Ok(())
}

async fn measure(
    dir: &Path,
    company: &Company,
    size: usize,
    options: &Options,
    print: &mut (dyn FnMut(String) + Send),
) -> Result<()> {
    let mut server = Server::start(dir, options.server.as_deref()).await?;
    let seeded = seeded(dir)?;
    if seeded > size {
        bail!("{} holds {seeded} customers already", dir.display());
    }
    print(format!("## {size} customers\n"));
    if seeded < size {
        print(Stretch::HEAD.into());
        for stretch in seed::grow(&mut server, company, seeded, size).await? {
            print(stretch.row());
        }
        print(format!("\nRssAnon after the import: {} MB", server.rss_anon()?));
    }
    server.stop()?;
    let tables = space::tables(dir)?;
    print(format!("bytes a customer: {}\n", space::line(&space::growth(&space::Space::new(), &tables, size))));

    let mut server = Server::start(dir, options.server.as_deref()).await?;
    let start = server.start;
    let clients = server.clients(options.clients).await?;
    let reads = raw::reads(dir, size, options.calls)?;
    print(Outcome::HEAD.into());
    for (what, times) in [("raw statement: open", &reads.get), ("raw statement: list", &reads.list)] {
        let took = times.iter().sum();
        print(Outcome { what: what.into(), clients: 1, times: times.clone(), took, ..Outcome::default() }.row());
    }
    let (calls, only) = (options.calls, options.only.clone());
    Bench { server: &mut server, clients, calls, only, outcomes: Vec::new(), print }.all(company, size).await?;
    print(format!(
        "\nstart: {} ms; RssAnon at the end: {} MB; file and log: {} MB",
        millis(start),
        server.rss_anon()?,
        server.bytes() / 1_000_000
    ));
    server.stop()?;
    if options.only.is_empty() || "create".contains(&options.only) {
        let rate = raw::creates(dir, company, (options.calls * 4).max(256))?;
        print(format!("the statements of a create, straight on SQLite, 64 a commit: {rate:.0}/s"));
    }
    writes(dir, company, size, options, print).await?;
    if options.opportunities > 0 {
        pipeline(dir, company, options, print).await?;
    }
    Ok(())
}

/// Grows the opportunities, and measures what their screens ask for.
async fn pipeline(
    dir: &Path,
    company: &Company,
    options: &Options,
    print: &mut (dyn FnMut(String) + Send),
) -> Result<()> {
    let count = options.opportunities;
    let before = space::tables(dir)?;
    let (made, took) = opportunities::grow(dir, company, count).await?;
    print(format!("## {count} opportunities\n"));
    if made > 0 {
        let rate = made as f64 / took.as_secs_f64();
        print(format!("{made} made in {:.0} s, {rate:.0}/s, without a past", took.as_secs_f64()));
        print(format!("bytes an opportunity: {}\n", space::line(&space::growth(&before, &space::tables(dir)?, made))));
    }
    let mut server = Server::start(dir, options.server.as_deref()).await?;
    print(Outcome::HEAD.into());
    for (name, who) in [("boss", "all"), ("s0", "supervisor"), ("m0", "manager")] {
        let clients = server.clients_of(name, options.clients).await?;
        let (calls, only) = (options.calls, options.only.clone());
        let mut bench = Bench { server: &mut server, clients, calls, only, outcomes: Vec::new(), print };
        bench.screens(who).await?;
        if name == "boss" {
            bench.opportunities(company, count).await?;
        }
    }
    print(format!("\nRssAnon at the end: {} MB\n", server.rss_anon()?));
    server.stop()
}

/// What a create and an update of one field leave in the file.
async fn writes(
    dir: &Path,
    company: &Company,
    size: usize,
    options: &Options,
    print: &mut (dyn FnMut(String) + Send),
) -> Result<()> {
    for what in ["create", "update"].into_iter().filter(|what| what.contains(&options.only)) {
        let before = space::tables(dir)?;
        let mut server = Server::start(dir, options.server.as_deref()).await?;
        let clients = server.clients(8).await?;
        let (calls, only) = (options.calls, what.to_owned());
        let mut bench = Bench { server: &mut server, clients, calls, only, outcomes: Vec::new(), print: &mut |_| {} };
        bench.all(company, size).await?;
        let calls = bench.outcomes.iter().map(|outcome| outcome.times.len()).sum();
        server.stop()?;
        let growth = space::growth(&before, &space::tables(dir)?, calls);
        print(format!("bytes a {what}: {}", space::line(&growth)));
    }
    print(String::new());
    Ok(())
}

/// How many customers an earlier run has imported.
#[expect(clippy::disallowed_methods, reason = "a look from outside, at what is on disk")]
fn seeded(dir: &Path) -> Result<usize> {
    let path = rolo_server::directory::database_path(dir);
    let conn = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let sql = "SELECT COALESCE(SUM(created), 0) FROM import WHERE kind = ?1";
    let rows: i64 = conn.query_row(sql, [rolo_proto::v1::Kind::Customer as i32], |row| row.get(0))?;
    Ok(usize::try_from(rows)?)
}

impl Stretch {
    const HEAD: &str = "| import | rows | s | rows/s | server CPU µs a row | jobs a commit | other client p50 | p99 | longest ms |\n\
                        |---|---|---|---|---|---|---|---|---|";

    fn row(&self) -> String {
        let rate = self.rows as f64 / self.took.as_secs_f64();
        format!(
            "| {} | {} | {:.1} | {rate:.0} | {:.0} | {:.1} | {} | {} | {} |",
            self.what,
            self.rows,
            self.took.as_secs_f64(),
            self.figures.cpu.as_secs_f64() * 1e6 / self.rows.max(1) as f64,
            self.figures.jobs as f64 / self.figures.commits.max(1) as f64,
            millis(quantile(&self.waits, 0.5)),
            millis(quantile(&self.waits, 0.99)),
            millis(quantile(&self.waits, 1.0)),
        )
    }
}

impl Outcome {
    const HEAD: &str = "| call | clients | p50 ms | of full pages | p95 | p99 | longest | calls/s | pages, most (middle) | rows, middle | jobs a commit |\n\
                        |---|---|---|---|---|---|---|---|---|---|---|";

    fn row(&self) -> String {
        let time = |share| millis(quantile(&self.times, share));
        let rate = self.times.len() as f64 / self.took.max(Duration::from_nanos(1)).as_secs_f64();
        let pages = self.pages.map_or_else(String::new, |(most, middle)| format!("{most} ({middle})"));
        let rows = self.rows.map_or_else(String::new, |rows| rows.to_string());
        let full = if self.full.is_empty() { String::new() } else { millis(quantile(&self.full, 0.5)) };
        let batch = self.batch.map_or_else(String::new, |jobs| format!("{jobs:.1}"));
        format!(
            "| {} | {} | {} | {full} | {} | {} | {} | {rate:.0} | {pages} | {rows} | {batch} |",
            self.what,
            self.clients,
            time(0.5),
            time(0.95),
            time(0.99),
            time(1.0)
        )
    }
}

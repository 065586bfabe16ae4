//! Rounds of torture: 32 clients write through a bad network to a server that is killed, starved and lied to, and then
//! the database is held against what they were told.

mod check;
pub mod fsync;
mod process;
pub mod server;
mod strike;
mod work;

use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use rolo_server::{db::Lane, sessions};
use sha2::Digest;
use tempfile::TempDir;

pub use self::{
    check::check,
    strike::Strike,
    work::{Entry, Mark, Outcome},
};
use self::{
    process::Server,
    work::{Choices, Worker},
};
use crate::{Proxy, World, ask};

/// Clients that write at once.
pub const CLIENTS: usize = 32;
/// Opportunities that each has for a begin: one of nobody, the others to be developed.
const LEADS: usize = 3;
/// How long a server may take to write again.
const PATIENCE: Duration = Duration::from_secs(5);

/// Numbers from a seed (SplitMix64): the same seed, the same plan.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// Numbers from this seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number below `bound`.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % bound.max(1)
    }
}

/// What all rounds came to.
#[derive(Debug, Default)]
pub struct Report {
    /// Rounds run.
    pub rounds: u64,
    /// How often each fault struck.
    pub strikes: BTreeMap<&'static str, u64>,
    /// Writes by their end: acknowledged, refused, unknown.
    pub writes: [u64; 3],
    /// Those acknowledged, by method.
    pub methods: BTreeMap<&'static str, u64>,
    /// Refusals by reason.
    pub refusals: BTreeMap<String, u64>,
    /// Unknown ones that turned out to be there.
    pub unknown_there: u64,
    /// How long each recovery took, and from what.
    pub recoveries: Vec<(Duration, &'static str)>,
    /// How long the longest round took.
    pub longest: Duration,
    /// What must not be: the round, and what was found.
    pub violations: Vec<(u64, String)>,
}

impl Report {
    /// The table.
    pub fn lines(&self) -> Vec<String> {
        let strikes: Vec<_> = self.strikes.iter().map(|(name, count)| format!("{name} {count}")).collect();
        let methods: Vec<_> = self.methods.iter().map(|(method, count)| format!("{method} {count}")).collect();
        let refusals: Vec<_> = self.refusals.iter().map(|(reason, count)| format!("{reason} {count}")).collect();
        let mut recoveries = self.recoveries.clone();
        recoveries.sort();
        let ms = |recovery: Option<&(Duration, _)>| recovery.map_or(0, |(time, _)| time.as_millis());
        let [ok, refused, unknown] = self.writes;
        let median = ms(recoveries.get(recoveries.len() / 2));
        vec![
            format!("rounds                {}, the longest {:.1} s", self.rounds, self.longest.as_secs_f64()),
            format!("faults                {}", strikes.join(", ")),
            format!("writes acknowledged   {ok} ({})", methods.join(", ")),
            format!("writes refused        {refused} ({})", refusals.join(", ")),
            format!("writes unknown        {unknown}, of them done {}", self.unknown_there),
            format!(
                "recoveries            {}, median {median} ms, slowest {} ms ({})",
                recoveries.len(),
                ms(recoveries.last()),
                recoveries.last().map_or("none", |(_, strike)| strike)
            ),
            format!("violations            {}", self.violations.len()),
        ]
    }
}

/// The database that every round starts from, a token for each client, and what they choose from.
pub struct Start {
    dir: TempDir,
    tokens: Vec<String>,
    choices: Choices,
    leads: Vec<Vec<i64>>,
}

impl Start {
    /// Makes it.
    ///
    /// # Errors
    /// The machine fails.
    pub async fn new() -> Result<Self> {
        let mut world = World::new().await?;
        let tokens: Vec<String> = (0..=CLIENTS).map(|number| format!("torture-{number}")).collect();
        let hashes: Vec<[u8; 32]> = tokens.iter().map(|token| sha2::Sha256::digest(token.as_bytes()).into()).collect();
        world
            .handle()?
            .kernel()
            .db()
            .write(Lane::People, move |write| {
                let boss = sessions::store::account(write.tx, "boss")?.ok_or(rolo_server::error::Error::NotFound)?;
                hashes
                    .iter()
                    .try_for_each(|hash| sessions::store::open(write.tx, boss.id, hash, "torture", write.now).map(drop))
            })
            .await?;
        let others = [world.session("mgr").await?.user_id, world.session("other").await?.user_id];
        let boss = world.session("boss").await?;
        let choices = Choices { me: boss.user_id, others, reason: world.item("close_reason", "price").await? };
        // A round is too short to bring many opportunities from their begin to their end.
        let mut leads = vec![Vec::new(); CLIENTS];
        for (client, leads) in leads.iter_mut().enumerate() {
            for number in 0..LEADS {
                let made = boss.record(ask::lead(&format!("A{client:02}-{number}"))).await?;
                leads.push(made.id);
                if number > 0 {
                    boss.assign(&made, choices.me).await?;
                }
            }
        }
        world.stop().await?;
        Ok(Self { dir: world.dir, tokens, choices, leads })
    }

    /// Where it lies.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// What the clients choose from.
    pub fn choices(&self) -> Choices {
        self.choices
    }

    /// The opportunities that a client begins with.
    pub fn leads(&self, number: usize) -> &[i64] {
        self.leads.get(number).map_or(&[], Vec::as_slice)
    }

    /// The token of a client; the one after the last is the scout's.
    pub fn token(&self, number: usize) -> &str {
        self.tokens.get(number).map_or("", String::as_str)
    }
}

/// Runs rounds of this seed, telling each violation as it is found.
///
/// # Errors
/// The machine fails, or the server does not come back.
pub async fn rounds(seed: u64, first: u64, count: u64, mut tell: impl FnMut(&str)) -> Result<Report> {
    let start = Start::new().await?;
    let mut report = Report::default();
    for number in first..first + count {
        let began = Instant::now();
        let before = report.violations.len();
        round(&start, seed, number, &mut report).await.with_context(|| format!("round {number} of seed {seed}"))?;
        report.rounds += 1;
        report.longest = report.longest.max(began.elapsed());
        for (number, found) in report.violations.iter().skip(before) {
            tell(&format!("round {number} (again: --seed {seed} --first {number} --rounds 1): {found}"));
        }
    }
    Ok(report)
}

async fn round(start: &Start, seed: u64, number: u64, report: &mut Report) -> Result<()> {
    let dir = tempfile::tempdir()?;
    fs::copy(start.dir.path().join("rolo.db"), dir.path().join("rolo.db"))?;
    let mut random = Random::new(seed ^ number.wrapping_mul(0x5851_f42d_4c95_7f2d));
    let mut server = Server::start(dir.path())?;
    let proxy = Proxy::to(server.address()).await?;
    let (stop, burst) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
    let workers: Vec<_> = (0..CLIENTS)
        .map(|client| {
            let (stop, burst) = (Arc::clone(&stop), Arc::clone(&burst));
            let wire = work::client(proxy.address(), start.token(client));
            let mut worker = Worker::new(client, wire, seed ^ number, start.choices(), start.leads(client));
            tokio::spawn(async move {
                worker.work(&stop, &burst).await;
                worker.history
            })
        })
        .collect();
    let mut history = Vec::new();
    let scout = work::client(proxy.address(), start.token(CLIENTS));
    let strikes = strike::plan(seed, number);
    for (nth, strike) in strikes.iter().enumerate() {
        tokio::time::sleep(Duration::from_millis(60 + random.below(150))).await;
        *report.strikes.entry(strike.name()).or_default() += 1;
        let began = Instant::now();
        strike.run(&mut server, &proxy, &burst, &mut random).await?;
        let healed = if strike.is_down() { began } else { Instant::now() };
        // It writes again by itself.
        for attempt in 0.. {
            let entry = work::create(&scout, format!("S{nth}-{attempt:03}")).await;
            let (written, outcome) = (matches!(entry.outcome, Outcome::Ok(_)), entry.outcome.clone());
            history.push(entry);
            if written {
                break;
            }
            let name = strike.name();
            anyhow::ensure!(healed.elapsed() < PATIENCE, "after {name} nothing can be written: {outcome:?}");
        }
        report.recoveries.push((healed.elapsed(), strike.name()));
    }
    stop.store(true, Ordering::SeqCst);
    for worker in workers {
        history.extend(worker.await?);
    }
    drop(proxy);
    server.stop()?;
    count(&history, report);
    let (found, there) = check(dir.path(), start.token(CLIENTS), &history, &strikes, server.now()).await?;
    report.unknown_there += there;
    report.violations.extend(found.into_iter().map(|found| (number, found)));
    Ok(())
}

fn count(history: &[Entry], report: &mut Report) {
    for entry in history {
        let [ok, refused, unknown] = &mut report.writes;
        match &entry.outcome {
            Outcome::Ok(_) => {
                *ok += 1;
                *report.methods.entry(entry.method).or_default() += 1;
            }
            Outcome::Unknown => *unknown += 1,
            Outcome::Refused(reason) => {
                *refused += 1;
                *report.refusals.entry(reason.clone()).or_default() += 1;
            }
        }
    }
}

//! Watching under load: so many watchers on connections of their own, so many changes a second; one watcher is stopped
//! for a while, and one may see none of it. What each hears is held against what was committed.

mod report;
pub mod watcher;

use std::{
    collections::HashMap,
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use anyhow::{Context, Result, bail, ensure};
use rolo_proto::v1::{self as pb, Kind};
use rolo_server::{Config, Place};

pub use self::report::Report;
use self::{
    report::Sent,
    watcher::{READY, Task, micros, read},
};
use crate::{
    Session,
    ask::{lead, mask},
    load::server::{Server, dial, make},
    world::{hire, request_id},
};

/// Connections over which the changes come.
const WRITERS: usize = 8;
/// After the last change the watchers may take so long to come to the end.
const PATIENCE: Duration = Duration::from_secs(120);

/// What is asked of the program.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Watchers in all: one of them is stopped for a while, and one is out of scope.
    pub watchers: usize,
    /// Changes a second.
    pub rate: u32,
    /// How long the changes go on, in seconds.
    pub seconds: u32,
    /// How long the one watcher is stopped, in seconds.
    pub stop: u32,
    /// Changes are to reach 95 of 100 watchers in this time; none: just as they do.
    pub budget: Option<Duration>,
}

impl Options {
    /// Reads the command line.
    ///
    /// # Errors
    /// It makes no sense.
    pub fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self> {
        let budget = Some(Duration::from_millis(100));
        let mut options = Self { watchers: 200, rate: 100, seconds: 90, stop: 60, budget };
        while let Some(argument) = arguments.next() {
            let mut number = || -> Result<u32> { Ok(arguments.next().context("a number is missing")?.parse()?) };
            match argument.as_str() {
                "--watchers" => options.watchers = usize::try_from(number()?)?,
                "--rate" => options.rate = number()?,
                "--seconds" => options.seconds = number()?,
                "--stop" => options.stop = number()?,
                "--short" => options = Self { watchers: 20, rate: 50, seconds: 3, stop: 1, budget: None },
                other => bail!(
                    "what is {other}? usage: watchers [--watchers N] [--rate N] [--seconds N] [--stop N] | --short"
                ),
            }
        }
        ensure!(options.watchers > 2 && options.rate > 0 && options.stop < options.seconds, "there is nothing to see");
        Ok(options)
    }
}

/// Makes a company, lets it be watched and changed, and answers what came of it.
///
/// # Errors
/// A call fails, or the machine does.
pub async fn run(options: Options) -> Result<Report> {
    let temporary = tempfile::tempdir()?;
    let dir = temporary.path().join("company");
    make(&dir).await?;
    let Place::Owner(handle) = Place::open(&dir, Config::default()).await? else { bail!("somebody serves it") };
    hire(&handle, vec![("outside".into(), &["manager"], "South")]).await?;
    handle.shutdown().await?;
    let server = Server::start(&dir, None).await?;
    let (boss, outside) = (server.signed("boss").await?, server.signed("outside").await?);
    let opportunities = opportunities(&boss, options.rate).await?;
    let after = boss.watch().get_sequence(pb::GetSequenceRequest {}).await?.into_inner().sequence;

    let task = |name: &str, by: &Session, count| Task {
        dir: dir.clone(),
        token: by.authorization().trim_start_matches("Bearer ").to_owned(),
        after,
        count,
        out: temporary.path().join(name),
    };
    let in_scope = task("in-scope", &boss, options.watchers - 2);
    let (stopped, out_of_scope) = (task("stopped", &boss, 1), task("out-of-scope", &outside, 1));
    let (mut many, mut one, mut none) = (spawn(&in_scope)?, spawn(&stopped)?, spawn(&out_of_scope)?);

    let (cpu, began) = (server.cpu()?, micros());
    let pause = async {
        tokio::time::sleep(Duration::from_secs(u64::from(options.seconds - options.stop) / 3)).await;
        signal(&one.0, "-STOP")?;
        tokio::time::sleep(Duration::from_secs(options.stop.into())).await;
        // Taken before, for it goes on before the signal's sender has ended.
        let continued = micros();
        signal(&one.0, "-CONT")?;
        anyhow::Ok(continued)
    };
    let (sent, continued) = tokio::try_join!(change(&dir, &boss, options, opportunities), pause)?;
    let (cpu, took) = (server.cpu()? - cpu, micros() - began);
    // The end, which everybody may see.
    let product = pb::ProductInput { name: "结束".into(), ..Default::default() };
    let request = pb::CreateProductRequest { product: Some(product), request_id: request_id() };
    boss.products().create_product(request).await?;
    let last = boss.watch().get_sequence(pb::GetSequenceRequest {}).await?.into_inner().sequence;
    for child in [&mut many, &mut one, &mut none] {
        child.end().await?;
    }
    server.stop()?;

    let mut report = Report::new(options, sent, (after, last), took, cpu);
    for number in 0..in_scope.count {
        let (dials, heard) = read(&in_scope.out, number)?;
        report.in_scope(number, dials, &heard);
    }
    let (dials, heard) = read(&stopped.out, 0)?;
    report.stopped(dials, &heard, continued);
    report.out_of_scope(&read(&out_of_scope.out, 0)?.1);
    Ok(report)
}

/// Opportunities of the first person, as many as change in two seconds.
async fn opportunities(boss: &Session, rate: u32) -> Result<Vec<i64>> {
    let me = boss.sessions().get_session(pb::GetSessionRequest {}).await?.into_inner().user.context("nobody")?.id;
    let mut ids = Vec::new();
    for number in 0..2 * rate {
        let made = boss.record(lead(&format!("公司{number}"))).await?;
        ids.push(boss.assign(&made, me).await?.id);
    }
    Ok(ids)
}

/// Makes the changes at their pace, whatever each takes; answers when each was asked for and acknowledged.
async fn change(dir: &Path, boss: &Session, options: Options, ids: Vec<i64>) -> Result<HashMap<(i32, i64, i64), Sent>> {
    let mut writers = Vec::new();
    for _ in 0..WRITERS {
        writers.push(boss.over(dial(dir).await?));
    }
    let sent = Arc::new(Mutex::new(HashMap::new()));
    let mut pace = tokio::time::interval(Duration::from_secs(1) / options.rate);
    let mut calls = tokio::task::JoinSet::new();
    for number in 0..(options.rate * options.seconds) as usize {
        pace.tick().await;
        let Some((id, by)) = ids.get(number % ids.len()).zip(writers.get(number % WRITERS)) else { break };
        let (id, by, sent) = (*id, by.clone(), Arc::clone(&sent));
        calls.spawn(async move {
            let asked = micros();
            // Every tenth change is a step of the plan, the others are edits.
            let made = match number % 10 {
                0 => {
                    let step = by.step(id, "2031-01-01", &format!("第{number}步")).await?;
                    (Kind::PlanStep as i32, step.id, step.revision)
                }
                _ => {
                    let memo = format!("第{number}次");
                    let request = pb::UpdateOpportunityRequest {
                        id,
                        opportunity: Some(pb::OpportunityInput { memo, ..Default::default() }),
                        update_mask: mask(&["memo"]),
                        request_id: request_id(),
                        ..Default::default()
                    };
                    let changed = by.opportunities().update_opportunity(request).await?.into_inner();
                    (Kind::Opportunity as i32, changed.id, changed.revision)
                }
            };
            let times = Sent { asked, acknowledged: micros() };
            sent.lock().unwrap_or_else(PoisonError::into_inner).insert(made, times);
            anyhow::Ok(())
        });
    }
    while let Some(done) = calls.join_next().await {
        done??;
    }
    let sent = std::mem::take(&mut *sent.lock().unwrap_or_else(PoisonError::into_inner));
    Ok(sent)
}

/// A process of watchers, ended with this one.
struct Watchers(Child);

/// Starts a process of watchers, and waits until all of them watch.
fn spawn(task: &Task) -> Result<Watchers> {
    let program = std::env::current_exe()?;
    let mut child = Command::new(program).args(task.arguments()).stdout(Stdio::piped()).spawn()?;
    let mut line = String::new();
    BufReader::new(child.stdout.take().context("no pipe")?).read_line(&mut line)?;
    ensure!(line.trim_end() == READY, "the watchers did not come up: {line}");
    Ok(Watchers(child))
}

impl Watchers {
    async fn end(&mut self) -> Result<()> {
        let waited = tokio::time::Instant::now();
        loop {
            match self.0.try_wait()? {
                Some(status) => break ensure!(status.success(), "watchers ended with {status}"),
                None if waited.elapsed() > PATIENCE => bail!("watchers never heard the end"),
                None => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
        Ok(())
    }
}

impl Drop for Watchers {
    fn drop(&mut self) {
        // One that has ended is not there any more.
        let _ = self.0.kill();
    }
}

fn signal(child: &Child, signal: &str) -> Result<()> {
    let done = Command::new("kill").args([signal, &child.id().to_string()]).status()?;
    ensure!(done.success(), "kill {signal} ended with {done}");
    Ok(())
}

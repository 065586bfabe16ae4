//! Watchers: a process that holds some connections, and writes down what each of them hears and when.

use std::{
    fmt::Write as _,
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use anyhow::{Context, Result, ensure};
use rolo_proto::v1::{self as pb, Kind};
use tokio::sync::mpsc;

use crate::{Session, load::server::dial};

/// Says that every watcher of the process watches.
pub const READY: &str = "watching";
/// A watcher dials again at most so often.
const DIALS: usize = 20;

/// What a watcher process is told to do.
#[derive(Debug, Clone)]
pub struct Task {
    /// The directory whose socket it dials.
    pub dir: PathBuf,
    /// The session.
    pub token: String,
    /// The sequence to watch from.
    pub after: i64,
    /// How many connections.
    pub count: usize,
    /// Where each writes a file, `OUT.N`.
    pub out: PathBuf,
}

impl Task {
    /// As arguments of this program.
    pub fn arguments(&self) -> Vec<String> {
        let path = |path: &Path| path.to_string_lossy().into_owned();
        let (after, count) = (self.after.to_string(), self.count.to_string());
        vec!["--watch".into(), path(&self.dir), self.token.clone(), after, count, path(&self.out)]
    }

    /// From the arguments behind `--watch`.
    ///
    /// # Errors
    /// They are not what [`Task::arguments`] makes.
    pub fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self> {
        let mut next = || arguments.next().context("--watch DIR TOKEN AFTER COUNT OUT");
        Ok(Self {
            dir: next()?.into(),
            token: next()?,
            after: next()?.parse()?,
            count: next()?.parse()?,
            out: next()?.into(),
        })
    }

    /// Watches until each connection has heard of a product, which is how the end is told.
    ///
    /// # Errors
    /// A connection cannot be made, or made again.
    pub async fn run(self) -> Result<()> {
        let (ready, mut watching) = mpsc::unbounded_channel();
        let mut watchers = tokio::task::JoinSet::new();
        for number in 0..self.count {
            watchers.spawn(follow(self.clone(), number, ready.clone()));
        }
        for _ in 0..self.count {
            watching.recv().await.context("a watcher ended before it watched")?;
        }
        writeln!(io::stdout(), "{READY}")?;
        while let Some(ended) = watchers.join_next().await {
            ended??;
        }
        Ok(())
    }
}

/// What was heard, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heard {
    /// Its place in the order of commits.
    pub sequence: i64,
    /// The kind of record.
    pub kind: i32,
    /// Which record.
    pub id: i64,
    /// Its revision.
    pub revision: i64,
    /// Microseconds of the wall clock, which all processes of the machine share.
    pub at: i64,
}

/// The wall clock, in microseconds.
pub fn micros() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(now.as_micros()).unwrap_or(i64::MAX)
}

/// One connection, which like a client dials again where it was when it breaks.
async fn follow(task: Task, number: usize, ready: mpsc::UnboundedSender<()>) -> Result<()> {
    let (mut heard, mut last, mut dials, mut ready) = (Vec::new(), task.after, 0, Some(ready));
    while !listen(&task, &mut last, &mut heard, &mut ready).await.unwrap_or(false) {
        dials += 1;
        ensure!(dials < DIALS, "watcher {number} cannot hold a connection");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let mut text = format!("{dials}\n");
    for one in heard {
        writeln!(text, "{} {} {} {} {}", one.sequence, one.kind, one.id, one.revision, one.at)?;
    }
    let file = PathBuf::from(format!("{}.{number}", task.out.display()));
    Ok(fs::write(file, text)?)
}

/// Listens to the end of the stream; whether the end was told.
async fn listen(
    task: &Task,
    last: &mut i64,
    heard: &mut Vec<Heard>,
    ready: &mut Option<mpsc::UnboundedSender<()>>,
) -> Result<bool> {
    let session = Session::on(dial(&task.dir).await?).with_token(&task.token)?;
    let request = pb::WatchRequest { after: *last, kinds: Vec::new() };
    let mut stream = session.watch().watch(request).await?.into_inner();
    while let Some(told) = stream.message().await? {
        if let Some(ready) = ready.take() {
            ready.send(()).ok();
        }
        let at = micros();
        for event in told.events {
            let Kind::Product = event.kind() else {
                heard.push(Heard {
                    sequence: event.sequence,
                    kind: event.kind,
                    id: event.id,
                    revision: event.revision,
                    at,
                });
                *last = event.sequence;
                continue;
            };
            return Ok(true);
        }
    }
    Ok(false)
}

/// What a watcher wrote down: how often it dialled again, and what it heard.
///
/// # Errors
/// There is no such file, or it is broken.
pub fn read(out: &Path, number: usize) -> Result<(usize, Vec<Heard>)> {
    let text = fs::read_to_string(format!("{}.{number}", out.display()))?;
    let mut lines = text.lines();
    let dials = lines.next().context("an empty file")?.parse()?;
    let heard = lines
        .map(|line| {
            let mut numbers = line.split(' ').map(str::parse::<i64>);
            let mut next = || numbers.next().context("a short line")?.context("no number");
            let (sequence, kind) = (next()?, i32::try_from(next()?)?);
            Ok(Heard { sequence, kind, id: next()?, revision: next()?, at: next()? })
        })
        .collect::<Result<_>>()?;
    Ok((dials, heard))
}

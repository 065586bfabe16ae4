//! The server of a torture round: a process of its own, so that it can be killed, with faults and a clock that obey the
//! lines on its standard input.

use std::{
    io::{self, BufRead, Write as _},
    path::Path,
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use rolo_server::{
    Config, Listen, Place,
    clock::{Clock, Millis},
    db::faults::{Faults, Point},
};
use rusqlite::{Connection, ffi};
use tokio::sync::mpsc;

/// What the server is told; each line is one of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// The disk is full from now on.
    Full,
    /// Statements fail of I/O, each so-manieth, from now on.
    Statements(u64),
    /// COMMITs fail of I/O before anything is written.
    Commits,
    /// COMMITs fail of I/O after everything was written.
    Committed,
    /// The log cannot be folded back.
    Checkpoints,
    /// Each COMMIT takes so many milliseconds longer.
    Slow(u64),
    /// One statement from now, the so-manieth, panics.
    Panic(u64),
    /// After the next COMMIT nobody is answered, and the line `committed` says so.
    Hang,
    /// Everything is well again.
    Heal,
    /// The machine's clock jumps.
    Clock(Millis),
    /// The server ends in good order.
    Stop,
}

impl Order {
    /// The line.
    pub fn line(self) -> String {
        match self {
            Self::Statements(each) => format!("Statements {each}"),
            Self::Slow(by) => format!("Slow {by}"),
            Self::Panic(after) => format!("Panic {after}"),
            Self::Clock(by) => format!("Clock {by}"),
            other => format!("{other:?}"),
        }
    }

    fn parse(line: &str) -> Result<Self> {
        let (word, number) = line.split_once(' ').unwrap_or((line, "0"));
        Ok(match word {
            "Full" => Self::Full,
            "Statements" => Self::Statements(number.parse()?),
            "Commits" => Self::Commits,
            "Committed" => Self::Committed,
            "Checkpoints" => Self::Checkpoints,
            "Slow" => Self::Slow(number.parse()?),
            "Panic" => Self::Panic(number.parse()?),
            "Hang" => Self::Hang,
            "Heal" => Self::Heal,
            "Clock" => Self::Clock(number.parse()?),
            "Stop" => Self::Stop,
            _ => bail!("no such order: {line}"),
        })
    }
}

/// Faults that obey orders.
#[derive(Debug, Default)]
pub struct Strikes {
    now: Mutex<Option<Order>>,
    healed: Condvar,
    statements: AtomicU64,
    commits: AtomicU64,
}

fn failing(code: i32) -> rusqlite::Result<()> {
    Err(rusqlite::Error::SqliteFailure(ffi::Error::new(code), Some("torture".into())))
}

impl Strikes {
    fn lock(&self) -> MutexGuard<'_, Option<Order>> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What goes wrong from now on.
    pub fn set(&self, order: Option<Order>) {
        *self.lock() = order;
        self.statements.store(0, Ordering::SeqCst);
        self.healed.notify_all();
    }

    #[expect(clippy::panic, reason = "a defect of a job, made on purpose")]
    fn statement(&self, order: Option<Order>) -> rusqlite::Result<()> {
        let count = self.statements.fetch_add(1, Ordering::SeqCst) + 1;
        match order {
            Some(Order::Statements(each)) if count.is_multiple_of(each.max(1)) => failing(ffi::SQLITE_IOERR_WRITE),
            Some(Order::Panic(after)) if count == after => panic!("{PANIC}"),
            _ => Ok(()),
        }
    }

    /// Waits until it is killed, or told otherwise.
    fn hang(&self) {
        say("committed");
        let mut now = self.lock();
        while *now == Some(Order::Hang) {
            now = self.healed.wait(now).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// What a job says that panics on purpose.
const PANIC: &str = "torture: a defect in a job";

impl Faults for Strikes {
    fn at(&self, point: Point, conn: &Connection) -> rusqlite::Result<()> {
        let order = *self.lock();
        match (point, order) {
            (Point::Begin, Some(Order::Full)) => conn.pragma_update(None, "max_page_count", 1),
            (Point::Begin, _) => conn.pragma_update(None, "max_page_count", 1_073_741_823),
            (Point::Statement, order) => self.statement(order),
            (Point::Commit, Some(Order::Commits)) => failing(ffi::SQLITE_IOERR_WRITE),
            (Point::Commit, Some(Order::Slow(by))) => {
                std::thread::sleep(Duration::from_millis(by));
                Ok(())
            }
            (Point::Committed, order) => {
                self.commits.fetch_add(1, Ordering::SeqCst);
                match order {
                    Some(Order::Committed) => failing(ffi::SQLITE_IOERR_FSYNC),
                    Some(Order::Hang) => {
                        self.hang();
                        Ok(())
                    }
                    _ => Ok(()),
                }
            }
            (Point::Checkpoint, Some(Order::Checkpoints)) => failing(ffi::SQLITE_IOERR_FSYNC),
            _ => Ok(()),
        }
    }
}

/// A line to whoever started this process; if nobody listens any more, the end is near anyway.
fn say(line: &str) {
    let mut out = io::stdout();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

/// A time that goes on from `now`, and is moved by so much.
fn clock(now: Millis, moved: Arc<AtomicI64>) -> Clock {
    let began = Instant::now();
    let steady = move || began.elapsed().as_millis() as Millis;
    Clock::from_two(move || now + steady() + moved.load(Ordering::SeqCst), steady)
}

/// Serves a directory from this time on, until it is told to stop, or killed. Says `ready PORT` and, at the end, `commits N`.
///
/// # Errors
/// The directory cannot be served.
pub async fn serve(dir: &Path, now: Millis) -> Result<()> {
    std::panic::set_hook(Box::new(|panic| {
        if panic.payload().downcast_ref::<String>().is_none_or(|text| text != PANIC) {
            let _ = writeln!(io::stderr(), "{panic}");
        }
    }));
    let strikes = Arc::new(Strikes::default());
    let moved = Arc::new(AtomicI64::new(0));
    let listen = vec![Listen::Loopback(([127, 0, 0, 1], 0).into())];
    let config = Config {
        clock: clock(now, Arc::clone(&moved)),
        listen,
        faults: Some(Arc::<Strikes>::clone(&strikes)),
        ..Config::default()
    };
    let Place::Owner(handle) = Place::open(dir, config).await? else { bail!("somebody else owns the directory") };
    let port = handle.addresses().first().context("no address")?.port();
    let (orders, mut told) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        for line in io::stdin().lock().lines().map_while(Result::ok) {
            if orders.send(line).is_err() {
                return;
            }
        }
    });
    say(&format!("ready {port}"));
    while let Some(line) = told.recv().await {
        match Order::parse(&line)? {
            Order::Stop => break,
            Order::Heal => strikes.set(None),
            Order::Clock(by) => drop(moved.fetch_add(by, Ordering::SeqCst)),
            order => strikes.set(Some(order)),
        }
    }
    strikes.set(None);
    handle.shutdown().await?;
    say(&format!("commits {}", strikes.commits.load(Ordering::SeqCst)));
    Ok(())
}

//! What befalls a round, chosen by the seed.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use anyhow::Result;
use rolo_server::clock::{HOUR, MINUTE, Millis};

use super::{Random, process::Server, server::Order};
use crate::proxy::{Mode, Proxy};

/// A fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strike {
    /// kill -9 at any moment.
    Kill,
    /// kill -9 after the COMMIT, before anybody is answered.
    KillUnanswered,
    /// No space is left.
    DiskFull,
    /// COMMITs fail, after everything was written.
    CommittedFails,
    /// The server hears, and its answers are lost.
    LostReplies,
    /// Statements fail of I/O.
    StatementFails,
    /// The clock goes back by hours.
    ClockBack,
    /// A job panics.
    Panic,
    /// COMMITs fail, before anything is written.
    CommitFails,
    /// Connections that nobody ends and nothing comes through.
    HalfOpen,
    /// More writes than the queue takes.
    QueueFull,
    /// Connections break.
    Cut,
    /// The server ends in good order and comes back.
    Restart,
    /// The clock goes forward.
    ClockForward,
    /// A slow network.
    Delay,
    /// A network of few bytes.
    Trickle,
    /// The clock goes back by minutes.
    ClockBackABit,
    /// The log cannot be folded back, and then kill -9.
    CheckpointFails,
    /// No space is left, and then kill -9.
    DiskFullKill,
    /// COMMITs fail after everything was written, and then kill -9.
    CommittedFailsKill,
}

/// All of them.
const ALL: [Strike; 20] = [
    Strike::Kill,
    Strike::KillUnanswered,
    Strike::DiskFull,
    Strike::CommittedFails,
    Strike::LostReplies,
    Strike::StatementFails,
    Strike::ClockBack,
    Strike::Panic,
    Strike::CommitFails,
    Strike::HalfOpen,
    Strike::QueueFull,
    Strike::Cut,
    Strike::Restart,
    Strike::ClockForward,
    Strike::Delay,
    Strike::Trickle,
    Strike::ClockBackABit,
    Strike::CheckpointFails,
    Strike::DiskFullKill,
    Strike::CommittedFailsKill,
];

/// The two strikes of a round: every ten rounds all of them, in an order of the seed's.
pub fn plan(seed: u64, round: u64) -> [Strike; 2] {
    let mut order = ALL;
    let per_pass = (ALL.len() / 2) as u64;
    let mut random = Random::new(seed.wrapping_add(round / per_pass));
    for place in (1..order.len()).rev() {
        order.swap(place, random.below(place as u64 + 1) as usize);
    }
    let at = (round % per_pass) as usize * 2;
    [order.get(at).copied().unwrap_or(Strike::Kill), order.get(at + 1).copied().unwrap_or(Strike::Kill)]
}

impl Strike {
    /// Its name in the table.
    pub fn name(self) -> &'static str {
        match self {
            Self::Kill => "kill",
            Self::KillUnanswered => "kill before the answer",
            Self::DiskFull => "disk full",
            Self::CommittedFails => "error after commit",
            Self::LostReplies => "replies lost",
            Self::StatementFails => "I/O error",
            Self::ClockBack => "clock hours back",
            Self::Panic => "panic",
            Self::CommitFails => "error before commit",
            Self::HalfOpen => "half open",
            Self::QueueFull => "queue full",
            Self::Cut => "cut",
            Self::Restart => "restart",
            Self::ClockForward => "clock hours forward",
            Self::Delay => "delay",
            Self::Trickle => "trickle",
            Self::ClockBackABit => "clock minutes back",
            Self::CheckpointFails => "checkpoint fails + kill",
            Self::DiskFullKill => "disk full + kill",
            Self::CommittedFailsKill => "error after commit + kill",
        }
    }

    /// Whether recovery counts from the strike on, for there was no server meanwhile.
    pub fn is_down(self) -> bool {
        matches!(self, Self::Kill | Self::KillUnanswered | Self::Restart)
    }

    /// Whether the clock steps so far that the audit log must tell.
    pub fn steps(self) -> bool {
        matches!(self, Self::ClockBack | Self::ClockForward)
    }

    /// Whether the server's process ends without notice.
    pub fn kills(self) -> bool {
        matches!(
            self,
            Self::Kill | Self::KillUnanswered | Self::CheckpointFails | Self::DiskFullKill | Self::CommittedFailsKill
        )
    }

    /// Strikes, and heals.
    ///
    /// # Errors
    /// The server does not come back.
    pub async fn run(self, server: &mut Server, proxy: &Proxy, burst: &AtomicBool, random: &mut Random) -> Result<()> {
        let time = Duration::from_millis(100 + random.below(200));
        match self {
            Self::Kill => {
                server.kill()?;
                proxy.redirect(server.address());
            }
            Self::KillUnanswered => {
                server.order(Order::Hang)?;
                server.wait_for("committed")?;
                server.kill()?;
                proxy.redirect(server.address());
            }
            Self::Restart => {
                server.restart()?;
                proxy.redirect(server.address());
            }
            Self::DiskFull => last(server, Order::Full, time).await?,
            Self::StatementFails => last(server, Order::Statements(1 + random.below(300)), time).await?,
            Self::CommitFails => last(server, Order::Commits, time).await?,
            Self::CommittedFails => last(server, Order::Committed, time).await?,
            Self::CheckpointFails => last_words(server, proxy, Order::Checkpoints, time).await?,
            Self::DiskFullKill => last_words(server, proxy, Order::Full, time).await?,
            Self::CommittedFailsKill => last_words(server, proxy, Order::Committed, time).await?,
            Self::Panic => last(server, Order::Panic(1 + random.below(200)), time).await?,
            Self::QueueFull => {
                burst.store(true, Ordering::SeqCst);
                last(server, Order::Slow(250), time * 2).await?;
                burst.store(false, Ordering::SeqCst);
            }
            Self::Cut => {
                for _ in 0..5 {
                    proxy.cut();
                    tokio::time::sleep(time / 5).await;
                }
            }
            Self::LostReplies => through(proxy, Mode::DropReplies, time).await,
            Self::HalfOpen => {
                through(proxy, Mode::Blackhole, time * 2).await;
                proxy.cut();
            }
            Self::Delay => through(proxy, Mode::Delay(Duration::from_millis(50)), time * 2).await,
            Self::Trickle => through(proxy, Mode::Trickle, time * 2).await,
            Self::ClockBackABit => server.order(Order::Clock(-(10 + random.below(45) as Millis) * MINUTE))?,
            Self::ClockBack => server.order(Order::Clock(-(2 + random.below(4) as Millis) * HOUR))?,
            Self::ClockForward => server.order(Order::Clock((1 + random.below(5) as Millis) * HOUR))?,
        }
        Ok(())
    }
}

/// A fault that lasts a while.
async fn last(server: &mut Server, order: Order, time: Duration) -> Result<()> {
    server.order(order)?;
    tokio::time::sleep(time).await;
    server.order(Order::Heal)
}

/// A fault out of which the server is killed.
async fn last_words(server: &mut Server, proxy: &Proxy, order: Order, time: Duration) -> Result<()> {
    server.order(order)?;
    tokio::time::sleep(time).await;
    server.kill()?;
    proxy.redirect(server.address());
    Ok(())
}

/// A network that is bad for a while.
async fn through(proxy: &Proxy, mode: Mode, time: Duration) {
    proxy.set(mode);
    tokio::time::sleep(time).await;
    proxy.set(Mode::Pass);
}

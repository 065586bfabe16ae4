//! The server's process, seen from the round.

use std::{
    io::{BufRead, BufReader, Write as _},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, ExitStatus, Stdio},
    sync::mpsc::{self, Receiver},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use rolo_server::clock::{MINUTE, Millis};

use super::server::Order;
use crate::world::START;

/// How long a server may take to say something.
const PATIENCE: Duration = Duration::from_secs(10);

/// A server in a process of its own: this program again, with `--serve`.
pub struct Server {
    dir: PathBuf,
    child: Child,
    orders: ChildStdin,
    said: Receiver<String>,
    address: SocketAddr,
    began: Instant,
    moved: Millis,
    /// COMMITs that the process told of at its end.
    pub commits: u64,
}

impl Server {
    /// Starts it on a directory.
    ///
    /// # Errors
    /// It does not start.
    pub fn start(dir: &Path) -> Result<Self> {
        Self::start_under(dir, &[])
    }

    /// As [`Server::start`], run by another program (a tracer).
    ///
    /// # Errors
    /// It does not start.
    pub fn start_under(dir: &Path, tracer: &[&str]) -> Result<Self> {
        let began = Instant::now();
        let (child, orders, said, address) = spawn(dir, began, 0, tracer)?;
        Ok(Self { dir: dir.to_owned(), child, orders, said, address, began, moved: 0, commits: 0 })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What its clock says, all jumps included.
    pub fn now(&self) -> Millis {
        now(self.began, self.moved)
    }

    /// Tells it something.
    ///
    /// # Errors
    /// It is gone.
    pub fn order(&mut self, order: Order) -> Result<()> {
        if let Order::Clock(by) = order {
            self.moved += by;
        }
        writeln!(self.orders, "{}", order.line()).context("the server is gone")
    }

    /// Waits until it says that.
    ///
    /// # Errors
    /// It does not.
    pub fn wait_for(&self, what: &str) -> Result<String> {
        wait_for(&self.said, what)
    }

    /// Kills it, as `kill -9` does, and starts it again.
    ///
    /// # Errors
    /// It does not start again.
    pub fn kill(&mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        self.start_again()
    }

    /// Ends it in good order and starts it again.
    ///
    /// # Errors
    /// It does not end, or not start again.
    pub fn restart(&mut self) -> Result<()> {
        self.stop()?;
        self.start_again()
    }

    /// Ends it in good order.
    ///
    /// # Errors
    /// It does not end well.
    pub fn stop(&mut self) -> Result<()> {
        self.order(Order::Stop)?;
        let commits = self.wait_for("commits")?;
        self.commits = commits.parse().context("how many commits")?;
        let status: ExitStatus = self.child.wait()?;
        ensure!(status.success(), "the server ended with {status}");
        Ok(())
    }

    fn start_again(&mut self) -> Result<()> {
        let (child, orders, said, address) = spawn(&self.dir, self.began, self.moved, &[])?;
        (self.child, self.orders, self.said, self.address) = (child, orders, said, address);
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A time at which the sessions of the start are open, going on from round's begin.
fn now(began: Instant, moved: Millis) -> Millis {
    START + MINUTE + began.elapsed().as_millis() as Millis + moved
}

type Spawned = (Child, ChildStdin, Receiver<String>, SocketAddr);

fn spawn(dir: &Path, began: Instant, moved: Millis, tracer: &[&str]) -> Result<Spawned> {
    let itself = std::env::current_exe()?;
    let mut command = match tracer {
        [] => Command::new(itself),
        [program, arguments @ ..] => {
            let mut command = Command::new(program);
            command.args(arguments).arg(itself);
            command
        }
    };
    command.arg("--serve").arg(dir).arg(now(began, moved).to_string());
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().context("the server")?;
    let orders = child.stdin.take().context("no standard input")?;
    let out = BufReader::new(child.stdout.take().context("no standard output")?);
    let (to, said) = mpsc::channel();
    std::thread::spawn(move || {
        for line in out.lines().map_while(Result::ok) {
            if to.send(line).is_err() {
                return;
            }
        }
    });
    let port: u16 = wait_for(&said, "ready")?.parse()?;
    Ok((child, orders, said, SocketAddr::from(([127, 0, 0, 1], port))))
}

/// What follows this word on the line that begins with it.
fn wait_for(said: &Receiver<String>, what: &str) -> Result<String> {
    loop {
        let line = said.recv_timeout(PATIENCE).with_context(|| format!("the server did not say {what:?}"))?;
        if let Some(rest) = line.strip_prefix(what) {
            return Ok(rest.trim().to_owned());
        }
    }
}

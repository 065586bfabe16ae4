//! The server that is measured: a process of its own, reached over the directory's Unix socket.

use std::{
    io::{self, BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use hyper_util::rt::TokioIo;
use rolo_proto::v1 as pb;
use rolo_server::{Config, InitOptions, Place, directory};
use tokio::net::UnixStream;
use tonic::transport::{Channel, Endpoint};

use crate::{Session, measure, world::PASSWORD};

/// Says that the server answers.
const READY: &str = "ready";

/// This program as the server of a directory: says when it answers, then for each line that it is sent how many jobs it
/// has written in how many commits, until there are no more lines.
///
/// # Errors
/// The directory cannot be served.
pub async fn serve(dir: &Path) -> Result<()> {
    tracing_subscriber::fmt().with_max_level(tracing::Level::WARN).with_writer(io::stderr).with_ansi(false).init();
    let Place::Owner(handle) = Place::open(dir, Config::default()).await? else {
        anyhow::bail!("somebody else serves {}", dir.display())
    };
    let kernel = handle.kernel().clone();
    let answered = tokio::task::spawn_blocking(move || -> io::Result<()> {
        let mut out = io::stdout();
        writeln!(out, "{READY}")?;
        for line in io::stdin().lines() {
            line?;
            let written = kernel.db().written();
            writeln!(out, "{} {}", written.jobs, written.commits)?;
        }
        Ok(())
    });
    answered.await??;
    Ok(handle.shutdown().await?)
}

/// The running server.
pub struct Server {
    /// What it serves.
    pub dir: PathBuf,
    /// How long it took to answer.
    pub start: Duration,
    child: Child,
    to: Option<ChildStdin>,
    from: BufReader<ChildStdout>,
}

/// What the server has used and done so far.
#[derive(Debug, Clone, Copy, Default)]
pub struct Figures {
    /// Write jobs.
    pub jobs: u64,
    /// Commits that they came in.
    pub commits: u64,
    /// Processor time.
    pub cpu: Duration,
}

impl Server {
    /// Starts the server of a directory, which is made if there is none: `program --serve DIR`, this program itself if
    /// none is named.
    ///
    /// # Errors
    /// It does not come up.
    pub async fn start(dir: &Path, program: Option<&Path>) -> Result<Self> {
        make(dir).await?;
        let started = Instant::now();
        let program = program.map_or_else(std::env::current_exe, |program| Ok(program.to_owned()))?;
        let mut child =
            Command::new(program).arg("--serve").arg(dir).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let to = child.stdin.take();
        let from = BufReader::new(child.stdout.take().context("no pipe")?);
        let mut server = Self { dir: dir.to_owned(), start: Duration::ZERO, child, to, from };
        let said = server.line()?;
        ensure!(said == READY, "the server did not come up: {said}");
        server.start = started.elapsed();
        Ok(server)
    }

    fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        self.from.read_line(&mut line)?;
        Ok(line.trim_end().to_owned())
    }

    /// What it has done and used.
    ///
    /// # Errors
    /// It has ended.
    pub fn figures(&mut self) -> Result<Figures> {
        writeln!(self.to.as_mut().context("the server is stopping")?)?;
        let line = self.line()?;
        let (jobs, commits) = line.split_once(' ').context("the server has ended")?;
        Ok(Figures { jobs: jobs.parse()?, commits: commits.parse()?, cpu: self.cpu()? })
    }

    /// Processor time that it has used.
    ///
    /// # Errors
    /// It has ended.
    pub fn cpu(&self) -> Result<Duration> {
        // Behind the name: state, then utime and stime as the 12th and 13th, in ticks of 10 ms.
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        let rest = stat.rsplit_once(')').map(|(_, rest)| rest).unwrap_or_default();
        let ticks = rest.split_whitespace().skip(11).take(2).map(str::parse::<u64>).sum::<Result<u64, _>>()?;
        Ok(Duration::from_millis(ticks * 10))
    }

    /// Its memory that no file backs, in MB.
    ///
    /// # Errors
    /// It has ended.
    pub fn rss_anon(&self) -> Result<u64> {
        measure::rss_anon(&self.child.id().to_string())
    }

    /// The file and its log, in bytes.
    pub fn bytes(&self) -> u64 {
        let path = directory::database_path(&self.dir);
        let log = path.with_extension("db-wal");
        [path, log].iter().filter_map(|path| std::fs::metadata(path).ok()).map(|file| file.len()).sum()
    }

    /// Somebody signed in, over connections of their own: as many as asked for.
    ///
    /// # Errors
    /// The server refuses.
    pub async fn clients(&self, count: usize) -> Result<Vec<Session>> {
        self.clients_of("boss", count).await
    }

    /// As [`Server::clients`], somebody else's.
    ///
    /// # Errors
    /// The server refuses.
    pub async fn clients_of(&self, name: &str, count: usize) -> Result<Vec<Session>> {
        let signed = self.signed(name).await?;
        let mut clients = Vec::with_capacity(count);
        for _ in 0..count {
            clients.push(signed.over(dial(&self.dir).await?));
        }
        Ok(clients)
    }

    /// Somebody signed in; everybody has the first person's password.
    ///
    /// # Errors
    /// The server refuses.
    pub async fn signed(&self, name: &str) -> Result<Session> {
        let nobody = Session::on(dial(&self.dir).await?);
        let request =
            pb::SignInRequest { name: name.into(), password: PASSWORD.into(), ..pb::SignInRequest::default() };
        let token = nobody.sessions().sign_in(request).await?.into_inner().token;
        nobody.with_token(&token)
    }

    /// Stops it in good order.
    ///
    /// # Errors
    /// It ended badly.
    pub fn stop(mut self) -> Result<()> {
        self.to = None;
        let status = self.child.wait()?;
        ensure!(status.success(), "the server ended with {status}");
        Ok(())
    }
}

/// Makes the company of a directory, if there is none.
///
/// # Errors
/// The directory cannot be written.
pub async fn make(dir: &Path) -> Result<()> {
    if !rolo_server::is_initialised(dir) {
        let password = Some(PASSWORD.to_owned().into());
        let options = InitOptions { admin: "boss".into(), password, ..InitOptions::default() };
        rolo_server::init(dir, options).await?;
    }
    Ok(())
}

/// A connection of its own to the server of a directory, over its socket.
///
/// # Errors
/// Nobody answers.
pub async fn dial(dir: &Path) -> Result<Channel> {
    let socket = directory::socket_path(dir)?;
    let connect = move |_: http::Uri| {
        let socket = socket.clone();
        async move { UnixStream::connect(socket).await.map(TokioIo::new) }
    };
    Ok(Endpoint::from_static("http://rolo.invalid").connect_with_connector(tower::service_fn(connect)).await?)
}

impl Drop for Server {
    fn drop(&mut self) {
        // One that was stopped is not there any more.
        let _ = self.child.kill();
    }
}

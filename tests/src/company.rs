//! A company in a directory of its own, worked on by the real `rolo` and `rolod`: no terminal, nothing of this machine's
//! settings, and nothing that a test waits for in vain.

use std::{
    io::Write as _,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::mpsc::{self, RecvTimeoutError},
    thread,
    time::Duration,
};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value as Json;
use tempfile::TempDir;

/// The first person: administrator, supervisor and manager.
pub const BOSS: &str = "boss";
/// Everybody's password.
pub const PASSWORD: &str = "correct horse battery";
/// A command that takes longer hangs.
const PATIENCE: Duration = Duration::from_secs(120);

/// A program of this package, as cargo builds it beside the tests and the measuring programs.
///
/// # Errors
/// It was not built: `cargo build -p rolo-tests --bins` (`--release`) does.
pub fn program(name: &str) -> Result<PathBuf> {
    let own = std::env::current_exe()?;
    let beside = own.parent().context("a directory")?;
    // Tests lie one directory deeper.
    let places = [beside.join(name), beside.join("..").join(name)];
    let found = places.into_iter().find(|place| place.is_file());
    found.with_context(|| format!("there is no {name} beside {}: build the package's programs first", own.display()))
}

/// A place where `rolo` is at home.
pub struct Company {
    dir: TempDir,
    /// The data directory.
    pub data: PathBuf,
}

/// What a command left.
#[derive(Debug)]
pub struct Done {
    /// Its exit code; 128 and more for a signal.
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Company {
    /// No database yet.
    pub fn nothing() -> Result<Self> {
        let dir = tempfile::tempdir()?;
        std::fs::create_dir(dir.path().join("home"))?;
        std::fs::write(dir.path().join("password"), format!("{PASSWORD}\n"))?;
        let data = dir.path().join("data");
        Ok(Self { dir, data })
    }

    /// A directory that somebody else made.
    pub fn at(data: PathBuf) -> Result<Self> {
        Ok(Self { data, ..Self::nothing()? })
    }

    /// A database with its first person, who is signed in.
    pub fn new() -> Result<Self> {
        let company = Self::nothing()?;
        let password = company.password_file();
        company.rolod(&["init", "--admin", BOSS, "--password-file", &password])?.ok()?;
        company.login(BOSS)?;
        Ok(company)
    }

    /// A file beside the data.
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// The same as text, for a command line.
    pub fn file(&self, name: &str) -> String {
        self.path(name).to_string_lossy().into_owned()
    }

    /// Writes a file beside the data and answers its path.
    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> Result<String> {
        std::fs::write(self.path(name), bytes)?;
        Ok(self.file(name))
    }

    /// Where [`PASSWORD`] lies.
    pub fn password_file(&self) -> String {
        self.file("password")
    }

    /// Variables of this place; everything else is taken away.
    pub fn variables(&self) -> Vec<(&'static str, PathBuf)> {
        vec![
            ("HOME", self.path("home")),
            ("ROLO_STATE", self.path("state")),
            ("ROLO_DATA", self.data.clone()),
            ("LANG", "C.UTF-8".into()),
            ("PATH", std::env::var_os("PATH").unwrap_or_default().into()),
        ]
    }

    fn command(&self, name: &str, args: &[&str]) -> Command {
        // One that is not there fails when it is started, and says so.
        let mut command = Command::new(program(name).unwrap_or_else(|_| name.into()));
        command.args(args).env_clear().envs(self.variables()).current_dir(self.dir.path());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// `rolo`, not yet started.
    pub fn rolo_command(&self, args: &[&str]) -> Command {
        self.command("rolo", args)
    }

    /// `rolod`, not yet started.
    pub fn rolod_command(&self, args: &[&str]) -> Command {
        self.command("rolod", args)
    }

    /// `rolo`, to its end.
    pub fn rolo(&self, args: &[&str]) -> Result<Done> {
        finish(self.rolo_command(args), None)
    }

    /// `rolo` with something on standard input.
    pub fn rolo_reading(&self, args: &[&str], stdin: &str) -> Result<Done> {
        finish(self.rolo_command(args), Some(stdin))
    }

    /// `rolod`, to its end.
    pub fn rolod(&self, args: &[&str]) -> Result<Done> {
        finish(self.rolod_command(args), None)
    }

    /// What `rolo` writes when it succeeds.
    pub fn ok(&self, args: &[&str]) -> Result<String> {
        self.rolo(args)?.ok().with_context(|| args.join(" "))
    }

    /// The JSON objects that `rolo` writes when it succeeds.
    pub fn json(&self, args: &[&str]) -> Result<Vec<Json>> {
        let mut all = args.to_vec();
        all.push("--json");
        objects(&self.ok(&all)?)
    }

    /// The one JSON object that `rolo` writes when it succeeds.
    pub fn one(&self, args: &[&str]) -> Result<Json> {
        let mut objects = self.json(args)?;
        ensure!(objects.len() == 1, "{}: one object, not {objects:?}", args.join(" "));
        objects.pop().context("an object")
    }

    /// How many records of a kind there are.
    pub fn count(&self, kind: &str) -> Result<usize> {
        Ok(self.ok(&["list", kind, "--format", "ids"])?.lines().count())
    }

    /// Signs somebody in, who becomes the default.
    pub fn login(&self, user: &str) -> Result<String> {
        self.ok(&["login", "--user", user, "--password-file", &self.password_file()])
    }

    /// Starts `rolod serve` and waits until it serves.
    pub fn serve(&self, args: &[&str]) -> Result<Served> {
        use std::io::BufRead as _;
        let mut all = vec!["serve"];
        all.extend(args);
        let mut command = self.rolod_command(&all);
        command.stderr(Stdio::inherit());
        let mut child = command.spawn().context("rolod")?;
        let mut stdout = std::io::BufReader::new(child.stdout.take().context("a pipe")?);
        let mut line = String::new();
        stdout.read_line(&mut line)?;
        ensure!(line.starts_with("Serving"), "rolod serve says {line:?}");
        let mut address = String::new();
        // Beside the directory's own socket it names its TCP addresses alone.
        let listens = args.iter().skip_while(|arg| **arg != "--listen").nth(1);
        if listens.is_some_and(|address| !address.starts_with("unix:")) {
            line.clear();
            stdout.read_line(&mut line)?;
            let name = line.trim().rsplit(' ').next().unwrap_or_default();
            address = name.strip_prefix("plain:").unwrap_or(name).to_owned();
        }
        Ok(Served { child: Some(child), _stdout: stdout, address })
    }
}

/// A running `rolod serve`, killed when a test forgets it.
pub struct Served {
    child: Option<Child>,
    _stdout: std::io::BufReader<std::process::ChildStdout>,
    /// The first address that it listens on; blank if it was told none.
    pub address: String,
}

impl Served {
    /// Its process; 0 once it has ended.
    pub fn process(&self) -> u32 {
        self.child.as_ref().map_or(0, Child::id)
    }

    /// SIGTERM, and the exit code.
    pub fn terminate(mut self) -> Result<i32> {
        let child = self.child.take().context("it runs")?;
        signal("TERM", child.id())?;
        Ok(wait(child, None)?.code)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            // One that has ended by itself cannot be killed, which is as well.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Sends a signal to one process.
pub fn signal(name: &str, process: u32) -> Result<()> {
    let status = Command::new("sh").arg("-c").arg(format!("kill -{name} {process}")).status()?;
    ensure!(status.success(), "kill -{name} {process}: {status}");
    Ok(())
}

/// What a process holds of its own (RssAnon), in kB of 1,000 bytes.
///
/// # Errors
/// It has ended.
pub fn resident(process: u32) -> Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).context("RssAnon")?;
    let (number, unit) = line.trim().split_once(' ').context("a unit")?;
    ensure!(unit == "kB", "RssAnon in {unit}");
    Ok(number.parse::<u64>()? * 1_024 / 1_000)
}

/// On this machine, at a port that was free a moment ago.
pub fn free_address() -> Result<String> {
    Ok(std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string())
}

/// The JSON objects of a text, one a line.
pub fn objects(text: &str) -> Result<Vec<Json>> {
    text.lines().map(|line| serde_json::from_str(line).with_context(|| line.to_owned())).collect()
}

/// Runs a command to its end.
pub fn finish(mut command: Command, stdin: Option<&str>) -> Result<Done> {
    if stdin.is_some() {
        command.stdin(Stdio::piped());
    }
    wait(command.spawn()?, stdin)
}

/// Waits for a started command.
pub fn wait(mut child: Child, stdin: Option<&str>) -> Result<Done> {
    let process = child.id();
    let text = stdin.unwrap_or_default().to_owned();
    if let Some(mut pipe) = child.stdin.take() {
        // A command that does not read all of it may leave early.
        thread::spawn(move || drop(pipe.write_all(text.as_bytes())));
    }
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || drop(sender.send(child.wait_with_output())));
    match receiver.recv_timeout(PATIENCE) {
        Ok(output) => Done::of(&output?),
        Err(RecvTimeoutError::Timeout) => {
            signal("KILL", process)?;
            let output = receiver.recv()??;
            bail!("still running after {PATIENCE:?}; it had said: {:?}", Done::of(&output)?);
        }
        Err(RecvTimeoutError::Disconnected) => bail!("nobody waits for it"),
    }
}

impl Done {
    fn of(output: &Output) -> Result<Self> {
        use std::os::unix::process::ExitStatusExt as _;
        let signal = output.status.signal().map(|signal| 128 + signal);
        Ok(Self {
            code: output.status.code().or(signal).context("an exit code")?,
            stdout: String::from_utf8(output.stdout.clone()).context("stdout is not UTF-8")?,
            stderr: String::from_utf8(output.stderr.clone()).context("stderr is not UTF-8")?,
        })
    }

    /// Standard output of a command that must succeed.
    pub fn ok(self) -> Result<String> {
        self.with(0).map(|done| done.stdout)
    }

    /// The command, which must end with this code.
    pub fn with(self, code: i32) -> Result<Self> {
        ensure!(self.code == code, "exit code {}, not {code}\n{}{}", self.code, self.stdout, self.stderr);
        Ok(self)
    }
}

/// A file of `tests/data`.
pub fn sample(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data").join(name)
}

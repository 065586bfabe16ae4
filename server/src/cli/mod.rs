//! `rolod`: makes a data directory, serves it, and administers it on its own machine.

mod args;
mod doctor;
mod door;
mod help_zh;
mod user;
mod words;

use std::{
    io::{self, Read, Write as _},
    path::Path,
    process::ExitCode,
};

use anyhow::{Context, bail};
use rolo_proto::{join::JoinCode, v1 as pb};
use secrecy::SecretString;

use self::{
    args::{Audit, Cli, Command, Init, Serve, Tls},
    door::Door,
    words::words,
};
use crate::{
    Config, InitOptions, Place,
    tls::{self, CertificateFiles},
};

/// `rolod`, from its arguments to its exit code.
pub async fn main() -> ExitCode {
    let cli = match rolo_help::parse::<Cli>(rolo_help::wants_chinese().then_some(help_zh::TEXTS)) {
        Ok(cli) => cli,
        Err(code) => return code,
    };
    let level = if matches!(cli.command, Command::Serve(_)) { "rolo_server=info,warn" } else { "warn" };
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::try_from_env("ROLO_LOG").unwrap_or_else(|_| level.into()))
        .with_writer(io::stderr)
        .init();
    match command(cli.command).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nothing is left to do when even this cannot be written.
            let _ = writeln!(io::stderr(), "rolod: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn command(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Init(init) => make(init).await,
        Command::Serve(arguments) => serve(arguments).await,
        Command::Tls { command } => certificate(&command),
        Command::User { command } => user::user(command).await,
        Command::Audit { command: Audit::Verify { place } } => verify(&place.data).await,
        Command::Backup { place, file } => backup(&place.data, &file).await,
        Command::Figures { place, repair } => figures(&place.data, repair).await,
        Command::Doctor { place, json } => doctor::doctor(&place.data, json).await,
    }
}

fn say(line: &str) -> anyhow::Result<()> {
    writeln!(io::stdout(), "{line}").context("standard output")
}

/// The password in a file, without the line's end.
fn password_of(file: Option<&Path>) -> anyhow::Result<Option<String>> {
    let Some(file) = file else { return Ok(None) };
    let mut text = String::new();
    std::fs::File::open(file)
        .and_then(|file| file.take(4_096).read_to_string(&mut text))
        .with_context(|| format!("the password file {}", file.display()))?;
    let password = text.trim_end_matches(['\r', '\n']);
    if password.is_empty() {
        bail!("the password file {} is empty", file.display());
    }
    Ok(Some(password.to_owned()))
}

async fn make(init: Init) -> anyhow::Result<()> {
    let password = password_of(init.password_file.as_deref())?;
    let options = InitOptions {
        company: init.company,
        time_zone: init.time_zone,
        currency: init.currency,
        language: init.language,
        admin: init.admin.clone(),
        display_name: init.display_name,
        password: password.map(SecretString::from),
        admin_only: init.admin_only,
        ..InitOptions::default()
    };
    let one_time = crate::init(&init.place.data, options).await.map_err(words)?;
    say(&format!("Made {}. {} can sign in.", init.place.data.display(), init.admin))?;
    if let Some(password) = one_time {
        say(&format!("One-time password, to be changed at the first sign-in: {password}"))?;
    }
    match init.tls {
        true => tell(&tls::make(&init.place.data, &init.hosts).map_err(words)?),
        false => Ok(()),
    }
}

fn certificate(command: &Tls) -> anyhow::Result<()> {
    let codes = match command {
        Tls::Init(new) if !crate::is_initialised(&new.place.data) => {
            bail!("{} is not initialised; run `rolod init --tls` first", new.place.data.display())
        }
        Tls::Init(new) => tls::make(&new.place.data, &new.hosts),
        Tls::Show(said) => tls::join_codes(&said.place.data, &said.hosts),
    };
    tell(&codes.map_err(words)?)
}

/// The fingerprint and the join codes, one for each address.
fn tell(codes: &[JoinCode]) -> anyhow::Result<()> {
    if let Some(code) = codes.first() {
        say(&format!("Fingerprint of the certificate: {}", code.fingerprint))?;
    }
    for code in codes {
        say(&format!("To work from another machine: rolo join {code}"))?;
    }
    Ok(())
}

async fn serve(arguments: Serve) -> anyhow::Result<()> {
    let dir = arguments.place.data;
    let certificate = arguments.cert.zip(arguments.key).map(|(cert, key)| CertificateFiles { cert, key });
    let config =
        Config { listen: arguments.listen, certificate, reflection: arguments.reflection, ..Config::default() };
    // Before anybody hears that it serves: whoever starts it may end it at once.
    let stopped = stop_signal()?;
    let mut handle = match Place::open(&dir, config).await.map_err(words)? {
        Place::Owner(handle) => handle,
        Place::Other { .. } => bail!("{} is served by another process already", dir.display()),
    };
    say(&format!(
        "Serving {} on unix:{}",
        dir.display(),
        crate::directory::socket_path(&dir).map_err(words)?.display()
    ))?;
    for name in handle.names() {
        say(&format!("Serving {} on {name}", dir.display()))?;
    }
    tokio::select! {
        ended = handle.wait() => ended.map_err(words)?,
        () = stopped => handle.shutdown().await.map_err(words)?,
    }
    Ok(())
}

fn stop_signal() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

async fn verify(dir: &Path) -> anyhow::Result<()> {
    let mut door = Door::open(dir).await?;
    let seen = door.call(pb::VerifyAuditRequest {}, |mut host, r| async move { host.verify_audit(r).await }).await;
    door.close().await?;
    let seen = seen?;
    if seen.first_bad > 0 {
        bail!("the audit log breaks at row {}: {} ({} rows before it verify)", seen.first_bad, seen.problem, seen.rows);
    }
    say(&format!("The audit log is whole: {} rows, head {}", seen.rows, seen.head))
}

async fn backup(dir: &Path, file: &Path) -> anyhow::Result<()> {
    let path = std::path::absolute(file)?.to_str().context("the path is not UTF-8")?.to_owned();
    let mut door = Door::open(dir).await?;
    let done = door.call(pb::BackupRequest { path }, |mut host, r| async move { host.backup(r).await }).await;
    door.close().await?;
    let done = done?;
    say(&format!("{}: {} bytes, {} audit rows, verified", file.display(), done.bytes, done.audit_rows))
}

async fn figures(dir: &Path, repair: bool) -> anyhow::Result<()> {
    let mut door = Door::open(dir).await?;
    let request = pb::CheckFiguresRequest { repair };
    let done = door.call(request, |mut host, r| async move { host.check_figures(r).await }).await;
    door.close().await?;
    let done = done?;
    done.differences.iter().try_for_each(|line| say(line))?;
    say(&format!("{} customers looked at, {} differ", done.checked, done.differences.len()))?;
    if !done.differences.is_empty() && !repair {
        bail!("kept figures differ; run again with --repair");
    }
    Ok(())
}

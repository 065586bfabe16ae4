//! The command line: what the screens can do, without a terminal (`tui.md` rule 15), fed by the same descriptors. This
//! file says what can be typed; one file a verb does it.
//!
//! Output goes to stdout, everything said about it to stderr, and the exit code is that of the first failure: 0 done, 1
//! bug, 2 usage, 3 not found, 4 conflict or stale, 5 denied, 6 invalid, 7 unavailable. Nothing is ever asked when stdin
//! or stderr is not a terminal.

use std::{ffi::OsString, path::PathBuf, process::ExitCode};

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::{
    data::{Failure, Place},
    strings::Lang,
};

mod act;
mod ask;
mod completions;
mod create;
mod delete;
mod demo;
mod edit;
mod export;
mod figures;
mod get;
mod help_zh;
mod import;
mod join;
mod list;
mod log;
mod login;
mod logout;
mod merge;
mod notices;
pub mod out;
mod pairs;
mod restore;
mod screens;
mod servers;
mod session;
mod show;
mod trust;
mod undo;
mod watch;
mod whoami;

use out::Out;

/// Rolo: a CRM that lives in the terminal. Without a command, the screens.
#[derive(Debug, Parser)]
#[command(name = "rolo", version, about, propagate_version = true)]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What every command takes.
#[derive(Debug, Clone, Default, Args)]
pub struct Global {
    /// Work on the data in this directory (ROLO_DATA)
    #[arg(long, global = true, value_name = "DIR", conflicts_with = "server")]
    pub data: Option<PathBuf>,
    /// Work on a server: its NAME (see rolo servers), HOST:PORT, or unix:PATH (ROLO_SERVER)
    #[arg(long, global = true, value_name = "ADDRESS")]
    pub server: Option<String>,
    /// The account, instead of the one that signed in last
    #[arg(long, global = true, value_name = "NAME")]
    pub user: Option<String>,
    /// The language of messages: zh or en
    #[arg(long, global = true, value_name = "LANG")]
    pub lang: Option<LangArg>,
}

/// A language as it is typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LangArg {
    /// English
    En,
    /// 简体中文
    Zh,
}

impl Global {
    /// The language that was said, by option or `ROLO_LANG`; else the terminal decides.
    pub fn said_language(&self) -> Option<Lang> {
        match self.lang {
            Some(LangArg::En) => Some(Lang::En),
            Some(LangArg::Zh) => Some(Lang::Zh),
            None => match std::env::var("ROLO_LANG").ok()?.to_lowercase() {
                said if said.starts_with("zh") => Some(Lang::Zh),
                said if said.starts_with("en") => Some(Lang::En),
                _ => None,
            },
        }
    }

    /// The language of messages: as said, else as the environment says.
    pub fn language(&self) -> Lang {
        let of_environment = || if rolo_help::wants_chinese() { Lang::Zh } else { Lang::En };
        self.said_language().unwrap_or_else(of_environment)
    }

    /// The language that arguments which are not read yet ask for: `--lang` wherever it stands.
    fn language_in(arguments: impl Iterator<Item = OsString>) -> Lang {
        let words: Vec<String> =
            arguments.map(|word| word.to_string_lossy().into_owned()).take_while(|word| word != "--").collect();
        let said = words.iter().enumerate().rev().find_map(|(nth, word)| match word.strip_prefix("--lang")? {
            "" => words.get(nth + 1).map(String::as_str),
            rest => rest.strip_prefix('='),
        });
        let lang = said.and_then(|said| LangArg::from_str(said, false).ok());
        Self { lang, ..Self::default() }.language()
    }

    /// Where the data are.
    pub fn place(&self) -> Result<Place, Failure> {
        Place::choose(self.data.as_deref(), self.server.as_deref())
    }
}

/// How records are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Aligned columns
    Table,
    /// One JSON object a line
    Json,
    /// Comma-separated, with a header
    Csv,
    /// One id a line
    Ids,
}

/// How the answer is written.
#[derive(Debug, Clone, Default, Args)]
pub struct Shape {
    /// How records are written [default: table]
    #[arg(long, value_enum, value_name = "FORMAT", conflicts_with = "json")]
    pub format: Option<Format>,
    /// The same as --format json; errors too are JSON objects, on stderr
    #[arg(long)]
    pub json: bool,
    /// Without lines, alignment and symbols, for screen readers
    #[arg(long)]
    pub plain: bool,
    /// The fields to write, with commas between
    #[arg(long, value_name = "FIELD,...", value_delimiter = ',')]
    pub columns: Vec<String>,
}

impl Shape {
    /// The format asked for.
    pub fn format(&self) -> Format {
        if self.json { Format::Json } else { self.format.unwrap_or(Format::Table) }
    }
}

/// What every change takes.
#[derive(Debug, Clone, Default, Args)]
pub struct Change {
    /// Names the change: the same id again changes nothing more
    #[arg(long, value_name = "ID")]
    pub request_id: Option<String>,
    /// Only if the record still has this revision
    #[arg(long, value_name = "N")]
    pub if_revision: Option<i64>,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List records: every match, unless --limit says less
    List(list::ListArgs),
    /// Show single records by id, number or external id
    Get(get::GetArgs),
    /// Make a new record from field=value pairs, or from JSON on stdin
    Create(create::CreateArgs),
    /// Change fields of records
    Edit(edit::EditArgs),
    /// Put records into the recycle bin
    Delete(delete::DeleteArgs),
    /// Take records out of the recycle bin
    Restore(restore::RestoreArgs),
    /// Decide on records: assign, withdraw, succeed, fail, reopen, set a field, record a result ...
    Do(act::DoArgs),
    /// Make one of two customers that are the same
    Merge(merge::MergeArgs),
    /// Bring records in from a CSV or XLSX file; list and undo earlier imports
    Import(import::ImportArgs),
    /// Write what a list holds to a CSV, XLSX or JSON file
    Export(export::ExportArgs),
    /// Take back an operation; without a number, the newest of one's own
    Undo(undo::UndoArgs),
    /// Open opportunities by stage, with their amounts
    Board(figures::BoardArgs),
    /// What is expected and won by month
    Forecast(figures::ForecastArgs),
    /// Tell what is changed as it is changed, until interrupted
    Watch(watch::WatchArgs),
    /// List what has reached one: assignments, changes of what one follows
    Notices(notices::NoticesArgs),
    /// Take up a server over the network, by the join code of its administrator
    Join(join::JoinArgs),
    /// List the servers over the network; choose the default, forget one
    Servers(servers::ServersArgs),
    /// Sign in and keep the session
    Login(login::LoginArgs),
    /// End the session
    Logout(logout::LogoutArgs),
    /// Who is signed in, and where
    Whoami(whoami::WhoamiArgs),
    /// Start on a throw-away database full of believable data
    Demo(demo::DemoArgs),
    /// Write a completion script for a shell
    Completions(completions::CompletionsArgs),
}

impl Command {
    /// Whether errors are JSON too.
    fn wants_json(&self) -> bool {
        let shape = match self {
            Self::List(a) => &a.shape,
            Self::Get(a) => &a.shape,
            Self::Create(a) => &a.shape,
            Self::Edit(a) => &a.shape,
            Self::Delete(a) => return a.json,
            Self::Restore(a) => &a.shape,
            Self::Merge(a) => return a.json,
            Self::Do(a) => return a.json,
            Self::Board(a) => return a.of.json,
            Self::Forecast(a) => return a.of.json,
            Self::Watch(a) => return a.json,
            Self::Notices(a) => return a.json,
            Self::Import(a) => return a.wants_json(),
            Self::Export(a) => return a.json,
            Self::Undo(a) => return a.json,
            Self::Whoami(a) => return a.json,
            Self::Servers(a) => return a.json,
            Self::Join(_) | Self::Login(_) | Self::Logout(_) | Self::Demo(_) | Self::Completions(_) => return false,
        };
        shape.format() == Format::Json
    }
}

/// The Chinese texts of the help, if that is the language.
fn help_texts(lang: Lang) -> Option<&'static [rolo_help::Text]> {
    (lang == Lang::Zh).then_some(help_zh::TEXTS)
}

/// The whole program: reads the arguments, runs the command and answers its exit code.
pub fn main() -> ExitCode {
    let spoken = Global::language_in(std::env::args_os());
    let cli = match rolo_help::parse::<Cli>(help_texts(spoken)) {
        Ok(cli) => cli,
        Err(code) => return code,
    };
    log::start();
    let lang = cli.global.language();
    let mut out = Out::standard(lang, cli.command.as_ref().is_some_and(Command::wants_json));
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return ExitCode::from(out.fail(&Failure::unreachable(error))),
    };
    let outcome = runtime.block_on(run(&cli, &mut out));
    let code = out.finish(outcome);
    // What still runs in the background (reading a terminal, say) must not keep the process.
    runtime.shutdown_background();
    ExitCode::from(code)
}

/// Runs a command.
async fn run(cli: &Cli, out: &mut Out) -> Result<(), Failure> {
    let global = &cli.global;
    match &cli.command {
        None => screens::run(global).await,
        Some(Command::Demo(args)) => demo::run(global, args, out).await,
        Some(Command::Completions(args)) => {
            completions::run(args, &mut rolo_help::command::<Cli>(help_texts(out.lang)), out)
        }
        Some(Command::Join(args)) => join::run(args, out).await,
        Some(Command::Servers(args)) => servers::run(args, out),
        Some(Command::Login(args)) => login::run(global, args, out).await,
        Some(Command::Logout(args)) => logout::run(global, args, out).await,
        Some(Command::Import(args)) if args.template.is_some() => import::template(global, args, out).await,
        Some(command) => {
            let session = session::open(global, out).await?;
            let outcome = match command {
                Command::List(args) => list::run(&session, args, out).await,
                Command::Get(args) => get::run(&session, args, out).await,
                Command::Create(args) => create::run(&session, args, out).await,
                Command::Edit(args) => edit::run(&session, args, out).await,
                Command::Delete(args) => delete::run(&session, args, out).await,
                Command::Restore(args) => restore::run(&session, args, out).await,
                Command::Do(args) => act::run(&session, args, out).await,
                Command::Board(args) => figures::board(&session, args, out).await,
                Command::Forecast(args) => figures::forecast(&session, args, out).await,
                Command::Watch(args) => watch::run(&session, args, out).await,
                Command::Notices(args) => notices::run(&session, args, out).await,
                Command::Merge(args) => merge::run(&session, args, out).await,
                Command::Import(args) => import::run(&session, args, out).await,
                Command::Export(args) => export::run(&session, args, out).await,
                Command::Undo(args) => undo::run(&session, args, out).await,
                Command::Whoami(args) => whoami::run(&session, args, out),
                Command::Join(_)
                | Command::Servers(_)
                | Command::Login(_)
                | Command::Logout(_)
                | Command::Demo(_)
                | Command::Completions(_) => Ok(()),
            };
            session.connection.close().await;
            outcome
        }
    }
}

/// The kind of this name, or a failure that lists the kinds.
fn kind(name: &str) -> Result<&'static dyn crate::resource::Resource, Failure> {
    crate::resource::by_name(name).ok_or_else(|| {
        let kinds: Vec<&str> = crate::resource::all().iter().map(|r| r.names().1).collect();
        let kinds = kinds.join(", ");
        Failure::usage(
            format!("There is no kind {name}; there are: {kinds}"),
            format!("没有“{name}”这种记录，可用：{kinds}"),
        )
    })
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_commands_are_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn global_options_stand_before_or_after_the_verb() {
        for line in ["rolo --data d list customers --json", "rolo list customers --data d --json"] {
            let cli = Cli::try_parse_from(line.split(' '));
            let data = cli.as_ref().map(|c| c.global.data.clone()).unwrap_or_default();
            assert_eq!(data, Some(PathBuf::from("d")), "{line}");
        }
    }

    /// tui.md 12: the help too is in the language that is asked for, which is looked for before anything is understood.
    #[test]
    fn the_language_is_known_before_the_arguments_are() {
        for line in ["rolo --lang zh --help", "rolo list --no-such --lang=zh", "rolo --lang en do --lang zh"] {
            assert_eq!(Global::language_in(line.split(' ').map(OsString::from)), Lang::Zh, "{line}");
        }
        let after_the_end = "rolo --lang en list customers -- --lang zh";
        assert_eq!(Global::language_in(after_the_end.split(' ').map(OsString::from)), Lang::En);
    }

    #[test]
    fn two_places_at_once_are_a_mistake() {
        assert!(Cli::try_parse_from(["rolo", "--data", "d", "--server", "unix:s", "whoami"]).is_err());
    }
}

//! `rolo demo`: the screens on a throw-away database; without a terminal, one look at them.

use std::{
    io::IsTerminal as _,
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use clap::{Args, ValueEnum};

use super::{Global, out::Out, screens};
use crate::{
    app::{
        self,
        harness::{Harness, Settings, Unkept},
    },
    data::{Client, Connection, Failure, Place, State, connect},
    strings::Lang,
};

/// What is seen without a terminal: this many columns and rows, after these keys (customers, all of them).
const LOOK: ((u16, u16), &str) = ((110, 34), "g c 2");

/// Arguments of `rolo demo`.
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// The role to start in
    #[arg(long = "as", value_enum, value_name = "ROLE", default_value = "manager")]
    role: Role,
}

/// The roles that can be tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Role {
    /// System administrator
    Admin,
    /// Sales supervisor
    Supervisor,
    /// Account manager
    Manager,
    /// Executive
    Executive,
    /// Service staff
    Service,
}

impl Role {
    /// As the server names it.
    const fn code(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Supervisor => "supervisor",
            Self::Manager => "manager",
            Self::Executive => "executive",
            Self::Service => "service",
        }
    }
}

/// Makes a database in a temporary directory, runs the screens on it, and takes it away again.
pub async fn run(global: &Global, args: &DemoArgs, out: &mut Out) -> Result<(), Failure> {
    let dir = tempfile::tempdir().map_err(|error| Failure::file(&std::env::temp_dir(), &error))?;
    let data = dir.path().join("data");
    let state = State::at(dir.path().join("state"))?;
    out.progress(match out.lang {
        Lang::En => "Making a company to try ...",
        Lang::Zh => "正在生成演示数据……",
    });
    let (account, password) = connect::fill_demo(&data, global.language(), args.role.code()).await?;
    out.end_progress();
    let place = Place::Directory(data);
    let connection = Connection::open(&place, state.clone()).await?;
    let signed_in = connection.sign_in(&account, &password).await;
    let looked = match signed_in {
        Ok(_) if !std::io::stdout().is_terminal() => Some(look(connection.client.clone(), out.lang).await),
        Ok(_) => None,
        Err(failure) => Some(Err(failure)),
    };
    connection.close().await;
    if let Some(look) = looked {
        return out.line(look?.trim_end());
    }
    screens::on(global, &place, state, "demo".to_owned()).await
}

/// Paints the customers once, as text.
async fn look(client: Client, lang: Lang) -> Result<String, Failure> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |age| age.as_millis());
    let settings = Settings { size: LOOK.0, lang, now: i64::try_from(now).unwrap_or_default(), ..Settings::default() };
    let painted = async {
        let mut rolo = Harness::start(app::Connection { client, keeper: Arc::new(Unkept) }, settings)?;
        rolo.until_idle().await?;
        rolo.press(LOOK.1).await?;
        anyhow::Ok(rolo.text())
    };
    painted.await.map_err(|error| Failure::usage(error.to_string(), error.to_string()))
}

//! `rolo demo`: the screens on a throw-away database.

use clap::{Args, ValueEnum};

use super::{Global, out::Out, screens};
use crate::{
    data::{Connection, Failure, Place, State, connect},
    strings::Lang,
};

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
    connection.close().await;
    signed_in?;
    screens::on(global, &place, state, "demo".to_owned()).await
}

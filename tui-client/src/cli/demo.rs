//! `rolo demo`: the screens on a throw-away database.

use clap::{Args, ValueEnum};
use secrecy::SecretString;

use super::{Global, screens};
use crate::data::{
    Connection, Failure, Place, State,
    client::new_request_id,
    connect::{self, First},
};

/// Arguments of `rolo demo`.
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// The role to start in
    #[arg(long = "as", value_enum, value_name = "ROLE", default_value = "manager")]
    pub role: Role,
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

/// Makes a database in a temporary directory, runs the screens on it, and takes it away again.
pub async fn run(global: &Global, _args: &DemoArgs) -> Result<(), Failure> {
    let dir = tempfile::tempdir().map_err(|error| Failure::file(&std::env::temp_dir(), &error))?;
    let (place, state) = (Place::Directory(dir.path().join("data")), State::at(dir.path().join("state"))?);
    let password: SecretString = new_request_id().into();
    let first = First { name: "demo", password: &password, company: "Rolo", lang: global.language() };
    connect::initialise(&place, first).await?;
    let connection = Connection::open(&place, state.clone()).await?;
    let signed_in = connection.sign_in("demo", &password).await;
    connection.close().await;
    signed_in?;
    screens::on(global, &place, state, "demo".to_owned()).await
}

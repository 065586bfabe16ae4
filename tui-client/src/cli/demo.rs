//! `rolo demo`: the screens on a throw-away database.

use clap::{Args, ValueEnum};

use super::Global;
use crate::data::Failure;

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

pub async fn run(_global: &Global, _args: &DemoArgs) -> Result<(), Failure> {
    Err(Failure::usage("not built yet", "尚未实现"))
}

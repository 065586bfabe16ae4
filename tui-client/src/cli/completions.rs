//! `rolo completions`: a completion script for a shell.

use clap::Args;
use clap_complete::{Shell, generate};

use super::out::Out;
use crate::data::Failure;

/// Arguments of `rolo completions`.
#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

pub fn run(args: &CompletionsArgs, command: &mut clap::Command, out: &mut Out) -> Result<(), Failure> {
    let mut script = Vec::new();
    generate(args.shell, command, "rolo", &mut script);
    out.write(&String::from_utf8_lossy(&script))
}

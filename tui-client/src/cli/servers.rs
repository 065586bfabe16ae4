//! `rolo servers`: the servers over the network that this person works on.

use clap::{Args, Subcommand};
use serde_json::json;

use super::out::Out;
use crate::{
    data::{
        Failure, State,
        servers::{Server, Servers},
    },
    strings::Lang,
};

/// Arguments of `rolo servers`.
#[derive(Debug, Args)]
pub struct ServersArgs {
    #[command(subcommand)]
    command: Option<Verb>,
    /// One JSON object a line
    #[arg(long)]
    pub json: bool,
}

/// What can be done with them.
#[derive(Debug, Subcommand)]
enum Verb {
    /// Work on this one where nothing is said
    Default {
        /// Its name
        name: String,
    },
    /// Forget a server: its settings, its certificate, and who was signed in there
    Forget {
        /// Its name, or HOST:PORT
        name: String,
    },
}

pub fn run(args: &ServersArgs, out: &mut Out) -> Result<(), Failure> {
    let (mut servers, state) = (Servers::load()?, State::open()?);
    match &args.command {
        None => list(&servers, &state, args.json, out),
        Some(Verb::Default { name }) => {
            // By its address too, as it is forgotten.
            let server = known(name)?;
            let Some(name) = server.name.as_deref() else { return Err(unknown(name)) };
            servers.make_default(name)?;
            out.note(&format!("The default is now {name}"), &format!("默认服务器：{name}"));
            Ok(())
        }
        Some(Verb::Forget { name }) => {
            let server = known(name)?;
            let pinned = state.forget_server(&server.address)?;
            match &server.name {
                Some(name) => servers.remove(name)?,
                None if pinned => {}
                None => return Err(unknown(name)),
            }
            out.note(&format!("Forgotten: {}", server.address), &format!("已移除：{}", server.address));
            Ok(())
        }
    }
}

fn list(servers: &Servers, state: &State, json: bool, out: &mut Out) -> Result<(), Failure> {
    for server in servers.all() {
        let name = server.name.as_deref().unwrap_or_default();
        let default = servers.default_name() == Some(name);
        let pin = state.pin(&server.address)?.map(|pin| pin.to_string());
        let line = match json {
            true => json!({ "name": name, "address": server.address.to_string(), "default": default,
                            "fingerprint": pin, "ca": server.ca })
            .to_string(),
            false => {
                let trust = pin.unwrap_or_else(|| vouched(server, out.lang));
                format!("{} {name}\t{}\t{trust}", if default { "*" } else { " " }, server.address)
            }
        };
        out.line(&line)?;
    }
    if servers.all().is_empty() {
        out.note("No servers yet: rolo join CODE", "尚无服务器：rolo join 连接码");
    }
    Ok(())
}

fn vouched(server: &Server, lang: Lang) -> String {
    match (&server.ca, lang) {
        (Some(path), _) => path.display().to_string(),
        (None, Lang::En) => "public CA, or not met yet".to_owned(),
        (None, Lang::Zh) => "公共 CA，或尚未连接".to_owned(),
    }
}

/// The server of this name or address.
fn known(name: &str) -> Result<Server, Failure> {
    let servers = Servers::load()?;
    let at = || name.contains(':').then(|| name.parse().ok()).flatten().map(|address| servers.at(address));
    servers.named(name).cloned().or_else(at).ok_or_else(|| unknown(name))
}

fn unknown(name: &str) -> Failure {
    Failure::usage(
        format!("There is no server {name} here: see rolo servers"),
        format!("没有服务器 {name}：请查看 rolo servers"),
    )
}

//! `rolo join`: a server that an administrator gave the join code of becomes one to work on.

use clap::Args;
use rolo_proto::join::{JoinCode, Malformed};

use super::out::Out;
use crate::data::{
    Client, Failure, Reason, State,
    servers::Servers,
    trust::{Pin, Trust},
    wire::{self, Trouble, WireError},
};

/// Arguments of `rolo join`.
#[derive(Debug, Args)]
pub struct JoinArgs {
    /// The join code, from rolod tls show
    code: String,
    /// What to call the server, for --server NAME [default: its host's first name]
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
}

pub async fn run(args: &JoinArgs, out: &mut Out) -> Result<(), Failure> {
    let code: JoinCode = args.code.parse().map_err(misread)?;
    let (mut servers, state) = (Servers::load()?, State::open()?);
    if let Some(pinned) = state.pin(&code.address)?.filter(|pinned| *pinned != code.fingerprint) {
        let trouble = Trouble::Changed { pinned, shown: code.fingerprint };
        return Err(WireError { address: code.address.to_string(), trouble }.failure());
    }
    let known = servers.at(code.address.clone());
    let name = match (&args.name, &known.name) {
        (Some(name), _) => name.trim().to_owned(),
        (None, Some(name)) => name.clone(),
        (None, None) => first_name(code.address.host()),
    };
    let taken = servers.named(&name).is_some_and(|server| server.address != code.address);
    if taken || name.is_empty() || name.contains([':', '/']) {
        return Err(Failure::usage(
            format!("A server cannot be called {name:?}, or another one is: choose another --name"),
            format!("服务器名称“{name}”不可用或已被占用：请用 --name 另取一个"),
        ));
    }
    let trust = Trust::new(Pin::Given(code.fingerprint), None);
    let client = Client::new(wire::tls(code.address.clone(), trust));
    let met = client.with_attempts(1).instance().await;
    if let Err(failure) = &met
        && failure.reason == Reason::Untrusted
    {
        return Err(failure.clone());
    }
    state.keep_pin(&code.address, code.fingerprint)?;
    if known.name.as_ref() != Some(&name) {
        servers.add(&name, code.address.clone())?;
    }
    let address = &code.address;
    match met {
        Ok(instance) => {
            let company = &instance.company;
            out.note(
                &format!("Joined {company} at {address}, called {name} here. Now: rolo login --server {name}"),
                &format!("已加入 {company}（{address}），本机名称：{name}。下一步：rolo login --server {name}"),
            );
        }
        Err(failure) => {
            let why = failure.at_prompt(out.lang);
            out.note(
                &format!("Joined {address}, called {name} here; it was not reached just now. {why}"),
                &format!("已加入 {address}，本机名称：{name}；目前无法连接。{why}"),
            );
        }
    }
    Ok(())
}

fn misread(why: Malformed) -> Failure {
    match why {
        Malformed::Checksum => Failure::usage(
            "The join code has a typing error: copy it once more, as a whole",
            "连接码有误：请完整地重新复制",
        ),
        _ => Failure::usage(
            "This is not a join code; it looks like HOST:PORT/ and 60 letters and digits: rolod tls show prints it",
            "这不是连接码；其形式为 主机:端口/ 加 60 个字母和数字，由 rolod tls show 显示",
        ),
    }
}

/// The first part of a name; an IP address as a whole.
fn first_name(host: &str) -> String {
    match host.parse::<std::net::IpAddr>() {
        Ok(_) => host.replace(':', "-"),
        Err(_) => host.split('.').next().unwrap_or(host).to_owned(),
    }
}

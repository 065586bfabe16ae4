//! `rolo whoami`: who is signed in, and where.

use clap::Args;
use serde_json::json;

use super::{out::Out, session::Session};
use crate::{data::Failure, resource::parse, strings::Lang};

/// Arguments of `rolo whoami`.
#[derive(Debug, Args)]
pub struct WhoamiArgs {
    /// As a JSON object
    #[arg(long)]
    pub json: bool,
}

pub fn run(session: &Session, args: &WhoamiArgs, out: &mut Out) -> Result<(), Failure> {
    let who = &session.who;
    let user = who.user.clone().unwrap_or_default();
    let instance = &session.connection.instance;
    if args.json {
        let roles: Vec<&str> = who.roles.iter().map(|r| r.code.as_str()).collect();
        let capabilities: Vec<String> = who
            .capabilities()
            .map(|c| c.as_str_name().trim_start_matches("CAPABILITY_").to_ascii_lowercase())
            .collect();
        return out.line(
            &json!({
                "user": user.name, "true_name": user.display_name, "id": user.id, "roles": roles,
                "capabilities": capabilities, "company": instance.company, "instance": instance.id,
                "server_version": instance.version, "time_zone": who.time_zone, "currency": who.currency,
                "must_change_password": who.must_change_password, "expires_at": parse::rfc3339(who.expires_at),
            })
            .to_string(),
        );
    }
    let lang = session.locale.lang;
    let separator = if lang == Lang::En { ", " } else { "、" };
    let roles: Vec<&str> = who
        .roles
        .iter()
        .map(|r| if lang == Lang::En && !r.en.is_empty() { r.en.as_str() } else { r.zh.as_str() })
        .collect();
    let name = parse::person(&user);
    let account = if name == user.name { String::new() } else { format!(" ({})", user.name) };
    out.line(&format!("{name}{account} · {} · {}", roles.join(separator), instance.company))
}

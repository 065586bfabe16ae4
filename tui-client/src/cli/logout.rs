//! `rolo logout`: ends the session and forgets its token.

use clap::Args;

use super::{Global, out::Out, trust};
use crate::data::{Connection, Failure};

/// Arguments of `rolo logout`.
#[derive(Debug, Args)]
pub struct LogoutArgs {
    /// End every session of the account, on all machines
    #[arg(long)]
    everywhere: bool,
}

pub async fn run(global: &Global, args: &LogoutArgs, out: &mut Out) -> Result<(), Failure> {
    let connection = trust::open(global, out.lang).await?;
    let outcome = end(&connection, global, args).await;
    connection.close().await;
    match outcome? {
        Some((user, _)) => out.note(&format!("Signed out {user}"), &format!("已退出：{user}")),
        None => out.note("Nobody was signed in", "没有已登录的用户"),
    }
    Ok(())
}

async fn end(connection: &Connection, global: &Global, args: &LogoutArgs) -> Result<Option<(String, i32)>, Failure> {
    let Some(session) = connection.resume(global.user.as_deref()).await? else { return Ok(None) };
    let user = session.user.unwrap_or_default().name;
    let ended = connection.sign_out(&user, args.everywhere).await?;
    Ok(Some((user, ended)))
}

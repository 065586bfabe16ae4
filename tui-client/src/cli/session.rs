//! Opening the place and signing in with the token that is kept for it.

use chrono_tz::Tz;
use rolo_proto::{number::Currency, v1};

use super::{Global, ask, out::Out, trust};
use crate::{
    data::{Client, Connection, Failure, Lookup, Reason},
    resource::parse::Locale,
    strings::Lang,
};

/// A signed-in command.
pub struct Session {
    /// The way to the database.
    pub connection: Connection,
    /// Who is signed in, and what they may do.
    pub who: v1::Session,
    /// What names stand for.
    pub lookup: Lookup,
    /// Language, zone and now.
    pub locale: Locale,
}

impl Session {
    /// The calls.
    pub fn client(&self) -> &Client {
        &self.connection.client
    }
}

/// Opens the place and takes up the kept session. Without one, asks if there is a terminal, else says what to type.
pub async fn open(global: &Global, out: &mut Out) -> Result<Session, Failure> {
    let connection = trust::open(global, out.lang).await?;
    match signed_in(&connection, global, out).await {
        Ok(who) => Ok(of(connection, who, out.lang)),
        Err(failure) => {
            connection.close().await;
            Err(failure)
        }
    }
}

async fn signed_in(connection: &Connection, global: &Global, out: &mut Out) -> Result<v1::Session, Failure> {
    let user = global.user.as_deref();
    if let Some(who) = connection.resume(user).await? {
        return Ok(who);
    }
    if !ask::possible() {
        return Err(what_to_type(global, connection));
    }
    super::login::interactively(connection, user, out).await
}

/// The session of a reply, with what goes with it.
pub fn of(connection: Connection, who: v1::Session, lang: Lang) -> Session {
    let zone: Tz = who.time_zone.parse().unwrap_or(chrono_tz::Asia::Shanghai);
    // The server's clock counts: words like "today" mean its day.
    let locale = Locale { lang, zone, now: who.now, currency: Currency::of(&who.currency) };
    Session { lookup: Lookup::new(connection.client.clone()), connection, who, locale }
}

/// Exit 5, with the line that signs in.
fn what_to_type(global: &Global, connection: &Connection) -> Failure {
    let mut line = String::from("rolo login");
    if let Some(data) = &global.data {
        line.push_str(&format!(" --data {}", data.display()));
    }
    if let Some(server) = &global.server {
        line.push_str(&format!(" --server {server}"));
    }
    let user = global.user.clone().or_else(|| connection.state.last_user(&connection.scope));
    line.push_str(&format!(" --user {} --password-file FILE", user.as_deref().unwrap_or("NAME")));
    Failure::local(Reason::Unauthenticated, format!("Sign in first: {line}"), format!("请先登录：{line}"))
}

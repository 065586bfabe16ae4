//! What the program is started with.

use std::{path::PathBuf, sync::Arc};

use futures::future::BoxFuture;
use secrecy::SecretString;

use crate::{
    data::{Client, Failure},
    strings::Lang,
    terminal::caps::Ambiguous,
};

/// The way to a server, and what the command line knows about the place behind it.
#[derive(Clone)]
pub struct Connection {
    /// The calls. With a token, the program starts with the session it belongs to; else, or when that has expired, it
    /// asks for a sign-in.
    pub client: Client,
    /// What belongs to the place and is not a call.
    pub keeper: Arc<dyn Keeper>,
}

/// What the screens need of the place where data live.
pub trait Keeper: Send + Sync {
    /// Nobody has set this database up yet: the first start asks for a name and a password.
    fn is_new(&self) -> bool;
    /// Sets the database up with its first person. Afterwards a sign-in with the same name and password works.
    fn initialise<'a>(&'a self, first: &'a FirstPerson) -> BoxFuture<'a, Result<(), Failure>>;
    /// Where this person's drafts on this database are kept; none: nowhere, they end with the program.
    fn drafts(&self, _instance: &str, _person: i64) -> Result<Option<PathBuf>, Failure> {
        Ok(None)
    }
    /// Keeps the token of this user for later starts; none: forgets it.
    fn keep_token(&self, user: &str, token: Option<&SecretString>);
}

/// What the first start asks for.
#[derive(Debug, Clone)]
pub struct FirstPerson {
    /// The account.
    pub name: String,
    /// Its password; final.
    pub password: SecretString,
    /// The company's name; may be empty.
    pub company: String,
    /// The company's language.
    pub lang: Lang,
}

/// Settings of one run.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The interface's language; none: what the environment says.
    pub lang: Option<Lang>,
    /// How wide characters of ambiguous width are.
    pub ambiguous: Ambiguous,
    /// The account offered at the sign-in.
    pub user: Option<String>,
    /// What the header calls this place beside the connection: `demo`, a server's name; may be empty.
    pub place: String,
}

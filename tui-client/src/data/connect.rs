//! From a place to a signed-in client. A data directory is owned by one process at a time (`design.md` §1): the connector
//! tries to become the owner and runs the server in this process, else it talks to the owner's socket. It does so for
//! each new connection, so when an owner goes away its clients find or become the next one by the ordinary path, and
//! screens and drafts stay.

use std::{path::Path, sync::Arc};

use rolo_proto::v1;
use secrecy::SecretString;

use super::{
    Client, Failure,
    place::{Place, State},
    trust::{Pin, Trust},
    wire,
};
use crate::strings::Lang;

/// What a new database is made with.
pub struct First<'a> {
    /// The first person's account.
    pub name: &'a str,
    /// Their password; final.
    pub password: &'a SecretString,
    /// The company's name; blank for none.
    pub company: &'a str,
    /// The company's language.
    pub lang: Lang,
}

/// An open way to one database, and what is kept for it on this machine.
#[derive(Clone)]
pub struct Connection {
    /// The calls; shared with everything that makes some.
    pub client: Client,
    /// Which database it is.
    pub instance: v1::Instance,
    /// Tokens and drafts.
    pub state: State,
    /// What the tokens are kept under, see [`Place::scope`].
    pub scope: String,
    owner: Option<Arc<dyn Owner>>,
}

/// What has to be left in order when the process ends.
pub trait Owner: Send + Sync {
    /// Ends the server if it runs in this process; waits for the calls of others.
    fn close(&self) -> futures::future::BoxFuture<'_, ()>;
}

/// The way to a place, before anything is known of it; nothing is connected or opened yet.
pub fn client(place: &Place, state: &State) -> Result<(Client, Option<Arc<dyn Owner>>), Failure> {
    Ok(match place {
        Place::Unix(path) => (Client::new(wire::unix(path.clone())), None),
        Place::Loopback(address) => (Client::new(wire::loopback(*address)), None),
        Place::Server(server) => {
            let trust = Trust::new(Pin::Kept(state.clone()), server.ca.clone());
            (Client::new(wire::tls(server.address.clone(), trust)), None)
        }
        Place::Directory(dir) => {
            let (connector, owner) = embedded::connector(dir)?;
            (Client::new(connector), Some(owner))
        }
    })
}

impl Connection {
    /// Opens a place. A directory without a database is refused: see [`is_new`].
    pub async fn open(place: &Place, state: State) -> Result<Self, Failure> {
        if is_new(place) {
            // Who works on servers of which none is the default meant one of them.
            let names = super::servers::Servers::load()?.names();
            let (en, zh) = match names.is_empty() {
                true => Default::default(),
                false => (
                    format!("; or work on a server with --server NAME: {names}"),
                    format!("；也可用 --server 名称 指定服务器：{names}"),
                ),
            };
            return Err(Failure::usage(
                format!(
                    "There is no database in {place}: start rolo in a terminal, or type: rolod init --data {place} --admin NAME --password-file F{en}"
                ),
                format!(
                    "{place} 中没有数据库：请在终端启动 rolo，或输入：rolod init --data {place} --admin 用户名 --password-file 文件{zh}"
                ),
            ));
        }
        let (client, owner) = client(place, &state)?;
        // Opening may have to migrate the database; apart from that, a server that is not there is told at once. A
        // directory has one in this process if in no other: whoever leaves it just now is waited for.
        let patient = match place {
            Place::Directory(_) => client.patient(),
            Place::Unix(_) | Place::Loopback(_) | Place::Server(_) => client.patient().with_attempts(3),
        };
        let instance = patient.instance().await?;
        state.remember(place, &instance.id)?;
        Ok(Self { scope: place.scope(&instance.id), client, instance, state, owner })
    }

    /// Signs in with the token that is kept for this person, or for the last who signed in; none if there is none or it
    /// is no longer good.
    pub async fn resume(&self, user: Option<&str>) -> Result<Option<v1::Session>, Failure> {
        let Some((user, token)) = self.state.token(&self.scope, user) else { return Ok(None) };
        self.client.set_token(Some(token));
        match self.client.session().await {
            Ok(session) => Ok(Some(session)),
            Err(failure) if failure.needs_sign_in() => {
                self.client.set_token(None);
                self.state.forget(&self.scope, &user);
                Ok(None)
            }
            Err(failure) => Err(failure),
        }
    }

    /// Signs in and keeps the token; the person becomes the default.
    pub async fn sign_in(&self, name: &str, password: &SecretString) -> Result<v1::Session, Failure> {
        let session = self.client.sign_in(name, password).await?;
        // Kept under the account's own spelling, whatever was typed.
        let user = session.user.as_ref().map_or(name, |u| u.name.as_str());
        if let Some(token) = self.client.token() {
            self.state.keep(&self.scope, user, &token)?;
        }
        Ok(session)
    }

    /// Ends the session, or all sessions of the person, and forgets the token.
    pub async fn sign_out(&self, user: &str, everywhere: bool) -> Result<i32, Failure> {
        let outcome: Result<v1::SignOutResponse, Failure> = if everywhere {
            let request = v1::SignOutEverywhereRequest {};
            self.client.call(request, |c, r| async move { c.sessions().sign_out_everywhere(r).await }).await
        } else {
            self.client.call(v1::SignOutRequest {}, |c, r| async move { c.sessions().sign_out(r).await }).await
        };
        let ended = match outcome {
            Ok(reply) => reply.ended,
            Err(failure) if failure.needs_sign_in() => 0,
            Err(failure) => return Err(failure),
        };
        self.client.set_token(None);
        self.state.forget(&self.scope, user);
        Ok(ended)
    }

    /// Leaves everything in order: the process may end afterwards.
    pub async fn close(&self) {
        if let Some(owner) = &self.owner {
            owner.close().await;
        }
    }
}

/// Makes the database of a new directory, with its first person (D12).
pub async fn initialise(place: &Place, first: First<'_>) -> Result<(), Failure> {
    match place {
        Place::Directory(dir) => embedded::initialise(dir, first).await,
        Place::Unix(_) | Place::Loopback(_) | Place::Server(_) => Err(Failure::usage(
            "A server is set up on its own machine: rolod init",
            "服务器须在其所在主机上初始化：rolod init",
        )),
    }
}

/// Fills a new directory with believable data; answers the account to start with in a role, and its password.
pub async fn fill_demo(dir: &Path, lang: Lang, role: &str) -> Result<(String, SecretString), Failure> {
    embedded::fill_demo(dir, lang, role).await
}

/// Whether the place is a directory in which no database was made yet: the first start.
pub fn is_new(place: &Place) -> bool {
    match place {
        Place::Directory(dir) => embedded::is_new(dir),
        Place::Unix(_) | Place::Loopback(_) | Place::Server(_) => false,
    }
}

#[cfg(feature = "embedded")]
mod embedded {
    use std::{io, path::Path, sync::Arc};

    use futures::future::BoxFuture;
    use secrecy::SecretString;
    use tokio::sync::Mutex;

    use super::{
        super::wire::{Connector, Wire},
        Failure, First, Lang, Owner,
    };

    /// A directory that this process owns or may come to own.
    struct Directory {
        dir: std::path::PathBuf,
        handle: Mutex<Option<rolo_server::Handle>>,
    }

    impl Directory {
        async fn connect(&self) -> io::Result<Box<dyn Wire>> {
            // One opening at a time: two calls of one process must not race for the lock.
            let mut handle = self.handle.lock().await;
            if let Some(server) = handle.as_ref()
                && let Ok(stream) = server.connect().await
            {
                return Ok(Box::new(stream));
            }
            // A server that has ended gives the lock back; whoever asks next may have it.
            *handle = None;
            match rolo_server::Place::reach(&self.dir, rolo_server::Config::default())
                .await
                .map_err(io::Error::other)?
            {
                rolo_server::Reached::Owner(server) => {
                    let stream = server.connect().await.map_err(io::Error::other)?;
                    *handle = Some(server);
                    Ok(Box::new(stream))
                }
                rolo_server::Reached::Other(stream) => Ok(Box::new(stream)),
            }
        }
    }

    impl Owner for Directory {
        fn close(&self) -> BoxFuture<'_, ()> {
            Box::pin(async move {
                let server = self.handle.lock().await.take();
                if let Some(server) = server
                    && let Err(error) = server.shutdown().await
                {
                    tracing::error!(%error, "the server in this process ended badly");
                }
            })
        }
    }

    pub fn connector(dir: &Path) -> Result<(Connector, Arc<dyn Owner>), Failure> {
        let directory = Arc::new(Directory { dir: dir.to_owned(), handle: Mutex::new(None) });
        let shared = directory.clone();
        let connector: Connector = Arc::new(move || {
            let directory = shared.clone();
            Box::pin(async move { directory.connect().await })
        });
        Ok((connector, directory))
    }

    pub fn is_new(dir: &Path) -> bool {
        !rolo_server::is_initialised(dir)
    }

    pub async fn initialise(dir: &Path, first: First<'_>) -> Result<(), Failure> {
        let nameless = match first.lang {
            Lang::En => "My company",
            Lang::Zh => "我的公司",
        };
        let company = if first.company.trim().is_empty() { nameless } else { first.company.trim() };
        let options = rolo_server::InitOptions {
            company: company.to_owned(),
            language: code(first.lang).to_owned(),
            admin: first.name.to_owned(),
            password: Some(first.password.clone()),
            ..Default::default()
        };
        // Its refusals are those of a call, and are worded alike.
        rolo_server::init(dir, options).await.map(drop).map_err(|error| Failure::from(tonic::Status::from(error)))
    }

    const fn code(lang: Lang) -> &'static str {
        match lang {
            Lang::En => "en",
            Lang::Zh => "zh",
        }
    }

    pub async fn fill_demo(dir: &Path, lang: Lang, role: &str) -> Result<(String, SecretString), Failure> {
        let options = rolo_server::demo::Options { language: code(lang).to_owned(), ..Default::default() };
        let demo = rolo_server::demo::fill(dir, options).await;
        let demo = demo.map_err(|error| Failure::from(tonic::Status::from(error)))?;
        let account = demo.account(role).ok_or_else(|| {
            Failure::usage(format!("The demo has nobody who is {role}"), format!("演示数据中没有 {role} 角色的用户"))
        })?;
        Ok((account.to_owned(), demo.password.clone()))
    }
}

#[cfg(not(feature = "embedded"))]
mod embedded {
    use std::{path::Path, sync::Arc};

    use secrecy::SecretString;

    use super::{super::wire::Connector, Failure, First, Lang, Owner};

    pub fn connector(_: &Path) -> Result<(Connector, Arc<dyn Owner>), Failure> {
        Err(Failure::usage(
            "This rolo was built without a server: say where one is with --server unix:PATH|HOST:PORT",
            "此 rolo 未内置服务器：请用 --server unix:路径|主机:端口 指定服务器",
        ))
    }

    pub fn is_new(_: &Path) -> bool {
        false
    }

    pub async fn initialise(dir: &Path, _: First<'_>) -> Result<(), Failure> {
        connector(dir).map(drop)
    }

    pub async fn fill_demo(dir: &Path, _: Lang, _: &str) -> Result<(String, SecretString), Failure> {
        connector(dir).map(|_| Default::default())
    }
}

//! `rolo` without a command: the screens. They stand before the first call is made, so what is needed at once, the kept
//! token, is found by the place alone.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use futures::future::BoxFuture;
use secrecy::SecretString;
use tokio::task::JoinHandle;

use super::{Global, trust};
use crate::{
    app::{self, FirstPerson, Keeper},
    data::{
        Client, Failure, Place, Reason, State,
        connect::{self, First},
    },
};

/// What the screens need of the place.
struct Kept {
    place: Place,
    state: State,
    client: Client,
    /// Tokens being kept; waited for at the end.
    tasks: Mutex<Vec<JoinHandle<()>>>,
}

impl Keeper for Kept {
    fn is_new(&self) -> bool {
        connect::is_new(&self.place)
    }

    fn initialise<'a>(&'a self, first: &'a FirstPerson) -> BoxFuture<'a, Result<(), Failure>> {
        let FirstPerson { name, password, company, lang } = first;
        Box::pin(connect::initialise(&self.place, First { name, password, company, lang: *lang }))
    }

    fn drafts(&self, instance: &str, person: i64) -> Result<Option<PathBuf>, Failure> {
        self.state.drafts(instance, person).map(Some)
    }

    fn keep_token(&self, user: &str, token: Option<&SecretString>) {
        let (place, state, client) = (self.place.clone(), self.state.clone(), self.client.clone());
        let (user, token) = (user.to_owned(), token.cloned());
        // Which database it is may have to be asked first.
        let task = tokio::spawn(async move {
            let kept = async {
                let instance = client.instance().await?.id;
                state.remember(&place, &instance)?;
                let scope = place.scope(&instance);
                match token {
                    Some(token) => state.keep(&scope, &user, &token),
                    None => {
                        state.forget(&scope, &user);
                        Ok(())
                    }
                }
            };
            if let Err(error) = kept.await {
                tracing::warn!(%error, "the sign-in is not kept");
            }
        });
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner).push(task);
    }
}

/// Runs the screens on a place until the person leaves.
pub async fn run(global: &Global) -> Result<(), Failure> {
    let (place, state) = (global.place()?, State::open()?);
    trust::greet(&place, &state, global.language()).await?;
    let called = match &place {
        Place::Server(server) => server.name.clone().unwrap_or_else(|| server.address.host().to_owned()),
        Place::Directory(_) | Place::Unix(_) | Place::Loopback(_) => String::new(),
    };
    on(global, &place, state, called).await
}

/// Runs the screens; `called` is what the header calls the place.
pub async fn on(global: &Global, place: &Place, state: State, called: String) -> Result<(), Failure> {
    let (client, owner) = connect::client(place, &state)?;
    let scope = place.scope(&state.instance_at(place).unwrap_or_default());
    let kept = state.token(&scope, global.user.as_deref());
    let user = kept.as_ref().map(|(user, _)| user.clone());
    client.set_token(kept.map(|(_, token)| token));
    let options = app::Options {
        lang: global.said_language(),
        user: global.user.clone().or(user).or_else(|| state.last_user(&scope)),
        place: called,
        ..Default::default()
    };
    let keeper = Arc::new(Kept { place: place.clone(), state, client: client.clone(), tasks: Mutex::default() });
    let outcome = app::run(app::Connection { client, keeper: keeper.clone() }, options).await;
    let tasks = std::mem::take(&mut *keeper.tasks.lock().unwrap_or_else(PoisonError::into_inner));
    for task in tasks {
        // A task that panicked has been logged.
        let _ = task.await;
    }
    if let Some(owner) = owner {
        owner.close().await;
    }
    outcome.map_err(|error| Failure::local(Reason::Usage, format!("{error:#}"), format!("{error:#}")))
}

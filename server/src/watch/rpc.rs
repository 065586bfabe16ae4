//! WatchService.

use std::{
    pin::Pin,
    sync::Arc,
    time::{Duration, Instant},
};

use rolo_proto::v1::{self as pb, Kind, watch_service_server::WatchService};
use tokio::sync::{
    broadcast::{self, error::RecvError},
    mpsc,
};
use tokio_stream::{Stream, wrappers::ReceiverStream};
use tonic::{Request, Response, Status};

use super::{
    hub::{self, Batch, Event},
    places::Place,
    presence::Said,
    sight::{self, Departments, Sight},
};
use crate::{
    authz::Actor,
    db::{Tx, list::bounded},
    error::{Error, Fault, Result},
    kernel::Kernel,
    rpc::guard::{Caller, View},
    users,
};

/// A stream says something at least so often.
const BEAT: Duration = Duration::from_secs(20);
/// The session and the rights are looked at so often.
const LOOK: Duration = Duration::from_secs(1);
/// Messages that wait for a slow reader; then the watcher itself falls behind and is fed from the table.
const AHEAD: usize = 8;

/// The service.
#[derive(Debug)]
pub struct Service {
    /// The kernel.
    pub kernel: Kernel,
}

type Told = Result<pb::WatchResponse, Status>;

#[tonic::async_trait]
impl WatchService for Service {
    type WatchStream = Pin<Box<dyn Stream<Item = Told> + Send>>;

    async fn watch(&self, request: Request<pb::WatchRequest>) -> Result<Response<Self::WatchStream>, Status> {
        let caller = Caller::of(&request)?;
        let request = request.into_inner();
        bounded([request.kinds.len()])?;
        let place = self.kernel.watchers().take(caller.actor.user_id).ok_or(Error::Busy)?;
        let kinds = request
            .kinds
            .iter()
            .map(|kind| Kind::try_from(*kind).map_err(|_| Error::field("kinds", Fault::UnknownField)))
            .collect::<Result<Vec<_>>>()?;
        // From before the first look at the table: nothing falls between the two.
        let (batches, said) = (self.kernel.hub().subscribe(), self.kernel.presences().subscribe());
        let department = caller.actor.department_id;
        let departments = Arc::new(self.kernel.db().read(move |tx| Departments::load(tx, department)).await?);
        let (newest, oldest) = self.kernel.db().read(|tx| Ok((hub::newest(tx)?, hub::oldest(tx)?))).await?;
        let after = if request.after == 0 { newest } else { request.after };
        if after < 0 || after > newest || (after < newest && after + 1 < oldest) {
            return Err(Error::Resync.into());
        }
        let (tell, stream) = mpsc::channel(AHEAD);
        let watcher = Watcher {
            kernel: self.kernel.clone(),
            sight: Sight::new(Arc::clone(&caller.actor), departments),
            generation: caller.generation,
            caller,
            kinds,
            last: after,
            tell,
            _place: place,
        };
        tokio::spawn(watcher.run(batches, said));
        Ok(Response::new(Box::pin(ReceiverStream::new(stream))))
    }

    async fn get_sequence(
        &self,
        request: Request<pb::GetSequenceRequest>,
    ) -> Result<Response<pb::GetSequenceResponse>, Status> {
        let caller = Caller::of(&request)?;
        let newest = |view: &View<'_>| Ok(pb::GetSequenceResponse { sequence: hub::newest(view.tx)? });
        Ok(Response::new(self.kernel.view(&caller, newest).await?))
    }

    async fn set_presence(
        &self,
        request: Request<pb::SetPresenceRequest>,
    ) -> Result<Response<pb::SetPresenceResponse>, Status> {
        let caller = Caller::of(&request)?;
        let request = request.into_inner();
        let actor = Arc::clone(&caller.actor);
        let said = self.kernel.view(&caller, move |view| said(view, &actor, &request)).await?;
        let now = self.kernel.clock().now();
        let others = self.kernel.presences().set(caller.actor.session_id, said, now);
        Ok(Response::new(pb::SetPresenceResponse { others }))
    }
}

/// What the caller says of a record that they can see.
fn said(view: &View<'_>, actor: &Arc<Actor>, request: &pb::SetPresenceRequest) -> Result<Said> {
    let kind = Kind::try_from(request.kind).map_err(|_| Error::field("kind", Fault::UnknownField))?;
    let doing = pb::Doing::try_from(request.doing).map_err(|_| Error::field("doing", Fault::UnknownField))?;
    let owners = sight::of_record(view.tx, actor, kind, request.id)?;
    let user = users::store::user(view.tx, actor.user_id)?;
    let presence = pb::Presence { kind: kind.into(), id: request.id, user, doing: doing.into(), since: view.now };
    Ok(Said { presence, owners })
}

struct Watcher {
    kernel: Kernel,
    caller: Caller,
    sight: Sight,
    generation: u64,
    kinds: Vec<Kind>,
    /// Everything up to here was told, or was not for this person.
    last: i64,
    tell: mpsc::Sender<Told>,
    /// One of few that a person has.
    _place: Place,
}

impl Watcher {
    async fn run(mut self, mut batches: broadcast::Receiver<Batch>, mut said: broadcast::Receiver<Said>) {
        let ended = self.follow(&mut batches, &mut said).await;
        if let Err(error) = ended {
            let _ = self.tell.send(Err(error.into())).await;
        }
        self.kernel.presences().leave(self.caller.actor.session_id);
    }

    async fn follow(
        &mut self,
        batches: &mut broadcast::Receiver<Batch>,
        said: &mut broadcast::Receiver<Said>,
    ) -> Result<()> {
        let (kernel, tell) = (self.kernel.clone(), self.tell.clone());
        let now = kernel.clock().now();
        let present = self.kernel.presences().all(now);
        let first = self.presences(present.into_iter());
        self.send(Vec::new(), first).await?;
        self.catch_up().await?;
        let (mut spoke, mut checked) = (Instant::now(), Instant::now());
        let mut look = tokio::time::interval(LOOK);
        look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                batch = batches.recv() => match batch {
                    Ok(batch) if batch.first().is_some_and(|first| first.sequence > self.last + 1) => {
                        // The hub kept only its place while nobody was there.
                        self.catch_up().await?;
                    }
                    Ok(batch) => {
                        let events = self.told(&batch);
                        if !events.is_empty() {
                            self.send(events, Vec::new()).await?;
                            spoke = Instant::now();
                        }
                    }
                    Err(RecvError::Lagged(_)) => self.catch_up().await?,
                    Err(RecvError::Closed) => return Err(Error::Unavailable("the server stops".into())),
                },
                news = said.recv() => match news {
                    Ok(news) => {
                        let news = self.presences(std::iter::once(news));
                        if !news.is_empty() {
                            self.send(Vec::new(), news).await?;
                            spoke = Instant::now();
                        }
                    }
                    // Presence is said again every few seconds; what was missed is made good by that.
                    Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => return Err(Error::Unavailable("the server stops".into())),
                },
                _ = look.tick() => {
                    // A session runs out whether or not there is something to tell.
                    if checked.elapsed() >= BEAT || self.kernel.sessions().generation() != self.generation {
                        self.check().await?;
                        checked = Instant::now();
                    }
                    if spoke.elapsed() >= BEAT {
                        self.send(Vec::new(), Vec::new()).await?;
                        spoke = Instant::now();
                    }
                }
                () = kernel.closing() => return Err(Error::Unavailable("the server stops".into())),
                () = tell.closed() => return Ok(()),
            }
        }
    }

    /// Feeds from the table up to what the hub has sent.
    async fn catch_up(&mut self) -> Result<()> {
        loop {
            let after = self.last;
            let (events, oldest) =
                self.kernel.db().read(move |tx| Ok((hub::after(tx, after)?, hub::oldest(tx)?))).await?;
            if events.is_empty() {
                return Ok(());
            }
            if self.last + 1 < oldest {
                return Err(Error::Resync);
            }
            let full = events.len() as i64 == hub::BATCH;
            let told = self.told(&events);
            self.send(told, Vec::new()).await?;
            if !full {
                return Ok(());
            }
        }
    }

    /// What of these is new, and for this person.
    fn told(&mut self, events: &[Event]) -> Vec<pb::WatchEvent> {
        let mut told = Vec::new();
        for event in events {
            if event.sequence > self.last {
                self.last = event.sequence;
                told.extend(event.told(&self.sight, &self.kinds));
            }
        }
        told
    }

    fn presences(&self, said: impl Iterator<Item = Said>) -> Vec<pb::Presence> {
        let me = self.caller.actor.user_id;
        said.filter(|said| said.presence.user.as_ref().is_some_and(|user| user.id != me))
            .filter(|said| {
                let kind = Kind::try_from(said.presence.kind).unwrap_or_default();
                self.sight.reaches(kind, said.owners)
            })
            .map(|said| said.presence)
            .collect()
    }

    async fn send(&mut self, events: Vec<pb::WatchEvent>, presences: Vec<pb::Presence>) -> Result<()> {
        let response = pb::WatchResponse { events, sequence: self.last, presences };
        // Whoever went away is noticed by the loop.
        let _ = self.tell.send(Ok(response)).await;
        Ok(())
    }

    /// Ends the stream when the session has, or when rights or departments are no longer those it was opened with.
    async fn check(&mut self) -> Result<()> {
        let generation = self.kernel.sessions().generation();
        let (kernel, caller) = (self.kernel.clone(), self.caller.clone());
        let look = move |tx: &Tx<'_>| {
            Ok((kernel.still_open(tx, &caller)?, Departments::load(tx, caller.actor.department_id)?))
        };
        let (open, departments) = self.kernel.db().read(look).await?;
        let Some(actor) = open else { return Err(Error::Unauthenticated) };
        if actor != *self.caller.actor {
            return Err(Error::Resync);
        }
        self.sight = Sight::new(Arc::clone(&self.caller.actor), Arc::new(departments));
        self.generation = generation;
        Ok(())
    }
}

//! What a request does: calls, and nothing else. No model here; what comes back is a value.

mod read;

use read::{alike, among, assignees, contacts, counts, customers, follows, merge_look, preview, records, timeline};
use rolo_proto::v1::{self, Kind};
use tokio::sync::mpsc;

use super::{
    connection::{Connection, FirstPerson},
    effect::{Reply, Request, Target},
    files,
    msg::Msg,
};
use crate::{
    data::{
        Client, Failure,
        drafts::Desk,
        lookup::Lookup,
        opportunity::{self, Made},
    },
    resource::{self, Resource, WriteOptions, filter},
};

/// Hears how far long work is.
pub type Tell = std::sync::Arc<dyn Fn(u64, u64) + Send + Sync>;

/// What requests are done with.
#[derive(Clone)]
pub struct Performer {
    /// The way to the server.
    pub connection: Connection,
    /// Dictionaries and people, looked up once.
    pub lookup: Lookup,
    /// Where drafts are handed in.
    pub desk: Desk,
    /// Where it is told that they cannot be kept.
    pub troubles: Option<mpsc::UnboundedSender<Msg>>,
}

impl Performer {
    /// Over a connection.
    pub fn new(connection: Connection) -> Self {
        Self { lookup: Lookup::new(connection.client.clone()), connection, desk: Desk::default(), troubles: None }
    }

    /// Does a request. Long work tells how far it is: done of total.
    pub async fn perform(&self, request: Request, tell: Tell) -> Result<Reply, Failure> {
        let client = &self.connection.client;
        match request {
            Request::List(kind, query) => kind_of(kind)?.list(client, &query).await.map(Reply::Page),
            Request::Filter(kind, text, locale) => {
                filter::understand(kind_of(kind)?, &text, &locale, &self.lookup).await.map(Reply::Filter)
            }
            Request::Counts(kind) => counts(client, kind).await,
            Request::Get(kind, id) => kind_of(kind)?.get(client, id).await.map(record),
            Request::Create(kind, values, options) => {
                kind_of(kind)?.create(client, &values, &options).await.map(record)
            }
            Request::Update(kind, id, values, options) => {
                kind_of(kind)?.update(client, id, &values, &options).await.map(record)
            }
            Request::Delete(kind, targets) => each(client, kind, targets, true).await,
            Request::Restore(kind, targets) => each(client, kind, targets, false).await,
            Request::Opportunity(target, decision) => {
                match opportunity::make(client, target.id, target.revision, target.request_id, decision).await? {
                    Made::Changed(record) => Ok(Reply::Record(record)),
                    Made::Won(won) => Ok(Reply::Won(won)),
                }
            }
            Request::Priors(request) => opportunity::priors(client, request).await.map(Reply::Priors),
            Request::Settle(target) => {
                let request = v1::SettleNextContactRequest {
                    id: target.id,
                    revision: target.revision,
                    request_id: target.request_id,
                };
                let done: v1::Interaction =
                    client.call(request, |c, r| async move { c.interactions().settle_next_contact(r).await }).await?;
                Ok(Reply::Settled(done.id))
            }
            Request::Snooze(target, until) => {
                let request = v1::SnoozeNextContactRequest {
                    id: target.id,
                    until,
                    revision: target.revision,
                    request_id: target.request_id,
                };
                let done: v1::Interaction =
                    client.call(request, |c, r| async move { c.interactions().snooze_next_contact(r).await }).await?;
                Ok(Reply::Settled(done.id))
            }
            Request::Undo(request) => undo(client, request, tell).await.map(Reply::Undone),
            Request::PreviewBulk(request) => {
                let found: v1::PreviewBulkResponse =
                    client.call(*request, |c, r| async move { c.bulk().preview_bulk(r).await }).await?;
                Ok(Reply::Total(found.total.unwrap_or_default()))
            }
            Request::Bulk(request, cancel) => {
                let told = |step: &v1::BulkProgress| {
                    let count = |n: i64| u64::try_from(n).unwrap_or(0);
                    tell(count(step.done + step.unchanged + step.refused), count(step.total));
                };
                client.run_bulk(*request, &cancel, told).await.map(|done| Reply::Bulk(Box::new(done)))
            }
            Request::Alike(id, text) => alike(client, id, text).await,
            Request::PreviewMerge(keep_id, merge_id) => {
                let request = v1::PreviewMergeRequest { keep_id, merge_id };
                let look: v1::PreviewMergeResponse =
                    client.call(request, |c, r| async move { c.customers().preview_merge(r).await }).await?;
                Ok(Reply::MergeLook(Box::new(merge_look(look))))
            }
            Request::Merge(request) => {
                let done: v1::MergeCustomersResponse =
                    client.call(request, |c, r| async move { c.customers().merge_customers(r).await }).await?;
                Ok(Reply::Merged(Box::new(done)))
            }
            Request::Preview(id) => preview(client, id).await.map(Reply::Preview),
            Request::Timeline(request) => timeline(client, request).await.map(Reply::Timeline),
            Request::Duplicates(request) => {
                let found: v1::CheckDuplicatesResponse =
                    client.call(request, |c, r| async move { c.customers().check_duplicates(r).await }).await?;
                Ok(Reply::Duplicates(found.duplicates))
            }
            Request::Choices(dictionary) => {
                self.lookup.choices(dictionary).await.map(|all| Reply::Choices(all.iter().cloned().collect()))
            }
            Request::Users(text) => self.users(&text).await,
            Request::Customers(text) => customers(client, text).await,
            Request::Contacts(customer, text) => contacts(client, customer, text).await,
            Request::Assignees(text) => assignees(client, text).await,
            Request::Records(kind, text) => records(client, kind, text).await,
            Request::CountDue => client
                .call(v1::CountDueRequest {}, |c, r| async move { c.interactions().count_due(r).await })
                .await
                .map(Reply::Due),
            Request::Drafts(instance, person, now) => self.drafts(&instance, person, now).await,
            Request::Reach => client.with_attempts(1).instance().await.map(|_| Reply::Nothing),
            Request::Among(kind, query) => among(kind_of(kind)?, client, query).await.map(Reply::Page),
            Request::Presence(kind, id, doing) => {
                let request = v1::SetPresenceRequest { kind: kind.into(), id, doing: doing.into() };
                let said: v1::SetPresenceResponse =
                    client.call(request, |c, r| async move { c.watch().set_presence(r).await }).await?;
                Ok(Reply::Others(said.others))
            }
            Request::Notices(request) => {
                client.call(request, |c, r| async move { c.notices().list_notices(r).await }).await.map(Reply::Notices)
            }
            Request::MarkRead(request) => {
                let left: v1::CountUnreadResponse =
                    client.call(request, |c, r| async move { c.notices().mark_read(r).await }).await?;
                Ok(Reply::Unread(left.unread))
            }
            Request::Follows(kind, id) => follows(client, kind, id).await.map(Reply::Follows),
            Request::Follow(kind, id) => {
                let follow = !follows(client, kind, id).await?.follows;
                let request = v1::SetFollowRequest { kind: kind.into(), id, follow };
                client.call(request, |c, r| async move { c.notices().set_follow(r).await }).await.map(Reply::Follows)
            }
            Request::Views(kind, locale) => self.views(kind, &locale).await.map(Reply::Views),
            Request::CreateView(request) => {
                client.call(request, |c, r| async move { c.views().create_view(r).await }).await.map(view)
            }
            Request::UpdateView(request) => {
                client.call(request, |c, r| async move { c.views().update_view(r).await }).await.map(view)
            }
            Request::DeleteView(request) => {
                let _: v1::Changed = client.call(request, |c, r| async move { c.views().delete_view(r).await }).await?;
                Ok(Reply::Nothing)
            }
            Request::Session => client.session().await.map(session),
            Request::SignIn(name, password) => {
                let done = client.sign_in(&name, &password).await?;
                self.signed_in(&name).await;
                Ok(session(done))
            }
            Request::ChangePassword(old, new) => self.change_password(&old, &new).await,
            Request::SignOut(name) => {
                let ended: Result<v1::SignOutResponse, _> =
                    client.call(v1::SignOutRequest {}, |c, r| async move { c.sessions().sign_out(r).await }).await;
                self.connection.keeper.keep_token(&name, None);
                client.set_token(None);
                ended.map(|_| Reply::Nothing)
            }
            Request::Initialise(first) => self.initialise(&first).await,
            Request::Work(ask) => super::work::ask(client, ask).await.map(Reply::Work),
            Request::Export(kind, query, path, locale) => files::export(client, kind, query, path, locale, tell).await,
            Request::ImportLook(job) => files::look(&job).await,
            Request::ImportCheck(job) => files::check(client, &job, tell).await,
            Request::ImportRun(job) => files::import(client, &job, tell).await,
        }
    }

    async fn drafts(&self, instance: &str, person: i64, now: i64) -> Result<Reply, Failure> {
        let Some(dir) = self.connection.keeper.drafts(instance, person)? else { return Ok(Reply::Drafts(None)) };
        let troubles = self.troubles.clone();
        let tell = Box::new(move |failure| {
            if let Some(troubles) = &troubles {
                // The receiver is gone only when the program ends.
                let _ = troubles.send(Msg::NotKept(failure));
            }
        });
        self.desk.open(person, dir, now, tell).await.map(|found| Reply::Drafts(Some(found)))
    }

    async fn signed_in(&self, name: &str) {
        self.lookup.forget_choices().await;
        if let Some(token) = self.connection.client.token() {
            self.connection.keeper.keep_token(name, Some(&token));
        }
    }

    async fn initialise(&self, first: &FirstPerson) -> Result<Reply, Failure> {
        if self.connection.keeper.is_new() {
            self.connection.keeper.initialise(first).await?;
        }
        let done = self.connection.client.sign_in(&first.name, &first.password).await?;
        self.signed_in(&first.name).await;
        Ok(session(done))
    }

    async fn change_password(
        &self,
        old: &secrecy::SecretString,
        new: &secrecy::SecretString,
    ) -> Result<Reply, Failure> {
        use secrecy::ExposeSecret;
        let request = v1::ChangePasswordRequest {
            old_password: old.expose_secret().to_owned(),
            new_password: new.expose_secret().to_owned(),
        };
        let client = &self.connection.client;
        let _: v1::ChangePasswordResponse =
            client.call_once(request, |c, r| async move { c.sessions().change_password(r).await }).await?;
        client.session().await.map(session)
    }
}

/// The descriptor of a kind.
pub(super) fn kind_of(kind: Kind) -> Result<&'static dyn Resource, Failure> {
    resource::of(kind).ok_or_else(|| Failure::usage("an unknown kind of record", "未知的记录类型"))
}

fn record(record: resource::Record) -> Reply {
    Reply::Record(Box::new(record))
}

fn view(view: v1::SavedView) -> Reply {
    Reply::View(Box::new(view))
}

fn session(session: v1::Session) -> Reply {
    Reply::Session(Box::new(session))
}

/// Of what an undo kept, so many are shown.
const KEPT_SHOWN: usize = 500;

/// Takes back, or looks; the answer holds what was kept of all slices.
async fn undo(client: &Client, request: v1::UndoRequest, tell: Tell) -> Result<v1::UndoProgress, Failure> {
    let mut kept = Vec::new();
    let done = client.undo(request, |step| {
        kept.extend(step.kept_records.iter().take(KEPT_SHOWN.saturating_sub(kept.len())).cloned());
        let count = |n: i64| u64::try_from(n).unwrap_or(0);
        tell(count(step.done + step.kept), count(step.total));
    });
    let done = done.await?;
    Ok(v1::UndoProgress { kept_records: kept, ..done })
}

/// The same to several records, one call each; a refusal stops only its record.
async fn each(client: &Client, kind: Kind, targets: Vec<Target>, delete: bool) -> Result<Reply, Failure> {
    let resource = kind_of(kind)?;
    let single = targets.len() == 1;
    let (mut done, mut refused) = (Vec::new(), Vec::new());
    for target in targets {
        let options =
            WriteOptions { request_id: target.request_id, revision: target.revision, ..WriteOptions::default() };
        let outcome = if delete {
            resource.delete(client, target.id, &options).await
        } else {
            resource.restore(client, target.id, &options).await.map(|r| r.operation_id)
        };
        match outcome {
            Ok(operation) => done.push((target.id, operation)),
            // One refusal of one record is the call's own failure, with its retry.
            Err(failure) if single => return Err(failure),
            Err(failure) => refused.push((target.label, failure)),
        }
    }
    Ok(Reply::Done(done, refused))
}

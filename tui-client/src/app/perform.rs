//! What a request does: calls, and nothing else. No model here; what comes back is a value.

use rolo_proto::v1::{self, Kind, Total};
use tokio::sync::mpsc;

use super::{
    connection::{Connection, FirstPerson},
    effect::{MergeLook, Person, Preview, Reply, Request, Target},
    files,
    msg::Msg,
};
use crate::{
    data::{Client, Failure, drafts::Desk, lookup::Lookup},
    resource::{self, Link, ListQuery, Resource, WriteOptions, filter},
};

/// How many a picker shows.
const HANDFUL: i32 = 20;

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

    async fn users(&self, text: &str) -> Result<Reply, Failure> {
        let people = self.lookup.users(text, true).await?;
        let person = |u: v1::User| {
            let about = format!("{} {}", u.department, u.customers).trim().to_owned();
            Some(Person { user: u.user?, about })
        };
        Ok(Reply::Users(people.into_iter().filter_map(person).collect()))
    }
}

/// The descriptor of a kind.
pub(super) fn kind_of(kind: Kind) -> Result<&'static dyn Resource, Failure> {
    resource::of(kind).ok_or_else(|| Failure::usage("an unknown kind of record", "未知的记录类型"))
}

fn record(record: resource::Record) -> Reply {
    Reply::Record(Box::new(record))
}

fn session(session: v1::Session) -> Reply {
    Reply::Session(Box::new(session))
}

async fn counts(client: &Client, kind: Kind) -> Result<Reply, Failure> {
    let views = kind_of(kind)?.views();
    let at = |wire: i32| views.iter().position(|v| v.wire == wire);
    if kind == Kind::Customer {
        let reply: v1::CountViewsResponse =
            client.call(v1::CountViewsRequest {}, |c, r| async move { c.customers().count_views(r).await }).await?;
        let counts = reply.counts.into_iter().filter_map(|c| Some((at(c.view)?, c.total?)));
        return Ok(Reply::Counts(counts.collect()));
    }
    if kind == Kind::Opportunity {
        let request = v1::CountOpportunityViewsRequest {};
        let reply: v1::CountOpportunityViewsResponse =
            client.call(request, |c, r| async move { c.opportunities().count_opportunity_views(r).await }).await?;
        let counts = reply.counts.into_iter().filter_map(|c| Some((at(c.view)?, c.total?)));
        return Ok(Reply::Counts(counts.collect()));
    }
    let due: v1::CountDueResponse =
        client.call(v1::CountDueRequest {}, |c, r| async move { c.interactions().count_due(r).await }).await?;
    let buckets: [(v1::DueView, Option<Total>); 3] = [
        (v1::DueView::Today, due.today),
        (v1::DueView::Overdue, due.overdue),
        (v1::DueView::Next7Days, due.next_7_days),
    ];
    Ok(Reply::Counts(buckets.into_iter().filter_map(|(view, total)| Some((at(view as i32)?, total?))).collect()))
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

fn merge_look(look: v1::PreviewMergeResponse) -> MergeLook {
    let keep = resource::customer(look.keep.unwrap_or_default());
    let other = resource::customer(look.merge.unwrap_or_default());
    let fields = resource::of(Kind::Customer).map(|r| r.fields()).unwrap_or_default();
    let fields = look.differing.iter().filter_map(|name| {
        let index = fields.iter().position(|field| field.wire == Some(name.as_str()))?;
        Some((index, look.suggested.contains(name)))
    });
    MergeLook { fields: fields.collect(), keep, other, moving: look.moving }
}

/// Customers that may be one and the same as this one: duplicates first, then whose name holds this one's; or, once
/// something is typed, what it finds.
async fn alike(client: &Client, id: i64, typed: String) -> Result<Reply, Failure> {
    let is_itself = |found: &(v1::CustomerRef, String)| found.0.id == id;
    let mut found = Vec::new();
    let mut search = typed;
    if search.is_empty() {
        let request = v1::GetCustomerRequest { id, ..Default::default() };
        let it: v1::Customer = client.call(request, |c, r| async move { c.customers().get_customer(r).await }).await?;
        let request = v1::CheckDuplicatesRequest {
            name: it.name.clone(),
            party: it.party,
            tel: it.tel,
            usc_code: it.usc_code,
            external_id: it.external_id,
            except_id: id,
        };
        let duplicates: v1::CheckDuplicatesResponse =
            client.call(request, |c, r| async move { c.customers().check_duplicates(r).await }).await?;
        found.extend(duplicates.duplicates.into_iter().filter(|d| !d.deleted).filter_map(|d| {
            let customer = d.customer?;
            let owner = d.manager.as_ref().map_or("", crate::screen::show::user);
            let about = format!("{owner} {}", customer.number).trim().to_owned();
            Some((customer, about))
        }));
        search = it.name;
    }
    if let Reply::Customers(more) = customers(client, search).await? {
        let known: Vec<i64> = found.iter().map(|(customer, _)| customer.id).collect();
        found.extend(more.into_iter().filter(|(customer, _)| !known.contains(&customer.id)));
    }
    found.retain(|one| !is_itself(one));
    Ok(Reply::Customers(found))
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

async fn timeline(client: &Client, request: v1::ListTimelineRequest) -> Result<v1::ListTimelineResponse, Failure> {
    client.call(request, |c, r| async move { c.customers().list_timeline(r).await }).await
}

async fn preview(client: &Client, customer_id: i64) -> Result<Preview, Failure> {
    let request = v1::ListTimelineRequest { customer_id, page_size: 10, ..Default::default() };
    let people = v1::ListContactsRequest {
        filter: Some(v1::ContactFilter { customer_id, ..Default::default() }),
        page_size: 3,
        ..Default::default()
    };
    let (timeline, contacts) = tokio::join!(
        timeline(client, request),
        client.call(people, |c, r| async move { c.contacts().list_contacts(r).await })
    );
    let contacts: v1::ListContactsResponse = contacts?;
    Ok(Preview { timeline: timeline?.entries, contacts: contacts.contacts })
}

async fn customers(client: &Client, search: String) -> Result<Reply, Failure> {
    // Without a search, those of mine that changed last are the likeliest.
    let view = if search.is_empty() { v1::CustomerView::Recent } else { v1::CustomerView::All };
    let request = |view: v1::CustomerView| v1::ListCustomersRequest {
        filter: Some(v1::CustomerFilter { search: search.clone(), view: view as i32, ..Default::default() }),
        page_size: HANDFUL,
        ..Default::default()
    };
    let mut reply: v1::ListCustomersResponse =
        client.call(request(view), |c, r| async move { c.customers().list_customers(r).await }).await?;
    if reply.customers.is_empty() && search.is_empty() {
        let all = request(v1::CustomerView::All);
        reply = client.call(all, |c, r| async move { c.customers().list_customers(r).await }).await?;
    }
    let entry = |c: v1::Customer| {
        let about =
            c.manager.as_ref().map_or_else(|| c.no.clone(), |m| format!("{} {}", crate::screen::show::user(m), c.no));
        (v1::CustomerRef { id: c.id, number: c.no, name: c.name }, about)
    };
    Ok(Reply::Customers(reply.customers.into_iter().map(entry).collect()))
}

/// Whom an opportunity can be assigned to, with the work that they have.
async fn assignees(client: &Client, search: String) -> Result<Reply, Failure> {
    let request = v1::ListAssigneesRequest { search };
    let reply: v1::ListAssigneesResponse =
        client.call(request, |c, r| async move { c.opportunities().list_assignees(r).await }).await?;
    let person = |a: v1::Assignee| Some(Person { about: format!("{} {}", a.department, a.open), user: a.user? });
    Ok(Reply::Users(reply.assignees.into_iter().filter_map(person).collect()))
}

async fn records(client: &Client, kind: Kind, search: String) -> Result<Reply, Failure> {
    let query = ListQuery { search, page_size: HANDFUL, ..ListQuery::default() };
    let page = kind_of(kind)?.list(client, &query).await?;
    let entry = |r: resource::Record| (Link { kind, id: r.id, label: r.label }, String::new());
    Ok(Reply::Records(page.records.into_iter().map(entry).collect()))
}

async fn contacts(client: &Client, customer_id: i64, search: String) -> Result<Reply, Failure> {
    let request = v1::ListContactsRequest {
        filter: Some(v1::ContactFilter { customer_id, search, ..Default::default() }),
        page_size: HANDFUL,
        ..Default::default()
    };
    let reply: v1::ListContactsResponse =
        client.call(request, |c, r| async move { c.contacts().list_contacts(r).await }).await?;
    let entry = |c: v1::Contact| {
        let of = c.customer.map_or_else(String::new, |c| c.name);
        let about = if customer_id == 0 { of } else { c.position };
        (v1::ContactRef { id: c.id, name: c.name }, about)
    };
    Ok(Reply::Contacts(reply.contacts.into_iter().map(entry).collect()))
}

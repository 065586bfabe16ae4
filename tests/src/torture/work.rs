//! A client that writes, as the real one does, and remembers what it was told.

mod leads;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures::future::join_all;
use rolo_proto::v1::{self as pb, Kind};
use rolo_tui::data::{Client, Failure, Reason, scrub::Scrub, wire};
use tonic::{Response, Status};

pub use self::leads::Choices;
use self::leads::Lead;
use super::Random;
use crate::{ask::mask, world::reason};

/// A request's deadline: short, for a round is short. The real client waits five seconds.
const DEADLINE: Duration = Duration::from_millis(400);
/// Rows of one import: one job writes them, so they come together or not at all.
pub const ROWS: i64 = 20;
/// How often the rows of an import are sent at once when the queue is to be full: with 32 clients, more than it takes.
const COPIES: usize = 8;

/// How a write ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Acknowledged: the record.
    Ok(i64),
    /// Refused, each time it was sent, with this reason.
    Refused(String),
    /// Nobody knows, or a refusal after nobody knew.
    Unknown,
}

/// What a write is to leave behind, to be looked for in the database.
#[derive(Debug, Clone)]
pub enum Mark {
    /// A record of this kind with this name or title.
    Named(Kind, String),
    /// This address at this customer, once in its log.
    Address(i64, String),
    /// An audit row of this verb for this record, in the operation of the request.
    Verb(Kind, i64, &'static str),
    /// Rows of an import: names that begin so.
    Rows(String),
    /// So many opportunities assigned in one operation; as many as its row tells, if nobody told the client.
    Assigned(Option<i64>),
    /// An operation that takes this one back.
    Undo(i64),
    /// Nothing to be looked for.
    Nothing,
}

/// One write and its end.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The request's id.
    pub request_id: String,
    /// The RPC.
    pub method: &'static str,
    /// What it is to leave behind.
    pub mark: Mark,
    /// How it ended.
    pub outcome: Outcome,
    /// The creation as it was sent, to be sent once more after a restart.
    pub create: Option<pb::CreateCustomerRequest>,
}

/// A customer of this client's own; nobody else writes it.
struct Own {
    id: i64,
    deleted: bool,
    /// The operation of its last change of address, to be taken back.
    operation_id: i64,
    /// An interaction with an open next contact.
    talk: i64,
}

/// A client with its customers and its history.
pub struct Worker {
    number: usize,
    client: Client,
    random: Random,
    count: usize,
    own: Vec<Own>,
    leads: Vec<Lead>,
    choices: Choices,
    /// Everything that it asked for.
    pub history: Vec<Entry>,
}

/// A client over the proxy with a token.
pub fn client(address: std::net::SocketAddr, token: &str) -> Client {
    let client = Client::new(wire::loopback(address)).with_deadline(DEADLINE).with_attempts(5);
    client.set_token(Some(token.to_owned().into()));
    client
}

impl Worker {
    /// Client number so-and-so, with these opportunities for a begin.
    pub fn new(number: usize, client: Client, seed: u64, choices: Choices, leads: &[i64]) -> Self {
        let random = Random::new(seed.wrapping_mul(1_000).wrapping_add(number as u64));
        let leads = leads.iter().copied().map(Lead::new).collect();
        let (own, history) = (Vec::new(), Vec::new());
        Self { number, client, random, count: 0, own, leads, choices, history }
    }

    /// Writes one thing after another until told to stop; the rows of imports, many times over at once, while `burst` says so.
    pub async fn work(&mut self, stop: &AtomicBool, burst: &AtomicBool) {
        while !stop.load(Ordering::SeqCst) {
            if burst.load(Ordering::SeqCst) {
                self.import(COPIES).await;
            } else {
                self.write().await;
            }
        }
    }

    fn fresh(&mut self, what: &str) -> String {
        self.count += 1;
        format!("{what}{:02}-{:04}", self.number, self.count)
    }

    async fn write(&mut self) {
        if self.random.below(2) == 0 {
            return self.pursue().await;
        }
        let chosen = self.random.below(self.own.len().max(1) as u64) as usize;
        let Some(own) = self.own.get(chosen) else { return self.create().await };
        let (id, deleted, operation_id, talk) = (own.id, own.deleted, own.operation_id, own.talk);
        match self.random.below(20) {
            0..5 => self.create().await,
            _ if deleted => self.restore(chosen, id).await,
            5..10 => self.address(chosen, id).await,
            10..12 => self.delete(chosen, id).await,
            12..14 => self.contact(id).await,
            14..17 if talk == 0 => self.talk(chosen, id).await,
            14..17 => self.settle(chosen, talk).await,
            17..19 if operation_id > 0 => {
                self.take_back(operation_id).await;
                if let Some(own) = self.own.get_mut(chosen) {
                    own.operation_id = 0;
                }
            }
            17..19 => self.address(chosen, id).await,
            _ => self.import(1).await,
        }
    }

    /// Makes a call as the real client does and writes down how it ended.
    async fn call<Req, Res, F, Fut>(
        &mut self,
        request: Req,
        id: &str,
        method: &'static str,
        mark: Mark,
        run: F,
    ) -> Option<Res>
    where
        Req: Clone,
        Res: Scrub,
        F: Fn(Client, Req) -> Fut,
        Fut: Future<Output = Result<Response<Res>, Status>>,
    {
        let (answer, outcome) = attempts(&self.client, request, run).await;
        let entry = Entry { request_id: id.into(), method, mark, outcome, create: None };
        self.history.push(entry);
        answer
    }

    fn acknowledge(&mut self, record: i64) {
        if let Some(entry) = self.history.last_mut() {
            entry.outcome = Outcome::Ok(record);
        }
    }

    async fn create(&mut self) {
        let name = self.fresh("T");
        let entry = create(&self.client, name).await;
        if let Outcome::Ok(id) = entry.outcome {
            self.own.push(Own { id, deleted: false, operation_id: 0, talk: 0 });
        }
        self.history.push(entry);
    }

    async fn address(&mut self, chosen: usize, id: i64) {
        let (address, request_id) = (self.fresh("street "), self.fresh("r"));
        let request = pb::UpdateCustomerRequest {
            id,
            customer: Some(pb::CustomerInput { address: address.clone(), ..Default::default() }),
            update_mask: mask(&["address"]),
            request_id: request_id.clone(),
            ..Default::default()
        };
        let mark = Mark::Address(id, address);
        let run = |c: Client, r| async move { c.customers().update_customer(r).await };
        let done: Option<pb::Customer> = self.call(request, &request_id, "UpdateCustomer", mark, run).await;
        self.acknowledged(done.as_ref().map(|_| id));
        if let Some(own) = self.own.get_mut(chosen) {
            own.operation_id = done.map_or(0, |customer| customer.operation_id);
        }
    }

    fn acknowledged(&mut self, record: Option<i64>) {
        if let Some(record) = record {
            self.acknowledge(record);
        }
    }

    /// The revision of a customer as it is now; none if the server does not say.
    async fn seen(&self, id: i64) -> Option<i64> {
        let request = pb::GetCustomerRequest { id, ..Default::default() };
        let seen = self.client.call(request, |c, r| async move { c.customers().get_customer(r).await }).await;
        seen.ok().map(|customer: pb::Customer| customer.revision)
    }

    async fn delete(&mut self, chosen: usize, id: i64) {
        let Some(revision) = self.seen(id).await else { return };
        let request_id = self.fresh("r");
        let request = pb::DeleteCustomerRequest { id, revision, request_id: request_id.clone() };
        let mark = Mark::Verb(Kind::Customer, id, "delete");
        let run = |c: Client, r| async move { c.customers().delete_customer(r).await };
        let done: Option<pb::Changed> = self.call(request, &request_id, "DeleteCustomer", mark, run).await;
        self.acknowledged(done.as_ref().map(|_| id));
        self.turned(chosen, true);
    }

    async fn restore(&mut self, chosen: usize, id: i64) {
        let Some(revision) = self.seen(id).await else { return };
        let request_id = self.fresh("r");
        let request = pb::RestoreCustomerRequest { id, revision, request_id: request_id.clone() };
        let mark = Mark::Verb(Kind::Customer, id, "restore");
        let run = |c: Client, r| async move { c.customers().restore_customer(r).await };
        let done: Option<pb::Customer> = self.call(request, &request_id, "RestoreCustomer", mark, run).await;
        self.acknowledged(done.as_ref().map(|_| id));
        self.turned(chosen, false);
    }

    /// A customer went to the recycle bin or came back; one of which nobody knows is left alone.
    fn turned(&mut self, chosen: usize, deleted: bool) {
        match self.history.last().map(|entry| &entry.outcome) {
            Some(Outcome::Ok(_)) => {
                if let Some(own) = self.own.get_mut(chosen) {
                    (own.deleted, own.operation_id, own.talk) = (deleted, 0, 0);
                }
            }
            Some(Outcome::Unknown) => drop(self.own.swap_remove(chosen)),
            _ => {}
        }
    }

    async fn contact(&mut self, customer_id: i64) {
        let (name, request_id) = (self.fresh("C"), self.fresh("r"));
        let contact = pb::ContactInput { customer_id, name: name.clone(), ..Default::default() };
        let request =
            pb::CreateContactRequest { contact: Some(contact), request_id: request_id.clone(), ..Default::default() };
        let mark = Mark::Named(Kind::Contact, name);
        let run = |c: Client, r| async move { c.contacts().create_contact(r).await };
        let done: Option<pb::Contact> = self.call(request, &request_id, "CreateContact", mark, run).await;
        self.acknowledged(done.map(|contact| contact.id));
    }

    async fn talk(&mut self, chosen: usize, customer_id: i64) {
        let (title, request_id) = (self.fresh("I"), self.fresh("r"));
        let interaction = pb::InteractionInput {
            customer_id,
            title: title.clone(),
            // Far enough that no jump of the clock passes it.
            next_contact_at: Some(4_000_000_000_000),
            ..Default::default()
        };
        let request = pb::CreateInteractionRequest {
            interaction: Some(interaction),
            request_id: request_id.clone(),
            ..Default::default()
        };
        let mark = Mark::Named(Kind::Interaction, title);
        let run = |c: Client, r| async move { c.interactions().create_interaction(r).await };
        let done: Option<pb::Interaction> = self.call(request, &request_id, "CreateInteraction", mark, run).await;
        self.acknowledged(done.as_ref().map(|talk| talk.id));
        if let (Some(own), Some(talk)) = (self.own.get_mut(chosen), done) {
            own.talk = talk.id;
        }
    }

    async fn settle(&mut self, chosen: usize, id: i64) {
        let get = pb::GetInteractionRequest { id };
        let seen = self.client.call(get, |c, r| async move { c.interactions().get_interaction(r).await }).await;
        let Ok(pb::Interaction { revision, .. }) = seen else { return };
        let request_id = self.fresh("r");
        let request = pb::SettleNextContactRequest { id, revision, request_id: request_id.clone() };
        let mark = Mark::Verb(Kind::Interaction, id, "settle");
        let run = |c: Client, r| async move { c.interactions().settle_next_contact(r).await };
        let done: Option<pb::Interaction> = self.call(request, &request_id, "SettleNextContact", mark, run).await;
        self.acknowledged(done.as_ref().map(|_| id));
        if let Some(own) = self.own.get_mut(chosen) {
            own.talk = 0;
        }
    }

    async fn take_back(&mut self, operation_id: i64) {
        let request_id = self.fresh("r");
        let request = pb::UndoRequest { operation_id, request_id: request_id.clone(), ..Default::default() };
        let outcome = match self.client.undo(request, |_| {}).await {
            Ok(done) if done.kept == 0 => Outcome::Ok(operation_id),
            // Something that was on its way came in between.
            Ok(_) => Outcome::Unknown,
            // Not every attempt is seen from here.
            Err(failure) if !expected(&failure) => Outcome::Refused(failure.reason.code().into()),
            Err(_) => Outcome::Unknown,
        };
        self.history.push(Entry { request_id, method: "Undo", mark: Mark::Undo(operation_id), outcome, create: None });
    }

    /// An import, whose rows are sent so many times at once.
    async fn import(&mut self, copies: usize) {
        let (file, request_id) = (self.fresh("M"), self.fresh("r"));
        let options = pb::ImportOptions {
            kind: Kind::Customer.into(),
            fields: vec!["name".into()],
            existing: pb::Existing::Refuse.into(),
            ..Default::default()
        };
        let request = pb::StartImportRequest {
            options: Some(options),
            file_name: file.clone(),
            file_hash: blake3::hash(file.as_bytes()).as_bytes().to_vec(),
            request_id: request_id.clone(),
        };
        let run = |c: Client, r| async move { c.imports().start_import(r).await };
        let begun: Option<pb::ImportStatus> = self.call(request, &request_id, "StartImport", Mark::Nothing, run).await;
        let Some(begun) = begun else { return };
        self.acknowledge(begun.id);
        let rows = (0..ROWS).map(|line| pb::ImportRow { line, cells: vec![format!("{file}-{line:02}")] }).collect();
        let request = pb::WriteRowsRequest { import_id: begun.id, first_row: 0, rows };
        let run = |c: Client, r| async move { c.imports().write_rows(r).await };
        let sent = (0..copies).map(|_| attempts::<_, pb::WriteRowsResponse, _, _>(&self.client, request.clone(), run));
        let outcomes: Vec<_> = join_all(sent).await.into_iter().map(|(_, outcome)| outcome).collect();
        let known = |wanted: &Outcome| outcomes.contains(wanted).then(|| wanted.clone());
        // The rows are one thing, however often they were sent.
        let outcome = known(&Outcome::Ok(0)).or_else(|| known(&Outcome::Unknown)).or_else(|| outcomes.first().cloned());
        let outcome = outcome.unwrap_or(Outcome::Unknown);
        let written = outcome == Outcome::Ok(0);
        let (request_id, mark) = (String::new(), Mark::Rows(file));
        self.history.push(Entry { request_id, method: "WriteRows", mark, outcome, create: None });
        if !written {
            return;
        }
        let request = pb::FinishImportRequest { import_id: begun.id };
        let run = |c: Client, r| async move { c.imports().finish_import(r).await };
        let finished: Option<pb::ImportStatus> = self.call(request, "", "FinishImport", Mark::Nothing, run).await;
        self.acknowledged(finished.map(|status| status.id));
    }
}

/// A new customer, by itself.
pub async fn create(client: &Client, name: String) -> Entry {
    let request_id = format!("create {name}");
    let request = pb::CreateCustomerRequest {
        customer: Some(pb::CustomerInput { name: name.clone(), ..Default::default() }),
        request_id: request_id.clone(),
        ..Default::default()
    };
    let run = |c: Client, r| async move { c.customers().create_customer(r).await };
    let (answer, mut outcome) = attempts(client, request.clone(), run).await;
    if let Some(id) = answer.and_then(|made: pb::CreateCustomerResponse| made.customer).map(|customer| customer.id) {
        outcome = Outcome::Ok(id);
    }
    let mark = Mark::Named(Kind::Customer, name);
    Entry { request_id, method: "CreateCustomer", mark, outcome, create: Some(request) }
}

/// Whether a failure is one of the world, not a defect of the server's.
fn expected(failure: &Failure) -> bool {
    matches!(failure.reason, Reason::Unavailable | Reason::Busy | Reason::ReadOnly | Reason::Internal)
}

/// Makes a call until its outcome is known, and looks at each attempt: one that nobody answered leaves it open, whatever
/// the next one is told.
async fn attempts<Req, Res, F, Fut>(client: &Client, request: Req, run: F) -> (Option<Res>, Outcome)
where
    Req: Clone,
    Res: Scrub,
    F: Fn(Client, Req) -> Fut,
    Fut: Future<Output = Result<Response<Res>, Status>>,
{
    let unsure = Arc::new(AtomicBool::new(false));
    let attempt = |client: Client, request: Req| {
        let (unsure, answer) = (Arc::clone(&unsure), run(client, request));
        async move {
            let before = unsure.swap(true, Ordering::SeqCst);
            let answer = answer.await;
            if answer.as_ref().err().is_none_or(is_refusal) {
                unsure.store(before, Ordering::SeqCst);
            }
            answer
        }
    };
    match client.call(request, attempt).await {
        Ok(answer) => (Some(answer), Outcome::Ok(0)),
        Err(_) if unsure.load(Ordering::SeqCst) => (None, Outcome::Unknown),
        Err(failure) => (None, Outcome::Refused(failure.reason.code().into())),
    }
}

/// The server itself said no, and says that nothing was written.
fn is_refusal(status: &Status) -> bool {
    use tonic_types::StatusExt;
    status.get_error_details().error_info().is_some() && reason(status) != "UNAVAILABLE"
}

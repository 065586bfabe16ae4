//! ImportService.

use std::{collections::HashSet, sync::Arc};

use rolo_proto::{
    number::Currency,
    v1::{self as pb, Kind, import_service_server::ImportService},
};
use tonic::{Request, Response, Status};

use super::{
    cells::{DateOrder, Dates},
    lookups::Lookups,
    record::Reader,
    rows::Desk,
    rules::{Existing, Layout, Sheet},
    store::{self, Import},
};
use crate::{
    audit::Refusal,
    authz::{Actor, Permission},
    change::Change,
    db::{
        Lane, Write,
        list::{Key, Position},
        search,
    },
    error::{Error, Fault, Result},
    kernel::Kernel,
    rpc::{
        guard::{Call, Caller, View},
        page::{Binding, size},
    },
    settings::Settings,
};

/// The most rows of a look, and of a write.
const MOST_LOOKED: usize = 200;
const MOST_WRITTEN: usize = 1_000;
/// Rows that one job writes: it holds the writer for that long, and people wait.
const JOB_ROWS: usize = 50;

/// So many rows are a large import.
const TIDY: i64 = 1_000;

/// The service.
#[derive(Debug)]
pub struct Service {
    /// The kernel.
    pub kernel: Kernel,
}

#[tonic::async_trait]
impl ImportService for Service {
    async fn check_rows(
        &self,
        request: Request<pb::CheckRowsRequest>,
    ) -> Result<Response<pb::CheckRowsResponse>, Status> {
        let caller = Caller::of(&request)?;
        let request = request.into_inner();
        Ok(Response::new(self.kernel.view(&caller, move |view| check_rows(view, &request)).await?))
    }

    async fn start_import(
        &self,
        request: Request<pb::StartImportRequest>,
    ) -> Result<Response<pb::ImportStatus>, Status> {
        let caller = Caller::of(&request)?;
        let mut request = request.into_inner();
        let options = request.options.get_or_insert_default();
        if options.existing == pb::Existing::Unspecified as i32 {
            options.existing = pb::Existing::Skip.into();
        }
        layout(options)?;
        bounded(&request)?;
        let call = Call::new("StartImport", Kind::Import, 0, &request.request_id, &canonical(&request));
        let status = self
            .kernel
            .change(
                &caller,
                Lane::People,
                call,
                move |change, _| {
                    change.actor.require(Permission::Import)?;
                    store::start(change, &request)
                },
                |view, done| {
                    let status = store::load(view.tx, view.actor, done.id)?.status;
                    Ok(pb::ImportStatus { resumed: done.revision > 1, ..status })
                },
            )
            .await?;
        Ok(Response::new(status))
    }

    async fn write_rows(
        &self,
        request: Request<pb::WriteRowsRequest>,
    ) -> Result<Response<pb::WriteRowsResponse>, Status> {
        let caller = Caller::of(&request)?;
        let pb::WriteRowsRequest { import_id, first_row, rows } = request.into_inner();
        bound_rows(rows.len(), MOST_WRITTEN)?;
        self.prepare(&caller, import_id, &rows);
        let mut jobs = Vec::new();
        let mut rest = rows.into_iter().peekable();
        let mut first = first_row;
        while rest.peek().is_some() {
            let rows: Vec<_> = rest.by_ref().take(JOB_ROWS).collect();
            let start = first;
            first = first.saturating_add(rows.len() as i64);
            jobs.push(self.write(&caller, "WriteRows", import_id, move |write, actor, settings| {
                write_slice(write, actor, settings, import_id, start, &rows)
            }));
        }
        // Queued together and in order (`join_all` starts them so), they share commits; one that finds the rows before
        // it unwritten refuses its own.
        let mut answer = pb::WriteRowsResponse::default();
        for slice in futures::future::join_all(jobs).await {
            let (outcomes, status) = slice?;
            answer.outcomes.extend(outcomes);
            answer.status = Some(status);
        }
        Ok(Response::new(answer))
    }

    async fn finish_import(
        &self,
        request: Request<pb::FinishImportRequest>,
    ) -> Result<Response<pb::ImportStatus>, Status> {
        let caller = Caller::of(&request)?;
        let id = request.into_inner().import_id;
        let import = self
            .write(&caller, "FinishImport", id, move |write, actor, _| {
                let before = store::load(write.tx, actor, id)?;
                store::finish(write.tx, &before.status, write.now)?;
                store::load(write.tx, actor, id)
            })
            .await?;
        self.tidy(import.options.kind(), &import.status);
        Ok(Response::new(import.status))
    }

    async fn get_import(&self, request: Request<pb::GetImportRequest>) -> Result<Response<pb::ImportStatus>, Status> {
        let caller = Caller::of(&request)?;
        let id = request.into_inner().import_id;
        let import = self.kernel.view(&caller, move |view| store::load(view.tx, view.actor, id)).await?;
        Ok(Response::new(import.status))
    }

    async fn list_import_faults(
        &self,
        request: Request<pb::ListImportFaultsRequest>,
    ) -> Result<Response<pb::ListImportFaultsResponse>, Status> {
        let caller = Caller::of(&request)?;
        let request = request.into_inner();
        Ok(Response::new(self.kernel.view(&caller, move |view| list_faults(view, request)).await?))
    }
}

impl Service {
    /// Has what the search index needs of new names ready before the writer comes to them; nobody waits for it, and what
    /// is not ready in time the writer does itself.
    fn prepare(&self, caller: &Caller, import_id: i64, rows: &[pb::ImportRow]) {
        let rows: Vec<Vec<String>> = rows.iter().skip(JOB_ROWS / 2).map(|row| row.cells.clone()).collect();
        let (kernel, caller) = (self.kernel.clone(), caller.clone());
        let db = kernel.db().clone();
        let prepare = move |view: &View<'_>| {
            let options = store::load(view.tx, view.actor, import_id)?.options;
            let name = match options.kind() {
                Kind::Customer => "name",
                Kind::Opportunity => "customer_name",
                _ => return Ok(()),
            };
            if let Some(at) = options.fields.iter().position(|field| field == name) {
                rows.iter().filter_map(|cells| cells.get(at)).for_each(|name| db.searches().prepare(name));
            }
            Ok(())
        };
        tokio::spawn(async move {
            // Whether the caller may see the import at all, the write itself will say.
            let _ = kernel.view(&caller, prepare).await;
        });
    }

    /// Puts the search index in order after a large import. Not done to the end, searches are slower, not wrong.
    fn tidy(&self, kind: Kind, status: &pb::ImportStatus) {
        let written = status.created + status.updated;
        if written < TIDY {
            return;
        }
        let index = if kind == Kind::Opportunity { &search::OPPORTUNITIES } else { &search::CUSTOMERS };
        self.kernel.db().write_lossy(move |write| index.gather(write.tx, written));
    }

    /// A write that repeats itself safely without a request id: what it does is kept with the import.
    async fn write<R: Send + 'static>(
        &self,
        caller: &Caller,
        method: &'static str,
        import_id: i64,
        act: impl FnOnce(&mut Write<'_>, &Actor, &Settings) -> Result<R> + Send + 'static,
    ) -> Result<R> {
        let (kernel, caller) = (self.kernel.clone(), caller.clone());
        self.kernel
            .db()
            .write(Lane::Feeds, move |write| {
                let actor: Arc<Actor> = kernel.current(write.tx, &caller)?;
                let settings = kernel.settings();
                let answer = actor.require(Permission::Import).and_then(|_| act(write, &actor, &settings));
                let (user_id, session_id) = (actor.user_id, actor.session_id);
                let refusal = Refusal { user_id, session_id, method, kind: Kind::Import, record_id: import_id };
                answer.map_err(|cause| kernel.refused(refusal, cause))
            })
            .await
    }
}

fn bound_rows(rows: usize, most: usize) -> Result<()> {
    match rows {
        0 => Err(Error::field("rows", Fault::Required)),
        rows if rows <= most => Ok(()),
        _ => Err(Error::field("rows", Fault::OutOfRange(1, most as i64))),
    }
}

fn bounded(request: &pb::StartImportRequest) -> Result<()> {
    if !(1..=64).contains(&request.file_hash.len()) {
        return Err(Error::field("file_hash", Fault::OutOfRange(1, 64)));
    }
    if request.file_name.chars().count() > 500 {
        return Err(Error::field("file_name", Fault::TooLong(500)));
    }
    Ok(())
}

/// The request as it is recognised again: a map has no order when it is encoded, a list has one.
fn canonical(request: &pb::StartImportRequest) -> pb::StartImportRequest {
    let mut canonical = request.clone();
    let options = canonical.options.get_or_insert_default();
    let mut defaults: Vec<_> = std::mem::take(&mut options.defaults).into_iter().collect();
    defaults.sort();
    options.fields.extend(defaults.into_iter().map(|(field, text)| [field, text].join("=")));
    canonical
}

/// What the options say of the columns.
fn layout(options: &pb::ImportOptions) -> Result<Layout> {
    let sheet = match options.kind() {
        Kind::Customer => Sheet::Customers,
        Kind::Contact => Sheet::Contacts,
        Kind::Interaction => Sheet::Interactions,
        Kind::Product => Sheet::Products,
        Kind::Opportunity => Sheet::Opportunities,
        other => return Err(Error::field("kind", Fault::UnknownChoice(other.as_str_name().into()))),
    };
    let existing = match options.existing() {
        pb::Existing::Unspecified | pb::Existing::Skip => Existing::Skip,
        pb::Existing::Update => Existing::Update,
        pb::Existing::Refuse => Existing::Refuse,
    };
    Layout::new(sheet, existing, &options.fields, &options.defaults)
}

fn desk<'a>(
    actor: &'a Actor,
    settings: &'a Settings,
    layout: &'a Layout,
    options: &pb::ImportOptions,
    operation_id: Option<i64>,
) -> Result<Desk<'a>> {
    let order = match options.date_order() {
        pb::DateOrder::Unspecified => DateOrder::Unknown,
        pb::DateOrder::Dmy => DateOrder::DayFirst,
        pb::DateOrder::Mdy => DateOrder::MonthFirst,
    };
    let reader = Reader {
        actor,
        scope: actor.require(Permission::Import)?,
        layout,
        dates: Dates { zone: settings.time_zone, order },
        currency: Currency::of(&settings.currency),
        lookups: Lookups::default(),
    };
    let create_missing = options.create_missing;
    Ok(Desk { reader, settings, create_missing, missing: Vec::new(), operation_id, made: HashSet::new() })
}

fn check_rows(view: &View<'_>, request: &pb::CheckRowsRequest) -> Result<pb::CheckRowsResponse> {
    bound_rows(request.rows.len(), MOST_LOOKED)?;
    let options = request.options.clone().unwrap_or_default();
    let layout = layout(&options)?;
    let mut desk = desk(view.actor, view.settings, &layout, &options, None)?;
    let outcomes = request.rows.iter().map(|row| desk.look(view.tx, row)).collect::<Result<_>>()?;
    let missing = desk.missing.into_iter().map(|(one, rows)| pb::MissingValue {
        field: one.field,
        r#type: one.what.word().to_owned(),
        text: one.text,
        rows,
    });
    Ok(pb::CheckRowsResponse { outcomes, missing: missing.collect() })
}

/// Writes the rows of one job and moves the import on, in the job's transaction.
fn write_slice(
    write: &mut Write<'_>,
    actor: &Actor,
    settings: &Settings,
    import_id: i64,
    first_row: i64,
    rows: &[pb::ImportRow],
) -> Result<(Vec<pb::RowOutcome>, pb::ImportStatus)> {
    let tx = write.tx;
    let Import { options, mut status, undone } = store::load(tx, actor, import_id)?;
    if first_row < 0 || first_row > status.next_row {
        return Err(Error::field("first_row", Fault::OutOfRange(0, status.next_row)));
    }
    let known = usize::try_from(status.next_row - first_row).unwrap_or(usize::MAX).min(rows.len());
    let (before, fresh) = rows.split_at_checked(known).unwrap_or((rows, &[]));
    let mut outcomes = Vec::with_capacity(rows.len());
    for (number, row) in (first_row..).zip(before) {
        outcomes.push(store::stored(tx, import_id, number, row.line)?);
    }
    if fresh.is_empty() {
        return Ok((outcomes, status));
    }
    if undone || status.finished {
        return Err(Error::InvalidState(if undone { "undone" } else { "finished" }.into()));
    }
    let layout = layout(&options)?;
    let mut change = Change::new(write, actor, "StartImport", true);
    change.operation_id = Some(status.operation_id);
    let mut half_written = false;
    let whole = change.attempt(|change| {
        let mut desk = desk(actor, settings, &layout, &options, change.operation_id)?;
        let mut written = Vec::with_capacity(fresh.len());
        for row in fresh {
            let outcome = desk.write_lightly(change, row)?;
            half_written = outcome.is_none();
            // Whatever the error: what it answers is not looked at.
            written.push(outcome.ok_or(Error::NotFound)?);
        }
        Ok(written)
    });
    let written = match whole {
        // Anything else says that the rows before could not be taken back.
        Err(Error::NotFound) if half_written => {
            let mut desk = desk(actor, settings, &layout, &options, change.operation_id)?;
            fresh.iter().map(|row| desk.write(&mut change, row)).collect::<Result<_>>()?
        }
        whole => whole?,
    };
    for outcome in written {
        store::record(tx, &mut status, &outcome)?;
        outcomes.push(outcome);
    }
    store::save(tx, &status)?;
    Ok((outcomes, status))
}

fn list_faults(view: &View<'_>, mut request: pb::ListImportFaultsRequest) -> Result<pb::ListImportFaultsResponse> {
    let rows = size(request.page_size, false);
    let token = std::mem::take(&mut request.page_token);
    request.page_size = 0;
    let binding = Binding::new(view.settings, view.actor, "ListImportFaults", &request);
    let after = binding.open(&token)?.map(|bytes| Position::decode(&bytes)).transpose()?;
    let import = store::load(view.tx, view.actor, request.import_id)?;
    let mut faults = store::faults(view.tx, import.status.id, after.map_or(0, |last| last.id + 1), rows + 1)?;
    let more = faults.len() > rows;
    faults.truncate(rows);
    let next =
        faults.last().filter(|_| more).map(|(row, _)| Position { part: 0, key: Key::Int(*row), id: *row }.encode());
    let rows = faults.into_iter().map(|(row, outcome)| pb::list_import_faults_response::Row {
        row,
        line: outcome.line,
        faults: outcome.faults,
    });
    Ok(pb::ListImportFaultsResponse { rows: rows.collect(), next_page_token: binding.seal(next.as_deref()) })
}

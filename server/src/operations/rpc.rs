//! OperationService.

use std::pin::Pin;

use prost::Message;
use rolo_proto::v1::{self as pb, Kind, operation_service_server::OperationService};
use tokio::sync::mpsc;
use tokio_stream::{Stream, wrappers::ReceiverStream};
use tonic::{Request, Response, Status};

use super::undo::{self, Operation, Progress};
use crate::{
    audit::Refusal,
    authz::Actor,
    change::Change,
    db::{
        Lane, Tx, Write,
        list::{Key, Position},
        params,
    },
    error::{Error, Fault, Result},
    kernel::Kernel,
    rpc::{
        guard::{Caller, View},
        page::{Binding, size},
    },
};

/// The service.
#[derive(Debug)]
pub struct Service {
    /// The kernel.
    pub kernel: Kernel,
}

#[tonic::async_trait]
impl OperationService for Service {
    type UndoStream = Pin<Box<dyn Stream<Item = Result<pb::UndoProgress, Status>> + Send>>;

    async fn undo(&self, request: Request<pb::UndoRequest>) -> Result<Response<Self::UndoStream>, Status> {
        let caller = Caller::of(&request)?;
        let request = request.into_inner();
        let (progress, stream) = mpsc::channel(1);
        let kernel = self.kernel.clone();
        if request.preview {
            let chosen =
                kernel.view(&caller, move |view| undo::choose(view.tx, view.actor, view.now, &request)).await?;
            tokio::spawn(async move {
                if let Err(error) = kernel.preview_undo(&caller, chosen, &progress).await {
                    let _ = progress.send(Err(error.into())).await;
                }
            });
        } else {
            let begun = kernel.begin_undo(&caller, request).await?;
            tokio::spawn(async move {
                // A caller who goes away stops the work after the slice under way; asking again goes on with it.
                if let Err(error) = kernel.undo(&caller, begun, &progress).await {
                    let _ = progress.send(Err(error.into())).await;
                }
            });
        }
        Ok(Response::new(Box::pin(ReceiverStream::new(stream))))
    }

    async fn list_operations(
        &self,
        request: Request<pb::ListOperationsRequest>,
    ) -> Result<Response<pb::ListOperationsResponse>, Status> {
        let caller = Caller::of(&request)?;
        let request = request.into_inner();
        Ok(Response::new(self.kernel.view(&caller, move |view| list(view, &request)).await?))
    }
}

impl Kernel {
    /// Finds what is to be taken back; the same request finds the same again.
    async fn begin_undo(&self, caller: &Caller, request: pb::UndoRequest) -> Result<Operation> {
        if request.request_id.is_empty() || request.request_id.len() > 64 {
            return Err(Error::field("request_id", Fault::Malformed("request_id")));
        }
        let actor = std::sync::Arc::clone(&caller.actor);
        let hash = *blake3::hash(&request.encode_to_vec()).as_bytes();
        let refusal = Refusal {
            user_id: actor.user_id,
            session_id: actor.session_id,
            method: "Undo",
            kind: Kind::Unspecified,
            record_id: request.operation_id,
        };
        let kernel = self.clone();
        self.db()
            .write(Lane::People, move |write| {
                begin(write, &actor, request, hash).map_err(|cause| kernel.refused(refusal, cause))
            })
            .await
    }

    async fn undo_begins(&self, target: &Operation) -> Result<Progress> {
        let target = target.clone();
        self.db().read(move |tx| Progress::begin(tx, &target)).await
    }

    async fn preview_undo(
        &self,
        caller: &Caller,
        target: Operation,
        report: &mpsc::Sender<Result<pb::UndoProgress, Status>>,
    ) -> Result<()> {
        if target.undone {
            return Err(Error::InvalidState("undone".into()));
        }
        let mut progress = self.undo_begins(&target).await?;
        while !progress.answer.finished {
            let target = target.clone();
            progress = self.view(caller, move |view| undo::preview(view.tx, view.actor, &target, progress)).await?;
            if report.send(Ok(progress.answer.clone())).await.is_err() {
                return Ok(());
            }
        }
        Ok(())
    }

    async fn undo(
        &self,
        caller: &Caller,
        target: Operation,
        report: &mpsc::Sender<Result<pb::UndoProgress, Status>>,
    ) -> Result<()> {
        let mut progress = self.undo_begins(&target).await?;
        let total = progress.answer.total;
        if target.undone {
            progress.answer.finished = true;
            progress.answer.done = total;
            let _ = report.send(Ok(progress.answer)).await;
            return Ok(());
        }
        let lane = progress.lane();
        while !progress.answer.finished {
            let (kernel, caller, target) = (self.clone(), caller.clone(), target.clone());
            progress = self
                .db()
                .write(lane, move |write| {
                    let actor = kernel.current(write.tx, &caller)?;
                    let mut change = Change::new(write, &actor, "Undo", true);
                    change.undoes = Some(target.id);
                    change.operation_id = Some(progress.answer.undo_operation_id).filter(|id| *id > 0);
                    undo::slice(&mut change, &target, progress)
                })
                .await?;
            if report.send(Ok(progress.answer.clone())).await.is_err() {
                return Ok(());
            }
        }
        Ok(())
    }
}

fn begin(write: &Write<'_>, actor: &Actor, request: pb::UndoRequest, hash: [u8; 32]) -> Result<Operation> {
    let known = write.tx.query_opt(
        "SELECT record_id, request_hash FROM idempotency WHERE user_id = ?1 AND request_id = ?2 AND method = 'Undo'",
        params![actor.user_id, request.request_id],
        |row| Ok((row.get::<_, i64>(0)?, row.get::<_, [u8; 32]>(1)?)),
    )?;
    if let Some((operation_id, known)) = known {
        if known != hash {
            return Err(Error::field("request_id", Fault::UsedAlready));
        }
        let again = pb::UndoRequest { operation_id, ..request };
        return undo::choose(write.tx, actor, write.now, &again);
    }
    let target = undo::choose(write.tx, actor, write.now, &request)?;
    if target.undone {
        return Err(Error::InvalidState("undone".into()));
    }
    write.tx.execute(
        "INSERT INTO idempotency (user_id, method, request_id, request_hash, at, kind, record_id, revision, operation_id)
         VALUES (?1, 'Undo', ?2, ?3, ?4, ?5, ?6, 0, 0)",
        params![actor.user_id, request.request_id, hash, write.now, Kind::Unspecified as i32, target.id],
    )?;
    Ok(target)
}

fn list(view: &View<'_>, request: &pb::ListOperationsRequest) -> Result<pb::ListOperationsResponse> {
    let binding = Binding::new(
        view.settings,
        view.actor,
        "ListOperations",
        &pb::ListOperationsRequest { imports: request.imports, ..Default::default() },
    );
    let after = binding.open(&request.page_token)?.map(|bytes| Position::decode(&bytes)).transpose()?;
    let rows = size(request.page_size, false);
    let before = after.map_or(i64::MAX, |last| last.id);
    let mut operations = mine(view.tx, view.actor.user_id, before, rows + 1, request.imports)?;
    let more = operations.len() > rows;
    operations.truncate(rows);
    let next =
        operations.last().filter(|_| more).map(|last| Position { part: 0, key: Key::Int(0), id: last.id }.encode());
    Ok(pb::ListOperationsResponse { operations, next_page_token: binding.seal(next.as_deref()) })
}

fn mine(tx: &Tx<'_>, user_id: i64, before: i64, rows: usize, imports: bool) -> Result<Vec<pb::Operation>> {
    const COLUMNS: &str = "
        SELECT o.id, o.at, o.method, COALESCE(o.undone_by, 0), COALESCE(o.undoes, 0),
               (SELECT COUNT(*) FROM (SELECT 1 FROM audit a WHERE a.operation_id = o.id LIMIT 10001)),
               COALESCE(i.file_name, ''), COALESCE(i.kind, 0) ";
    let all = "
        FROM operation o LEFT JOIN import i ON i.user_id = o.user_id AND i.operation_id = o.id
        WHERE o.user_id = ?1 AND o.reversible = 1 AND o.id < ?2
        ORDER BY o.id DESC
        LIMIT ?3";
    let of_imports = "
        FROM import i JOIN operation o ON o.id = i.operation_id
        WHERE i.user_id = ?1 AND o.reversible = 1 AND i.operation_id < ?2
        ORDER BY i.operation_id DESC
        LIMIT ?3";
    tx.query(
        &[COLUMNS, if imports { of_imports } else { all }].concat(),
        params![user_id, before, rows as i64],
        |row| {
            Ok(pb::Operation {
                id: row.get(0)?,
                at: row.get(1)?,
                method: row.get(2)?,
                undone_by: row.get(3)?,
                undoes: row.get(4)?,
                records: row.get(5)?,
                reversible: true,
                file_name: row.get(6)?,
                kind: row.get(7)?,
            })
        },
    )
}

//! BulkService.

use std::{pin::Pin, sync::Arc};

use prost::Message;
use rolo_proto::v1::{self as pb, Kind, bulk_service_server::BulkService};
use tokio::sync::mpsc;
use tokio_stream::{Stream, wrappers::ReceiverStream};
use tonic::{Request, Response, Status};

use super::{
    act::Act,
    select,
    store::{self, Bulk},
};
use crate::{
    change::Change,
    db::Lane,
    error::{Error, Fault, Result},
    kernel::Kernel,
    rpc::guard::Caller,
};

/// Up to so many records go before imports and feeds, like any other call of a person.
const FEW: usize = 200;

/// The service.
#[derive(Debug)]
pub struct Service {
    /// The kernel.
    pub kernel: Kernel,
}

type Told = Result<pb::BulkProgress, Status>;

#[tonic::async_trait]
impl BulkService for Service {
    type RunBulkStream = Pin<Box<dyn Stream<Item = Told> + Send>>;

    async fn preview_bulk(
        &self,
        request: Request<pb::PreviewBulkRequest>,
    ) -> Result<Response<pb::PreviewBulkResponse>, Status> {
        let caller = Caller::of(&request)?;
        let request = request.into_inner();
        let selection = request.selection.unwrap_or_default();
        let kind = Kind::try_from(selection.kind).map_err(|_| Error::field("kind", Fault::UnknownField))?;
        if request.action.is_some() {
            Act::new(kind, request.action)?;
        }
        let ids = select::ids(&self.kernel, &caller, selection).await?;
        let total = pb::Total { count: ids.len() as i64, at_least: false };
        Ok(Response::new(pb::PreviewBulkResponse { total: Some(total) }))
    }

    async fn run_bulk(&self, request: Request<pb::RunBulkRequest>) -> Result<Response<Self::RunBulkStream>, Status> {
        let caller = Caller::of(&request)?;
        let request = request.into_inner();
        let (kind, act, bulk) = self.begin(&caller, request).await?;
        let (progress, stream) = mpsc::channel(1);
        let kernel = self.kernel.clone();
        tokio::spawn(async move {
            // A caller who goes away stops the work after the job under way; asking again goes on with it.
            if let Err(error) = kernel.run_bulk(&caller, kind, Arc::new(act), bulk, &progress).await {
                let _ = progress.send(Err(error.into())).await;
            }
        });
        Ok(Response::new(Box::pin(ReceiverStream::new(stream))))
    }
}

impl Service {
    async fn begin(&self, caller: &Caller, request: pb::RunBulkRequest) -> Result<(Kind, Act, Bulk)> {
        if request.request_id.is_empty() || request.request_id.len() > 64 {
            return Err(Error::field("request_id", Fault::Malformed("request_id")));
        }
        let hash = *blake3::hash(&request.encode_to_vec()).as_bytes();
        let selection = request.selection.unwrap_or_default();
        let kind = Kind::try_from(selection.kind).map_err(|_| Error::field("kind", Fault::UnknownField))?;
        let act = Act::new(kind, request.action)?;
        let (actor, request_id) = (Arc::clone(&caller.actor), request.request_id);
        let found = {
            let (actor, request_id) = (Arc::clone(&actor), request_id.clone());
            self.kernel.db().read(move |tx| store::known(tx, &actor, &request_id, hash)).await?
        };
        // What the same request began is gone on with, whatever its filter finds by now.
        let ids = match found {
            Some(_) => Vec::new(),
            None => {
                let filtered = selection.filter.is_some();
                let ids = select::ids(&self.kernel, caller, selection).await?;
                if filtered {
                    check_drift(request.previewed, ids.len() as i64)?;
                }
                ids
            }
        };
        let begin = move |write: &mut crate::db::Write<'_>| store::begin(write, &actor, &request_id, hash, &ids);
        Ok((kind, act, self.kernel.db().write(Lane::People, begin).await?))
    }
}

/// What a filter finds must be about as much as the person was shown.
fn check_drift(previewed: i64, found: i64) -> Result<()> {
    match (found - previewed).abs() * 20 > previewed.max(1) {
        true => Err(Error::Drifted { previewed, found }),
        false => Ok(()),
    }
}

impl Kernel {
    async fn run_bulk(
        &self,
        caller: &Caller,
        kind: Kind,
        act: Arc<Act>,
        mut bulk: Bulk,
        report: &mpsc::Sender<Told>,
    ) -> Result<()> {
        if bulk.next > 0 && report.send(Ok(bulk.progress.clone())).await.is_err() {
            return Ok(());
        }
        let lane = if bulk.ids.len() > FEW { Lane::Feeds } else { Lane::People };
        while !bulk.progress.finished {
            let (kernel, caller, act, id) = (self.clone(), caller.clone(), Arc::clone(&act), bulk.id);
            bulk = self
                .db()
                .write(lane, move |write| {
                    let actor = kernel.current(write.tx, &caller)?;
                    // As it stands now: the same request may have been asked again, and be at work beside this one.
                    let bulk = store::load(write.tx, id)?;
                    let mut change = Change::new(write, &actor, "RunBulk", true);
                    change.operation_id = Some(bulk.progress.operation_id).filter(|id| *id > 0);
                    store::slice(&mut change, &kernel.settings(), &act, kind, bulk)
                })
                .await?;
            if report.send(Ok(bulk.progress.clone())).await.is_err() {
                return Ok(());
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_than_a_twentieth_off_asks_again() {
        assert!(check_drift(100, 105).is_ok());
        assert!(check_drift(100, 95).is_ok());
        assert!(check_drift(100, 106).is_err());
        assert!(check_drift(100, 94).is_err());
        assert!(check_drift(0, 1).is_err());
    }
}

//! ViewService.

use rolo_proto::v1::{self as pb, Kind, view_service_server::ViewService};
use tonic::{Request, Response, Status};

use super::store;
use crate::{
    change::{Change, Done, Seen},
    columns,
    db::Lane,
    error::Result,
    fields::clean,
    kernel::Kernel,
    rpc::{
        guard::{Call, Caller, View},
        mask::{Columns, masked},
    },
    settings::Settings,
};

columns!(pb::SavedViewInput: kind, name, filter, base, sort, descending, shared, position);

/// The service.
#[derive(Debug)]
pub struct Service {
    /// The kernel.
    pub kernel: Kernel,
}

fn reply(view: &View<'_>, done: Done) -> Result<pb::SavedView> {
    store::reply(view.tx, view.actor, done)
}

#[tonic::async_trait]
impl ViewService for Service {
    async fn list_views(
        &self,
        request: Request<pb::ListViewsRequest>,
    ) -> Result<Response<pb::ListViewsResponse>, Status> {
        let caller = Caller::of(&request)?;
        let kind = request.into_inner().kind;
        let list = move |view: &View<'_>| Ok(pb::ListViewsResponse { views: store::list(view.tx, view.actor, kind)? });
        Ok(Response::new(self.kernel.view(&caller, list).await?))
    }

    async fn create_view(&self, request: Request<pb::CreateViewRequest>) -> Result<Response<pb::SavedView>, Status> {
        let caller = Caller::of(&request)?;
        let request = request.into_inner();
        let call = Call::new("CreateView", Kind::SavedView, 0, &request.request_id, &request);
        let create = move |change: &mut Change<'_, '_>, _: &Settings| {
            store::create(change, clean(store::FIELDS, request.view.unwrap_or_default().values())?)
        };
        Ok(Response::new(self.kernel.change(&caller, Lane::People, call, create, reply).await?))
    }

    async fn update_view(&self, request: Request<pb::UpdateViewRequest>) -> Result<Response<pb::SavedView>, Status> {
        let caller = Caller::of(&request)?;
        let request = request.into_inner();
        let call = Call::new("UpdateView", Kind::SavedView, request.id, &request.request_id, &request);
        let mask = request.update_mask.as_ref();
        let values = masked(&request.view.unwrap_or_default(), mask)?;
        let seen = request.seen.map_or_else(|| Ok(Vec::new()), |seen| masked(&seen, mask))?;
        let seen = Seen { revision: request.revision, values: seen };
        let update = move |change: &mut Change<'_, '_>, _: &Settings| {
            store::update(change, request.id, &seen, clean(store::FIELDS, values)?)
        };
        Ok(Response::new(self.kernel.change(&caller, Lane::People, call, update, reply).await?))
    }

    async fn delete_view(&self, request: Request<pb::DeleteViewRequest>) -> Result<Response<pb::Changed>, Status> {
        let caller = Caller::of(&request)?;
        let request = request.into_inner();
        let call = Call::new("DeleteView", Kind::SavedView, request.id, &request.request_id, &request);
        let delete =
            move |change: &mut Change<'_, '_>, _: &Settings| store::delete(change, request.id, request.revision);
        let changed = |_: &View<'_>, done: Done| Ok(done.changed(Kind::SavedView));
        Ok(Response::new(self.kernel.change(&caller, Lane::People, call, delete, changed).await?))
    }

    async fn restore_view(&self, request: Request<pb::RestoreViewRequest>) -> Result<Response<pb::SavedView>, Status> {
        let caller = Caller::of(&request)?;
        let request = request.into_inner();
        let call = Call::new("RestoreView", Kind::SavedView, request.id, &request.request_id, &request);
        let restore =
            move |change: &mut Change<'_, '_>, _: &Settings| store::restore(change, request.id, request.revision);
        Ok(Response::new(self.kernel.change(&caller, Lane::People, call, restore, reply).await?))
    }
}

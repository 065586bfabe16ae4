//! NoticeService. Marking and following are not operations: they change nothing that others see, and saying them again
//! changes nothing at all.

use std::sync::Arc;

use rolo_proto::v1::{self as pb, Kind, notice_service_server::NoticeService};
use tonic::{Request, Response, Status};

use super::store;
use crate::{
    db::{
        Lane,
        list::{Key, Position},
    },
    error::{Error, Fault, Result},
    kernel::Kernel,
    rpc::{
        guard::{Caller, View},
        page::{Binding, size},
    },
    watch::sight,
};

/// The service.
#[derive(Debug)]
pub struct Service {
    /// The kernel.
    pub kernel: Kernel,
}

#[tonic::async_trait]
impl NoticeService for Service {
    async fn list_notices(
        &self,
        request: Request<pb::ListNoticesRequest>,
    ) -> Result<Response<pb::ListNoticesResponse>, Status> {
        let caller = Caller::of(&request)?;
        let request = request.into_inner();
        Ok(Response::new(self.kernel.view(&caller, move |view| list(view, request)).await?))
    }

    async fn count_unread(
        &self,
        request: Request<pb::CountUnreadRequest>,
    ) -> Result<Response<pb::CountUnreadResponse>, Status> {
        let caller = Caller::of(&request)?;
        let count =
            |view: &View<'_>| Ok(pb::CountUnreadResponse { unread: store::unread(view.tx, view.actor.user_id)? });
        Ok(Response::new(self.kernel.view(&caller, count).await?))
    }

    async fn mark_read(
        &self,
        request: Request<pb::MarkReadRequest>,
    ) -> Result<Response<pb::CountUnreadResponse>, Status> {
        let caller = Caller::of(&request)?;
        let request = request.into_inner();
        let kernel = self.kernel.clone();
        let mark = move |write: &mut crate::db::Write<'_>| {
            let actor = kernel.current(write.tx, &caller)?;
            Ok(pb::CountUnreadResponse { unread: store::mark(write, actor.user_id, &request)? })
        };
        Ok(Response::new(self.kernel.db().write(Lane::People, mark).await?))
    }

    async fn set_follow(
        &self,
        request: Request<pb::SetFollowRequest>,
    ) -> Result<Response<pb::SetFollowResponse>, Status> {
        let caller = Caller::of(&request)?;
        let request = request.into_inner();
        let kernel = self.kernel.clone();
        let follow = move |write: &mut crate::db::Write<'_>| {
            let actor = kernel.current(write.tx, &caller)?;
            let kind = Kind::try_from(request.kind).map_err(|_| Error::field("kind", Fault::UnknownField))?;
            sight::of_record(write.tx, &actor, kind, request.id)?;
            store::follow(write, actor.user_id, kind, request.id, request.follow)?;
            store::follows(write.tx, actor.user_id, kind, request.id)
        };
        Ok(Response::new(self.kernel.db().write(Lane::People, follow).await?))
    }

    async fn get_follow(
        &self,
        request: Request<pb::GetFollowRequest>,
    ) -> Result<Response<pb::SetFollowResponse>, Status> {
        let caller = Caller::of(&request)?;
        let request = request.into_inner();
        let actor = Arc::clone(&caller.actor);
        let get = move |view: &View<'_>| {
            let kind = Kind::try_from(request.kind).map_err(|_| Error::field("kind", Fault::UnknownField))?;
            sight::of_record(view.tx, &actor, kind, request.id)?;
            store::follows(view.tx, actor.user_id, kind, request.id)
        };
        Ok(Response::new(self.kernel.view(&caller, get).await?))
    }
}

fn list(view: &View<'_>, mut request: pb::ListNoticesRequest) -> Result<pb::ListNoticesResponse> {
    let rows = size(request.page_size, false);
    let token = std::mem::take(&mut request.page_token);
    request.page_size = 0;
    let binding = Binding::new(view.settings, view.actor, "ListNotices", &request);
    let after = binding.open(&token)?.map(|bytes| Position::decode(&bytes)).transpose()?;
    let mut notices = store::list(view, request.unread_only, after.map_or(i64::MAX, |last| last.id), rows + 1)?;
    let more = notices.len() > rows;
    notices.truncate(rows);
    let last = notices.last().filter(|_| more);
    let next = last.map(|last| Position { part: 0, key: Key::Int(0), id: last.id }.encode());
    let unread = store::unread(view.tx, view.actor.user_id)?;
    Ok(pb::ListNoticesResponse { notices, next_page_token: binding.seal(next.as_deref()), unread })
}

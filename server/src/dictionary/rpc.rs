//! DictionaryService.

use rolo_proto::v1::{self as pb, Kind, dictionary_service_server::DictionaryService};
use tonic::{Request, Response, Status};

use super::{rules, store};
use crate::{
    authz::Permission,
    change::{Done, Seen},
    db::{
        Lane,
        list::{Key, Position, Walk, among},
        sql::Sql,
    },
    error::Result,
    fields::clean,
    kernel::Kernel,
    operations,
    rpc::{
        guard::{Call, Caller, View},
        mask::{Cell, Columns, masked},
        page::{Binding, size},
    },
    text,
    value::Value,
};

impl Columns for pb::DictionaryItemInput {
    const NAMES: &'static [&'static str] = &["type", "value", "zh", "en", "position", "active"];
    fn values(&self) -> Vec<(&'static str, Value)> {
        vec![
            ("type", self.r#type.to_value()),
            ("value", self.value.to_value()),
            ("zh", self.zh.to_value()),
            ("en", self.en.to_value()),
            ("position", self.position.to_value()),
            ("active", self.active.to_value()),
        ]
    }
}

/// The service.
#[derive(Debug)]
pub struct Service {
    /// The kernel.
    pub kernel: Kernel,
}

fn reply(view: &View<'_>, done: Done) -> Result<pb::DictionaryItem> {
    let mut item = store::read(view.tx, view.actor, done.id)?;
    item.operation_id = done.operation_id;
    Ok(item)
}

#[tonic::async_trait]
impl DictionaryService for Service {
    async fn list_items(
        &self,
        request: Request<pb::ListItemsRequest>,
    ) -> Result<Response<pb::ListItemsResponse>, Status> {
        let caller = Caller::of(&request)?;
        let request = request.into_inner();
        if request.export {
            operations::export::audit(&self.kernel, &caller, Kind::DictionaryItem, &request.page_token).await?;
        }
        Ok(Response::new(self.kernel.view(&caller, move |view| list_items(view, request)).await?))
    }

    async fn get_item(&self, request: Request<pb::GetItemRequest>) -> Result<Response<pb::DictionaryItem>, Status> {
        let caller = Caller::of(&request)?;
        let id = request.into_inner().id;
        Ok(Response::new(self.kernel.view(&caller, move |view| store::read(view.tx, view.actor, id)).await?))
    }

    async fn create_item(
        &self,
        request: Request<pb::CreateItemRequest>,
    ) -> Result<Response<pb::DictionaryItem>, Status> {
        let caller = Caller::of(&request)?;
        let request = request.into_inner();
        let call = Call::new("CreateItem", Kind::DictionaryItem, 0, &request.request_id, &request);
        let input = request.item.unwrap_or_default();
        let item = self
            .kernel
            .change(
                &caller,
                Lane::People,
                call,
                move |change, _| {
                    change.actor.require(Permission::DictionaryManage)?;
                    store::create(change, clean(rules::FIELDS, input.values())?)
                },
                reply,
            )
            .await?;
        Ok(Response::new(item))
    }

    async fn update_item(
        &self,
        request: Request<pb::UpdateItemRequest>,
    ) -> Result<Response<pb::DictionaryItem>, Status> {
        let caller = Caller::of(&request)?;
        let request = request.into_inner();
        let call = Call::new("UpdateItem", Kind::DictionaryItem, request.id, &request.request_id, &request);
        let mask = request.update_mask.as_ref();
        let values = masked(&request.item.unwrap_or_default(), mask)?;
        let seen = request.seen.map(|seen| masked(&seen, mask)).transpose()?.unwrap_or_default();
        let item = self
            .kernel
            .change(
                &caller,
                Lane::People,
                call,
                move |change, _| {
                    change.actor.require(Permission::DictionaryManage)?;
                    let seen = Seen { revision: request.revision, values: seen };
                    store::update(change, request.id, &seen, &clean(rules::FIELDS, values)?)
                },
                reply,
            )
            .await?;
        Ok(Response::new(item))
    }

    async fn delete_item(&self, request: Request<pb::DeleteItemRequest>) -> Result<Response<pb::Changed>, Status> {
        let caller = Caller::of(&request)?;
        let request = request.into_inner();
        let call = Call::new("DeleteItem", Kind::DictionaryItem, request.id, &request.request_id, &request);
        let changed = self
            .kernel
            .change(
                &caller,
                Lane::People,
                call,
                move |change, _| {
                    change.actor.require(Permission::DictionaryManage)?;
                    store::delete(change, request.id, request.revision)
                },
                |_, done| Ok(done.changed(Kind::DictionaryItem)),
            )
            .await?;
        Ok(Response::new(changed))
    }

    async fn restore_item(
        &self,
        request: Request<pb::RestoreItemRequest>,
    ) -> Result<Response<pb::DictionaryItem>, Status> {
        let caller = Caller::of(&request)?;
        let request = request.into_inner();
        let call = Call::new("RestoreItem", Kind::DictionaryItem, request.id, &request.request_id, &request);
        let item = self
            .kernel
            .change(
                &caller,
                Lane::People,
                call,
                move |change, _| {
                    change.actor.require(Permission::DictionaryManage)?;
                    store::restore(change, request.id, request.revision)
                },
                reply,
            )
            .await?;
        Ok(Response::new(item))
    }
}

/// The walk of a list of entries: by type, then by place. The key joins both, so that one index serves.
///
/// # Errors
/// `VALIDATION` for too many ids.
pub fn walk(request: &pb::ListItemsRequest) -> Result<Walk> {
    let mut from = Sql::new("FROM dictionary_item d WHERE ");
    if !request.r#type.is_empty() {
        from.push("d.type = ").bind(request.r#type.as_str()).push(" AND ");
    }
    from.push("1");
    let mut hit = Sql::new(if request.deleted { "d.deleted_at IS NOT NULL" } else { "d.deleted_at IS NULL" });
    if request.active_only {
        hit.push(" AND d.active = 1");
    }
    let search = text::fold(&request.search);
    if !search.is_empty() {
        hit.push(" AND (instr(lower(d.zh), ").bind(search.as_str()).push(") > 0 OR instr(lower(d.en), ");
        hit.bind(search.as_str()).push(") > 0 OR instr(lower(d.value), ").bind(search.as_str()).push(") > 0)");
    }
    let key = if request.r#type.is_empty() { "d.id" } else { "d.position" };
    Ok(Walk { from, hit, key, id: "d.id", descending: false, among: among(&request.ids)? })
}

fn list_items(view: &View<'_>, mut request: pb::ListItemsRequest) -> Result<pb::ListItemsResponse> {
    let rows = size(request.page_size, request.export);
    let token = std::mem::take(&mut request.page_token);
    request.page_size = 0;
    let binding = Binding::new(view.settings, view.actor, "ListItems", &request);
    let after = binding.open(&token)?.map(|bytes| Position::decode(&bytes)).transpose()?;
    let slice = walk(&request)?.page(view.tx, after.as_ref(), rows, 0, |_| Ok(true))?;
    let items = slice.ids.iter().map(|id| store::read(view.tx, view.actor, *id)).collect::<Result<Vec<_>>>()?;
    Ok(pb::ListItemsResponse { items, next_page_token: binding.seal(slice.next.map(|next| next.encode()).as_deref()) })
}

/// The statements of the list, for looking at how they run.
pub fn statements() -> Vec<Sql> {
    let typed = pb::ListItemsRequest { r#type: "region".into(), ..pb::ListItemsRequest::default() };
    let after = Position { part: 0, key: Key::Int(1), id: 1 };
    let walks = [typed, pb::ListItemsRequest::default()].into_iter().filter_map(|request| walk(&request).ok());
    walks.map(|walk| walk.statement(Some(&after), 51)).collect()
}

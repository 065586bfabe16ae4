//! ProductService.

use rolo_proto::v1::{self as pb, Kind, product_service_server::ProductService};
use tonic::{Request, Response, Status};

use super::{rules, store};
use crate::{
    authz::Permission,
    change::{Change, Done, Seen},
    columns,
    db::{Lane, list::Position},
    error::{Error, Result},
    fields::clean,
    kernel::Kernel,
    operations,
    rpc::{
        guard::{Call, Caller, View},
        mask::{Columns, masked},
        page::{Binding, size},
    },
    settings::Settings,
};

columns!(pb::ProductInput: name, model, batch, unit, price, memo, active, external_id);

/// The service.
#[derive(Debug)]
pub struct Service {
    /// The kernel.
    pub kernel: Kernel,
}

fn reply(view: &View<'_>, done: Done) -> Result<pb::Product> {
    let mut product = store::read(view.tx, view.actor, done.id)?.ok_or(Error::NotFound)?;
    product.operation_id = done.operation_id;
    Ok(product)
}

#[tonic::async_trait]
impl ProductService for Service {
    async fn list_products(
        &self,
        request: Request<pb::ListProductsRequest>,
    ) -> Result<Response<pb::ListProductsResponse>, Status> {
        let caller = Caller::of(&request)?;
        let request = request.into_inner();
        if request.export {
            operations::export::audit(&self.kernel, &caller, Kind::Product, &request.page_token).await?;
        }
        Ok(Response::new(self.kernel.view(&caller, move |view| list_products(view, request)).await?))
    }

    async fn get_product(&self, request: Request<pb::GetProductRequest>) -> Result<Response<pb::Product>, Status> {
        let caller = Caller::of(&request)?;
        let request = request.into_inner();
        let get = move |view: &View<'_>| {
            let id = match request.id {
                0 => store::by_external_id(view.tx, &request.external_id)?.ok_or(Error::NotFound)?,
                id => id,
            };
            store::read(view.tx, view.actor, id)?.ok_or(Error::NotFound)
        };
        Ok(Response::new(self.kernel.view(&caller, get).await?))
    }

    async fn create_product(
        &self,
        request: Request<pb::CreateProductRequest>,
    ) -> Result<Response<pb::Product>, Status> {
        let caller = Caller::of(&request)?;
        let request = request.into_inner();
        let call = Call::new("CreateProduct", Kind::Product, 0, &request.request_id, &request);
        let create = move |change: &mut Change<'_, '_>, _: &Settings| {
            change.actor.require(Permission::ProductManage)?;
            store::create(change, clean(rules::FIELDS, request.product.unwrap_or_default().values())?)
        };
        Ok(Response::new(self.kernel.change(&caller, Lane::People, call, create, reply).await?))
    }

    async fn update_product(
        &self,
        request: Request<pb::UpdateProductRequest>,
    ) -> Result<Response<pb::Product>, Status> {
        let caller = Caller::of(&request)?;
        let request = request.into_inner();
        let call = Call::new("UpdateProduct", Kind::Product, request.id, &request.request_id, &request);
        let mask = request.update_mask.as_ref();
        let values = masked(&request.product.unwrap_or_default(), mask)?;
        let seen = request.seen.map_or_else(|| Ok(Vec::new()), |seen| masked(&seen, mask))?;
        let seen = Seen { revision: request.revision, values: seen };
        let update = move |change: &mut Change<'_, '_>, _: &Settings| {
            change.actor.require(Permission::ProductManage)?;
            store::update(change, request.id, &seen, &clean(rules::FIELDS, values)?)
        };
        Ok(Response::new(self.kernel.change(&caller, Lane::People, call, update, reply).await?))
    }

    async fn delete_product(
        &self,
        request: Request<pb::DeleteProductRequest>,
    ) -> Result<Response<pb::Changed>, Status> {
        let caller = Caller::of(&request)?;
        let request = request.into_inner();
        let call = Call::new("DeleteProduct", Kind::Product, request.id, &request.request_id, &request);
        let delete = move |change: &mut Change<'_, '_>, _: &Settings| {
            change.actor.require(Permission::ProductManage)?;
            store::delete(change, request.id, request.revision)
        };
        let changed = |_: &View<'_>, done: Done| Ok(done.changed(Kind::Product));
        Ok(Response::new(self.kernel.change(&caller, Lane::People, call, delete, changed).await?))
    }

    async fn restore_product(
        &self,
        request: Request<pb::RestoreProductRequest>,
    ) -> Result<Response<pb::Product>, Status> {
        let caller = Caller::of(&request)?;
        let request = request.into_inner();
        let call = Call::new("RestoreProduct", Kind::Product, request.id, &request.request_id, &request);
        let restore = move |change: &mut Change<'_, '_>, _: &Settings| {
            change.actor.require(Permission::ProductManage)?;
            store::restore(change, request.id, request.revision)
        };
        Ok(Response::new(self.kernel.change(&caller, Lane::People, call, restore, reply).await?))
    }
}

fn list_products(view: &View<'_>, mut request: pb::ListProductsRequest) -> Result<pb::ListProductsResponse> {
    let rows = size(request.page_size, request.export);
    let token = std::mem::take(&mut request.page_token);
    request.page_size = 0;
    let binding = Binding::new(view.settings, view.actor, "ListProducts", &request);
    let after = binding.open(&token)?.map(|bytes| Position::decode(&bytes)).transpose()?;
    let slice = store::walk(&request)?.page(view.tx, after.as_ref(), rows, 0, |_| Ok(true))?;
    let mut products = Vec::with_capacity(slice.ids.len());
    for id in slice.ids {
        products.extend(store::read(view.tx, view.actor, id)?);
    }
    let next_page_token = binding.seal(slice.next.map(|next| next.encode()).as_deref());
    Ok(pb::ListProductsResponse { products, next_page_token })
}

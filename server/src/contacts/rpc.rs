//! ContactService.

use rolo_proto::v1::{self as pb, Kind, contact_service_server::ContactService};
use tonic::{Request, Response, Status};

use super::{list, rules, store};
use crate::{
    authz::Permission,
    change::Seen,
    columns, customers,
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
};

columns!(pb::ContactInput: customer_id, name, sex, position, office_tel, mobile, email, wechat, memo, external_id);

/// The service.
#[derive(Debug)]
pub struct Service {
    /// The kernel.
    pub kernel: Kernel,
}

#[tonic::async_trait]
impl ContactService for Service {
    async fn list_contacts(
        &self,
        request: Request<pb::ListContactsRequest>,
    ) -> Result<Response<pb::ListContactsResponse>, Status> {
        let caller = Caller::of(&request)?;
        let request = request.into_inner();
        if request.export {
            operations::export::audit(&self.kernel, &caller, Kind::Contact, &request.page_token).await?;
        }
        Ok(Response::new(self.kernel.view(&caller, move |view| list_contacts(view, request)).await?))
    }

    async fn get_contact(&self, request: Request<pb::GetContactRequest>) -> Result<Response<pb::Contact>, Status> {
        let caller = Caller::of(&request)?;
        let id = request.into_inner().id;
        let contact =
            self.kernel.view(&caller, move |view| store::read(view.tx, view.actor, id)?.ok_or(Error::NotFound)).await?;
        Ok(Response::new(contact))
    }

    async fn create_contact(
        &self,
        request: Request<pb::CreateContactRequest>,
    ) -> Result<Response<pb::Contact>, Status> {
        let caller = Caller::of(&request)?;
        let request = request.into_inner();
        let input = request.contact.clone().unwrap_or_default();
        let call = Call::new("CreateContact", Kind::Contact, 0, &request.request_id, &request);
        let contact = self
            .kernel
            .change(
                &caller,
                Lane::People,
                call,
                move |change, _| {
                    let customer = customers::store::allowed(
                        change.tx(),
                        change.actor,
                        Permission::ContactWrite,
                        input.customer_id,
                    )?;
                    store::create(change, &customer, clean(rules::FIELDS, input.values())?, request.full_form)
                },
                |view, done| store::reply(view.tx, view.actor, done),
            )
            .await?;
        Ok(Response::new(contact))
    }

    async fn update_contact(
        &self,
        request: Request<pb::UpdateContactRequest>,
    ) -> Result<Response<pb::Contact>, Status> {
        let caller = Caller::of(&request)?;
        let request = request.into_inner();
        let call = Call::new("UpdateContact", Kind::Contact, request.id, &request.request_id, &request);
        let mask = request.update_mask.as_ref();
        let values = masked(&request.contact.unwrap_or_default(), mask)?;
        let seen = request.seen.map(|seen| masked(&seen, mask)).transpose()?.unwrap_or_default();
        let contact = self
            .kernel
            .change(
                &caller,
                Lane::People,
                call,
                move |change, _| {
                    let contact = store::allowed(change.tx(), change.actor, Permission::ContactWrite, request.id)?;
                    let seen = Seen { revision: request.revision, values: seen };
                    store::update(change, &contact, &seen, &clean(rules::FIELDS, values)?)
                },
                |view, done| store::reply(view.tx, view.actor, done),
            )
            .await?;
        Ok(Response::new(contact))
    }

    async fn delete_contact(
        &self,
        request: Request<pb::DeleteContactRequest>,
    ) -> Result<Response<pb::Changed>, Status> {
        let caller = Caller::of(&request)?;
        let request = request.into_inner();
        let call = Call::new("DeleteContact", Kind::Contact, request.id, &request.request_id, &request);
        let changed = self
            .kernel
            .change(
                &caller,
                Lane::People,
                call,
                move |change, _| {
                    let contact = store::allowed(change.tx(), change.actor, Permission::ContactWrite, request.id)?;
                    store::delete(change, &contact, request.revision)
                },
                |_, done| Ok(done.changed(Kind::Contact)),
            )
            .await?;
        Ok(Response::new(changed))
    }

    async fn restore_contact(
        &self,
        request: Request<pb::RestoreContactRequest>,
    ) -> Result<Response<pb::Contact>, Status> {
        let caller = Caller::of(&request)?;
        let request = request.into_inner();
        let call = Call::new("RestoreContact", Kind::Contact, request.id, &request.request_id, &request);
        let contact = self
            .kernel
            .change(
                &caller,
                Lane::People,
                call,
                move |change, _| {
                    let contact = store::allowed(change.tx(), change.actor, Permission::ContactWrite, request.id)?;
                    store::restore(change, &contact, request.revision)
                },
                |view, done| store::reply(view.tx, view.actor, done),
            )
            .await?;
        Ok(Response::new(contact))
    }
}

fn list_contacts(view: &View<'_>, mut request: pb::ListContactsRequest) -> Result<pb::ListContactsResponse> {
    let rows = size(request.page_size, request.export);
    let (token, with_total) = (std::mem::take(&mut request.page_token), request.with_total);
    request.page_size = 0;
    request.with_total = false;
    let binding = Binding::new(view.settings, view.actor, "ListContacts", &request);
    let after = binding.open(&token)?.map(|bytes| Position::decode(&bytes)).transpose()?;
    let walk = list::walk(view.actor, &request)?;
    let slice = walk.page(view.tx, after.as_ref(), rows, 0, |_| Ok(true))?;
    let mut contacts = Vec::with_capacity(slice.ids.len());
    for id in slice.ids {
        contacts.extend(store::read(view.tx, view.actor, id)?);
    }
    let total = with_total.then(|| walk.count(view.tx)).transpose()?;
    Ok(pb::ListContactsResponse {
        contacts,
        next_page_token: binding.seal(slice.next.map(|next| next.encode()).as_deref()),
        total: total.map(|(count, at_least)| pb::Total { count, at_least }),
    })
}

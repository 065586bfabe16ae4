//! CustomerService: proto to domain and back; check, rules and store inside one write.

use rolo_proto::v1::{self as pb, Kind, customer_service_server::CustomerService};
use tonic::{Request, Response, Status};

use super::{duplicates, list, merge, rules, store, timeline};
use crate::{
    authz::Permission,
    change::Seen,
    columns, contacts,
    db::{Lane, list::Position},
    error::{Error, Result},
    fields::{clean, value_of},
    kernel::Kernel,
    operations,
    rpc::{
        guard::{Call, Caller, View},
        mask::{Columns, masked},
        page::{Binding, size},
    },
    value::Value,
};

columns!(pb::CustomerInput: name, party, region_id, manager_id, level_id, classification_id, satisfaction, credit,
    address, zip, tel, fax, website, licence_no, legal_person, capital, turnover, bank, bank_account, local_tax_no,
    national_tax_no, usc_code, external_id, tags);

/// The service.
#[derive(Debug)]
pub struct Service {
    /// The kernel.
    pub kernel: Kernel,
}

/// An input's party 0 is an organisation.
pub(crate) fn normalise(mut input: pb::CustomerInput) -> pb::CustomerInput {
    if input.party == 0 {
        input.party = pb::Party::Organisation as i32;
    }
    input
}

#[tonic::async_trait]
impl CustomerService for Service {
    async fn list_customers(
        &self,
        request: Request<pb::ListCustomersRequest>,
    ) -> Result<Response<pb::ListCustomersResponse>, Status> {
        let caller = Caller::of(&request)?;
        let request = request.into_inner();
        if request.export {
            operations::export::audit(&self.kernel, &caller, Kind::Customer, &request.page_token).await?;
        }
        Ok(Response::new(self.kernel.view(&caller, move |view| list_customers(view, request)).await?))
    }

    async fn count_views(
        &self,
        request: Request<pb::CountViewsRequest>,
    ) -> Result<Response<pb::CountViewsResponse>, Status> {
        let caller = Caller::of(&request)?;
        let counts = self.kernel.view(&caller, |view| list::count_views(view.tx, view.actor, view.now)).await?;
        Ok(Response::new(pb::CountViewsResponse { counts }))
    }

    async fn get_customer(&self, request: Request<pb::GetCustomerRequest>) -> Result<Response<pb::Customer>, Status> {
        let caller = Caller::of(&request)?;
        let request = request.into_inner();
        let customer = self
            .kernel
            .view(&caller, move |view| {
                let id = store::resolve(view.tx, &request)?.ok_or(Error::NotFound)?;
                store::read(view.tx, view.actor, id)?.ok_or(Error::NotFound)
            })
            .await?;
        Ok(Response::new(customer))
    }

    async fn create_customer(
        &self,
        request: Request<pb::CreateCustomerRequest>,
    ) -> Result<Response<pb::CreateCustomerResponse>, Status> {
        let caller = Caller::of(&request)?;
        let request = request.into_inner();
        let call = Call::new("CreateCustomer", Kind::Customer, 0, &request.request_id, &request);
        let created = self
            .kernel
            .change(
                &caller,
                Lane::People,
                call,
                move |change, settings| {
                    let input = normalise(request.customer.unwrap_or_default());
                    let values = clean(rules::FIELDS, input.values())?;
                    let done = store::create(change, settings, values, request.full_form)?;
                    // For whom one may create reaches as far as the right does, whoever is named as manager.
                    store::allowed(change.tx(), change.actor, Permission::CustomerCreate, done.id)?;
                    if let Some(contact) = request.first_contact {
                        contacts::store::create_first(change, done.id, &contact, request.full_form)?;
                    }
                    Ok(done)
                },
                created,
            )
            .await?;
        Ok(Response::new(created))
    }

    async fn update_customer(
        &self,
        request: Request<pb::UpdateCustomerRequest>,
    ) -> Result<Response<pb::Customer>, Status> {
        let caller = Caller::of(&request)?;
        let request = request.into_inner();
        let call = Call::new("UpdateCustomer", Kind::Customer, request.id, &request.request_id, &request);
        let values = masked(&normalise(request.customer.unwrap_or_default()), request.update_mask.as_ref())?;
        let seen = match request.seen {
            Some(seen) => masked(&normalise(seen), request.update_mask.as_ref())?,
            None => Vec::new(),
        };
        let (id, revision) = (request.id, request.revision);
        let customer = self
            .kernel
            .change(
                &caller,
                Lane::People,
                call,
                move |change, settings| {
                    let customer = store::allowed(change.tx(), change.actor, needed(&values), id)?;
                    let seen = Seen { revision, values: seen };
                    store::update(change, settings, &customer, &seen, clean(rules::FIELDS, values)?)
                },
                |view, done| store::reply(view.tx, view.actor, done),
            )
            .await?;
        Ok(Response::new(customer))
    }

    async fn delete_customer(
        &self,
        request: Request<pb::DeleteCustomerRequest>,
    ) -> Result<Response<pb::Changed>, Status> {
        let caller = Caller::of(&request)?;
        let request = request.into_inner();
        let call = Call::new("DeleteCustomer", Kind::Customer, request.id, &request.request_id, &request);
        let changed = self
            .kernel
            .change(
                &caller,
                Lane::People,
                call,
                move |change, _| {
                    let customer = store::allowed(change.tx(), change.actor, Permission::CustomerDelete, request.id)?;
                    store::delete(change, &customer, request.revision)
                },
                |_, done| Ok(done.changed(Kind::Customer)),
            )
            .await?;
        Ok(Response::new(changed))
    }

    async fn restore_customer(
        &self,
        request: Request<pb::RestoreCustomerRequest>,
    ) -> Result<Response<pb::Customer>, Status> {
        let caller = Caller::of(&request)?;
        let request = request.into_inner();
        let call = Call::new("RestoreCustomer", Kind::Customer, request.id, &request.request_id, &request);
        let customer = self
            .kernel
            .change(
                &caller,
                Lane::People,
                call,
                move |change, _| {
                    let customer = store::allowed(change.tx(), change.actor, Permission::CustomerRestore, request.id)?;
                    store::restore(change, &customer, request.revision)
                },
                |view, done| store::reply(view.tx, view.actor, done),
            )
            .await?;
        Ok(Response::new(customer))
    }

    async fn preview_merge(
        &self,
        request: Request<pb::PreviewMergeRequest>,
    ) -> Result<Response<pb::PreviewMergeResponse>, Status> {
        let caller = Caller::of(&request)?;
        let request = request.into_inner();
        let preview = self.kernel.view(&caller, move |view| merge::preview(view.tx, view.actor, &request)).await?;
        Ok(Response::new(preview))
    }

    async fn merge_customers(
        &self,
        request: Request<pb::MergeCustomersRequest>,
    ) -> Result<Response<pb::MergeCustomersResponse>, Status> {
        let caller = Caller::of(&request)?;
        let request = request.into_inner();
        let call = Call::new("MergeCustomers", Kind::Customer, request.keep_id, &request.request_id, &request);
        let merged = self
            .kernel
            .change(
                &caller,
                Lane::People,
                call,
                move |change, settings| merge::merge(change, settings, &request),
                |view, done| merge::reply(view.tx, view.actor, done),
            )
            .await?;
        Ok(Response::new(merged))
    }

    async fn check_duplicates(
        &self,
        request: Request<pb::CheckDuplicatesRequest>,
    ) -> Result<Response<pb::CheckDuplicatesResponse>, Status> {
        let caller = Caller::of(&request)?;
        let request = request.into_inner();
        let duplicates = self
            .kernel
            .view(&caller, move |view| {
                let wanted = duplicates::Wanted {
                    name: &request.name,
                    party: i64::from(request.party),
                    tel: &request.tel,
                    usc_code: &request.usc_code,
                    external_id: &request.external_id,
                    except: request.except_id,
                };
                duplicates::told(view.tx, view.actor, duplicates::find(view.tx, &wanted)?)
            })
            .await?;
        Ok(Response::new(pb::CheckDuplicatesResponse { duplicates }))
    }

    async fn list_timeline(
        &self,
        request: Request<pb::ListTimelineRequest>,
    ) -> Result<Response<pb::ListTimelineResponse>, Status> {
        let caller = Caller::of(&request)?;
        let request = request.into_inner();
        Ok(Response::new(self.kernel.view(&caller, move |view| timeline::page(view, request)).await?))
    }
}

/// Handing a customer over needs its own right; an edit of anything else the right to edit.
pub(crate) fn needed(values: &[(&'static str, Value)]) -> Permission {
    match values {
        [("manager_id", _)] => Permission::CustomerReassign,
        _ => Permission::CustomerEdit,
    }
}

fn list_customers(view: &View<'_>, mut request: pb::ListCustomersRequest) -> Result<pb::ListCustomersResponse> {
    let rows = size(request.page_size, request.export);
    let (token, with_total) = (std::mem::take(&mut request.page_token), request.with_total);
    request.page_size = 0;
    request.with_total = false;
    let binding = Binding::new(view.settings, view.actor, "ListCustomers", &request);
    let after = binding.open(&token)?.map(|bytes| Position::decode(&bytes)).transpose()?;
    let list = list::List::new(view.tx, view.actor, view.now, &request)?;
    let slice = list.page(view.tx, after.as_ref(), rows)?;
    let mut customers = Vec::with_capacity(slice.ids.len());
    let mut reader = store::Reader::new(view.tx, view.actor)?;
    for id in slice.ids {
        customers.extend(reader.read(id)?);
    }
    Ok(pb::ListCustomersResponse {
        customers,
        next_page_token: binding.seal(slice.next.map(|next| next.encode()).as_deref()),
        total: with_total.then(|| list.total(view.tx)).transpose()?,
    })
}

fn created(view: &View<'_>, done: crate::change::Done) -> Result<pb::CreateCustomerResponse> {
    let customer = store::reply(view.tx, view.actor, done)?;
    let wanted = duplicates::Wanted {
        name: &customer.name,
        party: i64::from(customer.party),
        tel: &customer.tel,
        except: customer.id,
        ..duplicates::Wanted::default()
    };
    let warnings = duplicates::told(view.tx, view.actor, duplicates::find(view.tx, &wanted)?)?;
    let first_contact = contacts::store::made_by(view.tx, view.actor, done.operation_id)?;
    Ok(pb::CreateCustomerResponse { customer: Some(customer), first_contact, warnings })
}

/// Whether a full form filled something in for a contact.
pub(crate) fn is_blank(contact: &pb::ContactInput) -> bool {
    contact
        .values()
        .iter()
        .all(|(column, value)| *column == "customer_id" || value.is_empty() || *value == Value::Int(0))
        && value_of(&contact.values(), "name").is_none_or(Value::is_empty)
}

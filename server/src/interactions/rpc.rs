//! InteractionService.

use rolo_proto::v1::{self as pb, Kind, interaction_service_server::InteractionService};
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

columns!(pb::InteractionInput: customer_id, at, contact_id, channel_id, place, title, detail, memo, next_contact_at,
    external_id);

/// The service.
#[derive(Debug)]
pub struct Service {
    /// The kernel.
    pub kernel: Kernel,
}

#[tonic::async_trait]
impl InteractionService for Service {
    async fn list_interactions(
        &self,
        request: Request<pb::ListInteractionsRequest>,
    ) -> Result<Response<pb::ListInteractionsResponse>, Status> {
        let caller = Caller::of(&request)?;
        let request = request.into_inner();
        if request.export {
            operations::export::audit(&self.kernel, &caller, Kind::Interaction, &request.page_token).await?;
        }
        Ok(Response::new(self.kernel.view(&caller, move |view| list_interactions(view, request)).await?))
    }

    async fn get_interaction(
        &self,
        request: Request<pb::GetInteractionRequest>,
    ) -> Result<Response<pb::Interaction>, Status> {
        let caller = Caller::of(&request)?;
        let id = request.into_inner().id;
        let interaction =
            self.kernel.view(&caller, move |view| store::read(view.tx, view.actor, id)?.ok_or(Error::NotFound)).await?;
        Ok(Response::new(interaction))
    }

    async fn create_interaction(
        &self,
        request: Request<pb::CreateInteractionRequest>,
    ) -> Result<Response<pb::Interaction>, Status> {
        let caller = Caller::of(&request)?;
        let request = request.into_inner();
        let input = request.interaction.clone().unwrap_or_default();
        let call = Call::new("CreateInteraction", Kind::Interaction, 0, &request.request_id, &request);
        let interaction = self
            .kernel
            .change(
                &caller,
                Lane::People,
                call,
                move |change, _| {
                    let needed = Permission::InteractionCreate;
                    let customer = customers::store::allowed(change.tx(), change.actor, needed, input.customer_id)?;
                    store::create(change, &customer, clean(rules::FIELDS, input.values())?, None, request.full_form)
                },
                |view, done| store::reply(view.tx, view.actor, done),
            )
            .await?;
        Ok(Response::new(interaction))
    }

    async fn update_interaction(
        &self,
        request: Request<pb::UpdateInteractionRequest>,
    ) -> Result<Response<pb::Interaction>, Status> {
        let caller = Caller::of(&request)?;
        let request = request.into_inner();
        let call = Call::new("UpdateInteraction", Kind::Interaction, request.id, &request.request_id, &request);
        let mask = request.update_mask.as_ref();
        let values = masked(&request.interaction.unwrap_or_default(), mask)?;
        let seen = request.seen.map(|seen| masked(&seen, mask)).transpose()?.unwrap_or_default();
        let interaction = self
            .kernel
            .change(
                &caller,
                Lane::People,
                call,
                move |change, _| {
                    let interaction =
                        store::allowed(change.tx(), change.actor, Permission::InteractionEdit, request.id)?;
                    let seen = Seen { revision: request.revision, values: seen };
                    store::update(change, &interaction, &seen, &clean(rules::FIELDS, values)?)
                },
                |view, done| store::reply(view.tx, view.actor, done),
            )
            .await?;
        Ok(Response::new(interaction))
    }

    async fn delete_interaction(
        &self,
        request: Request<pb::DeleteInteractionRequest>,
    ) -> Result<Response<pb::Changed>, Status> {
        let caller = Caller::of(&request)?;
        let request = request.into_inner();
        let call = Call::new("DeleteInteraction", Kind::Interaction, request.id, &request.request_id, &request);
        let changed = self
            .kernel
            .change(
                &caller,
                Lane::People,
                call,
                move |change, _| {
                    let interaction =
                        store::allowed(change.tx(), change.actor, Permission::InteractionEdit, request.id)?;
                    store::delete(change, &interaction, request.revision)
                },
                |_, done| Ok(done.changed(Kind::Interaction)),
            )
            .await?;
        Ok(Response::new(changed))
    }

    async fn restore_interaction(
        &self,
        request: Request<pb::RestoreInteractionRequest>,
    ) -> Result<Response<pb::Interaction>, Status> {
        let caller = Caller::of(&request)?;
        let request = request.into_inner();
        let call = Call::new("RestoreInteraction", Kind::Interaction, request.id, &request.request_id, &request);
        let interaction = self
            .kernel
            .change(
                &caller,
                Lane::People,
                call,
                move |change, _| {
                    let interaction =
                        store::allowed(change.tx(), change.actor, Permission::InteractionEdit, request.id)?;
                    store::restore(change, &interaction, request.revision)
                },
                |view, done| store::reply(view.tx, view.actor, done),
            )
            .await?;
        Ok(Response::new(interaction))
    }

    async fn settle_next_contact(
        &self,
        request: Request<pb::SettleNextContactRequest>,
    ) -> Result<Response<pb::Interaction>, Status> {
        let caller = Caller::of(&request)?;
        let request = request.into_inner();
        let call = Call::new("SettleNextContact", Kind::Interaction, request.id, &request.request_id, &request);
        let interaction = self
            .kernel
            .change(
                &caller,
                Lane::People,
                call,
                move |change, _| {
                    let needed = Permission::InteractionEdit;
                    let interaction = store::allowed(change.tx(), change.actor, needed, request.id)?;
                    store::settle(change, &interaction, request.revision)
                },
                |view, done| store::reply(view.tx, view.actor, done),
            )
            .await?;
        Ok(Response::new(interaction))
    }

    async fn snooze_next_contact(
        &self,
        request: Request<pb::SnoozeNextContactRequest>,
    ) -> Result<Response<pb::Interaction>, Status> {
        let caller = Caller::of(&request)?;
        let request = request.into_inner();
        let call = Call::new("SnoozeNextContact", Kind::Interaction, request.id, &request.request_id, &request);
        let interaction = self
            .kernel
            .change(
                &caller,
                Lane::People,
                call,
                move |change, _| {
                    let needed = Permission::InteractionEdit;
                    let interaction = store::allowed(change.tx(), change.actor, needed, request.id)?;
                    store::snooze(change, &interaction, request.revision, request.until)
                },
                |view, done| store::reply(view.tx, view.actor, done),
            )
            .await?;
        Ok(Response::new(interaction))
    }

    async fn count_due(&self, request: Request<pb::CountDueRequest>) -> Result<Response<pb::CountDueResponse>, Status> {
        let caller = Caller::of(&request)?;
        Ok(Response::new(self.kernel.view(&caller, count_due).await?))
    }
}

fn list_interactions(
    view: &View<'_>,
    mut request: pb::ListInteractionsRequest,
) -> Result<pb::ListInteractionsResponse> {
    let rows = size(request.page_size, request.export);
    let (token, with_total) = (std::mem::take(&mut request.page_token), request.with_total);
    request.page_size = 0;
    request.with_total = false;
    let binding = Binding::new(view.settings, view.actor, "ListInteractions", &request);
    let after = binding.open(&token)?.map(|bytes| Position::decode(&bytes)).transpose()?;
    let walk = list::walk(view.actor, view.now, view.settings.time_zone, &request)?;
    let slice = walk.page(view.tx, after.as_ref(), rows, 0, |_| Ok(true))?;
    let mut interactions = Vec::with_capacity(slice.ids.len());
    for id in slice.ids {
        interactions.extend(store::read(view.tx, view.actor, id)?);
    }
    let total = with_total.then(|| walk.count(view.tx)).transpose()?;
    Ok(pb::ListInteractionsResponse {
        interactions,
        next_page_token: binding.seal(slice.next.map(|next| next.encode()).as_deref()),
        total: total.map(|(count, at_least)| pb::Total { count, at_least }),
    })
}

/// What is due for the caller, by bucket.
fn count_due(view: &View<'_>) -> Result<pb::CountDueResponse> {
    let count = |due: pb::DueView| -> Result<Option<pb::Total>> {
        let filter = pb::InteractionFilter { due: due.into(), mine: true, ..pb::InteractionFilter::default() };
        let request = pb::ListInteractionsRequest { filter: Some(filter), ..pb::ListInteractionsRequest::default() };
        let walk = list::walk(view.actor, view.now, view.settings.time_zone, &request)?;
        let (count, at_least) = walk.count(view.tx)?;
        Ok(Some(pb::Total { count, at_least }))
    };
    Ok(pb::CountDueResponse {
        today: count(pb::DueView::Today)?,
        overdue: count(pb::DueView::Overdue)?,
        next_7_days: count(pb::DueView::Next7Days)?,
    })
}

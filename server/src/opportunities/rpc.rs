//! OpportunityService: proto to domain and back; check, rules and store inside one write.

use rolo_proto::v1::{self as pb, Kind, opportunity_service_server::OpportunityService};
use tonic::{Request, Response, Status};

use super::{
    assignees, counts, derive, list, moves, plan, priors,
    read::{self, Judged},
    rules,
    store::{self, Opportunity},
    totals,
};
use crate::{
    authz::{Allowed, Permission},
    change::{Change, Done, Seen},
    columns, contacts, customers,
    db::Lane,
    error::{Error, Result},
    fields::clean,
    kernel::Kernel,
    operations,
    rpc::{
        guard::{Call, Caller, View},
        mask::{Columns, masked},
    },
    settings::Settings,
};

columns!(pb::OpportunityInput: customer_name, customer_id, title, source, linkman, tel, description, success_rate,
    product_id, expected_amount, expected_close_at, lead_source_id, stage_id, memo, external_id);
columns!(pb::PlanStepInput: opportunity_id, plan_date, todo, result, external_id);

/// The service.
#[derive(Debug)]
pub struct Service {
    /// The kernel.
    pub kernel: Kernel,
}

fn reply(view: &View<'_>, done: Done) -> Result<pb::Opportunity> {
    read::reply(view.tx, view.actor, &Judged::at(view.now, view.settings), done)
}

impl Service {
    /// A change of one opportunity: the caller must be allowed `permission` on it.
    async fn act(
        &self,
        caller: &Caller,
        call: Call,
        permission: Permission,
        act: impl FnOnce(&mut Change<'_, '_>, &Settings, Allowed<Opportunity>) -> Result<Done> + Send + 'static,
    ) -> Result<pb::Opportunity> {
        let id = call.record_id;
        let act = move |change: &mut Change<'_, '_>, settings: &Settings| {
            let opportunity = store::allowed(change.tx(), change.actor, permission, id)?;
            act(change, settings, opportunity)
        };
        self.kernel.change(caller, Lane::People, call, act, reply).await
    }

    /// A read.
    async fn view<R: Send + 'static>(
        &self,
        caller: &Caller,
        job: impl FnOnce(&View<'_>) -> Result<R> + Send + 'static,
    ) -> Result<Response<R>, Status> {
        Ok(Response::new(self.kernel.view(caller, job).await?))
    }
}

#[tonic::async_trait]
impl OpportunityService for Service {
    async fn list_opportunities(
        &self,
        request: Request<pb::ListOpportunitiesRequest>,
    ) -> Result<Response<pb::ListOpportunitiesResponse>, Status> {
        let caller = Caller::of(&request)?;
        let request = request.into_inner();
        if request.export {
            operations::export::audit(&self.kernel, &caller, Kind::Opportunity, &request.page_token).await?;
        }
        self.view(&caller, move |view| list::page(view, request)).await
    }

    async fn count_opportunity_views(
        &self,
        request: Request<pb::CountOpportunityViewsRequest>,
    ) -> Result<Response<pb::CountOpportunityViewsResponse>, Status> {
        let caller = Caller::of(&request)?;
        let count = |view: &View<'_>| Ok(pb::CountOpportunityViewsResponse { counts: counts::views(view)? });
        self.view(&caller, count).await
    }

    async fn get_opportunity(
        &self,
        request: Request<pb::GetOpportunityRequest>,
    ) -> Result<Response<pb::Opportunity>, Status> {
        let caller = Caller::of(&request)?;
        let request = request.into_inner();
        let get = move |view: &View<'_>| {
            let id = match request.id {
                0 => store::by_external_id(view.tx, &request.external_id)?.ok_or(Error::NotFound)?,
                id => id,
            };
            read::opportunity(view.tx, view.actor, &Judged::at(view.now, view.settings), id)?.ok_or(Error::NotFound)
        };
        self.view(&caller, get).await
    }

    async fn create_opportunity(
        &self,
        request: Request<pb::CreateOpportunityRequest>,
    ) -> Result<Response<pb::CreateOpportunityResponse>, Status> {
        let caller = Caller::of(&request)?;
        let request = request.into_inner();
        let call = Call::new("CreateOpportunity", Kind::Opportunity, 0, &request.request_id, &request);
        let create = move |change: &mut Change<'_, '_>, settings: &Settings| {
            let values = clean(rules::FIELDS, request.opportunity.unwrap_or_default().values())?;
            let done = store::create(change, settings, values, request.full_form)?;
            if request.assignee_id == 0 {
                return Ok(done);
            }
            let made = store::allowed(change.tx(), change.actor, Permission::OpportunityAssign, done.id)?;
            moves::assign(change, &made, done.revision, request.assignee_id)
        };
        Ok(Response::new(self.kernel.change(&caller, Lane::People, call, create, created).await?))
    }

    async fn update_opportunity(
        &self,
        request: Request<pb::UpdateOpportunityRequest>,
    ) -> Result<Response<pb::Opportunity>, Status> {
        let caller = Caller::of(&request)?;
        let request = request.into_inner();
        let call = Call::new("UpdateOpportunity", Kind::Opportunity, request.id, &request.request_id, &request);
        let mask = request.update_mask.as_ref();
        let values = masked(&request.opportunity.unwrap_or_default(), mask)?;
        let seen = request.seen.map_or_else(|| Ok(Vec::new()), |seen| masked(&seen, mask))?;
        let seen = Seen { revision: request.revision, values: seen };
        let update = move |change: &mut Change<'_, '_>, settings: &Settings, opportunity: Allowed<Opportunity>| {
            store::update(change, settings, &opportunity, &seen, &clean(rules::FIELDS, values)?)
        };
        Ok(Response::new(self.act(&caller, call, Permission::OpportunityEdit, update).await?))
    }

    async fn delete_opportunity(
        &self,
        request: Request<pb::DeleteOpportunityRequest>,
    ) -> Result<Response<pb::Changed>, Status> {
        let caller = Caller::of(&request)?;
        let request = request.into_inner();
        let call = Call::new("DeleteOpportunity", Kind::Opportunity, request.id, &request.request_id, &request);
        let delete = move |change: &mut Change<'_, '_>, _: &Settings| {
            let opportunity = store::allowed(change.tx(), change.actor, Permission::OpportunityDelete, request.id)?;
            store::delete(change, &opportunity, request.revision)
        };
        let changed = |_: &View<'_>, done: Done| Ok(done.changed(Kind::Opportunity));
        Ok(Response::new(self.kernel.change(&caller, Lane::People, call, delete, changed).await?))
    }

    async fn restore_opportunity(
        &self,
        request: Request<pb::RestoreOpportunityRequest>,
    ) -> Result<Response<pb::Opportunity>, Status> {
        let caller = Caller::of(&request)?;
        let request = request.into_inner();
        let call = Call::new("RestoreOpportunity", Kind::Opportunity, request.id, &request.request_id, &request);
        let restore = move |change: &mut Change<'_, '_>, _: &Settings, opportunity: Allowed<Opportunity>| {
            store::restore(change, &opportunity, request.revision)
        };
        Ok(Response::new(self.act(&caller, call, Permission::OpportunityDelete, restore).await?))
    }

    async fn assign_opportunity(
        &self,
        request: Request<pb::AssignOpportunityRequest>,
    ) -> Result<Response<pb::Opportunity>, Status> {
        let caller = Caller::of(&request)?;
        let request = request.into_inner();
        let call = Call::new("AssignOpportunity", Kind::Opportunity, request.id, &request.request_id, &request);
        let assign = move |change: &mut Change<'_, '_>, _: &Settings, opportunity: Allowed<Opportunity>| {
            moves::assign(change, &opportunity, request.revision, request.assignee_id)
        };
        Ok(Response::new(self.act(&caller, call, Permission::OpportunityAssign, assign).await?))
    }

    async fn reassign_opportunity(
        &self,
        request: Request<pb::ReassignOpportunityRequest>,
    ) -> Result<Response<pb::Opportunity>, Status> {
        let caller = Caller::of(&request)?;
        let request = request.into_inner();
        let call = Call::new("ReassignOpportunity", Kind::Opportunity, request.id, &request.request_id, &request);
        let reassign = move |change: &mut Change<'_, '_>, _: &Settings, opportunity: Allowed<Opportunity>| {
            moves::reassign(change, &opportunity, request.revision, request.assignee_id)
        };
        Ok(Response::new(self.act(&caller, call, Permission::OpportunityAssign, reassign).await?))
    }

    async fn withdraw_opportunity(
        &self,
        request: Request<pb::WithdrawOpportunityRequest>,
    ) -> Result<Response<pb::Opportunity>, Status> {
        let caller = Caller::of(&request)?;
        let request = request.into_inner();
        let call = Call::new("WithdrawOpportunity", Kind::Opportunity, request.id, &request.request_id, &request);
        let withdraw = move |change: &mut Change<'_, '_>, _: &Settings, opportunity: Allowed<Opportunity>| {
            moves::withdraw(change, &opportunity, request.revision)
        };
        Ok(Response::new(self.act(&caller, call, Permission::OpportunityAssign, withdraw).await?))
    }

    async fn succeed_opportunity(
        &self,
        request: Request<pb::SucceedOpportunityRequest>,
    ) -> Result<Response<pb::SucceedOpportunityResponse>, Status> {
        let caller = Caller::of(&request)?;
        let request = request.into_inner();
        let call = Call::new("SucceedOpportunity", Kind::Opportunity, request.id, &request.request_id, &request);
        let succeed = move |change: &mut Change<'_, '_>, settings: &Settings| {
            let opportunity = store::allowed(change.tx(), change.actor, Permission::OpportunityDevelop, request.id)?;
            moves::succeed(change, settings, &opportunity, &request)
        };
        Ok(Response::new(self.kernel.change(&caller, Lane::People, call, succeed, succeeded).await?))
    }

    async fn fail_opportunity(
        &self,
        request: Request<pb::FailOpportunityRequest>,
    ) -> Result<Response<pb::Opportunity>, Status> {
        let caller = Caller::of(&request)?;
        let request = request.into_inner();
        let call = Call::new("FailOpportunity", Kind::Opportunity, request.id, &request.request_id, &request);
        let fail = move |change: &mut Change<'_, '_>, _: &Settings, opportunity: Allowed<Opportunity>| {
            moves::fail(change, &opportunity, request.revision, request.close_reason_id, request.close_text)
        };
        Ok(Response::new(self.act(&caller, call, Permission::OpportunityDevelop, fail).await?))
    }

    async fn reopen_opportunity(
        &self,
        request: Request<pb::ReopenOpportunityRequest>,
    ) -> Result<Response<pb::Opportunity>, Status> {
        let caller = Caller::of(&request)?;
        let request = request.into_inner();
        let call = Call::new("ReopenOpportunity", Kind::Opportunity, request.id, &request.request_id, &request);
        let reopen = move |change: &mut Change<'_, '_>, _: &Settings, opportunity: Allowed<Opportunity>| {
            moves::reopen(change, &opportunity, request.revision, &request.reason)
        };
        Ok(Response::new(self.act(&caller, call, Permission::OpportunityAssign, reopen).await?))
    }

    async fn check_opportunity(
        &self,
        request: Request<pb::CheckOpportunityRequest>,
    ) -> Result<Response<pb::CheckOpportunityResponse>, Status> {
        let caller = Caller::of(&request)?;
        let request = request.into_inner();
        let check = move |view: &View<'_>| {
            let product = Some(request.product_id).filter(|id| *id > 0);
            let name = &request.customer_name;
            let priors = priors::told(view.tx, view.settings, view.actor, name, product, request.except_id)?;
            Ok(pb::CheckOpportunityResponse { priors })
        };
        self.view(&caller, check).await
    }

    async fn list_assignees(
        &self,
        request: Request<pb::ListAssigneesRequest>,
    ) -> Result<Response<pb::ListAssigneesResponse>, Status> {
        let caller = Caller::of(&request)?;
        let request = request.into_inner();
        let offered = move |view: &View<'_>| {
            Ok(pb::ListAssigneesResponse { assignees: assignees::offered(view, &request.search, &[])? })
        };
        self.view(&caller, offered).await
    }

    async fn spread_opportunities(
        &self,
        request: Request<pb::SpreadOpportunitiesRequest>,
    ) -> Result<Response<pb::SpreadOpportunitiesResponse>, Status> {
        let caller = Caller::of(&request)?;
        let request = request.into_inner();
        self.view(&caller, move |view| assignees::spread(view, request)).await
    }

    async fn sum_opportunities(
        &self,
        request: Request<pb::SumOpportunitiesRequest>,
    ) -> Result<Response<pb::SumOpportunitiesResponse>, Status> {
        let caller = Caller::of(&request)?;
        let request = request.into_inner();
        self.view(&caller, move |view| totals::of_filter(view, request)).await
    }

    async fn get_board(&self, request: Request<pb::GetBoardRequest>) -> Result<Response<pb::GetBoardResponse>, Status> {
        let caller = Caller::of(&request)?;
        let request = request.into_inner();
        self.view(&caller, move |view| totals::board(view, &request)).await
    }

    async fn get_forecast(
        &self,
        request: Request<pb::GetForecastRequest>,
    ) -> Result<Response<pb::GetForecastResponse>, Status> {
        let caller = Caller::of(&request)?;
        let request = request.into_inner();
        self.view(&caller, move |view| totals::forecast(view, &request)).await
    }

    async fn list_plan_steps(
        &self,
        request: Request<pb::ListPlanStepsRequest>,
    ) -> Result<Response<pb::ListPlanStepsResponse>, Status> {
        let caller = Caller::of(&request)?;
        let request = request.into_inner();
        self.view(&caller, move |view| plan::page(view, request)).await
    }

    async fn get_plan_step(&self, request: Request<pb::GetPlanStepRequest>) -> Result<Response<pb::PlanStep>, Status> {
        let caller = Caller::of(&request)?;
        let id = request.into_inner().id;
        let get = move |view: &View<'_>| {
            let today = derive::date_of(view.now, view.settings.time_zone);
            plan::read(view.tx, view.actor, &today, id)?.ok_or(Error::NotFound)
        };
        self.view(&caller, get).await
    }

    async fn create_plan_step(
        &self,
        request: Request<pb::CreatePlanStepRequest>,
    ) -> Result<Response<pb::PlanStep>, Status> {
        let caller = Caller::of(&request)?;
        let request = request.into_inner();
        let call = Call::new("CreatePlanStep", Kind::PlanStep, 0, &request.request_id, &request);
        let create = move |change: &mut Change<'_, '_>, _: &Settings| {
            let step = request.step.unwrap_or_default();
            let opportunity = store::allowed(change.tx(), change.actor, Permission::PlanWrite, step.opportunity_id)?;
            plan::create(change, &opportunity, clean(rules::STEP_FIELDS, step.values())?)
        };
        Ok(Response::new(self.kernel.change(&caller, Lane::People, call, create, plan::reply).await?))
    }

    async fn update_plan_step(
        &self,
        request: Request<pb::UpdatePlanStepRequest>,
    ) -> Result<Response<pb::PlanStep>, Status> {
        let caller = Caller::of(&request)?;
        let request = request.into_inner();
        let call = Call::new("UpdatePlanStep", Kind::PlanStep, request.id, &request.request_id, &request);
        let mask = request.update_mask.as_ref();
        let values = masked(&request.step.unwrap_or_default(), mask)?;
        let seen = request.seen.map_or_else(|| Ok(Vec::new()), |seen| masked(&seen, mask))?;
        let seen = Seen { revision: request.revision, values: seen };
        let update = move |change: &mut Change<'_, '_>, _: &Settings| {
            plan::update(change, request.id, &seen, &clean(rules::STEP_FIELDS, values)?)
        };
        Ok(Response::new(self.kernel.change(&caller, Lane::People, call, update, plan::reply).await?))
    }

    async fn delete_plan_step(
        &self,
        request: Request<pb::DeletePlanStepRequest>,
    ) -> Result<Response<pb::Changed>, Status> {
        let caller = Caller::of(&request)?;
        let request = request.into_inner();
        let call = Call::new("DeletePlanStep", Kind::PlanStep, request.id, &request.request_id, &request);
        let delete = move |change: &mut Change<'_, '_>, _: &Settings| {
            let step = plan::allowed(change.tx(), change.actor, Permission::PlanWrite, request.id)?;
            plan::delete(change, &step, request.revision)
        };
        let changed = |_: &View<'_>, done: Done| Ok(done.changed(Kind::PlanStep));
        Ok(Response::new(self.kernel.change(&caller, Lane::People, call, delete, changed).await?))
    }

    async fn restore_plan_step(
        &self,
        request: Request<pb::RestorePlanStepRequest>,
    ) -> Result<Response<pb::PlanStep>, Status> {
        let caller = Caller::of(&request)?;
        let request = request.into_inner();
        let call = Call::new("RestorePlanStep", Kind::PlanStep, request.id, &request.request_id, &request);
        let restore = move |change: &mut Change<'_, '_>, _: &Settings| {
            let step = plan::allowed(change.tx(), change.actor, Permission::PlanWrite, request.id)?;
            plan::restore(change, &step, request.revision)
        };
        Ok(Response::new(self.kernel.change(&caller, Lane::People, call, restore, plan::reply).await?))
    }

    async fn count_work(
        &self,
        request: Request<pb::CountWorkRequest>,
    ) -> Result<Response<pb::CountWorkResponse>, Status> {
        let caller = Caller::of(&request)?;
        self.view(&caller, counts::work).await
    }
}

fn created(view: &View<'_>, done: Done) -> Result<pb::CreateOpportunityResponse> {
    let opportunity = reply(view, done)?;
    let product = opportunity.product.as_ref().map(|product| product.id);
    let name = &opportunity.customer_name;
    let priors = priors::told(view.tx, view.settings, view.actor, name, product, opportunity.id)?;
    Ok(pb::CreateOpportunityResponse { opportunity: Some(opportunity), priors })
}

fn succeeded(view: &View<'_>, done: Done) -> Result<pb::SucceedOpportunityResponse> {
    let opportunity = reply(view, done)?;
    let customer = match &opportunity.customer {
        Some(customer) => customers::store::read(view.tx, view.actor, customer.id)?,
        None => None,
    };
    let contact = contacts::store::made_by(view.tx, view.actor, done.operation_id)?;
    let open_steps = plan::open_steps(view, done.id)?;
    Ok(pb::SucceedOpportunityResponse { opportunity: Some(opportunity), customer, contact, open_steps })
}

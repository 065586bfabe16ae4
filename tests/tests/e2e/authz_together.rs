//! The lines of the golden table for opportunities, and for working together.

use anyhow::{Context, Result};
use rolo_proto::v1::{self as pb, Kind};
use rolo_tests::{
    Session, World,
    ask::{lead, mask},
    world::request_id,
};
use tonic::Status;

use super::Target;

/// Makes the call of this name to the target.
#[expect(clippy::too_many_lines, clippy::needless_update, reason = "a table: one line a method")]
pub async fn call(by: &Session, name: &str, t: &Target) -> Option<Result<(), Status>> {
    let request_id = request_id();
    macro_rules! call {
        ($client:ident . $method:ident ( $request:ident { $($field:ident : $value:expr),* $(,)? } )) => {
            by.$client()
                .$method(pb::$request { $($field: $value,)* ..pb::$request::default() })
                .await
                .map(drop)
        };
    }
    let fresh = format!("新{request_id}");
    let (o, l, lost) = (&t.opportunity, &t.lead, &t.lost_lead);
    Some(match name {
        "ListOpportunities" => call!(opportunities.list_opportunities(ListOpportunitiesRequest {})),
        "CountOpportunityViews" => call!(opportunities.count_opportunity_views(CountOpportunityViewsRequest {})),
        "GetOpportunity" => call!(opportunities.get_opportunity(GetOpportunityRequest { id: o.id })),
        "CreateOpportunity" => {
            call!(opportunities.create_opportunity(CreateOpportunityRequest {
                opportunity: Some(lead(&fresh)),
                request_id: request_id,
            }))
        }
        "UpdateOpportunity" => call!(opportunities.update_opportunity(UpdateOpportunityRequest {
            id: o.id,
            opportunity: Some(pb::OpportunityInput { memo: fresh, ..Default::default() }),
            update_mask: mask(&["memo"]),
            revision: o.revision,
            request_id: request_id,
        })),
        "DeleteOpportunity" => call!(opportunities.delete_opportunity(DeleteOpportunityRequest {
            id: l.id,
            revision: l.revision,
            request_id: request_id,
        })),
        "RestoreOpportunity" => call!(opportunities.restore_opportunity(RestoreOpportunityRequest {
            id: t.binned_lead.id,
            revision: t.binned_lead.revision + 1,
            request_id: request_id,
        })),
        "AssignOpportunity" => call!(opportunities.assign_opportunity(AssignOpportunityRequest {
            id: l.id,
            assignee_id: t.assignee_id,
            revision: l.revision,
            request_id: request_id,
        })),
        "ReassignOpportunity" => call!(opportunities.reassign_opportunity(ReassignOpportunityRequest {
            id: lost.id,
            assignee_id: t.assignee_id,
            revision: lost.revision,
            request_id: request_id,
        })),
        "WithdrawOpportunity" => call!(opportunities.withdraw_opportunity(WithdrawOpportunityRequest {
            id: o.id,
            revision: o.revision,
            request_id: request_id,
        })),
        "SucceedOpportunity" => call!(opportunities.succeed_opportunity(SucceedOpportunityRequest {
            id: o.id,
            revision: o.revision,
            request_id: request_id,
        })),
        "FailOpportunity" => call!(opportunities.fail_opportunity(FailOpportunityRequest {
            id: o.id,
            revision: o.revision,
            close_reason_id: t.close_reason_id,
            close_text: fresh,
            request_id: request_id,
        })),
        "ReopenOpportunity" => call!(opportunities.reopen_opportunity(ReopenOpportunityRequest {
            id: lost.id,
            revision: lost.revision,
            reason: fresh,
            request_id: request_id,
        })),
        "CheckOpportunity" => {
            call!(opportunities.check_opportunity(CheckOpportunityRequest { customer_name: fresh }))
        }
        "ListAssignees" => call!(opportunities.list_assignees(ListAssigneesRequest {})),
        "SpreadOpportunities" => {
            call!(opportunities.spread_opportunities(SpreadOpportunitiesRequest { ids: vec![l.id] }))
        }
        "SumOpportunities" => call!(opportunities.sum_opportunities(SumOpportunitiesRequest {})),
        "GetBoard" => call!(opportunities.get_board(GetBoardRequest {})),
        "GetForecast" => call!(opportunities.get_forecast(GetForecastRequest {})),
        "ListPlanSteps" => call!(opportunities.list_plan_steps(ListPlanStepsRequest { opportunity_id: o.id })),
        "GetPlanStep" => call!(opportunities.get_plan_step(GetPlanStepRequest { id: t.step.id })),
        "CreatePlanStep" => call!(opportunities.create_plan_step(CreatePlanStepRequest {
            step: Some(pb::PlanStepInput {
                opportunity_id: o.id,
                plan_date: "2026-11-05".into(),
                todo: fresh,
                ..Default::default()
            }),
            request_id: request_id,
        })),
        "UpdatePlanStep" => call!(opportunities.update_plan_step(UpdatePlanStepRequest {
            id: t.step.id,
            step: Some(pb::PlanStepInput { result: fresh, ..Default::default() }),
            update_mask: mask(&["result"]),
            revision: t.step.revision,
            request_id: request_id,
        })),
        "DeletePlanStep" => call!(opportunities.delete_plan_step(DeletePlanStepRequest {
            id: t.step.id,
            revision: t.step.revision,
            request_id: request_id,
        })),
        "RestorePlanStep" => call!(opportunities.restore_plan_step(RestorePlanStepRequest {
            id: t.binned_step.id,
            revision: t.binned_step.revision + 1,
            request_id: request_id,
        })),
        "CountWork" => call!(opportunities.count_work(CountWorkRequest {})),
        "ListProducts" => call!(products.list_products(ListProductsRequest {})),
        "GetProduct" => call!(products.get_product(GetProductRequest { id: t.product.id })),
        "CreateProduct" => call!(products.create_product(CreateProductRequest {
            product: Some(pb::ProductInput { name: fresh, ..Default::default() }),
            request_id: request_id,
        })),
        "UpdateProduct" => call!(products.update_product(UpdateProductRequest {
            id: t.product.id,
            product: Some(pb::ProductInput { memo: fresh, ..Default::default() }),
            update_mask: mask(&["memo"]),
            revision: t.product.revision,
            request_id: request_id,
        })),
        "DeleteProduct" => call!(products.delete_product(DeleteProductRequest {
            id: t.product.id,
            revision: t.product.revision,
            request_id: request_id,
        })),
        "RestoreProduct" => call!(products.restore_product(RestoreProductRequest {
            id: t.binned_product.id,
            revision: t.binned_product.revision + 1,
            request_id: request_id,
        })),
        "GetSequence" => call!(watch.get_sequence(GetSequenceRequest {})),
        "SetPresence" => call!(watch.set_presence(SetPresenceRequest { kind: Kind::Opportunity.into(), id: o.id })),
        "ListNotices" => call!(notices.list_notices(ListNoticesRequest {})),
        "CountUnread" => call!(notices.count_unread(CountUnreadRequest {})),
        "MarkRead" => call!(notices.mark_read(MarkReadRequest {})),
        "SetFollow" => call!(notices.set_follow(SetFollowRequest { kind: Kind::Opportunity.into(), id: o.id })),
        "GetFollow" => call!(notices.get_follow(GetFollowRequest { kind: Kind::Opportunity.into(), id: o.id })),
        "ListViews" => call!(views.list_views(ListViewsRequest { kind: Kind::Opportunity.into() })),
        "CreateView" => call!(views.create_view(CreateViewRequest {
            view: Some(pb::SavedViewInput { kind: Kind::Opportunity.into(), name: fresh, ..Default::default() }),
            request_id: request_id,
        })),
        "UpdateView" => call!(views.update_view(UpdateViewRequest {
            id: t.view.id,
            view: Some(pb::SavedViewInput { filter: fresh, ..Default::default() }),
            update_mask: mask(&["filter"]),
            revision: t.view.revision,
            request_id: request_id,
        })),
        "DeleteView" => call!(views.delete_view(DeleteViewRequest {
            id: t.view.id,
            revision: t.view.revision,
            request_id: request_id,
        })),
        "RestoreView" => call!(views.restore_view(RestoreViewRequest {
            id: t.binned_view.id,
            revision: t.binned_view.revision + 1,
            request_id: request_id,
        })),
        "PreviewBulk" => call!(bulk.preview_bulk(PreviewBulkRequest { selection: these(l.id) })),
        "RunBulk" => call!(bulk.run_bulk(RunBulkRequest {
            selection: these(l.id),
            action: Some(pb::BulkAction { action: Some(pb::bulk_action::Action::Follow(false)) }),
            request_id: request_id,
        })),
        _ => Err(Status::unimplemented("this method has no line in authz.rs")),
    })
}

fn these(id: i64) -> Option<pb::Selection> {
    Some(pb::Selection { kind: Kind::Opportunity.into(), ids: vec![id], filter: None })
}

/// Opportunities of this person, and what else these calls are about.
pub async fn add(world: &World, boss: &Session, person: i64, number: u32, t: &mut Target) -> Result<()> {
    let mgr = world.session("mgr").await?;
    let assignees = boss.opportunities().list_assignees(pb::ListAssigneesRequest::default()).await?.into_inner();
    let develops = assignees.assignees.iter().any(|one| one.user.as_ref().is_some_and(|user| user.id == person));
    t.assignee_id = mgr.user_id;
    let assignee = if develops { person } else { mgr.user_id };
    let record = async |what: &str| boss.record(lead(&format!("{what}{number}"))).await;
    let assigned = boss.assign(&record("机会").await?, assignee).await?;
    t.step = boss.step(assigned.id, "2026-11-05", "拜访").await?;
    t.binned_step = boss.step(assigned.id, "2026-11-06", "旧").await?;
    let (id, revision) = (t.binned_step.id, t.binned_step.revision);
    let bin = pb::DeletePlanStepRequest { id, revision, request_id: request_id() };
    boss.opportunities().delete_plan_step(bin).await?;
    t.opportunity = boss.opportunity(assigned.id).await?;
    let other = world.session("other").await?;
    let recorder = if person == other.user_id { &other } else { &mgr };
    t.lead = recorder.record(lead(&format!("线索{number}"))).await?;
    t.binned_lead = recorder.record(lead(&format!("旧线索{number}"))).await?;
    let (id, revision) = (t.binned_lead.id, t.binned_lead.revision);
    let bin = pb::DeleteOpportunityRequest { id, revision, request_id: request_id() };
    recorder.opportunities().delete_opportunity(bin).await?;
    t.close_reason_id = world.item("close_reason", "price").await?;
    let closer = boss.assign(&record("丢单").await?, boss.user_id).await?;
    let fail = pb::FailOpportunityRequest {
        id: closer.id,
        revision: closer.revision,
        close_reason_id: t.close_reason_id,
        close_text: "太贵".into(),
        request_id: request_id(),
    };
    t.lost_lead = boss.opportunities().fail_opportunity(fail).await?.into_inner();
    for binned in [false, true] {
        let product = pb::ProductInput { name: format!("产品{number}{binned}"), ..Default::default() };
        let make = pb::CreateProductRequest { product: Some(product), request_id: request_id() };
        let product = boss.products().create_product(make).await?.into_inner();
        let view = pb::SavedViewInput {
            kind: Kind::Customer.into(),
            name: format!("视图{number}{binned}"),
            ..Default::default()
        };
        let make = pb::CreateViewRequest { view: Some(view), request_id: request_id() };
        let view = boss.views().create_view(make).await?.into_inner();
        if binned {
            let (id, revision) = (product.id, product.revision);
            boss.products().delete_product(pb::DeleteProductRequest { id, revision, request_id: request_id() }).await?;
        }
        // A person keeps fifty at most: what this target does not need goes at once.
        let bin = pb::DeleteViewRequest { id: view.id, revision: view.revision, request_id: request_id() };
        boss.views().delete_view(bin).await.context("a view")?;
        if binned {
            (t.binned_product, t.binned_view) = (product, view);
        } else {
            (t.product, t.view) = (product, view);
        }
    }
    Ok(())
}

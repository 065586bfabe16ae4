//! §4.1 (O1–O10) and §4.2 (P1–P3), what `opportunities.rs` and `plan.rs` leave open: the owner's part of each row, every
//! change of what is closed, and undo, which must not lead where no row leads.
//!
//! | row | passes | is refused |
//! |---|---|---|
//! | O1 create | `a_manager_and_a_supervisor_record_…` | the same (roles, fields), `a_name_that_is_there_…`, `a_lost_customer_…` |
//! | O2 edit | `an_edit_is_for_the_creator_…` | the same (state), `a_right_that_does_not_reach_…` (owner) |
//! | O3 delete | `only_an_unassigned_opportunity_is_deleted_…` | the same (state), `a_right_that_does_not_reach_…` (owner) |
//! | O4 assign | `the_supervisor_assigns_to_one_active_manager_…` | the same (role, nobody), `who_cannot_develop_…`, `of_fifty_…` |
//! | O5 reassign | `a_reassignment_goes_to_somebody_else_…` | the same (same person, unassigned), `what_is_closed_…` |
//! | O6 withdraw | `an_assignment_is_withdrawn_…` | the same (result), `an_assignment_with_results_…` (by undo) |
//! | O7 success | `success_makes_the_customer_…`, `success_links_…` | `only_the_assignee_…`, `success_links_…` (name taken) |
//! | O8 failure | `giving_up_needs_reason_and_text_…` | the same (fields, state), `only_the_assignee_…` |
//! | O9 closed | – | `what_is_closed_is_for_looking_at_only` |
//! | O10 back | `success_…_can_be_taken_back_whole`, `giving_up_…_a_supervisor_reopens` | `after_a_day_…`, `a_success_stays_…`, `an_end_is_taken_back_by_…` |
//! | P1 plan | `steps_are_planned_by_assignee_and_supervisor_…` | the same (state 1, fields), `what_is_closed_…` |
//! | P2 result | `results_are_recorded_by_the_assignee_…` | the same (role), `only_the_assignee_…`, `what_is_closed_…` |
//! | P3 delete a step | `results_are_recorded_…` (none) | the same (`IN_USE`) |

use anyhow::{Context, Result};
use rolo_proto::v1::{self as pb, OpportunityStatus};
use rolo_tests::{
    Session, World,
    ask::{detail, faults, lead, mask, reason_of},
    world::{digest, reason, request_id},
};

use super::opportunities::edit;

/// A decision that names the record, its revision and, some of them, a person.
macro_rules! decide {
    ($by:expr, $method:ident, $request:ident, $seen:expr $(, $field:ident: $value:expr)*) => {
        $by.opportunities()
            .$method(pb::$request { id: $seen.id, revision: $seen.revision, request_id: request_id() $(, $field: $value)* })
            .await
            .map(tonic::Response::into_inner)
    };
}

fn titled(title: &str) -> pb::OpportunityInput {
    pb::OpportunityInput { title: title.into(), ..Default::default() }
}

/// Managers who see everybody's opportunities, as a company may arrange it: then a right that does not reach shows as
/// `NOT_OWNER`, not as `NOT_FOUND`.
async fn sharing(world: &World) -> Result<()> {
    world.sql("UPDATE role_permission SET scope = 3 WHERE permission = 'opportunity.read'").await?;
    world.handle()?.kernel().sessions().invalidate();
    Ok(())
}

/// O2, O3, P1: creator and supervisor edit and delete while 未指派, others who see it do not; who recorded it and when stay
/// as they are.
#[tokio::test]
async fn a_right_that_does_not_reach_a_record_is_refused_with_its_owner() -> Result<()> {
    let world = World::new().await?;
    sharing(&world).await?;
    let (mgr, sup, other) = (world.session("mgr").await?, world.session("sup").await?, world.session("other").await?);
    let made = mgr.record(lead("宁波东方重工")).await?;
    let before = digest(world.dir.path())?;
    for refusal in [
        edit(&other, &made, &["title"], titled("x")).await.map(drop),
        decide!(other, delete_opportunity, DeleteOpportunityRequest, made).map(drop),
    ] {
        let refusal = refusal.err().context("taken")?;
        assert_eq!((reason(&refusal), detail(&refusal, "owner")), ("NOT_OWNER".into(), "mgr".into()));
    }
    assert_eq!(digest(world.dir.path())?, before);
    world.advance(60_000);
    let edited = edit(&sup, &made, &["title"], titled("三期")).await?;
    assert_eq!(
        (&edited.created_by, edited.created_at),
        (&made.created_by, made.created_at),
        "O2: creator and time stay"
    );
    assert!(edited.updated_at > made.updated_at);
    let gone = decide!(sup, delete_opportunity, DeleteOpportunityRequest, edited)?;
    assert_eq!(mgr.opportunity(gone.id).await?.status(), OpportunityStatus::Deleted, "O3: by the supervisor");
    let assigned = sup.assign(&mgr.record(lead("青岛海运")).await?, mgr.user_id).await?;
    let step = mgr.step(assigned.id, "2026-11-05", "拜访").await?;
    assert_eq!(reason_of(&other.step(assigned.id, "2026-11-05", "x").await), "NOT_OWNER", "P1");
    let todo = pb::PlanStepInput { todo: "x".into(), ..Default::default() };
    assert_eq!(reason_of(&other.change_step(&step, &["todo"], todo).await), "NOT_OWNER", "P1");
    Ok(())
}

/// O4, O5, §5.2: whoever is disabled, or holds no right to develop, is given nothing, alone or with the record at once;
/// a new time is told with the new assignee.
#[tokio::test]
async fn who_cannot_develop_an_opportunity_is_not_given_one() -> Result<()> {
    let world = World::new().await?;
    rolo_tests::world::hire(world.handle()?, vec![("gone".into(), ["manager"].as_slice(), "North")]).await?;
    let (mgr, sup, gone) = (world.session("mgr").await?, world.session("sup").await?, world.session("gone").await?);
    world.sql("UPDATE user SET active = 0 WHERE name = 'gone'").await?;
    let made = sup.record(lead("宁波东方重工")).await?;
    let before = digest(world.dir.path())?;
    let both = |by: &Session, assignee_id| {
        let request = pb::CreateOpportunityRequest {
            opportunity: Some(lead("青岛海运")),
            full_form: true,
            assignee_id,
            request_id: request_id(),
        };
        let mut opportunities = by.opportunities();
        async move { opportunities.create_opportunity(request).await }
    };
    for who in [gone.user_id, sup.user_id, i64::MAX, -1] {
        assert_eq!(reason_of(&sup.assign(&made, who).await), "VALIDATION", "{who}");
        assert_eq!(reason_of(&both(&sup, who).await), "VALIDATION", "{who}: neither recorded nor assigned");
    }
    assert_eq!(reason_of(&both(&mgr, mgr.user_id).await), "FORBIDDEN", "nobody gives one to themselves");
    assert_eq!(digest(world.dir.path())?, before);
    let assigned = sup.assign(&made, mgr.user_id).await?;
    let refusal = decide!(sup, reassign_opportunity, ReassignOpportunityRequest, assigned, assignee_id: gone.user_id);
    assert_eq!(reason_of(&refusal), "VALIDATION");
    world.sql("UPDATE user SET active = 1 WHERE name = 'gone'").await?;
    world.advance(60_000);
    let moved = decide!(sup, reassign_opportunity, ReassignOpportunityRequest, assigned, assignee_id: gone.user_id)?;
    assert!(moved.assigned_at > assigned.assigned_at, "O5: with a new time");
    let made = both(&sup, mgr.user_id).await?.into_inner().opportunity.context("none")?;
    assert_eq!((made.status(), world.number("SELECT COUNT(DISTINCT operation_id) FROM audit WHERE kind = (SELECT kind FROM audit ORDER BY sequence DESC LIMIT 1) AND record_id = (SELECT MAX(id) FROM opportunity)").await?), (OpportunityStatus::Assigned, 1), "created and assigned in one");
    Ok(())
}

/// O7, O8, P2: somebody who may develop and sees it, but is not its assignee, is told whose it is.
#[tokio::test]
async fn only_the_assignee_develops_and_closes_an_opportunity() -> Result<()> {
    let world = World::new().await?;
    let (mgr, boss) = (world.session("mgr").await?, world.session("boss").await?);
    let assigned = boss.assign(&mgr.record(lead("宁波东方重工")).await?, mgr.user_id).await?;
    let step = mgr.step(assigned.id, "2026-11-05", "拜访").await?;
    let price = world.item("close_reason", "price").await?;
    let before = digest(world.dir.path())?;
    let fail = decide!(boss, fail_opportunity, FailOpportunityRequest, assigned, close_reason_id: price, close_text: "x".into());
    for refusal in [boss.win(&assigned, 0).await.map(drop), fail.map(drop), boss.result(&step, "x").await.map(drop)] {
        let refusal = refusal.err().context("taken")?;
        assert_eq!((reason(&refusal), detail(&refusal, "owner")), ("NOT_OWNER".into(), "mgr".into()));
    }
    assert_eq!(digest(world.dir.path())?, before);
    Ok(())
}

/// O9, P1, P2, P3: nothing of what is 开发成功 or 开发失败 changes, whoever asks and by whatever way.
#[tokio::test]
async fn what_is_closed_is_for_looking_at_only() -> Result<()> {
    let world = World::new().await?;
    let boss = world.session("boss").await?;
    let price = world.item("close_reason", "price").await?;
    for (name, wins) in [("宁波东方重工", true), ("青岛海运", false)] {
        let assigned = boss.assign(&boss.record(lead(name)).await?, boss.user_id).await?;
        let done = boss.step(assigned.id, "2026-11-05", "拜访").await?;
        let done = boss.result(&done, "好").await?;
        let open = boss.step(assigned.id, "2026-11-06", "报价").await?;
        let binned = boss.step(assigned.id, "2026-11-07", "谈判").await?;
        let binned = decide!(boss, delete_plan_step, DeletePlanStepRequest, binned)?;
        let closed = match wins {
            true => boss.win(&assigned, 0).await?.opportunity.context("none")?,
            false => {
                let why = "太贵".to_owned();
                decide!(boss, fail_opportunity, FailOpportunityRequest, assigned, close_reason_id: price, close_text: why)?
            }
        };
        let before = digest(world.dir.path())?;
        let to = boss.user_id;
        let memo = pb::OpportunityInput { memo: "x".into(), ..Default::default() };
        let todo = |field: &str| {
            let text = || "x".to_owned();
            let step = pb::PlanStepInput { todo: text(), result: text(), ..Default::default() };
            (mask(&[field]), step)
        };
        let mut refusals = vec![
            edit(&boss, &closed, &["title"], titled("x")).await.map(drop),
            edit(&boss, &closed, &["memo"], memo).await.map(drop),
            decide!(boss, delete_opportunity, DeleteOpportunityRequest, closed).map(drop),
            decide!(boss, restore_opportunity, RestoreOpportunityRequest, closed).map(drop),
            boss.assign(&closed, to).await.map(drop),
            decide!(boss, reassign_opportunity, ReassignOpportunityRequest, closed, assignee_id: to).map(drop),
            decide!(boss, withdraw_opportunity, WithdrawOpportunityRequest, closed).map(drop),
            boss.win(&closed, 0).await.map(drop),
            decide!(boss, fail_opportunity, FailOpportunityRequest, closed, close_reason_id: price, close_text: "x".into())
                .map(drop),
            boss.step(closed.id, "2026-11-08", "x").await.map(drop),
            decide!(boss, delete_plan_step, DeletePlanStepRequest, open).map(drop),
            decide!(boss, delete_plan_step, DeletePlanStepRequest, done).map(drop),
            decide!(boss, restore_plan_step, RestorePlanStepRequest, binned).map(drop),
        ];
        for field in ["todo", "result"] {
            let (update_mask, step) = todo(field);
            let change = decide!(boss, update_plan_step, UpdatePlanStepRequest, open, step: Some(step), update_mask: update_mask, seen: None);
            refusals.push(change.map(drop));
        }
        if wins {
            refusals.push(
                decide!(boss, reopen_opportunity, ReopenOpportunityRequest, closed, reason: "x".into()).map(drop),
            );
        }
        for (place, refusal) in refusals.iter().enumerate() {
            assert_eq!(reason_of(refusal), "INVALID_STATE", "{name}, the change at place {place}");
        }
        assert_eq!(digest(world.dir.path())?, before, "{name}");
    }
    Ok(())
}

/// O6: undo is no way around it: an assignment whose plan has a result stays, and says so.
#[tokio::test]
async fn an_assignment_with_results_is_not_taken_back_by_undo_either() -> Result<()> {
    let world = World::new().await?;
    let (mgr, sup) = (world.session("mgr").await?, world.session("sup").await?);
    let assigned = sup.assign(&mgr.record(lead("宁波东方重工")).await?, mgr.user_id).await?;
    let step = mgr.step(assigned.id, "2026-11-05", "拜访").await?;
    let done = mgr.result(&step, "有兴趣").await?;
    let undone = sup.undo(assigned.operation_id).await?;
    let kept: Vec<_> = undone.kept_records.iter().map(|one| (one.id, one.reason.as_str())).collect();
    assert_eq!((undone.done, kept), (0, vec![(assigned.id, "INVALID_STATE")]));
    assert_eq!(mgr.opportunity(assigned.id).await?.status(), OpportunityStatus::Assigned);
    mgr.result(&done, "").await?;
    assert_eq!(sup.undo(assigned.operation_id).await?.done, 1, "without the result it goes");
    assert_eq!(mgr.opportunity(assigned.id).await?.status(), OpportunityStatus::Unassigned);
    Ok(())
}

/// O4, O5, lesson 7: undo gives nothing to whom it could not be given by hand, and needs the right of what it takes back.
#[tokio::test]
async fn an_undo_gives_an_opportunity_to_nobody_who_could_not_be_given_it() -> Result<()> {
    let world = World::new().await?;
    rolo_tests::world::hire(world.handle()?, vec![("gone".into(), ["manager"].as_slice(), "North")]).await?;
    let (mgr, sup, gone) = (world.session("mgr").await?, world.session("sup").await?, world.session("gone").await?);
    let assigned = sup.assign(&sup.record(lead("宁波东方重工")).await?, gone.user_id).await?;
    let moved = decide!(sup, reassign_opportunity, ReassignOpportunityRequest, assigned, assignee_id: mgr.user_id)?;
    world.sql("UPDATE user SET active = 0 WHERE name = 'gone'").await?;
    let undone = sup.undo(moved.operation_id).await?;
    assert_eq!((undone.done, undone.kept_records.first().map(|one| one.reason.as_str())), (0, Some("VALIDATION")));
    assert_eq!(sup.opportunity(moved.id).await?.assignee.map(|user| user.id), Some(mgr.user_id));
    // She withdraws one, is a manager from then on, and takes that back: it would be an assignment.
    let back = decide!(sup, withdraw_opportunity, WithdrawOpportunityRequest, moved)?;
    world
        .sql("UPDATE user_role SET role_id = (SELECT id FROM role WHERE code = 'manager') WHERE user_id = (SELECT id FROM user WHERE name = 'sup')")
        .await?;
    world.handle()?.kernel().sessions().invalidate();
    let undone = sup.undo(back.operation_id).await?;
    assert_eq!((undone.done, undone.kept_records.first().map(|one| one.reason.as_str())), (0, Some("FORBIDDEN")));
    assert_eq!(sup.opportunity(back.id).await?.status(), OpportunityStatus::Unassigned);
    Ok(())
}

/// O10, D9: an end is taken back within the day by the person who made it; a supervisor reopens, with a reason.
#[tokio::test]
async fn an_end_is_taken_back_by_the_person_who_made_it_alone() -> Result<()> {
    let world = World::new().await?;
    let (mgr, sup) = (world.session("mgr").await?, world.session("sup").await?);
    let price = world.item("close_reason", "price").await?;
    let lost = sup.assign(&mgr.record(lead("宁波东方重工")).await?, mgr.user_id).await?;
    let why = "太贵".to_owned();
    let lost = decide!(mgr, fail_opportunity, FailOpportunityRequest, lost, close_reason_id: price, close_text: why)?;
    let won = sup.assign(&mgr.record(lead("青岛海运")).await?, mgr.user_id).await?;
    let won = mgr.win(&won, 0).await?.opportunity.context("none")?;
    for end in [&lost, &won] {
        let undone = sup.undo(end.operation_id).await?;
        assert_eq!(undone.done, 0, "{undone:?}");
        assert_eq!(sup.opportunity(end.id).await?.status(), end.status());
        assert!(mgr.undo(end.operation_id).await?.done > 0);
        assert_eq!(mgr.opportunity(end.id).await?.status(), OpportunityStatus::Assigned);
    }
    Ok(())
}

/// O1, D8, C28: an opportunity is for no lost customer, and under a setting for no customer at all, by whatever name.
#[tokio::test]
async fn a_lost_customer_is_linked_to_no_opportunity() -> Result<()> {
    let mut world = World::new().await?;
    let mgr = world.session("mgr").await?;
    let customer = mgr.customer("宁波东方重工", 0).await?;
    world.sql("UPDATE customer SET status = 2").await?;
    let about = |name: &str| pb::OpportunityInput { customer_id: Some(customer.id), ..lead(name) };
    let refusal = mgr.record(about("东方重工二厂")).await.err().context("taken")?;
    assert_eq!((reason(&refusal), detail(&refusal, "state")), ("INVALID_STATE".into(), "lost_customer".into()));
    let made = mgr.record(lead("东方重工二厂")).await?;
    let link = || pb::OpportunityInput { customer_id: Some(customer.id), ..Default::default() };
    assert_eq!(reason_of(&edit(&mgr, &made, &["customer_id"], link()).await), "INVALID_STATE");
    world.sql("UPDATE customer SET status = 1").await?;
    world.sql("INSERT INTO setting VALUES ('opportunity.existing_customer', 'block')").await?;
    world.stop().await?;
    world.start().await?;
    let mgr = world.session("mgr").await?;
    assert_eq!(reason_of(&mgr.record(about("东方重工三厂")).await), "DUPLICATE");
    assert_eq!(reason_of(&edit(&mgr, &made, &["customer_id"], link()).await), "DUPLICATE");
    Ok(())
}

/// O1, §5.10: of many open opportunities of one name each product's is found, however many there are.
#[tokio::test]
async fn one_product_has_one_opportunity_among_many_of_the_name() -> Result<()> {
    let world = World::new().await?;
    let boss = world.session("boss").await?;
    let mut last = None;
    for number in 0..12 {
        let product = pb::ProductInput { name: format!("产品{number}"), ..Default::default() };
        let make = pb::CreateProductRequest { product: Some(product), request_id: request_id() };
        let product_id = Some(boss.products().create_product(make).await?.into_inner().id);
        boss.record(pb::OpportunityInput { product_id, ..lead("宁波东方重工") }).await?;
        last = product_id;
    }
    let again = pb::OpportunityInput { product_id: last, ..lead("宁波东方重工") };
    assert_eq!(reason_of(&boss.record(again.clone()).await), "DUPLICATE");
    let check = pb::CheckOpportunityRequest {
        customer_name: again.customer_name,
        product_id: last.unwrap_or_default(),
        ..Default::default()
    };
    let priors = boss.opportunities().check_opportunity(check).await?.into_inner().priors;
    assert!(priors.first().is_some_and(|prior| prior.blocks), "{priors:?}");
    let gift = pb::OpportunityInput { expected_amount: Some(0), ..lead("青岛海运") };
    let refusal = boss.record(gift).await.err().context("taken")?;
    assert_eq!(faults(&refusal), ["expected_amount OUT_OF_RANGE:1..100000000000000"]);
    Ok(())
}

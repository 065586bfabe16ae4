//! Development plans: §3.2, §4.2, P1–P3, S01-07, S01-08.

use anyhow::{Context, Result};
use rolo_proto::v1::{self as pb, StepView};
use rolo_server::clock::DAY;
use rolo_tests::{
    Session, World,
    ask::{faults, lead, reason_of},
    world::request_id,
};

async fn delete(by: &Session, seen: &pb::PlanStep) -> Result<pb::Changed, tonic::Status> {
    let request = pb::DeletePlanStepRequest { id: seen.id, revision: seen.revision, request_id: request_id() };
    Ok(by.opportunities().delete_plan_step(request).await?.into_inner())
}

async fn todos(by: &Session, request: pb::ListPlanStepsRequest) -> Result<Vec<String>> {
    let page = by.opportunities().list_plan_steps(request).await?.into_inner();
    Ok(page.steps.into_iter().map(|step| step.todo).collect())
}

/// P1: by the assignee and the supervisor, while 已指派 only; a date and a task; sorted by date.
#[tokio::test]
async fn steps_are_planned_by_assignee_and_supervisor_while_it_is_developed() -> Result<()> {
    let world = World::new().await?;
    let (mgr, sup) = (world.session("mgr").await?, world.session("sup").await?);
    let made = mgr.record(lead("宁波东方重工")).await?;
    assert_eq!(reason_of(&mgr.step(made.id, "2026-11-05", "拜访").await), "INVALID_STATE", "未指派");
    let assigned = sup.assign(&made, mgr.user_id).await?;
    mgr.step(assigned.id, "2026-11-20", "报价").await?;
    let visit = sup.step(assigned.id, "2026-11-05", "拜访").await?;
    let refusal = mgr.step(assigned.id, "2026-11-31", "").await.err().context("taken")?;
    assert_eq!(faults(&refusal), ["plan_date MALFORMED:date"]);
    let refusal = mgr.step(assigned.id, "", "").await.err().context("taken")?;
    assert_eq!(faults(&refusal), ["plan_date REQUIRED", "todo REQUIRED"]);
    let other = world.session("other").await?;
    assert_eq!(reason_of(&other.step(assigned.id, "2026-11-05", "拜访").await), "NOT_FOUND");
    let all = pb::ListPlanStepsRequest { opportunity_id: assigned.id, ..Default::default() };
    assert_eq!(todos(&mgr, all.clone()).await?, ["拜访", "报价"]);
    let moved = pb::PlanStepInput { plan_date: "2026-12-01".into(), ..Default::default() };
    mgr.change_step(&visit, &["plan_date"], moved).await?;
    assert_eq!(todos(&mgr, all).await?, ["报价", "拜访"]);
    assert_eq!(mgr.opportunity(assigned.id).await?.next_step_at, "2026-11-20");
    Ok(())
}

/// P2: the result is the assignee's to record. P3: a step with a result stays.
#[tokio::test]
async fn results_are_recorded_by_the_assignee_alone_and_keep_their_step() -> Result<()> {
    let world = World::new().await?;
    let (mgr, sup) = (world.session("mgr").await?, world.session("sup").await?);
    let assigned = sup.assign(&mgr.record(lead("宁波东方重工")).await?, mgr.user_id).await?;
    let step = mgr.step(assigned.id, "2026-11-05", "拜访").await?;
    assert_eq!(reason_of(&sup.result(&step, "好").await), "FORBIDDEN");
    let done = mgr.result(&step, "有兴趣").await?;
    assert!(done.result_at > 0);
    assert_eq!(reason_of(&delete(&mgr, &done).await), "IN_USE");
    let whole = mgr.opportunity(assigned.id).await?;
    assert_eq!((whole.steps, whole.steps_done, whole.next_step_at.as_str()), (1, 1, ""));
    let again = mgr.result(&done, "").await?;
    assert_eq!(again.result_at, 0);
    delete(&mgr, &again).await?;
    assert_eq!(mgr.opportunity(assigned.id).await?.steps, 0);
    let closed = mgr.win(&mgr.opportunity(assigned.id).await?, 0).await?;
    let closed = closed.opportunity.context("none")?;
    assert_eq!(reason_of(&mgr.step(closed.id, "2026-11-05", "拜访").await), "INVALID_STATE", "开发成功");
    Ok(())
}

/// §5.12: what is due today, overdue, in the next seven days; it follows the assignee.
#[tokio::test]
async fn steps_are_due_to_the_assignee_on_their_day() -> Result<()> {
    let world = World::new().await?;
    let (mgr, boss) = (world.session("mgr").await?, world.session("boss").await?);
    let assigned = boss.assign(&boss.record(lead("宁波东方重工")).await?, mgr.user_id).await?;
    for (date, todo) in [("2026-11-02", "今天"), ("2026-11-05", "周四"), ("2026-11-30", "月底")] {
        mgr.step(assigned.id, date, todo).await?;
    }
    let due = |view: StepView| pb::ListPlanStepsRequest { view: view.into(), mine: true, ..Default::default() };
    assert_eq!(todos(&mgr, due(StepView::Today)).await?, ["今天"]);
    assert_eq!(todos(&mgr, due(StepView::Next7Days)).await?, ["周四"]);
    world.advance(DAY);
    let (mgr, boss) = (world.session("mgr").await?, world.session("boss").await?);
    assert_eq!(todos(&mgr, due(StepView::Overdue)).await?, ["今天"]);
    let work = mgr.opportunities().count_work(pb::CountWorkRequest {}).await?.into_inner();
    let count = |total: Option<pb::Total>| total.map(|total| total.count);
    assert_eq!((count(work.steps_overdue), count(work.stagnating), work.unassigned), (Some(1), Some(1), None));
    let request = pb::ReassignOpportunityRequest {
        id: assigned.id,
        assignee_id: boss.user_id,
        revision: assigned.revision,
        request_id: request_id(),
    };
    boss.opportunities().reassign_opportunity(request).await?;
    assert_eq!(todos(&boss, due(StepView::Overdue)).await?, ["今天"]);
    assert!(todos(&mgr, due(StepView::Overdue)).await?.is_empty());
    Ok(())
}

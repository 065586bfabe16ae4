//! Opportunities: §3.1, §4.1, §5.2, §5.3, §5.10, D7–D9, S01-04 … S01-06, S01-09, S01-10, S03-03. `transitions.rs` has the
//! table of §4.1 and §4.2 with the test of each row; lists and figures are `opportunity_views.rs`.

use anyhow::{Context, Result};
use rolo_proto::v1::{self as pb, OpportunityStatus, prior};
use rolo_server::clock::DAY;
use rolo_tests::{
    Session, World,
    ask::{detail, faults, lead, mask, reason_of},
    world::{reason, request_id},
};
use tonic::Status;

pub async fn edit(
    by: &Session,
    seen: &pb::Opportunity,
    fields: &[&str],
    opportunity: pb::OpportunityInput,
) -> Result<pb::Opportunity, Status> {
    let request = pb::UpdateOpportunityRequest {
        id: seen.id,
        opportunity: Some(opportunity),
        update_mask: mask(fields),
        revision: seen.revision,
        request_id: request_id(),
        ..Default::default()
    };
    Ok(by.opportunities().update_opportunity(request).await?.into_inner())
}

pub async fn delete(by: &Session, seen: &pb::Opportunity) -> Result<pb::Changed, Status> {
    let request = pb::DeleteOpportunityRequest { id: seen.id, revision: seen.revision, request_id: request_id() };
    Ok(by.opportunities().delete_opportunity(request).await?.into_inner())
}

pub async fn reassign(by: &Session, seen: &pb::Opportunity, assignee_id: i64) -> Result<pb::Opportunity, Status> {
    let request =
        pb::ReassignOpportunityRequest { id: seen.id, assignee_id, revision: seen.revision, request_id: request_id() };
    Ok(by.opportunities().reassign_opportunity(request).await?.into_inner())
}

pub async fn withdraw(by: &Session, seen: &pb::Opportunity) -> Result<pb::Opportunity, Status> {
    let request = pb::WithdrawOpportunityRequest { id: seen.id, revision: seen.revision, request_id: request_id() };
    Ok(by.opportunities().withdraw_opportunity(request).await?.into_inner())
}

pub async fn fail(by: &Session, seen: &pb::Opportunity, reason: i64, text: &str) -> Result<pb::Opportunity, Status> {
    let request = pb::FailOpportunityRequest {
        id: seen.id,
        revision: seen.revision,
        close_reason_id: reason,
        close_text: text.into(),
        request_id: request_id(),
    };
    Ok(by.opportunities().fail_opportunity(request).await?.into_inner())
}

pub async fn reopen(by: &Session, seen: &pb::Opportunity, reason: &str) -> Result<pb::Opportunity, Status> {
    let request = pb::ReopenOpportunityRequest {
        id: seen.id,
        revision: seen.revision,
        reason: reason.into(),
        request_id: request_id(),
    };
    Ok(by.opportunities().reopen_opportunity(request).await?.into_inner())
}

/// O1, S01-05: a manager and a supervisor record; nobody else does; the required fields are asked for, and nothing is
/// saved without them.
#[tokio::test]
async fn a_manager_and_a_supervisor_record_opportunities_with_all_required_fields() -> Result<()> {
    let world = World::new().await?;
    let mgr = world.session("mgr").await?;
    let made = mgr.record(lead("宁波东方重工")).await?;
    assert_eq!(made.status(), OpportunityStatus::Unassigned);
    assert_eq!(made.created_by.as_ref().map(|user| user.id), Some(mgr.user_id));
    assert!(world.session("sup").await?.record(lead("青岛海运")).await.is_ok());
    for account in ["adm", "exe", "stf"] {
        assert_eq!(reason_of(&world.session(account).await?.record(lead("x")).await), "FORBIDDEN", "{account}");
    }
    let bare = pb::OpportunityInput { customer_name: "杭州文澜".into(), ..Default::default() };
    let refusal = mgr.record(bare.clone()).await.err().context("taken")?;
    assert_eq!(faults(&refusal), ["title REQUIRED", "description REQUIRED", "success_rate REQUIRED"]);
    let far = pb::OpportunityInput { success_rate: Some(101), expected_amount: Some(0), ..lead("杭州文澜") };
    let refusal = mgr.record(far).await.err().context("taken")?;
    assert_eq!(
        faults(&refusal),
        ["success_rate OUT_OF_RANGE:0..100", "expected_amount OUT_OF_RANGE:1..100000000000000"]
    );
    assert_eq!(world.number("SELECT COUNT(*) FROM opportunity").await?, 2);
    Ok(())
}

/// O2, §5.10, S03-03: everything while 未指派, by creator or supervisor; what is developed while 已指派; nothing
/// afterwards.
#[tokio::test]
async fn an_edit_is_for_the_creator_while_unassigned_and_progress_for_the_assignee() -> Result<()> {
    let world = World::new().await?;
    let (mgr, sup) = (world.session("mgr").await?, world.session("sup").await?);
    let made = mgr.record(lead("宁波东方重工")).await?;
    let titled = pb::OpportunityInput { title: "改造二期".into(), ..Default::default() };
    let other = world.session("other").await?;
    assert_eq!(reason_of(&edit(&other, &made, &["title"], titled.clone()).await), "NOT_FOUND");
    let made = edit(&mgr, &made, &["title"], titled.clone()).await?;
    let made =
        edit(&sup, &made, &["title"], pb::OpportunityInput { title: "三期".into(), ..Default::default() }).await?;
    let assigned = sup.assign(&made, mgr.user_id).await?;
    let stage = Some(world.item("sales_stage", "quotation").await?);
    let refusal = edit(&mgr, &assigned, &["title"], titled).await.err().context("taken")?;
    assert_eq!((reason(&refusal), detail(&refusal, "state")), ("INVALID_STATE".into(), "assigned".into()));
    let progress = pb::OpportunityInput { stage_id: stage, expected_amount: Some(5_000_000_000), ..Default::default() };
    let assigned = edit(&mgr, &assigned, &["stage_id", "expected_amount"], progress.clone()).await?;
    assert_eq!(assigned.stage.as_ref().map(|stage| stage.value.as_str()), Some("quotation"));
    let price = world.item("close_reason", "price").await?;
    let lost = fail(&mgr, &assigned, price, "太贵").await?;
    assert_eq!(reason_of(&edit(&mgr, &lost, &["stage_id"], progress).await), "INVALID_STATE", "O9");
    Ok(())
}

/// O3: into the recycle bin while 未指派, and out again.
#[tokio::test]
async fn only_an_unassigned_opportunity_is_deleted_and_it_comes_back_as_it_was() -> Result<()> {
    let world = World::new().await?;
    let (mgr, sup, other) = (world.session("mgr").await?, world.session("sup").await?, world.session("other").await?);
    let made = mgr.record(lead("宁波东方重工")).await?;
    assert_eq!(reason_of(&delete(&other, &made).await), "NOT_FOUND");
    delete(&mgr, &made).await?;
    assert_eq!(mgr.opportunity(made.id).await?.status(), OpportunityStatus::Deleted);
    assert!(sup.leads(pb::ListOpportunitiesRequest::default()).await?.is_empty());
    let request = pb::RestoreOpportunityRequest { id: made.id, revision: 2, request_id: request_id() };
    let back = mgr.opportunities().restore_opportunity(request).await?.into_inner();
    assert_eq!(back.status(), OpportunityStatus::Unassigned);
    let assigned = sup.assign(&back, mgr.user_id).await?;
    assert_eq!(reason_of(&delete(&sup, &assigned).await), "INVALID_STATE");
    Ok(())
}

/// O4, S01-06, §5.2: only the supervisor assigns, to exactly one active account manager; the assignee hears of it.
#[tokio::test]
async fn the_supervisor_assigns_to_one_active_manager_who_hears_of_it() -> Result<()> {
    let world = World::new().await?;
    let (mgr, sup) = (world.session("mgr").await?, world.session("sup").await?);
    let made = mgr.record(lead("宁波东方重工")).await?;
    assert_eq!(reason_of(&mgr.assign(&made, mgr.user_id).await), "FORBIDDEN");
    let stf = world.session("stf").await?;
    let other = world.session("other").await?;
    for (who, wanted) in
        [(0, "assignee REQUIRED"), (stf.user_id, "UNKNOWN"), (other.user_id, "UNKNOWN"), (99, "UNKNOWN")]
    {
        let refusal = sup.assign(&made, who).await.err().context("taken")?;
        assert!(faults(&refusal).first().is_some_and(|fault| fault.contains(wanted)), "{who}: {:?}", faults(&refusal));
    }
    let assigned = sup.assign(&made, mgr.user_id).await?;
    assert_eq!(assigned.status(), OpportunityStatus::Assigned);
    assert_eq!(assigned.assignee.as_ref().map(|user| user.id), Some(mgr.user_id));
    assert!(assigned.assigned_at > 0);
    let notices = mgr.notices().list_notices(pb::ListNoticesRequest::default()).await?.into_inner();
    let told: Vec<_> = notices.notices.iter().map(|n| (n.topic.as_str(), n.record_id, n.count)).collect();
    assert_eq!((told.as_slice(), notices.unread), ([("assigned", made.id, 1)].as_slice(), 1));
    assert!(sup.notices().list_notices(pb::ListNoticesRequest::default()).await?.into_inner().notices.is_empty());
    Ok(())
}

/// O4, race: 50 supervisors' clients assign one opportunity at the same moment; one wins, 49 are told by whom.
#[tokio::test]
async fn of_fifty_who_assign_at_once_one_wins_and_the_others_are_told_by_whom() -> Result<()> {
    let world = World::new().await?;
    let (mgr, sup, boss) = (world.session("mgr").await?, world.session("sup").await?, world.session("boss").await?);
    let made = mgr.record(lead("宁波东方重工")).await?;
    let mut calls = tokio::task::JoinSet::new();
    for number in 0..50 {
        let (by, to) = (if number % 2 == 0 { sup.clone() } else { boss.clone() }, mgr.user_id);
        let by = by.over(world.channel().await?);
        let made = made.clone();
        calls.spawn(async move { by.assign(&made, to).await });
    }
    let answers: Vec<_> = calls.join_all().await;
    let won = answers.iter().filter(|answer| answer.is_ok()).count();
    assert_eq!(won, 1);
    let who = sup.opportunity(made.id).await?;
    assert_eq!(who.revision, made.revision + 1);
    for refusal in answers.iter().filter_map(|answer| answer.as_ref().err()) {
        assert_eq!(reason(refusal), "INVALID_STATE");
        assert!(["sup", "王芳"].contains(&detail(refusal, "who").as_str()), "{:?}", detail(refusal, "who"));
        assert_eq!(detail(refusal, "owner"), "mgr");
        assert!(detail(refusal, "at").parse::<i64>()? > 0);
    }
    assert_eq!(world.number("SELECT COUNT(*) FROM notice").await?, 1);
    assert_eq!(world.audit().await?.1, 0);
    Ok(())
}

/// Who comes too late is told who brought it there, not who has worked on it since; of what nobody has brought anywhere,
/// nobody.
#[tokio::test]
async fn who_comes_too_late_is_told_who_decided_not_who_edited_since() -> Result<()> {
    let world = World::new().await?;
    let (mgr, sup) = (world.session("mgr").await?, world.session("sup").await?);
    let made = mgr.record(lead("宁波东方重工")).await?;
    let refusal = withdraw(&sup, &made).await.err().context("unassigned")?;
    assert_eq!((reason(&refusal).as_str(), detail(&refusal, "who").as_str()), ("INVALID_STATE", ""));
    let assigned = sup.assign(&made, mgr.user_id).await?;
    let rate = pb::OpportunityInput { success_rate: Some(80), ..Default::default() };
    edit(&mgr, &assigned, &["success_rate"], rate).await?;
    let refusal = sup.assign(&made, mgr.user_id).await.err().context("assigned")?;
    assert_eq!(detail(&refusal, "who"), "sup");
    Ok(())
}

/// O5: to somebody else, the plan stays; both hear of it.
#[tokio::test]
async fn a_reassignment_goes_to_somebody_else_and_keeps_the_plan() -> Result<()> {
    let world = World::new().await?;
    let (mgr, sup, boss) = (world.session("mgr").await?, world.session("sup").await?, world.session("boss").await?);
    let made = boss.record(lead("宁波东方重工")).await?;
    assert_eq!(reason_of(&reassign(&boss, &made, mgr.user_id).await), "INVALID_STATE", "not assigned yet");
    let assigned = boss.assign(&made, mgr.user_id).await?;
    mgr.step(assigned.id, "2026-11-05", "拜访").await?;
    let refusal = reassign(&boss, &assigned, mgr.user_id).await.err().context("taken")?;
    assert_eq!(faults(&refusal), ["assignee UNCHANGED"]);
    assert_eq!(reason_of(&reassign(&mgr, &assigned, boss.user_id).await), "FORBIDDEN");
    let moved = reassign(&boss, &assigned, boss.user_id).await?;
    assert_eq!((moved.steps, moved.assignee.map(|user| user.id)), (1, Some(boss.user_id)));
    let topics = mgr.notices().list_notices(pb::ListNoticesRequest::default()).await?.into_inner().notices;
    assert_eq!(topics.iter().map(|n| n.topic.as_str()).collect::<Vec<_>>(), ["reassigned_away", "assigned"]);
    assert_eq!(reason_of(&sup.opportunity(moved.id).await), "NOT_FOUND", "it is another department's now");
    Ok(())
}

/// O6: back to 未指派 as long as the plan has no result.
#[tokio::test]
async fn an_assignment_is_withdrawn_until_a_result_is_recorded() -> Result<()> {
    let world = World::new().await?;
    let (mgr, sup) = (world.session("mgr").await?, world.session("sup").await?);
    let made = mgr.record(lead("宁波东方重工")).await?;
    assert_eq!(reason_of(&withdraw(&sup, &made).await), "INVALID_STATE");
    let assigned = sup.assign(&made, mgr.user_id).await?;
    assert_eq!(reason_of(&withdraw(&mgr, &assigned).await), "FORBIDDEN");
    let back = withdraw(&sup, &assigned).await?;
    assert_eq!((back.status(), back.assignee, back.assigned_at), (OpportunityStatus::Unassigned, None, 0));
    let assigned = sup.assign(&sup.opportunity(made.id).await?, mgr.user_id).await?;
    let step = mgr.step(assigned.id, "2026-11-05", "拜访").await?;
    mgr.result(&step, "有兴趣").await?;
    let refusal = withdraw(&sup, &assigned).await.err().context("taken")?;
    assert_eq!((reason(&refusal), detail(&refusal, "state")), ("INVALID_STATE".into(), "has_results".into()));
    Ok(())
}

/// O7, S01-10, §5.3, C1: the customer and its contact are made in the same transaction, with a number, the assignee as
/// manager, level 重点开发客户, and the badge; undo within the day takes all of it back (O10).
#[tokio::test]
async fn success_makes_the_customer_and_its_contact_and_can_be_taken_back_whole() -> Result<()> {
    let world = World::new().await?;
    let (mgr, sup) = (world.session("mgr").await?, world.session("sup").await?);
    let input =
        pb::OpportunityInput { linkman: "陈总".into(), tel: "13800001111".into(), ..lead("宁波东方重工") };
    let made = mgr.record(input).await?;
    assert_eq!(reason_of(&mgr.win(&made, 0).await), "INVALID_STATE", "not assigned yet");
    let assigned = sup.assign(&made, mgr.user_id).await?;
    assert_eq!(reason_of(&sup.win(&assigned, 0).await), "FORBIDDEN", "only the assignee");
    mgr.step(assigned.id, "2026-11-05", "拜访").await?;
    let won = mgr.win(&mgr.opportunity(made.id).await?, 0).await?;
    let (customer, contact) = (won.customer.context("no customer")?, won.contact.context("no contact")?);
    assert!(customer.no.starts_with("KH261102"), "{}", customer.no);
    assert_eq!((customer.name.as_str(), customer.tel.as_str()), ("宁波东方重工", "13800001111"));
    assert_eq!(customer.manager.as_ref().map(|user| user.id), Some(mgr.user_id));
    assert_eq!(customer.level.as_ref().map(|level| level.zh.as_str()), Some("重点开发客户"));
    assert!(customer.missing.contains(&"address".to_owned()), "the badge: {:?}", customer.missing);
    assert_eq!((contact.name.as_str(), contact.mobile.as_str()), ("陈总", "13800001111"));
    assert_eq!(won.open_steps.len(), 1, "D9: told, not blocked");
    let opportunity = won.opportunity.context("no opportunity")?;
    assert_eq!((opportunity.status(), opportunity.customer.map(|c| c.id)), (OpportunityStatus::Won, Some(customer.id)));
    assert!(opportunity.allowed_actions.is_empty(), "O9");
    let undone = mgr.undo(opportunity.operation_id).await?;
    assert_eq!((undone.done, undone.kept), (3, 0));
    assert_eq!(mgr.opportunity(made.id).await?.status(), OpportunityStatus::Assigned);
    assert_eq!(mgr.names(pb::CustomerFilter::default()).await?, Vec::<String>::new());
    Ok(())
}

/// O10: nothing of a success is taken back once something hangs on the new customer.
#[tokio::test]
async fn a_success_stays_once_something_hangs_on_the_new_customer() -> Result<()> {
    let world = World::new().await?;
    let (mgr, sup) = (world.session("mgr").await?, world.session("sup").await?);
    let assigned = sup.assign(&mgr.record(lead("宁波东方重工")).await?, mgr.user_id).await?;
    let won = mgr.win(&assigned, 0).await?;
    let customer = won.customer.context("no customer")?;
    mgr.interaction(customer.id, "电话", 0).await?;
    let undone = mgr.undo(won.opportunity.context("none")?.operation_id).await?;
    assert_eq!(undone.done, 0, "{undone:?}");
    assert_eq!(mgr.opportunity(assigned.id).await?.status(), OpportunityStatus::Won);
    Ok(())
}

/// §5.3: a name that exists is not made twice; the existing customer is linked.
#[tokio::test]
async fn success_links_an_existing_customer_instead_of_making_a_second() -> Result<()> {
    let world = World::new().await?;
    let (mgr, sup) = (world.session("mgr").await?, world.session("sup").await?);
    let made = mgr.record(lead("宁波东方重工")).await?;
    let assigned = sup.assign(&made, mgr.user_id).await?;
    let existing = mgr.customer("宁波东方重工", 0).await?;
    let refusal = mgr.win(&assigned, 0).await.err().context("made twice")?;
    assert_eq!((reason(&refusal), detail(&refusal, "id")), ("DUPLICATE".into(), existing.id.to_string()));
    let won = mgr.win(&assigned, existing.id).await?;
    assert_eq!(won.customer.map(|customer| customer.id), Some(existing.id));
    assert_eq!(world.number("SELECT COUNT(*) FROM customer").await?, 1);
    Ok(())
}

/// O8, D7: reason and text, both; by the assignee alone. O10: a supervisor reopens with a reason.
#[tokio::test]
async fn giving_up_needs_reason_and_text_and_a_supervisor_reopens() -> Result<()> {
    let world = World::new().await?;
    let (mgr, sup) = (world.session("mgr").await?, world.session("sup").await?);
    let assigned = sup.assign(&mgr.record(lead("宁波东方重工")).await?, mgr.user_id).await?;
    let price = world.item("close_reason", "price").await?;
    assert_eq!(faults(&fail(&mgr, &assigned, 0, "").await.err().context("taken")?).len(), 2);
    let region = world.item("region", "1").await?;
    assert_eq!(reason_of(&fail(&mgr, &assigned, region, "x").await), "VALIDATION", "a reason of another type");
    assert_eq!(reason_of(&fail(&sup, &assigned, price, "太贵").await), "FORBIDDEN");
    let lost = fail(&mgr, &assigned, price, "太贵").await?;
    assert_eq!((lost.status(), lost.closed_at > 0), (OpportunityStatus::Lost, true));
    assert_eq!(reason_of(&fail(&mgr, &lost, price, "太贵").await), "INVALID_STATE");
    assert_eq!(reason_of(&reopen(&mgr, &lost, "客户回来了").await), "FORBIDDEN");
    assert_eq!(faults(&reopen(&sup, &lost, " ").await.err().context("taken")?), ["reason REQUIRED"]);
    let open = reopen(&sup, &lost, "客户回来了").await?;
    assert_eq!((open.status(), open.closed_at, &open.close_reason), (OpportunityStatus::Assigned, 0, &None));
    assert_eq!(reason_of(&reopen(&sup, &open, "x").await), "INVALID_STATE");
    Ok(())
}

/// D8: a customer is linked at once; a lost one must be won back; the same name and product is refused with its owner;
/// another product is a note.
#[tokio::test]
async fn a_name_that_is_there_already_links_warns_or_refuses() -> Result<()> {
    let mut world = World::new().await?;
    let (mgr, boss) = (world.session("mgr").await?, world.session("boss").await?);
    let customer = mgr.customer("宁波东方重工", 0).await?;
    let first = mgr.record(lead("宁波 东方重工")).await?;
    assert_eq!(first.customer.as_ref().map(|linked| linked.id), Some(customer.id));
    let refusal = boss.record(lead("宁波东方重工")).await.err().context("taken")?;
    assert_eq!((reason(&refusal), detail(&refusal, "owner")), ("DUPLICATE".into(), "mgr".into()));
    let product = pb::ProductInput { name: "传感器".into(), ..Default::default() };
    let product = pb::CreateProductRequest { product: Some(product), request_id: request_id() };
    let product_id = Some(boss.products().create_product(product).await?.into_inner().id);
    let about = pb::OpportunityInput { product_id, ..lead("宁波东方重工") };
    let request =
        pb::CreateOpportunityRequest { opportunity: Some(about), request_id: request_id(), ..Default::default() };
    let made = boss.opportunities().create_opportunity(request).await?.into_inner();
    let kinds: Vec<_> = made.priors.iter().map(|prior| (prior.kind(), prior.blocks)).collect();
    assert_eq!(kinds, [(prior::Kind::Customer, false), (prior::Kind::OtherProduct, false)]);
    world.sql("UPDATE customer SET status = 2").await?;
    let check = pb::CheckOpportunityRequest { customer_name: "宁波东方重工".into(), ..Default::default() };
    let told = mgr.opportunities().check_opportunity(check).await?.into_inner().priors;
    assert_eq!(told.first().map(|prior| (prior.kind(), prior.blocks)), Some((prior::Kind::LostCustomer, true)));
    assert_eq!(reason_of(&mgr.record(pb::OpportunityInput { product_id, ..lead("宁波东方重工") }).await), "DUPLICATE");
    world.sql("UPDATE opportunity SET deleted_at = 1, open = 0").await?;
    let refusal = mgr.record(lead("宁波东方重工")).await.err().context("taken")?;
    assert_eq!((reason(&refusal), detail(&refusal, "state")), ("INVALID_STATE".into(), "lost_customer".into()));
    world.sql("UPDATE customer SET status = 1").await?;
    world.sql("INSERT INTO setting VALUES ('opportunity.existing_customer', 'block')").await?;
    world.stop().await?;
    world.start().await?;
    let refusal = world.session("mgr").await?.record(lead("宁波东方重工")).await.err().context("taken")?;
    assert_eq!((reason(&refusal), detail(&refusal, "owner")), ("DUPLICATE".into(), "mgr".into()), "by setting");
    Ok(())
}

/// O10: a day later nobody takes an end back any more; a supervisor reopens what was lost, and nobody what was won.
#[tokio::test]
async fn after_a_day_an_end_stays_but_a_supervisor_reopens_what_was_lost() -> Result<()> {
    let world = World::new().await?;
    let (mgr, sup) = (world.session("mgr").await?, world.session("sup").await?);
    let assigned = sup.assign(&mgr.record(lead("宁波东方重工")).await?, mgr.user_id).await?;
    let price = world.item("close_reason", "price").await?;
    let lost = fail(&mgr, &assigned, price, "太贵").await?;
    mgr.undo(lost.operation_id).await?;
    let again = mgr.opportunity(lost.id).await?;
    assert_eq!((again.status(), again.close_text.as_str()), (OpportunityStatus::Assigned, ""), "within the day");
    let lost = fail(&mgr, &again, price, "太贵").await?;
    let other = sup.assign(&mgr.record(lead("青岛海运")).await?, mgr.user_id).await?;
    let won = mgr.win(&other, 0).await?.opportunity.context("none")?;
    world.advance(DAY + 1);
    let (mgr, sup) = (world.session("mgr").await?, world.session("sup").await?);
    for done in [&lost, &won] {
        let refusal = mgr.undo(done.operation_id).await.err().context("taken back")?;
        assert_eq!(reason(&refusal), "INVALID_STATE");
    }
    assert_eq!(reopen(&sup, &lost, "客户回来了").await?.status(), OpportunityStatus::Assigned);
    assert_eq!(reason_of(&reopen(&sup, &won, "x").await), "INVALID_STATE");
    Ok(())
}

/// Security lessons 2, 4, 7, 12: what no form writes is not written, text is scrubbed, and an export holds what the list
/// holds.
#[tokio::test]
async fn nothing_is_written_past_the_rules_and_an_export_is_as_narrow_as_the_list() -> Result<()> {
    let world = World::new().await?;
    let (mgr, boss) = (world.session("mgr").await?, world.session("boss").await?);
    let mine = mgr.record(lead("宁波\u{1b}[2J东方\u{202e}重工\u{0}")).await?;
    assert_eq!(mine.customer_name, "宁波[2J东方重工");
    boss.record(lead("青岛海运")).await?;
    for field in
        ["status", "assignee", "assignee_id", "created_by", "revision", "owner_id", "closed_at", "deleted_at", "id"]
    {
        let refusal = edit(&mgr, &mine, &[field], pb::OpportunityInput::default()).await.err().context(field)?;
        assert_eq!(reason(&refusal), "VALIDATION", "{field}");
    }
    let far = pb::OpportunityInput { customer_id: Some(99), ..Default::default() };
    assert_eq!(reason_of(&edit(&mgr, &mine, &["customer_no"], far).await), "VALIDATION", "no such customer");
    let list = |export| pb::ListOpportunitiesRequest { export, page_size: 200, ..Default::default() };
    assert_eq!(mgr.leads(list(true)).await?, [mine.id]);
    assert_eq!(mgr.leads(list(true)).await?, mgr.leads(list(false)).await?);
    assert_eq!(boss.leads(list(true)).await?.len(), 2);
    for account in ["adm", "exe", "stf"] {
        assert_eq!(reason_of(&world.session(account).await?.leads(list(true)).await), "FORBIDDEN", "{account}");
    }
    assert_eq!(world.number("SELECT COUNT(*) FROM opportunity WHERE revision = 1 AND status = 1").await?, 2);
    Ok(())
}

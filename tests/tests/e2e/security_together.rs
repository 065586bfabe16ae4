//! The lessons of `security.md` for opportunities and for working together: 2, 6, 7, 8, 10, 18, 26. The table of who may call
//! what is `authz_together.rs`; what concerns one row of §4.1 and §4.2 is `transitions.rs`.

use anyhow::{Context, Result};
use futures::StreamExt;
use rolo_proto::v1::{self as pb, Doing, Kind, bulk_action as act};
use rolo_tests::{
    Session, World,
    ask::{faults, lead, mask, reason_of},
    files::Sheet,
    world::{digest, request_id},
};
use tonic::Status;

use super::opportunities::reassign;

/// One action on these records: every result, and the last word.
async fn bulk(
    by: &Session,
    kind: Kind,
    ids: Vec<i64>,
    action: act::Action,
) -> Result<(Vec<pb::BulkResult>, pb::BulkProgress), Status> {
    let request = pb::RunBulkRequest {
        selection: Some(pb::Selection { kind: kind.into(), ids, filter: None }),
        action: Some(pb::BulkAction { action: Some(action) }),
        request_id: request_id(),
        ..Default::default()
    };
    let mut stream = by.bulk().run_bulk(request).await?.into_inner();
    let (mut last, mut results) = (pb::BulkProgress::default(), Vec::new());
    while let Some(progress) = stream.next().await {
        last = progress?;
        results.append(&mut last.results);
    }
    Ok((results, last))
}

async fn inbox(by: &Session) -> Result<Vec<(String, String)>> {
    let told = by.notices().list_notices(pb::ListNoticesRequest::default()).await?.into_inner().notices;
    Ok(told.into_iter().map(|notice| (notice.topic, notice.label)).collect())
}

/// Lessons 2 and 6: a bulk action names no record that its caller does not see, whatever each is refused for.
#[tokio::test]
async fn a_bulk_refusal_names_no_record_out_of_sight() -> Result<()> {
    let world = World::new().await?;
    let (mgr, other, exe) = (world.session("mgr").await?, world.session("other").await?, world.session("exe").await?);
    let hidden = other.record(lead("秘密公司")).await?;
    let boss = world.session("boss").await?;
    let product = pb::ProductInput { name: "秘密产品".into(), ..Default::default() };
    let product = pb::CreateProductRequest { product: Some(product), request_id: request_id() };
    let product = boss.products().create_product(product).await?.into_inner();
    let set = |field: &str| act::Action::SetField(act::SetField { field: field.into(), ..Default::default() });
    let nothing = act::Nothing {};
    let before = digest(world.dir.path())?;
    for (by, kind, id, action) in [
        (&mgr, Kind::Opportunity, hidden.id, set("customer_name")),
        (&mgr, Kind::Opportunity, hidden.id, set("memo")),
        (&mgr, Kind::Opportunity, hidden.id, act::Action::Delete(nothing)),
        (&mgr, Kind::Opportunity, hidden.id, act::Action::Withdraw(nothing)),
        (&mgr, Kind::Opportunity, hidden.id, act::Action::Follow(true)),
        (&exe, Kind::Opportunity, hidden.id, act::Action::Delete(nothing)),
        (&exe, Kind::Product, product.id, act::Action::Delete(nothing)),
        (&exe, Kind::Product, product.id, set("memo")),
        (&exe, Kind::Product, product.id, act::Action::Follow(true)),
    ] {
        let (results, last) = bulk(by, kind, vec![id, 999_999], action.clone()).await?;
        assert_eq!((last.done, last.refused, last.operation_id), (0, 2, 0), "{action:?}");
        let told: Vec<_> = results.into_iter().map(|one| pb::BulkResult { id: 0, ..one }).collect();
        assert_eq!(told.first(), told.get(1), "{action:?}: exactly as one that is not there");
        assert_eq!(told.first().map(|one| &*one.label), Some(""), "{action:?}");
    }
    assert_eq!(digest(world.dir.path())?, before);
    Ok(())
}

/// Lessons 14, 25 and 26: what is wrong with an action whatever the record is said once; nothing of it is kept with each.
#[tokio::test]
async fn a_flood_in_a_bulk_action_is_refused_before_it_is_kept() -> Result<()> {
    let world = World::new().await?;
    let boss = world.session("boss").await?;
    let price = world.item("close_reason", "price").await?;
    let flood = "x\u{1b}[2J".repeat(100_000);
    let set = |field: &str, text: &str| {
        act::Action::SetField(act::SetField { field: field.into(), text: text.into(), ..Default::default() })
    };
    for action in [
        set(&flood, "x"),
        set("memo", &flood),
        set("expected_close_at", "morgen"),
        act::Action::Fail(act::Fail { close_reason_id: price, close_text: flood.clone() }),
        act::Action::Fail(act::Fail { close_reason_id: price, close_text: " ".into() }),
    ] {
        let answer = bulk(&boss, Kind::Opportunity, (1..=10_000).collect(), action).await;
        assert_eq!(reason_of(&answer), "VALIDATION");
    }
    assert_eq!(world.number("SELECT (SELECT COUNT(*) FROM bulk) + (SELECT COUNT(*) FROM bulk_refusal)").await?, 0);
    Ok(())
}

/// Lessons 2 and 10: who follows hears of changes for as long as they see the record, and nothing of it afterwards.
#[tokio::test]
async fn a_follower_hears_nothing_of_what_has_left_their_sight() -> Result<()> {
    let world = World::new().await?;
    let (mgr, boss, other) = (world.session("mgr").await?, world.session("boss").await?, world.session("other").await?);
    let made = mgr.record(lead("宁波东方重工")).await?;
    let follow = pb::SetFollowRequest { kind: Kind::Opportunity.into(), id: made.id, follow: true };
    mgr.notices().set_follow(follow).await?;
    let assigned = boss.assign(&made, mgr.user_id).await?;
    assert_eq!(inbox(&mgr).await?.len(), 2, "assigned, and changed");
    let away = reassign(&boss, &assigned, other.user_id).await?;
    let told: Vec<_> = inbox(&mgr).await?.into_iter().map(|(topic, _)| topic).collect();
    assert_eq!(told, ["reassigned_away", "assigned", "changed"], "that it went away is the last that is heard of it");
    let memo = pb::OpportunityInput { memo: "底价八折".into(), ..Default::default() };
    let request = pb::UpdateOpportunityRequest {
        id: away.id,
        opportunity: Some(memo),
        update_mask: mask(&["memo"]),
        revision: away.revision,
        request_id: request_id(),
        ..Default::default()
    };
    other.opportunities().update_opportunity(request).await?;
    assert_eq!(inbox(&mgr).await?.len(), 3);
    let asked = pb::GetFollowRequest { kind: Kind::Opportunity.into(), id: made.id };
    assert_eq!(reason_of(&mgr.notices().get_follow(asked).await), "NOT_FOUND");
    // Nor does who lost the right, or the account.
    let sup = world.session("sup").await?;
    let customer = sup.customer("华盛", 0).await?;
    let follow = pb::SetFollowRequest { kind: Kind::Customer.into(), id: customer.id, follow: true };
    mgr.notices().set_follow(follow).await?;
    world
        .sql("DELETE FROM role_permission WHERE permission = 'customer.read' AND role_id = (SELECT id FROM role WHERE code = 'manager')")
        .await?;
    world.handle()?.kernel().sessions().invalidate();
    sup.rename(&customer, "华盛科技").await?;
    assert_eq!(inbox(&mgr).await?.len(), 3);
    Ok(())
}

/// Lesson 2: what an undo keeps because it went out of sight is not told of, neither its name nor who has changed it.
#[tokio::test]
async fn an_undo_tells_nothing_of_a_record_that_has_left_the_persons_sight() -> Result<()> {
    let world = World::new().await?;
    let (mgr, boss, other) = (world.session("mgr").await?, world.session("boss").await?, world.session("other").await?);
    let made = mgr.record(lead("宁波东方重工")).await?;
    let operation = mgr.operations().list_operations(pb::ListOperationsRequest::default()).await?.into_inner();
    let operation = operation.operations.first().context("none")?.id;
    boss.assign(&made, other.user_id).await?;
    for told in [mgr.look_at_undo(operation).await?, mgr.undo(operation).await?] {
        assert_eq!((told.done, told.kept), (0, 1));
        let kept = told.kept_records.first().context("none")?;
        assert_eq!((&*kept.reason, &*kept.label, &*kept.who, kept.at), ("NOT_FOUND", "", "", 0));
    }
    Ok(())
}

/// Lessons 2 and 10: a view that is shared says what its filter looks for; it is shown to those alone who read such
/// records.
#[tokio::test]
async fn a_shared_view_is_shown_to_those_who_read_such_records() -> Result<()> {
    let world = World::new().await?;
    let boss = world.session("boss").await?;
    let view = pb::SavedViewInput {
        kind: Kind::Opportunity.into(),
        name: "并购".into(),
        filter: "秘密公司".into(),
        ..Default::default()
    };
    let make = |shared| pb::CreateViewRequest {
        view: Some(pb::SavedViewInput { shared, ..view.clone() }),
        request_id: request_id(),
    };
    boss.views().create_view(make(true)).await?;
    let list = || pb::ListViewsRequest { kind: Kind::Opportunity.into() };
    for (account, seen) in [("mgr", 1), ("sup", 1), ("exe", 0), ("stf", 0), ("adm", 0)] {
        let by = world.session(account).await?;
        assert_eq!(by.views().list_views(list()).await?.into_inner().views.len(), seen, "{account}");
        let kept = by.views().create_view(make(false)).await;
        assert_eq!(reason_of(&kept), if seen > 0 { "ok" } else { "FORBIDDEN" }, "{account}");
    }
    Ok(())
}

/// Lesson 8 and the matrix, row 5: counts, sums, board, forecast and what waits are of what the person sees, whoever is
/// asked for.
#[tokio::test]
async fn figures_count_nothing_that_the_person_does_not_see() -> Result<()> {
    let world = World::new().await?;
    let (mgr, boss, other) = (world.session("mgr").await?, world.session("boss").await?, world.session("other").await?);
    let worth = |name: &str| pb::OpportunityInput { expected_amount: Some(70_000), ..lead(name) };
    let theirs = boss.assign(&other.record(worth("秘密公司")).await?, other.user_id).await?;
    other.step(theirs.id, "2026-11-02", "拜访").await?;
    mgr.record(worth("自己的")).await?;
    for assignee_ids in [vec![], vec![other.user_id]] {
        let mine = i64::from(assignee_ids.is_empty());
        let board = pb::GetBoardRequest { assignee_ids: assignee_ids.clone() };
        let board = mgr.opportunities().get_board(board).await?.into_inner().columns;
        assert_eq!(board.iter().filter_map(|c| c.figures).map(|f| f.count).sum::<i64>(), mine);
        let forecast = pb::GetForecastRequest { assignee_ids: assignee_ids.clone(), ..Default::default() };
        let forecast = mgr.opportunities().get_forecast(forecast).await?.into_inner().months;
        assert_eq!(forecast.iter().filter_map(|m| m.open).map(|f| f.amount).sum::<i64>(), mine * 70_000);
        let filter = Some(pb::OpportunityFilter { assignee_ids, ..Default::default() });
        let sums = pb::SumOpportunitiesRequest { filter: filter.clone(), ..Default::default() };
        let sums = mgr.opportunities().sum_opportunities(sums).await?.into_inner().figures;
        assert_eq!(sums.map(|f| f.count), Some(mine));
        let list = pb::ListOpportunitiesRequest { filter, with_total: true, ..Default::default() };
        let total = mgr.opportunities().list_opportunities(list).await?.into_inner().total;
        assert_eq!(total.map(|total| total.count), Some(mine));
    }
    let views = mgr.opportunities().count_opportunity_views(pb::CountOpportunityViewsRequest {}).await?.into_inner();
    assert!(views.counts.iter().all(|one| one.total.as_ref().is_some_and(|total| total.count <= 1)), "{views:?}");
    let steps = pb::ListPlanStepsRequest { view: pb::StepView::Today.into(), with_total: true, ..Default::default() };
    let steps = mgr.opportunities().list_plan_steps(steps).await?.into_inner();
    assert_eq!((steps.steps.len(), steps.total.map(|total| total.count)), (0, Some(0)));
    let of_theirs = pb::ListPlanStepsRequest { opportunity_id: theirs.id, with_total: true, ..Default::default() };
    assert_eq!(reason_of(&mgr.opportunities().list_plan_steps(of_theirs).await), "NOT_FOUND");
    Ok(())
}

/// Lesson 6: each id inside a request is checked as if it had been asked for by itself.
#[tokio::test]
async fn an_id_inside_a_request_reaches_no_record_of_others() -> Result<()> {
    let world = World::new().await?;
    let (mgr, boss, other) = (world.session("mgr").await?, world.session("boss").await?, world.session("other").await?);
    let theirs = boss.assign(&other.record(lead("别人的")).await?, other.user_id).await?;
    let step = other.step(theirs.id, "2026-11-05", "拜访").await?;
    let mine = boss.assign(&mgr.record(lead("自己的")).await?, mgr.user_id).await?;
    let own = mgr.step(mine.id, "2026-11-05", "拜访").await?;
    let before = digest(world.dir.path())?;
    assert_eq!(reason_of(&mgr.step(theirs.id, "2026-11-05", "x").await), "NOT_FOUND");
    let moved = pb::PlanStepInput { opportunity_id: theirs.id, ..Default::default() };
    for field in ["opportunity_id", "opportunity"] {
        assert_eq!(reason_of(&mgr.change_step(&own, &[field], moved.clone()).await), "VALIDATION", "{field}");
    }
    assert_eq!(reason_of(&mgr.result(&step, "x").await), "NOT_FOUND");
    assert_eq!(reason_of(&mgr.win(&mine, 999_999).await), "VALIDATION", "no such customer");
    for (kind, id) in [(Kind::Opportunity, theirs.id), (Kind::PlanStep, step.id)] {
        let say = pb::SetPresenceRequest { kind: kind.into(), id, doing: Doing::Viewing.into() };
        assert_eq!(reason_of(&mgr.watch().set_presence(say).await), "NOT_FOUND");
        let follow = pb::SetFollowRequest { kind: kind.into(), id, follow: true };
        assert_eq!(reason_of(&mgr.notices().set_follow(follow).await), "NOT_FOUND");
    }
    for kind in [Kind::User, Kind::Import, Kind::Notice, Kind::SavedView, Kind::Unspecified] {
        let follow = pb::SetFollowRequest { kind: kind.into(), id: 1, follow: true };
        assert_eq!(reason_of(&boss.notices().set_follow(follow).await), "NOT_FOUND", "{kind:?}");
    }
    assert_eq!(digest(world.dir.path())?, before);
    Ok(())
}

/// Lesson 7: winning writes into no customer that its assignee may not write: one of somebody else's is linked as it is.
#[tokio::test]
async fn a_win_adds_no_contact_to_a_customer_of_somebody_else() -> Result<()> {
    let world = World::new().await?;
    let (mgr, sup, other) = (world.session("mgr").await?, world.session("sup").await?, world.session("other").await?);
    let (theirs, own) = (other.customer("别人的", other.user_id).await?, mgr.customer("自己的", mgr.user_id).await?);
    for (name, customer, contacts) in [("甲公司", theirs, 0), ("乙公司", own, 1)] {
        let input = pb::OpportunityInput { linkman: "陈总".into(), tel: "13800001111".into(), ..lead(name) };
        let assigned = sup.assign(&mgr.record(input).await?, mgr.user_id).await?;
        let won = mgr.win(&assigned, customer.id).await?;
        assert_eq!(won.customer.map(|linked| linked.id), Some(customer.id));
        assert_eq!(i64::from(won.contact.is_some()), contacts, "{name}");
    }
    assert_eq!(world.number("SELECT COUNT(*) FROM contact").await?, 1);
    Ok(())
}

/// Lesson 26: what is repeated counts once, and nothing that a caller may repeat is without an end.
#[tokio::test]
async fn ids_count_once_and_lists_of_them_end() -> Result<()> {
    let world = World::new().await?;
    let (mgr, boss) = (world.session("mgr").await?, world.session("boss").await?);
    let made = boss.record(lead("甲公司")).await?;
    let spread = pb::SpreadOpportunitiesRequest {
        ids: vec![made.id; 40],
        assignee_ids: vec![mgr.user_id, boss.user_id, mgr.user_id],
        spread: pb::Spread::Evenly.into(),
        ..Default::default()
    };
    let shares = boss.opportunities().spread_opportunities(spread).await?.into_inner().shares;
    assert_eq!(shares.iter().flat_map(|share| share.ids.clone()).collect::<Vec<_>>(), [made.id]);
    let assign = act::Assign { assignee_id: mgr.user_id, shares: Vec::new() };
    let (_, last) = bulk(&boss, Kind::Opportunity, vec![made.id; 40], act::Action::Assign(assign)).await?;
    assert_eq!((last.total, last.done, last.refused), (1, 1, 0));

    let many: Vec<i64> = (1..=20_000).collect();
    let filter = Some(pb::OpportunityFilter { assignee_ids: many.clone(), ..Default::default() });
    let list = pb::ListOpportunitiesRequest { filter: filter.clone(), ..Default::default() };
    assert_eq!(reason_of(&boss.opportunities().list_opportunities(list).await), "VALIDATION");
    let sums = pb::SumOpportunitiesRequest { filter, ..Default::default() };
    assert_eq!(reason_of(&boss.opportunities().sum_opportunities(sums).await), "VALIDATION");
    let board = pb::GetBoardRequest { assignee_ids: many.clone() };
    assert_eq!(reason_of(&boss.opportunities().get_board(board).await), "VALIDATION");
    let forecast = pb::GetForecastRequest { assignee_ids: many.clone(), ..Default::default() };
    assert_eq!(reason_of(&boss.opportunities().get_forecast(forecast).await), "VALIDATION");
    let spread = pb::SpreadOpportunitiesRequest { ids: many.clone(), ..Default::default() };
    assert_eq!(reason_of(&boss.opportunities().spread_opportunities(spread).await), "VALIDATION");
    let mark = pb::MarkReadRequest { ids: many, ..Default::default() };
    assert_eq!(reason_of(&boss.notices().mark_read(mark).await), "VALIDATION");
    let watch = pb::WatchRequest { kinds: vec![Kind::Customer.into(); 20_000], ..Default::default() };
    assert_eq!(faults(&boss.watch().watch(watch).await.err().context("taken")?).len(), 1);
    Ok(())
}

/// Lesson 26: one person's streams have an end, and take nobody else's place.
#[tokio::test]
async fn one_person_holds_only_so_many_streams_and_others_watch_all_the_same() -> Result<()> {
    const MOST: usize = 256;
    let world = World::new().await?;
    let (first, second) = (world.session("boss").await?, world.session("boss").await?);
    let watch = async |by: &Session| by.watch().watch(pb::WatchRequest::default()).await;
    let mut held = Vec::new();
    for n in 0..MOST {
        // A connection has an end of its own.
        held.push(watch(if n < MOST / 2 { &first } else { &second }).await?);
    }
    assert_eq!(reason_of(&watch(&second).await), "BUSY");
    let mgr = world.session("mgr").await?;
    assert!(watch(&mgr).await.is_ok() && second.search("").await.is_ok());
    held.clear();
    let again = async { while reason_of(&watch(&second).await) == "BUSY" {} };
    tokio::time::timeout(std::time::Duration::from_secs(30), again).await.context("closed ones still count")?;
    Ok(())
}

/// Lesson 18: what is under way ends with the session that began it, not when all of it is done.
#[tokio::test]
async fn an_undo_and_a_bulk_action_under_way_end_with_their_session() -> Result<()> {
    const LIVE: &str = "SELECT COUNT(*) FROM customer WHERE deleted_at IS NULL";
    let world = World::new().await?;
    let sup = world.session("sup").await?;
    let mut sheet = Sheet::new(Kind::Customer, &["name"], &[]);
    sheet.rows = (1..=2_000).map(|n| vec![format!("进口公司{n}")]).collect();
    let batch = sup.import(&sheet).await?.status.operation_id;
    let undo = pb::UndoRequest { operation_id: batch, request_id: request_id(), ..Default::default() };
    let undoing = sup.operations().undo(undo).await?.into_inner();
    assert_eq!(cut_off(&sup, undoing).await?, "UNAUTHENTICATED");
    let left = world.number(LIVE).await?;
    assert!((1..2_000).contains(&left), "{left} are left");

    let sup = world.session("sup").await?;
    let request = pb::RunBulkRequest {
        selection: Some(pb::Selection { kind: Kind::Customer.into(), ids: (1..=2_000).collect(), filter: None }),
        action: Some(pb::BulkAction { action: Some(act::Action::Delete(act::Nothing {})) }),
        request_id: request_id(),
        ..Default::default()
    };
    let deleting = sup.bulk().run_bulk(request).await?.into_inner();
    assert_eq!(cut_off(&sup, deleting).await?, "UNAUTHENTICATED");
    let rest = world.number(LIVE).await?;
    assert!((1..left).contains(&rest), "{rest} of {left} are left");
    Ok(())
}

/// Signs out as soon as something of a stream has come; answers why it ended.
async fn cut_off<T>(by: &Session, mut stream: tonic::Streaming<T>) -> Result<String> {
    stream.message().await?.context("nothing came")?;
    by.sessions().sign_out(pb::SignOutRequest {}).await?;
    loop {
        match stream.message().await {
            Ok(Some(_)) => {}
            Ok(None) => anyhow::bail!("it went on to its end"),
            Err(ended) => return Ok(rolo_tests::world::reason(&ended)),
        }
    }
}

/// Lesson 2: where a customer of the name blocks, who may not see it is told that it is there, and no more (D8).
#[tokio::test]
async fn a_customer_that_blocks_is_named_to_those_alone_who_see_it() -> Result<()> {
    let mut world = World::new().await?;
    let other = world.session("other").await?;
    other.customer("秘密客户", 0).await?;
    world.sql("INSERT INTO setting VALUES ('opportunity.existing_customer', 'block')").await?;
    world.stop().await?;
    world.start().await?;
    let mgr = super::security::narrowed(&world).await?;
    let refusal = mgr.record(lead("秘密客户")).await.err().context("taken")?;
    let told = ["field", "id", "label", "owner"].map(|key| rolo_tests::ask::detail(&refusal, key));
    assert_eq!(told, ["customer_name", "0", "", ""]);
    Ok(())
}

//! Bulk actions: one operation, a result a record, one undo.

use anyhow::{Context, Result};
use futures::StreamExt;
use rolo_proto::v1::{self as pb, Kind, bulk_action as act, selection};
use rolo_tests::{
    Session, World,
    ask::{detail, faults, lead, mask, reason_of},
    world::request_id,
};
use tonic::Status;

fn action(action: act::Action) -> Option<pb::BulkAction> {
    Some(pb::BulkAction { action: Some(action) })
}

fn these(kind: Kind, ids: Vec<i64>) -> Option<pb::Selection> {
    Some(pb::Selection { kind: kind.into(), ids, filter: None })
}

async fn run(by: &Session, request: pb::RunBulkRequest) -> Result<(pb::BulkProgress, Vec<pb::BulkResult>), Status> {
    let mut stream = by.bulk().run_bulk(request).await?.into_inner();
    let (mut last, mut results) = (pb::BulkProgress::default(), Vec::new());
    while let Some(progress) = stream.next().await {
        last = progress?;
        results.append(&mut last.results);
    }
    Ok((last, results))
}

/// Issue of many at once: assigned in one operation, each refused one told with its reason, one notice, one undo.
#[tokio::test]
async fn many_are_assigned_at_once_each_by_itself_and_taken_back_with_one_undo() -> Result<()> {
    let world = World::new().await?;
    let (mgr, sup) = (world.session("mgr").await?, world.session("sup").await?);
    let mut ids = Vec::new();
    for number in 0..30 {
        ids.push(sup.record(lead(&format!("公司{number}"))).await?.id);
    }
    sup.assign(&sup.opportunity(ids[3]).await?, mgr.user_id).await?;
    let request = pb::RunBulkRequest {
        selection: these(Kind::Opportunity, ids.iter().copied().chain([999_999]).collect()),
        action: action(act::Action::Assign(act::Assign { assignee_id: mgr.user_id, shares: Vec::new() })),
        request_id: request_id(),
        ..Default::default()
    };
    let (last, results) = run(&sup, request.clone()).await?;
    assert_eq!((last.done, last.refused, last.total, last.finished), (29, 2, 31, true));
    let told: Vec<_> = results.iter().map(|one| (one.id, one.reason.as_str())).collect();
    assert_eq!(told, [(ids[3], "INVALID_STATE"), (999_999, "NOT_FOUND")]);
    // The loser is told what its own method tells.
    let single = sup.assign(&sup.opportunity(ids[3]).await?, mgr.user_id).await.err().context("assigned twice")?;
    let row = results.first().context("no result")?;
    for (key, told) in [("state", &row.detail), ("owner", &row.owner), ("who", &row.who), ("at", &row.at.to_string())] {
        assert_eq!((&detail(&single, key), told.len() > 1), (told, true), "{key}");
    }
    assert_eq!(world.number("SELECT MAX(count) FROM notice").await?, 29, "one notice for all");
    let (again, kept) = run(&sup, request).await?;
    assert_eq!(kept, results, "and is answered the same");
    assert_eq!((again.operation_id, again.done), (last.operation_id, 29), "the same request changes nothing more");
    let undone = sup.undo(last.operation_id).await?;
    assert_eq!((undone.done, undone.kept), (29, 0));
    assert_eq!(world.number("SELECT COUNT(*) FROM opportunity WHERE status = 1").await?, 29);
    let notices = mgr.notices().list_notices(pb::ListNoticesRequest::default()).await?.into_inner();
    assert_eq!(notices.notices.iter().filter(|notice| notice.withdrawn_at > 0).count(), 1, "withdrawn with it");
    Ok(())
}

/// A filter that finds much more or less than was shown asks again; the field and its right are checked a record.
#[tokio::test]
async fn a_filter_that_drifted_is_refused_and_a_field_is_set_where_the_person_may() -> Result<()> {
    let world = World::new().await?;
    let (mgr, sup, other) = (world.session("mgr").await?, world.session("sup").await?, world.session("other").await?);
    for name in ["甲公司", "乙公司"] {
        mgr.customer(name, 0).await?;
    }
    other.customer("丙公司", 0).await?;
    let all = || {
        let filter = Some(selection::Filter::Customers(pb::CustomerFilter::default()));
        Some(pb::Selection { kind: Kind::Customer.into(), ids: Vec::new(), filter })
    };
    let set = act::SetField { field: "address".into(), text: "解放路1号".into(), ..Default::default() };
    let request = |previewed| pb::RunBulkRequest {
        selection: all(),
        action: action(act::Action::SetField(set.clone())),
        previewed,
        request_id: request_id(),
    };
    let preview = pb::PreviewBulkRequest { selection: all(), action: None };
    let total = mgr.bulk().preview_bulk(preview).await?.into_inner().total.context("none")?;
    assert_eq!(total.count, 3);
    let refusal = run(&mgr, request(10)).await.err().context("taken")?;
    assert_eq!((rolo_tests::world::reason(&refusal), detail(&refusal, "found")), ("STALE".into(), "3".into()));
    let (last, results) = run(&mgr, request(3)).await?;
    assert_eq!((last.done, last.refused), (2, 1));
    assert_eq!(results.first().map(|one| one.reason.as_str()), Some("NOT_OWNER"));
    // One is another, one is so already: counted apart, whichever comes first.
    mgr.create(pb::CustomerInput { name: "丁公司".into(), manager_id: Some(mgr.user_id), ..Default::default() })
        .await?;
    let (last, _) = run(&mgr, request(4)).await?;
    assert_eq!((last.done, last.unchanged, last.refused), (1, 2, 1));
    let hack = act::SetField { field: "revision".into(), number: 9, ..Default::default() };
    let request = pb::RunBulkRequest {
        selection: these(Kind::Customer, vec![1]),
        action: action(act::Action::SetField(hack)),
        request_id: request_id(),
        ..Default::default()
    };
    let refusal = run(&sup, request).await.err().context("taken")?;
    assert_eq!(faults(&refusal), ["revision NOT_WRITABLE"], "said once, not of each");
    Ok(())
}

#[tokio::test]
async fn nothing_too_much_and_what_a_kind_does_not_know_is_refused() -> Result<()> {
    let world = World::new().await?;
    let sup = world.session("sup").await?;
    let delete = || action(act::Action::Delete(act::Nothing {}));
    for (selection, action) in [
        (these(Kind::Customer, Vec::new()), delete()),
        (these(Kind::Customer, (1..=10_001).collect()), delete()),
        (these(Kind::Customer, vec![1]), None),
        (these(Kind::Customer, vec![1]), action(act::Action::Withdraw(act::Nothing {}))),
        (these(Kind::User, vec![1]), delete()),
    ] {
        let request = pb::RunBulkRequest { selection, action, request_id: request_id(), ..Default::default() };
        assert_eq!(reason_of(&run(&sup, request).await), "VALIDATION");
    }
    Ok(())
}

/// Jobs of 200 at most; who goes away stops it before the next job, the same request goes on where it stopped, over a
/// restart too; spread over ten people it is one operation with one undo, in which each is told once.
#[tokio::test]
async fn five_hundred_are_spread_over_ten_and_go_on_after_an_interruption_as_one_operation() -> Result<()> {
    const MANY: usize = 500;
    let mut world = World::new().await?;
    let people = (0..10).map(|n| (format!("m{n}"), ["manager"].as_slice(), "North")).collect();
    rolo_tests::world::hire(world.handle()?, people).await?;
    let sup = world.session("sup").await?;
    for number in 0..MANY {
        sup.record(lead(&format!("公司{number}"))).await?;
    }
    let unassigned = || pb::OpportunityFilter { view: pb::OpportunityView::Unassigned.into(), ..Default::default() };
    let assignees = sup.opportunities().list_assignees(pb::ListAssigneesRequest { search: "m".into() }).await?;
    let assignees = assignees.into_inner().assignees.into_iter().filter_map(|one| one.user);
    let ten: Vec<i64> = assignees.filter(|user| user.name != "mgr").map(|user| user.id).collect();
    assert_eq!(ten.len(), 10);
    let spread = pb::SpreadOpportunitiesRequest {
        filter: Some(unassigned()),
        assignee_ids: ten,
        spread: pb::Spread::Evenly.into(),
        ..Default::default()
    };
    let shares = sup.opportunities().spread_opportunities(spread).await?.into_inner().shares;
    let shares: Vec<_> = shares
        .into_iter()
        .map(|share| act::Share {
            assignee_id: share.assignee.and_then(|one| one.user).map_or(0, |user| user.id),
            ids: share.ids,
        })
        .collect();
    assert!(shares.iter().all(|share| share.ids.len() == MANY / 10));
    let filter = Some(selection::Filter::Opportunities(unassigned()));
    let request = pb::RunBulkRequest {
        selection: Some(pb::Selection { kind: Kind::Opportunity.into(), ids: Vec::new(), filter }),
        action: action(act::Action::Assign(act::Assign { assignee_id: 0, shares })),
        previewed: MANY as i64,
        request_id: request_id(),
    };
    let mut stream = sup.bulk().run_bulk(request.clone()).await?.into_inner();
    let first = stream.next().await.context("no progress")??;
    assert!((1..=200).contains(&first.done) && !first.finished, "{first:?}");
    drop(stream);
    world.stop().await?;
    world.start().await?;
    let sup = world.session("sup").await?;
    let (last, results) = run(&sup, request).await?;
    assert_eq!((last.done, last.refused, last.total, results.len()), (MANY as i64, 0, MANY as i64, 0));
    assert_eq!(last.operation_id, first.operation_id, "one operation");
    let each = "SELECT COUNT(*) FROM (SELECT assignee_id FROM opportunity GROUP BY assignee_id HAVING COUNT(*) = 50)";
    assert_eq!(world.number(each).await?, 10);
    assert_eq!(world.number("SELECT COUNT(*) FROM notice").await?, 10);
    assert_eq!(world.number("SELECT MIN(count) + MAX(count) FROM notice").await?, 100);
    let undone = sup.undo(last.operation_id).await?;
    assert_eq!((undone.done, undone.kept), (MANY as i64, 0));
    assert_eq!(world.number("SELECT COUNT(*) FROM opportunity WHERE status = 1").await?, MANY as i64);
    assert_eq!(world.number("SELECT COUNT(*) FROM notice WHERE withdrawn_at IS NULL").await?, 0);
    assert_eq!(world.audit().await?.1, 0);
    Ok(())
}

/// Undo of many of which some were worked on since: those stay as they are, each with its reason, the rest goes back.
#[tokio::test]
async fn of_many_taken_back_those_that_were_worked_on_since_stay_and_say_why() -> Result<()> {
    let world = World::new().await?;
    let (mgr, sup) = (world.session("mgr").await?, world.session("sup").await?);
    let mut ids = Vec::new();
    for number in 0..5 {
        ids.push(sup.record(lead(&format!("公司{number}"))).await?.id);
    }
    let request = pb::RunBulkRequest {
        selection: these(Kind::Opportunity, ids.clone()),
        action: action(act::Action::Assign(act::Assign { assignee_id: mgr.user_id, shares: Vec::new() })),
        request_id: request_id(),
        ..Default::default()
    };
    let (last, _) = run(&sup, request).await?;
    let step = mgr.step(ids[0], "2026-11-05", "拜访").await?;
    mgr.result(&step, "有兴趣").await?;
    mgr.win(&mgr.opportunity(ids[1]).await?, 0).await?;
    mgr.step(ids[2], "2026-11-05", "拜访").await?;
    let look = sup.look_at_undo(last.operation_id).await?;
    assert_eq!((look.done, look.kept), (4, 1), "a look foretells what was changed");
    let undone = sup.undo(last.operation_id).await?;
    let mut kept: Vec<_> = undone.kept_records.iter().map(|k| (k.id, k.reason.as_str(), k.who.as_str())).collect();
    kept.sort_unstable();
    assert_eq!((undone.done, kept), (3, vec![(ids[0], "INVALID_STATE", ""), (ids[1], "STALE", "mgr")]));
    let statuses = "SELECT GROUP_CONCAT(status, '') + 0 FROM (SELECT status FROM opportunity ORDER BY id)";
    assert_eq!(world.number(statuses).await?, 23_111);
    let differ = world.handle()?.kernel().db().read(rolo_server::opportunities::sums::differ).await?;
    assert_eq!(differ, 0);
    Ok(())
}

/// Two who ask for the same request at once do each record once.
#[tokio::test]
async fn the_same_request_asked_twice_at_once_does_each_record_once() -> Result<()> {
    let world = World::new().await?;
    let (mgr, sup) = (world.session("mgr").await?, world.session("sup").await?);
    let mut ids = Vec::new();
    for number in 0..250 {
        ids.push(sup.record(lead(&format!("公司{number}"))).await?.id);
    }
    let request = pb::RunBulkRequest {
        selection: these(Kind::Opportunity, ids),
        action: action(act::Action::Assign(act::Assign { assignee_id: mgr.user_id, shares: Vec::new() })),
        request_id: request_id(),
        ..Default::default()
    };
    let (one, two) = tokio::join!(run(&sup, request.clone()), run(&sup, request));
    for (last, results) in [one?, two?] {
        assert_eq!((last.done, last.refused, last.finished), (250, 0, true));
        assert!(results.is_empty(), "{results:?}");
    }
    assert_eq!(world.number("SELECT MAX(revision) FROM opportunity").await?, 2);
    Ok(())
}

/// Setting a field checks state and right of each record as its own edit does; what is the same already is unchanged.
#[tokio::test]
async fn a_field_of_many_opportunities_is_set_where_state_and_right_allow_it() -> Result<()> {
    let world = World::new().await?;
    let (mgr, sup) = (world.session("mgr").await?, world.session("sup").await?);
    let stage = world.item("sales_stage", "quotation").await?;
    let mut ids = Vec::new();
    for name in ["甲公司", "乙公司", "丙公司"] {
        ids.push(mgr.record(lead(name)).await?.id);
    }
    let staged = pb::OpportunityInput { stage_id: Some(stage), ..lead("丁公司") };
    ids.push(mgr.record(staged).await?.id);
    let assigned = sup.assign(&sup.opportunity(ids[0]).await?, mgr.user_id).await?;
    mgr.win(&assigned, 0).await?;
    let hidden = world.session("other").await?.record(lead("别人的")).await?.id;
    ids.push(hidden);
    let set = |field: &str, number| act::SetField { field: field.into(), number, ..Default::default() };
    let request = |what| pb::RunBulkRequest {
        selection: these(Kind::Opportunity, ids.clone()),
        action: action(act::Action::SetField(what)),
        request_id: request_id(),
        ..Default::default()
    };
    let (last, results) = run(&mgr, request(set("stage", stage))).await?;
    assert_eq!((last.done, last.unchanged, last.refused), (2, 1, 2));
    let told: Vec<_> = results.iter().map(|one| (one.id, one.reason.as_str(), one.label.is_empty())).collect();
    assert_eq!(told, [(ids[0], "INVALID_STATE", false), (hidden, "NOT_FOUND", true)]);
    for field in ["status", "assignee_id", "created_by", "revision", "external_id"] {
        assert_eq!(reason_of(&run(&mgr, request(set(field, 1))).await), "VALIDATION", "{field}");
    }
    assert_eq!(mgr.undo(last.operation_id).await?.done, 2);
    Ok(())
}

/// An undo that keeps some records keeps what was told of them, and withdraws the rest: a notice tells of what still holds.
#[tokio::test]
async fn an_undo_that_keeps_some_records_keeps_what_was_told_of_these() -> Result<()> {
    let world = World::new().await?;
    let (mgr, sup) = (world.session("mgr").await?, world.session("sup").await?);
    let mut ids = Vec::new();
    for name in ["甲公司", "乙公司", "丙公司"] {
        ids.push(sup.record(lead(name)).await?.id);
    }
    let request = pb::RunBulkRequest {
        selection: these(Kind::Opportunity, ids.clone()),
        action: action(act::Action::Assign(act::Assign { assignee_id: mgr.user_id, shares: Vec::new() })),
        request_id: request_id(),
        ..Default::default()
    };
    let assigned = run(&sup, request).await?.0.operation_id;
    let told = async || -> Result<pb::Notice> {
        let mut notices = mgr.notices().list_notices(pb::ListNoticesRequest::default()).await?.into_inner().notices;
        anyhow::ensure!(notices.len() == 1, "{notices:?}");
        notices.pop().context("none")
    };
    let notice = told().await?;
    assert_eq!((notice.count, notice.record_id, notice.withdrawn_at), (3, ids[0], 0));
    let request = pb::UpdateOpportunityRequest {
        id: ids[1],
        opportunity: Some(pb::OpportunityInput { memo: "约好了".into(), ..Default::default() }),
        update_mask: mask(&["memo"]),
        request_id: request_id(),
        ..Default::default()
    };
    mgr.opportunities().update_opportunity(request).await?;
    let undone = sup.undo(assigned).await?;
    assert_eq!((undone.done, undone.kept), (2, 1));
    let notice = told().await?;
    assert_eq!((notice.count, notice.record_id, notice.withdrawn_at), (1, ids[1], 0), "that one is still theirs");
    assert!(notice.label.contains("乙公司"), "{notice:?}");
    let unread = async || -> Result<i64> {
        Ok(mgr.notices().count_unread(pb::CountUnreadRequest {}).await?.into_inner().unread)
    };
    assert_eq!(unread().await?, 1);
    // Done again, they are told again, of what is theirs again; and so on.
    for _ in 0..2 {
        assert_eq!(sup.redo().await?.done, 2);
        let notices = mgr.notices().list_notices(pb::ListNoticesRequest::default()).await?.into_inner().notices;
        let told: Vec<_> =
            notices.iter().filter(|n| n.withdrawn_at == 0).map(|n| (n.topic.as_str(), n.count)).collect();
        assert_eq!(told, [("assigned", 2), ("assigned", 1)], "{notices:?}");
        assert_eq!(unread().await?, 2);
        assert_eq!(sup.undo(0).await?.done, 2);
        assert_eq!(unread().await?, 1);
    }
    Ok(())
}

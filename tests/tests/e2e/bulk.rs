//! Bulk actions: one operation, a result a record, one undo.

use anyhow::{Context, Result};
use futures::StreamExt;
use rolo_proto::v1::{self as pb, Kind, bulk_action as act, selection};
use rolo_tests::{
    Session, World,
    ask::{detail, lead, reason_of},
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
    assert_eq!(world.number("SELECT MAX(count) FROM notice").await?, 29, "one notice for all");
    let (again, _) = run(&sup, request).await?;
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
    let (last, results) = run(&sup, request).await?;
    assert_eq!(
        (last.refused, results.first().map(|one| one.detail.clone())),
        (1, Some("revision NOT_WRITABLE".into()))
    );
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

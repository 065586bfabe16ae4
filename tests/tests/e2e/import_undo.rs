//! Taking an import back: design §3 "Undo is one kernel function".

use anyhow::{Context, Result};
use rolo_proto::v1 as pb;
use rolo_server::clock::{DAY, MINUTE};
use rolo_tests::{
    Session, World,
    ask::{detail, reason_of},
    files::Sheet,
    world::{digest, reason, request_id},
};

/// Imports customers of these names, with these further fields; answers the operation.
async fn import(by: &Session, fields: &[&str], rows: &[Vec<String>], create_missing: bool) -> Result<i64> {
    let mut sheet = Sheet::new(pb::Kind::Customer, fields, &[]).updating();
    sheet.rows = rows.to_vec();
    sheet.options.create_missing = create_missing;
    let done = by.import(&sheet).await?;
    assert_eq!(done.status.refused, 0, "{:?}", done.outcomes.first());
    Ok(done.status.operation_id)
}

async fn thousand(by: &Session) -> Result<i64> {
    let rows: Vec<_> = (1..=1_000).map(|n| vec![format!("进口公司{n}")]).collect();
    import(by, &["name"], &rows, false).await
}

const LIVE: &str = "SELECT COUNT(*) FROM customer WHERE deleted_at IS NULL";

#[tokio::test]
async fn of_a_thousand_records_three_that_were_changed_since_are_kept_with_who_changed_them() -> Result<()> {
    let world = World::new().await?;
    let (mgr, sup) = (world.session("mgr").await?, world.session("sup").await?);
    let batch = thousand(&mgr).await?;
    world.advance(MINUTE);
    for id in [1, 500, 1_000] {
        let seen = sup.get(id).await?;
        sup.edit(&seen, &["address"], pb::CustomerInput { address: "望京".into(), ..Default::default() }).await?;
    }
    let before = digest(world.dir.path())?;
    let rows = world.number("SELECT COUNT(*) FROM audit").await?;
    let look = mgr.look_at_undo(batch).await?;
    assert_eq!((look.done, look.kept, look.total, look.finished), (997, 3, 1_000, true));
    assert_eq!(look.counts, [pb::KindCount { kind: pb::Kind::Customer.into(), count: 997 }]);
    assert_eq!((digest(world.dir.path())?, world.number("SELECT COUNT(*) FROM audit").await?), (before, rows));
    let undone = mgr.undo(batch).await?;
    assert_eq!((undone.done, undone.kept, undone.finished), (997, 3, true));
    for told in [look, undone] {
        let mut kept: Vec<_> = told.kept_records.iter().map(|one| (one.id, &*one.reason, &*one.who)).collect();
        kept.sort_unstable();
        assert_eq!(kept, [(1, "STALE", "sup"), (500, "STALE", "sup"), (1_000, "STALE", "sup")]);
    }
    assert_eq!(world.number(LIVE).await?, 3);
    let refusal = mgr.look_at_undo(batch).await.err().context("twice")?;
    assert_eq!((reason(&refusal), detail(&refusal, "state")), ("INVALID_STATE".into(), "undone".into()));
    assert_eq!(world.audit().await?.1, 0);
    Ok(())
}

/// Slices are transactions of their own: what was done stays done when the server goes, and the rest is done later.
#[tokio::test]
async fn an_undo_that_was_interrupted_goes_on_where_it_stopped() -> Result<()> {
    let mut world = World::new().await?;
    let mgr = world.session("mgr").await?;
    let batch = thousand(&mgr).await?;
    let request = pb::UndoRequest { operation_id: batch, request_id: request_id(), ..Default::default() };
    let mut stream = mgr.operations().undo(request).await?.into_inner();
    let first = stream.message().await?.context("no progress")?;
    assert_eq!((first.done, first.finished), (50, false));
    drop(stream);
    world.stop().await?;
    world.start().await?;
    let left = world.number(LIVE).await?;
    assert!((1..=950).contains(&left), "{left} are left");
    let mgr = world.session("mgr").await?;
    let look = mgr.look_at_undo(batch).await?;
    assert_eq!((look.done, look.kept), (1_000, 0), "what is done already is not in the way");
    let undone = mgr.undo(batch).await?;
    assert_eq!((undone.done, undone.kept, undone.undo_operation_id), (1_000, 0, first.undo_operation_id));
    assert_eq!(world.number(LIVE).await?, 0);
    let undos = "SELECT COUNT(*) FROM audit WHERE verb = 'undo'";
    assert_eq!((world.number(undos).await?, world.audit().await?.1), (1_000, 0), "none twice");
    assert_eq!(mgr.redo().await?.done, 1_000, "and it is one step to do again");
    assert_eq!(world.number(LIVE).await?, 1_000);
    Ok(())
}

/// A record comes back as it was; one that was made goes with its contact; a choice that was added goes if nothing uses
/// it. What somebody has hung something on since stays.
#[tokio::test]
async fn an_import_is_taken_back_with_everything_that_it_made_unless_somebody_builds_on_it() -> Result<()> {
    let world = World::new().await?;
    let (sup, stf) = (world.session("sup").await?, world.session("stf").await?);
    let old =
        sup.create(pb::CustomerInput { name: "老客户".into(), zip: "100000".into(), ..Default::default() }).await?;
    let row = |cells: [&str; 4]| cells.map(String::from).to_vec();
    let rows = [
        row(["老客户", "100080", "", ""]),
        row(["新甲", "", "张律", "火星"]),
        row(["新乙", "", "李工", "火星"]),
        row(["新丙", "", "", "月球"]),
    ];
    let fields = ["name", "zip", "contact.name", "region"];
    let batch = import(&sup, &fields, &rows, true).await?;
    world.advance(MINUTE);
    let of = async |name: &str| -> Result<pb::Customer> {
        let filter = pb::CustomerFilter { name: name.into(), ..Default::default() };
        let request = pb::ListCustomersRequest { filter: Some(filter), ..Default::default() };
        sup.walk(request).await?.into_iter().next().context("none")
    };
    stf.interaction(of("新乙").await?.id, "来电", 0).await?;
    // What was changed and is as it was again is in nobody's way, and a look knows it.
    let merged = sup.merge(&of("新丙").await?, &of("新甲").await?, &[]).await?;
    assert_eq!(sup.undo(merged.customer.context("no customer")?.operation_id).await?.kept, 0);
    let look = sup.look_at_undo(batch).await?;
    let undone = sup.undo(batch).await?;
    let kept: Vec<_> = undone.kept_records.iter().map(|one| (&*one.label, &*one.reason, &*one.who)).collect();
    assert_eq!(kept, [("KH261102003 新乙", "IN_USE", "stf"), ("火星", "IN_USE", "")]);
    let foretold: Vec<_> = look.kept_records.iter().map(|one| (&*one.label, &*one.reason, &*one.who)).collect();
    assert_eq!(foretold, [("KH261102003 新乙", "IN_USE", "stf")]);
    assert_eq!((sup.get(old.id).await?.zip.as_str(), of("新乙").await?.deleted_at), ("100000", 0));
    assert_eq!(world.number(LIVE).await?, 2);
    let left = "SELECT COUNT(*) FROM dictionary_item WHERE zh IN ('火星', '月球') AND deleted_at IS NULL";
    assert_eq!(world.number(left).await?, 1, "what nothing uses goes");
    Ok(())
}

#[tokio::test]
async fn an_import_can_be_taken_back_for_thirty_days_and_is_listed_by_its_file() -> Result<()> {
    let world = World::new().await?;
    let mgr = world.session("mgr").await?;
    let first = import(&mgr, &["name"], &[vec!["甲".into()]], false).await?;
    mgr.customer("别的", 0).await?;
    let second = import(&mgr, &["name"], &[vec!["乙".into()]], false).await?;
    let mut request = pb::ListOperationsRequest { imports: true, page_size: 1, ..Default::default() };
    let mut told = Vec::new();
    loop {
        let page = mgr.operations().list_operations(request.clone()).await?.into_inner();
        told.extend(page.operations.into_iter().map(|one| (one.id, one.file_name, one.kind, one.records)));
        request.page_token = page.next_page_token;
        if request.page_token.is_empty() {
            break;
        }
    }
    let kind = i32::from(pb::Kind::Customer);
    assert_eq!(told, [(second, "客户.csv".into(), kind, 1), (first, "客户.csv".into(), kind, 1)]);
    let other = world.session("other").await?;
    assert_eq!(reason_of(&other.look_at_undo(first).await), "NOT_FOUND", "another's does not exist");
    world.advance(30 * DAY);
    let mgr = world.session("mgr").await?;
    assert_eq!(mgr.look_at_undo(second).await?.done, 1);
    assert_eq!(mgr.undo(second).await?.done, 1);
    world.advance(1);
    let mgr = world.session("mgr").await?;
    let refusal = mgr.look_at_undo(first).await.err().context("after thirty days")?;
    assert_eq!(detail(&refusal, "state"), "too old");
    Ok(())
}

//! The kernel's promises: idempotency, stale edits, the audit log, durability, group commit. Design §3, security #28.

use std::sync::Arc;

use anyhow::{Context, Result};
use futures::future::{join_all, try_join_all};
use rolo_proto::v1::{self as pb, Kind};
use rolo_server::{clock::MINUTE, db::Lane};
use rolo_tests::{
    Session, World,
    ask::{detail, faults, input, mask, reason_of},
    world::{START, digest, reason, request_id},
};
use tonic::Status;

fn create(name: &str, request_id: &str) -> pb::CreateCustomerRequest {
    let customer = pb::CustomerInput { name: name.into(), ..Default::default() };
    pb::CreateCustomerRequest { customer: Some(customer), request_id: request_id.into(), ..Default::default() }
}

/// Refused reads are logged behind everybody's back; this waits for what is queued so far.
async fn settled(world: &World) -> Result<()> {
    Ok(world.handle()?.kernel().db().write(Lane::Feeds, |_| Ok(())).await?)
}

#[tokio::test]
async fn the_same_request_twice_makes_one_record_and_answers_the_same() -> Result<()> {
    let world = World::new().await?;
    let (boss, mgr) = (world.session("boss").await?, world.session("mgr").await?);
    let first = boss.customers().create_customer(create("华盛", "r1")).await?.into_inner();
    let again = boss.customers().create_customer(create("华盛", "r1")).await?.into_inner();
    assert_eq!(first, again);
    let all = join_all((0..8).map(|_| {
        let boss = boss.clone();
        async move { boss.customers().create_customer(create("并行", "r2")).await }
    }));
    let ids: Vec<i64> = all
        .await
        .into_iter()
        .map(|made| Ok::<_, Status>(made?.into_inner().customer.map_or(0, |c| c.id)))
        .collect::<Result<_, _>>()?;
    assert!(ids.iter().all(|id| *id == ids[0] && *id > 0), "{ids:?}");
    assert_eq!(world.number("SELECT COUNT(*) FROM customer").await?, 2);
    let other = boss.customers().create_customer(create("另一家", "r1")).await.err().context("taken")?;
    assert_eq!(faults(&other), ["request_id USED_ALREADY"], "the same id for something else");
    for bad in [String::new(), "x".repeat(65)] {
        let refusal = boss.customers().create_customer(create("无名", &bad)).await.err().context("taken")?;
        assert_eq!(faults(&refusal), ["request_id MALFORMED:request_id"]);
    }
    let theirs = mgr.customers().create_customer(create("另一家", "r1")).await?.into_inner();
    assert_ne!(
        theirs.customer.map(|c| c.id),
        first.customer.as_ref().map(|c| c.id),
        "another person's id is another's"
    );
    // A refusal is not remembered: what was wrong can be put right under the same id.
    assert_eq!(reason_of(&boss.customers().create_customer(create("华盛", "r3")).await), "DUPLICATE");
    assert_eq!(reason_of(&boss.customers().create_customer(create("华盛二", "r3")).await), "ok");
    // The other verbs too.
    let id = first.customer.map_or(0, |c| c.id);
    let bin = || pb::DeleteCustomerRequest { id, revision: 1, request_id: "r4".into() };
    let gone = boss.customers().delete_customer(bin()).await?.into_inner();
    assert_eq!(boss.customers().delete_customer(bin()).await?.into_inner(), gone);
    assert_eq!(boss.get(id).await?.revision, 2);
    Ok(())
}

/// Design §3 "revision": all equal → applied; some differ → `STALE` with these fields, who and when.
#[tokio::test]
async fn edits_of_different_fields_merge_and_of_the_same_field_collide() -> Result<()> {
    let world = World::new().await?;
    let (mgr, sup) = (world.session("mgr").await?, world.session("sup").await?);
    let seen = mgr.customer("华盛", 0).await?;
    let with =
        |address: &str, tel: &str| pb::CustomerInput { address: address.into(), tel: tel.into(), ..Default::default() };
    world.advance(MINUTE);
    sup.edit(&seen, &["address"], with("望京", "")).await?;
    let merged = mgr.edit(&seen, &["tel"], with("", "010-8866")).await?;
    assert_eq!((merged.address.as_str(), merged.tel.as_str(), merged.revision), ("望京", "010-8866", 3));
    world.advance(MINUTE);
    let stale = mgr.edit(&seen, &["address", "tel", "fax"], with("中关村", "1234")).await.err().context("applied")?;
    let told = ["fields", "who", "at", "revision", "id", "kind"].map(|key| detail(&stale, key));
    let at = (START + MINUTE).to_string();
    assert_eq!((stale.code(), reason(&stale)), (tonic::Code::Aborted, "STALE".to_owned()));
    assert_eq!(told, ["address,tel", "mgr", &at, "3", &seen.id.to_string(), "KIND_CUSTOMER"]);
    assert_eq!(mgr.get(seen.id).await?, pb::Customer { operation_id: 0, ..merged.clone() }, "nothing was written");
    // Without the values seen there is nothing to compare; without a revision nobody asks.
    let request = |revision, seen| pb::UpdateCustomerRequest {
        id: merged.id,
        customer: Some(with("", "9999")),
        update_mask: mask(&["tel"]),
        seen,
        revision,
        request_id: request_id(),
    };
    assert_eq!(reason_of(&mgr.customers().update_customer(request(1, None)).await), "STALE");
    assert_eq!(reason_of(&mgr.customers().update_customer(request(1, Some(input(&seen)))).await), "STALE");
    assert_eq!(reason_of(&mgr.customers().update_customer(request(1, Some(input(&merged)))).await), "ok");
    assert_eq!(reason_of(&mgr.customers().update_customer(request(0, None)).await), "ok");
    assert_eq!(mgr.get(seen.id).await?.revision, 4, "what is the same already changes nothing");
    Ok(())
}

/// Design §3: state changes and deletes never merge.
#[tokio::test]
async fn deleting_restoring_and_settling_need_the_current_revision() -> Result<()> {
    let world = World::new().await?;
    let (mgr, sup) = (world.session("mgr").await?, world.session("sup").await?);
    let seen = mgr.customer("华盛", 0).await?;
    let talk = mgr.interaction(seen.id, "电话", START + MINUTE).await?;
    let settle = |revision| pb::SettleNextContactRequest { id: talk.id, revision, request_id: request_id() };
    assert_eq!(reason_of(&mgr.interactions().settle_next_contact(settle(7)).await), "STALE");
    let unnamed = mgr.interactions().settle_next_contact(settle(0)).await.err().context("settled")?;
    assert_eq!(faults(&unnamed), ["revision REQUIRED"]);
    assert_eq!(reason_of(&mgr.interactions().settle_next_contact(settle(1)).await), "ok");
    let renamed = mgr.rename(&seen, "华盛科技").await?;
    let stale = mgr.bin(&seen).await.err().context("deleted")?;
    assert_eq!(
        (reason(&stale), detail(&stale, "fields"), detail(&stale, "who")),
        ("STALE".into(), String::new(), "mgr".into())
    );
    let unnamed = mgr.bin(&pb::Customer { revision: 0, ..seen.clone() }).await.err().context("deleted")?;
    assert_eq!(faults(&unnamed), ["revision REQUIRED"]);
    mgr.bin(&renamed).await?;
    let restore = |revision| pb::RestoreCustomerRequest { id: seen.id, revision, request_id: request_id() };
    assert_eq!(reason_of(&sup.customers().restore_customer(restore(2)).await), "STALE");
    assert_eq!(reason_of(&sup.customers().restore_customer(restore(3)).await), "ok");
    Ok(())
}

/// Design §3: exists, right, owner, revision, state.
#[tokio::test]
async fn checks_run_from_existence_over_right_and_owner_to_revision_and_state() -> Result<()> {
    let world = World::new().await?;
    let (mgr, other, exe) = (world.session("mgr").await?, world.session("other").await?, world.session("exe").await?);
    let seen = mgr.customer("华盛", 0).await?;
    world.sql("UPDATE customer SET status = 2, revision = 5").await?;
    let wrong = || pb::CustomerInput { address: "x".into(), ..Default::default() };
    let edit = async |by: &Session, seen: &pb::Customer| {
        let differs = pb::Customer { address: "y".into(), ..seen.clone() };
        reason_of(&by.edit(&differs, &["address"], wrong()).await)
    };
    assert_eq!(edit(&exe, &seen).await, "FORBIDDEN");
    assert_eq!(edit(&other, &pb::Customer { id: 99, ..seen.clone() }).await, "NOT_FOUND");
    assert_eq!(edit(&other, &seen).await, "NOT_OWNER");
    assert_eq!(edit(&mgr, &seen).await, "STALE");
    assert_eq!(edit(&mgr, &pb::Customer { revision: 5, ..seen.clone() }).await, "INVALID_STATE");
    Ok(())
}

/// A bit of everything that can be done.
async fn live(world: &World) -> Result<pb::Customer> {
    let (boss, mgr) = (world.session("boss").await?, world.session("mgr").await?);
    let host = world.nobody().await?;
    let customer = mgr.customer("北京华盛", 0).await?;
    let contact = mgr.contact(customer.id, "陈总", "13800000000").await?;
    let talk = mgr.interaction(customer.id, "电话", START + MINUTE).await?;
    let renamed = mgr.rename(&customer, "北京华盛科技").await?;
    mgr.undo(renamed.operation_id).await?;
    mgr.redo().await?;
    let settle = pb::SettleNextContactRequest { id: talk.id, revision: 1, request_id: request_id() };
    mgr.interactions().settle_next_contact(settle).await?;
    let bin = pb::DeleteContactRequest { id: contact.id, revision: 1, request_id: request_id() };
    mgr.contacts().delete_contact(bin).await?;
    let export = pb::ListCustomersRequest { export: true, ..Default::default() };
    mgr.customers().list_customers(export).await?;
    let _ = world.session("other").await?.bin(&customer).await;
    let add = pb::AddUserRequest { name: "li".into(), roles: vec!["manager".into()], ..Default::default() };
    host.host().add_user(add).await?;
    host.host().disable_user(pb::DisableUserRequest { name: "li".into() }).await?;
    let gone = boss.bin(&boss.get(customer.id).await?).await?;
    boss.undo(gone.operation_id).await?;
    settled(world).await?;
    Ok(boss.get(customer.id).await?)
}

#[tokio::test]
async fn the_audit_chain_verifies_after_everything_and_breaks_at_any_row_that_was_touched() -> Result<()> {
    let world = World::new().await?;
    live(&world).await?;
    let (rows, bad) = world.audit().await?;
    assert!(rows >= 14 && bad == 0, "{rows} rows, {bad} is bad");
    for (tamper, mend) in [
        ("UPDATE audit SET at = at + 1 WHERE sequence = 5", "UPDATE audit SET at = at - 1 WHERE sequence = 5"),
        (
            "UPDATE audit SET user_id = user_id + 1 WHERE sequence = 5",
            "UPDATE audit SET user_id = user_id - 1 WHERE sequence = 5",
        ),
        (
            "UPDATE audit SET verb = verb || 'x' WHERE sequence = 5",
            "UPDATE audit SET verb = rtrim(verb, 'x') WHERE sequence = 5",
        ),
        ("UPDATE audit SET salt = zeroblob(16) WHERE sequence = 5", ""),
    ] {
        world.sql(tamper).await?;
        assert_eq!(world.audit().await?, (4, 5), "{tamper}");
        if !mend.is_empty() {
            world.sql(mend).await?;
            assert_eq!(world.audit().await?, (rows, 0), "{mend}");
        }
    }
    let world = World::new().await?;
    live(&world).await?;
    let changes = "UPDATE audit SET changes = replace(changes, '华盛', '长江')
                   WHERE sequence = (SELECT MIN(sequence) FROM audit WHERE changes LIKE '%华盛%')";
    world.sql(changes).await?;
    assert!(world.audit().await?.1 > 0, "a value was changed");
    let world = World::new().await?;
    live(&world).await?;
    world.sql("DELETE FROM audit WHERE sequence = 7").await?;
    assert_eq!(world.audit().await?, (6, 7), "a row is missing");
    Ok(())
}

/// Security #28: every mutation of every record, the host's too; deleting the record removes none.
#[tokio::test]
async fn every_change_of_a_record_leaves_a_row_with_before_and_after() -> Result<()> {
    let world = World::new().await?;
    let customer = live(&world).await?;
    for (what, rows) in [
        ("kind = 1 AND verb = 'create' AND changes LIKE '%北京华盛%' AND parent_id > 0", 1),
        ("kind = 1 AND verb = 'update' AND changes LIKE '%\"name\":[\"北京华盛\",\"北京华盛科技\"]%'", 1),
        ("kind = 1 AND verb = 'undo'", 3),
        ("kind = 1 AND verb = 'delete' AND changes LIKE '%deleted_at%'", 1),
        ("kind = 2 AND verb IN ('create', 'delete')", 2),
        ("kind = 3 AND verb IN ('create', 'settle')", 2),
        ("kind = 1 AND verb = 'export'", 1),
        ("kind = 1 AND verb = 'refused' AND changes LIKE '%NOT_OWNER%'", 1),
        ("kind = 5 AND verb IN ('create_user', 'disable_user') AND user_id = 0", 2),
        ("verb <> 'refused' AND kind IN (1, 2, 3) AND (operation_id = 0 OR session_id = 0)", 0),
    ] {
        let sql: &'static str = Box::leak(format!("SELECT COUNT(*) FROM audit WHERE {what}").into_boxed_str());
        assert_eq!(world.number(sql).await?, rows, "{what}");
    }
    let revisions = "SELECT COUNT(*) FROM audit WHERE kind = 1 AND verb <> 'refused' AND revision > 0";
    assert_eq!(world.number(revisions).await?, customer.revision, "one row a revision");
    let outbox = "SELECT COUNT(*) FROM outbox WHERE kind = 1";
    assert_eq!(world.number(outbox).await?, customer.revision, "and one for those who follow changes");
    Ok(())
}

/// Design §3: refusals are logged too, after what was refused is gone; a loop of refused reads cannot flood the log.
#[tokio::test]
async fn refusals_are_logged_with_who_what_and_why() -> Result<()> {
    let world = World::new().await?;
    let (mgr, other, exe) = (world.session("mgr").await?, world.session("other").await?, world.session("exe").await?);
    let customer = mgr.customer("华盛", 0).await?;
    other.rename(&customer, "x").await.err().context("renamed")?;
    other.rename(&pb::Customer { id: 99, ..customer.clone() }, "x").await.err().context("renamed")?;
    other.undo(customer.operation_id).await.err().context("undone")?;
    let export = pb::ListCustomersRequest { export: true, ..Default::default() };
    exe.customers().list_customers(export).await.err().context("exported")?;
    for _ in 0..20 {
        exe.interactions().list_interactions(pb::ListInteractionsRequest::default()).await.err().context("listed")?;
    }
    settled(&world).await?;
    let logged = world
        .handle()?
        .kernel()
        .db()
        .read(|tx| {
            tx.query(
                "SELECT u.name || ' ' || a.kind || ' ' || a.record_id || ' ' || a.changes
                 FROM audit a JOIN user u ON u.id = a.user_id
                 WHERE a.verb = 'refused' ORDER BY a.sequence",
                [],
                |row| row.get::<_, String>(0),
            )
        })
        .await?;
    let wanted = [
        format!("other 1 {} UpdateCustomer NOT_OWNER", customer.id),
        "other 1 99 UpdateCustomer NOT_FOUND".into(),
        format!("other 0 {} Undo NOT_FOUND", customer.operation_id),
        "exe 1 0 Export FORBIDDEN".into(),
        "exe 0 0 /rolo.v1.InteractionService/ListInteractions FORBIDDEN".into(),
    ];
    let plain = |line: &String| {
        line.replace(r#"{"method":[null,""#, "").replace(r#""],"reason":[null,""#, " ").replace(r#""]}"#, "")
    };
    assert_eq!(logged.iter().map(plain).collect::<Vec<_>>(), wanted);
    assert_eq!(world.audit().await?.1, 0);
    Ok(())
}

#[tokio::test]
async fn everything_survives_a_restart_sessions_included() -> Result<()> {
    let mut world = World::new().await?;
    let customer = live(&world).await?;
    let boss = world.session("boss").await?;
    let before = (digest(world.dir.path())?, world.audit().await?);
    world.stop().await?;
    world.start().await?;
    assert_eq!((digest(world.dir.path())?, world.audit().await?), before);
    let boss = boss.over(world.channel().await?);
    assert_eq!(boss.get(customer.id).await?, customer);
    assert_eq!(boss.search("bjhs").await?.len(), 1);
    assert_eq!(boss.customer("下一家", 0).await?.no, "KH261102002");
    assert_eq!(world.audit().await?.1, 0, "the chain goes on where it ended");
    Ok(())
}

/// Design §3 "Group commit": 64 people write at once; each answer is on disk, each record there once.
#[tokio::test(flavor = "multi_thread")]
async fn sixty_four_people_writing_at_once_all_find_their_records() -> Result<()> {
    const EACH: usize = 6;
    let world = World::new().await?;
    let boss = Arc::new(world.session("boss").await?);
    let tasks = (0..64).map(|task| {
        let boss = Arc::clone(&boss);
        tokio::spawn(async move {
            let mut made = Vec::new();
            for i in 0..EACH {
                made.push(boss.customer(&format!("客户{task}之{i}"), 0).await?);
                // One in between is refused and takes nothing but itself away.
                assert_eq!(reason_of(&boss.customer(&format!("客户{task}之{i}"), 0).await), "DUPLICATE");
            }
            Ok::<_, Status>(made)
        })
    });
    let mut numbers = Vec::new();
    for made in try_join_all(tasks).await? {
        for customer in made? {
            assert_eq!(boss.get(customer.id).await?.name, customer.name);
            numbers.push(customer.no);
        }
    }
    numbers.sort();
    numbers.dedup();
    assert_eq!(numbers.len(), 64 * EACH);
    let count = i64::try_from(64 * EACH)?;
    for table in [
        "SELECT COUNT(*) FROM customer",
        "SELECT COUNT(*) FROM outbox WHERE kind = 1",
        "SELECT last FROM number_counter",
    ] {
        assert_eq!(world.number(table).await?, count, "{table}");
    }
    let (rows, bad) = world.audit().await?;
    assert!(rows >= count && bad == 0, "{rows} {bad}");
    assert_eq!(Kind::Customer as i32, 1);
    Ok(())
}

//! Two customers that are one: design §3 (one transaction, undo by the kernel), D2.

use anyhow::{Context, Result};
use rolo_proto::v1::{self as pb, timeline_entry::Entry};
use rolo_server::clock::MINUTE;
use rolo_tests::{
    Session, World,
    ask::{detail, faults, mask, reason_of},
    world::{digest, reason, request_id},
};

/// A customer with an address and a contact, and a duplicate of it with a phone, a contact and two talks.
async fn twins(by: &Session) -> Result<(pb::Customer, pb::Customer)> {
    let company = |name: &str, address: &str, tel: &str| pb::CustomerInput {
        name: name.into(),
        address: address.into(),
        tel: tel.into(),
        ..Default::default()
    };
    let keep = by.create(company("华盛科技", "中关村", "")).await?;
    let other = by.create(company("华盛电子", "望京", "010-62345678")).await?;
    by.contact(keep.id, "陈总", "13800001111").await?;
    let person = by.contact(other.id, "张律", "13800002222").await?;
    let bin = pb::DeleteContactRequest {
        id: by.contact(other.id, "旧人", "13800003333").await?.id,
        revision: 1,
        request_id: request_id(),
    };
    by.contacts().delete_contact(bin).await?;
    by.interaction(other.id, "第一次", 0).await?;
    let talk = pb::InteractionInput {
        customer_id: other.id,
        title: "第二次".into(),
        contact_id: Some(person.id),
        ..Default::default()
    };
    let talk = pb::CreateInteractionRequest { interaction: Some(talk), request_id: request_id(), ..Default::default() };
    by.interactions().create_interaction(talk).await?;
    Ok((by.get(keep.id).await?, by.get(other.id).await?))
}

/// Names of live contacts and titles of live interactions.
async fn children(by: &Session, customer_id: i64) -> Result<(Vec<String>, Vec<String>)> {
    let people = pb::ListContactsRequest {
        filter: Some(pb::ContactFilter { customer_id, ..Default::default() }),
        ..Default::default()
    };
    let talks = pb::ListInteractionsRequest {
        filter: Some(pb::InteractionFilter { customer_id, ..Default::default() }),
        ..Default::default()
    };
    let people = by.people(people).await?.into_iter().map(|contact| contact.name).collect();
    let mut talks: Vec<_> = by.talks(talks).await?.into_iter().map(|talk| talk.title).collect();
    talks.sort();
    Ok((people, talks))
}

fn moved(counts: &[pb::KindCount]) -> Vec<i64> {
    counts.iter().map(|kind| kind.count).collect()
}

async fn verbs(by: &Session, customer_id: i64) -> Result<Vec<String>> {
    let request = pb::ListTimelineRequest { customer_id, page_size: 100, ..Default::default() };
    let page = by.customers().list_timeline(request).await?.into_inner();
    let verb = |entry: pb::TimelineEntry| match entry.entry? {
        Entry::Change(change) => Some(format!("{} {}", change.verb, change.label)),
        Entry::Interaction(_) => None,
    };
    Ok(page.entries.into_iter().filter_map(verb).collect())
}

#[tokio::test]
async fn the_other_customer_becomes_part_of_the_one_that_stays_and_is_found_under_it() -> Result<()> {
    let world = World::new().await?;
    let mgr = world.session("mgr").await?;
    let (keep, other) = twins(&mgr).await?;
    let look = pb::PreviewMergeRequest { keep_id: keep.id, merge_id: other.id };
    let look = mgr.customers().preview_merge(look).await?.into_inner();
    assert_eq!(
        (look.differing.as_slice(), look.suggested.as_slice()),
        (["name", "address", "tel"].map(String::from).as_slice(), ["tel".to_owned()].as_slice())
    );
    assert_eq!(moved(&look.moving), [2, 2, 0], "the recycle bin goes along");
    let done = mgr.merge(&keep, &other, &["tel"]).await?;
    let merged = done.customer.context("no customer")?;
    assert_eq!(
        (merged.name.as_str(), merged.address.as_str(), merged.tel.as_str()),
        ("华盛科技", "中关村", "010-62345678")
    );
    assert_eq!((merged.former.as_str(), moved(&done.moved)), ("KH261102002 华盛电子", vec![2, 2, 0]));
    assert_eq!(
        children(&mgr, keep.id).await?,
        (vec!["陈总".into(), "张律".into()], vec!["第一次".into(), "第二次".into()])
    );
    assert!(merged.last_contact_at > 0, "what is kept of interactions is kept for the new customer");
    let gone = mgr.get(other.id).await?;
    assert_eq!((gone.status(), gone.merged_into.map(|into| into.id)), (pb::CustomerStatus::Deleted, Some(keep.id)));
    assert_eq!((gone.allowed_actions.len(), gone.last_contact_at), (0, 0));
    for word in ["华盛电子", "hsdz", "KH261102002", "张律", "13800002222"] {
        assert_eq!(mgr.search(word).await?, ["华盛科技"], "{word}");
    }
    assert_eq!(verbs(&mgr, other.id).await?.first().map(String::as_str), Some("merge KH261102002 华盛电子"));
    assert_eq!(verbs(&mgr, keep.id).await?.first().map(String::as_str), Some("merge KH261102001 华盛科技"));
    let operations = "SELECT COUNT(DISTINCT operation_id) FROM audit WHERE verb = 'merge'";
    assert_eq!((world.number(operations).await?, world.audit().await?.1), (1, 0), "one operation");
    // It comes back with everything by undoing, and not by itself.
    let refusal = world.session("sup").await?.restore(other.id).await.err().context("restored")?;
    assert_eq!((reason(&refusal), detail(&refusal, "state")), ("INVALID_STATE".into(), "merged".into()));
    Ok(())
}

#[tokio::test]
async fn undo_parts_them_again_and_redo_makes_one_of_them_again() -> Result<()> {
    let world = World::new().await?;
    let mgr = world.session("mgr").await?;
    let (keep, other) = twins(&mgr).await?;
    let apart = (children(&mgr, keep.id).await?, children(&mgr, other.id).await?);
    // The name of the other is free before the one that stays takes it, and the other way round.
    let done = mgr.merge(&keep, &other, &["name", "tel"]).await?.customer.context("no customer")?;
    assert_eq!(done.name, "华盛电子");
    let undone = mgr.undo(done.operation_id).await?;
    assert_eq!((undone.done, undone.kept), (6, 0), "{:?}", undone.kept_records);
    let (now, back) = (mgr.get(keep.id).await?, mgr.get(other.id).await?);
    assert_eq!((now.name.as_str(), now.tel.as_str(), now.former.as_str()), ("华盛科技", "", ""));
    assert_eq!((back.deleted_at, back.merged_into, back.last_contact_at), (0, None, other.last_contact_at));
    assert_eq!((children(&mgr, keep.id).await?, children(&mgr, other.id).await?), apart);
    assert_eq!(mgr.search("华盛电子").await?, ["华盛电子"]);
    assert_eq!(mgr.search("张律").await?, ["华盛电子"]);
    assert_eq!(mgr.redo().await?.kept, 0);
    assert_eq!(mgr.get(other.id).await?.merged_into.map(|into| into.id), Some(keep.id));
    assert_eq!(children(&mgr, keep.id).await?.0.len(), 2);
    assert_eq!(mgr.search("张律").await?, ["华盛电子"]);
    assert_eq!(mgr.undo(0).await?.kept, 0);
    assert_eq!((children(&mgr, keep.id).await?, children(&mgr, other.id).await?), apart);
    assert_eq!(world.audit().await?.1, 0);
    Ok(())
}

#[tokio::test]
async fn what_was_changed_after_a_merge_stays_when_it_is_taken_back() -> Result<()> {
    let world = World::new().await?;
    let (mgr, sup) = (world.session("mgr").await?, world.session("sup").await?);
    let (keep, other) = twins(&mgr).await?;
    let done = mgr.merge(&keep, &other, &[]).await?.customer.context("no customer")?;
    world.advance(MINUTE);
    let people = mgr.people(pb::ListContactsRequest::default()).await?;
    let person = people.iter().find(|contact| contact.name == "张律").context("gone")?;
    let edit = pb::UpdateContactRequest {
        id: person.id,
        contact: Some(pb::ContactInput { memo: "新".into(), ..Default::default() }),
        update_mask: mask(&["memo"]),
        request_id: request_id(),
        ..Default::default()
    };
    sup.contacts().update_contact(edit).await?;
    let look = mgr.look_at_undo(done.operation_id).await?;
    let undone = mgr.undo(done.operation_id).await?;
    for told in [&look, &undone] {
        assert_eq!((told.done, told.kept), (5, 1));
        let kept = told.kept_records.first().context("nothing is told")?;
        assert_eq!((kept.label.as_str(), kept.reason.as_str(), kept.who.as_str()), ("张律", "STALE", "sup"));
    }
    assert_eq!(children(&mgr, other.id).await?, (Vec::new(), vec!["第一次".into(), "第二次".into()]));
    assert_eq!(children(&mgr, keep.id).await?.0, ["陈总", "张律"]);
    Ok(())
}

/// Both must be the caller's to write, both as they were seen; otherwise nothing happens at all.
#[tokio::test]
async fn a_merge_is_refused_whole_if_either_customer_does_not_allow_it() -> Result<()> {
    let world = World::new().await?;
    let (mgr, other) = (world.session("mgr").await?, world.session("other").await?);
    let (keep, twin) = twins(&mgr).await?;
    let foreign = other.customer("别人的", 0).await?;
    let binned = mgr.customer("回收的", 0).await?;
    mgr.bin(&binned).await?;
    let binned = mgr.get(binned.id).await?;
    let lost = mgr.customer("流失的", 0).await?;
    world.sql("UPDATE customer SET status = 2 WHERE name = '流失的'").await?;
    world.sql("UPDATE customer SET region_id = 6 WHERE name = '华盛科技'").await?;
    let before = digest(world.dir.path())?;
    assert_eq!(reason_of(&mgr.merge(&keep, &foreign, &[]).await), "NOT_OWNER");
    assert_eq!(reason_of(&mgr.merge(&foreign, &keep, &[]).await), "NOT_OWNER");
    let unknown = pb::Customer { id: 999, ..keep.clone() };
    assert_eq!(reason_of(&mgr.merge(&keep, &unknown, &[]).await), "NOT_FOUND");
    assert_eq!(reason_of(&mgr.merge(&unknown, &keep, &[]).await), "NOT_FOUND");
    for (keep_revision, merge_revision) in [(-1, 0), (0, -1)] {
        for by in [1, 1_000] {
            let keep = pb::Customer { revision: keep.revision + by * keep_revision, ..keep.clone() };
            let twin = pb::Customer { revision: twin.revision + by * merge_revision, ..twin.clone() };
            assert_eq!(reason_of(&mgr.merge(&keep, &twin, &[]).await), "STALE", "none named, or another");
        }
    }
    let itself = mgr.merge(&keep, &keep, &[]).await.err().context("merged with itself")?;
    assert_eq!(faults(&itself), ["merge_id MALFORMED:other"]);
    let unknown = mgr.merge(&keep, &twin, &["status"]).await.err().context("status")?;
    assert_eq!(faults(&unknown), ["status NOT_WRITABLE"]);
    let emptied = mgr.merge(&keep, &twin, &["region_id"]).await.err().context("emptied")?;
    assert_eq!(faults(&emptied), ["region REQUIRED"]);
    for (keep, twin, state) in [(&binned, &keep, "deleted"), (&keep, &binned, "deleted"), (&lost, &keep, "lost")] {
        let refusal = mgr.merge(keep, twin, &[]).await.err().context("merged")?;
        assert_eq!((reason(&refusal), detail(&refusal, "state")), ("INVALID_STATE".into(), state.into()));
    }
    let exe = world.session("exe").await?;
    assert_eq!(reason_of(&exe.merge(&keep, &twin, &[]).await), "FORBIDDEN");
    assert_eq!(digest(world.dir.path())?, before, "a refusal changes nothing");
    Ok(())
}

/// Security lesson 1: an id of a customer out of reach answers as one that does not exist, whichever of the two it is.
#[tokio::test]
async fn a_customer_out_of_sight_is_neither_merged_nor_told_of() -> Result<()> {
    let world = World::new().await?;
    let sql = "UPDATE role_permission SET scope = 1
               WHERE role_id = (SELECT id FROM role WHERE code = 'manager') AND permission LIKE '%.read'";
    world.sql(sql).await?;
    let (mgr, other) = (world.session("mgr").await?, world.session("other").await?);
    let (mine, hidden) = (mgr.customer("我的", 0).await?, other.customer("看不见", 0).await?);
    let unknown = pb::Customer { id: 999, ..hidden.clone() };
    for (keep, twin) in [(&mine, &hidden), (&hidden, &mine), (&mine, &unknown), (&unknown, &mine)] {
        let refusal = mgr.merge(keep, twin, &[]).await.err().context("merged")?;
        assert_eq!(reason(&refusal), "NOT_FOUND");
        let look = pb::PreviewMergeRequest { keep_id: keep.id, merge_id: twin.id };
        let look = mgr.customers().preview_merge(look).await.err().context("shown")?;
        assert_eq!((look.code(), look.message()), (refusal.code(), refusal.message()));
    }
    // What was handed over is out of sight: it is done, and the reply says no more than that.
    let to_other = pb::CustomerInput { manager_id: Some(other.user_id), ..Default::default() };
    let handed = mgr.edit(&mine, &["manager_id"], to_other).await?;
    assert_eq!((handed.id, handed.revision, handed.name.as_str()), (mine.id, 2, ""));
    assert!(handed.operation_id > 0);
    assert_eq!(reason_of(&mgr.get(mine.id).await), "NOT_FOUND");
    assert_eq!(other.get(mine.id).await?.name, "我的");
    Ok(())
}

#[tokio::test]
async fn the_same_merge_twice_is_one_and_a_file_that_names_the_other_means_the_one_that_stays() -> Result<()> {
    let world = World::new().await?;
    let mgr = world.session("mgr").await?;
    let (keep, other) = twins(&mgr).await?;
    let request = pb::MergeCustomersRequest {
        keep_id: keep.id,
        keep_revision: keep.revision,
        merge_id: other.id,
        merge_revision: other.revision,
        request_id: request_id(),
        ..Default::default()
    };
    let first = mgr.customers().merge_customers(request.clone()).await?.into_inner();
    let again = mgr.customers().merge_customers(request).await?.into_inner();
    assert_eq!(first, again);
    let options = pb::ImportOptions {
        kind: pb::Kind::Customer.into(),
        fields: ["no", "name", "zip"].map(String::from).to_vec(),
        existing: pb::Existing::Update.into(),
        ..Default::default()
    };
    let row = |no: &str, name: &str| pb::ImportRow { line: 2, cells: vec![no.into(), name.into(), "100080".into()] };
    for row in [row("KH261102002", ""), row("", "华盛电子")] {
        let check = pb::CheckRowsRequest { options: Some(options.clone()), rows: vec![row] };
        let outcomes = mgr.imports().check_rows(check).await?.into_inner().outcomes;
        let outcome = outcomes.first().context("no outcome")?;
        assert_eq!((outcome.result(), outcome.id), (pb::RowResult::Updated, keep.id), "{outcome:?}");
    }
    Ok(())
}

/// One transaction holds everybody's writes up, so it is bounded; the other way round it goes.
#[tokio::test]
async fn a_customer_with_too_much_is_the_one_that_stays() -> Result<()> {
    let world = World::new().await?;
    let mgr = world.session("mgr").await?;
    let (large, small) = twins(&mgr).await?;
    world
        .sql(
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
             INSERT INTO interaction (customer_id, at, author_id, title, created_at, created_by, updated_at)
             SELECT 1, i, 1, 't', i, 1, i FROM n",
        )
        .await?;
    let refusal = mgr.merge(&small, &large, &[]).await.err().context("merged")?;
    assert_eq!((reason(&refusal), detail(&refusal, "state")), ("INVALID_STATE".into(), "too large".into()));
    assert_eq!(moved(&mgr.merge(&large, &small, &[]).await?.moved), [2, 2, 0]);
    Ok(())
}

/// As many as one transaction takes; taken back in slices.
#[tokio::test]
async fn a_thousand_records_move_at_once_and_come_back_in_slices() -> Result<()> {
    let world = World::new().await?;
    let mgr = world.session("mgr").await?;
    let (keep, other) = (mgr.customer("甲", 0).await?, mgr.customer("乙", 0).await?);
    world
        .sql(
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
             INSERT INTO interaction (customer_id, at, author_id, title, created_at, created_by, updated_at)
             SELECT 2, i, 1, 't', i, 1, i FROM n",
        )
        .await?;
    let done = mgr.merge(&keep, &other, &[]).await?;
    assert_eq!(moved(&done.moved), [0, 1_000, 0]);
    let undone = mgr.undo(0).await?;
    assert_eq!((undone.done, undone.kept, undone.total), (1_002, 0, 1_002));
    assert_eq!(world.number("SELECT COUNT(*) FROM interaction WHERE customer_id = 2").await?, 1_000);
    assert_eq!(world.number("SELECT last_contact_at FROM customer WHERE id = 1").await?, 0);
    assert_eq!(world.number("SELECT last_contact_at FROM customer WHERE id = 2").await?, 1_000);
    assert_eq!(world.audit().await?.1, 0);
    Ok(())
}

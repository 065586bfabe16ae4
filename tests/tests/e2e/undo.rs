//! Undo and redo: design §3 "Undo is one kernel function" (`rolo undo`, the `u` key).

use anyhow::{Context, Result};
use rolo_proto::v1 as pb;
use rolo_server::clock::{DAY, MINUTE};
use rolo_tests::{
    Session, World,
    ask::{detail, faults, reason_of},
    world::{START, reason, request_id},
};

/// Done and kept.
fn outcome(progress: &pb::UndoProgress) -> (i64, i64) {
    assert!(progress.finished, "{progress:?}");
    (progress.done, progress.kept)
}

async fn addressed(by: &Session, customer: &pb::Customer, address: &str) -> Result<pb::Customer> {
    let now = by.get(customer.id).await?;
    Ok(by.edit(&now, &["address"], pb::CustomerInput { address: address.into(), ..Default::default() }).await?)
}

#[tokio::test]
async fn an_edit_is_taken_back_and_done_again() -> Result<()> {
    let world = World::new().await?;
    let mgr = world.session("mgr").await?;
    let customer = mgr.customer("华盛", 0).await?;
    let renamed = mgr.rename(&customer, "华盛科技").await?;
    let undone = mgr.undo(renamed.operation_id).await?;
    assert_eq!((outcome(&undone), undone.method.as_str()), ((1, 0), "UpdateCustomer"));
    let now = mgr.get(customer.id).await?;
    assert_eq!((now.name.as_str(), now.revision), ("华盛", 3));
    let again = mgr.undo(renamed.operation_id).await.err().context("twice")?;
    assert_eq!((reason(&again), detail(&again, "state")), ("INVALID_STATE".into(), "undone".into()));
    assert_eq!(outcome(&mgr.redo().await?), (1, 0));
    assert_eq!(mgr.get(customer.id).await?.name, "华盛科技");
    assert_eq!(outcome(&mgr.undo(0).await?), (1, 0), "what was done again can be taken back again");
    assert_eq!(mgr.get(customer.id).await?.name, "华盛");
    assert_eq!(outcome(&mgr.redo().await?), (1, 0));
    mgr.rename(&mgr.get(customer.id).await?, "第三个").await?;
    assert_eq!(reason_of(&mgr.redo().await), "NOT_FOUND", "something was done since");
    assert_eq!(world.audit().await?.1, 0);
    Ok(())
}

/// A created record goes to the recycle bin, with everything of its operation; its number is not reused.
#[tokio::test]
async fn what_was_created_goes_to_the_recycle_bin_and_what_was_deleted_comes_back() -> Result<()> {
    let world = World::new().await?;
    let (mgr, boss) = (world.session("mgr").await?, world.session("boss").await?);
    let request = pb::CreateCustomerRequest {
        customer: Some(pb::CustomerInput { name: "华盛".into(), ..Default::default() }),
        first_contact: Some(pb::ContactInput { name: "陈总".into(), ..Default::default() }),
        request_id: request_id(),
        ..Default::default()
    };
    let customer = mgr.customers().create_customer(request).await?.into_inner().customer.context("no customer")?;
    let undone = mgr.undo(0).await?;
    assert_eq!((outcome(&undone), undone.total), ((2, 0), 2), "the customer and its contact");
    assert!(mgr.get(customer.id).await?.deleted_at > 0);
    let bin = pb::CustomerFilter { view: pb::CustomerView::RecycleBin.into(), ..Default::default() };
    assert_eq!(boss.names(bin).await?, ["华盛"]);
    assert_eq!(mgr.customer("下一家", 0).await?.no, "KH261102002");
    outcome(&mgr.undo(undone.undo_operation_id).await?);
    assert_eq!(mgr.get(customer.id).await?.deleted_at, 0);
    let people = pb::ListContactsRequest {
        filter: Some(pb::ContactFilter { customer_id: customer.id, ..Default::default() }),
        ..Default::default()
    };
    assert_eq!(mgr.people(people).await?.len(), 1, "its contact is back too");
    let gone = mgr.bin(&mgr.get(customer.id).await?).await?;
    assert_eq!(outcome(&mgr.undo(gone.operation_id).await?), (1, 0));
    assert_eq!(mgr.get(customer.id).await?.deleted_at, 0);
    boss.bin(&mgr.get(customer.id).await?).await?;
    let back = boss.restore(customer.id).await?;
    assert_eq!(outcome(&boss.undo(back.operation_id).await?), (1, 0), "a restore too");
    assert!(mgr.get(customer.id).await?.deleted_at > 0);
    Ok(())
}

/// Each record only if its revision is still the one that the operation left; otherwise with who changed it.
#[tokio::test]
async fn what_somebody_changed_since_is_kept_and_told() -> Result<()> {
    let world = World::new().await?;
    let (mgr, sup) = (world.session("mgr").await?, world.session("sup").await?);
    let customer = mgr.customer("华盛", 0).await?;
    let mine = addressed(&mgr, &customer, "中关村").await?;
    world.advance(MINUTE);
    addressed(&sup, &customer, "望京").await?;
    let undone = mgr.undo(mine.operation_id).await?;
    assert_eq!(outcome(&undone), (0, 1));
    let kept = undone.kept_records.first().context("nothing is told")?;
    assert_eq!((kept.reason.as_str(), kept.who.as_str(), kept.at), ("STALE", "sup", START + MINUTE));
    assert_eq!(kept.label, "KH261102001 华盛");
    assert_eq!(mgr.get(customer.id).await?.address, "望京");
    // A name that somebody took in the meantime.
    let renamed = mgr.rename(&mgr.get(customer.id).await?, "华盛科技").await?;
    sup.customer("华 盛", 0).await?;
    let undone = mgr.undo(renamed.operation_id).await?;
    assert_eq!(outcome(&undone), (0, 1));
    assert_eq!(undone.kept_records.first().map(|kept| kept.reason.as_str()), Some("DUPLICATE"));
    assert_eq!(mgr.get(customer.id).await?.name, "华盛科技");
    // A right that was lost in the meantime.
    let request = pb::SetRolesRequest { name: "mgr".into(), roles: vec!["executive".into()] };
    world.nobody().await?.host().set_roles(request).await?;
    let undone = mgr.undo(renamed.operation_id).await?;
    assert_eq!(undone.kept_records.first().map(|kept| kept.reason.as_str()), Some("FORBIDDEN"));
    assert_eq!(world.audit().await?.1, 0, "what was tried and kept left no trace in the chain");
    Ok(())
}

#[tokio::test]
async fn undo_is_for_the_person_who_did_it_or_a_holder_of_the_right_and_for_a_day() -> Result<()> {
    let world = World::new().await?;
    let (mgr, other, sup) = (world.session("mgr").await?, world.session("other").await?, world.session("sup").await?);
    let customer = mgr.customer("华盛", 0).await?;
    let renamed = mgr.rename(&customer, "华盛科技").await?;
    assert_eq!(reason_of(&other.undo(renamed.operation_id).await), "NOT_FOUND", "another's does not exist");
    assert_eq!(reason_of(&other.undo(999).await), "NOT_FOUND");
    assert_eq!(reason_of(&other.undo(0).await), "NOT_FOUND", "nothing to take back");
    assert_eq!(outcome(&sup.undo(renamed.operation_id).await?), (1, 0));
    let renamed = mgr.rename(&mgr.get(customer.id).await?, "华盛集团").await?;
    world.advance(DAY);
    let mgr = world.session("mgr").await?;
    let late = addressed(&mgr, &customer, "中关村").await?;
    assert_eq!(reason_of(&mgr.undo(late.operation_id).await), "ok");
    world.advance(1);
    let mgr = world.session("mgr").await?;
    let refusal = mgr.undo(renamed.operation_id).await.err().context("undone after a day")?;
    assert_eq!((reason(&refusal), detail(&refusal, "state")), ("INVALID_STATE".into(), "too old".into()));
    assert_eq!(mgr.get(customer.id).await?.name, "华盛集团");
    Ok(())
}

/// The matrix: a supervisor's right to take back is as wide as their department, to look at it as well.
#[tokio::test]
async fn a_supervisor_takes_back_what_people_of_the_department_did_and_nobody_elses() -> Result<()> {
    let world = World::new().await?;
    let (mgr, other, sup) = (world.session("mgr").await?, world.session("other").await?, world.session("sup").await?);
    let boss = world.session("boss").await?;
    for (by, wanted) in [(&mgr, "ok"), (&other, "NOT_FOUND"), (&boss, "NOT_FOUND")] {
        let customer = by.customer(&format!("华盛{}", by.user_id), 0).await?;
        assert_eq!(reason_of(&sup.look_at_undo(customer.operation_id).await), wanted, "{}", by.user_id);
        assert_eq!(reason_of(&sup.undo(customer.operation_id).await), wanted, "{}", by.user_id);
    }
    Ok(())
}

/// Not undoable: export, sign-in, rights, passwords.
#[tokio::test]
async fn an_export_cannot_be_taken_back_and_stands_in_nobodys_way() -> Result<()> {
    let world = World::new().await?;
    let mgr = world.session("mgr").await?;
    let customer = mgr.customer("华盛", 0).await?;
    let renamed = mgr.rename(&customer, "华盛科技").await?;
    mgr.customers().list_customers(pb::ListCustomersRequest { export: true, ..Default::default() }).await?;
    let export = world.number("SELECT id FROM operation WHERE method = 'Export'").await?;
    let refusal = mgr.undo(export).await.err().context("taken back")?;
    assert_eq!((reason(&refusal), detail(&refusal, "state")), ("INVALID_STATE".into(), "irreversible".into()));
    let undone = mgr.undo(0).await?;
    assert_eq!((undone.operation_id, outcome(&undone)), (renamed.operation_id, (1, 0)), "the newest that can be");
    Ok(())
}

#[tokio::test]
async fn undoing_on_goes_further_back_and_redoing_on_comes_forward_again() -> Result<()> {
    let world = World::new().await?;
    let mgr = world.session("mgr").await?;
    let customer = mgr.customer("华盛", 0).await?;
    for address in ["一", "二", "三"] {
        addressed(&mgr, &customer, address).await?;
    }
    let address = async || Ok::<_, tonic::Status>(mgr.get(customer.id).await?.address);
    for wanted in ["二", "一", ""] {
        assert_eq!(outcome(&mgr.undo(0).await?), (1, 0));
        assert_eq!(address().await?, wanted);
    }
    for wanted in ["一", "二", "三"] {
        assert_eq!(outcome(&mgr.redo().await?), (1, 0));
        assert_eq!(address().await?, wanted);
    }
    assert_eq!(reason_of(&mgr.redo().await), "NOT_FOUND");
    for wanted in ["二", "一"] {
        mgr.undo(0).await?;
        assert_eq!(address().await?, wanted);
    }
    Ok(())
}

#[tokio::test]
async fn the_same_undo_twice_is_one_and_the_list_of_operations_tells_what_became_of_each() -> Result<()> {
    let world = World::new().await?;
    let mgr = world.session("mgr").await?;
    let customer = mgr.customer("华盛", 0).await?;
    let first = addressed(&mgr, &customer, "一").await?;
    let second = addressed(&mgr, &customer, "二").await?;
    let ask = async |operation_id| {
        let request = pb::UndoRequest { operation_id, request_id: "once".into(), ..Default::default() };
        let mut stream = mgr.operations().undo(request).await?.into_inner();
        let mut last = pb::UndoProgress::default();
        while let Some(progress) = stream.message().await? {
            last = progress;
        }
        Ok::<_, tonic::Status>(last)
    };
    let undone = ask(0).await?;
    let again = ask(0).await?;
    assert_eq!((again.operation_id, again.undo_operation_id), (second.operation_id, undone.undo_operation_id));
    assert_eq!((outcome(&again), mgr.get(customer.id).await?.address.as_str()), ((1, 0), "一"));
    let other = ask(first.operation_id).await.err().context("the same id for something else")?;
    assert_eq!(faults(&other), ["request_id USED_ALREADY"]);
    let mut request = pb::ListOperationsRequest { page_size: 2, ..Default::default() };
    let mut operations = Vec::new();
    loop {
        let page = mgr.operations().list_operations(request.clone()).await?.into_inner();
        operations.extend(page.operations);
        request.page_token = page.next_page_token;
        if request.page_token.is_empty() {
            break;
        }
    }
    let told: Vec<_> =
        operations.iter().map(|one| (one.method.as_str(), one.records, one.undone_by > 0, one.undoes > 0)).collect();
    let wanted = [
        ("Undo", 1, false, true),
        ("UpdateCustomer", 1, true, false),
        ("UpdateCustomer", 1, false, false),
        ("CreateCustomer", 1, false, false),
    ];
    assert_eq!(told, wanted);
    let others = world.session("other").await?;
    let theirs = others.operations().list_operations(pb::ListOperationsRequest::default()).await?.into_inner();
    assert!(theirs.operations.is_empty(), "one's own only");
    Ok(())
}

/// What cannot be taken back says so once, and the next undo goes to the step before; by its number it can be tried again.
#[tokio::test]
async fn an_operation_of_which_nothing_can_be_taken_back_stands_in_nobodys_way() -> Result<()> {
    let world = World::new().await?;
    let (mgr, sup) = (world.session("mgr").await?, world.session("sup").await?);
    let (first, second) = (mgr.customer("甲", 0).await?, mgr.customer("乙", 0).await?);
    let moved = addressed(&mgr, &first, "一").await?;
    let stuck = addressed(&mgr, &second, "二").await?;
    let theirs = addressed(&sup, &second, "三").await?;
    let kept = mgr.undo(0).await?;
    assert_eq!((kept.operation_id, outcome(&kept)), (stuck.operation_id, (0, 1)));
    let undone = mgr.undo(0).await?;
    assert_eq!((undone.operation_id, outcome(&undone)), (moved.operation_id, (1, 0)));
    assert_eq!(mgr.get(first.id).await?.address, "");
    sup.undo(theirs.operation_id).await?;
    assert_eq!(outcome(&mgr.undo(stuck.operation_id).await?), (1, 0), "as it was left again");
    Ok(())
}

/// §2.2 row 18: an administrator restores customers and edits none.
#[tokio::test]
async fn an_administrator_takes_an_own_restore_back() -> Result<()> {
    let world = World::new().await?;
    let (adm, mgr) = (world.session("adm").await?, world.session("mgr").await?);
    let customer = mgr.customer("华盛", 0).await?;
    mgr.bin(&customer).await?;
    let back = adm.restore(customer.id).await?;
    assert_eq!(outcome(&adm.undo(back.operation_id).await?), (1, 0));
    assert!(mgr.get(customer.id).await?.deleted_at > 0);
    let renamed = mgr.customer("别的", 0).await?;
    let renamed = mgr.rename(&renamed, "另外的").await?;
    let kept = adm.undo(renamed.operation_id).await?;
    assert_eq!(kept.kept_records.first().map(|one| one.reason.as_str()), Some("FORBIDDEN"), "but edits nothing");
    Ok(())
}

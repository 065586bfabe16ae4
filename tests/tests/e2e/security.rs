//! The lessons of `security.md` that concern what exists: 1, 2, 6, 7, 8, 26. Lesson 4 is `authz.rs`, 9, 15, 17 and
//! 18 are `sessions.rs`, 12 is `fuzz.rs`, 14 is `scrub.rs`, 27 is `place.rs`, 28 is `kernel.rs`.

use anyhow::{Context, Result};
use rolo_proto::v1 as pb;
use rolo_server::clock::DAY;
use rolo_tests::{
    Session, World,
    ask::{detail, faults, mask, reason_of},
    world::{START, digest, reason, request_id},
};
use tonic::{Code, Status};

/// A manager whose reading is narrowed to their own customers.
pub async fn narrowed(world: &World) -> Result<Session> {
    world
        .sql(
            "UPDATE role_permission SET scope = 1
             WHERE role_id = (SELECT id FROM role WHERE code = 'manager') AND permission LIKE '%.read'",
        )
        .await?;
    world.handle()?.kernel().sessions().invalidate();
    world.session("mgr").await
}

/// Lesson 2: whatever looks a record up by value answers as if what may not be seen were not there.
#[tokio::test]
async fn what_may_not_be_seen_cannot_be_found_by_its_values_either() -> Result<()> {
    let world = World::new().await?;
    let other = world.session("other").await?;
    let secret = pb::CustomerInput {
        name: "秘密客户".into(),
        tel: "13912345678".into(),
        usc_code: "91350100M000100Y43".into(),
        external_id: "ERP-1".into(),
        ..Default::default()
    };
    let secret = other.create(secret).await?;
    let person = other.contact(secret.id, "秘密联系人", "13987654321").await?;
    other.interaction(secret.id, "秘密谈话", START + DAY).await?;
    let mgr = narrowed(&world).await?;
    mgr.customer("自己的", 0).await?;
    for search in ["秘密", "mmkh", "13912345678", "秘密联系人", secret.no.as_str(), "ERP-1"] {
        assert!(mgr.search(search).await?.is_empty(), "{search}");
        let filter = pb::ContactFilter { search: search.into(), ..Default::default() };
        assert!(mgr.people(pb::ListContactsRequest { filter: Some(filter), ..Default::default() }).await?.is_empty());
        let filter = pb::InteractionFilter { search: search.into(), ..Default::default() };
        assert!(
            mgr.talks(pb::ListInteractionsRequest { filter: Some(filter), ..Default::default() }).await?.is_empty()
        );
    }
    for (no, external_id) in [(secret.no.as_str(), ""), ("", "ERP-1")] {
        let request = pb::GetCustomerRequest { no: no.into(), external_id: external_id.into(), ..Default::default() };
        assert_eq!(reason_of(&mgr.customers().get_customer(request).await), "NOT_FOUND");
    }
    let totals = mgr.customers().count_views(pb::CountViewsRequest {}).await?.into_inner().counts;
    assert!(totals.iter().all(|count| count.total.as_ref().is_some_and(|total| total.count <= 1)), "{totals:?}");
    let wanted = pb::CheckDuplicatesRequest {
        name: "秘密客户".into(),
        tel: "13912345678".into(),
        external_id: "ERP-1".into(),
        ..Default::default()
    };
    let told = mgr.customers().check_duplicates(wanted).await?.into_inner().duplicates;
    assert_eq!(told.len(), 1, "that the name is taken must be told, and nothing else");
    assert!(told.iter().all(|one| one.customer.is_none() && one.manager.is_none()), "{told:?}");
    let refusal = mgr.customer("秘密客户", 0).await.err().context("taken twice")?;
    let told = ["field", "id", "label", "owner"].map(|key| detail(&refusal, key));
    assert_eq!(told, ["name", "0", "", ""], "{refusal:?}");
    assert_eq!(reason_of(&mgr.contacts().get_contact(pb::GetContactRequest { id: person.id }).await), "NOT_FOUND");
    Ok(())
}

/// Lesson 6: each id inside a request is checked as if it had been asked for by itself.
#[tokio::test]
async fn an_id_inside_a_request_reaches_no_record_that_is_not_the_callers() -> Result<()> {
    let world = World::new().await?;
    let (mgr, other) = (world.session("mgr").await?, world.session("other").await?);
    let (mine, theirs) = (mgr.customer("自己的", 0).await?, other.customer("别人的", 0).await?);
    let stranger = other.contact(theirs.id, "陈总", "").await?;
    let before = digest(world.dir.path())?;
    for (customer_id, wanted) in
        [(theirs.id, "NOT_OWNER"), (999, "NOT_FOUND"), (0, "NOT_FOUND"), (i64::MIN, "NOT_FOUND")]
    {
        assert_eq!(reason_of(&mgr.contact(customer_id, "x", "").await), wanted, "{customer_id}");
    }
    let talk = |customer_id, contact_id, channel_id| pb::CreateInteractionRequest {
        interaction: Some(pb::InteractionInput {
            customer_id,
            title: "x".into(),
            contact_id: Some(contact_id),
            channel_id: Some(channel_id),
            ..Default::default()
        }),
        request_id: request_id(),
        ..Default::default()
    };
    let (region, phone) = (world.item("region", "1").await?, world.item("channel", "phone").await?);
    for (contact_id, channel_id, fault) in [
        (stranger.id, phone, format!("contact UNKNOWN_REFERENCE:{}", stranger.id)),
        (i64::MAX, phone, format!("contact UNKNOWN_REFERENCE:{}", i64::MAX)),
        (-1, phone, "contact UNKNOWN_REFERENCE:-1".into()),
        (0, region, format!("channel UNKNOWN_CHOICE:{region}")),
        (0, i64::MAX, format!("channel UNKNOWN_CHOICE:{}", i64::MAX)),
    ] {
        let answer = mgr.interactions().create_interaction(talk(mine.id, contact_id, channel_id)).await;
        assert_eq!(faults(&answer.err().context("taken")?), [fault]);
    }
    for (field, input) in [
        ("region_id", pb::CustomerInput { region_id: Some(phone), ..Default::default() }),
        ("level_id", pb::CustomerInput { level_id: Some(region), ..Default::default() }),
        ("classification_id", pb::CustomerInput { classification_id: Some(i64::MIN), ..Default::default() }),
        ("manager_id", pb::CustomerInput { manager_id: Some(i64::MAX), ..Default::default() }),
    ] {
        assert_eq!(reason_of(&mgr.edit(&mine, &[field], input).await), "VALIDATION", "{field}");
    }
    assert_eq!(digest(world.dir.path())?, before);
    Ok(())
}

/// Lesson 7: a mask names what may be written; everything else of the row is out of reach.
#[tokio::test]
async fn a_mask_cannot_name_what_is_not_a_field_of_the_form() -> Result<()> {
    let world = World::new().await?;
    let boss = world.session("boss").await?;
    let customer = boss.customer("华盛", 0).await?;
    let contact = boss.contact(customer.id, "陈总", "13800000000").await?;
    let talk = boss.interaction(customer.id, "电话", START + DAY).await?;
    let item = world.item("region", "1").await?;
    let before = digest(world.dir.path())?;
    for field in [
        "no",
        "status",
        "created_by",
        "created_at",
        "deleted_at",
        "revision",
        "id",
        "updated_at",
        "name_norm",
        "missing",
        "last_contact_at",
        "author_id",
        "settled_at",
        "due_at",
        "editable",
        "password",
        "*",
        "",
        "customer.name",
        "Name",
        "name; DROP TABLE customer",
        "name = 'x' WHERE 1 OR name",
    ] {
        let (update_mask, revision) = (mask(&[field]), 0);
        let answers: [Result<(), Status>; 4] = [
            boss.customers()
                .update_customer(pb::UpdateCustomerRequest {
                    id: customer.id,
                    customer: Some(pb::CustomerInput::default()),
                    update_mask: update_mask.clone(),
                    revision,
                    request_id: request_id(),
                    ..Default::default()
                })
                .await
                .map(drop),
            boss.contacts()
                .update_contact(pb::UpdateContactRequest {
                    id: contact.id,
                    contact: Some(pb::ContactInput::default()),
                    update_mask: update_mask.clone(),
                    request_id: request_id(),
                    ..Default::default()
                })
                .await
                .map(drop),
            boss.interactions()
                .update_interaction(pb::UpdateInteractionRequest {
                    id: talk.id,
                    interaction: Some(pb::InteractionInput::default()),
                    update_mask: update_mask.clone(),
                    request_id: request_id(),
                    ..Default::default()
                })
                .await
                .map(drop),
            boss.dictionary()
                .update_item(pb::UpdateItemRequest {
                    id: item,
                    item: Some(pb::DictionaryItemInput::default()),
                    update_mask,
                    request_id: request_id(),
                    ..Default::default()
                })
                .await
                .map(drop),
        ];
        for answer in answers {
            assert_eq!(faults(&answer.err().context("taken")?), [format!("{field} NOT_WRITABLE")]);
        }
    }
    let none = boss.edit(&customer, &[], pb::CustomerInput::default()).await.err().context("taken")?;
    assert_eq!(faults(&none), ["update_mask REQUIRED"]);
    assert_eq!(digest(world.dir.path())?, before);
    Ok(())
}

/// Lesson 7: giving a customer to somebody is a right of its own, alone or hidden among other fields.
#[tokio::test]
async fn handing_a_customer_over_needs_the_right_to_reassign() -> Result<()> {
    let world = World::new().await?;
    world.sql("DELETE FROM role_permission WHERE permission = 'customer.reassign'").await?;
    let (mgr, other) = (world.session("mgr").await?, world.session("other").await?);
    let customer = mgr.customer("华盛", 0).await?;
    let given = || pb::CustomerInput { address: "x".into(), manager_id: Some(other.user_id), ..Default::default() };
    for fields in [&["manager_id"][..], &["address", "manager_id"], &["manager_id", "address"]] {
        let refusal = mgr.edit(&customer, fields, given()).await.err().context("given away")?;
        assert_eq!(
            (reason(&refusal), detail(&refusal, "permission")),
            ("FORBIDDEN".into(), "customer.reassign".into())
        );
    }
    assert!(mgr.edit(&customer, &["address"], given()).await.is_ok());
    assert_eq!(mgr.get(customer.id).await?.manager.map(|manager| manager.id), Some(mgr.user_id));
    assert!(!mgr.get(customer.id).await?.allowed_actions.contains(&(pb::Action::Reassign as i32)));
    Ok(())
}

/// Lesson 8: an export is the list with another encoder: same rows, same columns, a right of its own, and in the log.
#[tokio::test]
async fn an_export_shows_what_the_list_shows_and_only_to_whom_it_is_allowed() -> Result<()> {
    let world = World::new().await?;
    let (boss, other) = (world.session("boss").await?, world.session("other").await?);
    for (by, name) in [(&boss, "甲"), (&other, "乙"), (&other, "丙")] {
        let customer = by.customer(name, by.user_id).await?;
        by.contact(customer.id, "陈总", "13800000000").await?;
        by.interaction(customer.id, "电话", START + DAY).await?;
    }
    let narrow = narrowed(&world).await?;
    narrow.customer("丁", 0).await?;
    let people = ["boss", "adm", "sup", "mgr"];
    for account in people {
        let by = world.session(account).await?;
        let (list, export) =
            (pb::ListCustomersRequest::default(), pb::ListCustomersRequest { export: true, ..Default::default() });
        assert_eq!(by.walk(list).await?, by.walk(export).await?, "{account}");
        let (list, export) =
            (pb::ListContactsRequest::default(), pb::ListContactsRequest { export: true, ..Default::default() });
        assert_eq!(by.people(list).await?, by.people(export).await?, "{account}");
        let (list, export) = (
            pb::ListInteractionsRequest::default(),
            pb::ListInteractionsRequest { export: true, ..Default::default() },
        );
        assert_eq!(by.talks(list).await?, by.talks(export).await?, "{account}");
    }
    // Nor does an export begin in the middle, past the log, with the token of a list.
    let list = pb::ListCustomersRequest { page_size: 1, ..Default::default() };
    let page_token = boss.customers().list_customers(list).await?.into_inner().next_page_token;
    assert!(!page_token.is_empty(), "there is a second page");
    let middle = pb::ListCustomersRequest { export: true, page_token, ..Default::default() };
    assert_eq!(reason_of(&boss.customers().list_customers(middle).await), "BAD_PAGE_TOKEN");
    assert_eq!(narrow.walk(pb::ListCustomersRequest { export: true, ..Default::default() }).await?.len(), 1);
    let logged = "SELECT COUNT(*) FROM audit WHERE verb = 'export'";
    assert_eq!(world.number(logged).await?, 3 * 4 + 1);
    for account in ["exe", "stf"] {
        let by = world.session(account).await?;
        let refusals = [
            reason_of(
                &by.customers().list_customers(pb::ListCustomersRequest { export: true, ..Default::default() }).await,
            ),
            reason_of(
                &by.contacts().list_contacts(pb::ListContactsRequest { export: true, ..Default::default() }).await,
            ),
            reason_of(&by.dictionary().list_items(pb::ListItemsRequest { export: true, ..Default::default() }).await),
        ];
        assert_eq!(refusals, ["FORBIDDEN"; 3], "{account}");
        let stolen = pb::ListCustomersRequest { export: true, page_token: "00".repeat(40), ..Default::default() };
        assert_eq!(
            reason_of(&by.customers().list_customers(stolen).await),
            "FORBIDDEN",
            "{account}: not by a later page"
        );
    }
    assert_eq!(world.number(logged).await?, 3 * 4 + 1);
    Ok(())
}

/// Lesson 26: an oversized message or header is refused, and the next caller is served.
#[tokio::test]
async fn an_oversized_message_or_header_is_refused_and_others_are_served() -> Result<()> {
    let world = World::new().await?;
    let boss = world.session("boss").await?;
    let huge = pb::CustomerInput { name: "大".into(), address: "x".repeat(5 << 20), ..Default::default() };
    let refusal = boss.create(huge).await.err().context("taken")?;
    assert_eq!(refusal.code(), Code::OutOfRange, "{refusal:?}");
    let big = pb::CustomerInput { name: "大".into(), address: "x".repeat(3 << 20), ..Default::default() };
    let refusal = boss.create(big).await.err().context("taken")?;
    assert_eq!(faults(&refusal), ["address TOO_LONG:300"], "what fits is answered properly");
    // What was sent does not come back whole: replies have headers too.
    let (customer, long) = (boss.customer("华盛", 0).await?, "x".repeat(1 << 20));
    assert_eq!(reason_of(&boss.edit(&customer, &[&long], pb::CustomerInput::default()).await), "VALIDATION");
    let header = [("x-padding", "x".repeat(64 << 10))];
    let stranger = world.nobody().await?;
    let answer = stranger.knock("/rolo.v1.SessionService/GetInstance", &header).await;
    assert!(answer.is_err() || answer.is_ok_and(|status| status.is_some_and(|s| s.code() != Code::Ok)));
    assert_eq!(boss.search("华盛").await?, ["华盛"]);
    Ok(())
}

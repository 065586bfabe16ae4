//! Contacts: §3.4, D3, §2.2 row 18, §5.6.

use anyhow::{Context, Result};
use rolo_proto::v1::{self as pb, ContactSort};
use rolo_server::{clock::MINUTE, text::name_key};
use rolo_tests::{
    Session, World,
    ask::{detail, faults, mask, reason_of},
    world::request_id,
};
use tonic::Status;

async fn create(by: &Session, contact: pb::ContactInput, full_form: bool) -> Result<pb::Contact, Status> {
    let request = pb::CreateContactRequest { contact: Some(contact), full_form, request_id: request_id() };
    Ok(by.contacts().create_contact(request).await?.into_inner())
}

async fn update(by: &Session, id: i64, fields: &[&str], contact: pb::ContactInput) -> Result<pb::Contact, Status> {
    let (update_mask, request_id) = (mask(fields), request_id());
    let request =
        pb::UpdateContactRequest { id, contact: Some(contact), update_mask, request_id, ..Default::default() };
    Ok(by.contacts().update_contact(request).await?.into_inner())
}

async fn delete(by: &Session, id: i64, revision: i64) -> Result<pb::Changed, Status> {
    let request = pb::DeleteContactRequest { id, revision, request_id: request_id() };
    Ok(by.contacts().delete_contact(request).await?.into_inner())
}

async fn names(by: &Session, filter: pb::ContactFilter) -> Result<Vec<String>> {
    let request = pb::ListContactsRequest { filter: Some(filter), page_size: 3, ..Default::default() };
    Ok(by.people(request).await?.into_iter().map(|contact| contact.name).collect())
}

/// D3: at least one of mobile, office phone, wechat, email, when a form is filled by hand.
#[tokio::test]
async fn a_contact_must_be_reachable_and_an_edit_never_takes_the_last_way() -> Result<()> {
    let world = World::new().await?;
    let mgr = world.session("mgr").await?;
    let customer_id = mgr.customer("华盛", 0).await?.id;
    let named = |name: &str| pb::ContactInput { customer_id, name: name.into(), ..Default::default() };
    let refusal = create(&mgr, named(""), true).await.err().context("taken")?;
    assert_eq!(faults(&refusal), ["name REQUIRED", "mobile ONE_OF:mobile,office_tel,wechat,email"]);
    let unreachable = create(&mgr, named("只有名字"), false).await?;
    assert_eq!(unreachable.missing, ["position", "mobile"], "the badge 待完善");
    for (field, contact) in [
        ("mobile", pb::ContactInput { mobile: "138 0000 0000".into(), ..named("甲") }),
        ("office_tel", pb::ContactInput { office_tel: "010-88661234 转 8".into(), ..named("乙") }),
        ("wechat", pb::ContactInput { wechat: "chen_01".into(), ..named("丙") }),
        ("email", pb::ContactInput { email: "chen@crm.example".into(), ..named("丁") }),
    ] {
        let made = create(&mgr, contact, true).await?;
        let refusal = update(&mgr, made.id, &[field], pb::ContactInput::default()).await.err().context("emptied")?;
        assert_eq!(faults(&refusal), ["mobile ONE_OF:mobile,office_tel,wechat,email"], "{field}");
    }
    let bad = pb::ContactInput { email: "chen@".into(), mobile: "no".into(), sex: 7, ..named("戊") };
    let refusal = create(&mgr, bad, true).await.err().context("taken")?;
    assert_eq!(faults(&refusal), ["sex UNKNOWN_CHOICE:7", "mobile MALFORMED:phone", "email MALFORMED:email"]);
    let long = pb::ContactInput { name: "长".repeat(51), memo: "长".repeat(301), ..named("") };
    let refusal = create(&mgr, long, false).await.err().context("taken")?;
    assert_eq!(faults(&refusal), ["name TOO_LONG:50", "memo TOO_LONG:300"]);
    Ok(())
}

#[tokio::test]
async fn a_contact_stays_with_its_customer_and_its_external_id_is_unique() -> Result<()> {
    let world = World::new().await?;
    let mgr = world.session("mgr").await?;
    let (one, two) = (mgr.customer("甲公司", 0).await?, mgr.customer("乙公司", 0).await?);
    let contact = mgr.contact(one.id, "陈总", "13800000000").await?;
    let elsewhere = pb::ContactInput { customer_id: two.id, ..Default::default() };
    let refusal = update(&mgr, contact.id, &["customer_id"], elsewhere).await.err().context("moved")?;
    assert_eq!(faults(&refusal), ["customer_no NOT_WRITABLE"]);
    let with = |name: &str| pb::ContactInput {
        customer_id: two.id,
        name: name.into(),
        external_id: "C-1".into(),
        ..Default::default()
    };
    let first = create(&mgr, with("张律"), false).await?;
    let taken = create(&mgr, with("李工"), false).await.err().context("taken twice")?;
    assert_eq!((detail(&taken, "field"), detail(&taken, "id")), ("external_id".into(), first.id.to_string()));
    assert_eq!(reason_of(&update(&mgr, contact.id, &["external_id"], with("")).await), "DUPLICATE");
    delete(&mgr, first.id, 1).await?;
    update(&mgr, contact.id, &["external_id"], with("")).await?;
    let restore = pb::RestoreContactRequest { id: first.id, revision: 2, request_id: request_id() };
    assert_eq!(reason_of(&mgr.contacts().restore_contact(restore).await), "DUPLICATE");
    Ok(())
}

/// §2.2 row 18, §5.6: by the responsible manager or a supervisor in scope, of normal and of lost customers.
#[tokio::test]
async fn a_contact_is_written_by_whom_the_customer_belongs_to_and_follows_it_out_of_view() -> Result<()> {
    let world = World::new().await?;
    let (mgr, other, sup) = (world.session("mgr").await?, world.session("other").await?, world.session("sup").await?);
    let customer = mgr.customer("华盛", 0).await?;
    let contact = mgr.contact(customer.id, "陈总", "13800000000").await?;
    let memo = || pb::ContactInput { memo: "喜欢喝茶".into(), ..Default::default() };
    let denied = other.contact(customer.id, "x", "").await.err().context("written")?;
    assert_eq!((rolo_tests::world::reason(&denied), detail(&denied, "owner")), ("NOT_OWNER".into(), "mgr".into()));
    assert_eq!(reason_of(&update(&other, contact.id, &["memo"], memo()).await), "NOT_OWNER");
    assert_eq!(reason_of(&delete(&other, contact.id, 1).await), "NOT_OWNER");
    world.sql("UPDATE customer SET status = 2").await?;
    assert_eq!(update(&sup, contact.id, &["memo"], memo()).await?.memo, "喜欢喝茶", "lost customers keep their people");
    let seen = other.contacts().get_contact(pb::GetContactRequest { id: contact.id }).await?.into_inner();
    assert!(seen.allowed_actions.is_empty(), "{seen:?}");
    mgr.bin(&customer).await?;
    let get = async || reason_of(&mgr.contacts().get_contact(pb::GetContactRequest { id: contact.id }).await);
    assert_eq!(get().await, "NOT_FOUND");
    assert!(names(&mgr, pb::ContactFilter::default()).await?.is_empty());
    assert_eq!(reason_of(&mgr.contact(customer.id, "新", "").await), "INVALID_STATE");
    assert_eq!(reason_of(&update(&mgr, contact.id, &["memo"], memo()).await), "INVALID_STATE");
    sup.restore(customer.id).await?;
    assert_eq!(get().await, "ok");
    let gone = delete(&mgr, contact.id, 2).await?;
    assert_eq!(reason_of(&delete(&mgr, contact.id, gone.revision).await), "INVALID_STATE");
    let bin = pb::ContactFilter { deleted: true, ..Default::default() };
    assert_eq!(names(&mgr, bin).await?, ["陈总"]);
    let restore = pb::RestoreContactRequest { id: contact.id, revision: gone.revision, request_id: request_id() };
    assert_eq!(mgr.contacts().restore_contact(restore).await?.into_inner().deleted_at, 0);
    Ok(())
}

/// S01-13; D6 for the order; design §3 for the pages.
#[tokio::test]
async fn contacts_are_listed_filtered_found_and_sorted_across_customers() -> Result<()> {
    let world = World::new().await?;
    let (mgr, other) = (world.session("mgr").await?, world.session("other").await?);
    let (one, two) = (mgr.customer("甲公司", 0).await?, other.customer("乙公司", 0).await?);
    for (i, name) in ["陈总", "单经理", "Ann Smith", "曾工", "张律师", "安迪", "bob"].into_iter().enumerate()
    {
        if i % 2 == 0 {
            world.advance(MINUTE);
        }
        let (by, customer_id) = if i % 3 == 0 { (&other, two.id) } else { (&mgr, one.id) };
        let contact = pb::ContactInput {
            customer_id,
            name: name.into(),
            mobile: format!("1380000{i:04}"),
            position: if i == 4 { String::new() } else { "经理".into() },
            email: format!("p{i}@crm.example"),
            ..Default::default()
        };
        create(by, contact, true).await?;
    }
    let plain = pb::ContactFilter::default;
    let sorted = ["安迪", "Ann Smith", "bob", "陈总", "单经理", "曾工", "张律师"];
    let keys: Vec<String> = sorted.iter().map(|name| name_key(name)).collect();
    assert!(keys.is_sorted(), "{keys:?}");
    assert_eq!(names(&mgr, plain()).await?, sorted);
    assert_eq!(names(&mgr, pb::ContactFilter { customer_id: two.id, ..plain() }).await?, ["bob", "陈总", "曾工"]);
    assert_eq!(names(&mgr, pb::ContactFilter { mine: true, ..plain() }).await?.len(), 4);
    assert_eq!(names(&mgr, pb::ContactFilter { incomplete: true, ..plain() }).await?, ["张律师"]);
    for (search, wanted) in [
        ("shan", "单经理"),
        ("zg", "曾工"),
        ("律", "张律师"),
        ("smith ANN", "Ann Smith"),
        ("0006", "bob"),
        ("p5@crm", "安迪"),
        ("ｂｏｂ", "bob"),
        ("zls", "张律师"),
    ] {
        let found = names(&mgr, pb::ContactFilter { search: search.into(), ..plain() }).await?;
        assert_eq!(found, [wanted], "{search}");
    }
    for order_by in [ContactSort::Name, ContactSort::UpdatedAt, ContactSort::CreatedAt] {
        let mut orders = Vec::new();
        for descending in [false, true] {
            let (order_by, page_size) = (order_by.into(), 2);
            let request =
                pb::ListContactsRequest { order_by, descending, page_size, with_total: true, ..Default::default() };
            let page = mgr.contacts().list_contacts(request.clone()).await?.into_inner();
            assert_eq!(page.total.map(|total| total.count), Some(7));
            orders.push(mgr.people(request).await?.into_iter().map(|contact| contact.id).collect::<Vec<_>>());
        }
        orders[1].reverse();
        assert_eq!(orders[0], orders[1], "{order_by:?}");
        assert_eq!(orders[0].len(), 7);
        if order_by != ContactSort::Name {
            assert!(orders[0].is_sorted(), "in the order in which they were made");
        }
    }
    Ok(())
}

//! Customers as single records: §3.3, §4.3 C2 C3 C6 C7, §5.5–§5.7, D1–D3, D5. Lists are in `customer_list.rs`.

use anyhow::{Context, Result};
use futures::future::try_join_all;
use rolo_proto::v1::{self as pb, Action, CustomerStatus};
use rolo_server::clock::HOUR;
use rolo_tests::{
    Session, World,
    ask::{detail, faults, mask, reason_of},
    world::request_id,
};
use tonic::Status;

fn named(name: &str) -> pb::CustomerInput {
    pb::CustomerInput { name: name.into(), ..Default::default() }
}

fn person(name: &str, tel: &str) -> pb::CustomerInput {
    pb::CustomerInput { party: pb::Party::Person.into(), tel: tel.into(), ..named(name) }
}

async fn full_form(
    by: &Session,
    customer: pb::CustomerInput,
    first_contact: Option<pb::ContactInput>,
) -> Result<pb::CreateCustomerResponse, Status> {
    let request = pb::CreateCustomerRequest {
        customer: Some(customer),
        first_contact,
        full_form: true,
        request_id: request_id(),
    };
    Ok(by.customers().create_customer(request).await?.into_inner())
}

async fn duplicates(by: &Session, wanted: pb::CheckDuplicatesRequest) -> Result<Vec<pb::Duplicate>, Status> {
    Ok(by.customers().check_duplicates(wanted).await?.into_inner().duplicates)
}

fn refused<T: std::fmt::Debug>(answer: Result<T, Status>) -> Result<Status> {
    answer.err().context("it was not refused")
}

/// C2, S01-12: a manager answers for what they create; a supervisor's customer waits for a manager (D5).
#[tokio::test]
async fn a_new_customer_gets_a_number_and_its_maker_as_manager() -> Result<()> {
    let world = World::new().await?;
    let (mgr, sup, exe) = (world.session("mgr").await?, world.session("sup").await?, world.session("exe").await?);
    let mine = mgr.customer("北京华盛", 0).await?;
    assert_eq!((mine.no.as_str(), mine.status()), ("KH261102001", CustomerStatus::Normal));
    assert_eq!(mine.manager.as_ref().map(|manager| manager.id), Some(mgr.user_id));
    assert_eq!(mine.created_by.as_ref().map(|user| user.id), Some(mgr.user_id));
    let loose = sup.customer("上海华盛", 0).await?;
    assert!(loose.manager.is_none());
    assert_eq!(loose.no, "KH261102002");
    assert_eq!(reason_of(&exe.customer("广州华盛", 0).await), "FORBIDDEN");
    assert_eq!(reason_of(&mgr.customer("别人的", world.session("other").await?.user_id).await), "NOT_OWNER");
    let empty = refused(mgr.customer(" \u{3000}\u{200b}", 0).await)?;
    assert_eq!(faults(&empty), ["name REQUIRED"]);
    let all =
        [Action::Edit, Action::Reassign, Action::Delete, Action::Merge, Action::AddContact, Action::AddInteraction];
    assert_eq!(mgr.get(mine.id).await?.allowed_actions().collect::<Vec<_>>(), all);
    assert_eq!(exe.get(mine.id).await?.allowed_actions().collect::<Vec<_>>(), []);
    Ok(())
}

/// §5.5: issued in the record's own transaction.
#[tokio::test]
async fn numbers_never_repeat_start_anew_each_day_and_grow_past_999() -> Result<()> {
    let world = World::new().await?;
    let boss = world.session("boss").await?;
    let made = try_join_all((0..40).map(|i| {
        let boss = boss.clone();
        async move { boss.customer(&format!("并行{i}"), 0).await }
    }));
    let mut numbers: Vec<String> = made.await?.into_iter().map(|customer| customer.no).collect();
    numbers.sort();
    assert_eq!(numbers, (1..=40).map(|i| format!("KH261102{i:03}")).collect::<Vec<_>>());
    assert_eq!(reason_of(&boss.customer("并行0", 0).await), "DUPLICATE");
    assert_eq!(boss.customer("下一个", 0).await?.no, "KH261102041", "a refused one gives its number back");
    world.sql("UPDATE number_counter SET last = 998").await?;
    assert_eq!(boss.customer("第九百九十九", 0).await?.no, "KH261102999");
    assert_eq!(boss.customer("第一千", 0).await?.no, "KH2611021000");
    world.advance(15 * HOUR - 1);
    let boss = world.session("boss").await?;
    assert_eq!(boss.customer("深夜", 0).await?.no, "KH2611021001", "23:59:59.999 in the company's zone");
    world.advance(1);
    assert_eq!(boss.customer("次日", 0).await?.no, "KH261103001");
    Ok(())
}

/// C3: only while 正常, only by the responsible manager or a supervisor in scope (S01-11, S01-12).
#[tokio::test]
async fn a_customer_is_edited_while_normal_and_by_whom_it_belongs_to() -> Result<()> {
    let world = World::new().await?;
    let (mgr, other) = (world.session("mgr").await?, world.session("other").await?);
    let (sup, exe) = (world.session("sup").await?, world.session("exe").await?);
    let customer = mgr.customer("北京华盛", 0).await?;
    let address = |text: &str| pb::CustomerInput { address: text.into(), ..Default::default() };
    let edited = mgr.edit(&customer, &["address"], address("中关村")).await?;
    assert_eq!((edited.address.as_str(), edited.name.as_str(), edited.revision), ("中关村", "北京华盛", 2));
    assert!(edited.operation_id > 0);
    let denied = refused(other.edit(&edited, &["address"], address("x")).await)?;
    assert_eq!((rolo_tests::world::reason(&denied), detail(&denied, "owner")), ("NOT_OWNER".into(), "mgr".into()));
    assert_eq!(reason_of(&exe.edit(&edited, &["address"], address("x")).await), "FORBIDDEN");
    let edited = sup.edit(&edited, &["address"], address("望京")).await?;
    let south = other.customer("广州华盛", 0).await?;
    assert_eq!(reason_of(&sup.edit(&south, &["address"], address("x")).await), "NOT_OWNER", "another department");
    world.sql("UPDATE customer SET status = 2 WHERE name = '北京华盛'").await?;
    let lost = refused(mgr.edit(&edited, &["address"], address("x")).await)?;
    assert_eq!(detail(&lost, "state"), "lost");
    world.sql("UPDATE customer SET status = 1").await?;
    mgr.bin(&edited).await?;
    let gone = refused(mgr.edit(&mgr.get(edited.id).await?, &["address"], address("x")).await)?;
    assert_eq!(detail(&gone, "state"), "deleted");
    Ok(())
}

/// C6, C7, §5.6: the state is untouched, so restoring returns to it.
#[tokio::test]
async fn a_deleted_customer_comes_back_to_the_state_it_had() -> Result<()> {
    let world = World::new().await?;
    let (mgr, sup) = (world.session("mgr").await?, world.session("sup").await?);
    let customer = mgr.customer("北京华盛", 0).await?;
    assert_eq!(reason_of(&sup.restore(customer.id).await), "INVALID_STATE", "it is not deleted");
    world.sql("UPDATE customer SET status = 2").await?;
    mgr.bin(&customer).await?;
    let gone = mgr.get(customer.id).await?;
    assert_eq!(gone.status(), CustomerStatus::Deleted);
    assert!(gone.deleted_at > 0 && mgr.search("华盛").await?.is_empty());
    assert_eq!(reason_of(&mgr.bin(&gone).await), "INVALID_STATE", "twice");
    assert_eq!(reason_of(&mgr.restore(customer.id).await), "FORBIDDEN", "C7: ADM, SUP");
    let back = sup.restore(customer.id).await?;
    assert_eq!((back.status(), back.deleted_at), (CustomerStatus::Lost, 0));
    assert_eq!(mgr.search("华盛").await?, ["北京华盛"]);
    Ok(())
}

/// D1
#[tokio::test]
async fn the_full_form_asks_for_the_starred_fields_and_everything_else_for_the_name() -> Result<()> {
    let world = World::new().await?;
    let boss = world.session("boss").await?;
    let refusal = refused(full_form(&boss, named(""), None).await)?;
    let required = ["name", "region", "manager", "level", "address", "tel"];
    assert_eq!(faults(&refusal), required.map(|field| format!("{field} REQUIRED")));
    let bare = boss.customer("只有名字", 0).await?;
    assert_eq!(bare.missing, &required[1..]);
    let whole = pb::CustomerInput {
        region_id: Some(world.item("region", "1").await?),
        level_id: Some(world.item("customer_level", "3").await?),
        manager_id: Some(boss.user_id),
        address: "中关村".into(),
        tel: "010-88661234".into(),
        ..named("齐全")
    };
    let whole = full_form(&boss, whole, None).await?.customer.context("no customer")?;
    assert_eq!((whole.missing.len(), whole.satisfaction, whole.credit), (0, None, None), "both stay 未指定");
    let view = pb::CustomerFilter { view: pb::CustomerView::Incomplete.into(), ..Default::default() };
    assert_eq!(boss.names(view.clone()).await?, ["只有名字"]);
    // What was missing may stay missing; what is there is not emptied, unless it bears no star.
    let still = pb::CustomerInput { fax: "1234567".into(), ..Default::default() };
    assert!(boss.edit(&bare, &["fax", "address", "region_id"], still).await.is_ok());
    let fields = ["name", "region_id", "manager_id", "level_id", "address", "tel"];
    for (field, name) in fields.iter().zip(required) {
        let refusal = refused(boss.edit(&whole, &[field], pb::CustomerInput::default()).await)?;
        assert_eq!(faults(&refusal), [format!("{name} REQUIRED")]);
    }
    let filled = pb::CustomerInput { address: "望京".into(), tel: "010-88665678".into(), ..Default::default() };
    let bare = boss.edit(&boss.get(bare.id).await?, &["address", "tel"], filled).await?;
    assert_eq!(bare.missing, ["region", "manager", "level"]);
    assert_eq!(boss.names(view).await?, ["只有名字"]);
    Ok(())
}

/// D2: normalised by spaces, width and case; 有限公司 and traditional characters make another name.
#[tokio::test]
async fn the_name_of_an_organisation_is_unique_however_it_is_written() -> Result<()> {
    let world = World::new().await?;
    let (boss, mgr) = (world.session("boss").await?, world.session("mgr").await?);
    let first = mgr.customer("北京 华盛（ＡＢ）", 0).await?;
    for same in ["北京华盛(ab)", " 北京华盛（aB） ", "北 京 华 盛 (AB)"] {
        let refusal = refused(boss.customer(same, 0).await)?;
        let told = ["field", "id", "owner", "deleted"].map(|key| detail(&refusal, key));
        assert_eq!(told, ["name".to_owned(), first.id.to_string(), "mgr".into(), "false".into()], "{same}");
        assert!(detail(&refusal, "label").contains(&first.no), "it links to the match");
    }
    for another in ["北京华盛(ab)有限公司", "北京華盛(ab)", "北京华盛(abc)"] {
        boss.customer(another, 0).await?;
    }
    let third = boss.customer("第三", 0).await?;
    assert_eq!(reason_of(&boss.rename(&third, "北京华盛（AB）").await), "DUPLICATE");
    let same = mgr.rename(&first, "北京华盛(ab)").await?;
    assert_eq!(same.name, "北京华盛(ab)", "it is no duplicate of itself");
    // A deleted one gives its name free, and comes back only while it is.
    mgr.bin(&same).await?;
    let heir = boss.customer("北京华盛(AB)", 0).await?;
    let refusal = refused(boss.restore(first.id).await)?;
    assert_eq!(detail(&refusal, "id"), heir.id.to_string());
    boss.bin(&heir).await?;
    assert!(boss.restore(first.id).await.is_ok());
    Ok(())
}

/// D2: among persons the same name warns, name and phone together block.
#[tokio::test]
async fn persons_may_share_a_name_but_not_name_and_phone() -> Result<()> {
    let world = World::new().await?;
    let boss = world.session("boss").await?;
    let first = boss.create(person("张伟", "138 1234 5678")).await?;
    let second = boss.create(person("张伟", "139 0000 0000")).await?;
    boss.customer("张伟", 0).await?;
    assert_eq!(reason_of(&boss.create(person("张 伟", "+86-13812345678")).await), "DUPLICATE");
    let tel = pb::CustomerInput { tel: "0086 138 1234 5678 转 8".into(), ..Default::default() };
    assert_eq!(reason_of(&boss.edit(&second, &["tel"], tel).await), "DUPLICATE");
    let wanted = pb::CheckDuplicatesRequest { name: "张伟".into(), party: 2, ..Default::default() };
    let told = duplicates(&boss, wanted).await?;
    assert_eq!(told.iter().map(|one| (one.field.as_str(), one.blocks)).collect::<Vec<_>>(), [("name", false); 2]);
    // What blocks is told first, though the same person is already known by name.
    boss.edit(&first, &["external_id"], pb::CustomerInput { external_id: "X1".into(), ..Default::default() }).await?;
    let again = pb::CustomerInput { external_id: "X1".into(), ..person("张伟", "") };
    let refusal = refused(boss.create(again).await)?;
    assert_eq!((detail(&refusal, "field"), detail(&refusal, "id")), ("external_id".into(), first.id.to_string()));
    Ok(())
}

/// D2: a phone warns and names the owner, however it is written; asked while the form is typed.
#[tokio::test]
async fn a_phone_that_is_known_warns_and_names_the_owner() -> Result<()> {
    let world = World::new().await?;
    let (boss, mgr) = (world.session("boss").await?, world.session("mgr").await?);
    let tel = |tel: &str, name: &str| pb::CustomerInput { tel: tel.into(), ..named(name) };
    let first = mgr.create(tel("010-88661234 / 138 1234 5678", "北京华盛")).await?;
    let request = pb::CreateCustomerRequest {
        customer: Some(tel("+86 (10) 8866 1234", "上海华盛")),
        request_id: request_id(),
        ..Default::default()
    };
    let made = boss.customers().create_customer(request).await?.into_inner();
    let warning = made.warnings.first().context("no warning")?;
    assert_eq!((warning.field.as_str(), warning.blocks), ("tel", false));
    assert_eq!(warning.manager.as_ref().map(|manager| manager.name.as_str()), Some("mgr"));
    assert_eq!(warning.customer.as_ref().map(|customer| customer.id), Some(first.id));
    let wanted = |name: &str, tel: &str, except_id| pb::CheckDuplicatesRequest {
        name: name.into(),
        tel: tel.into(),
        except_id,
        ..Default::default()
    };
    for written in ["13812345678", "１３８ 1234-5678", "0086-138-1234-5678"] {
        assert_eq!(duplicates(&boss, wanted("", written, 0)).await?.len(), 1, "{written}");
    }
    assert!(duplicates(&boss, wanted("", "13812345678", first.id)).await?.is_empty(), "not of itself");
    let both = duplicates(&boss, wanted("北京 华盛", "01088661234", 0)).await?;
    let told: Vec<_> = both.iter().map(|one| (one.field.as_str(), one.blocks)).collect();
    assert_eq!(told, [("name", true), ("tel", false)], "what blocks comes first");
    assert!(duplicates(&boss, pb::CheckDuplicatesRequest::default()).await?.is_empty());
    Ok(())
}

/// D3
#[tokio::test]
async fn a_credit_code_is_checked_and_like_an_external_id_unique_when_given() -> Result<()> {
    let world = World::new().await?;
    let boss = world.session("boss").await?;
    let with = |name: &str, usc_code: &str, external_id: &str| pb::CustomerInput {
        usc_code: usc_code.into(),
        external_id: external_id.into(),
        ..named(name)
    };
    let first = boss.create(with("甲", "91350100m000100y43", "ERP-1")).await?;
    assert_eq!(first.usc_code, "91350100M000100Y43");
    let bad = refused(boss.create(with("乙", "91350100M000100Y44", "")).await)?;
    assert_eq!(faults(&bad), ["usc_code MALFORMED:usc"]);
    for (usc_code, external_id, field) in [("91350100M000100Y43", "", "usc_code"), ("", "ERP-1", "external_id")] {
        let refusal = refused(boss.create(with("乙", usc_code, external_id)).await)?;
        assert_eq!((detail(&refusal, "field"), detail(&refusal, "id")), (field.into(), first.id.to_string()));
    }
    let second = boss.create(with("乙", "", "")).await?;
    boss.create(with("丙", "", "")).await?;
    assert_eq!(reason_of(&boss.edit(&second, &["external_id"], with("", "", "ERP-1")).await), "DUPLICATE");
    let by_id = pb::GetCustomerRequest { external_id: "ERP-1".into(), ..Default::default() };
    assert_eq!(boss.customers().get_customer(by_id).await?.into_inner().id, first.id);
    let by_no = pb::GetCustomerRequest { no: "kh261102001".into(), ..Default::default() };
    assert_eq!(boss.customers().get_customer(by_no).await?.into_inner().id, first.id);
    boss.bin(&first).await?;
    boss.edit(&second, &["external_id"], with("", "", "ERP-1")).await?;
    assert_eq!(detail(&refused(boss.restore(first.id).await)?, "field"), "external_id");
    Ok(())
}

/// D5, §2.2 row 16; the choices are all users with status normal (S01-12).
#[tokio::test]
async fn a_customer_without_manager_is_every_supervisors_and_only_active_people_become_managers() -> Result<()> {
    let world = World::new().await?;
    let (sup, mgr, other) = (world.session("sup").await?, world.session("mgr").await?, world.session("other").await?);
    let boss = world.session("boss").await?;
    let loose = boss.customer("无人负责", 0).await?;
    let to = |id: i64| pb::CustomerInput { manager_id: Some(id), ..Default::default() };
    assert_eq!(reason_of(&mgr.edit(&loose, &["manager_id"], to(mgr.user_id)).await), "NOT_OWNER");
    let given = sup.edit(&loose, &["manager_id"], to(mgr.user_id)).await?;
    let handed = mgr.edit(&given, &["manager_id"], to(other.user_id)).await?;
    assert_eq!(
        reason_of(&mgr.edit(&handed, &["manager_id"], to(mgr.user_id)).await),
        "NOT_OWNER",
        "given away is away"
    );
    let host = world.nobody().await?;
    host.host().disable_user(pb::DisableUserRequest { name: "mgr".into() }).await?;
    for id in [mgr.user_id, 999] {
        let refusal = refused(boss.edit(&handed, &["manager_id"], to(id)).await)?;
        assert_eq!(faults(&refusal), [format!("manager UNKNOWN_REFERENCE:{id}")]);
        assert_eq!(faults(&refused(boss.customer("新", id).await)?).len(), 1);
    }
    host.host().disable_user(pb::DisableUserRequest { name: "other".into() }).await?;
    let memo = pb::CustomerInput { manager_id: Some(other.user_id), fax: "1234567".into(), ..Default::default() };
    assert!(
        boss.edit(&handed, &["fax", "manager_id"], memo).await.is_ok(),
        "who has gone stays until somebody else is named"
    );
    Ok(())
}

/// Design §3: retired items stay valid on old records and are not offered.
#[tokio::test]
async fn a_retired_choice_stays_where_it_is_and_goes_nowhere_else() -> Result<()> {
    let world = World::new().await?;
    let boss = world.session("boss").await?;
    let (beijing, level) = (world.item("region", "1").await?, world.item("customer_level", "1").await?);
    let region = |name: &str, id: i64| pb::CustomerInput { region_id: Some(id), ..named(name) };
    let old = boss.create(region("老", beijing)).await?;
    let retire = pb::UpdateItemRequest {
        id: beijing,
        item: Some(pb::DictionaryItemInput { active: Some(false), ..Default::default() }),
        update_mask: mask(&["active"]),
        request_id: request_id(),
        ..Default::default()
    };
    boss.dictionary().update_item(retire).await?;
    for (name, id) in [("新", beijing), ("错类", level), ("没有", 9_999)] {
        let refusal = refused(boss.create(region(name, id)).await)?;
        assert_eq!(faults(&refusal), [format!("region UNKNOWN_CHOICE:{id}")]);
    }
    let kept = boss.edit(&old, &["name", "region_id"], region("老店", beijing)).await?;
    assert_eq!(kept.region.map(|choice| (choice.zh, choice.retired)), Some(("北京".into(), true)));
    Ok(())
}

/// Issue 2: a new customer with its first contact in one form; D3: a contact must be reachable.
#[tokio::test]
async fn the_first_contact_comes_with_its_customer_or_neither_does() -> Result<()> {
    let world = World::new().await?;
    let mgr = world.session("mgr").await?;
    let customer = pb::CustomerInput {
        region_id: Some(world.item("region", "1").await?),
        level_id: Some(world.item("customer_level", "3").await?),
        address: "中关村".into(),
        tel: "010-88661234".into(),
        ..named("北京华盛")
    };
    let contact = |name: &str, mobile: &str| {
        Some(pb::ContactInput {
            name: name.into(),
            mobile: mobile.into(),
            position: "经理".into(),
            ..Default::default()
        })
    };
    for (given, fault) in [
        (contact("", "13800000000"), "contact.name REQUIRED"),
        (contact("陈总", ""), "contact.mobile ONE_OF:mobile,office_tel,wechat,email"),
        (contact("陈总", "call me"), "contact.mobile MALFORMED:phone"),
    ] {
        let refusal = refused(full_form(&mgr, customer.clone(), given).await)?;
        assert_eq!(faults(&refusal), [fault]);
        assert_eq!(world.number("SELECT COUNT(*) FROM customer").await?, 0, "nothing was written");
    }
    let made = full_form(&mgr, customer, contact("陈总", "13800000000")).await?;
    let (customer, contact) = (made.customer.context("no customer")?, made.first_contact.context("no contact")?);
    assert_eq!(contact.customer.map(|of| of.id), Some(customer.id));
    assert_eq!(customer.no, "KH261102001");
    let operations = "SELECT COUNT(DISTINCT operation_id) FROM audit WHERE verb = 'create' AND kind IN (1, 2)";
    assert_eq!(world.number(operations).await?, 1, "one operation, so one undo");
    let taken = Some(pb::ContactInput { external_id: "C-1".into(), name: "陈总".into(), ..Default::default() });
    let with = |name: &str, first_contact| pb::CreateCustomerRequest {
        customer: Some(named(name)),
        first_contact,
        request_id: request_id(),
        ..Default::default()
    };
    mgr.customers().create_customer(with("先到", taken.clone())).await?;
    let refusal = refused(mgr.customers().create_customer(with("后到", taken)).await)?;
    assert_eq!(detail(&refusal, "field"), "contact.external_id", "the contact's, not the customer's");
    let blank = Some(pb::ContactInput::default());
    let alone = mgr.customers().create_customer(with("无联系人", blank)).await?.into_inner();
    assert!(alone.first_contact.is_none());
    Ok(())
}

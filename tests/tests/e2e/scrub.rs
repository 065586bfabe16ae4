//! Lesson 14: terminal escapes are our cross-site scripting; none gets in.

use anyhow::{Context, Result};
use rolo_proto::v1 as pb;
use rolo_tests::{World, world::request_id};

/// Lesson 14: what could drive a terminal never gets in, whatever the field.
#[tokio::test]
async fn control_characters_are_scrubbed_from_every_text_on_its_way_in() -> Result<()> {
    const EVIL: &str = "a\u{1b}]52;c;aGk=\u{7}\u{1b}[2J\u{9b}5m\u{202e}\u{2066}\u{200b}\u{0}\u{7f}\u{85}b";
    let world = World::new().await?;
    let boss = world.session("boss").await?;
    let evil = |tag: &str| format!("{EVIL}{tag}");
    let digits = || format!("13{EVIL}800000000").replace(|c: char| c.is_ascii_alphabetic() || "]=;[".contains(c), "");
    let customer = pb::CustomerInput {
        name: evil("name"),
        address: evil("x"),
        zip: "1\u{1b}00080".into(),
        tel: digits(),
        fax: digits(),
        website: evil("x"),
        licence_no: evil("x"),
        legal_person: evil("x"),
        bank: evil("x"),
        bank_account: evil("x"),
        local_tax_no: evil("x"),
        national_tax_no: evil("x"),
        external_id: evil("x"),
        tags: evil("x"),
        ..Default::default()
    };
    let customer = boss.create(customer).await?;
    assert_eq!(customer.name, "a]52;c;aGk=[2J5m bname");
    let contact = pb::ContactInput {
        customer_id: customer.id,
        name: evil("x"),
        position: evil("x"),
        office_tel: digits(),
        mobile: digits(),
        email: "a\u{1b}@crm.example".into(),
        wechat: evil("x"),
        memo: evil("\n\tx"),
        external_id: evil("x"),
        ..Default::default()
    };
    let request = pb::CreateContactRequest { contact: Some(contact), request_id: request_id(), ..Default::default() };
    boss.contacts().create_contact(request).await?;
    let talk = pb::InteractionInput {
        customer_id: customer.id,
        place: evil("x"),
        title: evil("x"),
        detail: evil("\r\nx"),
        memo: evil("x"),
        external_id: evil("x"),
        ..Default::default()
    };
    let request =
        pb::CreateInteractionRequest { interaction: Some(talk), request_id: request_id(), ..Default::default() };
    boss.interactions().create_interaction(request).await?;
    let item = pb::DictionaryItemInput {
        r#type: evil("t"),
        value: evil("v"),
        zh: evil("zh"),
        en: evil("en"),
        ..Default::default()
    };
    let request = pb::CreateItemRequest { item: Some(item), request_id: request_id() };
    boss.dictionary().create_item(request).await?;
    let user = pb::AddUserRequest {
        name: "li\u{1b}\u{202e}".into(),
        display_name: evil("x"),
        phone: digits(),
        department: format!("North/{EVIL}"),
        roles: vec!["manager".into()],
        ..Default::default()
    };
    let user = world.nobody().await?.host().add_user(user).await?.into_inner().user.context("no user")?;
    assert_eq!((user.name.as_str(), user.department.as_str()), ("li", "North/a]52;c;aGk=[2J5m b"));
    let product = pb::ProductInput {
        name: evil("product"),
        model: evil("x"),
        batch: evil("x"),
        memo: evil("x"),
        external_id: evil("x"),
        active: Some(true),
        ..Default::default()
    };
    let request = pb::CreateProductRequest { product: Some(product), request_id: request_id() };
    let product = boss.products().create_product(request).await?.into_inner();
    let lead = pb::OpportunityInput {
        customer_name: evil("lead"),
        title: evil("x"),
        source: evil("x"),
        linkman: evil("x"),
        tel: digits(),
        description: evil("\r\nx"),
        memo: evil("x"),
        external_id: evil("lead"),
        product_id: Some(product.id),
        success_rate: Some(5),
        ..Default::default()
    };
    let lead = boss.record(lead).await?;
    let lead = boss.assign(&lead, boss.user_id).await?;
    let step = boss.step(lead.id, "2026-12-01", &evil("todo")).await?;
    boss.result(&step, &evil("result")).await?;
    let fail = pb::FailOpportunityRequest {
        id: lead.id,
        revision: boss.opportunity(lead.id).await?.revision,
        close_reason_id: world.item("close_reason", "price").await?,
        close_text: evil("why"),
        request_id: request_id(),
    };
    let lost = boss.opportunities().fail_opportunity(fail).await?.into_inner();
    let (id, revision) = (lost.id, lost.revision);
    let reopen = pb::ReopenOpportunityRequest { id, revision, reason: evil("again"), request_id: request_id() };
    boss.opportunities().reopen_opportunity(reopen).await?;
    let view = pb::SavedViewInput {
        kind: pb::Kind::Opportunity.into(),
        name: evil("view"),
        filter: evil("x"),
        ..Default::default()
    };
    let request = pb::CreateViewRequest { view: Some(view), request_id: request_id() };
    boss.views().create_view(request).await?;
    let sign_in =
        pb::SignInRequest { name: "boss".into(), password: rolo_tests::world::PASSWORD.into(), client: evil("client") };
    boss.sessions().sign_in(sign_in).await?;
    let noise = |text: &String| {
        text.chars().any(|c| (c.is_control() && c != '\n' && c != '\t') || "\u{200b}\u{202e}\u{2066}".contains(c))
    };
    let stored = every_text(&world).await?;
    assert!(stored.len() > 110, "only {} texts were looked at", stored.len());
    let bad: Vec<_> = stored.iter().filter(|text| noise(text)).collect();
    assert!(bad.is_empty(), "{bad:?}");
    Ok(())
}

/// Every text in every table that holds what people wrote, the audit log's copies included.
async fn every_text(world: &World) -> Result<Vec<String>> {
    let read = |tx: &rolo_server::db::Tx<'_>| {
        let mut texts = Vec::new();
        for sql in [
            "SELECT * FROM customer",
            "SELECT * FROM contact",
            "SELECT * FROM interaction",
            "SELECT * FROM product",
            "SELECT * FROM opportunity",
            "SELECT * FROM plan_step",
            "SELECT * FROM saved_view",
            "SELECT * FROM notice",
            "SELECT * FROM dictionary_item WHERE editable = 1",
            "SELECT * FROM user",
            "SELECT * FROM department",
            "SELECT client FROM session",
            "SELECT changes FROM audit",
        ] {
            tx.walk(sql, [], |row| {
                for column in 0..row.as_ref().column_count() {
                    if let rusqlite::types::Value::Text(text) = row.get(column)? {
                        texts.push(text.replace("\\n", "\n").replace("\\t", "\t"));
                    }
                }
                Ok(true)
            })?;
        }
        Ok(texts)
    };
    let texts = world.handle()?.kernel().db().read(read).await?;
    // JSON writes a control character as an escape; none may be hidden there.
    let escapes: Vec<_> = texts.iter().filter(|text| text.contains("\\u00")).collect();
    assert!(escapes.is_empty(), "{escapes:?}");
    Ok(texts)
}

//! The data dictionary: §3.10, §5.6, S01-18, design §3 "A choice is a reference".

use anyhow::{Context, Result};
use rolo_proto::v1::{self as pb, CustomerSort};
use rolo_tests::{
    Session, World,
    ask::{detail, faults, mask, reason_of},
    world::request_id,
};
use tonic::Status;

async fn create(by: &Session, value: &str, zh: &str, en: &str) -> Result<pb::DictionaryItem, Status> {
    let item = pb::DictionaryItemInput {
        r#type: "region".into(),
        value: value.into(),
        zh: zh.into(),
        en: en.into(),
        ..Default::default()
    };
    let request = pb::CreateItemRequest { item: Some(item), request_id: request_id() };
    Ok(by.dictionary().create_item(request).await?.into_inner())
}

async fn update(
    by: &Session,
    id: i64,
    fields: &[&str],
    item: pb::DictionaryItemInput,
) -> Result<pb::DictionaryItem, Status> {
    let (update_mask, request_id) = (mask(fields), request_id());
    let request = pb::UpdateItemRequest { id, item: Some(item), update_mask, request_id, ..Default::default() };
    Ok(by.dictionary().update_item(request).await?.into_inner())
}

async fn delete(by: &Session, id: i64) -> Result<pb::Changed, Status> {
    let seen = by.dictionary().get_item(pb::GetItemRequest { id }).await;
    let revision = seen.map_or(1, |item| item.into_inner().revision);
    let request = pb::DeleteItemRequest { id, revision, request_id: request_id() };
    Ok(by.dictionary().delete_item(request).await?.into_inner())
}

async fn regions(by: &Session, deleted: bool) -> Result<Vec<String>> {
    let mut request = pb::ListItemsRequest { r#type: "region".into(), deleted, page_size: 2, ..Default::default() };
    let mut texts = Vec::new();
    loop {
        let page = by.dictionary().list_items(request.clone()).await?.into_inner();
        texts.extend(page.items.into_iter().map(|item| item.zh));
        request.page_token = page.next_page_token;
        if request.page_token.is_empty() {
            return Ok(texts);
        }
    }
}

#[tokio::test]
async fn a_new_entry_stands_last_and_its_value_and_texts_are_unique_within_the_type() -> Result<()> {
    let world = World::new().await?;
    let boss = world.session("boss").await?;
    assert_eq!(regions(&boss, false).await?, ["北京", "华北", "中南", "东北", "西部"]);
    let south = create(&boss, "6", "华南", "South").await?;
    assert!(south.active && south.editable && south.operation_id > 0);
    assert_eq!(regions(&boss, false).await?, ["北京", "华北", "中南", "东北", "西部", "华南"]);
    for (value, zh, en, field) in [("6", "x", "", "value"), ("7", "华南", "", "zh"), ("7", "x", "South", "en")] {
        let taken = create(&boss, value, zh, en).await.err().context("taken twice")?;
        assert_eq!((detail(&taken, "field"), detail(&taken, "id")), (field.into(), south.id.to_string()));
    }
    let x = create(&boss, "7", "华东", "").await?;
    let zh = |zh: &str| pb::DictionaryItemInput { zh: zh.into(), ..Default::default() };
    assert_eq!(reason_of(&update(&boss, x.id, &["zh"], zh("华南")).await), "DUPLICATE");
    let empty = create(&boss, "", "", "").await.err().context("taken")?;
    assert_eq!(faults(&empty), ["value REQUIRED", "zh REQUIRED"]);
    for field in ["value", "zh", "position"] {
        let emptied = update(&boss, x.id, &[field], pb::DictionaryItemInput::default()).await.err().context("taken")?;
        assert_eq!(faults(&emptied), [format!("{field} REQUIRED")]);
    }
    let moved = update(&boss, x.id, &["type"], pb::DictionaryItemInput::default()).await.err().context("taken")?;
    assert_eq!(faults(&moved), ["type NOT_WRITABLE"]);
    // A deleted one leaves its texts free, and comes back only while they are.
    let gone = delete(&boss, south.id).await?;
    assert_eq!(regions(&boss, true).await?, ["华南"]);
    create(&boss, "8", "华南", "").await?;
    let restore = pb::RestoreItemRequest { id: south.id, revision: gone.revision, request_id: request_id() };
    assert_eq!(reason_of(&boss.dictionary().restore_item(restore).await), "DUPLICATE");
    Ok(())
}

/// §5.6: editable and not used, else it stays.
#[tokio::test]
async fn a_fixed_entry_and_one_in_use_are_not_deleted() -> Result<()> {
    let world = World::new().await?;
    let boss = world.session("boss").await?;
    let (large, beijing) = (world.item("customer_level", "3").await?, world.item("region", "1").await?);
    assert_eq!(reason_of(&delete(&boss, large).await), "NOT_EDITABLE");
    let value = pb::DictionaryItemInput { value: "33".into(), active: Some(false), ..Default::default() };
    for field in ["value", "active"] {
        assert_eq!(reason_of(&update(&boss, large, &[field], value.clone()).await), "NOT_EDITABLE", "{field}");
    }
    let text = pb::DictionaryItemInput { zh: "超大客户".into(), ..Default::default() };
    assert_eq!(update(&boss, large, &["zh"], text).await?.zh, "超大客户", "its text is free");
    let customer = pb::CustomerInput { name: "华盛".into(), region_id: Some(beijing), ..Default::default() };
    let customer = boss.create(customer).await?;
    boss.bin(&customer).await?;
    let used = delete(&boss, beijing).await.err().context("deleted in use")?;
    assert_eq!((rolo_tests::world::reason(&used), detail(&used, "by")), ("IN_USE".into(), "customer".into()));
    assert_eq!(reason_of(&delete(&boss, 9_999).await), "NOT_FOUND");
    Ok(())
}

/// D6: levels sort by dictionary order; renaming changes every screen.
#[tokio::test]
async fn reordering_and_renaming_show_everywhere_at_once_and_undo_takes_both_back() -> Result<()> {
    let world = World::new().await?;
    let boss = world.session("boss").await?;
    for (name, value) in [("甲", "1"), ("乙", "2"), ("丙", "3")] {
        let region_id = Some(world.item("region", value).await?);
        boss.create(pb::CustomerInput { name: name.into(), region_id, ..Default::default() }).await?;
    }
    let by_region = async || {
        let request = pb::ListCustomersRequest { order_by: CustomerSort::Region.into(), ..Default::default() };
        Ok::<_, Status>(boss.walk(request).await?.into_iter().map(|c| c.name).collect::<Vec<_>>())
    };
    assert_eq!(by_region().await?, ["甲", "乙", "丙"]);
    let beijing = world.item("region", "1").await?;
    let last = pb::DictionaryItemInput { position: Some(99), zh: "首都".into(), ..Default::default() };
    let moved = update(&boss, beijing, &["position", "zh"], last).await?;
    assert_eq!(by_region().await?, ["乙", "丙", "甲"]);
    assert_eq!(regions(&boss, false).await?, ["华北", "中南", "东北", "西部", "首都"]);
    let shown = boss.walk(pb::ListCustomersRequest::default()).await?;
    assert!(shown.iter().any(|c| c.region.as_ref().is_some_and(|region| region.zh == "首都")));
    boss.undo(moved.operation_id).await?;
    assert_eq!(by_region().await?, ["甲", "乙", "丙"]);
    assert_eq!(regions(&boss, false).await?, ["北京", "华北", "中南", "东北", "西部"]);
    Ok(())
}

#[tokio::test]
async fn entries_are_listed_by_type_in_their_order_and_found_by_any_of_their_texts() -> Result<()> {
    let world = World::new().await?;
    let boss = world.session("boss").await?;
    let list = async |search: &str, active_only: bool| {
        let request = pb::ListItemsRequest { search: search.into(), active_only, page_size: 200, ..Default::default() };
        let items = boss.dictionary().list_items(request).await?.into_inner().items;
        Ok::<_, Status>(items.into_iter().map(|item| item.zh).collect::<Vec<_>>())
    };
    assert_eq!(list("beijing", false).await?, ["北京"]);
    assert_eq!(list("客户", false).await?, ["普通客户", "重点开发客户", "大客户", "客户介绍"]);
    let retire = pb::DictionaryItemInput { active: Some(false), ..Default::default() };
    update(&boss, world.item("region", "1").await?, &["active"], retire).await?;
    assert!(list("beijing", true).await?.is_empty());
    assert_eq!(list("BEIJING", false).await?, ["北京"], "retired, but still there");
    Ok(())
}

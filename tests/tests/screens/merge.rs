//! Two customers side by side, and taking much back at once: `tui.md` keys M and u.

use anyhow::Result;
use rolo_proto::v1 as pb;
use rolo_tui::strings::Lang;

use crate::stage::{Stage, call, client, hides, shows, signed_in};

/// A duplicate of the first customer, found by its phone.
async fn with_a_twin() -> Result<Stage> {
    let stage = Stage::new().await?;
    let boss = stage.user("boss").await?;
    let customer = pb::CustomerInput {
        name: "华盛科技".into(),
        tel: "010-8866 0000".into(),
        address: "望京东路 6 号".into(),
        website: "www.huasheng.example".into(),
        manager_id: Some(boss),
        ..Default::default()
    };
    let contact = pb::ContactInput { name: "林岚".into(), mobile: "13911112222".into(), ..Default::default() };
    let request = pb::CreateCustomerRequest {
        customer: Some(customer),
        first_contact: Some(contact),
        request_id: "7".repeat(32),
        ..Default::default()
    };
    let _: pb::CreateCustomerResponse =
        call(stage.boss.call(request, |c, r| async move { c.customers().create_customer(r).await })).await?;
    Ok(stage)
}

#[tokio::test]
async fn a_duplicate_is_offered_first_and_side_by_side_each_field_takes_a_side() -> Result<()> {
    let stage = with_a_twin().await?;
    let mut rolo = stage.boss().await?;
    rolo.press("2 / '北京华盛' enter M").await?;
    shows(&rolo, "Which customer is the same?")?;
    shows(&rolo, "1 华盛科技")?;
    rolo.press("1").await?;
    shows(&rolo, "stays: 北京华盛科技有限公司")?;
    shows(&rolo, "goes into it: 华盛科技")?;
    shows(&rolo, "Moves with it: 1 contact")?;
    // What is empty in the one that stays comes from the other; the rest is chosen with one key a field.
    shows(&rolo, "● www.huasheng.example")?;
    shows(&rolo, "○ 望京东路 6 号")?;
    // A region that is there is not given up for none: the cursor goes where that was chosen.
    rolo.press("j l j ctrl-s").await?;
    shows(&rolo, "Region: is required")?;
    rolo.press("h j j j l").await?;
    shows(&rolo, "● 望京东路 6 号")?;
    rolo.press("ctrl-s").await?;
    shows(&rolo, "Merged into")?;
    rolo.press("esc 2 / '林岚' enter enter").await?;
    shows(&rolo, "望京东路 6 号")?;
    shows(&rolo, "华盛科技")
}

#[tokio::test]
async fn where_none_looks_the_same_one_is_asked_to_type() -> Result<()> {
    let stage = Stage::new().await?;
    let mut rolo = stage.boss().await?;
    rolo.press("2 s n M").await?;
    shows(&rolo, "None looks the same; type to find one")?;
    hides(&rolo, "1-9")?;
    rolo.press("'天津'").await?;
    shows(&rolo, "1 天津")
}

#[tokio::test]
async fn two_that_are_marked_stand_side_by_side_at_once_and_u_parts_them_again() -> Result<()> {
    let stage = with_a_twin().await?;
    let mut rolo = stage.boss().await?;
    rolo.press("2 / '华盛科技' enter space space M").await?;
    shows(&rolo, "goes into it:")?;
    rolo.press("s").await?;
    shows(&rolo, "stays:")?;
    rolo.press("enter").await?;
    shows(&rolo, "Merged into")?;
    rolo.press("2 / '望京'").await?;
    rolo.press("esc esc u").await?;
    shows(&rolo, "Undone (")?;
    rolo.press("2 / '华盛科技' enter").await?;
    shows(&rolo, "北京华盛科技有限公司")
}

#[tokio::test]
async fn marking_three_says_that_two_are_wanted() -> Result<()> {
    let stage = with_a_twin().await?;
    let mut rolo = stage.boss().await?;
    rolo.press("2 space space space M").await?;
    shows(&rolo, "Mark two customers")
}

#[tokio::test]
async fn the_side_by_side_screen_in_every_room_and_language() -> Result<()> {
    let stage = with_a_twin().await?;
    for (size, lang, name) in [
        ((80, 24), Lang::Zh, "merge-80-zh"),
        ((80, 24), Lang::En, "merge-80-en"),
        ((46, 16), Lang::Zh, "merge-46-zh"),
        ((46, 16), Lang::En, "merge-46-en"),
        ((120, 40), Lang::Zh, "merge-120-zh"),
        ((120, 40), Lang::En, "merge-120-en"),
    ] {
        let mut rolo = stage.screens("boss", size, lang).await?;
        rolo.press("2 / '北京华盛' enter M 1 j").await?;
        insta::assert_snapshot!(name, rolo.snapshot());
    }
    Ok(())
}

/// A supervisor imports so many customers, and somebody else changes one of them.
async fn imported(stage: &Stage, rows: usize) -> Result<()> {
    let sup = client(&stage.world);
    signed_in(&sup, "sup").await?;
    let options =
        pb::ImportOptions { kind: pb::Kind::Customer.into(), fields: vec!["name".into()], ..Default::default() };
    let start = pb::StartImportRequest {
        options: Some(options),
        file_name: "x.csv".into(),
        file_hash: vec![1],
        request_id: "8".repeat(32),
    };
    let begun: pb::ImportStatus =
        call(sup.call(start, |c, r| async move { c.imports().start_import(r).await })).await?;
    let row = |n: usize| pb::ImportRow { line: n as i64 + 1, cells: vec![format!("进口公司{n}")] };
    let write = pb::WriteRowsRequest { import_id: begun.id, first_row: 0, rows: (1..=rows).map(row).collect() };
    let _: pb::WriteRowsResponse = call(sup.call(write, |c, r| async move { c.imports().write_rows(r).await })).await?;
    let changed = stage.customer("进口公司17").await?;
    stage.change(changed.id, "zip", pb::CustomerInput { zip: "100080".into(), ..Default::default() }).await
}

#[tokio::test]
async fn u_after_an_import_shows_what_was_changed_since_and_asks() -> Result<()> {
    let stage = Stage::new().await?;
    imported(&stage, 30).await?;
    for (size, lang, name) in [
        ((80, 24), Lang::Zh, "undo-ask-80-zh"),
        ((46, 16), Lang::En, "undo-ask-46-en"),
        ((120, 40), Lang::En, "undo-ask-120-en"),
    ] {
        let mut rolo = stage.screens("sup", size, lang).await?;
        rolo.press("u").await?;
        insta::assert_snapshot!(name, rolo.snapshot());
    }
    let mut rolo = stage.screens("sup", (80, 24), Lang::En).await?;
    rolo.press("u").await?;
    shows(&rolo, "29 (29 customers)")?;
    rolo.press("n").await?;
    hides(&rolo, "Undo?")?;
    rolo.press("u y").await?;
    shows(&rolo, "29 undone, 1 kept")?;
    shows(&rolo, "进口公司17")?;
    insta::assert_snapshot!("undo-result-80-en", rolo.snapshot());
    rolo.press("enter 2 / '进口'").await?;
    shows(&rolo, "进口公司17")?;
    hides(&rolo, "进口公司4")
}

/// What cannot be taken back says why, and does not stand in the way for ever.
#[tokio::test]
async fn u_goes_on_when_the_newest_step_cannot_be_taken_back() -> Result<()> {
    let stage = Stage::new().await?;
    let mut rolo = stage.screens("mgr", (80, 24), Lang::En).await?;
    rolo.press("1 g g e / 'zip' enter '100080' ctrl-s").await?;
    rolo.press("j e / 'zip' enter '100081' ctrl-s").await?;
    let newest = stage.world.number("SELECT record_id FROM audit ORDER BY sequence DESC LIMIT 1").await?;
    stage.change(newest, "fax", pb::CustomerInput { fax: "010-1".into(), ..Default::default() }).await?;
    rolo.press("u").await?;
    shows(&rolo, "Not undone")?;
    shows(&rolo, "changed since by")?;
    rolo.press("u").await?;
    shows(&rolo, "Undone (change, 1 customer)")
}

//! Two people at work on the same records: lists, details and forms follow what the other does, and stay calm. Issue
//! "working together"; `tui.md` rules 4 and 5.

use anyhow::{Context, Result};
use rolo_proto::v1 as pb;
use rolo_tui::{app::harness::Harness, strings::Lang};

use crate::stage::{Stage, call, hides, row, shows};

/// Somebody else makes a customer.
async fn create(stage: &Stage, name: &str) -> Result<pb::Customer> {
    let request = pb::CreateCustomerRequest {
        customer: Some(pb::CustomerInput { name: name.into(), ..Default::default() }),
        request_id: rolo_tests::world::request_id(),
        ..Default::default()
    };
    let made: pb::CreateCustomerResponse =
        call(stage.boss.call(request, |c, r| async move { c.customers().create_customer(r).await })).await?;
    made.customer.context("a customer")
}

/// Somebody else deletes a customer.
async fn delete(stage: &Stage, customer: &pb::Customer) -> Result<()> {
    let request = pb::DeleteCustomerRequest {
        id: customer.id,
        revision: customer.revision,
        request_id: rolo_tests::world::request_id(),
    };
    let _: pb::Changed =
        call(stage.boss.call(request, |c, r| async move { c.customers().delete_customer(r).await })).await?;
    Ok(())
}

/// The row under the cursor, without what stands beside it.
fn here(rolo: &Harness) -> String {
    row(rolo).split('│').next().unwrap_or_default().to_owned()
}

/// A supervisor looks at all customers, the cursor on the third.
async fn looking(stage: &Stage) -> Result<Harness> {
    let mut rolo = stage.screens("sup", (120, 40), Lang::En).await?;
    rolo.press("2 j j").await?;
    Ok(rolo)
}

#[tokio::test]
async fn a_new_record_announces_itself_without_a_key_and_moves_nothing() -> Result<()> {
    let stage = Stage::new().await?;
    let mut rolo = looking(&stage).await?;
    let before = rolo.text();
    let cursor = here(&rolo);
    create(&stage, "安徽新材料").await?;
    rolo.until_shows("new: 安徽新材料, press R to show").await?;
    assert_eq!(here(&rolo), cursor, "the row under the cursor does not move");
    let line = |text: &str, at: &str| text.lines().position(|l| l.contains(at));
    assert_eq!(line(&rolo.text(), &cursor), line(&before, &cursor));
    create(&stage, "阿坝旅游").await?;
    rolo.until_shows("2 new, press R to show").await?;
    rolo.press("R").await?;
    hides(&rolo, "press R to show")?;
    shows(&rolo, "安徽新材料")?;
    assert_eq!(here(&rolo), cursor, "the cursor stays on its record");
    Ok(())
}

#[tokio::test]
async fn a_record_that_does_not_fit_the_filter_is_not_announced() -> Result<()> {
    let stage = Stage::new().await?;
    let mut rolo = looking(&stage).await?;
    rolo.press("/ '科技' enter").await?;
    create(&stage, "安徽新材料").await?;
    create(&stage, "安徽科技").await?;
    rolo.until_shows("new: 安徽科技, press R to show").await?;
    hides(&rolo, "安徽新材料")
}

#[tokio::test]
async fn a_changed_row_changes_where_it_stands_and_so_does_the_preview() -> Result<()> {
    let stage = Stage::new().await?;
    let mut rolo = looking(&stage).await?;
    let third = stage.customer("Ernst").await?;
    shows(&rolo, "Ernst Handel")?;
    let input = pb::CustomerInput { name: "Ernst Handel & Co".into(), ..Default::default() };
    stage.change(third.id, "name", input).await?;
    rolo.until(|text| text.matches("Ernst Handel & Co").count() == 2).await?;
    assert!(row(&rolo).contains("Ernst Handel & Co"), "row and preview are of the one under the cursor");
    hides(&rolo, "press R to show")
}

#[tokio::test]
async fn a_row_that_left_the_list_stays_dimmed_until_the_person_wants_to_see() -> Result<()> {
    let stage = Stage::new().await?;
    let mut rolo = looking(&stage).await?;
    let first = stage.customer("包头").await?;
    delete(&stage, &first).await?;
    rolo.until_shows("1 left, press R to show").await?;
    shows(&rolo, "× KH261102005  包头稀土科技")?;
    assert!(row(&rolo).contains("Ernst"));
    rolo.press("R").await?;
    hides(&rolo, "包头稀土科技")?;
    assert!(row(&rolo).contains("Ernst"));
    Ok(())
}

/// `tui.md` 4: what stands beneath another screen while others work is up to date when it is looked at again.
#[tokio::test]
async fn counts_that_grew_old_beneath_another_screen_are_counted_when_the_list_is_back() -> Result<()> {
    let stage = Stage::new().await?;
    let mut rolo = looking(&stage).await?;
    shows(&rolo, "2 All 8")?;
    let third = stage.customer("Ernst").await?;
    rolo.press("e").await?;
    create(&stage, "安徽高科").await?;
    stage.change(third.id, "tel", pb::CustomerInput { tel: "0512-1".into(), ..Default::default() }).await?;
    // Once the form tells of the one, the program has heard of both.
    rolo.until_shows("Changed by somebody else meanwhile: Telephone").await?;
    rolo.press("esc").await?;
    shows(&rolo, "2 All 9")?;
    shows(&rolo, "new: 安徽高科, press R to show")
}

#[tokio::test]
async fn an_empty_list_shows_what_comes_at_once() -> Result<()> {
    let stage = Stage::empty().await?;
    let mut rolo = stage.screens("sup", (80, 24), Lang::Zh).await?;
    rolo.press("2").await?;
    hides(&rolo, "安徽")?;
    create(&stage, "安徽新材料").await?;
    rolo.until_shows("安徽新材料").await?;
    rolo.until_shows("2 全部 1").await
}

#[tokio::test]
async fn a_form_says_that_somebody_else_has_changed_the_record_and_keeps_what_was_typed() -> Result<()> {
    let stage = Stage::new().await?;
    let mut rolo = looking(&stage).await?;
    let third = stage.customer("Ernst").await?;
    rolo.press("e / 'website' enter 'www.hs.cn'").await?;
    stage.change(third.id, "tel", pb::CustomerInput { tel: "0512-1".into(), ..Default::default() }).await?;
    rolo.until_shows("Changed by somebody else meanwhile: Telephone").await?;
    shows(&rolo, "www.hs.cn")?;
    rolo.press("ctrl-s").await?;
    let saved = stage.customer("Ernst").await?;
    assert_eq!((saved.tel.as_str(), saved.website.as_str()), ("0512-1", "www.hs.cn"));
    Ok(())
}

#[tokio::test]
async fn a_form_says_that_its_record_was_deleted_to_who_may_still_see_it_too() -> Result<()> {
    let stage = Stage::new().await?;
    let mut rolo = looking(&stage).await?;
    rolo.press("e / 'website' enter 'www.hs.cn'").await?;
    delete(&stage, &stage.customer("Ernst").await?).await?;
    rolo.until_shows("Deleted by somebody else meanwhile").await?;
    shows(&rolo, "www.hs.cn")
}

#[tokio::test]
async fn a_detail_follows_and_its_timeline_too() -> Result<()> {
    let stage = Stage::new().await?;
    let mut rolo = looking(&stage).await?;
    let third = stage.customer("Ernst").await?;
    rolo.press("enter").await?;
    stage.change(third.id, "tel", pb::CustomerInput { tel: "0512-7788".into(), ..Default::default() }).await?;
    rolo.until_shows("0512-7788").await?;
    rolo.press("shift-tab").await?;
    stage.change(third.id, "zip", pb::CustomerInput { zip: "215000".into(), ..Default::default() }).await?;
    rolo.until_shows("215000").await
}

#[tokio::test]
async fn who_else_is_at_a_record_is_seen_and_for_how_long_they_edit() -> Result<()> {
    let stage = Stage::new().await?;
    let mut sup = looking(&stage).await?;
    let mut boss = stage.boss().await?;
    boss.press("2 j j enter").await?;
    shows(&boss, "Ernst")?;
    // In the preview, too.
    sup.until_shows("王芳 is viewing").await?;
    sup.press("enter").await?;
    sup.until_shows("王芳 is viewing").await?;
    boss.until_shows("sup is viewing").await?;
    boss.press("e").await?;
    sup.until_shows("王芳 is editing 0:00").await?;
    for _ in 0..4 {
        stage.world.advance(10_000);
        boss.advance(10_000).await?;
        sup.advance(10_000).await?;
    }
    sup.until_shows("王芳 is editing 0:40").await?;
    boss.press("esc esc").await?;
    sup.until(|text| !text.contains("王芳 is")).await
}

#[tokio::test]
async fn what_one_follows_rings_the_bell_and_the_notice_opens_the_record() -> Result<()> {
    let stage = Stage::new().await?;
    let mut sup = looking(&stage).await?;
    let third = stage.customer("Ernst").await?;
    sup.press("enter f").await?;
    shows(&sup, "Followed")?;
    shows(&sup, "★ following")?;
    sup.press("g c").await?;
    let change = |tel: &str| pb::CustomerInput { tel: tel.into(), ..Default::default() };
    stage.change(third.id, "tel", change("0512-1")).await?;
    sup.until_shows("王芳 changed KH261102006 Ernst Handel   g n").await?;
    sup.until_shows("◆ 1").await?;
    sup.press("g n").await?;
    shows(&sup, "王芳 changed KH261102006 Ernst Handel")?;
    // Another one comes while they are read: it stands above, unread.
    stage.change(third.id, "tel", change("0512-2")).await?;
    sup.until_shows("2 unread").await?;
    sup.press("r").await?;
    sup.until_shows("1 unread").await?;
    sup.press("enter").await?;
    sup.until_shows("0512-2").await?;
    sup.until(|text| !text.contains('◆')).await?;
    sup.press("f").await?;
    shows(&sup, "No longer followed")?;
    hides(&sup, "★ following")?;
    Ok(())
}

#[tokio::test]
async fn an_empty_inbox_teaches_and_all_are_read_with_one_key() -> Result<()> {
    let stage = Stage::new().await?;
    let mut mgr = stage.screens("mgr", (80, 24), Lang::Zh).await?;
    mgr.press("g n").await?;
    shows(&mgr, "没有通知")?;
    mgr.press("g c 2 f j f").await?;
    for name in ["包头", "北京"] {
        let customer = stage.customer(name).await?;
        stage.change(customer.id, "tel", pb::CustomerInput { tel: "0512-1".into(), ..Default::default() }).await?;
    }
    mgr.until_shows("◆ 2").await?;
    mgr.press("g n A").await?;
    mgr.until(|text| !text.contains('◆') && !text.contains("条未读")).await
}

#[tokio::test]
async fn a_filter_is_kept_as_a_view_with_a_live_count_and_shared() -> Result<()> {
    let stage = Stage::new().await?;
    let mut sup = looking(&stage).await?;
    sup.press("/ '科技' enter s n w '科技公司' enter d").await?;
    shows(&sup, "View 科技公司 is kept")?;
    shows(&sup, "9 科技公司 5")?;
    sup.press("1").await?;
    hides(&sup, "/ 科技")?;
    sup.press("9").await?;
    shows(&sup, "Customers › 科技公司")?;
    shows(&sup, "/ 科技")?;
    hides(&sup, "Ernst")?;
    create(&stage, "安徽科技").await?;
    sup.until_shows("9 科技公司 6").await?;
    // Somebody of the same department has it too, but cannot change it.
    let mut mgr = stage.screens("mgr", (120, 40), Lang::Zh).await?;
    mgr.press("9").await?;
    shows(&mgr, "客户 › 科技公司")?;
    // The palette finds it by its name and by what it is.
    for typed in ["科技公司", "视图 科技", "view"] {
        mgr.press(&format!(": '{typed}'")).await?;
        shows(&mgr, "视图 科技公司")?;
        mgr.press("esc").await?;
    }
    mgr.press(": 'delete-view' enter").await?;
    shows(&mgr, "科技公司")?;
    // Renamed, deleted and brought back by its owner.
    sup.press(": 'rename-view' enter ctrl-u '科技企业' enter").await?;
    sup.until_shows("9 科技企业 6").await?;
    sup.press(": 'delete-view' enter").await?;
    shows(&sup, "The view is deleted")?;
    shows(&sup, "Customers › All")?;
    sup.press("u").await?;
    sup.until_shows("Undone (delete, 1 view)").await?;
    sup.press("9").await?;
    sup.until_shows("9 科技企业 6").await
}

#[tokio::test]
async fn a_view_that_a_colleague_shares_comes_and_goes_by_itself() -> Result<()> {
    let stage = Stage::new().await?;
    let (mut sup, mut mgr) = (looking(&stage).await?, stage.screens("mgr", (120, 40), Lang::Zh).await?);
    mgr.press("2 j").await?;
    let cursor = here(&mgr);
    sup.press("/ '科技' enter w '科技公司' enter d").await?;
    mgr.until_shows("9 科技公司").await?;
    assert_eq!(here(&mgr), cursor, "the row under the cursor does not move");
    // It is shown while it goes: what stands there stays.
    mgr.press("9").await?;
    shows(&mgr, "客户 › 科技公司")?;
    sup.press("w enter m").await?;
    mgr.until(|text| !text.contains("科技公司")).await?;
    shows(&mgr, "/ 科技")?;
    // Beneath another screen it is there when the list is looked at again.
    mgr.press("esc 2 enter").await?;
    sup.press("w enter d").await?;
    sup.until_shows("View 科技公司 is kept").await?;
    mgr.press("esc").await?;
    mgr.until_shows("9 科技公司").await
}

#[tokio::test]
async fn a_low_screen_says_what_is_new_too() -> Result<()> {
    let stage = Stage::new().await?;
    let mut rolo = stage.screens("sup", (46, 14), Lang::Zh).await?;
    rolo.press("2").await?;
    create(&stage, "安徽科技").await?;
    rolo.until_shows("新：安徽科技").await
}

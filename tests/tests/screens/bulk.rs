//! One thing done to many (`tui.md` behaviour 6): preview with the count, run, a result a row, one undo.

use anyhow::Result;
use rolo_proto::v1 as pb;
use rolo_tests::world::request_id;
use rolo_tui::strings::Lang;

use crate::stage::{Stage, call, hides, row, shows};

const LIVE: &str = "SELECT COUNT(*) FROM customer WHERE deleted_at IS NULL";
const AT_NO_1: &str = "SELECT COUNT(*) FROM customer WHERE address = '解放路 1 号'";

/// So many customers of the first person.
async fn many(stage: &Stage, from: usize, to: usize) -> Result<()> {
    let boss = stage.user("boss").await?;
    let rows = (from..to).map(|n| pb::CreateCustomerRequest {
        customer: Some(pb::CustomerInput {
            name: format!("第{n:04}公司"),
            manager_id: Some(boss),
            ..Default::default()
        }),
        request_id: request_id(),
        ..Default::default()
    });
    for request in rows {
        let _: pb::CreateCustomerResponse =
            call(stage.boss.call(request, |c, r| async move { c.customers().create_customer(r).await })).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_field_is_set_in_all_that_is_marked_and_one_u_takes_it_back() -> Result<()> {
    let stage = Stage::new().await?;
    let mut rolo = stage.boss().await?;
    rolo.press("2 s n space space space ?").await?;
    assert_eq!(rolo.text().matches("f follow").count(), 1, "{}", rolo.text());
    rolo.press("esc e").await?;
    shows(&rolo, "Set which field?")?;
    rolo.press("'addr' enter '解放路 1 号'").await?;
    shows(&rolo, "= 解放路 1 号")?;
    rolo.press("enter").await?;
    shows(&rolo, "Address = 解放路 1 号: 3 customers")?;
    insta::assert_snapshot!("bulk_ask", rolo.text());
    rolo.press("y").await?;
    shows(&rolo, "Address = 解放路 1 号: 3 customers   u undo")?;
    hides(&rolo, "3 selected")?;
    assert_eq!(stage.world.number(AT_NO_1).await?, 3);
    rolo.press("u").await?;
    shows(&rolo, "Undone (bulk action, 3 customers)")?;
    assert_eq!(stage.world.number(AT_NO_1).await?, 0);
    rolo.press("ctrl-r").await?;
    shows(&rolo, "Redone (3 customers)")?;
    rolo.press("ctrl-r").await?;
    shows(&rolo, "There is nothing to redo")?;
    assert_eq!(stage.world.number(AT_NO_1).await?, 3);
    Ok(())
}

/// A range is seen while it is drawn, and whatever is done is done to it.
#[tokio::test]
async fn a_range_follows_the_cursor_until_it_is_used() -> Result<()> {
    let stage = Stage::new().await?;
    let mut rolo = stage.boss().await?;
    rolo.press("2 s n v").await?;
    shows(&rolo, "1 selected")?;
    rolo.press("j j j").await?;
    shows(&rolo, "4 selected")?;
    rolo.press("k").await?;
    shows(&rolo, "3 selected")?;
    rolo.press("e 'addr' enter '解放路 1 号' enter").await?;
    shows(&rolo, "Address = 解放路 1 号: 3 customers")?;
    // The second v leaves the range as it is.
    rolo.press("n esc v k v k").await?;
    shows(&rolo, "2 selected")?;
    rolo.press("esc").await?;
    hides(&rolo, "selected")
}

/// A star selects what the filter finds, loaded or not: more than a page, and it says how many.
#[tokio::test]
async fn all_that_match_are_deleted_by_the_filter_and_come_back_with_one_key() -> Result<()> {
    let stage = Stage::new().await?;
    many(&stage, 0, 130).await?;
    let mut rolo = stage.boss().await?;
    rolo.press("2 / '公司' enter *").await?;
    shows(&rolo, "132 selected")?;
    rolo.press("space").await?;
    shows(&rolo, "All that match are selected")?;
    rolo.press("d").await?;
    shows(&rolo, "Delete: 132 customers")?;
    rolo.press("enter").await?;
    shows(&rolo, "Delete: 132 customers   u undo")?;
    assert_eq!(stage.world.number(LIVE).await?, 6);
    rolo.press("u").await?;
    shows(&rolo, "Undone (bulk action, 132 customers)")?;
    assert_eq!(stage.world.number(LIVE).await?, 138);
    Ok(())
}

/// Each record for itself: what one person may not change is told with its owner, and opens; the result waits.
#[tokio::test]
async fn what_was_refused_says_why_and_opens_and_the_result_is_there_again() -> Result<()> {
    let stage = Stage::new().await?;
    for lang in [Lang::En, Lang::Zh] {
        let mut rolo = stage.screens("mgr", (80, 24), lang).await?;
        rolo.press("2 s n *").await?;
        shows(&rolo, if lang == Lang::En { "8 selected" } else { "已选 8" })?;
        rolo.press("e 'tel' enter '010-12345678' enter y").await?;
        shows(&rolo, if lang == Lang::En { "6 refused" } else { "拒绝 6 条" })?;
        insta::assert_snapshot!(format!("bulk_result_{lang:?}"), rolo.text());
        rolo.press("j enter").await?;
        shows(&rolo, if lang == Lang::En { "[Profile]" } else { "[资料]" })?;
        rolo.press("esc").await?;
        shows(&rolo, if lang == Lang::En { "6 refused" } else { "拒绝 6 条" })?;
        rolo.press("u").await?;
        shows(
            &rolo,
            if lang == Lang::En {
                "Undone (bulk action, 2 customers)"
            } else {
                "已撤销（批量操作，客户 2）"
            },
        )?;
        assert_eq!(stage.world.number("SELECT COUNT(*) FROM customer WHERE tel = '010-12345678'").await?, 0);
    }
    Ok(())
}

/// More than a twentieth more or less than was shown asks again.
#[tokio::test]
async fn a_filter_that_finds_others_by_now_asks_again_with_what_it_finds() -> Result<()> {
    let stage = Stage::empty().await?;
    many(&stage, 0, 120).await?;
    let mut rolo = stage.boss().await?;
    rolo.press("2 * d").await?;
    shows(&rolo, "Delete: 120 customers")?;
    many(&stage, 120, 130).await?;
    rolo.press("y").await?;
    shows(&rolo, "It is about 130 now; 120 were shown before")?;
    assert_eq!(stage.world.number(LIVE).await?, 130);
    rolo.press("y").await?;
    shows(&rolo, "Delete: 130 customers   u undo")
}

#[tokio::test]
async fn esc_stops_it_behind_the_records_under_way_and_enter_goes_on() -> Result<()> {
    let stage = Stage::empty().await?;
    many(&stage, 0, 520).await?;
    let mut rolo = stage.boss().await?;
    rolo.press("2 * d").await?;
    rolo.tap("y")?;
    rolo.tap("esc")?;
    shows(&rolo, "Stops after the records under way")?;
    rolo.until_idle().await?;
    shows(&rolo, "Stopped after")?;
    shows(&rolo, "of 520")?;
    assert!(stage.world.number(LIVE).await? > 0);
    rolo.press("enter").await?;
    shows(&rolo, "Delete: 520 customers   u undo")?;
    assert_eq!(stage.world.number(LIVE).await?, 0);
    Ok(())
}

/// Key budget: assign what is selected in three keys; a dot does it to the next row.
#[tokio::test]
async fn what_is_selected_is_assigned_in_three_keys_and_more_with_a_dot() -> Result<()> {
    let stage = Stage::new().await?;
    let mut rolo = stage.boss().await?;
    rolo.press("2 s n space space").await?;
    rolo.press("a 1 y").await?;
    shows(&rolo, "Assign to")?;
    shows(&rolo, ": 2 customers   u undo")?;
    let before = row(&rolo);
    rolo.press(".").await?;
    shows(&rolo, "Saved")?;
    assert_ne!(row(&rolo), before, "the next row is under the cursor");
    Ok(())
}

/// What was changed in one record by its form is changed in the next by a dot, and in many.
#[tokio::test]
async fn a_dot_sets_the_same_field_again_on_the_row_under_the_cursor_and_on_what_is_marked() -> Result<()> {
    let stage = Stage::new().await?;
    let mut rolo = stage.boss().await?;
    rolo.press("2 s n e / 'zip' enter '100080' ctrl-s").await?;
    rolo.press("j .").await?;
    shows(&rolo, "Saved")?;
    let zips = "SELECT COUNT(*) FROM customer WHERE zip = '100080'";
    assert_eq!(stage.world.number(zips).await?, 2);
    rolo.press("space space . y").await?;
    shows(&rolo, "2 customers")?;
    assert_eq!(stage.world.number(zips).await?, 4);
    Ok(())
}

#[tokio::test]
async fn a_choice_is_emptied_and_a_value_that_is_none_stays_in_the_line() -> Result<()> {
    let stage = Stage::new().await?;
    let choice = pb::DictionaryItemInput {
        r#type: "classification".into(),
        value: "factory".into(),
        zh: "工厂".into(),
        en: "Factory".into(),
        ..Default::default()
    };
    let request = pb::CreateItemRequest { item: Some(choice), request_id: request_id() };
    let _: pb::DictionaryItem =
        call(stage.boss.call(request, |c, r| async move { c.dictionary().create_item(r).await })).await?;
    let mut rolo = stage.boss().await?;
    let with = "SELECT COUNT(*) FROM customer WHERE classification_id IS NOT NULL";
    rolo.press("2 s n space space e 'classif' enter 1 y").await?;
    assert_eq!(stage.world.number(with).await?, 2);
    rolo.press("g g space space space e 'classif' enter delete y").await?;
    shows(&rolo, "= (empty): 2 customers, 1 was so already   u undo")?;
    assert_eq!(stage.world.number(with).await?, 0);
    // What must not be empty is refused for each.
    rolo.press("space space e 'level' enter delete y").await?;
    shows(&rolo, "Customer level = (empty): 2 refused")?;
    rolo.press("esc").await?;
    rolo.press("space space e 'satisf' enter '9' enter").await?;
    shows(&rolo, "1 to 5")?;
    rolo.press("esc").await?;
    shows(&rolo, "2 selected")
}

/// Nothing is offered that none of what is selected allows.
#[tokio::test]
async fn who_may_change_none_of_what_is_marked_is_not_asked() -> Result<()> {
    let stage = Stage::new().await?;
    let mut rolo = stage.screens("exe", (80, 24), Lang::En).await?;
    rolo.press("2 space space d").await?;
    shows(&rolo, "not possible here")?;
    // Following is everybody's, and nothing that could be taken back.
    rolo.press("f y").await?;
    shows(&rolo, "Follow: 2 customers")?;
    hides(&rolo, "u undo")?;
    assert_eq!(stage.world.number("SELECT COUNT(*) FROM follow").await?, 2);
    Ok(())
}

/// O4, O5, O6, O8 on many at once, each decision one operation; of what has somebody already, `a` hands it on.
#[tokio::test]
async fn opportunities_are_assigned_handed_on_withdrawn_and_given_up_many_at_once() -> Result<()> {
    const OF: [&str; 2] = [
        "SELECT COUNT(*) FROM opportunity o JOIN user u ON u.id = o.assignee_id WHERE u.name = 'mgr'",
        "SELECT COUNT(*) FROM opportunity o JOIN user u ON u.id = o.assignee_id WHERE u.name = 'boss'",
    ];
    const IN_STATE: [&str; 2] =
        ["SELECT COUNT(*) FROM opportunity WHERE status = 1", "SELECT COUNT(*) FROM opportunity WHERE status = 4"];
    let stage = Stage::empty().await?;
    for n in 0..4 {
        let opportunity = pb::OpportunityInput {
            customer_name: format!("潜在客户{n}"),
            title: "采购设备".into(),
            ..Default::default()
        };
        let request = pb::CreateOpportunityRequest {
            opportunity: Some(opportunity),
            request_id: request_id(),
            ..Default::default()
        };
        let _: pb::CreateOpportunityResponse =
            call(stage.boss.call(request, |c, r| async move { c.opportunities().create_opportunity(r).await })).await?;
    }
    let mut rolo = stage.screens("boss", (120, 30), Lang::En).await?;
    rolo.press("g o 1 space space space a 'mgr' enter y").await?;
    shows(&rolo, "Assign to mgr: 3 opportunities   u undo")?;
    assert_eq!(stage.world.number(OF[0]).await?, 3);
    rolo.press("7 / 'status:assigned' enter *").await?;
    shows(&rolo, "3 selected")?;
    rolo.press("a 'boss' enter y").await?;
    shows(&rolo, ": 3 opportunities   u undo")?;
    assert_eq!(stage.world.number(OF[1]).await?, 3);
    rolo.press("* W").await?;
    shows(&rolo, "Withdraw the assignment: 3 opportunities")?;
    rolo.press("y").await?;
    assert_eq!(stage.world.number(IN_STATE[0]).await?, 4);
    rolo.press("u").await?;
    shows(&rolo, "Undone (bulk action, 3 opportunities)")?;
    rolo.press("R * L 1 '预算取消' enter").await?;
    shows(&rolo, "Close as lost (预算取消): 3 opportunities")?;
    rolo.press("y").await?;
    assert_eq!(stage.world.number(IN_STATE[1]).await?, 3);
    Ok(())
}

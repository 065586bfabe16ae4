//! Forms: nothing typed is ever lost, what is wrong is said where it is wrong.

use anyhow::Result;
use rolo_proto::v1 as pb;
use rolo_tui::strings::Lang;

use crate::stage::{Stage, hides, shows};

#[tokio::test]
async fn a_new_customer_with_its_first_contact_is_one_form() -> Result<()> {
    let stage = Stage::empty().await?;
    let mut rolo = stage.boss().await?;
    // Choices and people are picked by their number or by typing.
    rolo.press("n '青岛海运物流' tab tab enter 2 tab '大客'").await?;
    rolo.press("enter").await?;
    rolo.press("/ 'addr' enter '海港路 1 号' tab tab '0532-8866'").await?;
    for _ in 0..10 {
        rolo.press("tab").await?;
    }
    let on_contact = |rolo: &rolo_tui::app::harness::Harness| {
        let (_, y) = rolo.cursor().unwrap_or_default();
        rolo.text().lines().nth(usize::from(y)).is_some_and(|l| l.contains("Sex"))
    };
    for _ in 0..12 {
        if on_contact(&rolo) {
            break;
        }
        rolo.press("tab").await?;
    }
    rolo.press("'陈总' tab tab tab '13900001111' ctrl-s").await?;
    shows(&rolo, "Saved 青岛海运物流")?;
    shows(&rolo, "[Profile]")?;
    rolo.press("tab").await?;
    shows(&rolo, "陈总")
}

#[tokio::test]
async fn a_refused_form_keeps_every_value_and_goes_to_the_first_bad_field() -> Result<()> {
    let stage = Stage::empty().await?;
    let mut rolo = stage.boss().await?;
    rolo.press("n '青岛海运物流' ctrl-s").await?;
    shows(&rolo, "青岛海运物流")?;
    shows(&rolo, "to fix")?;
    shows(&rolo, "! ")?;
    let (_, y) = rolo.cursor().unwrap_or_default();
    let line = rolo.text().lines().nth(usize::from(y)).unwrap_or_default().to_owned();
    assert!(line.contains("Region"), "the cursor should be on the region:\n{}", rolo.text());
    Ok(())
}

#[tokio::test]
async fn a_name_that_exists_is_named_while_it_is_typed() -> Result<()> {
    let stage = Stage::new().await?;
    let mut rolo = stage.boss().await?;
    rolo.press("n '天津启明科技'").await?;
    shows(&rolo, "天津启明科技 exists already (王芳)")
}

#[tokio::test]
async fn one_field_is_changed_with_four_keys() -> Result<()> {
    let stage = Stage::new().await?;
    let mut rolo = stage.boss().await?;
    rolo.press("2 s n").await?;
    rolo.press("e / 'website' enter 'www.baotou.cn' ctrl-s").await?;
    shows(&rolo, "Saved 包头稀土科技   u undo")?;
    assert_eq!(stage.customer("包头").await?.website, "www.baotou.cn");
    rolo.press("u").await?;
    assert_eq!(stage.customer("包头").await?.website, "");
    Ok(())
}

#[tokio::test]
async fn the_draft_is_kept_on_escape_and_comes_back() -> Result<()> {
    let stage = Stage::new().await?;
    let mut rolo = stage.boss().await?;
    rolo.press("n '青岛海运' esc").await?;
    shows(&rolo, "Draft kept")?;
    rolo.press("n").await?;
    shows(&rolo, "Draft of 09:00 restored; ctrl-x discards it")?;
    shows(&rolo, "青岛海运")?;
    rolo.press("ctrl-x").await?;
    hides(&rolo, "青岛海运")
}

#[tokio::test]
async fn two_people_change_two_fields_and_both_stay() -> Result<()> {
    let stage = Stage::new().await?;
    let mut rolo = stage.boss().await?;
    rolo.press("2 s n e / 'website' enter 'www.baotou.cn'").await?;
    let id = stage.customer("包头").await?.id;
    stage.change(id, "zip", pb::CustomerInput { zip: "014010".into(), ..Default::default() }).await?;
    rolo.press("ctrl-s").await?;
    shows(&rolo, "Saved")?;
    let now = stage.customer("包头").await?;
    assert_eq!((now.website.as_str(), now.zip.as_str()), ("www.baotou.cn", "014010"));
    Ok(())
}

#[tokio::test]
async fn two_people_change_one_field_and_only_that_one_is_asked() -> Result<()> {
    let stage = Stage::new().await?;
    let mut rolo = stage.boss().await?;
    rolo.press("2 s n e / 'website' enter 'www.mine.cn' / ").await?;
    rolo.press("backspace").await?;
    let id = stage.customer("包头").await?.id;
    stage.change(id, "website", pb::CustomerInput { website: "www.theirs.cn".into(), ..Default::default() }).await?;
    rolo.press("ctrl-s").await?;
    shows(&rolo, "Changed by somebody else")?;
    shows(&rolo, "www.theirs.cn")?;
    rolo.press("t m enter").await?;
    shows(&rolo, "Saved")?;
    assert_eq!(stage.customer("包头").await?.website, "www.mine.cn");
    Ok(())
}

#[tokio::test]
async fn a_call_is_logged_with_what_was_said_and_the_next_contact() -> Result<()> {
    let stage = Stage::new().await?;
    let mut rolo = stage.boss().await?;
    rolo.press("2 / '启明' enter i").await?;
    shows(&rolo, "天津启明科技 › New")?;
    // Six keys besides the text: i, four tabs, ctrl-s.
    rolo.press("'报价已发' tab '下次带样品' tab tab tab 'tomorrow 15:00'").await?;
    shows(&rolo, "= Tue 2026-11-03 15:00")?;
    rolo.press("ctrl-s").await?;
    shows(&rolo, "Saved")?;
    rolo.press("g i").await?;
    shows(&rolo, "报价已发")
}

#[tokio::test]
async fn a_field_that_cannot_be_read_never_leaves_the_form() -> Result<()> {
    let stage = Stage::new().await?;
    let mut rolo = stage.boss().await?;
    rolo.press("2 s n e / 'capital' enter '很多' ctrl-s").await?;
    shows(&rolo, "很多")?;
    shows(&rolo, "1 to fix")
}

/// `tui.md` rule 1: what a field does not take is not lost without a word.
#[tokio::test]
async fn a_paste_that_is_too_long_says_what_was_cut_off() -> Result<()> {
    let stage = Stage::empty().await?;
    let mut rolo = stage.boss().await?;
    rolo.press("n").await?;
    rolo.paste(&"巨大".repeat(20_000)).await?;
    shows(&rolo, "characters: what is longer was cut off")
}

/// At 80 columns too, what is wrong at the right of a form and which record it is can be read.
#[tokio::test]
async fn a_fault_at_the_right_and_the_name_of_the_record_are_not_lost_for_want_of_room() -> Result<()> {
    let stage = Stage::new().await?;
    let mut rolo = stage.boss().await?;
    let typed = "g o n '宁波东方重工股份有限公司华东分公司' tab '压力传感器更换' tab tab '50' tab tab '2026-02-30'";
    rolo.press(typed).await?;
    rolo.press("ctrl-s").await?;
    shows(&rolo, "! is not a date: type 2026-12-01, +3d, fri or tomorrow 15:00")?;
    rolo.press("ctrl-u '2026-12-30' tab tab tab tab tab tab tab '说明' ctrl-s e").await?;
    let header = rolo.text().lines().next().unwrap_or_default().to_owned();
    assert!(header.contains("宁波东方重工") && header.contains("› Edit"), "{header}");
    Ok(())
}

#[tokio::test]
async fn full_width_digits_and_wan_are_numbers() -> Result<()> {
    let stage = Stage::new().await?;
    let mut rolo = stage.boss().await?;
    rolo.press("2 s n e / 'capital' enter '５００' ctrl-s").await?;
    shows(&rolo, "Saved")?;
    assert_eq!(stage.customer("包头").await?.capital, Some(500));
    Ok(())
}

#[tokio::test]
async fn a_customer_file_comes_in_through_the_screen_and_goes_again_with_u() -> Result<()> {
    let stage = Stage::empty().await?;
    let file = stage.world.dir.path().join("customers.csv");
    std::fs::write(&file, "名称,电话,地区,备用\n青岛海运物流,0532-88,华北,x\n宁波东方重工,0574-77,华北,\n,1,华北,\n")?;
    let mut rolo = stage.screens("boss", (80, 24), Lang::Zh).await?;
    rolo.press(&format!("I '{}' enter", file.display())).await?;
    shows(&rolo, "（不导入）")?;
    rolo.press("ctrl-s").await?;
    shows(&rolo, "2  将新建")?;
    shows(&rolo, "1  将拒绝")?;
    rolo.press("enter").await?;
    shows(&rolo, "新建 2")?;
    shows(&rolo, "customers.errors.csv")?;
    rolo.press("u").await?;
    shows(&rolo, "将撤销")?;
    rolo.press("y").await?;
    shows(&rolo, "已撤销")?;
    rolo.press("2").await?;
    hides(&rolo, "青岛海运物流")
}

#[tokio::test]
async fn a_decision_typed_before_the_record_has_come_is_not_lost() -> Result<()> {
    let stage = Stage::new().await?;
    let mut rolo = stage.boss().await?;
    rolo.press("2 s n j").await?;
    rolo.tap("enter")?;
    rolo.tap("e")?;
    rolo.until_idle().await?;
    shows(&rolo, "ctrl-s save")
}

/// Capital and turnover are kept in tens of thousands, which a bare number does not say.
#[tokio::test]
async fn a_field_of_ten_thousands_says_how_much_its_number_is() -> Result<()> {
    let stage = Stage::empty().await?;
    for (lang, means) in [(Lang::En, "= ¥ 5,000,000"), (Lang::Zh, "= 500 万元")] {
        let mut rolo = stage.screens("boss", (80, 24), lang).await?;
        rolo.press("n tab / 'capital' enter '500'").await?;
        shows(&rolo, means)?;
    }
    Ok(())
}

//! Finding, moving, choosing and deciding in lists.

use anyhow::Result;
use rolo_tui::strings::Lang;

use crate::stage::{Stage, hides, row, shows};

#[tokio::test]
async fn a_customer_is_found_by_two_characters_and_opened() -> Result<()> {
    let stage = Stage::new().await?;
    let mut rolo = stage.boss().await?;
    rolo.press("2 / '启明'").await?;
    shows(&rolo, "天津启明科技")?;
    hides(&rolo, "北京华盛")?;
    // Three keys besides the typed text: the slash, Enter takes the filter, Enter opens.
    rolo.press("enter enter").await?;
    shows(&rolo, "[Profile]")?;
    shows(&rolo, "010-8866 0001")
}

#[tokio::test]
async fn pinyin_initials_and_phone_digits_find_too() -> Result<()> {
    let stage = Stage::new().await?;
    let mut rolo = stage.boss().await?;
    for (typed, found) in [("hskj", "北京华盛科技"), ("8866 0005", "Ernst Handel"), ("paillarde", "Mère Paillarde")]
    {
        rolo.press(&format!("2 / '{typed}'")).await?;
        shows(&rolo, found)?;
        hides(&rolo, "包头稀土")?;
        rolo.press("esc").await?;
    }
    Ok(())
}

#[tokio::test]
async fn han_text_typed_in_a_list_opens_the_filter_with_it() -> Result<()> {
    let stage = Stage::new().await?;
    let mut rolo = stage.boss().await?;
    rolo.press("2 '华盛'").await?;
    shows(&rolo, "/ 华盛")?;
    hides(&rolo, "天津启明")?;
    rolo.press("esc").await?;
    shows(&rolo, "天津启明")
}

#[tokio::test]
async fn what_a_chinese_keyboard_makes_of_punctuation_is_the_key_that_was_meant() -> Result<()> {
    let stage = Stage::new().await?;
    let mut rolo = stage.boss().await?;
    rolo.press("？").await?;
    shows(&rolo, "Keys")?;
    rolo.press("esc ： 'quit'").await?;
    shows(&rolo, "quit  退出")
}

#[tokio::test]
async fn a_condition_narrows_and_one_that_means_nothing_says_so() -> Result<()> {
    let stage = Stage::new().await?;
    let mut rolo = stage.boss().await?;
    rolo.press("2 / 'region:华北'").await?;
    hides(&rolo, "Beijing")?;
    shows(&rolo, "天津启明科技")?;
    rolo.press("ctrl-u 'colour:red'").await?;
    shows(&rolo, "colour")?;
    shows(&rolo, "天津启明科技")
}

#[tokio::test]
async fn the_cursor_moves_before_any_reply() -> Result<()> {
    let stage = Stage::new().await?;
    let mut rolo = stage.screens("boss", (120, 40), Lang::En).await?;
    rolo.press("2").await?;
    let before = row(&rolo);
    rolo.tap("j")?;
    assert_ne!(row(&rolo), before, "the cursor must not wait for the preview");
    rolo.until_idle().await
}

#[tokio::test]
async fn sorting_by_a_letter_and_again_for_reverse() -> Result<()> {
    let stage = Stage::new().await?;
    let mut rolo = stage.boss().await?;
    rolo.press("2 s").await?;
    shows(&rolo, "Sort by")?;
    rolo.press("n").await?;
    assert!(row(&rolo).contains("包头稀土"), "{}", row(&rolo));
    rolo.press("s n").await?;
    assert!(row(&rolo).contains("天津启明"), "{}", row(&rolo));
    shows(&rolo, "Name ▼")
}

#[tokio::test]
async fn a_deleted_customer_comes_back_with_u_and_goes_again_with_redo() -> Result<()> {
    let stage = Stage::new().await?;
    let mut rolo = stage.boss().await?;
    rolo.press("2 s n d").await?;
    shows(&rolo, "Deleted 包头稀土科技")?;
    assert!(row(&rolo).contains("北京华盛"), "the next row should be under the cursor: {}", row(&rolo));
    rolo.press("u").await?;
    shows(&rolo, "包头稀土科技")?;
    rolo.press(": 'redo' enter").await?;
    hides(&rolo, "包头稀土科技  ")?;
    // In the recycle bin, where r brings it back.
    rolo.press("8").await?;
    shows(&rolo, "包头稀土科技")?;
    rolo.press("r").await?;
    shows(&rolo, "Restored")
}

#[tokio::test]
async fn several_are_deleted_after_one_question() -> Result<()> {
    let stage = Stage::new().await?;
    let mut rolo = stage.boss().await?;
    rolo.press("2 s n space space d").await?;
    shows(&rolo, "Delete: 2 customers")?;
    rolo.press("n").await?;
    shows(&rolo, "包头稀土")?;
    rolo.press("d y").await?;
    shows(&rolo, "Delete: 2 customers   u undo")?;
    hides(&rolo, "北京华盛")
}

#[tokio::test]
async fn a_customer_is_assigned_by_a_number_and_the_next_with_a_dot() -> Result<()> {
    let stage = Stage::new().await?;
    let mut rolo = stage.boss().await?;
    rolo.press("2 s n a 'oth'").await?;
    shows(&rolo, "Assign to")?;
    rolo.press("1").await?;
    shows(&rolo, "Saved 包头稀土科技")?;
    rolo.press(".").await?;
    shows(&rolo, "Saved 北京华盛科技有限公司")?;
    let of_other = rolo.text().lines().filter(|l| l.contains("  other ")).count();
    assert_eq!(of_other, 2, "{}", rolo.text());
    Ok(())
}

#[tokio::test]
async fn who_may_not_delete_is_not_offered_it() -> Result<()> {
    let stage = Stage::new().await?;
    let mut rolo = stage.screens("exe", (80, 24), Lang::En).await?;
    rolo.press("2").await?;
    hides(&rolo, "delete")?;
    rolo.press("d").await?;
    shows(&rolo, "not possible here")
}

#[tokio::test]
async fn a_field_is_copied_by_its_letter() -> Result<()> {
    let stage = Stage::new().await?;
    let mut rolo = stage.boss().await?;
    rolo.press("2 s n y n").await?;
    assert_eq!(rolo.copied, ["包头稀土科技"]);
    shows(&rolo, "Copied")
}

#[tokio::test]
async fn the_list_is_exported_in_three_keys() -> Result<()> {
    let stage = Stage::new().await?;
    let mut rolo = stage.boss().await?;
    let file = stage.world.dir.path().join("list.csv");
    rolo.press(&format!("2 x ctrl-u '{}' enter", file.display())).await?;
    shows(&rolo, "8 rows written")?;
    assert!(std::fs::read_to_string(file)?.contains("北京华盛科技有限公司"));
    Ok(())
}

#[tokio::test]
async fn an_empty_list_says_which_key_makes_the_first_one() -> Result<()> {
    let stage = Stage::empty().await?;
    let mut rolo = stage.boss().await?;
    shows(&rolo, "n makes the first one")?;
    rolo.press("/ 'xyz'").await?;
    shows(&rolo, "Nothing matches \"xyz\"")
}

#[tokio::test]
async fn every_screen_is_two_keys_away_and_the_one_before_is_one() -> Result<()> {
    let stage = Stage::new().await?;
    let mut rolo = stage.boss().await?;
    rolo.press("g k").await?;
    shows(&rolo, "Contacts › All")?;
    rolo.press("g i").await?;
    shows(&rolo, "Interactions › Mine")?;
    rolo.press("g t").await?;
    shows(&rolo, "Today")?;
    rolo.press("-").await?;
    shows(&rolo, "Interactions")?;
    rolo.press("-").await?;
    shows(&rolo, "Today")?;
    rolo.press("[").await?;
    shows(&rolo, "Interactions")?;
    rolo.press("]").await?;
    shows(&rolo, "Today")
}

#[tokio::test]
async fn the_panel_of_what_can_follow_shows_after_g() -> Result<()> {
    let stage = Stage::new().await?;
    let mut rolo = stage.boss().await?;
    rolo.press("g").await?;
    shows(&rolo, "c customers")?;
    rolo.press("esc").await?;
    hides(&rolo, "c customers")
}

#[tokio::test]
async fn an_unknown_key_gets_a_hint() -> Result<()> {
    let stage = Stage::new().await?;
    let mut rolo = stage.boss().await?;
    rolo.press("Z").await?;
    shows(&rolo, "Z does nothing here")
}

#[tokio::test]
async fn the_language_changes_at_run_time() -> Result<()> {
    let stage = Stage::new().await?;
    let mut rolo = stage.boss().await?;
    rolo.press(": 'lang zh' enter").await?;
    shows(&rolo, "客户 › 我的客户")?;
    rolo.press(": 'lang en' enter").await?;
    shows(&rolo, "Customers › My customers")
}

#[tokio::test]
async fn a_detail_turns_its_tabs_and_shows_what_belongs_to_the_customer() -> Result<()> {
    let stage = Stage::new().await?;
    let mut rolo = stage.boss().await?;
    rolo.press("2 / '华盛' enter enter tab").await?;
    shows(&rolo, "[Contacts]")?;
    shows(&rolo, "张律")?;
    rolo.press("l").await?;
    shows(&rolo, "报价已确认")?;
    rolo.press("l").await?;
    shows(&rolo, "created contact 张律")?;
    rolo.press("l").await?;
    shows(&rolo, "[Changes]")?;
    rolo.press("l h l q").await?;
    shows(&rolo, "Customers › All")
}

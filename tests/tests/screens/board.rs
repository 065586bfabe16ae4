//! The board by stage, the forecast by month, and what a list of opportunities adds up to.

use anyhow::Result;
use rolo_proto::v1::Kind;
use rolo_tests::files::Sheet;
use rolo_tui::strings::Lang;

use crate::{
    stage::{Stage, hides, shows},
    team::opportunities,
};

const SIZES: [(&str, (u16, u16), Lang); 3] =
    [("120-en", (120, 40), Lang::En), ("80-zh", (80, 24), Lang::Zh), ("46-en", (46, 16), Lang::En)];

#[tokio::test]
async fn a_card_moves_to_another_stage_with_one_key_and_back_with_u() -> Result<()> {
    let stage = Stage::empty().await?;
    let sup = stage.world.session("sup").await?;
    let ids = opportunities(&stage, &sup, 4).await?;
    let mut rolo = stage.screens("sup", (120, 40), Lang::En).await?;
    rolo.press("g b").await?;
    shows(&rolo, "First contact 1")?;
    rolo.press(">").await?;
    rolo.press("l").await?;
    let at = |id: i64| {
        let sup = sup.clone();
        async move { Ok::<_, anyhow::Error>(sup.opportunity(id).await?.stage.map(|stage| stage.value)) }
    };
    // Without a stage it stood in the first column; it goes on from there.
    assert_eq!(at(ids[3]).await?.as_deref(), Some("contact"));
    rolo.press("g b u").await?;
    assert_eq!(at(ids[3]).await?, None);
    rolo.press("l enter").await?;
    shows(&rolo, "宁波东方重工")
}

#[tokio::test]
async fn board_and_forecast_look_as_drawn_and_teach_when_they_are_empty() -> Result<()> {
    let stage = Stage::empty().await?;
    let mut rolo = stage.screens("sup", (80, 24), Lang::En).await?;
    rolo.press("g b").await?;
    shows(&rolo, "No open opportunity yet")?;
    rolo.press("g f").await?;
    shows(&rolo, "Nothing is expected yet")?;
    let sup = stage.world.session("sup").await?;
    opportunities(&stage, &sup, 24).await?;
    for (suffix, size, lang) in SIZES {
        let mut rolo = stage.screens("sup", size, lang).await?;
        rolo.press("g b j").await?;
        insta::assert_snapshot!(format!("board-{suffix}"), rolo.snapshot());
        rolo.press("g f j").await?;
        insta::assert_snapshot!(format!("forecast-{suffix}"), rolo.snapshot());
    }
    Ok(())
}

#[tokio::test]
async fn enter_on_a_month_opens_the_records_behind_it_and_esc_goes_back_to_the_months() -> Result<()> {
    let stage = Stage::empty().await?;
    let sup = stage.world.session("sup").await?;
    opportunities(&stage, &sup, 8).await?;
    let mut rolo = stage.screens("sup", (80, 24), Lang::En).await?;
    rolo.press("g f enter").await?;
    shows(&rolo, "expected_close_at:2026-11")?;
    shows(&rolo, "宁波东方重工")?;
    hides(&rolo, "杭州文澜出版")?;
    // Esc takes back what was typed; what the list was opened with is no filter of the person's.
    rolo.press("/ ' 青岛' enter").await?;
    hides(&rolo, "宁波东方重工")?;
    rolo.press("esc").await?;
    shows(&rolo, "expected_close_at:2026-11")?;
    shows(&rolo, "宁波东方重工")?;
    rolo.press("esc").await?;
    shows(&rolo, "Forecast")?;
    hides(&rolo, "宁波东方重工")?;
    // Who empties the filter has the whole list.
    rolo.press("enter / ctrl-u enter").await?;
    shows(&rolo, "杭州文澜出版")?;
    rolo.press("g f > enter").await?;
    shows(&rolo, "expected_close_at:..2026-11")?;
    // Those at no known time, and the same in other words.
    rolo.press("g f G enter").await?;
    shows(&rolo, "expected_close_at:none")?;
    for keys in ["g t g f G enter", "/ ctrl-u '预计成交：无' enter"] {
        rolo.press(keys).await?;
        shows(&rolo, "青岛海运物流")?;
        hides(&rolo, "宁波东方重工")?;
        hides(&rolo, "杭州文澜出版")?;
    }
    Ok(())
}

/// tui.md 11: Enter on a bar opens the records behind it, those that were won too.
#[tokio::test]
async fn enter_on_a_month_with_won_ones_opens_them_too() -> Result<()> {
    let stage = Stage::empty().await?;
    let sup = stage.world.session("sup").await?;
    let closed = "2026-10-15";
    let fields = ["customer_name", "title", "status", "expected_amount", "expected_close_at", "closed_at"];
    let rows: &[&[&str]] = &[
        &["宁波东方重工", "产线", "won", "80000", "2026-03-01", closed],
        &["杭州文澜出版", "书库", "won", "50000", "2026-10-01", "2026-09-30"],
        &["青岛海运物流", "船台", "", "30000", "2026-10-20", ""],
    ];
    let done = sup.import(&Sheet::new(Kind::Opportunity, &fields, rows)).await?;
    assert_eq!(done.status.refused, 0, "{:?}", done.outcomes);
    let mut rolo = stage.screens("sup", (80, 24), Lang::En).await?;
    // October has both, September only what was won.
    rolo.press("g f < g g enter").await?;
    shows(&rolo, "1 Expected (1)")?;
    shows(&rolo, "2 Won (1)")?;
    rolo.press("2").await?;
    shows(&rolo, "closed_at:2026-10")?;
    shows(&rolo, "宁波东方重工")?;
    hides(&rolo, "杭州文澜出版")?;
    rolo.press("g f enter 1").await?;
    shows(&rolo, "expected_close_at:2026-10")?;
    shows(&rolo, "青岛海运物流")?;
    rolo.press("g f < g g enter").await?;
    shows(&rolo, "closed_at:2026-09")?;
    shows(&rolo, "杭州文澜出版")?;
    hides(&rolo, "宁波东方重工")
}

#[tokio::test]
async fn a_list_says_what_it_adds_up_to_and_a_filter_narrows_that() -> Result<()> {
    let stage = Stage::empty().await?;
    let sup = stage.world.session("sup").await?;
    opportunities(&stage, &sup, 8).await?;
    let mut rolo = stage.screens("sup", (80, 24), Lang::En).await?;
    rolo.press("g o").await?;
    shows(&rolo, "Σ ¥ 2.88 M · weighted 1.55 M  1–8 of 8")?;
    rolo.press("/ 'Ernst' enter").await?;
    shows(&rolo, "1–1 of 1")?;
    hides(&rolo, "2.88 M")?;
    rolo.press("T").await?;
    shows(&rolo, "Σ")
}

//! Two people edit one record (`design.md` §3 "revision"): what does not collide merges, what does is asked for.

use anyhow::Result;
use rolo_proto::v1 as pb;
use rolo_tui::{app::harness::Harness, strings::Lang};

use crate::stage::{Stage, hides, shows};

/// A long text, of wide and narrow characters.
const LONG: &str = "甲方要求三个月内完成全部交付，并在验收后提供两年的现场维护；first shipment ahead of the Spring Festival, \
    the rest in equal parts every second week.";

/// A form of the first customer whose tags and website have been changed by both.
async fn collided(stage: &Stage, size: (u16, u16), lang: Lang) -> Result<Harness> {
    let id = stage.customer("包头").await?.id;
    let before = pb::CustomerInput { website: "www.before.cn".into(), ..Default::default() };
    stage.change(id, "website", before).await?;
    let mut rolo = stage.screens("boss", size, lang).await?;
    rolo.press("2 s n e / 'website' enter ctrl-u 'www.mine.cn'").await?;
    // Eleven fields further: the tags.
    rolo.press("tab tab tab tab tab tab tab tab tab tab tab ctrl-u '我方标签'").await?;
    stage.world.advance(2 * 60_000);
    let theirs = pb::CustomerInput { website: "www.theirs.cn".into(), ..Default::default() };
    stage.change(id, "website", theirs).await?;
    let tags = LONG.chars().take(100).collect::<String>();
    stage.change(id, "tags", pb::CustomerInput { tags, ..Default::default() }).await?;
    rolo.advance(5 * 60_000).await?;
    rolo.press("ctrl-s").await?;
    Ok(rolo)
}

#[tokio::test]
async fn mine_theirs_and_what_was_there_before_stand_under_each_other_in_any_size() -> Result<()> {
    for (size, lang, suffix) in [
        ((80, 24), Lang::Zh, "80-zh"),
        ((120, 40), Lang::En, "120-en"),
        ((46, 16), Lang::En, "46-en"),
        ((46, 16), Lang::Zh, "46-zh"),
    ] {
        let rolo = collided(&Stage::new().await?, size, lang).await?;
        insta::assert_snapshot!(format!("conflict-{suffix}"), rolo.snapshot());
    }
    Ok(())
}

#[tokio::test]
async fn a_value_longer_than_the_screen_is_scrolled() -> Result<()> {
    let stage = Stage::new().await?;
    let mut rolo = collided(&stage, (46, 12), Lang::En).await?;
    shows(&rolo, "Website")?;
    rolo.press("j").await?;
    shows(&rolo, "我方标签")?;
    hides(&rolo, "before")?;
    rolo.press("pgdn pgdn pgdn").await?;
    shows(&rolo, "before")?;
    rolo.press("pgup pgup pgup").await?;
    shows(&rolo, "我方标签")
}

#[tokio::test]
async fn escape_goes_back_to_the_form_and_the_next_save_asks_again() -> Result<()> {
    let stage = Stage::new().await?;
    let mut rolo = stage.boss().await?;
    rolo.press("2 s n e / 'website' enter 'www.mine.cn'").await?;
    let id = stage.customer("包头").await?.id;
    let theirs = |text: &str| pb::CustomerInput { website: text.into(), ..Default::default() };
    stage.change(id, "website", theirs("www.theirs.cn")).await?;
    rolo.press("ctrl-s").await?;
    shows(&rolo, "www.theirs.cn")?;
    rolo.press("esc").await?;
    shows(&rolo, "www.mine.cn")?;
    hides(&rolo, "www.theirs.cn")?;
    rolo.press("ctrl-s").await?;
    shows(&rolo, "www.theirs.cn")?;
    assert_eq!(stage.customer("包头").await?.website, "www.theirs.cn", "nothing is overwritten silently");
    stage.change(id, "zip", pb::CustomerInput { zip: "014010".into(), ..Default::default() }).await?;
    rolo.press("T enter").await?;
    shows(&rolo, "Nothing changed")?;
    rolo.press("e").await?;
    for text in ["www.theirs.cn", "014010"] {
        shows(&rolo, text)?;
    }
    Ok(())
}

#[tokio::test]
async fn a_record_that_changes_again_while_the_question_stands_is_asked_for_again() -> Result<()> {
    let stage = Stage::new().await?;
    let mut rolo = collided(&stage, (80, 24), Lang::En).await?;
    let id = stage.customer("包头").await?.id;
    let third = pb::CustomerInput { website: "www.third.cn".into(), ..Default::default() };
    stage.change(id, "website", third).await?;
    rolo.press("enter").await?;
    shows(&rolo, "Changed by somebody else")?;
    shows(&rolo, "www.third.cn")?;
    assert_eq!(rolo.text().matches('○').count(), 1, "the tags have been chosen:\n{}", rolo.text());
    rolo.press("M enter").await?;
    shows(&rolo, "Saved")?;
    let now = stage.customer("包头").await?;
    assert_eq!((now.website.as_str(), now.tags.as_str()), ("www.mine.cn", "我方标签"));
    Ok(())
}

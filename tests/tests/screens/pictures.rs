//! How every screen looks: text, styles and cursor, at 80×24 in Chinese and 120×40 in English; the generic ones in all
//! four.

use anyhow::Result;
use rolo_tui::strings::Lang;

use crate::stage::Stage;

const SMALL: (u16, u16) = (80, 24);
const LARGE: (u16, u16) = (120, 40);

async fn picture(stage: &Stage, name: &str, keys: &str, all_four: bool) -> Result<()> {
    let pairs = [
        (SMALL, Lang::Zh, "80-zh"),
        (LARGE, Lang::En, "120-en"),
        (SMALL, Lang::En, "80-en"),
        (LARGE, Lang::Zh, "120-zh"),
    ];
    for (size, lang, suffix) in pairs.into_iter().take(if all_four { 4 } else { 2 }) {
        let mut rolo = stage.screens("boss", size, lang).await?;
        rolo.press(keys).await?;
        insta::assert_snapshot!(format!("{name}-{suffix}"), rolo.snapshot());
    }
    Ok(())
}

#[tokio::test]
async fn the_generic_screens() -> Result<()> {
    let stage = Stage::new().await?;
    picture(&stage, "list", "2 s n j", true).await?;
    picture(&stage, "list-filter", "2 s n / '科技'", true).await?;
    picture(&stage, "detail", "2 s n j enter", true).await?;
    picture(&stage, "form-edit", "2 s n j e", true).await?;
    picture(&stage, "form-new", "n '天津启明科技' tab tab", true).await?;
    Ok(())
}

#[tokio::test]
async fn the_tabs_of_a_customer() -> Result<()> {
    let stage = Stage::new().await?;
    picture(&stage, "detail-contacts", "2 s n j enter tab", false).await?;
    picture(&stage, "detail-interactions", "2 s n j enter tab tab", false).await?;
    picture(&stage, "detail-timeline", "2 s n j enter tab tab tab", false).await?;
    Ok(())
}

#[tokio::test]
async fn the_other_lists_and_today() -> Result<()> {
    let stage = Stage::new().await?;
    picture(&stage, "contacts", "g k", false).await?;
    picture(&stage, "interactions", "g i", false).await?;
    picture(&stage, "today", "g t", false).await?;
    picture(&stage, "today-drafts", "n '青岛海运' esc j i '报价' esc g t", false).await?;
    Ok(())
}

#[tokio::test]
async fn what_lies_on_top() -> Result<()> {
    let stage = Stage::new().await?;
    picture(&stage, "help", "2 s n ?", false).await?;
    picture(&stage, "palette", ": 'kh'", false).await?;
    picture(&stage, "picker", "2 s n a", false).await?;
    picture(&stage, "which-key", "g", false).await?;
    picture(&stage, "snooze", "g t z '明天'", false).await?;
    Ok(())
}

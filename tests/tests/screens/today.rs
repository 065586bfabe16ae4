//! What is due.

use anyhow::Result;

use crate::stage::{Stage, hides, shows};

const DAY: i64 = 86_400_000;

#[tokio::test]
async fn what_is_due_is_settled_or_moved_and_the_next_is_under_the_cursor() -> Result<()> {
    let stage = Stage::new().await?;
    stage.world.advance(DAY);
    let mut rolo = stage.boss().await?;
    rolo.press("g t").await?;
    shows(&rolo, "Overdue  1")?;
    shows(&rolo, "北京华盛科技有限公司")?;
    rolo.press("c").await?;
    shows(&rolo, "Done")?;
    shows(&rolo, "Overdue  0")?;
    rolo.press("z 'fri' enter").await?;
    shows(&rolo, "Moved")?;
    shows(&rolo, "Fri")?;
    rolo.press("u").await?;
    shows(&rolo, "Undone")?;
    Ok(())
}

#[tokio::test]
async fn a_snooze_says_what_it_understood_and_enter_opens_the_customer() -> Result<()> {
    let stage = Stage::new().await?;
    let mut rolo = stage.boss().await?;
    rolo.press("g t z '下周一'").await?;
    shows(&rolo, "= Mon 2026-11-09 09:00")?;
    rolo.press("esc enter").await?;
    shows(&rolo, "[Profile]")?;
    hides(&rolo, "Until when")
}

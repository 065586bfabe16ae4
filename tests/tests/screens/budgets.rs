//! What a key press may cost on the wire (`design.md` §6).

use anyhow::Result;
use rolo_tui::strings::Lang;

use crate::stage::Stage;

#[tokio::test]
async fn moving_the_cursor_costs_few_bytes_and_standing_still_none() -> Result<()> {
    let stage = Stage::new().await?;
    let mut rolo = stage.screens("boss", (120, 40), Lang::Zh).await?;
    rolo.press("2").await?;
    for key in ["j", "j", "k", "j", "j"] {
        let before = rolo.written();
        rolo.tap(key)?;
        let moved = rolo.written() - before;
        assert!(moved <= 700, "a selection move wrote {moved} bytes");
        rolo.until_idle().await?;
        let all = rolo.written() - before;
        assert!(all <= 3_500, "a selection move with its preview wrote {all} bytes");
    }
    let before = rolo.written();
    rolo.advance(300_000).await?;
    // Relative times may age; nothing else may be written at rest.
    assert!(rolo.written() - before < 400, "{} bytes at rest", rolo.written() - before);
    Ok(())
}

//! Sizes that nobody should have, and every screen in them.

use anyhow::Result;
use rolo_tui::strings::Lang;

use crate::stage::{Stage, shows};

#[tokio::test]
async fn no_size_breaks_any_screen() -> Result<()> {
    let stage = Stage::new().await?;
    for keys in [
        "2",
        "2 / '科'",
        "2 enter",
        "2 enter tab tab",
        "2 e",
        "n",
        "g t",
        "g i",
        "?",
        ":",
        "2 a",
        "2 s",
        "2 y",
        "x",
        "I",
        "g",
    ] {
        let mut rolo = stage.screens("boss", (80, 24), Lang::Zh).await?;
        rolo.press(keys).await?;
        for size in [
            (1, 1),
            (3, 2),
            (20, 5),
            (39, 30),
            (40, 12),
            (41, 13),
            (46, 16),
            (60, 15),
            (99, 24),
            (100, 12),
            (200, 60),
            (80, 24),
        ] {
            rolo.resize(size.0, size.1).await?;
            rolo.press("down").await?;
        }
    }
    Ok(())
}

#[tokio::test]
async fn too_small_a_terminal_is_told_so() -> Result<()> {
    let stage = Stage::new().await?;
    let mut rolo = stage.screens("boss", (30, 8), Lang::En).await?;
    shows(&rolo, "Rolo needs")?;
    rolo.resize(80, 24).await?;
    shows(&rolo, "Customers")
}

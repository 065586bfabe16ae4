//! The README's pictures are what the client shows.

use anyhow::{Context, Result};
use rolo_tests::pictures::{Company, PICTURES, path};
use rolo_tui::strings::Lang;

#[tokio::test]
async fn the_readmes_pictures_are_what_the_client_shows() -> Result<()> {
    for lang in [Lang::Zh, Lang::En] {
        let company = Company::open(lang).await?;
        for picture in PICTURES.iter().filter(|picture| picture.lang == lang) {
            let kept = std::fs::read_to_string(path(picture.name)).context(picture.name)?;
            let same = company.take(picture).await? == kept;
            assert!(same, "{} has drifted: cargo run -p rolo-tests --bin pictures", picture.name);
        }
    }
    Ok(())
}

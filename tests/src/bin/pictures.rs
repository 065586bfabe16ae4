//! Writes the README's pictures anew, from the real client.

use rolo_tests::pictures::{Company, PICTURES, path};
use rolo_tui::strings::Lang;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let (zh, en) = (Company::open(Lang::Zh).await?, Company::open(Lang::En).await?);
    for picture in PICTURES {
        let company = if picture.lang == Lang::Zh { &zh } else { &en };
        let file = path(picture.name);
        if let Some(dir) = file.parent() {
            std::fs::create_dir_all(dir)?;
        }
        std::fs::write(file, company.take(picture).await?)?;
    }
    Ok(())
}

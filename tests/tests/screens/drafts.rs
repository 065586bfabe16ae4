//! What was typed and not saved outlives the program (`tui.md` rule 1): for the person it belongs to, on the ground that it
//! was typed on, and once.

use std::{fs, path::Path};

use anyhow::{Context, Result};
use rolo_proto::v1 as pb;
use rolo_tests::world::PASSWORD;

use crate::stage::{Stage, call, hides, row, shows};

/// The line that the cursor is in.
fn line(rolo: &rolo_tui::app::harness::Harness) -> String {
    let (_, y) = rolo.cursor().unwrap_or_default();
    rolo.text().lines().nth(usize::from(y)).unwrap_or_default().to_owned()
}

/// The files of drafts below a directory.
pub fn files(dir: &Path) -> Result<Vec<std::path::PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files(&path)?);
        } else if path.extension().is_some_and(|kind| kind == "json") {
            found.push(path);
        }
    }
    Ok(found)
}

#[tokio::test]
async fn a_form_that_was_open_is_open_again_with_its_values_and_its_cursor() -> Result<()> {
    let stage = Stage::new().await?;
    let mut rolo = stage.keeping("boss").await?;
    rolo.press("n '青岛海运物流' tab tab enter 2 / 'addr' enter '海港路'").await?;
    assert_eq!(files(&stage.state())?.len(), 0, "no key waits for the disk");
    drop(rolo);
    stage.world.advance(60_000);
    let mut rolo = stage.keeping("boss").await?;
    for text in
        ["Customers › New", "青岛海运物流", "海港路", "North China", "Draft of 09:00 restored; ctrl-x discards it"]
    {
        shows(&rolo, text)?;
    }
    assert!(line(&rolo).contains("海港路"), "{}", rolo.text());
    // The caret is behind the text, and Esc leads to the list that every start opens.
    rolo.press("' 1 号' esc").await?;
    shows(&rolo, "Customers › My customers")?;
    rolo.press("n").await?;
    shows(&rolo, "海港路 1 号")?;
    rolo.press("ctrl-x").await?;
    hides(&rolo, "海港路")?;
    drop(rolo);
    assert_eq!(files(&stage.state())?.len(), 0, "discarded is discarded");
    let rolo = stage.keeping("boss").await?;
    hides(&rolo, "› New")
}

#[tokio::test]
async fn another_person_on_the_same_machine_never_sees_it() -> Result<()> {
    let stage = Stage::new().await?;
    let mut rolo = stage.keeping("boss").await?;
    rolo.press("n '青岛海运'").await?;
    // Another signs in in place: what was typed does not stay in this program either.
    stage.world.advance(13 * 3_600_000);
    rolo.press("F1").await?;
    rolo.press("esc ctrl-s").await?;
    drop(rolo);
    let mut other = stage.keeping("mgr").await?;
    hides(&other, "青岛海运")?;
    other.press("n").await?;
    hides(&other, "青岛海运")?;
    other.press("'宁波' esc g d").await?;
    shows(&other, "宁波")?;
    drop(other);
    let rolo = stage.keeping("boss").await?;
    shows(&rolo, "青岛海运")?;
    hides(&rolo, "宁波")
}

#[tokio::test]
async fn an_expired_session_taken_by_another_person_takes_the_form_off_the_screen_and_not_off_the_disk() -> Result<()> {
    let stage = Stage::new().await?;
    let mut rolo = stage.keeping("boss").await?;
    rolo.press("2 s n e / 'website' enter 'www.kept.cn'").await?;
    stage.world.advance(13 * 3_600_000);
    rolo.press("ctrl-s").await?;
    shows(&rolo, "Your session has ended")?;
    rolo.press(&format!("shift-tab ctrl-u 'mgr' tab '{PASSWORD}' enter")).await?;
    shows(&rolo, "Customers › My customers")?;
    hides(&rolo, "www.kept.cn")?;
    rolo.press("n '宁波东方' esc").await?;
    drop(rolo);
    let mut rolo = stage.keeping("boss").await?;
    shows(&rolo, "www.kept.cn")?;
    hides(&rolo, "宁波")?;
    rolo.press("ctrl-s").await?;
    shows(&rolo, "Saved 包头稀土科技")
}

#[tokio::test]
async fn drafts_that_wait_are_told_today_and_opened_with_g_d() -> Result<()> {
    let stage = Stage::new().await?;
    let mut rolo = stage.keeping("boss").await?;
    rolo.press("2 s n e / 'website' enter 'www.one.cn' esc").await?;
    rolo.press("j i '报价' esc g t").await?;
    shows(&rolo, "2 drafts wait  g d")?;
    rolo.press("g d").await?;
    shows(&rolo, "Open a draft")?;
    rolo.press("2").await?;
    shows(&rolo, "www.one.cn")?;
    rolo.press("ctrl-s g t").await?;
    shows(&rolo, "1 draft waits  g d")?;
    rolo.press("g d").await?;
    shows(&rolo, "报价")?;
    rolo.press("ctrl-x esc g d").await?;
    shows(&rolo, "No draft waits")
}

#[tokio::test]
async fn a_saved_form_leaves_no_draft_even_when_it_was_left_before_the_answer() -> Result<()> {
    let stage = Stage::new().await?;
    let mut rolo = stage.keeping("boss").await?;
    rolo.press("2 s n e / 'website' enter 'www.kept.cn'").await?;
    rolo.tap("ctrl-s")?;
    rolo.tap("esc")?;
    rolo.until_idle().await?;
    assert_eq!(stage.customer("包头").await?.website, "www.kept.cn");
    rolo.press("g d").await?;
    shows(&rolo, "No draft waits")?;
    drop(rolo);
    assert_eq!(files(&stage.state())?.len(), 0);
    Ok(())
}

/// A restored form stands on what was seen when it was typed.
#[tokio::test]
async fn a_form_restored_on_stale_ground_overwrites_nothing_silently() -> Result<()> {
    let stage = Stage::new().await?;
    let mut rolo = stage.keeping("boss").await?;
    rolo.press("2 s n e / 'website' enter 'www.mine.cn'").await?;
    drop(rolo);
    let id = stage.customer("包头").await?.id;
    stage.change(id, "zip", pb::CustomerInput { zip: "014010".into(), ..Default::default() }).await?;
    let mut rolo = stage.keeping("boss").await?;
    for text in ["www.mine.cn", "014010"] {
        shows(&rolo, text)?;
    }
    stage.change(id, "website", pb::CustomerInput { website: "www.theirs.cn".into(), ..Default::default() }).await?;
    rolo.press("ctrl-s").await?;
    for text in ["Changed by somebody else", "www.mine.cn", "www.theirs.cn"] {
        shows(&rolo, text)?;
    }
    drop(rolo);
    // Neither is the question lost, nor what was typed; and the form says what it will be about.
    let mut rolo = stage.keeping("boss").await?;
    shows(&rolo, "Changed by somebody else meanwhile: Website")?;
    rolo.press("ctrl-s").await?;
    shows(&rolo, "www.theirs.cn")?;
    rolo.press("enter").await?;
    let now = stage.customer("包头").await?;
    assert_eq!((now.website.as_str(), now.zip.as_str()), ("www.mine.cn", "014010"));
    Ok(())
}

#[tokio::test]
async fn a_save_whose_answer_was_lost_with_the_program_happens_once() -> Result<()> {
    let stage = Stage::new().await?;
    let before = stage.boss.clone();
    let count = async || {
        let request = pb::ListInteractionsRequest { page_size: 50, ..Default::default() };
        let reply: pb::ListInteractionsResponse =
            call(before.call(request, |c, r| async move { c.interactions().list_interactions(r).await })).await?;
        Ok::<_, anyhow::Error>(reply.interactions.len())
    };
    let there = count().await?;
    let mut rolo = stage.keeping("boss").await?;
    rolo.press("2 / '启明' enter i '报价已发' tab '下次带样品' tab tab tab 'tomorrow 15:00'").await?;
    drop(rolo);
    // As the disk was before the save was acknowledged.
    let kept: Vec<_> =
        files(&stage.state())?.into_iter().map(|path| Ok((path.clone(), fs::read(path)?))).collect::<Result<_>>()?;
    let mut rolo = stage.keeping("boss").await?;
    rolo.press("ctrl-s").await?;
    shows(&rolo, "Saved 报价已发")?;
    drop(rolo);
    for (path, bytes) in kept {
        fs::write(path, bytes)?;
    }
    stage.world.advance(120_000);
    let mut rolo = stage.keeping("boss").await?;
    shows(&rolo, "2026-11-03 15:00")?;
    rolo.press("ctrl-s").await?;
    shows(&rolo, "Saved 报价已发")?;
    assert_eq!(count().await?, there + 1);
    Ok(())
}

#[tokio::test]
async fn two_programs_of_one_person_keep_their_drafts_apart() -> Result<()> {
    let stage = Stage::new().await?;
    let mut first = stage.keeping("boss").await?;
    first.press("n '青岛海运'").await?;
    let mut second = stage.keeping("boss").await?;
    hides(&second, "青岛海运")?;
    second.press("n '宁波东方' esc n ctrl-x esc").await?;
    drop(second);
    shows(&first, "青岛海运")?;
    drop(first);
    let third = stage.keeping("boss").await?;
    shows(&third, "青岛海运")
}

/// Somebody deletes a customer.
async fn bin(stage: &Stage, search: &str) -> Result<()> {
    let customer = stage.customer(search).await?;
    let request = pb::DeleteCustomerRequest {
        id: customer.id,
        revision: customer.revision,
        request_id: rolo_tests::world::request_id(),
    };
    let _: pb::Changed =
        call(stage.boss.call(request, |c, r| async move { c.customers().delete_customer(r).await })).await?;
    Ok(())
}

#[tokio::test]
async fn a_form_whose_record_went_with_its_customer_comes_back_as_something_new() -> Result<()> {
    let stage = Stage::new().await?;
    let mut rolo = stage.keeping("boss").await?;
    rolo.press("g k / '张律' enter e / 'memo' enter '喜欢喝茶'").await?;
    shows(&rolo, "喜欢喝茶")?;
    drop(rolo);
    for name in ["北京", "太原", "Mère"] {
        bin(&stage, name).await?;
    }
    let mut rolo = stage.keeping("boss").await?;
    for text in ["Contacts ›", "› New", "喜欢喝茶", "张律: this will be saved as something new"] {
        shows(&rolo, text)?;
    }
    // Its customer has gone too, and that is said; nothing is lost by trying.
    rolo.press("ctrl-s").await?;
    shows(&rolo, "喜欢喝茶")
}

#[tokio::test]
async fn a_record_deleted_meanwhile_leaves_what_was_typed_for_something_new() -> Result<()> {
    let stage = Stage::new().await?;
    let mut rolo = stage.keeping("boss").await?;
    rolo.press("2 s n e / 'website' enter 'www.mine.cn'").await?;
    bin(&stage, "包头").await?;
    rolo.press("ctrl-s").await?;
    shows(&rolo, "包头稀土科技 has been deleted meanwhile")?;
    rolo.press("n ctrl-s y").await?;
    for text in ["Customers › New", "www.mine.cn", "包头稀土科技: this will be saved as something new"] {
        shows(&rolo, text)?;
    }
    drop(rolo);
    let mut rolo = stage.keeping("boss").await?;
    for text in ["Customers › New", "www.mine.cn"] {
        shows(&rolo, text)?;
    }
    rolo.press("shift-tab shift-tab shift-tab shift-tab '科技路 1 号' ctrl-s").await?;
    shows(&rolo, "Saved 包头稀土科技")?;
    assert_eq!(stage.customer("包头").await?.website, "www.mine.cn");
    Ok(())
}

#[tokio::test]
async fn a_draft_that_cannot_be_read_is_set_aside_and_said() -> Result<()> {
    let stage = Stage::new().await?;
    let mut rolo = stage.keeping("boss").await?;
    rolo.press("n '青岛海运'").await?;
    drop(rolo);
    let file = files(&stage.state())?.pop().context("a draft")?;
    fs::write(&file, "{\"version\":9,\"draft\":{}}")?;
    let mut rolo = stage.keeping("boss").await?;
    shows(&rolo, "1 draft cannot be read by this version")?;
    rolo.press("2 s n").await?;
    assert!(row(&rolo).contains("包头"));
    assert!(file.with_extension("aside").exists());
    Ok(())
}

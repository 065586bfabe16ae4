//! What is typed to win an opportunity is kept like that of any form (`tui.md` rule 1), and overwrites nothing silently.

use std::fs;

use anyhow::Result;
use rolo_proto::v1 as pb;
use rolo_tests::world::{PASSWORD, Session};

use crate::{
    drafts::files,
    opportunities::filled,
    stage::{Stage, hides, shows},
};

/// To the telephone that is missing, and a telephone.
const WIN: &str = "g o 2 enter S '13800001111'";

async fn customers(stage: &Stage) -> Result<i64> {
    stage.world.number("SELECT COUNT(*) FROM customer WHERE name = '宁波东方重工'").await
}

/// Somebody changes the opportunity meanwhile.
async fn changed(boss: &Session, mask: &str, input: pb::OpportunityInput) -> Result<()> {
    let mine = pb::ListOpportunitiesRequest { page_size: 50, ..Default::default() };
    let found = boss.opportunities().list_opportunities(mine).await?.into_inner().opportunities;
    let id = found.into_iter().find(|one| one.customer_name == "宁波东方重工").map_or(0, |one| one.id);
    let request = pb::UpdateOpportunityRequest {
        id,
        opportunity: Some(input),
        update_mask: Some(prost_types::FieldMask { paths: vec![mask.to_owned()] }),
        request_id: rolo_tests::world::request_id(),
        ..Default::default()
    };
    boss.opportunities().update_opportunity(request).await?;
    Ok(())
}

#[tokio::test]
async fn what_was_typed_to_win_an_opportunity_outlives_the_program_and_goes_when_it_is_won() -> Result<()> {
    let (stage, ..) = filled().await?;
    let mut rolo = stage.keeping("boss").await?;
    rolo.press(WIN).await?;
    drop(rolo);
    let mut other = stage.keeping("mgr").await?;
    hides(&other, "13800001111")?;
    other.press("g d").await?;
    shows(&other, "No draft waits")?;
    drop(other);
    let mut rolo = stage.keeping("boss").await?;
    for text in ["宁波东方重工", "13800001111", "restored; ctrl-x discards it"] {
        shows(&rolo, text)?;
    }
    // Left, it waits; the caret is behind what was typed.
    rolo.press("'2' esc").await?;
    shows(&rolo, "Draft kept")?;
    rolo.press("g d").await?;
    shows(&rolo, "138000011112")?;
    rolo.press("backspace ctrl-s").await?;
    shows(&rolo, "Won: 宁波东方重工 is a customer")?;
    shows(&rolo, "13800001111")?;
    rolo.press("g d").await?;
    shows(&rolo, "No draft waits")?;
    drop(rolo);
    assert_eq!(files(&stage.state())?.len(), 0);
    Ok(())
}

#[tokio::test]
async fn a_win_that_is_discarded_is_as_the_opportunity_has_it() -> Result<()> {
    let (stage, ..) = filled().await?;
    let mut rolo = stage.keeping("boss").await?;
    rolo.press(&format!("{WIN} esc S")).await?;
    shows(&rolo, "13800001111")?;
    rolo.press("ctrl-x").await?;
    hides(&rolo, "13800001111")?;
    rolo.press("esc g d").await?;
    shows(&rolo, "No draft waits")
}

#[tokio::test]
async fn a_win_whose_answer_was_lost_with_the_program_happens_once() -> Result<()> {
    let (stage, ..) = filled().await?;
    let mut rolo = stage.keeping("boss").await?;
    rolo.press(WIN).await?;
    drop(rolo);
    // As the disk was before the win was acknowledged.
    let kept: Vec<_> =
        files(&stage.state())?.into_iter().map(|path| Ok((path.clone(), fs::read(path)?))).collect::<Result<_>>()?;
    let mut rolo = stage.keeping("boss").await?;
    rolo.press("ctrl-s").await?;
    shows(&rolo, "Won: 宁波东方重工 is a customer")?;
    drop(rolo);
    for (path, bytes) in kept {
        fs::write(path, bytes)?;
    }
    let mut rolo = stage.keeping("boss").await?;
    shows(&rolo, "13800001111")?;
    rolo.press("ctrl-s").await?;
    shows(&rolo, "Won: 宁波东方重工 is a customer")?;
    assert_eq!(customers(&stage).await?, 1);
    rolo.press("g d").await?;
    shows(&rolo, "No draft waits")
}

#[tokio::test]
async fn a_win_left_before_its_answer_leaves_no_draft() -> Result<()> {
    let (stage, ..) = filled().await?;
    let mut rolo = stage.keeping("boss").await?;
    rolo.press(WIN).await?;
    rolo.tap("ctrl-s")?;
    rolo.tap("esc")?;
    rolo.until_idle().await?;
    assert_eq!(customers(&stage).await?, 1);
    rolo.press("g d").await?;
    shows(&rolo, "No draft waits")
}

#[tokio::test]
async fn a_session_that_ends_before_the_win_keeps_what_was_typed() -> Result<()> {
    let (stage, ..) = filled().await?;
    let mut rolo = stage.keeping("boss").await?;
    rolo.press(WIN).await?;
    stage.world.advance(13 * 3_600_000);
    rolo.press("ctrl-s").await?;
    shows(&rolo, "Your session has ended")?;
    rolo.press(&format!("'{PASSWORD}' enter")).await?;
    shows(&rolo, "Won: 宁波东方重工 is a customer")?;
    assert_eq!(customers(&stage).await?, 1);
    Ok(())
}

#[tokio::test]
async fn a_win_on_stale_ground_shows_what_was_changed_and_waits_to_be_confirmed_again() -> Result<()> {
    let (stage, boss, _) = filled().await?;
    let mut rolo = stage.keeping("boss").await?;
    rolo.press(WIN).await?;
    drop(rolo);
    changed(&boss, "tel", pb::OpportunityInput { tel: "13911112222".into(), ..Default::default() }).await?;
    changed(&boss, "linkman", pb::OpportunityInput { linkman: "林总".into(), ..Default::default() }).await?;
    let mut rolo = stage.keeping("boss").await?;
    rolo.press("ctrl-s").await?;
    for text in ["13800001111", "theirs: 13911112222", "林总"] {
        shows(&rolo, text)?;
    }
    assert_eq!(customers(&stage).await?, 0, "nothing is won before it was confirmed again");
    rolo.press("ctrl-s").await?;
    shows(&rolo, "Won: 宁波东方重工 is a customer")?;
    shows(&rolo, "13800001111")?;
    shows(&rolo, "林总")
}

//! The screens over a network that breaks: nothing that was typed goes, and nobody has to start again. Issue 3, "over the
//! network".

use std::{sync::Arc, time::Duration};

use anyhow::{Context, Result};
use rolo_tests::{Proxy, World, network::pinned, proxy::Mode, world::PASSWORD};
use rolo_tui::{
    app::{
        Connection,
        harness::{Harness, Settings, Unkept},
    },
    strings::Lang,
};

use crate::stage::{hides, shows};

/// Opens the customer's form and types a website.
const EDIT: &str = "2 e / 'website' enter 'www.hs.cn'";
/// Which revision has it; 0 while none has.
const SAVED: &str = "SELECT IFNULL(MAX(revision), 0) FROM customer WHERE website = 'www.hs.cn'";

async fn at_a_distance(lang: Lang) -> Result<(World, Proxy, Harness)> {
    let mut world = World::new().await?;
    world.stop().await?;
    let (address, fingerprint) = world.start_encrypted().await?;
    let proxy = Proxy::to(address).await?;
    let client = pinned(proxy.address(), fingerprint)?;
    client.sign_in("boss", &PASSWORD.to_owned().into()).await?;
    let settings = Settings { lang, now: world.clock().now(), ..Settings::default() };
    world.session("boss").await?.customer("华盛", 0).await?;
    let mut rolo = Harness::start(Connection { client, keeper: Arc::new(Unkept) }, settings)?;
    rolo.until_idle().await?;
    Ok((world, proxy, rolo))
}

#[tokio::test]
async fn a_lost_server_is_found_again_with_form_and_place_as_they_were() -> Result<()> {
    let (mut world, proxy, mut rolo) = at_a_distance(Lang::En).await?;
    rolo.press(EDIT).await?;
    world.stop().await?;
    proxy.set(Mode::Refuse);
    rolo.press("ctrl-s").await?;
    shows(&rolo, "reconnecting")?;
    shows(&rolo, "cannot be reached; what was typed is kept")?;
    shows(&rolo, "www.hs.cn")?;
    // A try that fails changes nothing.
    rolo.advance(10_000).await?;
    shows(&rolo, "reconnecting")?;
    let (address, _) = world.start_encrypted().await?;
    proxy.redirect(address);
    proxy.set(Mode::Pass);
    rolo.advance(5_000).await?;
    hides(&rolo, "reconnecting")?;
    // What was said of the loss goes with it, without a key.
    hides(&rolo, "cannot be reached")?;
    shows(&rolo, "live")?;
    shows(&rolo, "www.hs.cn")?;
    rolo.press("ctrl-s").await?;
    assert_eq!(world.number(SAVED).await?, 2, "the second revision");
    world.stop().await
}

#[tokio::test]
async fn a_decision_that_did_not_reach_the_server_is_offered_again_when_it_is_back() -> Result<()> {
    let (mut world, proxy, mut rolo) = at_a_distance(Lang::En).await?;
    rolo.press("2").await?;
    proxy.set(Mode::Refuse);
    proxy.cut();
    rolo.press("d").await?;
    shows(&rolo, "cannot be reached")?;
    proxy.set(Mode::Pass);
    rolo.advance(5_000).await?;
    hides(&rolo, "cannot be reached")?;
    shows(&rolo, "The server is there again; what failed can be tried again")?;
    shows(&rolo, "华盛")?;
    rolo.press("!").await?;
    shows(&rolo, "Deleted 华盛")?;
    world.stop().await
}

#[tokio::test]
async fn a_save_that_reached_the_server_and_was_not_answered_is_not_made_twice_by_saving_again() -> Result<()> {
    let (mut world, proxy, mut rolo) = at_a_distance(Lang::Zh).await?;
    rolo.press(EDIT).await?;
    proxy.set(Mode::DropReplies);
    rolo.tap("ctrl-s")?;
    let saved = async {
        while world.number(SAVED).await? < 2 {
            tokio::task::yield_now().await;
        }
        anyhow::Ok(())
    };
    tokio::time::timeout(Duration::from_secs(20), saved).await.context("it never reached the server")??;
    world.stop().await?;
    proxy.set(Mode::Refuse);
    rolo.until_idle().await?;
    shows(&rolo, "正在重连")?;
    let (address, _) = world.start_encrypted().await?;
    proxy.redirect(address);
    proxy.set(Mode::Pass);
    // A key is enough to try at once.
    rolo.press("end ctrl-s").await?;
    hides(&rolo, "正在重连")?;
    shows(&rolo, "保存成功")?;
    assert_eq!(world.number(SAVED).await?, 2, "once, and not again");
    world.stop().await
}

#[tokio::test]
async fn what_failed_to_be_read_is_read_when_the_server_is_back() -> Result<()> {
    let (mut world, proxy, mut rolo) = at_a_distance(Lang::En).await?;
    world.session("boss").await?.customer("长江", 0).await?;
    proxy.set(Mode::Refuse);
    proxy.cut();
    rolo.press("2").await?;
    shows(&rolo, "reconnecting")?;
    proxy.set(Mode::Pass);
    rolo.advance(5_000).await?;
    shows(&rolo, "长江")?;
    hides(&rolo, "cannot be reached")?;
    world.stop().await
}

/// Issue: the server restarts in the middle, and the list goes on live with what happened meanwhile.
#[tokio::test]
async fn a_live_list_goes_on_after_a_restart_without_a_gap() -> Result<()> {
    let (mut world, proxy, mut rolo) = at_a_distance(Lang::En).await?;
    rolo.press("2").await?;
    world.stop().await?;
    proxy.set(Mode::Refuse);
    // Without a key: the stream has ended.
    rolo.until_shows("reconnecting").await?;
    let (address, _) = world.start_encrypted().await?;
    let sup = world.session("sup").await?;
    let customer = sup.get(1).await?;
    sup.rename(&customer, "华盛集团").await?;
    sup.customer("乙公司", 0).await?;
    proxy.redirect(address);
    proxy.set(Mode::Pass);
    rolo.advance(5_000).await?;
    rolo.until_shows("华盛集团").await?;
    rolo.until_shows("new: 乙公司, press R to show").await?;
    shows(&rolo, "● live")?;
    world.stop().await
}

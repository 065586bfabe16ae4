//! Signing in, again and for the first time.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use anyhow::Result;
use futures::future::BoxFuture;
use rolo_tests::world::PASSWORD;
use rolo_tui::{
    app::{
        Connection, FirstPerson, Keeper, SecretString,
        harness::{Harness, Settings, Unkept},
    },
    data::Failure,
};

use crate::stage::{Stage, client, hides, shows};

/// A place that nobody has set up: the first person is the world's.
struct Unmade(AtomicBool);

impl Keeper for Unmade {
    fn is_new(&self) -> bool {
        !self.0.load(Ordering::SeqCst)
    }

    fn initialise<'a>(&'a self, _: &'a FirstPerson) -> BoxFuture<'a, Result<(), Failure>> {
        self.0.store(true, Ordering::SeqCst);
        Box::pin(async { Ok(()) })
    }

    fn keep_token(&self, _: &str, _: Option<&SecretString>) {}
}

#[tokio::test]
async fn the_first_start_asks_for_a_name_and_a_password_and_opens_the_customers() -> Result<()> {
    let stage = Stage::empty().await?;
    let connection = Connection { client: client(&stage.world), keeper: Arc::new(Unmade(AtomicBool::new(false))) };
    let mut rolo = Harness::start(connection, Settings::default())?;
    rolo.until_idle().await?;
    shows(&rolo, "Welcome to Rolo")?;
    rolo.press(&format!("'boss' enter '{PASSWORD}' enter 'other' enter '华盛' enter")).await?;
    shows(&rolo, "differ")?;
    rolo.press(&format!("ctrl-u '{PASSWORD}' enter enter")).await?;
    shows(&rolo, "Customers › My customers")
}

#[tokio::test]
async fn a_wrong_password_is_said_and_the_name_stays() -> Result<()> {
    let stage = Stage::empty().await?;
    let connection = Connection { client: client(&stage.world), keeper: Arc::new(Unmade(AtomicBool::new(true))) };
    let mut rolo = Harness::start(connection, Settings::default())?;
    rolo.press("'boss' enter 'wrong one' enter").await?;
    shows(&rolo, "boss")?;
    hides(&rolo, "wrong one")?;
    rolo.press(&format!("ctrl-u '{PASSWORD}' enter")).await?;
    shows(&rolo, "Customers")
}

#[tokio::test]
async fn an_expired_session_is_renewed_in_place_and_the_form_is_saved() -> Result<()> {
    let stage = Stage::new().await?;
    let mut rolo = stage.boss().await?;
    rolo.press("2 s n e / 'website' enter 'www.kept.cn'").await?;
    stage.world.advance(13 * 3_600_000);
    rolo.press("ctrl-s").await?;
    shows(&rolo, "Your session has ended")?;
    rolo.press(&format!("'{PASSWORD}' enter")).await?;
    shows(&rolo, "Saved 包头稀土科技")
}

#[tokio::test]
async fn a_server_that_goes_away_is_said_with_a_way_to_try_again() -> Result<()> {
    let stage = Stage::new().await?;
    let mut rolo = stage.boss().await?;
    rolo.press("g k").await?;
    shows(&rolo, "● live")
}

/// What is typed before the server has said who we are is for the first screen, unless that is a question for a password.
#[tokio::test]
async fn what_is_typed_before_the_first_answer_is_for_the_first_screen() -> Result<()> {
    let stage = Stage::new().await?;
    for ended in [false, true] {
        if ended {
            stage.world.advance(13 * 3_600_000);
        }
        let connection = Connection { client: stage.boss.clone(), keeper: Arc::new(Unkept) };
        let mut rolo = Harness::start(connection, Settings::default())?;
        for key in ["2", "/", "z", "q"] {
            rolo.tap(key)?;
        }
        rolo.until_idle().await?;
        if ended {
            shows(&rolo, "Sign in")?;
            hides(&rolo, "zq")?;
        } else {
            shows(&rolo, "Customers › All")?;
            shows(&rolo, "zq")?;
        }
    }
    // Who leaves does not wait.
    let connection = Connection { client: stage.boss.clone(), keeper: Arc::new(Unkept) };
    let mut rolo = Harness::start(connection, Settings::default())?;
    rolo.tap("q")?;
    assert!(rolo.has_quit(), "q waits for the server");
    Ok(())
}

//! What others do, on a real terminal: shown without a key, calmly, and cheaply. Issue, done when 5; `tui.md` rule 4.

use std::time::Duration;

use anyhow::{Context, Result};
use rolo_proto::v1 as pb;
use rolo_tests::{pty::cursor_row, world::request_id};
use rolo_tui::data::{Client, client::Connector, wire};
use tokio::{runtime::Runtime, time::interval};

use crate::{
    company::{BOSS, Company, PASSWORD, Served},
    terminal::{FRAME_END, Terminal},
};

/// The size that budgets are measured at.
const SIZE: (u16, u16) = (120, 40);
/// Customers on the screen.
const CUSTOMERS: usize = 30;
/// What they are called from one change to the next: the whole cell is another.
const NAMES: [&str; 4] = ["北京华盛科技有限公司", "石家庄远航信息科技集团", "Ernst Handel & Söhne", "杭州文澜出版"];
/// Changes a second, and for how many seconds.
const RATE: u64 = 20;
const SECONDS: u64 = 5;

/// A served company, somebody who works in it from elsewhere, and a person who looks at the list.
struct Scene {
    runtime: Runtime,
    elsewhere: Client,
    rolo: Terminal,
    ids: Vec<i64>,
    _served: Served,
    _company: Company,
}

impl Scene {
    fn new() -> Result<Self> {
        let company = Company::new()?;
        let served = company.serve(&["--listen", "127.0.0.1:0"])?;
        let runtime = Runtime::new()?;
        let connector: Connector = wire::loopback(served.address.parse()?);
        let mut ids = Vec::new();
        let elsewhere = runtime.block_on(async {
            let elsewhere = Client::new(connector);
            elsewhere.sign_in(BOSS, &PASSWORD.to_owned().into()).await.map_err(|f| anyhow::anyhow!("{f}"))?;
            for n in 0..CUSTOMERS {
                ids.push(create(&elsewhere, &format!("第{n:02}号公司")).await?);
            }
            anyhow::Ok(elsewhere)
        })?;
        let rolo = Terminal::rolo(&company, SIZE, &[], &[])?;
        rolo.wait_for(&["● live", "2 All 30"])?;
        rolo.keys("2 j j j j")?;
        rolo.wait_for(&["1–30 of 30"])?;
        rolo.settle(Duration::from_millis(500))?;
        Ok(Self { runtime, elsewhere, rolo, ids, _served: served, _company: company })
    }
}

async fn create(client: &Client, name: &str) -> Result<i64> {
    let customer = Some(pb::CustomerInput { name: name.into(), ..Default::default() });
    let request = pb::CreateCustomerRequest { customer, request_id: request_id(), ..Default::default() };
    let made: pb::CreateCustomerResponse = client
        .call(request, |c, r| async move { c.customers().create_customer(r).await })
        .await
        .map_err(|f| anyhow::anyhow!("{f}"))?;
    Ok(made.customer.context("a customer")?.id)
}

async fn rename(client: &Client, id: i64, name: String) -> Result<()> {
    let request = pb::UpdateCustomerRequest {
        id,
        customer: Some(pb::CustomerInput { name, ..Default::default() }),
        update_mask: Some(prost_types::FieldMask { paths: vec!["name".into()] }),
        request_id: request_id(),
        ..Default::default()
    };
    let _: pb::Customer = client
        .call(request, |c, r| async move { c.customers().update_customer(r).await })
        .await
        .map_err(|f| anyhow::anyhow!("{f}"))?;
    Ok(())
}

#[test]
fn twenty_changes_a_second_cost_little_and_the_row_under_the_cursor_stays() -> Result<()> {
    let scene = Scene::new()?;
    let (rolo, elsewhere) = (&scene.rolo, &scene.elsewhere);
    // The number of the record: everybody's name changes.
    let number = |screen: &vt100::Screen| {
        let row = cursor_row(screen)?;
        screen.rows(0, 15).nth(row)
    };
    let (row, here) = rolo.look(|screen| (cursor_row(screen), number(screen)));
    let before = rolo.written();
    let mut moved = 0;
    scene.runtime.block_on(async {
        let mut pace = interval(Duration::from_millis(1_000 / RATE));
        for n in 0..RATE * SECONDS {
            pace.tick().await;
            let id = scene.ids[n as usize % CUSTOMERS];
            rename(elsewhere, id, format!("{n}号{}", NAMES[n as usize % NAMES.len()])).await?;
            moved += usize::from(rolo.look(cursor_row) != row || rolo.look(number) != here);
        }
        anyhow::Ok(())
    })?;
    let raw = rolo.raw();
    let written = &raw[before..];
    let frames = written.windows(FRAME_END.len()).filter(|w| *w == FRAME_END).count();
    assert_eq!(moved, 0, "the row under the cursor must not move");
    assert!(written.len() as u64 <= 20_000 * SECONDS, "{} bytes", written.len());
    assert!(frames as u64 <= 10 * SECONDS, "{frames} frames");
    assert!(frames as u64 >= SECONDS, "{frames} frames: the list must be live");
    rolo.wait_for(&[&format!("{}号", RATE * SECONDS - 1)])?;
    rolo.settle(Duration::from_millis(500))?;
    assert!(!rolo.writes_within(Duration::from_secs(2)), "at rest nothing is written");
    rolo.quit()
}

#[test]
fn a_new_customer_shows_without_a_key() -> Result<()> {
    let scene = Scene::new()?;
    scene.runtime.block_on(create(&scene.elsewhere, "安徽新材料"))?;
    scene.rolo.wait_for(&["new: 安徽新材料, press R to show"])?;
    scene.rolo.keys("R")?;
    scene.rolo.wait_for(&["1–31 of 31", "安徽新材料"])?;
    scene.rolo.quit()
}

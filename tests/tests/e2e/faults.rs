//! The machine below fails: a full disk, I/O errors, a lost COMMIT, a damaged file, a clock that jumps, a flood of
//! refusals. Issue 3, done-when 3; design §3; security lesson 25. The rounds of `torture` do the same with real kills.

use std::{
    fs,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use anyhow::{Context, Result, bail};
use futures::StreamExt;
use rolo_proto::v1 as pb;
use rolo_server::{
    Config, Handle, Place,
    clock::{Clock, DAY, HOUR, MINUTE},
    db::Lane,
};
use rolo_tests::{
    Session, World,
    ask::{detail, reason_of},
    torture::{
        self, Entry, Mark, Outcome, Start,
        server::{Order, Strikes},
    },
    world::{PASSWORD, START, request_id},
};
use tonic_health::pb::{HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient};

/// A company whose disk obeys.
async fn world() -> Result<(World, Arc<Strikes>)> {
    let mut world = World::new().await?;
    world.stop().await?;
    let strikes = Arc::new(Strikes::default());
    let faults = Some(Arc::<Strikes>::clone(&strikes) as _);
    world.start_with(Config { faults, ..Config::default() }).await?;
    Ok((world, strikes))
}

/// Waits until the server says of itself that it is like this.
async fn until(world: &World, wanted: ServingStatus) -> Result<()> {
    let mut health = HealthClient::new(world.channel().await?);
    let mut watch = health.watch(HealthCheckRequest::default()).await?.into_inner();
    while let Some(told) = watch.next().await {
        if told?.status() == wanted {
            return Ok(());
        }
    }
    bail!("the server stopped telling")
}

fn create(name: &str, request_id: &str) -> pb::CreateCustomerRequest {
    let customer = pb::CustomerInput { name: name.into(), ..Default::default() };
    pb::CreateCustomerRequest { customer: Some(customer), request_id: request_id.into(), ..Default::default() }
}

/// Done-when 3: "every refusal clear; the server recovers by itself".
#[tokio::test]
async fn while_the_disk_is_full_writes_are_refused_with_the_reason_and_reads_go_on() -> Result<()> {
    let (world, strikes) = world().await?;
    let boss = world.session("boss").await?;
    let before = boss.customer("先有的", 0).await?;
    strikes.set(Some(Order::Full));
    let refusal = loop {
        // Free pages in the file are used up first.
        let long = pb::CustomerInput { name: request_id(), address: "路".repeat(100), ..Default::default() };
        if let Err(refusal) = boss.create(long).await {
            break refusal;
        }
    };
    assert_eq!(reason_of::<()>(&Err(refusal.clone())), "READ_ONLY");
    assert_eq!(detail(&refusal, "why"), "DISK_FULL");
    assert!(refusal.message().contains("free some space"), "{}", refusal.message());
    let again = boss.customer("又一个", 0).await.err().context("written")?;
    assert_eq!(detail(&again, "why"), "DISK_FULL", "refused at the door too");
    assert_eq!(boss.get(before.id).await?.name, "先有的");
    until(&world, ServingStatus::NotServing).await?;
    let findings = world.nobody().await?.host().examine(pb::ExamineRequest {}).await?.into_inner().findings;
    let writes = findings.iter().find(|finding| finding.check == "writes").context("writes")?;
    assert_eq!((writes.health(), writes.problem.as_str()), (pb::Health::Fail, "DISK_FULL"));
    strikes.set(None);
    until(&world, ServingStatus::Serving).await?;
    boss.customer("又一个", 0).await?;
    assert_eq!(world.audit().await?.1, 0);
    Ok(())
}

/// Design §3: a failed COMMIT leaves the outcome open, whether it was done or not; the same request finds out.
#[tokio::test]
async fn after_a_failed_commit_the_same_request_is_safe_whether_it_was_written_or_not() -> Result<()> {
    let (world, strikes) = world().await?;
    let boss = world.session("boss").await?;
    boss.customer("先有的", 0).await?;
    for (order, name) in [(Order::Commits, "没写上"), (Order::Committed, "写上了")] {
        let id = request_id();
        strikes.set(Some(order));
        assert_eq!(reason_of(&boss.customers().create_customer(create(name, &id)).await), "UNAVAILABLE");
        let meanwhile = boss.customers().create_customer(create(name, &id)).await.err().context("written")?;
        assert_eq!(detail(&meanwhile, "why"), "IO");
        until(&world, ServingStatus::NotServing).await?;
        strikes.set(None);
        until(&world, ServingStatus::Serving).await?;
        let made = boss.customers().create_customer(create(name, &id)).await?.into_inner();
        let again = boss.customers().create_customer(create(name, &id)).await?.into_inner();
        assert_eq!(made, again);
        assert_eq!(boss.search(name).await?, [name]);
    }
    assert_eq!(world.number("SELECT COUNT(*) FROM customer").await?, 3);
    assert_eq!(world.audit().await?.1, 0, "the chain goes on from what is on disk");
    Ok(())
}

/// A row of an import must not be counted as wrong because the disk failed under it.
#[tokio::test]
async fn a_failing_disk_is_no_fault_of_an_imported_row() -> Result<()> {
    let (world, strikes) = world().await?;
    let boss = world.session("boss").await?;
    let options = pb::ImportOptions {
        kind: pb::Kind::Customer.into(),
        fields: vec!["name".into()],
        existing: pb::Existing::Refuse.into(),
        ..Default::default()
    };
    let request = pb::StartImportRequest {
        options: Some(options),
        file_hash: vec![1; 32],
        request_id: request_id(),
        ..Default::default()
    };
    let import_id = boss.imports().start_import(request).await?.into_inner().id;
    let rows: Vec<_> = (0..5).map(|line| pb::ImportRow { line, cells: vec![format!("客户{line}")] }).collect();
    let request = || pb::WriteRowsRequest { import_id, first_row: 0, rows: rows.clone() };
    for each in [15, 30, 45, 60] {
        strikes.set(Some(Order::Statements(each)));
        let refused = boss.imports().write_rows(request()).await.err().context("written")?;
        assert_eq!(detail(&refused, "why"), "IO", "statement {each}: {refused:?}");
        strikes.set(None);
        while boss.customer(&request_id(), 0).await.is_err() {}
    }
    let status = boss.imports().write_rows(request()).await?.into_inner().status.context("status")?;
    assert_eq!((status.created, status.refused), (5, 0));
    Ok(())
}

/// Design §3: a panic is caught per job; one in what was put off to the commit loses the batch, not the server.
#[tokio::test]
async fn a_panic_in_any_statement_of_a_write_ends_that_write_alone() -> Result<()> {
    let (world, strikes) = world().await?;
    let boss = world.session("boss").await?;
    boss.customer("先有的", 0).await?;
    let mut ended = Vec::new();
    for statement in 1..200 {
        strikes.set(Some(Order::Panic(statement)));
        let made = boss.customer(&format!("客户{statement}"), 0).await;
        strikes.set(None);
        boss.customer(&format!("之后{statement}"), 0).await?;
        match made {
            Ok(_) => break,
            Err(_) => ended.push(reason_of(&made)),
        }
    }
    assert!(ended.len() > 10 && ended.len() < 150, "{} statements", ended.len());
    assert!(ended.contains(&"INTERNAL".to_owned()) && ended.contains(&"UNAVAILABLE".to_owned()), "{ended:?}");
    assert!(ended.iter().all(|reason| ["INTERNAL", "UNAVAILABLE"].contains(&reason.as_str())), "{ended:?}");
    assert_eq!(world.number("SELECT COUNT(*) FROM customer").await?, ended.len() as i64 + 3);
    assert_eq!(world.audit().await?.1, 0);
    Ok(())
}

/// Design §3: `synchronous=FULL`, on the very connection that writes.
#[tokio::test]
async fn the_connection_that_writes_waits_for_the_disk() -> Result<()> {
    let (world, strikes) = world().await?;
    let synchronous = async || -> Result<i64> {
        let ask =
            |write: &mut rolo_server::db::Write<'_>| write.tx.query_one("PRAGMA synchronous", [], |row| row.get(0));
        Ok(world.handle()?.kernel().db().write(Lane::People, ask).await?)
    };
    assert_eq!(synchronous().await?, 2);
    strikes.set(Some(Order::Commits));
    assert_eq!(reason_of(&world.session("boss").await.map_err(|_| tonic::Status::unavailable(""))), "Unavailable");
    until(&world, ServingStatus::NotServing).await?;
    strikes.set(None);
    until(&world, ServingStatus::Serving).await?;
    assert_eq!(synchronous().await?, 2, "the connection made after a failure is set the same");
    Ok(())
}

#[tokio::test]
async fn a_damaged_file_is_named_at_the_start_with_the_way_back() -> Result<()> {
    let mut world = World::new().await?;
    world.session("boss").await?.customer("客户", 0).await?;
    world.stop().await?;
    let file = world.dir.path().join("rolo.db");
    let whole = fs::read(&file)?;
    let mut torn = whole.clone();
    torn.truncate(whole.len() / 2);
    let mut scribbled = whole.clone();
    scribbled.iter_mut().skip(100).take(8_000).for_each(|byte| *byte = 0xa5);
    for damaged in [vec![0xa5; 8_192], torn, scribbled] {
        fs::write(&file, &damaged)?;
        let told = match Place::open(world.dir.path(), Config::default()).await {
            Err(error) => error.to_string(),
            // Damage further in is found by whoever looks.
            Ok(Place::Owner(handle)) => {
                let findings = host(&handle).await?.host().examine(pb::ExamineRequest {}).await;
                let found = findings
                    .as_ref()
                    .is_ok_and(|answer| answer.get_ref().findings.iter().any(|finding| finding.problem == "damaged"));
                assert!(found, "{findings:?}");
                let _ = handle.shutdown().await;
                continue;
            }
            Ok(Place::Other { .. }) => bail!("somebody else"),
        };
        assert!(told.contains("rolo.db is damaged") && told.contains("backup"), "{told}");
        assert_eq!(fs::read(&file)?, damaged, "nothing was changed");
    }
    Ok(())
}

/// The process itself, which is the host.
async fn host(handle: &Handle) -> Result<Session> {
    let mut stream = Some(hyper_util::rt::TokioIo::new(handle.connect().await?));
    let connect = tower::service_fn(move |_: http::Uri| {
        std::future::ready(stream.take().ok_or_else(|| std::io::Error::other("used up")))
    });
    let endpoint = tonic::transport::Endpoint::from_static("http://rolo.invalid");
    Ok(Session::on(endpoint.connect_with_connector(connect).await?))
}

/// Security lesson 25: a loop of refused calls cannot make the log grow without bound.
#[tokio::test]
async fn refused_writes_fill_the_log_only_so_fast() -> Result<()> {
    let world = World::new().await?;
    let (mgr, other) = (world.session("mgr").await?, world.session("other").await?);
    let mine = mgr.customer("华盛", 0).await?;
    let logged = "SELECT COUNT(*) FROM audit WHERE verb = 'refused'";
    for _ in 0..100 {
        assert_eq!(reason_of(&other.bin(&mine).await), "NOT_OWNER");
    }
    assert_eq!(world.number(logged).await?, 30);
    world.advance(MINUTE);
    for _ in 0..100 {
        assert_eq!(reason_of(&other.undo(99_999).await), "NOT_FOUND");
    }
    assert_eq!(world.number(logged).await?, 60);
    assert_eq!(world.audit().await?.1, 0);
    Ok(())
}

/// Design §3: a step of the clock is audited, degrades health and shows in `rolod doctor`; a session has no more time for
/// it, and no request is forgotten for it.
#[tokio::test]
async fn a_clock_that_jumps_is_told_of_and_neither_lengthens_a_session_nor_doubles_a_request() -> Result<()> {
    let mut world = World::new().await?;
    let boss = world.session("boss").await?;
    world.stop().await?;
    let (wall, steady) = (Arc::new(AtomicI64::new(START)), Arc::new(AtomicI64::new(0)));
    let clock = {
        let (wall, steady) = (Arc::clone(&wall), Arc::clone(&steady));
        Clock::from_two(move || wall.load(Ordering::SeqCst), move || steady.load(Ordering::SeqCst))
    };
    let Place::Owner(handle) = Place::open(world.dir.path(), Config { clock, ..Config::default() }).await? else {
        bail!("somebody else")
    };
    let here = host(&handle).await?;
    let boss = boss.over(here.channel());
    let id = request_id();
    let made = boss.customers().create_customer(create("华盛", &id)).await?.into_inner();
    // Forward by ten days and a half, and back: a request of a moment ago looks older than a day, and is not forgotten.
    wall.fetch_add(10 * DAY + 13 * HOUR, Ordering::SeqCst);
    handle.kernel().clock().now();
    handle.kernel().sweep();
    handle.kernel().db().write(Lane::Feeds, |_| Ok(())).await?;
    wall.fetch_add(-10 * DAY - 13 * HOUR, Ordering::SeqCst);
    assert_eq!(boss.customers().create_customer(create("华盛", &id)).await?.into_inner(), made);
    // Told to whoever asks for the health of the clock.
    let mut health = HealthClient::new(here.channel());
    // Open until the end: somebody who watches does not keep the server from ending.
    let mut watch = health.watch(HealthCheckRequest { service: "clock".into() }).await?.into_inner();
    while watch.next().await.context("no more news")??.status() != ServingStatus::NotServing {}
    let findings = here.host().examine(pb::ExamineRequest {}).await?.into_inner().findings;
    let clock = findings.iter().find(|finding| finding.check == "clock").context("clock")?;
    assert_eq!((clock.health(), clock.problem.as_str()), (pb::Health::Warn, "stepped"));
    // The wall stands still while twelve hours go by.
    steady.fetch_add(12 * HOUR, Ordering::SeqCst);
    assert_eq!(reason_of(&boss.customers().get_customer(pb::GetCustomerRequest::default()).await), "UNAUTHENTICATED");
    handle.shutdown().await?;
    world.start().await?;
    let steps = "SELECT COUNT(*) FROM audit WHERE verb = 'clock_stepped'";
    assert_eq!(world.number(steps).await?, 2);
    assert_eq!(world.audit().await?.1, 0);
    Ok(())
}

/// Whatever time it is: who has signed in from an origin is known there for thirty days, and no longer.
#[tokio::test]
async fn who_has_signed_in_is_known_for_thirty_days_whatever_the_clock_says() -> Result<()> {
    let mut world = World::new().await?;
    world.stop().await?;
    let steady = Arc::new(AtomicI64::new(0));
    let clock = {
        let steady = Arc::clone(&steady);
        Clock::from_two(|| START, move || steady.load(Ordering::SeqCst))
    };
    let Place::Owner(handle) = Place::open(world.dir.path(), Config { clock, ..Config::default() }).await? else {
        bail!("somebody else")
    };
    let here = host(&handle).await?;
    let sign_in = async || {
        let request =
            pb::SignInRequest { name: "boss".into(), password: PASSWORD.into(), ..pb::SignInRequest::default() };
        reason_of(&here.sessions().sign_in(request).await)
    };
    assert_eq!(sign_in().await, "ok");
    for (days, answer) in [(29, "ok"), (31, "THROTTLED")] {
        let now = steady.fetch_add(days * DAY, Ordering::SeqCst) + days * DAY;
        handle.kernel().sweep();
        // Somebody guesses there.
        for n in 0..60 {
            handle.kernel().soft_locks().attempt(&format!("user{n}"), "host", now);
        }
        assert_eq!(sign_in().await, answer, "after {days} days");
    }
    handle.shutdown().await?;
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "somebody with an editor, past the server")]
fn tamper(dir: &std::path::Path, sql: &str) -> Result<()> {
    Ok(rusqlite::Connection::open(dir.join("rolo.db"))?.execute_batch(sql)?)
}

/// A checker that finds nothing proves something only if it finds what is there.
#[tokio::test]
async fn the_history_checker_notices_what_is_lost_doubled_half_done_or_tampered_with() -> Result<()> {
    let start = Start::new().await?;
    let entry = |name: &str, outcome| Entry {
        request_id: format!("create {name}"),
        method: "CreateCustomer",
        mark: Mark::Named(pb::Kind::Customer, name.into()),
        outcome,
        create: None,
    };
    let check = async |history: &[Entry]| -> Result<String> {
        let found = torture::check(start.dir(), start.token(0), history, &[], START + MINUTE).await?.0;
        Ok(found.join("\n"))
    };
    let refused = || Outcome::Refused("READ_ONLY".into());
    assert_eq!(check(&[entry("无", refused()), entry("有没有", Outcome::Unknown)]).await?, "");
    let found = check(&[entry("丢了", Outcome::Ok(1))]).await?;
    assert!(found.contains("is there 0 of 1") && found.contains("is not remembered"), "{found}");
    let found = check(&[entry("无", Outcome::Refused("NOT_FOUND".into()))]).await?;
    assert!(found.contains("was refused with NOT_FOUND"), "{found}");
    tamper(
        start.dir(),
        "INSERT INTO customer (no, name, party, created_at, created_by, updated_at)
         VALUES ('KH1', '半个', 2, 1, 1, 1), ('KH2', '两个', 2, 1, 1, 1), ('KH3', '两个', 2, 1, 1, 1);
         INSERT INTO outbox (sequence, kind, record_id, revision, parent_id, owner_before, owner_after, also_owner, deleted)
         SELECT last + step.column1, 1, 1, 1, 0, 0, 0, 0, 0
         FROM (SELECT MAX(sequence) AS last FROM outbox), (VALUES (1), (3)) AS step;
         INSERT INTO operation (user_id, at, method) VALUES (1, 1, 'CreateCustomer')",
    )?;
    let history = [entry("半个", Outcome::Unknown), entry("两个", Outcome::Ok(2)), entry("半个", refused())];
    let found = check(&history).await?;
    for told in [
        "is half done",
        "is there 2 of 1",
        "ended Refused(\"READ_ONLY\") and is there 1",
        "is in no log",
        "holes in the outbox: 1",
        "changes that only the outbox tells: 1",
        "changes told twice: 1",
        "operations without a request: 1",
        "operations without a change: 1",
        "customers without a place in the index: 3",
        "customers without grams: 3",
    ] {
        assert!(found.contains(told), "{told} is missing in:\n{found}");
    }
    tamper(
        start.dir(),
        "UPDATE opportunity SET status = 3 WHERE customer_name = 'A00-1';
         UPDATE opportunity SET assignee_id = NULL WHERE customer_name = 'A00-2';
         UPDATE opportunity SET steps = 1 WHERE customer_name = 'A00-0'",
    )?;
    let found = check(&[]).await?;
    for told in [
        "sums that are not those of the opportunities",
        "developed by nobody",
        "won without just one customer",
        "plans counted wrong: 1",
        "status is 3 and was last set to 2",
    ] {
        assert!(found.contains(told), "{told} is missing in:\n{found}");
    }
    Ok(())
}

//! The data directory: one owner, take-over, files of other versions and programs. Design §1, §3, security #27, #30.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use anyhow::{Context, Result};
use rolo_proto::v1 as pb;
use rolo_server::{Config, InitOptions, Place};
use rolo_tests::{
    Session, World,
    ask::reason_of,
    world::{PASSWORD, digest},
};
use tonic::transport::Endpoint;

/// The database file, opened from outside while no server runs.
#[expect(clippy::disallowed_methods, reason = "from outside, as another version or program would")]
fn open(path: &Path) -> Result<rusqlite::Connection> {
    Ok(rusqlite::Connection::open(path)?)
}

fn mode(path: &Path) -> Result<u32> {
    Ok(fs::metadata(path)?.permissions().mode() & 0o777)
}

async fn over_socket(socket: &Path) -> Result<Session> {
    let address = format!("unix:{}", socket.display());
    Ok(Session::on(Endpoint::from_shared(address)?.connect().await?))
}

async fn failure(world: &mut World) -> Result<String> {
    Ok(world.start().await.err().context("it was opened")?.to_string())
}

#[tokio::test]
async fn a_second_one_finds_the_owners_socket_and_takes_over_when_the_owner_leaves() -> Result<()> {
    let mut world = World::new().await?;
    let boss = world.session("boss").await?;
    let customer = boss.customer("华盛", 0).await?;
    let config = || Config { clock: world.clock(), ..Config::default() };
    let Place::Other { socket } = Place::open(world.dir.path(), config()).await? else { anyhow::bail!("two owners") };
    assert_eq!(mode(&socket)?, 0o600);
    for name in ["rolo.db", "rolo.db-wal", "lock"] {
        assert_eq!(mode(&world.dir.path().join(name))?, 0o600, "{name}");
    }
    let guest = over_socket(&socket).await?;
    let request = pb::SignInRequest { name: "boss".into(), password: PASSWORD.into(), client: "second".into() };
    let signed = guest.sessions().sign_in(request).await?.into_inner();
    assert_eq!(guest.with_token(&signed.token)?.get(customer.id).await?.name, "华盛");
    // Whoever runs under the directory's uid is its host, over this socket too.
    assert!(guest.host().verify_audit(pb::VerifyAuditRequest {}).await.is_ok());
    let config = config();
    world.stop().await?;
    assert!(!socket.exists(), "the socket goes with its owner");
    let Place::Owner(heir) = Place::open(world.dir.path(), config).await? else { anyhow::bail!("nobody took over") };
    let guest = over_socket(&socket).await?.with_token(&signed.token)?;
    assert_eq!(guest.get(customer.id).await?.name, "华盛", "and the session goes on");
    heir.shutdown().await?;
    Ok(())
}

#[tokio::test]
async fn a_socket_left_by_a_killed_owner_is_no_obstacle() -> Result<()> {
    let mut world = World::new().await?;
    world.stop().await?;
    let socket = rolo_server::directory::socket_path(world.dir.path())?;
    drop(std::os::unix::net::UnixListener::bind(&socket)?);
    assert!(socket.exists());
    world.start().await?;
    assert!(over_socket(&socket).await.is_ok());
    Ok(())
}

#[tokio::test]
async fn a_newer_or_foreign_database_is_refused_and_left_alone() -> Result<()> {
    let mut world = World::new().await?;
    world.stop().await?;
    let path = world.dir.path().join("rolo.db");
    open(&path)?.pragma_update(None, "user_version", 99)?;
    let before = digest(world.dir.path())?;
    let why = failure(&mut world).await?;
    assert!(why.contains("newer version") && why.contains("99"), "{why}");
    assert_eq!(digest(world.dir.path())?, before);
    let known = open(&path)?;
    let migrations = i64::try_from(rolo_server::db::migrate::MIGRATIONS.len())?;
    known.pragma_update(None, "user_version", migrations)?;
    known.pragma_update(None, "application_id", 4711)?;
    drop(known);
    let why = failure(&mut world).await?;
    assert!(why.contains("another program"), "{why}");
    fs::write(&path, "this is not a database, but a letter to one, and rather longer than its header")?;
    assert!(!failure(&mut world).await?.is_empty());
    fs::remove_file(&path)?;
    let why = failure(&mut world).await?;
    assert!(why.contains("rolod init"), "{why}");
    Ok(())
}

/// Design §3: migrations keep a copy of the file as it was.
#[tokio::test]
async fn a_copy_is_kept_before_a_migration_for_its_owner_alone() -> Result<()> {
    let mut world = World::new().await?;
    world.session("boss").await?.customer("华盛", 0).await?;
    world.stop().await?;
    let path = world.dir.path().join("rolo.db");
    let old = open(&path)?;
    // As version 1 left it.
    old.execute_batch(
        "PRAGMA foreign_keys = OFF;
         DROP TABLE bulk_refusal; DROP TABLE bulk; DROP TABLE saved_view; DROP TABLE follow;
         DROP TABLE notice_record; DROP TABLE notice;
         DROP TABLE opportunity_gram; DROP TABLE opportunity_search; DROP TABLE plan_step; DROP TABLE opportunity_stage_sum;
         DROP TABLE opportunity_month_sum;
         DROP TABLE opportunity; DROP TABLE product; DROP TABLE customer_search; DROP TABLE customer_gram;
         PRAGMA user_version = 1;",
    )?;
    drop(old);
    world.start().await?;
    let boss = world.session("boss").await?;
    assert_eq!(boss.names(pb::CustomerFilter::default()).await?, ["华盛"]);
    assert!(boss.customer("长江", 0).await.is_ok());
    let copy = world.dir.path().join("rolo.before-2.db");
    assert_eq!(mode(&copy)?, 0o600);
    let copy = open(&copy)?;
    let version: i64 = copy.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let name: String = copy.query_row("SELECT name FROM customer", [], |row| row.get(0))?;
    assert_eq!((version, name.as_str()), (1, "华盛"));
    Ok(())
}

/// D12: `rolod init` twice, or with a wrong option, changes nothing.
#[tokio::test]
async fn a_directory_is_made_once_and_only_from_sound_options() -> Result<()> {
    let dir = tempfile::tempdir()?;
    let place = dir.path().join("new");
    let good = || InitOptions { password: Some(PASSWORD.to_owned().into()), ..InitOptions::default() };
    for bad in [
        InitOptions { time_zone: "Mars/Olympus".into(), ..good() },
        InitOptions { currency: "yuan".into(), ..good() },
        InitOptions { language: "fr".into(), ..good() },
        InitOptions { admin: " ".into(), ..good() },
        InitOptions { company: "\u{1b}".into(), ..good() },
        InitOptions { password: Some("short".to_owned().into()), ..good() },
    ] {
        assert_eq!(rolo_server::init(&place, bad).await.err().map(|error| error.reason()), Some("VALIDATION"));
        assert!(!rolo_server::is_initialised(&place));
    }
    assert_eq!(rolo_server::init(&place, good()).await?, None, "a password that was given is not told");
    assert_eq!(mode(&place)?, 0o700);
    let again = rolo_server::init(&place, good()).await.err().context("twice")?;
    assert!(again.to_string().contains("holds a database already"), "{again}");
    let other = dir.path().join("other");
    let one_time = rolo_server::init(&other, InitOptions { password: None, admin_only: true, ..good() }).await?;
    assert!(one_time.is_some_and(|password| password.len() >= 16));
    let Place::Owner(handle) = Place::open(&place, Config::default()).await? else { anyhow::bail!("not the owner") };
    handle.shutdown().await?;
    Ok(())
}

/// Security #27: verify = reopen + integrity check + the chain; a copy that does not verify does not stay.
#[tokio::test]
async fn a_backup_is_taken_while_people_work_verified_and_never_over_a_file() -> Result<()> {
    let world = World::new().await?;
    let (boss, host) = (world.session("boss").await?, world.nobody().await?);
    for i in 0..20 {
        boss.customer(&format!("客户{i}"), 0).await?;
    }
    let dir = tempfile::tempdir()?;
    let path = dir.path().join("rolo.db");
    let backup = async |path: &Path| host.host().backup(pb::BackupRequest { path: path.display().to_string() }).await;
    let made = backup(&path).await?.into_inner();
    assert_eq!((made.audit_rows, u64::try_from(made.bytes)?), (world.audit().await?.0, fs::metadata(&path)?.len()));
    assert_eq!(mode(&path)?, 0o600);
    let files: Vec<_> = fs::read_dir(dir.path())?.map(|entry| Ok(entry?.file_name())).collect::<Result<_>>()?;
    assert_eq!(files, ["rolo.db"], "one file, nothing beside it");
    assert_eq!(digest(dir.path())?, digest(world.dir.path())?, "the copy holds what the original holds");
    assert_eq!(reason_of(&backup(&path).await), "UNAVAILABLE", "it is there already");
    assert_eq!(reason_of(&backup(Path::new("rolo.db")).await), "VALIDATION", "relative to what?");
    assert_eq!(reason_of(&backup(&dir.path().join("no/such/place.db")).await), "UNAVAILABLE");
    // The copy works as a database of its own.
    let Place::Owner(handle) = Place::open(dir.path(), Config { clock: world.clock(), ..Config::default() }).await?
    else {
        anyhow::bail!("not the owner")
    };
    handle.shutdown().await?;
    world.sql("UPDATE audit SET verb = 'x' WHERE sequence = 3").await?;
    let broken = dir.path().join("broken.db");
    assert_eq!(reason_of(&backup(&broken).await), "UNAVAILABLE");
    assert!(!broken.exists(), "a copy that does not verify must not lie around looking like one");
    Ok(())
}

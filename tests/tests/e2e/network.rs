//! Over the network: whom a client believes, what it says when it does not, and that a bad network neither loses nor
//! doubles a save. Design §1.

use std::{
    fs,
    future::Future,
    net::SocketAddr,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use rolo_proto::{
    join::{Address, Fingerprint},
    v1 as pb,
};
use rolo_server::{Config, Listen, tls::CertificateFiles};
use rolo_tests::{
    Proxy, World,
    network::pinned,
    proxy::Mode,
    world::{PASSWORD, request_id},
};
use rolo_tui::{
    data::{
        Client, Failure, Reason, State,
        trust::{Pin, Trust},
        wire,
    },
    strings::Lang,
};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

async fn encrypted() -> Result<(World, SocketAddr, Fingerprint)> {
    let mut world = World::new().await?;
    world.stop().await?;
    let (address, fingerprint) = world.start_encrypted().await?;
    Ok((world, address, fingerprint))
}

/// A client that believes what this state directory says, and this CA.
fn believing(address: &str, state: &State, ca: Option<PathBuf>) -> Result<Client> {
    let trust = Trust::new(Pin::Kept(state.clone()), ca);
    Ok(Client::new(wire::tls(address.parse()?, trust)).with_attempts(1))
}

fn state() -> Result<(TempDir, State)> {
    let dir = tempfile::tempdir()?;
    let state = State::at(dir.path().join("state"))?;
    Ok((dir, state))
}

fn create(name: &str) -> pb::CreateCustomerRequest {
    pb::CreateCustomerRequest {
        customer: Some(pb::CustomerInput { name: name.into(), ..Default::default() }),
        request_id: request_id(),
        ..Default::default()
    }
}

async fn make(client: Client, request: pb::CreateCustomerRequest) -> Result<pb::CreateCustomerResponse, Failure> {
    client.call(request, |c, r| async move { c.customers().create_customer(r).await }).await
}

async fn count(world: &World) -> Result<i64> {
    world.number("SELECT COUNT(*) FROM customer").await
}

/// Waits until something is so.
async fn until<F: Future<Output = Result<bool>>>(mut so: impl FnMut() -> F) -> Result<()> {
    let asked = async {
        while !so().await? {
            tokio::task::yield_now().await;
        }
        anyhow::Ok(())
    };
    tokio::time::timeout(Duration::from_secs(20), asked).await.context("it never came to be so")?
}

fn refused<T>(outcome: Result<T, Failure>) -> Result<Failure> {
    outcome.err().context("it was let through")
}

#[tokio::test]
async fn people_work_over_tls_and_nobody_there_is_the_host() -> Result<()> {
    let (mut world, address, fingerprint) = encrypted().await?;
    let client = pinned(address, fingerprint)?;
    client.sign_in("boss", &PASSWORD.to_owned().into()).await?;
    make(client.clone(), create("华盛")).await?;
    assert_eq!(count(&world).await?, 1);
    // The host's methods, over the same transport: a connection from this very machine and uid has no authority.
    let endpoint = tonic::transport::Endpoint::from_static("http://rolo.invalid");
    let trust = wire::tls(address.to_string().parse()?, Trust::new(Pin::Given(fingerprint), None));
    let connect = tower::service_fn(move |_: http::Uri| {
        let connecting = trust();
        async move { connecting.await.map(hyper_util::rt::TokioIo::new) }
    });
    let mut host = pb::host_service_client::HostServiceClient::new(endpoint.connect_with_connector(connect).await?);
    let refusal = host.verify_audit(pb::VerifyAuditRequest {}).await.err().map(Failure::from);
    assert_eq!(refusal.map(|failure| failure.reason), Some(Reason::Forbidden));
    world.stop().await
}

/// A TLS server with another certificate that counts who got through the handshake to it.
async fn impostor(dir: &World) -> Result<(SocketAddr, Arc<AtomicUsize>, Arc<AtomicUsize>)> {
    let place = dir.dir.path().join("impostor");
    fs::create_dir(&place)?;
    rolo_server::tls::make(&place, &["localhost".parse()?])?;
    let config = CertificateFiles::of_directory(&place).context("no certificate")?.server_config()?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let (met, believed) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (m, b) = (met.clone(), believed.clone());
    tokio::spawn(async move {
        let acceptor = tokio_rustls::TlsAcceptor::from(config);
        while let Ok((stream, _)) = listener.accept().await {
            m.fetch_add(1, Ordering::SeqCst);
            if acceptor.accept(stream).await.is_ok() {
                b.fetch_add(1, Ordering::SeqCst);
            }
        }
    });
    Ok((address, met, believed))
}

#[tokio::test]
async fn another_certificate_than_the_pinned_one_hears_nothing_and_is_not_asked_twice() -> Result<()> {
    let (mut world, _, fingerprint) = encrypted().await?;
    let (address, met, believed) = impostor(&world).await?;
    let failure = refused(pinned(address, fingerprint)?.sign_in("boss", &PASSWORD.to_owned().into()).await)?;
    assert_eq!((failure.reason, failure.exit_code()), (Reason::Untrusted, 7));
    assert_eq!(failure.detail("pinned"), fingerprint.to_string());
    let known = failure.detail("fingerprint").to_owned();
    for lang in [Lang::En, Lang::Zh] {
        let told = failure.message(lang);
        assert!(told.contains(&known) && told.contains("rolo servers forget"), "{told}");
    }
    let again = refused(pinned(address, fingerprint)?.instance().await)?;
    assert_eq!(again.reason, Reason::Untrusted);
    assert_eq!((met.load(Ordering::SeqCst), believed.load(Ordering::SeqCst)), (2, 0), "once a call, and no handshake");
    world.stop().await
}

#[tokio::test]
async fn a_changed_certificate_stops_a_running_client_until_a_person_has_decided() -> Result<()> {
    let (mut world, address, fingerprint) = encrypted().await?;
    let proxy = Proxy::to(address).await?;
    let (_dir, state) = state()?;
    let place: Address = proxy.address().to_string().parse()?;
    let client = believing(&place.to_string(), &state, None)?;
    let first = refused(client.instance().await)?;
    assert_eq!((first.reason, first.detail("pinned")), (Reason::Untrusted, ""), "nothing is believed unasked");
    assert_eq!(first.detail("fingerprint"), fingerprint.to_string());
    state.keep_pin(&place, fingerprint)?;
    client.instance().await?;
    world.stop().await?;
    fs::rename(world.dir.path().join("tls"), world.dir.path().join("tls.old"))?;
    let (address, other) = world.start_encrypted().await?;
    proxy.redirect(address);
    let mut stopped = refused(client.instance().await)?;
    if stopped.reason == Reason::Unavailable {
        // The end of the old connection was still on its way.
        stopped = refused(client.instance().await)?;
    }
    assert_eq!(
        (stopped.detail("pinned"), stopped.detail("fingerprint")),
        (&*fingerprint.to_string(), &*other.to_string())
    );
    assert!(state.forget_server(&place)?);
    state.keep_pin(&place, other)?;
    client.instance().await?;
    world.stop().await
}

/// A certificate for `name` and the CA that signed it; the CA's is in `ca.pem`.
fn signed_by_a_ca(dir: &TempDir, name: &str, expired: bool) -> Result<CertificateFiles> {
    let mut ca = rcgen::CertificateParams::new(Vec::new())?;
    ca.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let ca = rcgen::CertifiedIssuer::self_signed(ca, rcgen::KeyPair::generate()?)?;
    let mut leaf = rcgen::CertificateParams::new(vec![name.to_owned()])?;
    if expired {
        leaf.not_after = rcgen::date_time_ymd(2020, 1, 1);
    }
    let key = rcgen::KeyPair::generate()?;
    let at = |file: &str| dir.path().join(file);
    fs::write(at("ca.pem"), ca.pem())?;
    fs::write(at("cert.pem"), leaf.signed_by(&key, &ca)?.pem())?;
    fs::write(at("key.pem"), key.serialize_pem())?;
    Ok(CertificateFiles { cert: at("cert.pem"), key: at("key.pem") })
}

#[tokio::test]
async fn a_certificate_that_a_ca_signed_for_the_name_needs_no_pin() -> Result<()> {
    let mut world = World::new().await?;
    for (name, expired, believed) in [
        ("127.0.0.1", false, Ok(())),
        ("crm.example.com", false, Err("for another name")),
        ("127.0.0.1", true, Err("expired")),
    ] {
        world.stop().await?;
        let dir = tempfile::tempdir()?;
        let config = Config {
            certificate: Some(signed_by_a_ca(&dir, name, expired)?),
            listen: vec![Listen::Tcp(([127, 0, 0, 1], 0).into())],
            ..Config::default()
        };
        world.start_with(config).await?;
        let (_state, state) = state()?;
        let address = world.tcp()?.to_string();
        let met = believing(&address, &state, Some(dir.path().join("ca.pem")))?.instance().await;
        match believed {
            Ok(()) => drop(met?),
            Err(why) => {
                let failure = refused(met)?;
                assert_eq!((failure.reason, failure.detail("fingerprint")), (Reason::Untrusted, ""), "nobody is asked");
                assert!(failure.message(Lang::En).contains(why), "{failure}");
            }
        }
        let without = refused(believing(&address, &state, None)?.instance().await)?;
        assert_eq!(without.reason, Reason::Untrusted, "no public CA vouches for it");
    }
    world.stop().await
}

#[tokio::test]
async fn who_speaks_the_wrong_language_is_told_in_words() -> Result<()> {
    let (mut world, address, fingerprint) = encrypted().await?;
    let plain = Client::new(wire::loopback(address)).with_attempts(1);
    let failure = refused(plain.instance().await)?;
    assert!(failure.message(Lang::En).contains("leave out plain:"), "{failure}");
    assert!(failure.message(Lang::Zh).contains("请去掉 plain:"), "{failure}");
    world.stop().await?;
    let nobody = refused(pinned(address, fingerprint)?.with_attempts(1).instance().await)?;
    assert!(nobody.message(Lang::En).contains("nobody listens there"), "{nobody}");
    let config = Config { listen: vec![Listen::Loopback(([127, 0, 0, 1], 0).into())], ..Config::default() };
    world.start_with(config).await?;
    let failure = refused(pinned(world.tcp()?, fingerprint)?.with_attempts(1).instance().await)?;
    assert!(failure.message(Lang::En).contains("does not speak TLS"), "{failure}");
    assert!(failure.message(Lang::Zh).contains("未启用 TLS"), "{failure}");
    assert!(Client::new(wire::loopback(world.tcp()?)).instance().await.is_ok());
    let nowhere = refused(believing("rolo.invalid:7656", &state()?.1, None)?.instance().await)?;
    assert!(nowhere.message(Lang::En).contains("no machine of this name"), "{nowhere}");
    world.stop().await
}

/// Security lesson 26: whoever says nothing holds nothing.
#[tokio::test]
async fn silent_connections_do_not_keep_others_out_and_the_oldest_go_first() -> Result<()> {
    let (mut world, address, fingerprint) = encrypted().await?;
    let mut silent = Vec::new();
    for _ in 0..200 {
        silent.push(TcpStream::connect(address).await?);
    }
    let garbage = async {
        let mut stream = TcpStream::connect(address).await?;
        stream.write_all(b"GET / HTTP/1.1\r\n\r\n").await?;
        stream.read_to_end(&mut Vec::new()).await
    };
    // Closed, in order or not.
    let _ = garbage.await;
    pinned(address, fingerprint)?.with_attempts(1).instance().await?;
    let mut first = silent.into_iter().next().context("none")?;
    let ended = tokio::time::timeout(Duration::from_secs(5), first.read(&mut [0])).await.context("it is still held")?;
    ensure!(matches!(ended, Ok(0) | Err(_)), "it was answered");
    world.stop().await
}

/// Issue 3, done-when 4: the network goes after the request was heard and before its reply, or before the request.
#[tokio::test]
async fn a_save_whose_reply_was_lost_is_neither_lost_nor_doubled() -> Result<()> {
    let (mut world, address, fingerprint) = encrypted().await?;
    let proxy = Proxy::to(address).await?;
    let client = pinned(proxy.address(), fingerprint)?;
    client.sign_in("boss", &PASSWORD.to_owned().into()).await?;
    proxy.set(Mode::DropReplies);
    let saving = tokio::spawn(make(client.clone(), create("华盛")));
    until(|| async { Ok(count(&world).await? == 1) }).await?;
    proxy.set(Mode::Pass);
    let made = saving.await??.customer.unwrap_or_default();
    assert_eq!((made.name.as_str(), count(&world).await?), ("华盛", 1));
    // Held back on the way, and then the line breaks: what the server may or may not have heard is said again.
    proxy.set(Mode::Blackhole);
    let saving = tokio::spawn(make(client.clone(), create("长江")));
    tokio::task::yield_now().await;
    proxy.cut();
    proxy.set(Mode::Pass);
    saving.await??;
    // The server itself goes, before it answers, and comes back elsewhere.
    proxy.set(Mode::DropReplies);
    let saving = tokio::spawn(make(client.clone(), create("黄河")));
    until(|| async { Ok(count(&world).await? == 3) }).await?;
    world.stop().await?;
    let (address, _) = world.start_encrypted().await?;
    proxy.redirect(address);
    proxy.set(Mode::Pass);
    saving.await??;
    assert_eq!(count(&world).await?, 3);
    world.stop().await
}

/// A peer that is gone without a word is noticed, and the calls do not wait for it longer than they said.
#[tokio::test]
async fn a_dead_network_is_noticed_in_time_and_left_behind_when_it_lives_again() -> Result<()> {
    let (mut world, address, fingerprint) = encrypted().await?;
    let proxy = Proxy::to(address).await?;
    let client = pinned(proxy.address(), fingerprint)?;
    client.instance().await?;
    let mut reached = client.reached();
    proxy.set(Mode::Blackhole);
    let begun = std::time::Instant::now();
    let waiting = tokio::spawn({
        let client = client.clone();
        async move { client.instance().await }
    });
    reached.wait_for(|reached| !reached).await?;
    assert!(begun.elapsed() < Duration::from_secs(10), "after {:?}", begun.elapsed());
    proxy.set(Mode::Pass);
    waiting.await??;
    assert!(*reached.borrow_and_update(), "it is there again");
    world.stop().await
}

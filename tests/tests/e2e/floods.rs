//! Lesson 26: what floods a server neither fills its memory nor keeps others waiting. The
//! server is a process of its own, so that what it holds can be told.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context as Poller, Poll},
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use http_body::Frame;
use prost::{Message as _, bytes::Bytes};
use rolo_proto::v1 as pb;
use rolo_tests::{
    Session, World,
    company::{Company, Served, resident},
    wire::Contract,
    world::{PASSWORD, request_id},
};
use tokio::{task::JoinSet, time::timeout};
use tonic::{Code, Status, body::Body, transport::Endpoint};
use tower::Service as _;

/// What the server may hold, in kB (`design.md` §6).
const MOST: u64 = 200_000;
/// Others are served within this time.
const SERVED: Duration = Duration::from_secs(60);

/// A served company, and somebody signed in at it over TCP.
struct Flooded {
    _world: World,
    _company: Company,
    served: Served,
    boss: Session,
}

impl Flooded {
    async fn new() -> Result<Self> {
        let mut world = World::new().await?;
        world.stop().await?;
        let company = Company::at(world.dir.path().to_owned())?;
        let served = company.serve(&["--listen", "127.0.0.1:0"])?;
        let stranger = Session::on(connect(&served).await?);
        let sign_in = pb::SignInRequest { name: "boss".into(), password: PASSWORD.into(), client: "flood".into() };
        let token = stranger.sessions().sign_in(sign_in).await?.into_inner().token;
        let boss = stranger.with_token(&token)?;
        Ok(Self { _world: world, _company: company, served, boss })
    }

    /// The same person on a connection of their own.
    async fn another(&self) -> Result<Session> {
        Ok(self.boss.over(connect(&self.served).await?))
    }

    /// Somebody else is served, and the server is small.
    async fn holds(&self, what: &str) -> Result<()> {
        let list = pb::ListCustomersRequest::default();
        let other = self.another().await?;
        let answer = timeout(SERVED, other.customers().list_customers(list)).await;
        answer.with_context(|| format!("{what}: others wait"))??;
        let held = resident(self.served.process())?;
        ensure!(held <= MOST, "{what}: the server holds {held} kB");
        Ok(())
    }
}

async fn connect(served: &Served) -> Result<tonic::transport::Channel> {
    Ok(Endpoint::from_shared(format!("http://{}", served.address))?.connect().await?)
}

/// One message that is announced with a gigabyte, sent as long as somebody takes it, or never.
struct Flood {
    left: u64,
    sent: Arc<AtomicU64>,
    begun: bool,
}

impl http_body::Body for Flood {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Poller<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        const PIECE: &[u8] = &[b'x'; 64 << 10];
        if !std::mem::replace(&mut self.begun, true) {
            // Not compressed, and how long it is.
            let length = (1_u32 << 30).to_be_bytes();
            return Poll::Ready(Some(Ok(Frame::data([&[0][..], &length].concat().into()))));
        }
        if self.left == 0 {
            // Somebody who says no more and does not hang up.
            return Poll::Pending;
        }
        self.left = self.left.saturating_sub(PIECE.len() as u64);
        self.sent.fetch_add(PIECE.len() as u64, Ordering::SeqCst);
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(PIECE)))))
    }
}

/// Calls a method with this body; answers as soon as the server does.
async fn pour(by: &Session, path: &str, body: Body) -> Result<http::Response<Body>> {
    let mut channel = by.channel();
    std::future::poll_fn(|cx| channel.poll_ready(cx)).await?;
    let request = http::Request::post(format!("http://rolo.invalid{path}"))
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .header("authorization", by.authorization())
        .body(body)?;
    Ok(channel.call(request).await?)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_of_a_gigabyte_is_refused_by_every_method_before_it_is_there() -> Result<()> {
    let flooded = Flooded::new().await?;
    for method in Contract::new()?.methods {
        if method.path.contains("Sign") {
            // The others of this test are signed in.
            continue;
        }
        let sent = Arc::new(AtomicU64::new(0));
        let flood = Flood { left: 1 << 30, sent: Arc::clone(&sent), begun: false };
        let by = flooded.another().await?;
        let answer = timeout(SERVED, pour(&by, &method.path, Body::new(flood))).await?;
        // A server may also hang up on such a caller.
        if let Ok(answer) = answer {
            let status = Status::from_header_map(answer.headers()).context("an answer before the message")?;
            let door = matches!(status.code(), Code::PermissionDenied | Code::Unauthenticated);
            ensure!(door || status.code() == Code::OutOfRange, "{}: {status:?}", method.path);
        }
        let sent = sent.load(Ordering::SeqCst);
        ensure!(sent < 64 << 20, "{}: the server took {sent} bytes", method.path);
    }
    flooded.holds("a gigabyte for every method").await
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_calls_that_never_say_anything_keep_nobody_waiting() -> Result<()> {
    let flooded = Flooded::new().await?;
    let mut silent = JoinSet::new();
    for _ in 0..40 {
        let by = flooded.another().await?;
        for _ in 0..250 {
            let by = by.clone();
            let body = Body::new(Flood { left: 0, sent: Arc::default(), begun: true });
            silent.spawn(async move { pour(&by, "/rolo.v1.CustomerService/GetCustomer", body).await.map(drop) });
        }
    }
    flooded.holds("10,000 silent calls").await?;
    ensure!(silent.try_join_next().is_none(), "the calls hang");
    silent.abort_all();
    flooded.holds("10,000 calls that were given up").await
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_calls_begun_and_reset_keep_nobody_waiting() -> Result<()> {
    let flooded = Flooded::new().await?;
    let mut by = flooded.another().await?;
    for n in 0..10_000 {
        if n % 500 == 0 {
            // The server hangs up on who resets too often; they come again.
            by = flooded.another().await?;
        }
        let message = pb::ListCustomersRequest::default();
        let call = by.clone();
        let begun = tokio::spawn(async move { drop(call.customers().list_customers(message).await) });
        tokio::task::yield_now().await;
        begun.abort();
    }
    flooded.holds("10,000 resets").await
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_read_the_answers_keeps_nobody_waiting() -> Result<()> {
    let flooded = Flooded::new().await?;
    let long = "很".repeat(290);
    for n in 0..100 {
        let customer = pb::CustomerInput { name: format!("公司{n}"), address: long.clone(), ..Default::default() };
        flooded.boss.create(customer).await?;
    }
    let request = pb::ListCustomersRequest { page_size: 100, ..Default::default() }.encode_to_vec();
    let length = u32::try_from(request.len())?.to_be_bytes();
    let framed = Bytes::from([&[0][..], &length, &request].concat());
    let mut unread = Vec::new();
    let by = flooded.another().await?;
    for _ in 0..200 {
        let body = Body::new(Once(Some(framed.clone())));
        let answer = timeout(SERVED, pour(&by, "/rolo.v1.CustomerService/ListCustomers", body)).await??;
        ensure!(answer.headers().get("grpc-status").is_none(), "a list: {:?}", answer.headers());
        unread.push(answer);
    }
    flooded.holds("200 answers that nobody reads").await?;
    drop(unread);
    flooded.boss.customer(&request_id(), 0).await?;
    Ok(())
}

/// One message.
struct Once(Option<Bytes>);

impl http_body::Body for Once {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Poller<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        Poll::Ready(self.0.take().map(|bytes| Ok(Frame::data(bytes))))
    }
}

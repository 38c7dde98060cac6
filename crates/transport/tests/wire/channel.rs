//! One connection for all calls of a channel, and a new one when it is gone.

use std::{
    convert::Infallible,
    future::{Future, Pending, pending},
    task::{Context, Poll},
    time::Duration,
};

use tokio::{
    io::AsyncWriteExt,
    sync::mpsc,
    time::{Instant, sleep},
};
use tokio_test::{assert_pending, assert_ready, task};
use tower_service::Service;
use ziggurat_transport::{
    Target,
    channel::{self, Backoff},
    connection::KeepaliveOptions,
    error::Kind,
};

use crate::{
    raw::Raw,
    record::Wire,
    server::{Pipeline, call, drain, pipes, soon, target},
};

#[tokio::test(start_paused = true)]
async fn concurrent_first_calls_share_one_attempt() {
    let (builder, mut listener) = pipes();
    let channel: Pipeline = builder.build();
    let calls: Vec<_> = (0..100).map(|_| tokio::spawn(call(&channel))).collect();
    let (mut server, record) = listener.serve().await;
    for _ in 0..100 {
        server.accept().await.answer("ok");
    }
    for call in calls {
        assert_eq!(drain(soon(call).await.unwrap().unwrap()).await, "ok");
    }
    assert_eq!(listener.waiting(), 0);
    assert_eq!(record.resets(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn nothing_happens_before_the_first_poll() {
    let (builder, listener) = pipes();
    let channel: Pipeline = builder.build();
    let waiting = (call(&channel), channel.connect());
    tokio::task::yield_now().await;
    assert_eq!(listener.waiting(), 0);
    drop(waiting);
}

#[tokio::test(start_paused = true)]
async fn connect_makes_the_connection_that_calls_use() {
    let (builder, mut listener) = pipes();
    let channel: Pipeline = builder.build();
    assert_eq!(channel.target(), &target());
    let connecting = tokio::spawn(channel.connect());
    let (mut server, _record) = listener.serve().await;
    soon(connecting).await.unwrap().unwrap();
    soon(channel.connect()).await.unwrap();
    let call = tokio::spawn(call(&channel));
    server.accept().await.answer("ok");
    assert_eq!(drain(soon(call).await.unwrap().unwrap()).await, "ok");
    assert_eq!(listener.waiting(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_lost_connection_is_replaced_at_the_next_call() {
    //
    let (builder, mut listener) = pipes();
    let channel: Pipeline = builder.build();
    let connecting = tokio::spawn(channel.connect());
    let (server, mut record) = listener.serve().await;
    soon(connecting).await.unwrap().unwrap();
    server.cut();
    record.dropped().await;
    tokio::task::yield_now().await;
    assert_eq!(listener.waiting(), 0);

    let connecting = tokio::spawn(channel.connect());
    let (mut server, _record) = listener.serve().await;
    soon(connecting).await.unwrap().unwrap();
    let call = tokio::spawn(call(&channel));
    server.accept().await.answer("again");
    assert_eq!(drain(soon(call).await.unwrap().unwrap()).await, "again");
}

#[tokio::test(start_paused = true)]
async fn a_draining_connection_is_replaced_and_finishes_its_calls() {
    // L-24
    let (builder, mut listener) = pipes();
    let channel: Pipeline = builder.build();
    let old = tokio::spawn(call(&channel));
    let (mut server, _record) = listener.serve().await;
    let accepted = server.accept().await;
    server.drain();
    let new = tokio::spawn(async move {
        // Until the GOAWAY was read, calls still go to the old connection, and come back unsent or are served.
        tokio::time::sleep(Duration::from_secs(1)).await;
        call(&channel).await
    });
    let (mut replacement, _record) = listener.serve().await;
    replacement.accept().await.answer("new");
    assert_eq!(drain(soon(new).await.unwrap().unwrap()).await, "new");
    accepted.answer("old");
    assert_eq!(drain(soon(old).await.unwrap().unwrap()).await, "old");
}

#[tokio::test(start_paused = true)]
async fn all_who_wait_share_an_error() {
    let (builder, mut listener) = pipes();
    let channel: Pipeline = builder.build();
    let calls: Vec<_> = (0..3).map(|_| tokio::spawn(call(&channel))).collect();
    let connecting = tokio::spawn(channel.connect());
    let (mut pipe, _record) = listener.accept().await;
    pipe.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        .await
        .unwrap();
    for call in calls {
        assert_eq!(
            soon(call).await.unwrap().unwrap_err().kind(),
            Kind::NotHttp2
        );
    }
    assert_eq!(
        soon(connecting).await.unwrap().unwrap_err().kind(),
        Kind::NotHttp2
    );
    assert_eq!(listener.waiting(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_silent_server_times_out() {
    // D-22, A-118
    let (builder, mut listener) = pipes();
    let channel: Pipeline = builder.build();
    let started = Instant::now();
    let error = soon(call(&channel)).await.unwrap_err();
    assert_eq!(started.elapsed().as_secs(), 20);
    assert_eq!(error.kind(), Kind::Timeout);
    assert_eq!(
        error.to_string(),
        "cannot connect to http://cafe:1: it accepted, but allowed no HTTP/2 stream within 20s"
    );
    let (_pipe, mut record) = listener.accept().await;
    record.dropped().await;
}

/// How long the client waits with its first PING, in seconds, if a server ends the connections before with this.
async fn first_ping(debug: &[&[u8]]) -> u64 {
    let (builder, mut listener) = pipes();
    let keepalive = KeepaliveOptions::every(Duration::from_secs(10)).while_idle();
    let builder = builder
        .keepalive(keepalive)
        .backoff(Backoff::new().jitter(0.0));
    let channel: Pipeline = builder.build();
    for debug in debug {
        let connect = tokio::spawn(channel.ready());
        let (pipe, _record) = listener.accept().await;
        let mut server = Raw::start(pipe, 1).await;
        soon(connect).await.unwrap().unwrap();
        server.calm(debug).await;
        server.closed().await;
    }
    let connect = tokio::spawn(channel.ready());
    let (pipe, record) = listener.accept().await;
    let _server = Raw::start(pipe, 1).await;
    soon(connect).await.unwrap().unwrap();
    let start = Instant::now();
    while record.pings() == 0 {
        sleep(Duration::from_millis(100)).await;
    }
    start.elapsed().as_secs()
}

#[tokio::test(start_paused = true)]
async fn too_many_pings_halve_those_of_later_connections() {
    // E-8, A-113
    assert_eq!(first_ping(&[]).await, 10);
    assert_eq!(first_ping(&[b"too_many_pings"]).await, 20);
    assert_eq!(
        first_ping(&[b"too_many_pings", b"too_many_pings"]).await,
        40
    );
    assert_eq!(first_ping(&[b"too many calls"]).await, 10);
}

/// A connector that never answers; tells when its attempt is dropped.
#[derive(Clone)]
struct Never(mpsc::Sender<()>);

impl Service<Target> for Never {
    type Response = Wire;
    type Error = Infallible;
    type Future = NeverFuture;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Target) -> NeverFuture {
        NeverFuture(pending(), self.0.clone())
    }
}

struct NeverFuture(
    Pending<Result<Wire, Infallible>>,
    #[expect(dead_code)] mpsc::Sender<()>,
);

impl Future for NeverFuture {
    type Output = Result<Wire, Infallible>;

    fn poll(self: std::pin::Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        let _ = &self.0;
        Poll::Pending
    }
}

#[tokio::test(start_paused = true)]
async fn a_connector_that_never_answers_times_out() {
    // D-22
    let (attempts, mut stopped) = mpsc::channel(1);
    let limit = Duration::from_millis(1500);
    let builder = channel::Builder::new(target()).connector(Never(attempts));
    let channel: Pipeline = builder.connect_timeout(limit).build();
    let started = Instant::now();
    let error = soon(channel.connect()).await.unwrap_err();
    assert_eq!(started.elapsed().as_millis(), 1500);
    assert_eq!(error.kind(), Kind::Timeout);
    assert_eq!(
        error.to_string(),
        "cannot connect to http://cafe:1: no answer within 1.5s"
    );
    drop(channel);
    assert_eq!(soon(stopped.recv()).await, None);
}

#[tokio::test(start_paused = true)]
async fn dropping_the_last_handle_stops_the_attempt() {
    let (attempts, mut stopped) = mpsc::channel(1);
    let builder = channel::Builder::new(target()).connector(Never(attempts));
    let channel: Pipeline = builder.connect_timeout(Duration::MAX).build();
    let mut waiting = task::spawn(call(&channel));
    assert_pending!(waiting.poll());
    drop(channel);
    // A call that waits is a handle too.
    tokio::task::yield_now().await;
    assert!(!stopped.is_closed());
    drop(waiting);
    assert_eq!(soon(stopped.recv()).await, None);
}

#[tokio::test(start_paused = true)]
async fn one_who_stops_waiting_leaves_the_attempt_to_the_others() {
    // B-26
    let (builder, mut listener) = pipes();
    let channel: Pipeline = builder.build();
    let mut first = task::spawn(call(&channel));
    assert_pending!(first.poll());
    let mut eager = task::spawn(channel.connect());
    assert_pending!(eager.poll());
    let second = tokio::spawn(call(&channel));
    drop((first, eager));
    let (mut server, _record) = listener.serve().await;
    server.accept().await.answer("ok");
    assert_eq!(drain(soon(second).await.unwrap().unwrap()).await, "ok");
    assert_eq!(listener.waiting(), 0);
}

#[tokio::test(start_paused = true)]
async fn dropping_the_last_handle_ends_the_connection_after_its_calls() {
    let (builder, mut listener) = pipes();
    let channel: Pipeline = builder.build();
    let response = tokio::spawn(call(&channel));
    let (mut server, mut record) = listener.serve().await;
    let accepted = server.accept().await;
    drop(channel);
    accepted.answer("ok");
    let response = soon(response).await.unwrap().unwrap();
    assert!(!record.is_dropped());
    assert_eq!(drain(response).await, "ok");
    record.dropped().await;
}

#[test]
fn a_runtime_that_is_gone_is_an_error() {
    let (builder, listener) = pipes();
    let channel: Pipeline = builder.build();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let mut waiting = task::spawn(call(&channel));
    runtime.block_on(async { assert_pending!(waiting.poll()) });
    drop(runtime);
    let error = assert_ready!(waiting.poll()).unwrap_err();
    assert_eq!(error.kind(), Kind::Lost);
    assert_eq!(
        error.to_string(),
        "the task that connects to http://cafe:1 was stopped"
    );

    // The next call starts again.
    let attempts = listener.waiting();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let mut waiting = task::spawn(call(&channel));
    runtime.block_on(async {
        assert_pending!(waiting.poll());
        tokio::task::yield_now().await;
    });
    assert_eq!(listener.waiting(), attempts + 1);
}

//! A deadline says what its call waited for, and why it waited so long.

use std::{future::pending, io, sync::mpsc, time::Duration};

use bytes::Bytes;
use tokio::{runtime, task::yield_now, time::advance};
use ziggurat::{
    CallOptions, Channel, Client, Code, Raw, Status,
    channel::{Proxy, Target},
    layers::deadline::Elapsed,
    protocol::status::progress::{Again, Stage, Waiting},
};
use ziggurat_soak::CALL;
use ziggurat_testing::peer::{Options, Reason, Setting};

use crate::{
    cafe::{call, client, soon},
    port::{Manner, Port, once_served},
};

const PASSED: &str = "the deadline of 300ms passed while the call waited for ";

fn hurried(channel: &Channel) -> Client<Channel, Raw> {
    let options = CallOptions::new().timeout(Duration::from_millis(300));
    client(channel).with(options.wait_for_ready(true))
}

#[track_caller]
fn assert_waited(status: &Status, cause: Elapsed, stage: Option<Stage>, text: &str) {
    assert_eq!(status.code(), Code::DeadlineExceeded, "{status}");
    assert_eq!(status.message(), format!("{PASSED}{text}"));
    assert_eq!(status.cause().unwrap().downcast_ref(), Some(&cause));
    let waiting = status.progress().and_then(|progress| progress.waiting());
    assert_eq!(waiting.map(Waiting::stage), stage);
}

#[test]
fn a_name_that_is_not_resolved() {
    // B-7: names are resolved on a thread beside the runtime's, and the only one there is held.
    let mut runtime = runtime::Builder::new_current_thread();
    let runtime = runtime.enable_all().start_paused(true);
    let runtime = runtime.max_blocking_threads(1).build().unwrap();
    let (_held, hold) = mpsc::channel::<()>();
    runtime.spawn_blocking(move || hold.recv());
    runtime.block_on(async {
        let channel = Channel::builder("http://localhost:1").unwrap();
        let channel = channel.proxy(Proxy::none()).connect_lazy();
        let hurried = hurried(&channel);
        let later = async {
            // The attempt is a task of its own. While a thread is busy, a paused clock stands.
            for _ in 0..10 {
                yield_now().await;
            }
            advance(Duration::from_millis(301)).await;
        };
        let (told, ()) = tokio::join!(call(&hurried, 0), later);
        let text = "name resolution of http://localhost:1";
        assert_waited(&told.unwrap_err(), Elapsed::Name, Some(Stage::Name), text);
    });
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_is_not_made() {
    // B-7
    let connector = tower::service_fn(|_: Target| pending::<io::Result<tokio::io::DuplexStream>>());
    let channel = Channel::builder("http://cafe").unwrap();
    let channel = channel.connector(connector).connect_lazy();
    let status = soon(call(&hurried(&channel), 0)).await.unwrap_err();
    let text = "a connection to http://cafe";
    assert_waited(&status, Elapsed::Connection, Some(Stage::Connection), text);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_accepts_and_says_nothing() {
    // B-7
    let mut port = Port::new(Manner::Accepts);
    let channel = port.builder().connect_lazy();
    let hurried = hurried(&channel);
    let (told, _silent) = tokio::join!(soon(call(&hurried, 0)), port.accept());
    let text = "a connection to http://cafe (it accepted, but has not sent SETTINGS)";
    assert_waited(
        &told.unwrap_err(),
        Elapsed::Connection,
        Some(Stage::Connection),
        text,
    );
}

#[tokio::test(start_paused = true)]
async fn a_server_that_refuses_again_and_again() {
    // B-7, D-12
    let (_port, channel) = once_served(Manner::Refuses).await;
    let status = soon(call(&hurried(&channel), 0)).await.unwrap_err();
    let error = "cannot connect to http://cafe: connection refused";
    let text = format!("a connection to http://cafe; last error: {error}");
    assert_waited(&status, Elapsed::Connection, Some(Stage::Connection), &text);
    let last = status.progress().unwrap().last_error().unwrap();
    assert_eq!(last.to_string(), error);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_takes_no_more_calls() {
    // B-7, A-116
    let mut port = Port::new(Manner::Accepts);
    let channel = port.builder().connect_lazy();
    let one = Options::new().settings([(Setting::MAX_CONCURRENT_STREAMS, 1)]);
    let (patient, hurried) = (client(&channel), hurried(&channel));
    let second = async {
        let mut peer = port.peer_with(one).await;
        peer.request().await.unwrap();
        let second = call(&hurried, 1).await;
        (second, peer)
    };
    tokio::select! {
        _ = call(&patient, 0) => panic!("nobody answers"),
        (told, _peer) = soon(second) => {
            let text = "a free stream to http://cafe";
            assert_waited(&told.unwrap_err(), Elapsed::Stream, Some(Stage::Stream), text);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_refuses_the_stream_and_then_says_nothing() {
    // B-7, C-31
    let mut port = Port::new(Manner::Accepts);
    let channel = port.builder().connect_lazy();
    let hurried = hurried(&channel);
    let script = async {
        let mut peer = port.peer().await;
        let stream = peer.request().await.unwrap().stream;
        peer.reset(stream, Reason::REFUSED_STREAM).await.unwrap();
        peer.request().await.unwrap();
        peer
    };
    let (told, _peer) = tokio::join!(soon(call(&hurried, 0)), script);
    let status = told.unwrap_err();
    let text = "response headers; last error: the server reset the stream to http://cafe with \
                REFUSED_STREAM (0x7); one attempt before failed";
    assert_waited(&status, Elapsed::Headers, None, text);
    let attempts = status.progress().unwrap().attempts();
    assert_eq!(attempts.len(), 1);
    assert_eq!(
        (attempts[0].code(), attempts[0].again()),
        (Code::Unavailable, Again::Transparent)
    );
}

#[tokio::test(start_paused = true)]
async fn a_server_that_has_the_call() {
    // B-7: nothing was waited for before, and nothing of it is told.
    let mut port = Port::new(Manner::Accepts);
    let channel = port.builder().connect_lazy();
    let (told, mut peer) = tokio::join!(soon(channel.connect()), port.peer());
    told.unwrap();
    let hurried = hurried(&channel);
    let (told, _) = tokio::join!(soon(call(&hurried, 0)), peer.request());
    let status = told.unwrap_err();
    assert_waited(&status, Elapsed::Headers, None, "response headers");
    assert!(status.progress().is_none());
}

#[tokio::test(start_paused = true)]
async fn a_failure_tells_what_failed_before() {
    // C-31: a call without a deadline has no slot, one with has.
    let mut port = Port::new(Manner::Accepts);
    let channel = port.builder().connect_lazy();
    let long = client(&channel).with(CallOptions::new().timeout(Duration::from_secs(60)));
    let script = async {
        let mut peer = port.peer().await;
        for _ in 0..2 {
            let stream = peer.request().await.unwrap().stream;
            peer.reset(stream, Reason::REFUSED_STREAM).await.unwrap();
        }
        peer
    };
    let (told, _peer) = tokio::join!(soon(call(&long, 0)), script);
    let status = told.unwrap_err();
    assert_eq!(status.code(), Code::Unavailable, "{status}");
    assert_eq!(status.progress().unwrap().attempts().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_answer_tells_what_failed_before() {
    // C-31, T-25: of an answer, and of the server's own status.
    for code in ["0", "5"] {
        let mut port = Port::new(Manner::Accepts);
        let channel = port.builder().connect_lazy();
        let long = client(&channel).with(CallOptions::new().timeout(Duration::from_secs(60)));
        let script = async {
            let mut peer = port.peer().await;
            let stream = peer.request().await.unwrap().stream;
            peer.reset(stream, Reason::REFUSED_STREAM).await.unwrap();
            let stream = peer.request().await.unwrap().stream;
            let head = [(":status", "200"), ("content-type", "application/grpc")];
            peer.headers(stream, head).await.unwrap();
            peer.data(stream, vec![0; 5]).await.unwrap();
            peer.trailers(stream, [("grpc-status", code)])
                .await
                .unwrap();
            peer
        };
        let call = long.unary(&CALL, Bytes::new()).send();
        let (told, _peer) = tokio::join!(soon(call), script);
        assert_eq!(told.is_ok(), code == "0", "{told:?}");
        let progress = match &told {
            Ok(response) => response.progress(),
            Err(status) => status.progress(),
        };
        let attempts = progress.expect("an attempt failed").attempts();
        assert_eq!((attempts.len(), attempts[0].code()), (1, Code::Unavailable));
        assert!(progress.unwrap().waiting().is_none());
    }
}

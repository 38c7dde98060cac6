//! Connections that are open and serve nobody, found without keepalive: exactly, on a paused clock.

use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};
use ziggurat::{CallOptions, Channel, Code, Status};
use ziggurat_soak::{Flow, Habits, STREAM};
use ziggurat_testing::peer::{Connection, Control, Reason};

use crate::{
    cafe::{call, client, soon},
    port::{Manner, Port, millis, steady},
};

fn channel(port: &Port) -> Channel {
    port.builder().backoff(steady()).connect_lazy()
}

/// A call that a server takes and answers.
async fn answered(channel: &Channel, peer: &mut Connection, id: usize) {
    let serve = async {
        let stream = peer.request().await.unwrap().stream;
        peer.respond_ok(stream, [id.to_string()]).await.unwrap();
    };
    let client = client(channel);
    let (told, ()) = soon(async { tokio::join!(call(&client, id), serve) }).await;
    told.unwrap();
}

/// A channel with a connection that has served a call.
async fn served(port: &mut Port) -> (Channel, Connection) {
    let channel = channel(port);
    let (ready, mut peer) = soon(async { tokio::join!(channel.ready(), port.peer()) }).await;
    ready.unwrap();
    answered(&channel, &mut peer, 0).await;
    (channel, peer)
}

/// A call that has so many milliseconds.
async fn hasty(channel: &Channel, millis: u64) -> Result<(), Status> {
    let options = CallOptions::new().timeout(Duration::from_millis(millis));
    soon(call(&client(channel).with(options), 1)).await
}

async fn expires(channel: &Channel, millis: u64) {
    let status = hasty(channel, millis).await.unwrap_err();
    assert_eq!(status.code(), Code::DeadlineExceeded);
}

#[tokio::test(start_paused = true)]
async fn the_call_after_one_that_expired_in_silence_has_a_new_connection() {
    // A-112, T-19
    let mut port = Port::new(Manner::Accepts);
    let (channel, old) = served(&mut port).await;
    // Half-open: nothing is acknowledged.
    old.ping_acks(Control::Scripted);
    expires(&channel, 1_000).await;
    assert_eq!(port.count(), 1);
    port.set(Manner::Serves(Habits::new()));
    let start = Instant::now();
    soon(call(&client(&channel), 2)).await.unwrap();
    assert_eq!((millis(start.elapsed()), port.count()), (0, 2));
    // Nobody uses it any more.
    soon(old.closed()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_call_that_was_given_up_soon_raises_no_doubt() {
    let mut port = Port::new(Manner::Accepts);
    let (channel, mut peer) = served(&mut port).await;
    for wait in [1, 500, 398] {
        sleep(Duration::from_secs(60)).await;
        let options = CallOptions::new().timeout(Duration::from_secs(60));
        let patient = client(&channel).with(options);
        let given_up = timeout(Duration::from_millis(wait), call(&patient, 1));
        assert!(given_up.await.is_err());
    }
    // The requests of those, and the answered one.
    for _ in 0..3 {
        peer.request().await.unwrap();
    }
    answered(&channel, &mut peer, 2).await;
    assert_eq!(port.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn short_waits_add_up() {
    let mut port = Port::new(Manner::Accepts);
    let (channel, old) = served(&mut port).await;
    for _ in 0..3 {
        // At the same time, they count once.
        tokio::join!(expires(&channel, 290), expires(&channel, 290));
    }
    expires(&channel, 29).await;
    expires(&channel, 1).await;
    assert_eq!(port.count(), 1);
    port.set(Manner::Serves(Habits::new()));
    soon(call(&client(&channel), 2)).await.unwrap();
    assert_eq!(port.count(), 2);
    drop(old);
}

#[tokio::test(start_paused = true)]
async fn any_byte_lifts_the_doubt() {
    let mut port = Port::new(Manner::Accepts);
    let (channel, mut peer) = served(&mut port).await;
    expires(&channel, 5_000).await;
    peer.request().await.unwrap();
    // Before the next call: it is not even asked for a new connection.
    peer.ping([1; 8]).await.unwrap();
    peer.barrier().await.unwrap();
    answered(&channel, &mut peer, 2).await;
    assert_eq!(port.count(), 1);

    // While the next waits for the new connection: it is served on the old one, which stays.
    expires(&channel, 5_000).await;
    peer.request().await.unwrap();
    let waits = tokio::spawn({
        let client = client(&channel);
        async move { call(&client, 3).await }
    });
    let silent = port.accept().await;
    peer.ping([2; 8]).await.unwrap();
    let stream = soon(peer.request()).await.unwrap().stream;
    peer.respond_ok(stream, ["3"]).await.unwrap();
    soon(waits).await.unwrap().unwrap();
    // And the new one is not needed when it is ready.
    let mut spare = Connection::over(silent).await.unwrap();
    soon(async { while spare.next_frame().await.is_ok() {} }).await;
    answered(&channel, &mut peer, 4).await;
    assert_eq!(port.count(), 2);
}

#[tokio::test(start_paused = true)]
async fn streams_stay_on_a_doubted_connection() {
    let mut port = Port::new(Manner::Accepts);
    let (channel, mut old) = served(&mut port).await;
    let flow = Flow { count: 1, size: 1 };
    let stream = client(&channel).server_streaming(&STREAM, flow.message());
    let (mut stream, request) = soon(async { tokio::join!(stream, old.request()) }).await;
    let request = request.unwrap().stream;
    old.grpc_headers(request).await.unwrap();
    sleep(Duration::from_millis(1)).await;
    expires(&channel, 2_000).await;
    port.set(Manner::Serves(Habits::new()));
    soon(call(&client(&channel), 2)).await.unwrap();
    assert_eq!(port.count(), 2);
    old.message(request, "x").await.unwrap();
    old.trailers(request, [("grpc-status", "0")]).await.unwrap();
    let stream = stream.as_mut().unwrap();
    assert_eq!(soon(stream.recv()).await.unwrap().unwrap(), "x");
    assert_eq!(soon(stream.recv()).await.unwrap(), None);
    soon(old.closed()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_server_that_is_merely_slow_sees_ever_fewer_connections() {
    // T-19, D-26: calls of two seconds each, for ten minutes.
    let mut port = Port::new(Manner::Accepts);
    let channel = channel(&port);
    let start = Instant::now();
    let slow = async {
        let mut silent = Vec::new();
        loop {
            silent.push(port.peer().await);
        }
    };
    let calls = async {
        while start.elapsed() < Duration::from_secs(600) {
            expires(&channel, 2_000).await;
        }
    };
    tokio::select! {
        () = calls => {}
        () = slow => unreachable!(),
    }
    // Whoever calls in the pauses is served by the old one, if it can.
    let tried = port.tried_since(start);
    assert_eq!(
        tried,
        [
            0, 2000, 4000, 8000, 14_000, 22_000, 34_000, 52_000, 80_000, 124_000, 194_000, 304_000,
            424_000, 544_000
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_doubted_connection_is_better_than_none() {
    // The server takes no new connections, and is slow.
    let mut port = Port::new(Manner::Accepts);
    let (channel, mut peer) = served(&mut port).await;
    port.set(Manner::Refuses);
    expires(&channel, 5_000).await;
    peer.request().await.unwrap();
    answered(&channel, &mut peer, 2).await;
    assert_eq!(port.count(), 2);
}

/// A connection that refuses all it gets, until the client leaves it; tells how many.
async fn refuse_all(mut peer: Connection) -> usize {
    let mut refused = 0;
    while let Ok(request) = peer.request().await {
        peer.reset(request.stream, Reason::REFUSED_STREAM)
            .await
            .unwrap();
        refused += 1;
    }
    refused
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_refuses_all_is_left() {
    // C-31: each is sent twice.
    let mut port = Port::new(Manner::Accepts);
    let (channel, old) = served(&mut port).await;
    let refusing = tokio::spawn(refuse_all(old));
    for _ in 0..5 {
        let status = soon(call(&client(&channel), 1)).await.unwrap_err();
        assert_eq!(status.code(), Code::Unavailable);
        assert_eq!(port.count(), 1);
    }
    // A moment of overload is not enough.
    sleep(Duration::from_secs(1)).await;
    port.set(Manner::Serves(Habits::new()));
    // Refused for the last time, it has the new one.
    soon(call(&client(&channel), 2)).await.unwrap();
    assert_eq!(soon(refusing).await.unwrap(), 11);
    assert_eq!(port.count(), 2);
}

#[tokio::test(start_paused = true)]
async fn servers_that_always_refuse_see_ever_fewer_connections() {
    // T-19: a call each 100 ms, for a minute.
    let mut port = Port::new(Manner::Accepts);
    let channel = channel(&port);
    let start = Instant::now();
    let refuse = async {
        loop {
            tokio::spawn(refuse_all(port.peer().await));
        }
    };
    let calls = async {
        for _ in 0..600 {
            soon(call(&client(&channel), 1)).await.unwrap_err();
            sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::select! {
        () = calls => {}
        () = refuse => unreachable!(),
    }
    assert!(
        port.tried_since(start).len() < 12,
        "{:?}",
        port.tried_since(start)
    );
}

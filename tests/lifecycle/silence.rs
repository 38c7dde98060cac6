//! Connections that are cut without a word, and how keepalive notices: exactly, on a paused clock.

use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};
use ziggurat::{
    Channel, Code, Status,
    channel::{KeepaliveOptions, State},
};
use ziggurat_testing::peer::{Connection, Control, Frame, Reason};

use crate::{
    cafe::{call, client, soon},
    port::{Manner, Port, millis},
};

/// An interval of 10 seconds and a timeout of 5.
fn channel(port: &Port) -> Channel {
    let keepalive = KeepaliveOptions::every(Duration::from_secs(10));
    let keepalive = keepalive.timeout(Duration::from_secs(5));
    port.builder().keepalive(keepalive).connect_lazy()
}

/// Connects; gives the server's end.
async fn connected(channel: &Channel, port: &mut Port) -> Connection {
    let (ready, peer) = soon(async { tokio::join!(channel.ready(), port.peer()) }).await;
    ready.unwrap();
    peer
}

/// Waits until the channel has no connection.
async fn left(channel: &Channel) {
    let mut states = channel.states();
    while states.current() == State::Ready {
        soon(states.changed()).await;
    }
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

/// A call on a connection on which nothing comes any more; and after how many milliseconds it ends.
async fn silenced(channel: &Channel, peer: &Connection) -> (Status, u64) {
    peer.ping_acks(Control::Scripted);
    let start = Instant::now();
    let status = soon(call(&client(channel), 0)).await.unwrap_err();
    (status, millis(start.elapsed()))
}

#[tokio::test(start_paused = true)]
async fn a_call_on_a_half_open_connection_ends_after_interval_and_timeout() {
    // E-3, E-4, A-114
    let mut port = Port::new(Manner::Accepts);
    let channel = channel(&port);
    let peer = connected(&channel, &mut port).await;
    let (status, took) = silenced(&channel, &peer).await;
    assert_eq!(took, 15_000);
    assert_eq!(status.code(), Code::Unavailable);
    assert_eq!(
        status.message(),
        "the connection to http://cafe was lost: keepalive: nothing was read for 15s"
    );
    // The next call has a new one.
    let mut peer = connected(&channel, &mut port).await;
    answered(&channel, &mut peer, 1).await;
    assert_eq!(port.count(), 2);
}

#[tokio::test(start_paused = true)]
async fn the_first_call_after_a_rest_asks_at_once() {
    // E-5, E-6
    let mut port = Port::new(Manner::Accepts);
    let channel = channel(&port);
    let mut peer = connected(&channel, &mut port).await;
    answered(&channel, &mut peer, 0).await;
    sleep(Duration::from_secs(600)).await;
    assert_eq!(pings(&peer), 0);
    let (status, took) = silenced(&channel, &peer).await;
    assert_eq!(took, 5_000);
    assert!(
        status.message().contains("nothing was read for 605s"),
        "{status}"
    );
    assert_eq!(pings(&peer), 1);
}

fn pings(peer: &Connection) -> usize {
    let log = peer.log();
    let pings = log.frames().iter();
    pings
        .filter(|frame| matches!(frame, Frame::Ping(_)))
        .count()
}

#[tokio::test(start_paused = true)]
async fn too_many_pings_double_the_interval_of_later_connections() {
    // E-8
    let mut port = Port::new(Manner::Accepts);
    let channel = channel(&port);
    for interval in [10, 20, 40, 80] {
        let mut peer = connected(&channel, &mut port).await;
        answered(&channel, &mut peer, 0).await;
        // While there are calls, a PING comes after each interval.
        let client = client(&channel);
        let call = timeout(Duration::from_secs(interval * 10 + 1), call(&client, 1));
        assert!(soon(call).await.is_err());
        let pings = pings(&peer);
        assert!(
            (10..=11).contains(&pings),
            "{pings} in ten times {interval} s"
        );

        peer.go_away(0, Reason::ENHANCE_YOUR_CALM, "too_many_pings")
            .await
            .unwrap();
        left(&channel).await;
    }
}

#[tokio::test(start_paused = true)]
async fn another_complaint_of_the_server_changes_nothing() {
    // E-8: only these words do.
    let mut port = Port::new(Manner::Accepts);
    let channel = channel(&port);
    for _ in 0..2 {
        let mut peer = connected(&channel, &mut port).await;
        answered(&channel, &mut peer, 0).await;
        peer.go_away(1, Reason::ENHANCE_YOUR_CALM, "too_many_resets")
            .await
            .unwrap();
        left(&channel).await;
    }
    let peer = connected(&channel, &mut port).await;
    assert_eq!(silenced(&channel, &peer).await.1, 15_000);
}

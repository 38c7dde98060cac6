//! Windows in both directions, and reading that stops.

use bytes::Bytes;
use tokio::io::AsyncWriteExt;
use tokio_test::assert_pending;
use ziggurat_testing::peer::{Connection, Control, Options, PeerError, Reason};

use crate::client::{Client, pair, pair_with, preface, read_all};

const LARGE: usize = 300_000;

#[tokio::test]
async fn a_client_is_stuck_until_it_is_granted_more() {
    let (mut client, mut peer) = pair().await;
    let (_response, mut body) = client.call();
    body.send_data(Bytes::from(vec![7; 70_000]), true).unwrap();
    assert_eq!(peer.body_prefix(1, 65_535).await.unwrap().len(), 65_535);
    assert_eq!(peer.client_may_send(1), 0);
    peer.request().await.unwrap();
    let before = peer.log().frames().len();
    peer.barrier().await.unwrap();
    assert_eq!(
        peer.log().calls().frames().len(),
        before - 2,
        "nothing was sent while the window was empty"
    );

    peer.grant(1, 1_000).await.unwrap();
    assert_eq!(peer.body_prefix(1, 66_535).await.unwrap().len(), 66_535);
    // Credit for the stream alone is no use.
    peer.window_update(1, 10_000).await.unwrap();
    peer.barrier().await.unwrap();
    assert_eq!((peer.client_may_send(0), peer.client_may_send(1)), (0, 0));
    peer.window_update(0, 10_000).await.unwrap();
    assert_eq!(peer.body(1).await.unwrap().len(), 70_000);
}

#[tokio::test]
async fn automatic_windows_let_everything_through() {
    let (mut client, mut peer) = pair_with(Options::new().windows(Control::Automatic)).await;
    for stream in [1, 3] {
        let (_response, mut body) = client.call();
        body.send_data(Bytes::from(vec![7; LARGE]), true).unwrap();
        assert_eq!(peer.request().await.unwrap().stream, stream);
        assert_eq!(peer.body(stream).await.unwrap().len(), LARGE);
        assert_eq!(peer.client_may_send(0), 65_535);
    }
}

#[tokio::test]
async fn windows_can_become_automatic_later() {
    let (mut client, peer) = pair().await;
    let (_response, mut body) = client.call();
    body.send_data(Bytes::from(vec![7; LARGE]), true).unwrap();
    peer.body_prefix(1, 65_535).await.unwrap();
    peer.windows(Control::Automatic);
    peer.grant(1, 1).await.unwrap();
    peer.grant(1, 30_000).await.unwrap();
    assert_eq!(peer.body(1).await.unwrap().len(), LARGE);
}

#[tokio::test]
async fn paced_data_keeps_to_the_windows_of_the_client() {
    let (mut client, mut peer) = pair().await;
    let response = client.get();
    peer.request().await.unwrap();
    peer.headers(1, [(":status", "200")]).await.unwrap();
    let sending = async {
        peer.paced_data(1, vec![7; LARGE]).await.unwrap();
        peer.last_data(1, "").await.unwrap();
    };
    let receiving = async { read_all(response.await.unwrap()).await.unwrap() };
    let ((), received) = tokio::join!(sending, receiving);
    assert_eq!(received.len(), LARGE);
    assert!(
        peer.log()
            .lines()
            .iter()
            .any(|line| line.starts_with("WINDOW_UPDATE 1 +"))
    );
}

#[tokio::test]
async fn credit_of_an_unread_body_runs_out() {
    let (mut client, mut peer) = pair().await;
    let response = client.get();
    peer.request().await.unwrap();
    peer.headers(1, [(":status", "200")]).await.unwrap();
    peer.paced_data(1, vec![7; 65_535]).await.unwrap();
    assert_eq!((peer.peer_may_send(0), peer.peer_may_send(1)), (0, 0));
    let mut response = response.await.unwrap();
    response
        .body_mut()
        .flow_control()
        .release_capacity(40_000)
        .unwrap();
    peer.wait_to_send(1, 40_000).await.unwrap();
    assert_eq!(
        (peer.peer_may_send(0), peer.peer_may_send(1)),
        (40_000, 40_000)
    );
}

#[tokio::test]
async fn pacing_ends_with_the_stream() {
    let (mut client, mut peer) = pair().await;
    let response = client.get();
    peer.request().await.unwrap();
    peer.headers(1, [(":status", "200")]).await.unwrap();
    let response = response.await.unwrap();
    drop(response);
    let sent = peer.paced_data(1, vec![7; LARGE]).await;
    assert!(
        matches!(
            sent,
            Err(PeerError::Reset {
                stream: 1,
                reason: Reason::CANCEL
            })
        ),
        "{sent:?}"
    );
}

#[tokio::test]
async fn a_peer_that_stops_reading_holds_the_client_up() {
    let (client, server) = tokio::io::duplex(1_000);
    let (mut client, peer) = tokio::join!(Client::over(client), Connection::over(server));
    let mut peer = peer.unwrap();
    peer.barrier().await.unwrap();
    peer.stop_reading();
    let (_response, mut body) = client.call();
    body.send_data(Bytes::from(vec![7; 5_000]), true).unwrap();
    // The client's task has had its turn when this one comes back.
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
    assert!(peer.log().calls().frames().is_empty());
    peer.resume_reading();
    assert_eq!(peer.body(1).await.unwrap().len(), 5_000);
}

#[tokio::test]
async fn a_client_that_does_not_read_makes_the_script_wait() {
    let (mut client, server) = tokio::io::duplex(1_000);
    client.write_all(&preface()).await.unwrap();
    let peer = Connection::over(server).await.unwrap();
    let mut sending = tokio_test::task::spawn(peer.data(1, vec![0; 5_000]));
    assert_pending!(sending.poll());
    tokio::task::yield_now().await;
    assert_pending!(sending.poll());
    drop(client);
    assert!(matches!(sending.await, Err(PeerError::Io(_))));
}

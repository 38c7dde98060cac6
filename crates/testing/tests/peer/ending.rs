//! How connections end.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use ziggurat_testing::peer::{Connection, Peer, PeerError, RawFrame, Reason, Script};

use crate::client::{Client, pair, pipe, preface};

#[tokio::test]
async fn a_dropped_connection_sends_all_and_then_ends() {
    let (mut client, mut peer) = pair().await;
    let (first, second) = (client.get(), client.get());
    peer.request().await.unwrap();
    peer.request().await.unwrap();
    peer.trailers(1, [(":status", "200")]).await.unwrap();
    drop(peer);
    assert_eq!(first.await.unwrap().status(), 200);
    assert!(second.await.unwrap_err().is_io());
}

#[tokio::test]
async fn a_frame_is_cut_in_the_middle() {
    let (mut client, mut peer) = pair().await;
    let response = client.get();
    peer.request().await.unwrap();
    peer.headers(1, [(":status", "200")]).await.unwrap();
    peer.cut(RawFrame::data(1, "a whole message"), 12)
        .await
        .unwrap();
    let error = response
        .await
        .unwrap()
        .into_body()
        .data()
        .await
        .unwrap()
        .unwrap_err();
    assert!(error.is_io(), "{error:?}");
    assert!(matches!(peer.data(1, "more").await, Err(PeerError::Closed)));
    assert!(matches!(peer.hang_up().await, Err(PeerError::Closed)));
}

#[tokio::test]
async fn garbage_ends_the_connection() {
    let (mut client, mut peer) = pair().await;
    let response = client.get();
    peer.request().await.unwrap();
    peer.bytes("HTTP/1.1 400 Bad Request\r\n\r\n")
        .await
        .unwrap();
    assert!(response.await.is_err());
    assert_eq!(
        peer.next_frame().await.unwrap().to_string(),
        "GOAWAY 0 FRAME_SIZE_ERROR"
    );
}

#[tokio::test]
async fn a_torn_connection_is_reset() {
    let peer = Peer::bind().await.unwrap();
    let mut socket = tokio::net::TcpStream::connect(peer.address().unwrap())
        .await
        .unwrap();
    socket.write_all(&preface()).await.unwrap();
    let conn = peer.accept().await.unwrap();
    conn.tear_down();
    let mut received = Vec::new();
    let error = socket.read_to_end(&mut received).await.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
}

#[tokio::test]
async fn a_client_that_closes_is_noticed() {
    let (client, mut peer) = pair().await;
    client.close().await.unwrap();
    peer.closed().await.unwrap();
    assert_eq!(
        peer.next_frame().await.unwrap().to_string(),
        "GOAWAY 0 NO_ERROR"
    );
    assert!(matches!(peer.next_frame().await, Err(PeerError::Closed)));
    assert!(matches!(peer.request().await, Err(PeerError::Closed)));
    assert!(matches!(peer.reset_of(1).await, Err(PeerError::Closed)));
}

#[tokio::test]
async fn a_client_of_another_protocol_is_refused() {
    let (mut client, server) = pipe();
    client.write_all(b"GET / HTTP/1.1\r\n").await.unwrap();
    assert!(matches!(
        Connection::over(server).await,
        Err(PeerError::Preface)
    ));

    let (mut client, server) = pipe();
    client.write_all(b"PRI * HT").await.unwrap();
    drop(client);
    assert!(matches!(
        Connection::over(server).await,
        Err(PeerError::Closed)
    ));

    let (mut client, server) = pipe();
    client
        .write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
        .await
        .unwrap();
    client
        .write_all(&RawFrame::ping([0; 8]).encode())
        .await
        .unwrap();
    let error = Connection::over(server).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the client sent what is not HTTP/2: PING before SETTINGS"
    );
}

#[tokio::test]
async fn a_script_gives_its_log() {
    let (client, server) = pipe();
    let script = Script::spawn(Connection::over(server), |mut conn| async move {
        let request = conn.request().await?;
        conn.reset(request.stream, Reason::REFUSED_STREAM).await?;
        conn.closed().await
    });
    let mut client = Client::over(client).await;
    assert!(client.get().await.is_err());
    client.close().await.unwrap();
    let log = script.finish().await.unwrap();
    assert_eq!(
        log.calls().lines(),
        ["HEADERS 1 END_STREAM", "GOAWAY 0 NO_ERROR"]
    );
    assert!(log.to_string().starts_with("SETTINGS\n"));
}

#[tokio::test]
async fn a_failed_script_says_why() {
    let (client, server) = pipe();
    let script = Script::spawn(Connection::over(server), |mut conn| async move {
        conn.request().await?;
        Ok(())
    });
    Client::over(client).await.close().await.unwrap();
    assert!(matches!(script.finish().await, Err(PeerError::Closed)));
}

#[tokio::test]
#[should_panic(expected = "no latte today")]
async fn a_panic_in_a_script_is_the_panic_of_the_test() {
    let (client, server) = pipe();
    let script = Script::spawn(Connection::over(server), |_| async {
        panic!("no latte today")
    });
    let _client = Client::over(client).await;
    let _ = script.finish().await;
}

#[tokio::test(start_paused = true)]
async fn over_a_pipe_time_is_the_paused_clock() {
    let (mut client, mut peer) = pair().await;
    let response = client.get();
    let hour = std::time::Duration::from_secs(3_600);
    assert!(tokio::time::timeout(hour, response).await.is_err());
    assert_eq!(peer.request().await.unwrap().stream, 1);
    assert_eq!(peer.reset_of(1).await.unwrap(), Reason::CANCEL);
    assert_eq!(
        peer.barrier().await.unwrap().lines(),
        ["RST_STREAM 1 CANCEL"]
    );
}

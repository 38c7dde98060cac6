//! What the server or the network does to calls and connections.

use std::{error::Error, io};

use h2::Reason;
use http::Response;
use http_body_util::BodyExt;
use tokio::io::AsyncWriteExt;
use tower_service::Service;
use ziggurat_transport::{Connection, error::Kind};

use crate::{
    body::Body,
    record::wire,
    server::{Server, barrier, connect, drain, request, soon, target, until},
};

/// A wait until the connection takes no more requests.
async fn closed(connection: &Connection<Body>) {
    until(|| connection.is_closed()).await;
}

#[tokio::test(start_paused = true)]
async fn a_reset_of_the_server_names_its_code() {
    // A.9, L-9
    let (mut connection, mut server, _record) = connect().await;
    let call = tokio::spawn(connection.call(request(Body::one("x"))));
    server
        .accept()
        .await
        .respond
        .send_reset(Reason::REFUSED_STREAM);
    let (error, request_back) = soon(call).await.unwrap().unwrap_err().into_parts();
    assert_eq!(
        error.kind(),
        Kind::Reset {
            code: 7,
            remote: true
        }
    );
    let text = "the server reset the stream to http://cafe:1 with REFUSED_STREAM (0x7)";
    assert_eq!(error.to_string(), text);
    assert!(request_back.is_none());
    assert!(source_of(&error).is_some_and(h2::Error::is_remote));

    let call = tokio::spawn(connection.call(request(Body::one("x"))));
    let mut accepted = server.accept().await;
    accepted.headers();
    let response = soon(call).await.unwrap().unwrap();
    accepted.reset_with(Reason::INTERNAL_ERROR);
    let error = soon(response.into_body().collect()).await.unwrap_err();
    assert_eq!(
        error.kind(),
        Kind::Reset {
            code: 2,
            remote: true
        }
    );
}

/// The error of this type in the chain of sources.
pub(crate) fn source_of<T: Error + 'static>(error: &ziggurat_transport::Error) -> Option<&T> {
    let mut source = error.source();
    while let Some(error) = source {
        if let Some(error) = error.downcast_ref() {
            return Some(error);
        }
        source = error.source();
    }
    None
}

#[tokio::test(start_paused = true)]
async fn a_reset_without_an_error_ends_the_body_without_trailers() {
    // L-1, A-108
    let (mut connection, mut server, _record) = connect().await;
    let call = tokio::spawn(connection.call(request(Body::one("x"))));
    let mut accepted = server.accept().await;
    accepted.headers();
    let response = soon(call).await.unwrap().unwrap();
    accepted.reset_with(Reason::NO_ERROR);
    let collected = soon(response.into_body().collect()).await.unwrap();
    assert!(collected.trailers().is_none());
}

#[tokio::test(start_paused = true)]
async fn goaway_closes_an_idle_connection_and_lets_calls_finish() {
    // L-24
    let (mut connection, mut server, _record) = connect().await;
    let call = tokio::spawn(connection.call(request(Body::one("x"))));
    let accepted = server.accept().await;
    server.drain();
    closed(&connection).await;
    let (error, request_back) = soon(connection.call(request(Body::one("late"))))
        .await
        .unwrap_err()
        .into_parts();
    assert_eq!(error.kind(), Kind::Closed);
    let text = "the connection to http://cafe:1 is closed";
    assert_eq!(error.to_string(), text);
    // L-13, C-30
    assert_eq!(request_back.unwrap().uri(), "http://cafe:1/order");

    accepted.answer("done");
    assert_eq!(drain(soon(call).await.unwrap().unwrap()).await, "done");
}

#[tokio::test(start_paused = true)]
async fn a_lost_connection_is_said_so() {
    // A-114, L-17
    let (mut connection, mut server, mut record) = connect().await;
    let headless = tokio::spawn(connection.call(request(Body::one("x"))));
    let _first = server.accept().await;
    let call = tokio::spawn(connection.call(request(Body::one("x"))));
    let mut second = server.accept().await;
    second.headers();
    let response = soon(call).await.unwrap().unwrap();
    server.cut();
    let (error, request_back) = soon(headless).await.unwrap().unwrap_err().into_parts();
    assert_eq!(error.kind(), Kind::Lost, "{error}");
    assert!(
        error
            .to_string()
            .starts_with("the connection to http://cafe:1 was lost: "),
        "{error}"
    );
    assert!(source_of::<io::Error>(&error).is_some());
    assert!(request_back.is_none());
    let error = soon(response.into_body().collect()).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Lost, "{error}");
    assert!(connection.is_closed());
    record.dropped().await;
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_goaway_leaves_out_is_told_apart() {
    // L-10, L-11
    let (wire, _record, mut far) = wire();
    far.write_all(&[0, 0, 0, 4, 0, 0, 0, 0, 0]).await.unwrap();
    let (mut connection, driver) = soon(Connection::handshake(target(), wire)).await.unwrap();
    tokio::spawn(driver);
    let call = tokio::spawn(connection.call(request(Body::one("x"))));
    tokio::task::yield_now().await;
    // Last stream 0, ENHANCE_YOUR_CALM, debug data.
    let goaway = [0, 0, 22, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 11];
    far.write_all(&[&goaway[..], b"too_many_pings"].concat())
        .await
        .unwrap();
    let (error, request_back) = soon(call).await.unwrap().unwrap_err().into_parts();
    assert_eq!(
        error.kind(),
        Kind::GoAway {
            code: 11,
            remote: true
        }
    );
    assert!(error.to_string().contains("too_many_pings"), "{error}");
    assert!(request_back.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_goaway_lets_go_on_is_lost_with_the_connection() {
    // L-10, C-35
    let (mut connection, mut server, _record) = connect().await;
    let call = tokio::spawn(connection.call(request(Body::one("x"))));
    let _accepted = server.accept().await;
    server.abort(Reason::ENHANCE_YOUR_CALM);
    let error = soon(call).await.unwrap().unwrap_err();
    assert_eq!(error.error().kind(), Kind::Lost, "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn a_request_that_http2_cannot_carry_fails_alone() {
    let (mut connection, mut server, _record) = connect().await;
    let mut relative = request(Body::one("x"));
    *relative.uri_mut() = "/order".parse().unwrap();
    let error = soon(connection.call(relative)).await.unwrap_err();
    assert_eq!(error.error().kind(), Kind::Other);
    barrier(&mut connection, &mut server).await;
}

#[tokio::test(start_paused = true)]
async fn a_response_that_breaks_http2_is_reset_by_this_side() {
    // L-18
    let (mut connection, mut server, _record) = connect().await;
    let call = tokio::spawn(connection.call(request(Body::one("x"))));
    let mut accepted = server.accept().await;
    let response = Response::builder()
        .header("content-length", "5")
        .body(())
        .unwrap();
    // L-7
    accepted.respond.send_response(response, true).unwrap();
    let error = soon(call).await.unwrap().unwrap_err();
    assert_eq!(
        error.error().kind(),
        Kind::Reset {
            code: 1,
            remote: false
        }
    );
}

#[tokio::test(start_paused = true)]
async fn queued_requests_come_back_when_the_connection_ends() {
    // L-13, C-30
    let (wire, _record, far) = wire();
    let mut server = Server::with(h2::server::Builder::new().max_concurrent_streams(1), far);
    let (mut connection, driver) = soon(Connection::handshake(target(), wire)).await.unwrap();
    tokio::spawn(driver);
    let first = tokio::spawn(connection.call(request(Body::one("open"))));
    let _accepted = server.accept().await;
    // hyper takes one request out of its queue to wait for a stream, and leaves the others there: only these come
    // back, but of that one not a byte left either.
    let calls: Vec<_> = (0..3)
        .map(|_| tokio::spawn(connection.call(request(Body::one("queued")))))
        .collect();
    server.cut();
    assert_eq!(
        soon(first).await.unwrap().unwrap_err().error().kind(),
        Kind::Lost
    );
    let mut came_back = 0;
    for call in calls {
        let (error, request) = soon(call).await.unwrap().unwrap_err().into_parts();
        assert_eq!(error.kind(), Kind::Closed);
        came_back += usize::from(request.is_some());
    }
    assert!(came_back >= 2, "{came_back}");
}

#[test]
fn what_ends_a_request_names_its_code() {
    // B-24
    let reset = ziggurat_transport::Reset::no_error();
    assert_eq!(reset.to_string(), "the request was given up: NO_ERROR");
}

//! When a connection's task ends.

use http_body_util::BodyExt;
use tower_service::Service;
use ziggurat_transport::{Connection, error::Kind};

use crate::{
    body::Body,
    record::wire,
    server::{Server, barrier, connect, drain, request, soon, target},
};

#[tokio::test(start_paused = true)]
async fn ends_with_the_last_handle() {
    // B-26
    let (connection, server, mut record) = connect().await;
    let other = connection.clone();
    drop(connection);
    tokio::task::yield_now().await;
    assert!(!record.is_dropped());
    drop(other);
    record.dropped().await;
    drop(server);
}

#[tokio::test(start_paused = true)]
async fn ends_after_the_last_call() {
    let (mut connection, mut server, mut record) = connect().await;
    barrier(&mut connection, &mut server).await;
    let call = tokio::spawn(connection.call(request(Body::one("x"))));
    let mut accepted = server.accept().await;
    drop(connection);
    let body = accepted.headers();
    let mut response = soon(call).await.unwrap().unwrap();
    body.send_data("late".into(), true).unwrap();
    assert_eq!(
        soon(response.body_mut().frame())
            .await
            .unwrap()
            .unwrap()
            .into_data()
            .unwrap(),
        "late"
    );
    assert!(!record.is_dropped());
    drop(response);
    record.dropped().await;
}

#[tokio::test(start_paused = true)]
async fn ends_after_a_call_that_is_given_up() {
    // B-26, L-21
    let (mut connection, mut server, mut record) = connect().await;
    let (_feeder, body) = Body::blocked();
    let call = connection.call(request(body));
    server.accept().await.fill().await;
    drop((call, connection));
    record.dropped().await;
}

#[tokio::test(start_paused = true)]
async fn a_sender_that_stays_does_not_keep_it() {
    let (mut connection, mut server, mut record) = connect().await;
    let (feeder, body) = Body::fed();
    feeder.feed("x");
    feeder.end();
    let call = tokio::spawn(connection.call(request(body)));
    server.accept().await.answer("done");
    drain(soon(call).await.unwrap().unwrap()).await;
    drop(connection);
    record.dropped().await;
    feeder.give_up();
}

#[tokio::test(start_paused = true)]
async fn a_driver_that_is_dropped_fails_its_calls() {
    let (wire, mut record, far) = wire();
    let mut server = Server::start(far);
    let (mut connection, driver) = soon(Connection::handshake(target(), wire)).await.unwrap();
    let driver = tokio::spawn(driver);
    let sent = tokio::spawn(connection.call(request(Body::one("x"))));
    let _accepted = server.accept().await;
    driver.abort();
    record.dropped().await;
    assert_eq!(
        soon(sent).await.unwrap().unwrap_err().error().kind(),
        Kind::Lost
    );
    let error = soon(connection.call(request(Body::one("x"))))
        .await
        .unwrap_err();
    assert_eq!(error.error().kind(), Kind::Closed);
    assert!(error.into_parts().1.is_some());
}

#[tokio::test(start_paused = true)]
async fn a_handshake_that_is_dropped_closes_the_stream() {
    let (wire, mut record, _far) = wire();
    let mut handshake = tokio_test::task::spawn(Connection::<Body>::handshake(target(), wire));
    tokio_test::assert_pending!(handshake.poll());
    drop(handshake);
    record.dropped().await;
}

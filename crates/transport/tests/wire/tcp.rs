//! The default connector, over loopback.

use std::{error::Error as _, future::Future, io, time::Duration};

use tokio::{
    net::{TcpListener, TcpStream},
    sync::oneshot,
    time::timeout,
};
use tower_layer::Identity;
use tower_service::Service;
use ziggurat_connect::TcpError;
use ziggurat_transport::{Channel, Connection, Target, channel, error::Kind};

use crate::{
    body::Body,
    server::{Accepted, request},
};

/// A minute of the real clock: a test fails instead of hanging.
async fn within<F: Future>(future: F) -> F::Output {
    let limit = Duration::from_secs(60);
    timeout(limit, future).await.expect("it hangs")
}

fn channel(address: &str) -> Channel<Identity, Body> {
    let target = Target::parse(&format!("http://{address}")).unwrap();
    channel::Builder::new(target).build()
}

#[tokio::test]
async fn a_connection_knows_both_addresses() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (sender, client) = oneshot::channel();
    tokio::spawn(async move {
        let (stream, client) = listener.accept().await.unwrap();
        sender.send(client).unwrap();
        let mut connection = h2::server::handshake(stream).await.unwrap();
        while let Some(Ok((request, respond))) = connection.accept().await {
            Accepted::new(request, respond).answer("here");
        }
    });
    let target = Target::parse(&format!("http://{address}")).unwrap();
    let stream = TcpStream::connect(address).await.unwrap();
    let handshake = Connection::<Body>::handshake(target, stream);
    let (connection, driver) = within(handshake).await.unwrap();
    tokio::spawn(driver);
    let peer = connection.peer();
    assert_eq!(peer.remote(), Some(address));
    assert_eq!(peer.local(), Some(client.await.unwrap()));
}

#[tokio::test]
async fn a_refused_port_names_the_address_and_the_system_error() {
    // D-27
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let mut channel = channel(&address.to_string());
    let call = channel.call(request(Body::one("x")));
    let error = within(call).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Connect);
    let refused = format!("cannot connect to http://{address}: {address}: Connection refused");
    assert!(error.to_string().starts_with(&refused), "{error}");
    let tcp = error.source().unwrap().downcast_ref::<TcpError>().unwrap();
    let io = tcp.source().unwrap().downcast_ref::<io::Error>().unwrap();
    assert_eq!(io.kind(), io::ErrorKind::ConnectionRefused);
}

#[tokio::test]
async fn an_unknown_name_is_said_so() {
    // D-27
    let error = within(channel("name.invalid:1").connect())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), Kind::Connect);
    let unresolved =
        "cannot connect to http://name.invalid:1: the host \"name.invalid\" cannot be resolved: ";
    assert!(error.to_string().starts_with(unresolved), "{error}");
    assert!(error.source().unwrap().source().is_some());
}

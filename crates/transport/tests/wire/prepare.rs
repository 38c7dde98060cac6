//! The layer around each connection of a channel.

use std::{
    future::{Ready, ready},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
};

use futures_util::future::Either;
use http::{HeaderValue, Request, Response};
use tower_layer::Layer;
use tower_service::Service;
use ziggurat_transport::{Connection, Error, ResponseBody, SendError, connection::ResponseFuture};

use crate::{
    body::Body,
    server::{Server, drain, pipes, request, soon},
};

/// Counts the attempts of a request in a header of it.
#[derive(Clone)]
struct Count;

#[derive(Clone)]
struct Counting(Connection<Body>);

impl Layer<Connection<Body>> for Count {
    type Service = Counting;

    fn layer(&self, connection: Connection<Body>) -> Counting {
        Counting(connection)
    }
}

impl Service<Request<Body>> for Counting {
    type Response = <Connection<Body> as Service<Request<Body>>>::Response;
    type Error = SendError<Body>;
    type Future = <Connection<Body> as Service<Request<Body>>>::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), SendError<Body>>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        request
            .headers_mut()
            .append("x-attempt", HeaderValue::from_static("1"));
        self.0.call(request)
    }
}

#[tokio::test(start_paused = true)]
async fn the_layer_prepares_each_attempt() {
    let (builder, mut listener) = pipes();
    let channel = builder.layer(Count).build::<Body>();
    let send = || channel.clone().call(request(Body::one("x")));
    let _open = tokio::spawn(send());
    let (pipe, _record) = listener.accept().await;
    let mut server = Server::with(h2::server::Builder::new().max_concurrent_streams(1), pipe);
    let accepted = server.accept().await;
    assert_eq!(accepted.head.headers.get_all("x-attempt").iter().count(), 1);
    let waits_for_a_stream = tokio::spawn(send());
    tokio::task::yield_now().await;
    let unsent = tokio::spawn(send());
    tokio::task::yield_now().await;
    server.cut();
    drop(waits_for_a_stream);

    let (mut server, _record) = listener.serve().await;
    let accepted = server.accept().await;
    assert_eq!(accepted.head.headers.get_all("x-attempt").iter().count(), 2);
    accepted.answer("ok");
    assert_eq!(drain(soon(unsent).await.unwrap().unwrap()).await, "ok");
}

/// Lets the connections after the first take requests.
#[derive(Clone)]
struct RefuseFirst(Arc<AtomicBool>);

#[derive(Clone)]
struct Refusing {
    connection: Connection<Body>,
    refuses: bool,
}

impl Layer<Connection<Body>> for RefuseFirst {
    type Service = Refusing;

    fn layer(&self, connection: Connection<Body>) -> Refusing {
        let refuses = self.0.swap(false, Ordering::Relaxed);
        Refusing {
            connection,
            refuses,
        }
    }
}

impl Service<Request<Body>> for Refusing {
    type Response = Response<ResponseBody>;
    type Error = SendError<Body>;
    type Future = Either<Ready<Result<Self::Response, Self::Error>>, ResponseFuture<Body>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), SendError<Body>>> {
        self.connection.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        if !self.refuses {
            return Either::Right(self.connection.call(request));
        }
        Either::Left(ready(Err(SendError::unsent(
            Error::other("not me"),
            request,
        ))))
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_did_not_take_a_request_is_not_asked_again() {
    // C-30: no spinning, though the connection is open.
    let (builder, mut listener) = pipes();
    let layer = RefuseFirst(Arc::new(true.into()));
    let mut channel = builder.layer(layer).build::<Body>();
    let call = tokio::spawn(channel.call(request(Body::one("x"))));
    let (_refused, mut record) = listener.serve().await;
    let (mut server, _record) = listener.serve().await;
    server.accept().await.answer("ok");
    assert_eq!(drain(soon(call).await.unwrap().unwrap()).await, "ok");
    record.dropped().await;
    assert_eq!(record.frames(), [""; 0]);
}

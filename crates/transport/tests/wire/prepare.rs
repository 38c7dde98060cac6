//! The layer around each connection of a channel.

use std::{
    future::{Ready, ready},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
};

use futures_util::{future::Either, task::AtomicWaker};
use h2::Reason;
use http::{HeaderValue, Request, Response};
use tower_layer::Layer;
use tower_service::Service;
use ziggurat_transport::{Connection, Error, ResponseBody, SendError, connection::ResponseFuture};

use crate::{
    body::Body,
    server::{Server, drain, pipes, request, soon, until},
};

/// An extension of a request.
#[derive(Clone)]
struct Size(&'static str);

/// Writes the extension, if it is there, into a header.
fn write_size<B>(request: &mut Request<B>) {
    if let Some(&Size(size)) = request.extensions().get() {
        request
            .headers_mut()
            .append("x-size", HeaderValue::from_static(size));
    }
}

/// An order with its size among the extensions.
fn large() -> Request<Body> {
    let mut request = request(Body::one("x"));
    request.extensions_mut().insert(Size("large"));
    request
}

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
        write_size(&mut request);
        self.0.call(request)
    }
}

#[tokio::test(start_paused = true)]
async fn the_layer_prepares_each_attempt_from_the_start() {
    //
    let (builder, mut listener) = pipes();
    let mut channel = builder.layer(Count).build::<Body>();
    let call = tokio::spawn(channel.call(large()));
    let (mut server, _record) = listener.serve().await;
    for attempt in 0..2 {
        let mut accepted = server.accept().await;
        let counts = accepted.head.headers.get_all("x-attempt");
        assert_eq!(counts.iter().count(), 1);
        let sizes = accepted.head.headers.get_all("x-size");
        assert_eq!(Vec::from_iter(sizes), ["large"]);
        match attempt {
            0 => accepted.respond.send_reset(Reason::REFUSED_STREAM),
            _ => accepted.answer("ok"),
        }
    }
    assert_eq!(drain(soon(call).await.unwrap().unwrap()).await, "ok");
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

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        write_size(&mut request);
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
    let call = tokio::spawn(channel.call(large()));
    let (_refused, mut record) = listener.serve().await;
    let (mut server, _record) = listener.serve().await;
    let accepted = server.accept().await;
    assert_eq!(accepted.head.headers["x-size"], "large");
    accepted.answer("ok");
    assert_eq!(drain(soon(call).await.unwrap().unwrap()).await, "ok");
    record.dropped().await;
    assert_eq!(record.frames(), [""; 0]);
}

/// Lets no request through until its gate is open.
#[derive(Clone, Default)]
struct Gate(Arc<Latch>);

#[derive(Default)]
struct Latch {
    is_open: AtomicBool,
    is_awaited: AtomicBool,
    waker: AtomicWaker,
}

#[derive(Clone)]
struct Gated(Connection<Body>, Gate);

impl Gate {
    fn open(&self) {
        self.0.is_open.store(true, Ordering::Release);
        self.0.waker.wake();
    }

    fn is_awaited(&self) -> bool {
        self.0.is_awaited.load(Ordering::Acquire)
    }

    fn poll_open(&self, cx: &mut Context<'_>) -> Poll<()> {
        self.0.waker.register(cx.waker());
        if self.0.is_open.load(Ordering::Acquire) {
            return Poll::Ready(());
        }
        self.0.is_awaited.store(true, Ordering::Release);
        Poll::Pending
    }
}

impl Layer<Connection<Body>> for Gate {
    type Service = Gated;

    fn layer(&self, connection: Connection<Body>) -> Gated {
        Gated(connection, self.clone())
    }
}

impl Service<Request<Body>> for Gated {
    type Response = Response<ResponseBody>;
    type Error = SendError<Body>;
    type Future = ResponseFuture<Body>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), SendError<Body>>> {
        let Self(connection, gate) = self;
        std::task::ready!(gate.poll_open(cx));
        connection.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        self.0.call(request)
    }
}

#[tokio::test(start_paused = true)]
async fn a_layer_that_is_not_ready_holds_a_call_and_its_stream() {
    // the second call has the one stream as soon as the first is dropped.
    let (builder, mut listener) = pipes();
    let gate = Gate::default();
    let channel = builder.layer(gate.clone()).build::<Body>();
    let mut limited = h2::server::Builder::new();
    limited.max_concurrent_streams(1);
    let call = || tokio::spawn(channel.clone().call(request(Body::one("x"))));
    let (dropped, kept) = (call(), call());
    let (pipe, record) = listener.accept().await;
    let mut server = Server::with(&limited, pipe);
    until(|| gate.is_awaited()).await;
    dropped.abort();
    soon(dropped).await.unwrap_err();
    assert_eq!(record.frames(), [""; 0]);
    gate.open();
    server.accept().await.answer("ok");
    assert_eq!(drain(soon(kept).await.unwrap().unwrap()).await, "ok");
}

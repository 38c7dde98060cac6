//! The parts of the channel, each alone: lists and the queue are tables, and what core and task say to each other is told in
//! the orders that threads seldom meet in.

mod core;
mod list;
mod queue;

use std::{
    convert::Infallible,
    future::{Ready, ready},
    io,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body, Frame};
use tokio::net::TcpStream;
use tower::Service;
use ziggurat_transport::{
    Connection, Error, RequestBody, Target,
    channel::many::{Asking, Call, Patience, Ticket},
};

/// What sends over a connection, if there ever is one.
type Sends = Connection<Nothing>;

/// A body that is at its end.
#[derive(Debug)]
struct Nothing;

impl Body for Nothing {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(None)
    }
}

impl RequestBody for Nothing {}

/// Where every connection is refused at once.
#[derive(Clone)]
struct Refusing;

impl Service<Target> for Refusing {
    type Response = TcpStream;
    type Error = io::Error;
    type Future = Ready<io::Result<TcpStream>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Target) -> Self::Future {
        ready(Err(io::ErrorKind::ConnectionRefused.into()))
    }
}

fn target() -> Target {
    Target::parse("http://cafe").unwrap()
}

fn error(text: &str) -> Error {
    Error::no_server(text)
}

/// What was given to [`error`].
fn told(error: &Error) -> String {
    let text = error.to_string();
    let told = text.strip_prefix("no server takes the call: ");
    told.unwrap_or(&text).to_owned()
}

/// A call of this path asks, which came as that one of all.
fn asking<'a>(
    number: u64,
    patience: Patience,
    path: &'a str,
    headers: &'a HeaderMap,
) -> Asking<'a> {
    Asking {
        ticket: Ticket::of(number),
        patience,
        call: Call::new(path, headers),
    }
}

//! One server as a service: the ground floor that stubs share.
//!
//! A [`Channel`] is one HTTP/2 connection that is made when it is first needed and made anew when it was lost.
//! Cloning it costs one reference count; all clones share the connection.
//!
//! ```no_run
//! use ziggurat::Channel;
//!
//! # async fn connect() -> Result<(), Box<dyn std::error::Error>> {
//! let channel = Channel::builder("http://cafe.example:50051")?
//!     .user_agent("orders/1.4")?
//!     .connect_lazy(); // or .connect().await? to fail early
//! # Ok(())
//! # }
//! ```
//!
//! It is a [`tower::Service`](tower_service::Service) over `http::Request` with any body of `Bytes`: stubs of others
//! stand on it too. It is always ready and never fails: what goes wrong is answered as gRPC answers it, with a status.
//!
//! # Cancel safety
//!
//! Dropping the future of a call, or its answer's body before the end, resets the stream with CANCEL. Dropping a call
//! that waits for the connection does not stop others from getting it.

mod body;
mod builder;
mod peer;

pub use body::ResponseBody;
pub use builder::Builder;

use std::{
    convert::Infallible,
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{Request, Response};
use pin_project_lite::pin_project;
use tower_service::Service;
use ziggurat_layers::status::WithStatus;
use ziggurat_protocol::{Body, BoxError, Status};
use ziggurat_transport::{self as transport, InvalidTarget};

use body::RequestBody;
use builder::Attempts;

/// What every request goes down through, once it has left the user's floors.
type Tower = WithStatus<Transport>;
type Transport = transport::Channel<Attempts, RequestBody>;

/// One server, over one connection that all clones share.
///
/// `Channel::default()` is plaintext to `http://127.0.0.1:50051`.
///
/// # Panics
///
/// Calls must be polled inside a tokio runtime, for connecting spawns the connection's task.
#[derive(Clone)]
pub struct Channel {
    tower: Tower,
    transport: Transport,
}

impl Channel {
    /// Starts a channel to a target, `http://host[:port]`; the port is by default 80.
    ///
    /// # Errors
    ///
    /// The target has no scheme, or another one; a path, a query or a user; no host, or a bad port. `https://` is
    /// refused until TLS is there, never taken as plaintext.
    pub fn builder(target: &str) -> Result<Builder, InvalidTarget> {
        Ok(Builder::new(target.parse()?))
    }

    /// Waits until there is a connection.
    async fn connected(&self) -> Result<(), Status> {
        let connected = self.transport.connect().await;
        connected.map_err(|error| ziggurat_layers::status::from_error(error.into()))
    }
}

impl Default for Channel {
    fn default() -> Self {
        Builder::default().connect_lazy()
    }
}

impl<B> Service<Request<B>> for Channel
where
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    type Response = Response<ResponseBody>;
    type Error = Infallible;
    type Future = ResponseFuture;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> ResponseFuture {
        let request = request.map(|body| RequestBody::new(Body::new(body)));
        ResponseFuture {
            answer: self.tower.call(request),
        }
    }
}

impl fmt::Debug for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let target = self.transport.target();
        f.debug_struct("Channel")
            .field("target", target)
            .finish_non_exhaustive()
    }
}

pin_project! {
    /// The answer of a [`Channel`] to one request. Nothing happens before its first poll.
    #[must_use = "futures do nothing until they are awaited"]
    pub struct ResponseFuture {
        #[pin]
        answer: <Tower as Service<Request<RequestBody>>>::Future,
    }
}

impl Future for ResponseFuture {
    type Output = Result<Response<ResponseBody>, Infallible>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let answered = self.project().answer.poll(cx);
        answered.map_ok(|answer| answer.map(ResponseBody::new))
    }
}

impl fmt::Debug for ResponseFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}

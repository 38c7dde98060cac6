//! A channel whose readiness tells whether it is connected, for who chooses by that.
//!
//! ```text
//! Ready ◀─────────── SETTINGS read ─────────────┐
//!   └── lost, idle ──▶ asks for a connection ───┘        closed ──▶ error
//! ```

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http::{Request, Response};
use tower_service::Service;
use ziggurat_protocol::{BoxError, Status};
use ziggurat_transport::channel::Connecting;

use super::{Channel, ResponseBody, ResponseFuture, State, life::into_status};

impl Channel {
    /// Makes it a service that is ready when the channel is connected, and connects for it.
    ///
    /// A channel by itself is always ready, and calls without a connection fail fast: to a balancer a dead server looks like
    /// the quickest of all. See [`ReadyWhenConnected`].
    pub fn ready_when_connected(self) -> ReadyWhenConnected {
        ReadyWhenConnected {
            channel: self,
            connecting: None,
        }
    }
}

/// A [`Channel`] that is ready in [`State::Ready`] only; made by [`Channel::ready_when_connected`].
///
/// For what chooses by readiness, such as `tower::balance`, `tower::load_shed` or a choice of one's own. Asked in
/// [`State::Idle`] it connects. In [`State::Connecting`] and [`State::TransientFailure`] it waits for the attempt that
/// succeeds, and wakes then; the channel's [pauses](super::Backoff) hold. As it connects when it is asked, an idle channel
/// comes back as soon as a balancer looks at it.
///
/// Ready says that there is a connection, not that it has a free stream, and nothing is reserved: a connection may be lost
/// before the call comes, which then does what a call of the channel does.
///
/// Stubs need no such thing over one channel: their calls wait for the connection, under their deadlines. A call waits for
/// readiness under its deadline too, and does not fail while nothing is connected, as if it
/// [waited for ready](crate::CallOptions::wait_for_ready).
///
/// # Example
///
/// ```
/// use tower::{
///     balance::p2c::Balance,
///     buffer::Buffer,
///     discover::ServiceList,
///     load::{CompleteOnResponse, PendingRequests},
/// };
/// use ziggurat::{Body, Channel, Client};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let targets = ["http://kitchen.example:50051", "http://bar.example:50051"];
/// let mut servers = Vec::new();
/// for target in targets {
///     let channel = Channel::builder(target)?.connect_lazy().ready_when_connected();
///     servers.push(PendingRequests::new(channel, CompleteOnResponse::default()));
/// }
/// let balance = Balance::new(ServiceList::new::<http::Request<Body>>(servers));
/// let client = Client::new(Buffer::new(balance, 64)); // a balancer is no `Clone`
/// # drop(client);
/// # Ok(()) }
/// ```
///
/// # Errors
///
/// UNAVAILABLE from `poll_ready`: the channel was closed, for good. A balancer removes it then. Calls give none.
///
/// # Cancel safety
///
/// Who stops waiting leaves the attempt to others. A clone waits by itself.
pub struct ReadyWhenConnected {
    channel: Channel,
    /// Waits for a connection, since somebody asked.
    connecting: Option<Connecting>,
}

impl ReadyWhenConnected {
    /// The channel, which is shared.
    pub fn channel(&self) -> &Channel {
        &self.channel
    }
}

impl<B> Service<Request<B>> for ReadyWhenConnected
where
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    type Response = Response<ResponseBody>;
    type Error = Status;
    type Future = ResponseFuture<Status>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Status>> {
        if self.channel.state() == State::Ready {
            self.connecting = None;
            return Poll::Ready(Ok(()));
        }
        let transport = self.channel.transport();
        let connecting = self.connecting.get_or_insert_with(|| transport.ready());
        let connected = ready!(Pin::new(connecting).poll(cx));
        self.connecting = None;
        Poll::Ready(connected.map_err(into_status))
    }

    fn call(&mut self, request: Request<B>) -> ResponseFuture<Status> {
        self.channel.call(request).with_error()
    }
}

impl Clone for ReadyWhenConnected {
    fn clone(&self) -> Self {
        self.channel.clone().ready_when_connected()
    }
}

impl fmt::Debug for ReadyWhenConnected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ReadyWhenConnected")
            .field(&self.channel)
            .finish()
    }
}

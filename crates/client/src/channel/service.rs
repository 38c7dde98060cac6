use std::{
    convert::Infallible,
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{Request, Response, uri::Authority};
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;
use ziggurat_layers::{
    context::{CallContext, ProgressSlot},
    origin::{OriginLayer, WithOrigin},
    status::{StatusLayer, WithStatus},
};
use ziggurat_protocol::{Body, BoxError, Status};
use ziggurat_transport::{
    self as transport, Connection,
    channel::{Resend, ResendLimit, WaitForReady},
};

use super::{
    body::{RequestBody, ResponseBody},
    named::{NamedLayer, WithName},
    peer::{PeerLayer, WithPeer},
};

/// What every request goes down through, once it has left the user's floors.
type Tower = WithStatus<Transport>;
pub(super) type Transport = transport::Channel<Attempts, RequestBody>;

/// One server, over one connection that all clones share.
///
/// Make one for each server and give clones of it to all stubs. `Channel::default()` is plaintext
/// to `http://127.0.0.1:50051`. It is always ready and never fails: an error is answered as a
/// Trailers-Only response, whose extensions hold the [`Status`](crate::Status) with its source.
///
/// ```
/// use tower::{ServiceBuilder, limit::ConcurrencyLimitLayer};
/// use ziggurat::{Channel, Client};
///
/// let channel = Channel::builder("http://cafe.example:50051")?.connect_lazy();
/// let orders = Client::new(channel.clone());
/// // Reports share the connection, and take no more than two streams of it.
/// let reports = ServiceBuilder::new().layer(ConcurrencyLimitLayer::new(2)).service(channel);
/// let reports = Client::new(reports);
/// # drop((orders, reports));
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
///
/// # Panics
///
/// Calls must be polled inside a tokio runtime, for connecting spawns the connection's task.
#[derive(Clone)]
pub struct Channel {
    tower: Tower,
    pub(super) transport: Transport,
}

impl Channel {
    pub(super) fn new(transport: Transport) -> Self {
        // What leaves the channel is well-formed gRPC, whatever happens below.
        let tower = StatusLayer::new().layer(transport.clone());
        Self { tower, transport }
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
        let slot = request.extensions().get().and_then(CallContext::progress);
        let slot = slot.cloned();
        let mut request = request.map(|body| RequestBody::new(Body::new(body), slot.clone()));
        let context = request.extensions().get();
        let waits = context.and_then(CallContext::wait_for_ready) == Some(true);
        let limit = context.and_then(CallContext::resend_limit);
        if waits {
            request.extensions_mut().insert(WaitForReady);
        }
        if let Some(bytes) = limit {
            request.extensions_mut().insert(ResendLimit(bytes));
        }
        ResponseFuture {
            answer: self.tower.call(request),
            slot,
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
    /// The answer of a [`Channel`] to one request; nothing happens before its first poll.
    ///
    /// It is ready when headers arrived, or the call has failed. It never gives an error. Dropping
    /// it resets the stream with CANCEL, if one is open (B-20).
    #[must_use = "futures do nothing until they are awaited"]
    pub struct ResponseFuture {
        #[pin]
        answer: <Tower as Service<Request<RequestBody>>>::Future,
        slot: Option<ProgressSlot>,
    }
}

impl Future for ResponseFuture {
    type Output = Result<Response<ResponseBody>, Infallible>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let answered = this.answer.poll(cx);
        answered.map_ok(|mut answer| {
            if let Some(slot) = this.slot {
                tell(&mut answer, slot);
            }
            answer.map(ResponseBody::new)
        })
    }
}

/// Adds where the call's time went (T-25): to a failure of this side, and to whatever else the answer is.
fn tell<B>(answer: &mut Response<B>, slot: &ProgressSlot) {
    let progress = slot.progress();
    if progress.is_empty() {
        return;
    }
    let progress = Arc::new(progress);
    let extensions = answer.extensions_mut();
    if let Some(status) = extensions.get_mut::<Status>() {
        *status = status.clone().with_shared_progress(progress.clone());
    }
    extensions.insert(progress);
}

impl fmt::Debug for ResponseFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}

/// The floors around each connection, for each attempt of a request.
#[derive(Clone, Debug)]
pub(super) struct Attempts {
    pub(super) origin: OriginLayer,
    /// The name that servers are verified for, if they are.
    pub(super) authority: Authority,
}

impl Layer<Connection<Resend<RequestBody>>> for Attempts {
    type Service = WithOrigin<WithName<WithPeer<Connection<Resend<RequestBody>>>>>;

    fn layer(&self, connection: Connection<Resend<RequestBody>>) -> Self::Service {
        self.origin.layer(
            // says what is left of the deadline when the request really leaves
            NamedLayer::of(&connection, self.authority.clone()).layer(
                // nothing leaves for a server that has another name
                PeerLayer::of(&connection).layer(
                    // every answer tells who gave it
                    connection,
                ),
            ),
        )
    }
}

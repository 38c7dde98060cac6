//! What is below the deadline of a channel: gRPC answers over one connection that is shared.
//!
//! Two things are known of an answer that HTTP does not say: what the call waited for, if somebody wants to know, and who
//! gave it. The first is told among the extensions, for it is seldom; the second there only for those who may look.

use std::{
    convert::Infallible,
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};

use http::{HeaderName, HeaderValue, Request, Response, uri::Authority};
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;
use ziggurat_layers::{
    context::CallContext,
    origin::{OriginLayer, WithOrigin},
    status::{StatusLayer, WithStatus},
};
use ziggurat_protocol::{Body, Peer, Status};
use ziggurat_transport::{
    self as transport, Connection,
    channel::{ResendLimit, WaitForReady, many::Ended},
    error::Kind,
};

use super::{
    body::{GroundBody, RequestBody},
    named::{NamedLayer, WithName},
    peer::{PeerLayer, WithPeer},
    time::{TimeLayer, WithTime},
};

/// What every request goes down through, once somebody keeps its deadline.
type Tower = WithStatus<Transport>;

/// The connection under it, with its queue and its pauses.
pub(super) type Transport = transport::Channel<Attempts, RequestBody>;

/// Translates what a call's context asks for into the transport's words, and its answers into gRPC's.
#[derive(Clone)]
pub(super) struct Ground {
    tower: Tower,
    above: Above,
}

/// Who gets the answers of a channel, and so where it is told who gave them.
#[derive(Clone, Copy, Debug)]
pub(super) enum Above {
    /// Somebody who looks for a [`Peer`] among the extensions.
    Anybody,
    /// A stub, which finds it in the body: extensions would cost three allocations.
    Stub,
}

impl Ground {
    pub(super) fn new(transport: Transport) -> Self {
        // What leaves the channel is well-formed gRPC, whatever happens below.
        let tower = StatusLayer::new().layer(transport);
        let above = Above::Anybody;
        Self { tower, above }
    }

    /// The connection below, which a channel's own methods speak of.
    pub(super) fn transport(&self) -> &Transport {
        self.tower.get_ref()
    }

    /// Whether its requests come from anywhere: foreign stubs, and layers that set deadlines of their own.
    pub(super) fn is_below_anybody(&self) -> bool {
        matches!(self.above, Above::Anybody)
    }

    /// The same for others above it.
    pub(super) fn below(self, above: Above) -> Self {
        Self { above, ..self }
    }
}

impl Service<Request<Body>> for Ground {
    type Response = Response<GroundBody>;
    type Error = Infallible;
    type Future = GroundFuture;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> GroundFuture {
        let context = CallContext::of(&request);
        let mut request = request.map(|body| RequestBody::new(body, context.clone()));
        if let Some(context) = &context {
            if context.wait_for_ready() == Some(true) {
                request.extensions_mut().insert(WaitForReady);
            }
            if let Some(bytes) = context.resend_limit() {
                request.extensions_mut().insert(ResendLimit(bytes));
            }
        }
        GroundFuture {
            answer: self.tower.call(request),
            context,
            above: self.above,
        }
    }
}

pin_project! {
    /// The answer to one request; its context, if it has one, tells what it waited for.
    pub(super) struct GroundFuture {
        #[pin]
        answer: <Tower as Service<Request<RequestBody>>>::Future,
        context: Option<CallContext>,
        above: Above,
    }
}

impl GroundFuture {
    /// Who is to be told how the call ends, if its server's choice depends on that.
    pub(super) fn take_ended(self: Pin<&mut Self>) -> Option<Ended> {
        self.project().answer.get_pin_mut()?.take_ended()
    }

    /// Who gave the answer, once it is there; nobody if it was made on this side.
    pub(super) fn peer(&self) -> Option<&Peer> {
        self.answer.get_ref()?.attempt()?.peer()
    }
}

impl Future for GroundFuture {
    type Output = Result<Response<GroundBody>, Infallible>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Ok(mut answer) = ready!(self.as_mut().project().answer.poll(cx));
        if let Some(slot) = self.context.as_ref().and_then(CallContext::told) {
            slot.add_to(&mut answer); // T-25
        }
        if let Above::Anybody = self.above {
            if let Some(peer) = self.peer() {
                answer.extensions_mut().insert(peer.clone());
            }
            if is_dropped(&answer) {
                // Said as a server would, so that whoever sends calls again understands it.
                let never = HeaderValue::from_static("-1");
                answer.headers_mut().insert(PUSHBACK, never);
            }
        }
        Poll::Ready(Ok(answer))
    }
}

/// The header by which an answer forbids that its call is sent again (C-16).
const PUSHBACK: HeaderName = HeaderName::from_static("grpc-retry-pushback-ms");

/// Whether a policy that chooses among many servers has dropped the call (C-33).
fn is_dropped<B>(answer: &Response<B>) -> bool {
    let status: Option<&Status> = answer.extensions().get();
    let cause = status.and_then(Status::cause);
    let cause = cause.and_then(|cause| cause.downcast_ref::<transport::Error>());
    cause.is_some_and(|error| error.kind() == Kind::Dropped)
}

/// The floors around each connection, for each attempt of a request.
#[derive(Clone, Debug)]
pub(super) struct Attempts {
    pub(super) origin: OriginLayer,
    /// The name that servers are verified for, if they are.
    pub(super) authority: Authority,
}

impl Layer<Connection<RequestBody>> for Attempts {
    type Service = WithTime<WithOrigin<WithPeer<WithName<Connection<RequestBody>>>>>;

    fn layer(&self, connection: Connection<RequestBody>) -> Self::Service {
        TimeLayer.layer(
            // says what is left of the deadline when the request really leaves
            self.origin.layer(
                // where it goes, and who sends it
                PeerLayer::of(&connection).layer(
                    // who gave the answer, for whoever has its future
                    NamedLayer::of(&connection, self.authority.clone()).layer(
                        // nothing leaves for a server that has another name
                        connection,
                    ),
                ),
            ),
        )
    }
}

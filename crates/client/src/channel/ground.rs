//! What is below the deadline of a channel: gRPC answers over one connection that is shared.

use std::{
    convert::Infallible,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use http::{Request, Response, uri::Authority};
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;
use ziggurat_layers::{
    context::{CallContext, ProgressSlot},
    origin::{OriginLayer, WithOrigin},
    status::{StatusLayer, WithStatus},
};
use ziggurat_protocol::{Body, Status};
use ziggurat_transport::{
    self as transport, Connection,
    channel::{ResendLimit, WaitForReady},
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
}

impl Ground {
    pub(super) fn new(transport: Transport) -> Self {
        // What leaves the channel is well-formed gRPC, whatever happens below.
        let tower = StatusLayer::new().layer(transport);
        Self { tower }
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
        }
    }
}

pin_project! {
    /// The answer to one request; its context, if it has one, tells what it waited for.
    pub(super) struct GroundFuture {
        #[pin]
        answer: <Tower as Service<Request<RequestBody>>>::Future,
        context: Option<CallContext>,
    }
}

impl Future for GroundFuture {
    type Output = Result<Response<GroundBody>, Infallible>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let mut answered = this.answer.poll(cx);
        if let Some(context) = this.context
            && let Poll::Ready(Ok(answer)) = &mut answered
            && let Some(slot) = context.told()
        {
            tell(answer, slot);
        }
        answered
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

/// The floors around each connection, for each attempt of a request.
#[derive(Clone, Debug)]
pub(super) struct Attempts {
    pub(super) origin: OriginLayer,
    /// The name that servers are verified for, if they are.
    pub(super) authority: Authority,
}

impl Layer<Connection<RequestBody>> for Attempts {
    type Service = WithTime<WithOrigin<WithName<WithPeer<Connection<RequestBody>>>>>;

    fn layer(&self, connection: Connection<RequestBody>) -> Self::Service {
        TimeLayer.layer(
            // says what is left of the deadline when the request really leaves
            self.origin.layer(
                // where it goes, and who sends it
                NamedLayer::of(&connection, self.authority.clone()).layer(
                    // nothing leaves for a server that has another name
                    PeerLayer::of(&connection).layer(
                        // every answer tells who gave it
                        connection,
                    ),
                ),
            ),
        )
    }
}

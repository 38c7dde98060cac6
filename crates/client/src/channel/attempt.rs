use std::{
    convert::Infallible,
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};

use http::{Request, Response};
use pin_project_lite::pin_project;
use tower::{ServiceExt as _, util::BoxCloneSyncService};
use tower_layer::Layer;
use tower_service::Service;
use ziggurat_layers::{context::CallContext, status::StatusLayer};
use ziggurat_protocol::{Body, BoxError};

use super::{
    ground::{Above, Ground, GroundFuture},
    observed,
};

/// One attempt of a call, below whatever sends it again: what [attempt layers](super::Builder::attempt_layer) stand on.
///
/// It is a service over gRPC answers, which never fails, and is ready when the layers on it are. Each attempt is a request of its own, which picks its
/// own connection and says what time is left. What it answers is erased, so that layers on it have one type to name.
///
/// Its requests have the call's context, in which [`previous_attempts`] says how many attempts failed before where a policy
/// sends the call again; how many were made, of which some may still run, is in `grpc-previous-rpc-attempts`:
///
/// ```
/// use http::Request;
/// use tower::util::MapRequestLayer;
/// use ziggurat::{Body, Channel, layers::context::CallContext};
///
/// let count = MapRequestLayer::new(|request: Request<Body>| {
///     let context = CallContext::of(&request);
///     let before = context.and_then(|context| context.previous_attempts()).unwrap_or(0);
///     println!("{} after {before} failures", request.uri().path());
///     request
/// });
/// let channel = Channel::builder("http://cafe.example:50051")?.attempt_layer(count).connect_lazy();
/// # drop(channel);
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
///
/// [`previous_attempts`]: ziggurat_layers::context::CallContext::previous_attempts
#[derive(Clone)]
pub struct Attempt(Floor);

#[derive(Clone)]
enum Floor {
    Ground(Ground),
    /// Erased, for its layers are the user's: a box for its future, and for each clone.
    Layered(Layered),
}

type Layered = BoxCloneSyncService<Request<Body>, Response<Body>, Infallible>;

impl Attempt {
    /// The innermost: what a channel without a config sends its calls by. Floors above look for the peer among the
    /// extensions, so it is there, whoever has made the call.
    pub(super) fn new(ground: Ground) -> Self {
        Self(Floor::Ground(ground.below(Above::Anybody)))
    }

    /// Puts a layer on it, and makes what that answers, or fails with, an answer of gRPC.
    ///
    /// So whatever stands above judges statuses: the layer may answer with an error of its own, or as plain HTTP.
    pub(super) fn layered<L, B>(self, layer: &L) -> Self
    where
        L: Layer<Self>,
        L::Service: Service<Request<Body>, Response = Response<B>, Future: Send>
            + Clone
            + Send
            + Sync
            + 'static,
        <L::Service as Service<Request<Body>>>::Error: Into<BoxError>,
        B: http_body::Body<Data = bytes::Bytes, Error: Into<BoxError>> + Send + 'static,
    {
        let service = StatusLayer::new().layer(layer.layer(self));
        let service = service
            .map_request(with_context)
            .map_response(|answer: Response<_>| answer.map(Body::new));
        Self(Floor::Layered(BoxCloneSyncService::new(service)))
    }
}

/// What a request carries in its body stands among its extensions: layers of users may put another body around it.
fn with_context(mut request: Request<Body>) -> Request<Body> {
    if let Some(context) = CallContext::of(&request) {
        request.extensions_mut().insert(context);
    }
    request
}

impl Service<Request<Body>> for Attempt {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = AttemptFuture;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        match &mut self.0 {
            Floor::Ground(ground) => ground.poll_ready(cx),
            Floor::Layered(service) => service.poll_ready(cx),
        }
    }

    fn call(&mut self, request: Request<Body>) -> AttemptFuture {
        let state = match &mut self.0 {
            Floor::Ground(ground) => State::Ground {
                answer: ground.call(request),
            },
            Floor::Layered(service) => State::Layered {
                answer: service.call(request),
            },
        };
        AttemptFuture { state }
    }
}

impl fmt::Debug for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attempt").finish_non_exhaustive()
    }
}

pin_project! {
    /// The answer of an [`Attempt`]; dropping it cancels the attempt.
    #[must_use = "futures do nothing unless polled"]
    pub struct AttemptFuture {
        #[pin]
        state: State,
    }
}

pin_project! {
    #[project = Projection]
    enum State {
        Ground { #[pin] answer: GroundFuture },
        Layered { answer: <Layered as Service<Request<Body>>>::Future },
    }
}

impl Future for AttemptFuture {
    type Output = Result<Response<Body>, Infallible>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().state.project() {
            Projection::Ground { mut answer } => {
                let Ok(response) = ready!(answer.as_mut().poll(cx));
                let response = response.map(Body::new);
                Poll::Ready(Ok(match answer.take_ended() {
                    Some(ended) => observed::told(response, ended),
                    None => response,
                }))
            }
            Projection::Layered { answer } => answer.as_mut().poll(cx),
        }
    }
}

impl fmt::Debug for AttemptFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AttemptFuture").finish_non_exhaustive()
    }
}

use std::{
    any::Any,
    convert::Infallible,
    fmt,
    future::Future,
    marker::PhantomData,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http::{Request, Response};
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;
use ziggurat_layers::deadline::{self, DeadlineLayer};
use ziggurat_protocol::{Body, BoxError};

use super::{
    body::ResponseBody,
    configured::{self, Special},
    following::InEffect,
    ground::{Above, Ground, GroundFuture, Transport},
    way::Way,
};

/// A server, or [many behind one name](super::Builder::balance), over connections that all clones share.
///
/// Make one for each name and give clones of it to all stubs. `Channel::default()` is plaintext
/// to `http://127.0.0.1:50051`. It is always ready and never fails: an error is answered as a
/// Trailers-Only response, whose extensions hold the [`Status`](crate::Status) with its source.
/// For a balancer it is made [ready when it is connected](Self::ready_when_connected).
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
/// # Deadlines
///
/// Calls of [`Client`](crate::Client) and of generated stubs bring their deadline with them, kept further out. A deadline
/// that nobody keeps yet is kept here, to the trailers (B-3): the `grpc-timeout` of another's stub, or what a layer of yours
/// has set in the [`CallContext`](crate::layers::context::CallContext). It counts from the first poll of the future. A
/// `grpc-timeout` that cannot be read is passed on as it is: what to think of it is for the server to say. Below a retry
/// it is kept for each attempt; a [`DeadlineLayer`](crate::layers::deadline::DeadlineLayer) around the retry keeps it once.
///
/// # Panics
///
/// Calls must be polled inside a tokio runtime, for connecting spawns the connection's task.
#[derive(Clone)]
pub struct Channel {
    ground: Ground,
    /// `None` for most: then each call is plain.
    way: Option<Arc<Way>>,
}

impl Channel {
    pub(super) fn new(
        transport: Transport,
        special: Option<Special>,
        resend_limit: Option<usize>,
        in_effect: Option<Arc<InEffect>>,
    ) -> Self {
        let ground = Ground::new(transport);
        let way = match (special, in_effect) {
            (special, Some(in_effect)) => {
                let special = special.unwrap_or_default();
                Some(Way::resolved(special, &ground, resend_limit, in_effect))
            }
            (Some(special), None) => Some(Way::given(&special, &ground, resend_limit)),
            (None, None) => None,
        };
        let way = way.map(Arc::new);
        Self { ground, way }
    }

    pub(super) fn transport(&self) -> &Transport {
        self.ground.transport()
    }

    /// Sends a request whose body is no stranger's any more: compiled once, and not for each type of a body.
    ///
    /// A stub right above keeps the deadlines of all its calls, so that theirs need not be looked for.
    fn send(&mut self, request: Request<Body>) -> Answer {
        if let Some(way) = &self.way {
            return Answer::Configured {
                answer: Box::pin(Arc::clone(way).call(request)),
            };
        }
        if self.ground.is_below_anybody() && deadline::is_unguarded(&request) {
            let mut kept = DeadlineLayer::default()
                .unannounced()
                .layer(self.ground.clone());
            Answer::Kept {
                answer: Box::pin(kept.call(request)),
            }
        } else {
            Answer::Plain {
                answer: self.ground.call(request),
            }
        }
    }
}

/// A service that a stub stands on. If it is a channel, nobody between them looks at the extensions of answers: then
/// who gave them is [in their bodies](ResponseBody::peer_of) alone.
pub(crate) fn below_stub<S: 'static>(mut service: S) -> S {
    let any: &mut dyn Any = &mut service;
    if let Some(Channel { ground, .. }) = any.downcast_mut() {
        *ground = ground.clone().below(Above::Stub);
    }
    service
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
        ResponseFuture {
            answer: self.send(request.map(Body::new)),
            error: PhantomData,
        }
    }
}

impl fmt::Debug for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let target = self.transport().target();
        f.debug_struct("Channel")
            .field("target", target)
            .finish_non_exhaustive()
    }
}

pin_project! {
    /// The answer of a [`Channel`] to one request; nothing happens before its first poll.
    ///
    /// It is ready when headers arrived, or the call has failed. It never gives an error, so `E` is whatever the
    /// service that made it names. Dropping it resets the stream with CANCEL, if one is open (B-20).
    #[must_use = "futures do nothing until they are awaited"]
    pub struct ResponseFuture<E = Infallible> {
        #[pin]
        answer: Answer,
        error: PhantomData<fn() -> E>,
    }
}

impl ResponseFuture {
    /// The same for a service with other errors.
    pub(super) fn with_error<E>(self) -> ResponseFuture<E> {
        ResponseFuture {
            answer: self.answer,
            error: PhantomData,
        }
    }
}

/// A call under the channel's own deadline floor: one of another's stub. Boxed, or all calls were as large.
type Kept = Pin<Box<deadline::ResponseFuture<Ground, GroundFuture, Body>>>;

pin_project! {
    #[project = AnswerProj]
    enum Answer {
        // Without a deadline, or with one that is kept further out.
        Plain { #[pin] answer: GroundFuture },
        Kept { answer: Kept },
        // By a config, or past attempt layers: in a box too.
        Configured { answer: configured::Answer },
    }
}

impl Answer {
    /// It cannot fail, whatever the error is called.
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Response<ResponseBody>> {
        Poll::Ready(match self.project() {
            AnswerProj::Plain { answer: mut future } => {
                let Ok(answer) = ready!(future.as_mut().poll(cx));
                let peer = future.peer().cloned();
                answer.map(|body| ResponseBody::plain(body, peer))
            }
            AnswerProj::Kept { answer } => {
                let Ok(answer) = ready!(answer.as_mut().poll(cx));
                answer.map(ResponseBody::kept)
            }
            AnswerProj::Configured { answer } => {
                ready!(answer.as_mut().poll(cx)).map(ResponseBody::configured)
            }
        })
    }
}

impl<E> Future for ResponseFuture<E> {
    type Output = Result<Response<ResponseBody>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().answer.poll(cx).map(Ok)
    }
}

impl<E> fmt::Debug for ResponseFuture<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}

//! What an exchange waits for once its request is on its way: the answer below the deadline floor.

use std::pin::Pin;

use tower_service::Service;
use ziggurat_layers::{context::Deadline, deadline};
use ziggurat_protocol::{Body, BoxError};

use crate::GrpcService;

/// The answer of a service to a request, in place.
pub(crate) type SentOf<S> =
    deadline::ResponseFuture<S, <S as Service<http::Request<Body>>>::Future, Body>;

/// A request that was sent, wherever its future stands.
///
/// In place, it is moved with its call, and costs no allocation: so it is for calls with one answer, which are over as
/// soon as it is. A stream outlives it by far. There it has a box of its own, which goes when the headers are there, so
/// that an open stream is no larger than what it still needs: some 700 bytes for a channel's.
pub(crate) trait Sent:
    Future<Output = Result<http::Response<deadline::ResponseBody<Self::Body>>, Self::Error>>
{
    /// The body of the answer.
    type Body;
    /// What the service fails with.
    type Error: Into<BoxError>;

    /// Starts the clock; `false` says that it is too late to start.
    fn start(self: Pin<&mut Self>) -> bool;

    /// The deadline that is kept, once the clock has started.
    fn deadline(&self) -> Option<Deadline>;
}

impl<S: GrpcService> Sent for SentOf<S> {
    type Body = S::ResponseBody;
    type Error = S::Error;

    fn start(self: Pin<&mut Self>) -> bool {
        self.start()
    }

    fn deadline(&self) -> Option<Deadline> {
        self.deadline()
    }
}

impl<A: Sent> Sent for Pin<Box<A>> {
    type Body = A::Body;
    type Error = A::Error;

    fn start(self: Pin<&mut Self>) -> bool {
        self.get_mut().as_mut().start()
    }

    fn deadline(&self) -> Option<Deadline> {
        self.as_ref().get_ref().deadline()
    }
}

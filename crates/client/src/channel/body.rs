//! The bodies on both sides of the seam to the transport.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll, Waker, ready},
};

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use pin_project_lite::pin_project;
use ziggurat_layers::status;
use ziggurat_protocol::{Body, BoxError, body::Abandoned};
use ziggurat_transport::{self as transport, AfterResponse, Reset};

/// A request's body as the transport takes it: its errors say how the stream is reset.
#[derive(Debug)]
pub(super) struct RequestBody(Body);

impl RequestBody {
    pub(super) fn new(body: Body) -> Self {
        Self(body)
    }
}

impl transport::RequestBody for RequestBody {
    fn on_give_up(&mut self, waker: &Waker) {
        self.0.on_abandon(waker);
    }

    fn after_response(&self) -> AfterResponse {
        AfterResponse::Stop // A-85, whoever made the body
    }
}

impl http_body::Body for RequestBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let frame = ready!(Pin::new(&mut self.0).poll_frame(cx));
        Poll::Ready(frame.map(|frame| frame.map_err(reset)))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.0.size_hint()
    }
}

/// NO_ERROR where the answer is complete; the transport takes whatever else as CANCEL
/// (B-24).
fn reset(error: BoxError) -> BoxError {
    match error.downcast_ref() {
        Some(Abandoned::Over) => Reset::no_error().into(),
        _ => error,
    }
}

pin_project! {
    /// The body of a [`Channel`](super::Channel)'s answer: it ends in trailers with a status.
    ///
    /// That holds whatever happens: a lost connection, a reset or missing trailers become trailers
    /// that say so. Polled once more after its end, it yields the cause of a failure that was found
    /// on this side. Dropping it before its end resets the stream with CANCEL (B-20).
    ///
    /// `Default` is a body at its end.
    #[derive(Default)]
    pub struct ResponseBody {
        #[pin]
        body: status::ResponseBody<transport::channel::ResponseBody>,
    }
}

impl ResponseBody {
    pub(super) fn new(body: status::ResponseBody<transport::channel::ResponseBody>) -> Self {
        Self { body }
    }
}

impl http_body::Body for ResponseBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        self.project().body.poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl fmt::Debug for ResponseBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseBody").finish_non_exhaustive()
    }
}

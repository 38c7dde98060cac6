//! What a streamed request ended with on this side, told as the status of its call.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http::{HeaderMap, Response};
use http_body::{Frame, SizeHint};
use ziggurat_protocol::{Body, BoxError, Outcome, body::Overrun, response};

/// Ends an answer with the status of the request's overrun, should there be one: the transport knows no more than that the
/// stream was reset from here.
pub(super) fn told(answer: Response<Body>, overrun: Overrun) -> Response<Body> {
    match (overrun.status(), Outcome::of(&answer)) {
        // What the server said is its word, and stays.
        (Some(status), Outcome::Finished { result: Err(_), .. })
            if response::is_local(answer.headers()) =>
        {
            response::trailers_only(status.clone())
        }
        (_, Outcome::Committed) => answer.map(|body| Body::new(Told { body, overrun })),
        _ => answer,
    }
}

/// An answer while its request may still come to a message that is too large.
///
/// Its trailers are replaced if they were made on this side, after the request had failed. Those that a server sent before
/// it saw the reset stay: that is how the call went.
struct Told {
    body: Body,
    overrun: Overrun,
}

impl http_body::Body for Told {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        let trailers = match &frame {
            Some(Ok(frame)) => frame.trailers_ref(),
            _ => None,
        };
        // What the server said before is its word, and stays.
        if trailers.is_some_and(response::is_local)
            && let Some(status) = self.overrun.status()
        {
            let mut trailers = HeaderMap::new();
            response::write(status, &mut trailers);
            return Poll::Ready(Some(Ok(Frame::trailers(trailers))));
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

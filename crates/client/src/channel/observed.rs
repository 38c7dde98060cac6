//! How a call has ended, told to the policy that chose its server.
//!
//! Only a status says how a call went, and that comes with the trailers: an answer is watched to its end. It is done for
//! attempts of channels whose policy asks for it, and for no others.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http::{HeaderMap, Response};
use http_body::{Frame, SizeHint};
use ziggurat_protocol::{Body, BoxError, Outcome};
use ziggurat_transport::channel::many::Ended;

/// Tells of this answer's end. What is dropped before its end, or ends in another status than OK, is a failure.
pub(super) fn told(answer: Response<Body>, ended: Ended) -> Response<Body> {
    let Outcome::Finished { result, .. } = Outcome::of(&answer) else {
        let ended = Some(ended);
        return answer.map(|body| Body::new(Observed { body, ended }));
    };
    ended.with(answer.headers(), result.is_ok());
    answer
}

/// An answer whose status is yet to come.
struct Observed {
    body: Body,
    /// `None` once it has told.
    ended: Option<Ended>,
}

impl http_body::Body for Observed {
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
        if let Some(trailers) = trailers
            && let Some(ended) = self.ended.take()
        {
            ended.with(trailers, is_ok(trailers));
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

/// Below the status floor there may be other trailers; here they have a status, and a valid one.
fn is_ok(trailers: &HeaderMap) -> bool {
    trailers.get("grpc-status").is_some_and(|code| code == "0")
}

use std::task::Poll;

use http::StatusCode;
use http_body::Frame;
use ziggurat_protocol::response;

use super::Throttle;

/// Tells a throttle that a call ended well, which stands in the trailers of the answer that it is committed to (C-41).
pub(crate) struct Success {
    /// Until it has heard of it.
    throttle: Option<Throttle>,
}

impl Success {
    /// Tells nobody.
    pub(crate) fn uncounted() -> Self {
        Self::of(None)
    }

    /// Of a call with this throttle.
    pub(crate) fn of(throttle: Option<Throttle>) -> Self {
        Self { throttle }
    }

    /// Whether somebody is to be told, so that each frame has to be looked at.
    pub(crate) fn is_counted(&self) -> bool {
        self.throttle.is_some()
    }

    /// Looks at what a poll of the answer's body gave.
    pub(crate) fn look<D, E>(&mut self, polled: &Poll<Option<Result<Frame<D>, E>>>) {
        if let Poll::Ready(Some(Ok(frame))) = polled
            && let Some(trailers) = frame.trailers_ref()
            && let Some(throttle) = self.throttle.take()
            // Which failure it is may depend on the HTTP status, but not whether it is one.
            && response::trailers(StatusCode::OK, trailers).is_ok()
        {
            throttle.succeed();
        }
    }
}

use http::StatusCode;
use http_body::Frame;
use ziggurat_protocol::response;

use super::Throttle;

/// Tells a throttle that a call ended well, which stands in the trailers of the answer that it is committed to (C-41).
pub(crate) struct Success {
    /// Until it has heard of it.
    throttle: Option<Throttle>,
    http: StatusCode,
}

impl Success {
    /// Tells nobody.
    pub(crate) fn uncounted() -> Self {
        Self::of(StatusCode::OK, None)
    }

    /// Of an answer with this status, and the throttle of its call.
    pub(crate) fn of(http: StatusCode, throttle: Option<Throttle>) -> Self {
        Self { throttle, http }
    }

    /// Looks at a frame of the answer.
    pub(crate) fn look<D>(&mut self, frame: &Frame<D>) {
        if self.throttle.is_some()
            && let Some(trailers) = frame.trailers_ref()
            && let Some(throttle) = self.throttle.take()
            && response::trailers(self.http, trailers).is_ok()
        {
            throttle.succeed();
        }
    }
}

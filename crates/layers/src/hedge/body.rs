use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll},
};

use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use crate::attempts::Success;

pin_project! {
    /// The body of the answer that a call is committed to, as it came; attempts that were cancelled leave nothing in it.
    ///
    /// Under a throttle it hears the end of the call: a status that is OK gives back tokens (C-41). A call that is dropped
    /// before its end, or fails after it was committed, changes nothing.
    ///
    /// `Default` is a body at its end.
    pub struct ResponseBody<R> {
        #[pin]
        body: R,
        success: Success,
    }
}

impl<R> ResponseBody<R> {
    /// Of an answer whose end is still to come, and may be a success.
    pub(super) fn new(body: R, success: Success) -> Self {
        Self { body, success }
    }

    /// Of an answer whose end is known, or is nobody's concern.
    pub(super) fn plain(body: R) -> Self {
        Self::new(body, Success::uncounted())
    }
}

/// A body at its end, for answers that are made on this side.
impl<R: Default> Default for ResponseBody<R> {
    fn default() -> Self {
        Self::plain(R::default())
    }
}

impl<R: Body> Body for ResponseBody<R> {
    type Data = R::Data;
    type Error = R::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<R::Data>, R::Error>>> {
        let this = self.project();
        if !this.success.is_counted() {
            return this.body.poll_frame(cx);
        }
        let polled = this.body.poll_frame(cx);
        this.success.look(&polled);
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl<R> fmt::Debug for ResponseBody<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseBody").finish_non_exhaustive()
    }
}

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use crate::attempts::Success;

pin_project! {
    /// The body of the answer that a call is committed to: as it came, from the first frame on.
    ///
    /// Under a throttle it hears the end of the call: a status that is OK gives back tokens (C-41). A call that is dropped
    /// before its end, or fails after it was committed, changes nothing.
    ///
    /// `Default` is a body at its end.
    pub struct ResponseBody<R: Body> {
        #[pin]
        inner: Inner<R>,
        success: Success,
    }
}

/// What a poll of a body gave.
pub(super) type Held<R> = Option<Result<Frame<<R as Body>::Data>, <R as Body>::Error>>;

pin_project! {
    #[project = Projection]
    enum Inner<R: Body> {
        Plain { #[pin] body: R },
        // Its first frame was looked at, and is still to be given.
        Looked { body: Pin<Box<R>>, first: Option<Box<Held<R>>> },
    }
}

impl<R: Body> ResponseBody<R> {
    /// Of an answer whose end is still to come, and may be a success.
    pub(super) fn new(body: R, success: Success) -> Self {
        let inner = Inner::Plain { body };
        Self { inner, success }
    }

    /// Of an answer whose end is known, or is nobody's concern.
    pub(super) fn plain(body: R) -> Self {
        Self::new(body, Success::uncounted())
    }

    /// What was looked into: gives the frame that was seen, and then goes on.
    pub(super) fn looked(body: Pin<Box<R>>, first: Held<R>, success: Success) -> Self {
        let first = Some(Box::new(first));
        let inner = Inner::Looked { body, first };
        Self { inner, success }
    }
}

impl<R: Body> Inner<R> {
    /// Gives the frame that was looked at, if there is one, then those that follow.
    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Held<R>> {
        match self.project() {
            Projection::Plain { body } => body.poll_frame(cx),
            Projection::Looked { body, first } => match first.take() {
                Some(first) => Poll::Ready(*first),
                None => body.as_mut().poll_frame(cx),
            },
        }
    }
}

/// A body at its end, for answers that are made on this side.
impl<R: Body + Default> Default for ResponseBody<R> {
    fn default() -> Self {
        Self::plain(R::default())
    }
}

impl<R: Body> Body for ResponseBody<R> {
    type Data = R::Data;
    type Error = R::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Held<R>> {
        let this = self.project();
        if !this.success.is_counted() {
            return this.inner.poll_frame(cx);
        }
        let polled = this.inner.poll_frame(cx);
        this.success.look(&polled);
        polled
    }

    fn is_end_stream(&self) -> bool {
        match &self.inner {
            Inner::Plain { body } => body.is_end_stream(),
            Inner::Looked { body, first } => first.is_none() && body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.inner {
            Inner::Plain { body } => body.size_hint(),
            // The first frame may count, or not.
            Inner::Looked { .. } => SizeHint::default(),
        }
    }
}

impl<R: Body> std::fmt::Debug for ResponseBody<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ResponseBody").finish_non_exhaustive()
    }
}

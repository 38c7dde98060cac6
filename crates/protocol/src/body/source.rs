//! Where the chunks of a body come from: from a feed, or from any other body.

use std::{
    pin::Pin,
    task::{Context, Poll, Waker, ready},
};

use bytes::Bytes;
use http_body::{Body, Frame};
use pin_project_lite::pin_project;

use super::feed::Fed;
use crate::BoxError;

/// What a poll of a body gives.
pub(super) type PolledFrame = Poll<Option<Result<Frame<Bytes>, BoxError>>>;

/// Where the chunks come from.
pub(super) enum Source {
    /// What a feed writes.
    Fed(Fed),
    /// Another body, by what it gives.
    Boxed(Pin<Box<dyn Chunks>>),
}

/// A body that is a source: most can be given up only by failing.
pub(super) trait Chunks: Body<Data = Bytes, Error = BoxError> + Send {
    /// Leaves the waker with a feed, if there is one in it.
    fn on_abandon(self: Pin<&mut Self>, _: &Waker) {}
}

impl Source {
    /// Any body; its size hint is not asked for, so that no content-length is made of it.
    pub(super) fn boxed<B>(body: B) -> Self
    where
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        Self::Boxed(Box::pin(Erased { body }))
    }

    /// What comes next, as the body underneath has it.
    pub(super) fn poll_frame(&mut self, cx: &mut Context<'_>) -> PolledFrame {
        match self {
            Self::Fed(fed) => fed.poll_frame(cx),
            Self::Boxed(body) => body.as_mut().poll_frame(cx),
        }
    }

    /// Whether that body says that nothing follows.
    pub(super) fn is_end_stream(&self) -> bool {
        match self {
            Self::Fed(fed) => fed.is_end_stream(),
            Self::Boxed(body) => body.is_end_stream(),
        }
    }

    /// Leaves the waker that is woken when the request is abandoned.
    pub(super) fn on_abandon(&mut self, waker: &Waker) {
        match self {
            Self::Fed(fed) => fed.on_abandon(waker),
            Self::Boxed(body) => body.as_mut().on_abandon(waker),
        }
    }
}

pin_project! {
    /// Any body with its error boxed.
    struct Erased<B> {
        #[pin]
        body: B,
    }
}

impl<B> Chunks for Erased<B>
where
    B: Body<Data = Bytes> + Send,
    B::Error: Into<BoxError>,
{
}

impl<B> Body for Erased<B>
where
    B: Body<Data = Bytes>,
    B::Error: Into<BoxError>,
{
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let frame = ready!(self.project().body.poll_frame(cx));
        Poll::Ready(frame.map(|frame| frame.map_err(Into::into)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }
}

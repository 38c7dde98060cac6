use std::{
    pin::Pin,
    task::{Context, Poll},
};

use http::Request;
use tower_service::Service;
use ziggurat_protocol::Body;

use crate::attempts::Sending;

/// The first attempt, which is part of the call's future: that of the service that was ready; `None` once it is over.
pub(super) type First<S> = Option<<S as Service<Request<Body>>>::Future>;

/// One of the others; `None` once it is over.
type Other<S> = Option<Pin<Box<Sending<S, Body>>>>;

/// The attempts after the first, each in its place and in a box.
///
/// They are polled with the first, which the call's future has: all at each wake, with one waker, for they are a handful.
pub(super) struct Others<S: Service<Request<Body>>>(Vec<Other<S>>);

/// What an attempt gave, and which one it was.
pub(super) type Given<S> = (
    usize,
    Result<<S as Service<Request<Body>>>::Response, <S as Service<Request<Body>>>::Error>,
);

impl<S: Service<Request<Body>>> Others<S> {
    /// None: it allocates nothing until there is one.
    pub(super) fn none() -> Self {
        Self(Vec::new())
    }

    /// Polls all from this one on in their order, the first attempt being 0, up to one that is ready, which is dropped.
    ///
    /// Who comes later in the order waits for the next poll, which follows at once, unless the call has ended.
    pub(super) fn poll(
        &mut self,
        from: usize,
        mut first: Pin<&mut First<S>>,
        cx: &mut Context<'_>,
    ) -> Poll<Given<S>> {
        if from == 0
            && let Some(attempt) = first.as_mut().as_pin_mut()
            && let Poll::Ready(given) = attempt.poll(cx)
        {
            first.set(None);
            return Poll::Ready((0, given));
        }
        let others = self.0.iter_mut().enumerate();
        for (place, other) in others.skip(from.saturating_sub(1)) {
            if let Some(attempt) = other
                && let Poll::Ready(given) = attempt.as_mut().poll(cx)
            {
                *other = None;
                return Poll::Ready((place + 1, given));
            }
        }
        Poll::Pending
    }

    /// Adds one more.
    pub(super) fn push(&mut self, attempt: Sending<S, Body>) {
        self.0.push(Some(Box::pin(attempt)));
    }

    /// Drops all but the one that is still wanted: their streams are reset with CANCEL (B-20), or they leave the queue that
    /// they wait in.
    pub(super) fn cancel(&mut self, mut first: Pin<&mut First<S>>, kept: Option<usize>) {
        if kept != Some(0) {
            first.set(None);
        }
        for (place, other) in self.0.iter_mut().enumerate() {
            if kept != Some(place + 1) {
                *other = None;
            }
        }
    }
}

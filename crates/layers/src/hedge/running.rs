use std::{
    pin::Pin,
    task::{Context, Poll},
};

use http::Request;
use pin_project_lite::pin_project;
use tower_service::Service;
use ziggurat_protocol::Body;

use crate::attempts::Sending;

pin_project! {
    /// The attempts of a call that run, each in its place: the first with the call, those after it in boxes.
    ///
    /// All are polled at each wake, with one waker: they are a handful.
    pub(super) struct Running<S: Service<Request<Body>>> {
        #[pin]
        first: Option<Sending<S, Body>>,
        // `None` where one is over.
        others: Vec<Option<Pin<Box<Sending<S, Body>>>>>,
    }
}

/// What an attempt gave, and which one it was.
pub(super) type Given<S> = (
    usize,
    Result<<S as Service<Request<Body>>>::Response, <S as Service<Request<Body>>>::Error>,
);

impl<S: Service<Request<Body>>> Running<S> {
    pub(super) fn new(first: Sending<S, Body>) -> Self {
        Self {
            first: Some(first),
            others: Vec::new(),
        }
    }

    /// Polls the first attempt, of a call that has no other.
    pub(super) fn poll_first(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<S::Response, S::Error>> {
        let first = self.project().first.as_pin_mut();
        first.expect("a call has one attempt").poll(cx)
    }

    /// Polls all in their order, up to one that is ready, which is dropped.
    ///
    /// Who comes later in the order waits for the next poll, which follows at once, unless the call has ended.
    pub(super) fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Given<S>> {
        let mut this = self.project();
        if let Some(first) = this.first.as_mut().as_pin_mut()
            && let Poll::Ready(given) = first.poll(cx)
        {
            this.first.set(None);
            return Poll::Ready((0, given));
        }
        for (place, other) in this.others.iter_mut().enumerate() {
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
    pub(super) fn push(self: Pin<&mut Self>, attempt: Sending<S, Body>) {
        self.project().others.push(Some(Box::pin(attempt)));
    }

    /// Drops all but those that are still wanted: their streams are reset with CANCEL (B-20), or they leave the queue that
    /// they wait in.
    pub(super) fn retain(self: Pin<&mut Self>, is_wanted: impl Fn(usize) -> bool) {
        let mut this = self.project();
        if !is_wanted(0) {
            this.first.set(None);
        }
        for (place, other) in this.others.iter_mut().enumerate() {
            if !is_wanted(place + 1) {
                *other = None;
            }
        }
    }
}

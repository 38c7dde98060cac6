//! A request that is kept until it is known whether it has to be sent again.
//!
//! What is sent is a clone, if the body can be cloned. How it keeps what it gave is its own matter; dropping the first one
//! lets go of it.

use std::fmt;

use http::{Extensions, Request};

use super::{head::Head, many::Call};
use crate::{
    RequestBody,
    progress::Progress,
    share::{Budget, Share},
};

/// Keeps up to this many bytes of a request to send it again: an extension of the request (C-25).
///
/// Without it, the channel's [limit](super::Builder::resend_limit) holds. Zero keeps nothing.
///
/// ```
/// use ziggurat_transport::channel::ResendLimit;
///
/// let mut request = http::Request::new("a long stream of beans");
/// request.extensions_mut().insert(ResendLimit(1024 * 1024));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResendLimit(
    /// In bytes.
    pub usize,
);

/// Head and body of a request that may have to be sent again, as long as no response came (T-21, L-23).
pub(super) struct Outgoing<B> {
    /// From which each attempt gets its own.
    head: Head,
    /// `None` while it is out and was not cloned.
    body: Option<B>,
    /// What it takes of the memory that all calls have for this.
    share: Share,
}

impl<B: RequestBody> Outgoing<B> {
    /// A request that was not sent yet.
    ///
    /// The limit is in bytes, and what the budget has left may be less.
    pub(super) fn new(
        request: Request<B>,
        ResendLimit(limit): ResendLimit,
        budget: &Budget,
    ) -> Self {
        let (head, body) = request.into_parts();
        Self {
            head: Head::new(head),
            body: Some(body),
            share: budget.share(limit),
        }
    }

    /// What is seen of it when it is decided where it goes.
    pub(super) fn call(&self) -> Call<'_> {
        self.head.call()
    }

    /// The request, from its start.
    pub(super) fn attempt(&mut self) -> Request<B> {
        let copy = |body: &B| body.try_clone(&mut self.share);
        let copy = self.body.as_ref().and_then(copy);
        let body = copy.or_else(|| self.body.take());
        let body = body.expect("it is here, or was taken back");
        self.head.attempt(body)
    }

    /// An attempt came back, and brought these.
    pub(super) fn put_back(&mut self, extensions: Extensions) {
        self.head.put_back(extensions);
    }

    /// Whether it can be sent again: all of it that was handed over is still here.
    pub(super) fn is_whole(&self) -> bool {
        self.body.as_ref().is_some_and(B::can_replay)
    }

    /// Whether somebody above has sent it before.
    pub(super) fn was_sent_before(&self) -> bool {
        self.body.as_ref().is_some_and(B::was_sent_before)
    }

    /// It was not sent, and came back; what the attempt wrote into its head is of no use to the next.
    pub(super) fn take_back(&mut self, unsent: Request<B>) {
        self.body.get_or_insert(unsent.into_body());
    }

    /// Tells who wants to know how it comes along.
    pub(super) fn tell(&self, what: impl FnOnce(&dyn Progress)) {
        if let Some(progress) = self.body.as_ref().and_then(B::progress) {
            what(progress);
        }
    }

    /// Lets go of the body: a response came (C-27).
    pub(super) fn release(&mut self) {
        self.body = None;
        self.share.give_all_back();
    }
}

impl<B> fmt::Debug for Outgoing<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outgoing").finish_non_exhaustive()
    }
}

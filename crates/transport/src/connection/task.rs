//! The futures that hyper would spawn, in boxes that are used again.
//!
//! A call costs up to two of them, of 1.4 KB each. The boxes of those that are over are kept for the next, so that a
//! call on a connection that has seen some allocates none.

use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use super::{
    call::{Call, Part},
    spare::Spare,
};

/// One of hyper's futures. It also ends when its part of the call is over.
pub(super) struct Task {
    work: Pin<Box<dyn Work>>,
    /// Whose it is, if it was executed for a call.
    call: Option<(Arc<Call>, Part)>,
}

impl Task {
    pub(super) fn new(work: Pin<Box<dyn Work>>, call: Option<(Arc<Call>, Part)>) -> Self {
        Self { work, call }
    }

    /// Polls it for the first time. If it is not done with that, it is woken when its call is over.
    ///
    /// That is registered once, for the call wakes nobody twice; and not for nothing, for the future of a request is
    /// nearly always done here, and would leave its waker to whatever comes to its place.
    pub(super) fn begin(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.work.as_mut().poll(cx).is_ready() {
            return Poll::Ready(());
        }
        if let Some((call, part)) = &self.call {
            call.register(*part, cx);
        }
        self.poll_call()
    }

    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        // Polled before the signal is looked at: a request body that hyper polls still chooses its own reset.
        if self.work.as_mut().poll(cx).is_ready() {
            return Poll::Ready(());
        }
        self.poll_call()
    }

    /// Whether nothing is to become of it any more.
    fn poll_call(&self) -> Poll<()> {
        match &self.call {
            Some((call, part)) if call.is_over(*part) => Poll::Ready(()),
            _ => Poll::Pending,
        }
    }

    /// Drops the future, and leaves its box.
    pub(super) fn empty(mut self) -> Pin<Box<dyn Work>> {
        self.work.as_mut().clear();
        self.work
    }
}

/// A future, or an empty box for one.
///
/// hyper's futures have no names, and are large: 1.4 KB, for the type is one for all of them.
pub(super) trait Work: Send {
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()>;

    /// Drops the future.
    fn clear(self: Pin<&mut Self>);

    /// Keeps the box for the next future of its type.
    fn keep(self: Pin<Box<Self>>, spare: &mut Spare);
}

impl<F: Future<Output = ()> + Send + 'static> Work for Option<F> {
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        match self.as_pin_mut() {
            Some(future) => future.poll(cx),
            None => Poll::Ready(()),
        }
    }

    fn clear(mut self: Pin<&mut Self>) {
        self.set(None);
    }

    fn keep(self: Pin<Box<Self>>, spare: &mut Spare) {
        spare.keep(self);
    }
}

//! The futures that hyper would spawn, in boxes that are used again.
//!
//! A call costs up to two of them, of 1.4 KB each. The boxes of those that are over are kept for the next, so that a
//! call on a connection that has seen some allocates none.

use std::{
    any::Any,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use super::call::{Call, Part};

/// How many empty boxes are kept for the next futures.
const KEPT: usize = 128;

/// One of hyper's futures. It also ends when its part of the call is over.
pub(super) struct Task {
    work: Pin<Box<dyn Work>>,
    /// Whose it is, if it was executed for a call.
    call: Option<(Arc<Call>, Part)>,
}

impl Task {
    /// Registers who is to be woken when the call is over. Once is enough: the call wakes nobody twice.
    pub(super) fn register(&self, cx: &Context<'_>) {
        if let Some((call, part)) = &self.call {
            call.register(*part, cx);
        }
    }

    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        // Polled before the signal is looked at: a request body that hyper polls still chooses its own reset.
        if self.work.as_mut().poll(cx).is_ready() {
            return Poll::Ready(());
        }
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

/// Empty boxes of the first type that came: hyper executes only one, except after CONNECT.
#[derive(Default)]
pub(super) struct Spare(Option<Box<dyn Any + Send>>);

impl Spare {
    /// Puts a future into a box.
    pub(super) fn task<F>(&mut self, future: F, call: Option<(Arc<Call>, Part)>) -> Task
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let work: Pin<Box<dyn Work>> = match self.boxes().and_then(Vec::pop) {
            Some(mut empty) => {
                empty.set(Some(future));
                empty
            }
            None => Box::pin(Some(future)),
        };
        Task { work, call }
    }

    fn keep<F: Send + 'static>(&mut self, empty: Pin<Box<Option<F>>>) {
        if let Some(boxes) = self.boxes()
            && boxes.len() < KEPT
        {
            boxes.push(empty);
        }
    }

    fn boxes<F: Send + 'static>(&mut self) -> Option<&mut Vec<Pin<Box<Option<F>>>>> {
        let boxes = self
            .0
            .get_or_insert_with(|| Box::new(Vec::<Pin<Box<Option<F>>>>::new()));
        boxes.downcast_mut()
    }
}

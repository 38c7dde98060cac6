//! What is left out of the counts.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

/// Runs what is not to be counted.
///
/// Instructions are left out by name: callgrind stops counting in the function `uncounted` of this module. Allocations are
/// left out by who counts them, with a function of its own.
#[derive(Clone, Copy, Debug)]
pub struct Meter {
    uncounted: fn(&mut dyn FnMut()),
}

impl Meter {
    /// Leaves out nothing itself: callgrind does it, by the function's name.
    pub fn instructions() -> Self {
        Self { uncounted }
    }

    /// Leaves out what this function runs.
    pub fn new(uncounted: fn(&mut dyn FnMut())) -> Self {
        Self { uncounted }
    }

    /// Runs a function that has no part in what an operation costs.
    pub(crate) fn skip<T>(self, run: impl FnOnce() -> T) -> T {
        let mut run = Some(run);
        let mut out = None;
        (self.uncounted)(&mut || out = run.take().map(|run| run()));
        out.expect("it was run")
    }

    /// A future whose polls are not counted.
    pub(crate) fn skipped<F: Future>(self, future: F) -> Skipped<F> {
        Skipped {
            meter: self,
            future: Box::pin(future),
        }
    }
}

/// Callgrind knows it by this name: see `run`.
#[inline(never)]
fn uncounted(run: &mut dyn FnMut()) {
    run();
}

pub(crate) struct Skipped<F> {
    meter: Meter,
    future: Pin<Box<F>>,
}

impl<F: Future> Future for Skipped<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let meter = self.meter;
        meter.skip(|| self.future.as_mut().poll(cx))
    }
}

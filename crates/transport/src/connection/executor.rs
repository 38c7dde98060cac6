use std::{
    fmt,
    future::Future,
    mem,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
};

use super::call::{Call, Part};

/// The executor that hyper gets: it spawns nothing, it queues for the connection's driver (T-13).
#[derive(Clone, Default)]
pub(super) struct Executor(Arc<State>);

#[derive(Default)]
struct State {
    queue: Mutex<Vec<Task>>,
    handoff: Mutex<Handoff>,
}

/// How a future that hyper executes finds its call.
///
/// hyper polls a request body for the first time right before it executes the call's futures: the one that carries the
/// rest of the body, then the one that awaits the response. So the body leaves its call here at that poll. If
/// the body is done with that poll, hyper drops it and executes only the second: the drop clears this.
#[derive(Default)]
enum Handoff {
    #[default]
    Empty,
    Request(Arc<Call>),
    Response(Arc<Call>),
}

impl Executor {
    /// Leaves the call for the futures that hyper executes next.
    pub(super) fn announce(&self, call: &Arc<Call>) {
        *lock(&self.0.handoff) = Handoff::Request(call.clone());
    }

    /// Takes back what [`announce`](Self::announce) left, if it is still there.
    pub(super) fn withdraw(&self, call: &Arc<Call>) {
        let mut handoff = lock(&self.0.handoff);
        if let Handoff::Request(left) | Handoff::Response(left) = &*handoff
            && Arc::ptr_eq(left, call)
        {
            *handoff = Handoff::Empty;
        }
    }

    /// Whether [`take`](Self::take) has something.
    pub(super) fn has_tasks(&self) -> bool {
        !lock(&self.0.queue).is_empty()
    }

    /// Takes what hyper executed since the last time.
    pub(super) fn take(&self) -> Vec<Task> {
        mem::take(&mut *lock(&self.0.queue))
    }
}

impl Handoff {
    fn take(&mut self) -> Option<(Arc<Call>, Part)> {
        match mem::take(self) {
            Self::Empty => None,
            Self::Request(call) => {
                *self = Self::Response(call.clone());
                Some((call, Part::Request))
            }
            Self::Response(call) => Some((call, Part::Response)),
        }
    }
}

impl<F> hyper::rt::Executor<F> for Executor
where
    F: Future<Output = ()> + Send + 'static,
{
    fn execute(&self, future: F) {
        let call = lock(&self.0.handoff).take();
        let future = Box::pin(future);
        lock(&self.0.queue).push(Task { future, call });
    }
}

/// One of hyper's futures. It also ends when its part of the call is over.
pub(super) struct Task {
    future: Pin<Box<dyn Future<Output = ()> + Send>>,
    call: Option<(Arc<Call>, Part)>,
}

impl Future for Task {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if let Some((call, part)) = &self.call {
            call.register(*part, cx);
        }
        // Polled before the signal is looked at: a request body that hyper polls still chooses its own reset.
        if self.future.as_mut().poll(cx).is_ready() {
            return Poll::Ready(());
        }
        match &self.call {
            Some((call, part)) if call.is_over(*part) => Poll::Ready(()),
            _ => Poll::Pending,
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl fmt::Debug for Executor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Executor").finish_non_exhaustive()
    }
}

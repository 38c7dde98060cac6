//! How what hyper spawns comes to the driver, and with the call that it belongs to.
//!
//! hyper executes futures without saying whose they are. A call that is given up must reach exactly its own, so the
//! request body says whose it is right before hyper executes them; the queue and that word are the whole of it.

use std::{
    fmt,
    future::Future,
    mem,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::{
    call::{Call, Part},
    io::Wire,
    task::{Spare, Task, Work},
};

/// The executor that hyper gets: it spawns nothing, it queues for the connection's driver (T-13).
#[derive(Clone)]
pub(super) struct Executor(Arc<State>);

struct State {
    /// What waits for the driver.
    queue: Mutex<Queue>,
    handoff: Mutex<Handoff>,
    wire: Arc<Wire>,
}

#[derive(Default)]
struct Queue {
    /// In the order in which hyper executed them.
    new: Vec<Task>,
    /// Boxes for the next ones.
    spare: Spare,
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
    /// An executor for the connection over this wire.
    pub(super) fn new(wire: Arc<Wire>) -> Self {
        let state = State {
            queue: Mutex::default(),
            handoff: Mutex::default(),
            wire,
        };
        Self(Arc::new(state))
    }

    /// Notes that hyper is about to make the call's HEADERS, and h2 to give it the next stream.
    pub(super) fn begin(&self, call: &Arc<Call>) {
        call.begin(&self.0.wire);
    }

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

    /// Swaps what hyper executed since the last time, in its order, with an empty list.
    pub(super) fn swap(&self, tasks: &mut Vec<Task>) {
        mem::swap(&mut lock(&self.0.queue).new, tasks);
    }

    /// Drops the future of a task that is over, and keeps the box for another.
    pub(super) fn recycle(&self, task: Task) {
        // Dropped before the lock is taken: what the future holds may call back.
        let empty: Pin<Box<dyn Work>> = task.empty();
        empty.keep(&mut lock(&self.0.queue).spare);
    }

    /// Gives memory back that a burst took.
    pub(super) fn shrink_to(&self, kept: usize) {
        lock(&self.0.queue).new.shrink_to(kept);
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
        let Queue { new, spare } = &mut *lock(&self.0.queue);
        new.push(spare.task(future, call));
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

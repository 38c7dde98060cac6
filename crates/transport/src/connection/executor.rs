//! How what hyper spawns comes to the driver, and with the call that it belongs to.
//!
//! hyper executes futures without saying whose they are. A call that is given up must reach exactly its own, so the
//! request body says whose it is right before hyper executes them; the queue and that word are the whole of it.

use std::{
    fmt,
    future::Future,
    mem,
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use super::{
    call::{Call, Part},
    io::Wire,
    spare::Spare,
    surplus::KEPT,
    task::{Task, Work},
};

/// The executor that hyper gets: it spawns nothing, it queues for the connection's driver (T-13).
#[derive(Clone)]
pub(super) struct Executor(Arc<State>);

/// What the clones of an executor share: hyper has some, the driver and the request bodies have others.
struct State {
    /// What waits.
    queue: Mutex<Queue>,
    /// Whether something new is queued. The driver asks in each of its rounds, and most have nothing new.
    has_new: AtomicBool,
    /// On which a call notes where it began.
    wire: Arc<Wire>,
}

/// What waits for the driver, and what is kept for the next. Only the connection's task locks it.
#[derive(Default)]
struct Queue {
    /// In the order in which hyper executed them.
    new: Vec<Task>,
    /// Boxes for the next ones.
    spare: Spare,
    /// Whose the next ones are.
    handoff: Handoff,
}

/// How a future that hyper executes finds its call.
///
/// hyper polls a request body for the first time right before it executes the call's futures: the one that carries the
/// rest of the body, then the one that awaits the response. So the body leaves its call here at that poll. If
/// the body is done with that poll, hyper drops it and executes only the second: the drop clears this.
#[derive(Default)]
enum Handoff {
    /// What is executed next belongs to no call: it is the connection's own.
    #[default]
    Empty,
    /// The next one carries the request body of this call.
    Request(Arc<Call>),
    /// The next one awaits the response of this call.
    Response(Arc<Call>),
}

impl Executor {
    /// An executor for the connection over this wire.
    pub(super) fn new(wire: Arc<Wire>) -> Self {
        let state = State {
            queue: Mutex::default(),
            has_new: AtomicBool::new(false),
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
        self.queue().handoff = Handoff::Request(call.clone());
    }

    /// Takes back what [`announce`](Self::announce) left, if it is still there.
    pub(super) fn withdraw(&self, call: &Arc<Call>) {
        let handoff = &mut self.queue().handoff;
        if let Handoff::Request(left) | Handoff::Response(left) = handoff
            && Arc::ptr_eq(left, call)
        {
            *handoff = Handoff::Empty;
        }
    }

    /// Swaps what hyper executed since the last time, in its order, with an empty list.
    pub(super) fn swap(&self, tasks: &mut Vec<Task>) {
        if self.0.has_new.load(Ordering::Acquire) {
            self.0.has_new.store(false, Ordering::Release);
            mem::swap(&mut self.queue().new, tasks);
        }
    }

    /// Drops the future of a task that is over, and keeps the box for another.
    pub(super) fn recycle(&self, task: Task) {
        // Dropped before the lock is taken: what the future holds may call back.
        let empty: Pin<Box<dyn Work>> = task.empty();
        empty.keep(&mut self.queue().spare);
    }

    /// Gives some of the memory back that a burst took; tells how many boxes are left.
    pub(super) fn shrink(&self) -> usize {
        let Queue { new, spare, .. } = &mut *self.queue();
        let is_less = spare.shrink();
        let left = spare.len();
        if is_less {
            new.shrink_to(left.max(KEPT));
        }
        left
    }

    /// Locks the queue, for a look or a push.
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.0.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Handoff {
    /// Whose the future is that hyper executes now, and which of the two.
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
        let Queue {
            new,
            spare,
            handoff,
        } = &mut *self.queue();
        let work: Pin<Box<dyn Work>> = if let Some(mut empty) = spare.take() {
            empty.set(Some(future));
            empty
        } else {
            Box::pin(Some(future))
        };
        new.push(Task::new(work, handoff.take()));
        self.0.has_new.store(true, Ordering::Release);
    }
}

impl fmt::Debug for Executor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Executor").finish_non_exhaustive()
    }
}

//! Wakers of the driver's many futures, which cost one wake of its task and say whom it was for.
//!
//! Each place has a waker of its own, made once. A wake notes the id of the place and wakes the task only if it sleeps:
//! a burst of a thousand wakes is one.

use std::{
    mem,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Wake, Waker},
};

/// Which of the driver's futures were woken since it looked last.
#[derive(Debug, Default)]
pub(super) struct Ready(Mutex<Woken>);

/// What wakers write and the driver reads.
#[derive(Debug, Default)]
struct Woken {
    /// Of the places that were woken, in that order.
    ids: Vec<usize>,
    /// Whom to wake.
    driver: Task,
}

/// The driver's own task.
#[derive(Debug, Default)]
enum Task {
    /// It is going to look, so nobody need wake it.
    #[default]
    Awake,
    /// It sleeps, and the next wake goes to it.
    Asleep(Waker),
}

impl Ready {
    /// Swaps what was woken, in its order, with an empty list.
    pub(super) fn swap(&self, ids: &mut Vec<usize>) {
        let mut woken = self.lock();
        woken.driver = Task::Awake;
        mem::swap(&mut woken.ids, ids);
    }

    /// Lets the next wake reach the driver's task; at once, if something was woken already.
    pub(super) fn sleep(&self, cx: &Context<'_>) {
        let mut woken = self.lock();
        if woken.ids.is_empty() {
            woken.driver = Task::Asleep(cx.waker().clone());
        } else {
            drop(woken);
            cx.waker().wake_by_ref();
        }
    }

    /// Gives memory back that a burst took.
    pub(super) fn shrink_to(&self, kept: usize) {
        self.lock().ids.shrink_to(kept);
    }

    /// Notes a wake, and passes it on if the driver sleeps.
    fn push(&self, id: usize) {
        let mut woken = self.lock();
        woken.ids.push(id);
        let driver = mem::take(&mut woken.driver);
        drop(woken);
        if let Task::Asleep(waker) = driver {
            waker.wake();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Woken> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The waker of one place in the driver. Made once, and used for all futures that come to this place.
///
/// A waker that outlives its future wakes the next one in its place, which does no harm.
#[derive(Debug)]
pub(super) struct Signal {
    /// What its wakers share with it.
    flag: Arc<Flag>,
    /// Made once of the flag, and cloned.
    waker: Waker,
}

/// Whether a place was woken, and where that is noted.
#[derive(Debug)]
struct Flag {
    /// Its place.
    id: usize,
    /// The truth; the ids of [`Ready`] only say where to look.
    is_raised: AtomicBool,
    /// The driver's list.
    ready: Arc<Ready>,
}

impl Signal {
    /// For this place; not raised.
    pub(super) fn new(id: usize, ready: &Arc<Ready>) -> Self {
        let flag = Arc::new(Flag {
            id,
            is_raised: AtomicBool::new(false),
            ready: ready.clone(),
        });
        let waker = Waker::from(flag.clone());
        Self { flag, waker }
    }

    /// Whether it was raised since this was asked last.
    pub(super) fn take(&self) -> bool {
        self.flag.is_raised.swap(false, Ordering::AcqRel)
    }

    /// Whether it was raised since it was taken.
    pub(super) fn is_raised(&self) -> bool {
        self.flag.is_raised.load(Ordering::Acquire)
    }

    /// A waker that raises it.
    pub(super) fn waker(&self) -> Waker {
        self.waker.clone()
    }

    /// Wakes what is in its place.
    pub(super) fn raise(&self) {
        self.flag.wake_by_ref();
    }

    /// The context to poll with what is in its place.
    pub(super) fn context(&self) -> Context<'_> {
        Context::from_waker(&self.waker)
    }
}

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.is_raised.swap(true, Ordering::AcqRel) {
            self.ready.push(self.id);
        }
    }
}

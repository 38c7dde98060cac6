//! Places, wakers, boxes, and how hyper's futures find their call. The whole is tested on the wire.

use std::{
    future::{Future, Pending, pending, poll_fn},
    pin::Pin,
    ptr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, Waker},
};

use hyper::rt::Executor as _;
use tokio_test::task::{self, Spawn};

use super::{
    super::executor::Executor,
    super::surplus::KEPT,
    super::task::Task,
    ready::{Ready, Signal},
    slots::Slots,
};
use crate::connection::{AfterResponse, call::Call, io::Wire};

const NEVER: fn() -> Pending<()> = pending;

/// What a driver does without a connection.
struct Rig {
    executor: Executor,
    slots: Slots,
    ready: Arc<Ready>,
}

impl Rig {
    fn new() -> Self {
        let ready = Arc::<Ready>::default();
        Self {
            executor: Executor::new(Wire::unbounded()),
            slots: Slots::new(ready.clone()),
            ready,
        }
    }

    fn execute<F: Future<Output = ()> + Send + 'static>(&self, future: F) {
        self.executor.execute(future);
    }

    /// Admits what was executed and polls what was woken; tells how many futures are left.
    fn turn(&mut self) -> usize {
        let (mut new, mut woken) = (Vec::<Task>::new(), Vec::new());
        self.ready.swap(&mut woken);
        self.executor.swap(&mut new);
        for task in new {
            self.slots.admit(task, &self.executor);
        }
        for id in woken {
            self.slots.poll(id, &self.executor);
        }
        self.slots.occupied()
    }

    /// Looks until nothing more is given back; tells how many boxes and places are left.
    fn settle(&mut self) -> (usize, usize) {
        loop {
            let boxes = self.executor.shrink();
            self.slots.shrink(boxes.max(KEPT));
            if boxes <= KEPT {
                return (boxes, self.slots.len());
            }
        }
    }
}

fn call() -> Arc<Call> {
    Call::new(AfterResponse::Continue, 0)
}

/// Counts its polls, keeps the last waker, and is ready when told.
#[derive(Clone, Default)]
struct Probe(Arc<ProbeState>);

#[derive(Default)]
struct ProbeState {
    polls: AtomicUsize,
    waker: Mutex<Option<Waker>>,
    is_over: Mutex<bool>,
}

impl Probe {
    fn future(&self) -> impl Future<Output = ()> + Send + use<> {
        let Self(state) = self.clone();
        poll_fn(move |cx| {
            state.polls.fetch_add(1, Ordering::Relaxed);
            *state.waker.lock().unwrap() = Some(cx.waker().clone());
            if *state.is_over.lock().unwrap() {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
    }

    fn polls(&self) -> usize {
        self.0.polls.load(Ordering::Relaxed)
    }

    fn waker(&self) -> Waker {
        self.0.waker.lock().unwrap().clone().unwrap()
    }

    fn end(&self) {
        *self.0.is_over.lock().unwrap() = true;
        self.waker().wake();
    }
}

type Places = Arc<Mutex<Vec<usize>>>;

/// Notes where in memory it is polled.
struct Noted(Places);

impl Future for Noted {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        let place = ptr::from_ref(&*self).addr();
        self.0.lock().unwrap().push(place);
        Poll::Ready(())
    }
}

/// A task that sleeps on the list of what was woken.
fn sleeper(ready: &Arc<Ready>) -> Spawn<impl Future<Output = ()> + use<>> {
    let ready = ready.clone();
    task::spawn(poll_fn(move |cx: &mut Context<'_>| {
        ready.sleep(cx);
        Poll::Pending
    }))
}

#[test]
fn both_futures_of_a_call_end_when_it_is_given_up() {
    // L-21
    let (mut rig, call) = (Rig::new(), call());
    rig.executor.announce(&call);
    for _ in 0..3 {
        rig.execute(NEVER());
    }
    assert_eq!(rig.turn(), 3);
    call.give_up();
    assert_eq!(rig.turn(), 1, "the third is of another call");
}

#[test]
fn a_call_that_is_given_up_before_its_futures_are_polled_ends_them() {
    // L-21
    let (mut rig, call) = (Rig::new(), call());
    rig.executor.announce(&call);
    rig.execute(NEVER());
    rig.execute(NEVER());
    call.give_up();
    assert_eq!(rig.turn(), 0);
}

#[test]
fn a_body_that_is_done_takes_its_call_back() {
    let (mut rig, call) = (Rig::new(), call());
    rig.executor.announce(&call);
    rig.executor.withdraw(&call);
    assert_eq!(Arc::strong_count(&call), 1);
    rig.execute(NEVER());
    call.give_up();
    assert_eq!(rig.turn(), 1);
}

#[test]
fn a_body_takes_back_only_its_own_call() {
    let (mut rig, old, new) = (Rig::new(), call(), call());
    rig.executor.announce(&new);
    rig.executor.withdraw(&old);
    rig.execute(NEVER());
    assert_eq!(rig.turn(), 1);
    new.give_up();
    assert_eq!(rig.turn(), 0);
}

#[test]
fn a_future_that_ends_with_the_signal_is_polled_first() {
    // its last poll chooses the reset.
    let (mut rig, call, probe) = (Rig::new(), call(), Probe::default());
    rig.executor.announce(&call);
    rig.execute(probe.future());
    assert_eq!(rig.turn(), 1);
    call.give_up();
    assert_eq!(rig.turn(), 0);
    assert_eq!(probe.polls(), 2);
}

#[test]
fn only_what_was_woken_is_polled() {
    // T-13
    let (mut rig, first, second) = (Rig::new(), Probe::default(), Probe::default());
    rig.execute(first.future());
    rig.execute(second.future());
    assert_eq!(rig.turn(), 2);
    second.waker().wake();
    second.waker().wake();
    assert_eq!(rig.turn(), 2);
    assert_eq!((first.polls(), second.polls()), (1, 2));
    first.end();
    assert_eq!(rig.turn(), 1);
    assert_eq!(rig.turn(), 1);
    assert_eq!((first.polls(), second.polls()), (2, 2));
}

#[test]
fn a_waker_that_outlives_its_future_does_no_harm() {
    // T-13
    let (mut rig, old, new) = (Rig::new(), Probe::default(), Probe::default());
    rig.execute(old.future());
    rig.turn();
    let stale = old.waker();
    old.end();
    assert_eq!(rig.turn(), 0);
    stale.wake_by_ref();
    assert_eq!(rig.turn(), 0);

    rig.execute(new.future());
    assert_eq!(rig.turn(), 1);
    assert!(stale.will_wake(&new.waker()), "the place is used again");
    stale.wake();
    assert_eq!(rig.turn(), 1);
    assert_eq!(new.polls(), 2, "one poll more, and no other effect");
}

#[test]
fn a_future_that_wakes_itself_is_polled_in_the_next_round() {
    // T-15: not in the same one, so that it cannot keep the others waiting.
    let (mut rig, polls) = (Rig::new(), Arc::new(AtomicUsize::new(0)));
    let counted = polls.clone();
    rig.execute(poll_fn(move |cx| {
        counted.fetch_add(1, Ordering::Relaxed);
        cx.waker().wake_by_ref();
        Poll::Pending
    }));
    for round in 1..4 {
        rig.turn();
        assert_eq!(polls.load(Ordering::Relaxed), round);
    }
}

#[test]
fn boxes_are_used_again() {
    // T-13
    let (mut rig, places) = (Rig::new(), Places::default());
    for _ in 0..3 {
        rig.execute(Noted(places.clone()));
        assert_eq!(rig.turn(), 0);
    }
    let places = places.lock().unwrap();
    assert_eq!(places.len(), 3);
    assert!(places.iter().all(|place| *place == places[0]), "{places:?}");
}

#[test]
fn a_future_of_another_type_has_its_own_box() {
    let mut rig = Rig::new();
    for _ in 0..3 {
        rig.execute(async {});
        rig.execute(std::future::ready(()));
        assert_eq!(rig.turn(), 0);
    }
}

#[test]
fn boxes_and_places_return_after_a_burst() {
    // T-15
    let (mut rig, last) = (Rig::new(), Probe::default());
    let burst: Vec<_> = (0..10 * KEPT).map(|_| Probe::default()).collect();
    for probe in &burst {
        rig.execute(probe.future());
    }
    rig.execute(last.future());
    assert_eq!(rig.turn(), 10 * KEPT + 1);
    assert_eq!(rig.settle(), (0, 10 * KEPT + 1));
    burst.iter().for_each(Probe::end);
    assert_eq!(rig.turn(), 1);
    // The last place is occupied.
    assert_eq!(rig.settle(), (KEPT, 10 * KEPT + 1));
    last.end();
    assert_eq!(rig.turn(), 0);
    assert_eq!(rig.settle(), (KEPT, KEPT));

    // And the rest still works.
    for _ in 0..2 * KEPT {
        rig.execute(Probe::default().future());
    }
    assert_eq!(rig.turn(), 2 * KEPT);
    assert_eq!(rig.settle(), (0, 2 * KEPT));
}

#[test]
fn what_the_next_calls_want_is_kept_between_them() {
    // T-15
    let (mut rig, places) = (Rig::new(), Places::default());
    for _ in 0..10 {
        // The callers come back in portions.
        for _ in 0..10 {
            for _ in 0..KEPT {
                rig.execute(Noted(places.clone()));
            }
            rig.executor.shrink();
        }
        assert_eq!(rig.turn(), 0);
        assert_eq!(rig.executor.shrink(), 10 * KEPT);
    }
    let mut places = places.lock().unwrap().clone();
    places.sort_unstable();
    places.dedup();
    assert_eq!(places.len(), 10 * KEPT, "no box but the first ones");
}

#[test]
fn a_wake_reaches_a_driver_that_sleeps_once() {
    let ready = Arc::<Ready>::default();
    let (first, second) = (Signal::new(0, &ready), Signal::new(1, &ready));
    let mut driver = sleeper(&ready);
    let _ = driver.poll();
    assert!(!driver.is_woken());
    first.raise();
    assert!(driver.is_woken());

    // It is awake: what comes now is in the list.
    let mut woken = Vec::new();
    second.raise();
    second.raise();
    ready.swap(&mut woken);
    assert_eq!(woken, [0, 1]);
    assert!(first.take() && second.take() && !second.take());
}

#[test]
fn a_wake_before_the_driver_sleeps_is_not_lost() {
    let ready = Arc::<Ready>::default();
    let signal = Signal::new(0, &ready);
    signal.raise();
    let mut driver = sleeper(&ready);
    let _ = driver.poll();
    assert!(driver.is_woken());
}

#[test]
fn a_driver_that_moved_to_another_task_is_woken_there() {
    let ready = Arc::<Ready>::default();
    let signal = Signal::new(0, &ready);
    let (mut old, mut new) = (sleeper(&ready), sleeper(&ready));
    let _ = old.poll();
    let _ = new.poll();
    signal.raise();
    assert!(new.is_woken() && !old.is_woken());
}

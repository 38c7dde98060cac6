//! Where the futures of calls stand while they are not done.
//!
//! Most are done at their first poll and never get a place. Places and their wakers are used again, and given back some
//! time after a burst.

use std::sync::Arc;

use super::{
    super::executor::Executor,
    super::surplus::KEPT,
    super::task::Task,
    ready::{Ready, Signal},
};

/// The places of the futures of calls. A place and its waker are used again.
pub(super) struct Slots {
    /// Their index is the id that a wake notes.
    places: Vec<Place>,
    /// Vacant places, and ids of places that are not there any more.
    vacant: Vec<usize>,
    /// How many places have a future in them.
    occupied: usize,
    /// Where the wakers of new places note their ids.
    ready: Arc<Ready>,
}

/// A place, with the waker that stays in it.
struct Place {
    /// Wakes this place, whichever future is in it.
    signal: Signal,
    /// `None` if it is vacant.
    task: Option<Task>,
}

impl Slots {
    /// Without a place; they come with the futures that need one.
    pub(super) fn new(ready: Arc<Ready>) -> Self {
        Self {
            places: Vec::new(),
            vacant: Vec::new(),
            occupied: 0,
            ready,
        }
    }

    /// How many futures there are.
    pub(super) fn occupied(&self) -> usize {
        self.occupied
    }

    /// How many places there are, vacant ones included.
    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    /// Polls a new future, and gives it a place if it is not over with that.
    pub(super) fn admit(&mut self, mut task: Task, executor: &Executor) {
        let id = self.vacancy();
        let place = &mut self.places[id];
        let mut cx = place.signal.context();
        if task.begin(&mut cx).is_ready() {
            self.vacant.push(id);
            executor.recycle(task);
        } else {
            place.task = Some(task);
            self.occupied += 1;
        }
    }

    /// Polls the future at this place if it was woken. An id may be out of date.
    pub(super) fn poll(&mut self, id: usize, executor: &Executor) {
        let Some(Place { signal, task }) = self.places.get_mut(id) else {
            return;
        };
        if !signal.take() {
            return;
        }
        if let Some(running) = task
            && running.poll(&mut signal.context()).is_ready()
            && let Some(done) = task.take()
        {
            self.vacant.push(id);
            self.occupied -= 1;
            executor.recycle(done);
        }
    }

    /// Drops all futures.
    pub(super) fn clear(&mut self) {
        self.places.clear();
        self.vacant.clear();
        self.occupied = 0;
    }

    /// Gives places back that a burst took, but for so many of those that are vacant; tells whether it did.
    pub(super) fn shrink(&mut self, kept: usize) -> bool {
        let (before, kept) = (self.places.len(), self.occupied + kept);
        while self.places.len() > kept && self.places.last().is_some_and(Place::is_vacant) {
            self.places.pop();
        }
        let left = self.places.len();
        if self.vacant.len() > 2 * left.max(KEPT) {
            self.vacant.retain(|id| *id < left);
            self.vacant.shrink_to_fit();
            self.places.shrink_to_fit();
        }
        left < before
    }

    /// A vacant place.
    fn vacancy(&mut self) -> usize {
        while let Some(id) = self.vacant.pop() {
            if id < self.places.len() {
                return id;
            }
        }
        let id = self.places.len();
        self.places.push(Place {
            signal: Signal::new(id, &self.ready),
            task: None,
        });
        id
    }
}

impl Place {
    /// Whether a future may be put there.
    fn is_vacant(&self) -> bool {
        self.task.is_none()
    }
}

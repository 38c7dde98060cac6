use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use ziggurat_protocol::status::progress::{Attempt, Progress, Waiting};

/// The slot of a call that says where its time goes: who waits or repeats fills it, who keeps the time reads it.
///
/// The deadline floor leaves one in the [`CallContext`](super::CallContext) of each call with a deadline; a floor that
/// wants to know of other calls too puts one there. A call that neither waits nor repeats touches it not. Cloning is one
/// reference count.
///
/// ```
/// use ziggurat::layers::context::ProgressSlot;
/// use ziggurat::protocol::status::progress::{Stage, Waiting};
///
/// let slot = ProgressSlot::new();
/// slot.wait(|| Waiting::new(Stage::Connection, "a connection to the kitchen"));
/// assert_eq!(slot.progress().waiting().unwrap().what(), "a connection to the kitchen");
/// slot.go_on();
/// assert!(slot.progress().waiting().is_none());
/// ```
#[derive(Clone, Default)]
pub struct ProgressSlot(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    ask: Option<Box<Ask>>,
    /// Without what is waited for, which changes.
    progress: Progress,
}

type Ask = dyn Fn() -> Waiting + Send + Sync;

impl ProgressSlot {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }

    /// Says that the call waits now; `ask` tells for what, when somebody wants to know.
    pub fn wait(&self, ask: impl Fn() -> Waiting + Send + Sync + 'static) {
        self.lock().ask = Some(Box::new(ask));
    }

    /// Says that the call waits no more.
    pub fn go_on(&self) {
        self.lock().ask = None;
    }

    /// Says that an attempt failed, and that another follows.
    pub fn repeat(&self, attempt: Attempt) {
        let mut state = self.lock();
        state.progress = std::mem::take(&mut state.progress).with_attempt(attempt);
    }

    /// How the call stands at this moment.
    pub fn progress(&self) -> Progress {
        let state = self.lock();
        let progress = state.progress.clone();
        match &state.ask {
            Some(ask) => progress.with_waiting(ask()),
            None => progress,
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for ProgressSlot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProgressSlot").finish_non_exhaustive()
    }
}

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use http::Response;
use ziggurat_protocol::{
    Status,
    status::progress::{Attempt, GaveUp, Progress, Waiting},
};

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

    /// Says why there is no further attempt.
    pub fn give_up(&self, why: GaveUp) {
        let mut state = self.lock();
        state.progress = std::mem::take(&mut state.progress).with_gave_up(why);
    }

    /// Adds what was told to an answer: to the status of a failure of this side, and among the extensions of whatever
    /// else it is, where a stub finds it.
    ///
    /// It takes the place of what somebody further in has added before: what the call waited for then is over. If nothing
    /// is left to tell, nothing is there. What such a failure says that it waited for stays.
    pub fn add_to<B>(&self, answer: &mut Response<B>) {
        let mut progress = self.progress();
        let extensions = answer.extensions_mut();
        let status = extensions.get_mut::<Status>();
        let own = (status.as_deref()).and_then(|status| status.progress()?.waiting());
        if let Some(waiting) = own.filter(|_| progress.waiting().is_none()) {
            progress = progress.with_waiting(waiting.clone());
        }
        if progress.is_empty() {
            extensions.remove::<Arc<Progress>>();
            return;
        }
        let progress = Arc::new(progress);
        if let Some(status) = status {
            *status = status.clone().with_shared_progress(progress.clone());
        }
        extensions.insert(progress);
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

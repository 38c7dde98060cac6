//! The calls that wait for an endpoint.
//!
//! Order is that of the tickets. Whoever publishes a version runs the queue with it; a call that comes compares versions under
//! the same lock, so that none waits for a version that is there.

use std::collections::BTreeMap;

use http::{HeaderName, HeaderValue};
use tokio::sync::oneshot;
use ziggurat_transport::{
    Error,
    channel::many::{Asking, Call, Leasing, Patience, Ticket},
};

use super::version::{Choice, Version};

/// The calls that wait, in the order in which they came (G-21).
pub(super) struct Queue<S> {
    waiting: BTreeMap<Ticket, Waiter<S>>,
}

pub(super) type Answer<S> = Result<Leasing<S>, Error>;

struct Waiter<S> {
    patience: Patience,
    call: Kept,
    answer: oneshot::Sender<Answer<S>>,
}

/// What a pick may look at.
struct Kept {
    path: String,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Kept {
    fn new(call: Call<'_>) -> Self {
        let headers = call.headers();
        Self {
            path: call.path().to_owned(),
            headers: headers
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect(),
        }
    }

    fn call(&self) -> Call<'_> {
        Call::of_pairs(&self.path, &self.headers)
    }
}

impl<S> Queue<S> {
    pub(super) fn new() -> Self {
        Self {
            waiting: BTreeMap::new(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Lets a call wait at its place.
    pub(super) fn push(&mut self, asking: &Asking<'_>) -> oneshot::Receiver<Answer<S>> {
        let (answer, receiver) = oneshot::channel();
        let waiter = Waiter {
            patience: asking.patience,
            call: Kept::new(asking.call),
            answer,
        };
        self.waiting.insert(asking.ticket, waiter);
        receiver
    }

    /// A call waits no longer.
    pub(super) fn remove(&mut self, ticket: Ticket) {
        self.waiting.remove(&ticket);
    }

    /// Picks anew for all who wait, in their order.
    ///
    /// A picker that looks at no call speaks for all with the first that has to wait on. One whose server has just gone waits
    /// on alone: those behind it may be sent elsewhere.
    pub(super) fn run(&mut self, version: &Version<S>) {
        // Each stays in the queue until its turn: a picker may panic.
        let mut later = BTreeMap::new();
        while let Some((ticket, waiter)) = self.waiting.pop_first() {
            if waiter.answer.is_closed() {
                continue;
            }
            let asking = Asking {
                ticket,
                patience: waiter.patience,
                call: waiter.call.call(),
            };
            let answer = match version.choose(&asking) {
                Choice::Found(leasing) => Ok(leasing),
                Choice::Fail(error) => Err(error),
                Choice::Later => {
                    later.insert(ticket, waiter);
                    continue;
                }
                Choice::Queue => {
                    later.insert(ticket, waiter);
                    break;
                }
            };
            // Who was dropped meanwhile gives back what it got.
            drop(waiter.answer.send(answer));
        }
        self.waiting.append(&mut later);
    }

    /// Fails them all: nobody will pick for them any more.
    pub(super) fn fail(&mut self, error: &Error) {
        for waiter in std::mem::take(&mut self.waiting).into_values() {
            drop(waiter.answer.send(Err(error.clone())));
        }
    }
}

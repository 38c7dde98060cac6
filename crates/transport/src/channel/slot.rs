use std::pin::pin;

use futures_util::future::{Either, select};
use tokio::sync::watch;

use super::dial::{BoxFuture, Dialed};
use crate::{Connection, Error, RequestBody};

/// The one connection of a channel, or the attempt to make it. `S` is the prepared service around it.
pub(super) struct Slot<S, B> {
    /// The number of the last attempt: tells its connection from later ones.
    last: u64,
    state: State<S, B>,
}

enum State<S, B> {
    Idle,
    Connecting(Outcome<B>),
    Ready(Connection<B>, S),
}

/// What becomes of an attempt: nothing yet, a connection, or why there is none.
type Outcome<B> = watch::Receiver<Option<Result<Connection<B>, Error>>>;

/// What a call gets from the slot.
pub(super) enum Acquired<S, B> {
    Ready(Lease<S>),
    Connecting(Ticket<B>),
}

/// A prepared service, and the attempt it came from.
pub(super) struct Lease<S> {
    pub(super) service: S,
    pub(super) attempt: u64,
}

/// A place among those who wait for an attempt.
pub(super) struct Ticket<B> {
    outcome: Outcome<B>,
    pub(super) attempt: u64,
}

impl<S: Clone, B: RequestBody> Slot<S, B> {
    pub(super) fn new() -> Self {
        Self {
            last: 0,
            state: State::Idle,
        }
    }

    /// The connection if it is open, otherwise a place in the attempt, which is started if there is none.
    pub(super) fn acquire(
        &mut self,
        prepare: impl FnOnce(Connection<B>) -> S,
        dial: impl FnOnce() -> BoxFuture<Dialed<B>>,
    ) -> Acquired<S, B> {
        self.settle(prepare);
        match &self.state {
            State::Ready(connection, service) if !connection.is_closed() => {
                let (service, attempt) = (service.clone(), self.last);
                Acquired::Ready(Lease { service, attempt })
            }
            State::Connecting(outcome) => self.ticket(outcome.clone()),
            State::Idle | State::Ready(..) => {
                let outcome = start(dial());
                self.last += 1;
                self.state = State::Connecting(outcome.clone());
                self.ticket(outcome)
            }
        }
    }

    /// Forgets the connection of this attempt, so that no later call gets it.
    pub(super) fn retire(&mut self, attempt: u64) {
        if attempt == self.last {
            self.state = State::Idle;
        }
    }

    /// Takes note of an attempt that has ended.
    fn settle(&mut self, prepare: impl FnOnce(Connection<B>) -> S) {
        let State::Connecting(outcome) = &self.state else {
            return;
        };
        if is_running(outcome) {
            return;
        }
        let connected = outcome.borrow().clone();
        self.state = match connected {
            // ## Connecting → Ready
            Some(Ok(connection)) => State::Ready(connection.clone(), prepare(connection)),
            // ## Connecting → Idle: it failed, or its task is gone
            Some(Err(_)) | None => State::Idle,
        };
    }

    fn ticket(&self, outcome: Outcome<B>) -> Acquired<S, B> {
        let attempt = self.last;
        Acquired::Connecting(Ticket { outcome, attempt })
    }
}

impl<B> Ticket<B> {
    /// Waits for the attempt; `None` if its task is gone.
    pub(super) async fn wait(mut self) -> Option<Result<Connection<B>, Error>> {
        self.outcome.wait_for(Option::is_some).await.ok()?.clone()
    }
}

fn is_running<B>(outcome: &Outcome<B>) -> bool {
    // A sender that is gone makes `has_changed` an error.
    outcome.borrow().is_none() && outcome.has_changed().is_ok()
}

/// Spawns the one task of an attempt and of the connection that comes of it.
fn start<B: RequestBody>(dial: BoxFuture<Dialed<B>>) -> Outcome<B> {
    let (sender, outcome) = watch::channel(None);
    tokio::spawn(run(dial, sender));
    outcome
}

async fn run<B: RequestBody>(
    dial: BoxFuture<Dialed<B>>,
    outcome: watch::Sender<Option<Result<Connection<B>, Error>>>,
) {
    let dialed = match select(dial, pin!(outcome.closed())).await {
        Either::Left((dialed, _)) => dialed,
        // The channel and all who waited are gone.
        Either::Right(_) => return,
    };
    // Nobody may listen any more: then the handle is dropped here and the driver ends by itself.
    match dialed {
        Ok((connection, driver)) => {
            drop(outcome.send(Some(Ok(connection))));
            // Not kept for the life of the connection: it holds a handle.
            drop(outcome);
            driver.await;
        }
        Err(error) => drop(outcome.send(Some(Err(error)))),
    }
}

//! The states of a channel, and how they are watched.

use tokio::sync::watch;

/// How a channel stands (D-2).
///
/// ```text
///            a call, connect()         SETTINGS read
///   Idle ─────────────────────► Connecting ─────────► Ready
///    ▲ ▲                            │                 ▲ │ │
///    │ │          the attempt failed│   SETTINGS read │ │ │
///    │ │                            ▼                 │ │ │
///    │ └── no calls ────── TransientFailure ──────────┘ │ │
///    │                              ▲                   │ │
///    │                              │ lost early again  │ │
///    │                              └───────────────────┘ │
///    └────────────── lost, ended by the server, no calls ─┘
///
///   any ── close() ──► Shutdown
/// ```
///
/// In `Idle` and `Connecting`, calls wait for a connection. In `TransientFailure` only those do that wait for ready;
/// the channel tries again by itself, after a [pause](super::Backoff), and stays in it meanwhile (A62).
///
/// Two things may be chance, and count as a failure only when they come again: a connection that is lost early, before
/// it served a call and before its pause is over; and a server that once served, and now accepts and hangs up. Until
/// then calls wait in `Idle` and `Connecting`. A server that sends its clients away by GOAWAY with NO_ERROR is there:
/// that is never a failure.
///
/// What a connection gave back unsent or unprocessed also waits in `TransientFailure`, for the next attempt, until five
/// connections in a row served nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum State {
    /// There is no connection, and nobody asks for one.
    Idle,
    /// The first connection is being made.
    Connecting,
    /// Calls are sent.
    Ready,
    /// The last attempt failed; calls fail with its error unless they wait for ready (D-11, D-12).
    TransientFailure,
    /// The channel was closed, or its last handle is gone: the end.
    Shutdown,
}

/// Follows the [`State`] of a channel; it does not keep the channel alive.
///
/// ```
/// use ziggurat::{Channel, channel::State};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let channel = Channel::builder("http://cafe.example:50051")?.connect_lazy();
/// let mut states = channel.states();
/// assert_eq!(states.current(), State::Idle);
///
/// channel.close().await;
/// assert_eq!(states.changed().await, Some(State::Shutdown));
/// assert_eq!(states.changed().await, None);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct States {
    states: watch::Receiver<State>,
    /// The state that it told last.
    told: State,
}

impl States {
    pub(crate) fn new(states: watch::Receiver<State>) -> Self {
        let told = *states.borrow();
        Self { states, told }
    }

    /// The state at this moment.
    pub fn current(&self) -> State {
        *self.states.borrow()
    }

    /// Waits for another state than the one it told last, at first the one when this was made.
    ///
    /// States that are left quickly may be skipped, the last one never is (D-3). After [`State::Shutdown`] there is no
    /// other: then it is `None`.
    ///
    /// # Cancel safety
    ///
    /// A change is not lost when the future is dropped.
    pub async fn changed(&mut self) -> Option<State> {
        let told = self.told;
        if told == State::Shutdown {
            return None;
        }
        // A channel that goes leaves Shutdown behind.
        let state = *self.states.wait_for(|state| *state != told).await.ok()?;
        self.told = state;
        Some(state)
    }
}

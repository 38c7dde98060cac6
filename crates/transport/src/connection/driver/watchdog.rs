//! The end of connections that have died without a word.
//!
//! There only with keepalive. It sends nothing itself; it looks at when the last byte came, of whatever kind.

use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Poll, ready},
};

use tokio::time::{Instant, Sleep, sleep_until};

use super::ready::{Ready, Signal};
use crate::connection::options::{KeepaliveOptions, WhileIdle};

/// Ends a connection that is silent for too long (E-4, L-15).
///
/// hyper sends the PINGs. It would take only the answer to a PING for life, so its own timeout is out of reach, and this
/// one looks at when the last byte was read.
///
/// ```text
///                                        interval without a byte,
///          a call            a byte ┌─────────┐   a call is open   ┌───────┐ timeout without a byte
///   Resting ────► Listening ◄───────┘         └──────────────────► │ Asked │ ──────────► expired
///      ▲              │  ▲                                         └───────┘
///      └── no call ───┘  └────────────────────── a byte ───────────────┘
/// ```
pub(super) struct Watchdog {
    options: KeepaliveOptions,
    state: State,
    sleep: Pin<Box<Sleep>>,
    signal: Signal,
}

#[derive(Clone, Copy)]
enum State {
    /// No PING is sent, for no call is open (E-5).
    Resting,
    Listening,
    /// A PING is on its way since then.
    Asked(Instant),
}

/// Whether a call is open. If not, hyper sends no PING, except where idle connections are pinged too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Calls {
    Open,
    None,
}

impl Watchdog {
    pub(super) fn new(options: KeepaliveOptions, id: usize, ready: &Arc<Ready>) -> Self {
        let mut watchdog = Self {
            sleep: Box::pin(sleep_until(Instant::now())),
            state: State::Resting,
            signal: Signal::new(id, ready),
            options,
        };
        if let WhileIdle::Ping = watchdog.options.idle {
            watchdog.begin();
        }
        watchdog
    }

    /// Wakes up if it rests: a call begins.
    pub(super) fn begin(&mut self) {
        if let State::Resting = self.state {
            self.state = State::Listening;
            self.signal.raise();
        }
    }

    /// Whether [`poll`](Self::poll) has something to do.
    pub(super) fn take_woken(&self) -> bool {
        self.signal.take()
    }

    /// Is ready when nothing was read for the interval, nor for the timeout after that.
    pub(super) fn poll(&mut self, last_read: Instant, calls: Calls) -> Poll<()> {
        let idle = self.options.idle;
        loop {
            self.state = match self.state {
                State::Resting => return Poll::Pending,
                State::Listening => {
                    ready!(self.poll_until(last_read + self.options.interval));
                    match (calls, idle) {
                        (Calls::None, WhileIdle::Rest) => State::Resting,
                        // A call that comes late finds its PING overdue (E-6).
                        _ => State::Asked(Instant::now()),
                    }
                }
                // Not "later than": on a paused clock an answer takes no time.
                State::Asked(at) if last_read >= at => State::Listening,
                State::Asked(at) => return self.poll_until(at + self.options.timeout),
            };
        }
    }

    fn poll_until(&mut self, deadline: Instant) -> Poll<()> {
        if self.sleep.deadline() != deadline {
            self.sleep.as_mut().reset(deadline);
        }
        self.sleep.as_mut().poll(&mut self.signal.context())
    }
}

//! The driver's poll: in which order a connection reads, takes requests, polls calls and writes.
//!
//! ```text
//!   one turn:  read ──► [client ─► connection, not reading ─► new futures ─► woken futures] ──► flush ──► sleep
//!                               └────────────── up to 16 rounds ──────────────┘
//! ```
//!
//! Reading comes first and happens once. A GOAWAY that has arrived is thus known before hyper takes a request, and what
//! the rounds make of requests is on its way before more is read (A-110). What turns up meanwhile is for the next turn,
//! for which the driver wakes itself.

use std::{
    fmt,
    future::{Future, poll_fn},
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll},
};

use tokio::task::coop::{has_budget_remaining, unconstrained};
use ziggurat_connect::Stream;

use super::{
    super::executor::Executor,
    super::surplus::KEPT,
    super::task::Task,
    client::{Client, Hyper},
    ready::{Ready, Signal},
    slots::Slots,
    watchdog::{Calls, Watchdog},
};
use crate::{
    Error,
    connection::{
        RequestBody,
        facts::{Drive, Facts},
        io::{Failed, Io, News, Polled, Reads, Unread},
        options::KeepaliveOptions,
        peer::Route,
        pulse::Pulse,
    },
};

/// How often one poll looks for what was woken meanwhile.
const ROUNDS: usize = 16;
/// Ids above those of all slots.
/// That of hyper's client.
const CLIENT: usize = usize::MAX;
/// That of hyper's connection.
const CONNECTION: usize = usize::MAX - 1;
/// That of the keepalive.
const WATCHDOG: usize = usize::MAX - 2;
/// That of what there is to read.
const SOCKET: usize = usize::MAX - 3;

/// The one task of a connection (T-13). Spawn it; it ends when the connection has ended and no call is left.
///
/// It polls everything that hyper would have spawned: hyper's client, which takes requests, and its tasks, which are
/// the connection itself and up to two futures per call. What they write leaves together, at the end of a poll. It
/// keeps to tokio's budget, so many calls leave in portions.
///
/// A request body is polled here too: one that is slow in `poll_frame` delays all calls of the connection; one that
/// panics ends its own call only.
#[must_use = "a connection does nothing unless its driver is polled"]
pub struct Driver<S: Stream, B: RequestBody> {
    // Dropped in this order: the client hands unsent requests back, the connection closes what is open.
    client: Client<S, B>,
    /// Moves frames between h2 and the io; `None` once the connection has ended.
    connection: Option<Task>,
    /// Whether it is to be polled.
    connection_signal: Signal,
    /// There is something to read.
    socket: Signal,
    /// What polling the connection has brought last.
    polled: Polled,
    /// The futures of calls.
    slots: Slots,
    /// Where hyper leaves new ones.
    executor: Executor,
    /// The bytes, which the driver lets in and out.
    io: Io<S>,
    /// What calls know of their connection, and how it ended.
    route: Arc<Route>,
    /// What was woken since it was looked at last.
    ready: Arc<Ready>,
    /// `None` without keepalive.
    watchdog: Option<Watchdog>,
    /// Swapped with the lists of `ready` and `executor`: kept for their memory.
    woken: Vec<usize>,
    /// The same, for what hyper has executed.
    new: Vec<Task>,
}

impl<S: Stream, B: RequestBody> Driver<S, B> {
    /// Of a connection of which nothing was polled yet.
    ///
    /// hyper's connection and its client must be those over this io, made with this executor.
    pub(in crate::connection) fn new(
        hyper: Hyper<S, B>,
        executor: Executor,
        io: Io<S>,
        route: Arc<Route>,
    ) -> Self {
        let ready = Arc::<Ready>::default();
        let connection_signal = Signal::new(CONNECTION, &ready);
        connection_signal.raise();
        let socket = Signal::new(SOCKET, &ready);
        socket.raise();
        io.wake(socket.waker());
        let polled = io.finish();
        // hyper executes the connection itself before it returns the client.
        let mut new = Vec::new();
        executor.swap(&mut new);
        let connection = new.pop();
        Self {
            client: Client::new(hyper, CLIENT, &ready),
            connection,
            connection_signal,
            socket,
            polled,
            slots: Slots::new(ready.clone()),
            executor,
            io,
            route,
            ready,
            watchdog: None,
            woken: Vec::new(),
            new,
        }
    }

    /// Ends the connection if the server is silent for too long.
    pub(in crate::connection) fn watch(&mut self, keepalive: KeepaliveOptions) {
        self.io.keep_time();
        self.watchdog = Some(Watchdog::new(keepalive, WATCHDOG, &self.ready));
    }

    /// Drives until the server's SETTINGS was read and allows a stream; fails if the connection ends before.
    ///
    /// One that ends right behind its SETTINGS was ready, and is closed.
    pub(in crate::connection) fn poll_settings(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Option<hyper::Error>>> {
        self.turn(cx);
        if self.client.has_settings() {
            return Poll::Ready(Ok(()));
        }
        if self.client.facts().is_open {
            return Poll::Pending;
        }
        Poll::Ready(Err(self.client.take_error()))
    }

    /// Reads, polls all that was woken and what comes of it, then writes, then sleeps: the one way through a poll.
    fn turn(&mut self, cx: &mut Context<'_>) {
        self.read();
        let is_done = self.rounds();
        self.flush();
        let is_shrinking = is_done && self.shrink();
        self.ready.sleep(cx);
        // What is to be read is read in the next turn, when all that was made in this one has left.
        if is_shrinking || self.socket.is_raised() {
            cx.waker().wake_by_ref();
        }
    }

    /// Polls what was woken, and what that wakes; tells whether nothing is left for the next turn.
    fn rounds(&mut self) -> bool {
        for round in 0..ROUNDS {
            self.ready.swap(&mut self.woken);
            // The first also sees to what reading has brought.
            if round > 0 && self.woken.is_empty() {
                return true;
            }
            self.round();
            // What a used-up budget made pending has woken itself, and is polled again in the next turn.
            if !has_budget_remaining() {
                break;
            }
        }
        false
    }

    /// Reads what the server has sent, before anything is made of which it may say that it comes too late (A-110).
    fn read(&mut self) {
        let is_asked = self.polled.unread != Unread::None && self.connection_signal.is_raised();
        if self.socket.take() || is_asked {
            self.connection_signal.take();
            self.poll_connection(Reads::Open);
        }
    }

    /// Polls what was woken until now, in the order that keeps a call's frames together.
    fn round(&mut self) {
        if !self.polled.is_ending {
            self.client.poll();
        }
        if self.connection_signal.take() {
            self.poll_connection(Reads::Held);
        }
        self.executor.swap(&mut self.new);
        for task in self.new.drain(..) {
            self.slots.admit(task, &self.executor);
        }
        for id in self.woken.drain(..) {
            self.slots.poll(id, &self.executor);
        }
        self.poll_watchdog();
    }

    /// Moves frames: out to what is collected, in to the calls.
    fn poll_connection(&mut self, reads: Reads) {
        let Some(connection) = &mut self.connection else {
            return;
        };
        self.io.begin(reads);
        let cx = &mut self.connection_signal.context();
        let is_over = connection.poll(cx).is_ready();
        self.polled = self.io.finish();
        if is_over {
            self.connection = None;
            self.client.hear();
            return;
        }
        self.follow(self.polled);
    }

    /// Sees to what polling the connection has brought.
    fn follow(&mut self, polled: Polled) {
        if polled.unread == Unread::Missed {
            self.socket.raise();
        }
        if polled.is_flooded {
            self.io.end_flooded();
        }
        if polled.news != News::None {
            self.client.hear();
        }
    }

    /// Ends a connection that is dead.
    fn poll_watchdog(&mut self) {
        let Some(watchdog) = &mut self.watchdog else {
            return;
        };
        let Some(last_read) = self.io.last_read() else {
            return;
        };
        let calls = match self.slots.occupied() {
            0 if !self.route.is_read() => Calls::None,
            _ => Calls::Open,
        };
        if let Calls::Open = calls {
            watchdog.begin();
        }
        if watchdog.take_woken() && watchdog.poll(last_read, calls).is_ready() {
            let Route { target, .. } = &*self.route;
            self.route
                .end(Error::keepalive(target, last_read.elapsed()));
            self.stop();
        }
    }

    /// Writes what was collected.
    fn flush(&mut self) {
        let io = &self.io;
        // Unconstrained: a used-up budget must not hold back what its calls wrote.
        let flush = pin!(unconstrained(poll_fn(|cx| io.poll_flush(cx))));
        let flushed = flush.poll(&mut self.connection_signal.context());
        if let Poll::Ready(Err(Failed)) = flushed {
            // It learns the error, and ends.
            self.connection_signal.raise();
        }
    }

    /// Gives some memory back after a burst; tells whether there is more to give. Then the next turn comes soon, for no
    /// other may come for long.
    fn shrink(&mut self) -> bool {
        // Few places, few boxes: a call has two of them, and a place while it waits.
        if self.slots.len() <= KEPT / 2 {
            return false;
        }
        let boxes = self.executor.shrink();
        let kept = boxes.max(KEPT);
        if self.slots.shrink(kept) {
            self.ready.shrink_to(kept);
            self.woken.shrink_to(kept);
            self.new.shrink_to(kept);
        }
        boxes > KEPT
    }

    /// Drops all that is polled here.
    fn stop(&mut self) {
        self.io.cut();
        self.client.close();
        self.connection = None;
        self.slots.clear();
        // What is queued holds the executor that holds the queue.
        self.new.clear();
        self.executor.swap(&mut self.new);
        self.new.clear();
    }

    /// Whether nothing is left to poll: the connection has ended, and so have all its calls.
    fn is_over(&self) -> bool {
        !self.client.facts().is_open && self.connection.is_none() && self.slots.occupied() == 0
    }
}

impl<S: Stream, B: RequestBody> Future for Driver<S, B> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.turn(cx);
        if self.is_over() {
            return Poll::Ready(());
        }
        Poll::Pending
    }
}

impl<S: Stream, B: RequestBody> Drive for Driver<S, B> {
    fn facts(&self) -> Facts {
        self.client.facts()
    }

    fn pulse(&self) -> Pulse {
        self.route.wire.pulse().clone()
    }

    fn take_reason(mut self: Pin<&mut Self>) -> Option<Error> {
        let error = self.client.take_error();
        let said =
            error.map(|error| Error::call(&self.route.target, error, self.route.wire.cause()));
        said.or_else(|| self.route.ended())
    }

    fn shut_down(mut self: Pin<&mut Self>) {
        self.route.end(Error::shut_down(&self.route.target));
        self.stop();
    }
}

impl<S: Stream, B: RequestBody> Drop for Driver<S, B> {
    fn drop(&mut self) {
        self.stop();
    }
}

impl<S: Stream, B: RequestBody> fmt::Debug for Driver<S, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Driver")
            .field("is_open", &self.client.facts().is_open)
            .field("futures", &self.slots.occupied())
            .finish_non_exhaustive()
    }
}

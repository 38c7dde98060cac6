use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use futures_util::stream::{FuturesUnordered, StreamExt};
use hyper::client::conn::http2;
use hyper_util::rt::TokioIo;

use super::{
    RequestBody,
    executor::{Executor, Task},
    facts::{Drive, Facts},
    peer::Route,
    preface::Preface,
    request::Piped,
};
use crate::{Error, connect::Stream};

/// hyper's side of a connection: takes requests from the handles, opens their streams.
pub(super) type Client<S, B> = http2::Connection<TokioIo<Preface<S>>, Piped<B>, Executor>;

/// The one task of a connection (T-13). Spawn it; it ends when the connection has ended and no call is left.
///
/// It polls everything that hyper would have spawned: hyper's client, which takes requests, and its tasks, which are
/// the connection itself and two futures per call. A request body is polled here too: one that is slow in `poll_frame`
/// delays all calls of the connection.
#[must_use = "a connection does nothing unless its driver is polled"]
pub struct Driver<S: Stream, B: RequestBody> {
    client: State<S, B>,
    executor: Executor,
    tasks: FuturesUnordered<Task>,
    route: Arc<Route>,
}

enum State<S: Stream, B: RequestBody> {
    Open(Client<S, B>),
    /// The server is ending the connection, or the last handle is gone: no more requests are taken.
    Closed(Option<hyper::Error>),
}

impl<S: Stream, B: RequestBody> Driver<S, B> {
    pub(super) fn new(client: Client<S, B>, executor: Executor, route: Arc<Route>) -> Self {
        Self {
            client: State::Open(client),
            executor,
            tasks: FuturesUnordered::new(),
            route,
        }
    }

    /// Drives until the server's SETTINGS was read and allows a stream; fails if the connection ends before.
    pub(super) fn poll_settings(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Option<hyper::Error>>> {
        self.turn(cx);
        match &mut self.client {
            State::Open(client) if client.current_max_send_streams() == 0 => Poll::Pending,
            State::Open(_) => Poll::Ready(Ok(())),
            State::Closed(error) => Poll::Ready(Err(error.take())),
        }
    }

    /// Polls all that was woken, until nothing new comes of it.
    fn turn(&mut self, cx: &mut Context<'_>) {
        self.poll_client(cx);
        loop {
            self.tasks.extend(self.executor.take());
            // Ends: a task that is done is gone, and only the client makes new ones.
            while let Poll::Ready(Some(())) = self.tasks.poll_next_unpin(cx) {}
            // The connection may have read a GOAWAY, which wakes nobody to close the client (L-24).
            if !self.poll_client(cx) {
                return;
            }
        }
    }

    /// Lets the client take requests; tells whether it made tasks of them.
    fn poll_client(&mut self, cx: &mut Context<'_>) -> bool {
        if let State::Open(client) = &mut self.client
            && let Poll::Ready(ended) = Pin::new(client).poll(cx)
        {
            // Drops the client, which hands its unsent requests back (L-13).
            self.client = State::Closed(ended.err());
        }
        self.executor.has_tasks()
    }
}

impl<S: Stream, B: RequestBody> Future for Driver<S, B> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.turn(cx);
        match self.client {
            State::Closed(_) if self.tasks.is_empty() => Poll::Ready(()),
            _ => Poll::Pending,
        }
    }
}

impl<S: Stream, B: RequestBody> Drive for Driver<S, B> {
    fn facts(&self) -> Facts {
        match &self.client {
            State::Open(client) => Facts {
                streams: client.current_max_send_streams(),
                is_open: true,
            },
            State::Closed(_) => Facts {
                streams: 0,
                is_open: false,
            },
        }
    }

    fn take_reason(mut self: Pin<&mut Self>) -> Option<Error> {
        let State::Closed(error) = &mut self.client else {
            return None;
        };
        let error = error.take()?;
        Some(Error::call(&self.route.target, error))
    }

    fn shut_down(mut self: Pin<&mut Self>) {
        self.route.shut_down();
        self.client = State::Closed(None);
        self.tasks.clear();
        drop(self.executor.take());
    }
}

impl<S: Stream, B: RequestBody> Drop for Driver<S, B> {
    fn drop(&mut self) {
        // What is queued holds the executor that holds the queue.
        drop(self.executor.take());
    }
}

impl<S: Stream, B: RequestBody> fmt::Debug for Driver<S, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_open = matches!(self.client, State::Open(_));
        f.debug_struct("Driver")
            .field("is_open", &is_open)
            .field("tasks", &self.tasks.len())
            .finish_non_exhaustive()
    }
}

//! hyper's half of the driver that takes requests from handles and gives them to h2.
//!
//! hyper learns of two things only when it asks: that SETTINGS changed the number of streams, and that GOAWAY came
//! (L-24). So the driver makes it ask, by [`Client::hear`], when the io below has seen one of them.

use std::{future::Future, pin::Pin, sync::Arc, task::Poll};

use hyper::client::conn::http2;
use hyper_util::rt::TokioIo;
use ziggurat_connect::Stream;

use super::{
    super::executor::Executor,
    ready::{Ready, Signal},
};
use crate::connection::{RequestBody, facts::Facts, io::Io, request::Piped};

/// hyper's side of a connection: takes requests from the handles, opens their streams.
pub(in crate::connection) type Hyper<S, B> = http2::Connection<TokioIo<Io<S>>, Piped<B>, Executor>;

/// hyper's client, and what it says of the connection.
pub(super) struct Client<S: Stream, B: RequestBody> {
    state: State<S, B>,
    /// A handle has sent a request, or was the last to go.
    signal: Signal,
    /// How many streams the server allowed in its last SETTINGS.
    streams: usize,
}

/// Whether requests are taken.
enum State<S: Stream, B: RequestBody> {
    /// They are, by hyper's client.
    Open(Hyper<S, B>),
    /// The server is ending the connection, or the last handle is gone: no more requests are taken.
    Closed(Option<hyper::Error>),
}

impl<S: Stream, B: RequestBody> Client<S, B> {
    /// Of a connection of which no SETTINGS was read; woken by this id.
    pub(super) fn new(hyper: Hyper<S, B>, id: usize, ready: &Arc<Ready>) -> Self {
        let signal = Signal::new(id, ready);
        signal.raise();
        Self {
            state: State::Open(hyper),
            signal,
            streams: 0,
        }
    }

    /// Takes requests and executes the futures of their calls, if there may be some.
    pub(super) fn poll(&mut self) {
        if self.signal.take() {
            self.poll_hyper();
        }
    }

    /// Looks at what SETTINGS or GOAWAY said: nobody else tells the client (L-24).
    pub(super) fn hear(&mut self) {
        if let State::Open(hyper) = &self.state {
            self.streams = hyper.current_max_send_streams();
        }
        self.poll_hyper();
    }

    /// Polls hyper's client, if there still is one; what it ends with is kept for the asking.
    fn poll_hyper(&mut self) {
        if let State::Open(hyper) = &mut self.state
            && let Poll::Ready(ended) = Pin::new(hyper).poll(&mut self.signal.context())
        {
            self.end(ended.err());
        }
    }

    /// Drops hyper's client, which hands its unsent requests back (L-13).
    pub(super) fn close(&mut self) {
        self.end(None);
    }

    /// ## Open → Closed
    fn end(&mut self, error: Option<hyper::Error>) {
        self.state = State::Closed(error);
    }

    /// What an endpoint is to know of the connection.
    pub(super) fn facts(&self) -> Facts {
        match self.state {
            State::Open(_) => Facts {
                streams: self.streams,
                is_open: true,
            },
            State::Closed(_) => Facts {
                streams: 0,
                is_open: false,
            },
        }
    }

    /// Whether the server's SETTINGS was read, and allowed a stream.
    pub(super) fn has_settings(&self) -> bool {
        self.streams > 0
    }

    /// Why it takes no more requests, as far as hyper says.
    pub(super) fn take_error(&mut self) -> Option<hyper::Error> {
        match &mut self.state {
            State::Open(_) => None,
            State::Closed(error) => error.take(),
        }
    }
}

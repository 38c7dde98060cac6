//! A stream that is lent to a call, and comes back by itself.
//!
//! It is given back when it is dropped, by the future that has no response or by the body that has come to its end, so no
//! way out of a call can keep it.

use std::{
    fmt,
    sync::{Arc, Weak},
};

use tokio::time::Instant;

use super::{
    fate::Fate,
    pool::{Grant, Id},
};

/// Where streams are given back.
pub(super) trait Streams: Send + Sync {
    /// A response came on the stream, the first of its connection.
    fn served(self: Arc<Self>, id: Id);
    /// The stream is not used any more.
    fn release(self: Arc<Self>, id: Id, fate: Fate);
}

/// A service that may send one request, and the stream it does it on.
pub(crate) struct Lease<S> {
    pub(crate) service: S,
    pub(crate) stream: Stream,
}

/// One of the streams that the server allows; dropping it gives it back. It does not keep the channel alive.
pub(crate) struct Stream {
    channel: Weak<dyn Streams>,
    id: Id,
    is_first: bool,
    /// How often the connection had read when this was taken.
    reads: u64,
    fate: Fate,
}

impl<S> Lease<S> {
    pub(super) fn new(channel: Weak<dyn Streams>, grant: Grant<S>) -> Self {
        let Grant {
            id,
            service,
            is_first,
            is_beside_others: _,
            reads,
        } = grant;
        let stream = Stream {
            channel,
            id,
            is_first,
            reads,
            fate: Fate::Nothing,
        };
        Self { service, stream }
    }
}

impl Stream {
    /// The connection that it is of.
    pub(super) fn connection(&self) -> Id {
        self.id
    }

    /// The request is sent.
    pub(crate) fn sent(&mut self) {
        self.fate = Fate::Unanswered {
            left: Instant::now(),
            reads: self.reads,
        };
    }

    /// It failed.
    pub(crate) fn failed(&mut self) {
        self.fate = Fate::Nothing;
    }

    /// The server refused it.
    pub(crate) fn refused(&mut self) {
        self.fate = Fate::Refused;
    }

    /// A response came.
    pub(crate) fn served(&mut self) {
        self.fate = Fate::Answered;
        if self.is_first
            && let Some(channel) = self.channel.upgrade()
        {
            channel.served(self.id);
        }
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        if let Some(channel) = self.channel.upgrade() {
            channel.release(self.id, self.fate);
        }
    }
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Stream").field(&self.id).finish()
    }
}

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
use crate::Error;

/// Where streams are given back.
pub(super) trait Streams: Send + Sync {
    /// A response came on the stream, the first of its connection.
    fn served(&self, id: Id);
    /// The stream is not used any more.
    fn release(&self, id: Id, fate: Fate);
    /// A request came back from its connection, for this reason.
    fn came_back(&self, id: Id, error: Error);
    /// Whether what came back is worth another connection.
    fn is_hopeful(&self) -> bool;
}

/// A service that may send one request, and the stream it does it on.
pub struct Lease<S> {
    /// A clone of the connection's; may have to become ready first.
    pub(crate) service: S,
    /// What is taken as long as the request is on its way.
    pub(crate) stream: Stream,
}

/// One of the streams that the server allows; dropping it gives it back. It does not keep the endpoint alive.
pub(crate) struct Stream {
    /// `None` once its response came.
    endpoint: Option<Weak<dyn Streams>>,
    /// The connection that it is a stream of.
    id: Id,
    /// Whether no response came on this connection yet.
    is_first: bool,
    /// Whether it is lent to the channel itself: then nothing is concluded from what becomes of it.
    is_own: bool,
    /// How often the connection had read when this was taken.
    reads: u64,
    /// What is told of it when it is given back.
    fate: Fate,
}

impl<S> Lease<S> {
    /// The lease of a stream that was taken; from now on it comes back by itself.
    pub(super) fn new(endpoint: Weak<dyn Streams>, grant: Grant<S>, is_own: bool) -> Self {
        let Grant {
            id,
            service,
            is_first,
            is_beside_others: _,
            reads,
        } = grant;
        let stream = Stream {
            endpoint: Some(endpoint),
            id,
            is_first: is_first && !is_own,
            is_own,
            reads,
            fate: Fate::Nothing,
        };
        Self { service, stream }
    }
}

impl Stream {
    /// The request is sent.
    ///
    /// If it is given back without an answer, that may speak against the connection: what was read meanwhile decides.
    pub(crate) fn sent(&mut self) {
        if !self.is_own {
            self.fate = Fate::Unanswered {
                left: Instant::now(),
                reads: self.reads,
            };
        }
    }

    /// It failed.
    ///
    /// Nothing is concluded from that.
    pub(crate) fn failed(&mut self) {
        self.fate = Fate::Nothing;
    }

    /// The server refused it.
    pub(crate) fn refused(&mut self) {
        if !self.is_own {
            self.fate = Fate::Refused;
        }
    }

    /// A response came: what would speak against the connection is of no use any more.
    pub(crate) fn served(mut self) -> Option<Served> {
        let (endpoint, id) = (self.endpoint.take()?, self.id);
        if self.is_first
            && let Some(endpoint) = endpoint.upgrade()
        {
            endpoint.served(id);
        }
        Some(Served { endpoint, id })
    }

    /// Where it is given back; `None` if that is gone, or a response came.
    fn endpoint(&self) -> Option<Arc<dyn Streams>> {
        self.endpoint.as_ref()?.upgrade()
    }

    /// The request came back: its connection is given to no later call. Tells whether another of them is worth it.
    pub(crate) fn come_back(self, error: Error) -> bool {
        let endpoint = self.endpoint();
        if let Some(endpoint) = &endpoint {
            endpoint.came_back(self.id, error);
        }
        // What the connection came to may depend on it.
        drop(self);
        endpoint.is_none_or(|endpoint| endpoint.is_hopeful())
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        if let Some(endpoint) = self.endpoint() {
            endpoint.release(self.id, self.fate);
        }
    }
}

/// A stream on which a response came; dropping it gives it back, too.
///
/// The body of the response has it, as long as the server may still send: no more than where to, and which.
pub(crate) struct Served {
    endpoint: Weak<dyn Streams>,
    id: Id,
}

impl Drop for Served {
    fn drop(&mut self) {
        if let Some(endpoint) = self.endpoint.upgrade() {
            endpoint.release(self.id, Fate::Answered);
        }
    }
}

impl<S> fmt::Debug for Lease<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lease")
            .field("stream", &self.stream)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Served {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Served").field(&self.id).finish()
    }
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Stream").field(&self.id).finish()
    }
}

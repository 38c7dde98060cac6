use std::{
    fmt,
    sync::{Arc, Weak},
};

use super::pool::Id;

/// Where streams are given back.
pub(super) trait Streams: Send + Sync {
    /// A response came on the stream, the first of its connection.
    fn served(self: Arc<Self>, id: Id);
    /// The stream is not used any more.
    fn release(self: Arc<Self>, id: Id);
}

/// A service that may send one request, and the stream it does it on.
pub(super) struct Lease<S> {
    pub(super) service: S,
    pub(super) stream: Stream,
}

/// One of the streams that the server allows; dropping it gives it back. It does not keep the channel alive.
pub(super) struct Stream {
    channel: Weak<dyn Streams>,
    id: Id,
    is_first: bool,
}

impl Stream {
    pub(super) fn new(channel: Weak<dyn Streams>, id: Id, is_first: bool) -> Self {
        Self {
            channel,
            id,
            is_first,
        }
    }

    /// The connection that it is of.
    pub(super) fn connection(&self) -> Id {
        self.id
    }

    /// A response came.
    pub(super) fn served(&self) {
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
            channel.release(self.id);
        }
    }
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Stream").field(&self.id).finish()
    }
}

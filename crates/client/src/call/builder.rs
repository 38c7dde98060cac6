//! A call that has not been sent.

use std::{fmt, marker::PhantomData, time::Duration};

use ziggurat_layers::context::Deadline;
use ziggurat_protocol::{InvalidMetadata, Metadata, compression::Pooled};

use super::Prepared;
#[cfg(doc)]
use crate::CallOptions;
use crate::{GrpcService, response::Decode};

/// A call that has not been sent, with [`One`] or [`Many`] answers.
///
/// It owns all it needs: it outlives its stub and can be spawned. One message is encoded when the method is called; a
/// failure of that is what the call ends with.
///
/// Awaiting a call with one answer gives the message. Awaiting a [`StreamingCall`] gives the stream of messages when
/// the request is under way, not when headers arrive: a server may read first. So what keeps the request from leaving
/// (no connection, an illegal path) is an error of the call, and what the server says is one of the stream.
///
/// # Cancel safety
///
/// Dropping the call's future, or its stream, ends the call; the server sees RST_STREAM with CANCEL (B-20).
#[must_use = "a call does nothing until it is awaited"]
pub struct Call<Resp, S, Answers = One> {
    pub(super) prepared: Prepared<S>,
    pub(super) decode: Decode<Resp>,
    answers: PhantomData<fn() -> Answers>,
}

/// A call with many answers that has not been sent.
pub type StreamingCall<Resp, S> = Call<Resp, S, Many>;

/// Marks calls with one answer.
#[derive(Debug)]
pub enum One {}

/// Marks calls with many answers.
#[derive(Debug)]
pub enum Many {}

impl<Resp, S: GrpcService, Answers> Call<Resp, S, Answers> {
    pub(crate) fn new(prepared: Prepared<S>, decode: Decode<Resp>) -> Self {
        Self {
            prepared,
            decode,
            answers: PhantomData,
        }
    }

    /// Ends the call with DEADLINE_EXCEEDED so long after its first poll: see [`CallOptions::timeout`].
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.prepared.limits.timeout = Some(timeout);
        self
    }

    /// Ends the call with DEADLINE_EXCEEDED at this instant: see [`CallOptions::deadline`].
    pub fn deadline(mut self, deadline: Deadline) -> Self {
        self.prepared.limits.deadline = Some(deadline);
        self
    }

    /// Waits for a connection, however many attempts it takes: see [`CallOptions::wait_for_ready`].
    pub fn wait_for_ready(mut self, wait: bool) -> Self {
        self.prepared.limits.wait_for_ready = Some(wait);
        self
    }

    /// Sends a text value along: see [`CallOptions::metadata`].
    ///
    /// # Errors
    ///
    /// Those of [`Metadata::append`].
    pub fn metadata(mut self, key: &str, value: &str) -> Result<Self, InvalidMetadata> {
        self.prepared.metadata.append(key, value)?;
        Ok(self)
    }

    /// Sends bytes along: see [`CallOptions::metadata_bin`].
    ///
    /// # Errors
    ///
    /// Those of [`Metadata::append_bin`].
    pub fn metadata_bin(
        mut self,
        key: &str,
        value: impl AsRef<[u8]>,
    ) -> Result<Self, InvalidMetadata> {
        self.prepared.metadata.append_bin(key, value)?;
        Ok(self)
    }

    /// Sends this metadata along; of received one what may be sent.
    ///
    /// # Errors
    ///
    /// There is more than a request can hold.
    pub fn metadata_from(mut self, metadata: &Metadata) -> Result<Self, InvalidMetadata> {
        self.prepared.metadata.extend_sendable(metadata)?;
        Ok(self)
    }

    /// Refuses longer answer messages: see [`CallOptions::max_receive_message_size`].
    pub fn max_receive_message_size(mut self, bytes: usize) -> Self {
        self.prepared.limits.max_receive = Some(bytes);
        self
    }

    /// Refuses more metadata: see [`CallOptions::max_metadata_size`].
    pub fn max_metadata_size(mut self, bytes: usize) -> Self {
        self.prepared.limits.max_metadata = Some(bytes);
        self
    }

    /// Refuses to send longer messages: see [`CallOptions::max_send_message_size`].
    pub fn max_send_message_size(mut self, bytes: usize) -> Self {
        self.prepared.limits.max_send = Some(bytes);
        self
    }

    /// Compresses request messages: see [`CallOptions::compress_with`].
    ///
    /// Working memory is this call's own unless a clone of a [`Pooled`] is given.
    pub fn compress_with(mut self, encoding: impl Into<Pooled>) -> Self {
        self.prepared.compression.compress_with(encoding.into());
        self
    }

    /// Compresses messages from this length on: see [`CallOptions::compress_from`].
    pub fn compress_from(mut self, bytes: usize) -> Self {
        self.prepared.compression.from = Some(bytes);
        self
    }

    /// Compresses no request message: see [`CallOptions::uncompressed`].
    pub fn uncompressed(mut self) -> Self {
        self.prepared.compression.leave_plain();
        self
    }

    /// Reads answers compressed with this encoding too: see [`CallOptions::accept_encoding`].
    pub fn accept_encoding(mut self, encoding: impl Into<Pooled>) -> Self {
        self.prepared.compression.accept(encoding.into());
        self
    }
}

impl<Resp, S, Answers> fmt::Debug for Call<Resp, S, Answers> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call").finish_non_exhaustive()
    }
}

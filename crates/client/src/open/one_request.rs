//! Opened calls with one message: `send` consumes the handle, so there is no second.

use ziggurat_protocol::Status;

use super::{
    Reply, ServerStreaming, Unary,
    opened::{Last, Packing},
};
use crate::Streaming;

impl<Req, Resp> Unary<Req, Resp> {
    /// Sends the message, which ends the request; gives the answer to wait for.
    ///
    /// Done when the request is under way.
    ///
    /// # Errors
    ///
    /// The status of the call if the request could not leave. RESOURCE_EXHAUSTED for a message over
    /// the send limit, INTERNAL for one that does not encode.
    ///
    /// # Cancel safety
    ///
    /// It has the handle: dropping it cancels the call.
    pub async fn send(mut self, message: Req) -> Result<Reply<Resp>, Status> {
        self.accept(message, Packing::AsSet, Last::Yes).await?;
        Ok(Reply::new(self.stream))
    }

    /// [`send`](Self::send) for a message that must not be compressed, such as one with a secret
    ///
    ///
    /// # Errors
    ///
    /// Those of [`send`](Self::send).
    pub async fn send_uncompressed(mut self, message: Req) -> Result<Reply<Resp>, Status> {
        self.accept(message, Packing::Plain, Last::Yes).await?;
        Ok(Reply::new(self.stream))
    }
}

impl<Req, Resp> ServerStreaming<Req, Resp> {
    /// Sends the message, which ends the request; gives the messages to wait for.
    ///
    /// Done when the request is under way; the server need not have answered.
    ///
    /// # Errors
    ///
    /// Those of a unary call's `send`: what kept the request from leaving. What the server says is
    /// an error of the stream.
    ///
    /// # Cancel safety
    ///
    /// It has the handle: dropping it cancels the call.
    pub async fn send(mut self, message: Req) -> Result<Streaming<Resp>, Status> {
        self.accept(message, Packing::AsSet, Last::Yes).await?;
        Ok(self.stream)
    }

    /// [`send`](Self::send) for a message that must not be compressed, such as one with a secret
    ///
    ///
    /// # Errors
    ///
    /// Those of [`send`](Self::send).
    pub async fn send_uncompressed(mut self, message: Req) -> Result<Streaming<Resp>, Status> {
        self.accept(message, Packing::Plain, Last::Yes).await?;
        Ok(self.stream)
    }
}

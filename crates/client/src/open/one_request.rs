//! Opened calls with one message.

use ziggurat_protocol::Status;

use super::{Reply, ServerStreaming, Unary, opened::Last};
use crate::Streaming;

impl<Req, Resp> Unary<Req, Resp> {
    /// Sends the message, which ends the request; gives the answer to wait for.
    ///
    /// # Errors
    ///
    /// The status of the call if the request could not leave.
    pub async fn send(mut self, message: Req) -> Result<Reply<Resp>, Status> {
        self.accept(&message, Last::Yes).await?;
        Ok(Reply::new(self.stream))
    }

    /// [`send`](Self::send) for a message that must not be compressed, such as one with a secret.
    ///
    /// # Errors
    ///
    /// Those of [`send`](Self::send).
    pub async fn send_uncompressed(mut self, message: Req) -> Result<Reply<Resp>, Status> {
        self.accept_plain(&message, Last::Yes).await?;
        Ok(Reply::new(self.stream))
    }
}

impl<Req, Resp> ServerStreaming<Req, Resp> {
    /// Sends the message, which ends the request; gives the messages to wait for.
    ///
    /// # Errors
    ///
    /// The status of the call if the request could not leave.
    pub async fn send(mut self, message: Req) -> Result<Streaming<Resp>, Status> {
        self.accept(&message, Last::Yes).await?;
        Ok(self.stream)
    }

    /// [`send`](Self::send) for a message that must not be compressed, such as one with a secret.
    ///
    /// # Errors
    ///
    /// Those of [`send`](Self::send).
    pub async fn send_uncompressed(mut self, message: Req) -> Result<Streaming<Resp>, Status> {
        self.accept_plain(&message, Last::Yes).await?;
        Ok(self.stream)
    }
}

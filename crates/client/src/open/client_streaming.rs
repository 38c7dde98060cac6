//! Opened calls with many messages and one answer.

use ziggurat_protocol::Status;

use super::{ClientStreaming, Reply, opened::Last};

impl<Req, Resp> ClientStreaming<Req, Resp> {
    /// Sends a message: it is accepted when this is done.
    ///
    /// # Errors
    ///
    /// The status of the call if it failed; CANCELLED with source [`Over`](super::Over) if the server answered first:
    /// [`end`](Self::end) then gives its answer.
    pub async fn send(&mut self, message: Req) -> Result<(), Status> {
        self.accept(&message, Last::No).await
    }

    /// [`send`](Self::send) for a message that must not be compressed, such as one with a secret.
    ///
    /// # Errors
    ///
    /// Those of [`send`](Self::send).
    pub async fn send_uncompressed(&mut self, message: Req) -> Result<(), Status> {
        self.accept_plain(&message, Last::No).await
    }

    /// Sends the last message with the end of the request; gives the answer to wait for.
    ///
    /// # Errors
    ///
    /// Those of [`send`](Self::send).
    pub async fn send_last(mut self, message: Req) -> Result<Reply<Resp>, Status> {
        self.accept(&message, Last::Yes).await?;
        Ok(Reply::new(self.stream))
    }

    /// Ends the request; gives the answer to wait for.
    ///
    /// # Errors
    ///
    /// The status of the call if the request could not leave.
    pub async fn end(mut self) -> Result<Reply<Resp>, Status> {
        self.half_close().await?;
        Ok(Reply::new(self.stream))
    }
}

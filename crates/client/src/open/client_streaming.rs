//! Opened calls with many messages and one answer: `send` until `send_last` or `end`.

use ziggurat_protocol::Status;

use super::{
    ClientStreaming, Reply,
    opened::{Last, Packing},
};

impl<Req, Resp> ClientStreaming<Req, Resp> {
    /// Sends a message: it is accepted when this is done.
    ///
    /// # Errors
    ///
    /// The status of the call if it failed; CANCELLED with source [`Over`](super::Over) if the
    /// server answered first: [`end`](Self::end) then gives its answer. RESOURCE_EXHAUSTED for a
    /// message over the send limit (A-58) and INTERNAL for one that does not encode (A-61); both
    /// end the call.
    ///
    /// # Cancel safety
    ///
    /// Dropped while it waits, it has not accepted the message, but for the first one: see the
    /// [module](super).
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/cafe.rs"));
    /// # fn main() { run(async {
    /// use ziggurat::{Client, Status};
    ///
    /// /// Sends until the server has heard enough, and gives its answer.
    /// async fn pour(client: Client<impl ziggurat::GrpcService>) -> Result<String, Status> {
    ///     let mut call = client.open().client_streaming(&UPLOAD);
    ///     for bean in ["one", "two", "three"] {
    ///         if call.send(bean.to_owned()).await.is_err() {
    ///             break; // the answer tells why
    ///         }
    ///     }
    ///     call.end().await?.await
    /// }
    /// assert_eq!(pour(Client::new(cafe())).await?, "3");
    /// # Ok(()) }) }
    /// ```
    pub async fn send(&mut self, message: Req) -> Result<(), Status> {
        self.accept(message, Packing::AsSet, Last::No).await
    }

    /// [`send`](Self::send) for a message that must not be compressed, such as one with a secret
    /// (A-53).
    ///
    /// # Errors
    ///
    /// Those of [`send`](Self::send).
    pub async fn send_uncompressed(&mut self, message: Req) -> Result<(), Status> {
        self.accept(message, Packing::Plain, Last::No).await
    }

    /// Sends the last message with the end of the request; gives the answer to wait for.
    ///
    /// Both ride on one frame (A-66).
    ///
    /// # Errors
    ///
    /// Those of [`send`](Self::send).
    ///
    /// # Cancel safety
    ///
    /// It has the handle: dropping it cancels the call.
    pub async fn send_last(mut self, message: Req) -> Result<Reply<Resp>, Status> {
        self.accept(message, Packing::AsSet, Last::Yes).await?;
        Ok(Reply::new(self.stream))
    }

    /// Ends the request; gives the answer to wait for.
    ///
    /// Without a message before it is a request of none, which is legal (A-65).
    ///
    /// # Errors
    ///
    /// The status of the call if the request could not leave.
    ///
    /// # Cancel safety
    ///
    /// It has the handle: dropping it cancels the call.
    pub async fn end(mut self) -> Result<Reply<Resp>, Status> {
        self.half_close().await?;
        Ok(Reply::new(self.stream))
    }
}

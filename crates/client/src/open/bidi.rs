//! Opened calls with many messages and many answers.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use futures_core::Stream;
use ziggurat_protocol::{Metadata, Status};

use super::{Bidi, Sender, opened::Last};
use crate::Streaming;

impl<Req, Resp> Bidi<Req, Resp> {
    /// Sends a message: it is accepted when this is done.
    ///
    /// # Errors
    ///
    /// The status of the call if it failed; CANCELLED with source [`Over`](super::Over) if the server ended it:
    /// [`recv`](Self::recv) tells how. INTERNAL with source [`Misuse`](super::Misuse) after the end of the request.
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

    /// Sends the last message with the end of the request.
    ///
    /// # Errors
    ///
    /// Those of [`send`](Self::send).
    pub async fn send_last(&mut self, message: Req) -> Result<(), Status> {
        self.accept(&message, Last::Yes).await
    }

    /// Ends the request; reading goes on.
    ///
    /// # Errors
    ///
    /// Those of [`send`](Self::send).
    pub async fn end(&mut self) -> Result<(), Status> {
        self.half_close().await
    }

    /// Waits for the next message; `None` says that the call ended with OK. Sends the request if it was not.
    ///
    /// # Errors
    ///
    /// The status of the call; it stays.
    pub async fn recv(&mut self) -> Result<Option<Resp>, Status> {
        self.stream.recv().await
    }

    /// [`recv`](Self::recv) for futures written by hand.
    pub fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Resp>, Status>> {
        self.stream.poll_recv(cx)
    }

    /// Ends the request if it was not, reads to the end, whatever comes, and gives the trailing metadata.
    ///
    /// # Errors
    ///
    /// The status of the call.
    pub async fn finish(self) -> Result<Metadata, Status> {
        self.feed.end();
        self.stream.finish().await
    }

    /// Sends the request if it was not, and gives the two halves, for two tasks.
    ///
    /// Dropping one before its end cancels the call, and the other sees that.
    ///
    /// # Errors
    ///
    /// The status of the call if the request could not leave.
    pub async fn split(mut self) -> Result<(Sender<Req>, Streaming<Resp>), Status> {
        self.send_request().await?;
        let deadline = self.stream.deadline();
        let sender = Sender::new(self.feed, self.encode, self.ended, deadline);
        Ok((sender, self.stream))
    }
}

impl<Req, Resp> Stream for Bidi<Req, Resp> {
    type Item = Result<Resp, Status>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Pin::new(&mut self.stream).poll_next(cx)
    }
}

//! Opened calls with many messages and many answers, on one task or, [split](Bidi::split), on two.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use futures_core::Stream;
use ziggurat_protocol::{Metadata, Status};

use super::{
    Bidi, Sender,
    opened::{Last, Packing},
};
use crate::Streaming;

impl<Req, Resp> Bidi<Req, Resp> {
    /// Sends a message: it is accepted when this is done.
    ///
    /// # Errors
    ///
    /// The status of the call if it failed; CANCELLED with source [`Over`](super::Over) if the
    /// server ended it: [`recv`](Self::recv) tells how. INTERNAL with source
    /// [`Misuse`](super::Misuse) after the end of the request; the call goes on. RESOURCE_EXHAUSTED
    /// for a message over the send limit (A-58) and INTERNAL for one that does not encode (A-61);
    /// both end the call.
    ///
    /// # Cancel safety
    ///
    /// Dropped while it waits, it has not accepted the message, but for the first one: see the
    /// [module](super).
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

    /// Sends the last message with the end of the request; reading goes on.
    ///
    /// Both ride on one frame (A-66).
    ///
    /// # Errors
    ///
    /// Those of [`send`](Self::send).
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/cafe.rs"));
    /// # fn main() { run(async {
    /// use ziggurat::{Client, open::Misuse};
    /// use std::error::Error;
    ///
    /// let mut call = Client::new(cafe()).open().bidi(&CHAT);
    /// call.send_last("bye".to_owned()).await?;
    ///
    /// let status = call.send("one more thing".to_owned()).await.unwrap_err();
    /// let misuse = status.cause().and_then(|source| source.downcast_ref::<Misuse>());
    /// assert_eq!(misuse, Some(&Misuse::SendAfterEnd));
    /// assert_eq!(call.recv().await?.as_deref(), Some("bye")); // the call goes on
    /// # Ok(()) }) }
    /// ```
    pub async fn send_last(&mut self, message: Req) -> Result<(), Status> {
        self.accept(message, Packing::AsSet, Last::Yes).await
    }

    /// Ends the request; reading goes on.
    ///
    /// # Errors
    ///
    /// The status of the call if the request could not leave. INTERNAL with source
    /// [`Misuse`](super::Misuse) if it was ended before; the call goes on.
    pub async fn end(&mut self) -> Result<(), Status> {
        self.half_close().await
    }

    /// Waits for the next message; `None` says that the call ended with OK. Sends the request if it
    /// was not.
    ///
    /// # Errors
    ///
    /// The status of the call; it stays (A-148).
    ///
    /// # Cancel safety
    ///
    /// Dropped before it is ready, it has taken no message: it fits into a `select!`.
    pub async fn recv(&mut self) -> Result<Option<Resp>, Status> {
        self.stream.recv().await
    }

    /// [`recv`](Self::recv) for futures written by hand.
    pub fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Resp>, Status>> {
        self.stream.poll_recv(cx)
    }

    /// The metadata that came with the status, once [`recv`](Self::recv) gave `None`.
    ///
    /// Of a failed call it stands in the [`Status`]. Who has not read to the end may [`finish`](Self::finish) instead.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/cafe.rs"));
    /// # fn main() { run(async {
    /// use ziggurat::Client;
    ///
    /// let mut call = Client::new(cafe()).open().bidi(&CHAT);
    /// call.send_last("bye".to_owned()).await?;
    /// while let Some(line) = call.recv().await? {
    ///     assert!(call.trailing_metadata().is_none(), "{line} is not the end");
    /// }
    /// assert!(call.trailing_metadata().is_some());
    /// # Ok(()) }) }
    /// ```
    pub fn trailing_metadata(&self) -> Option<&Metadata> {
        self.stream.trailing_metadata()
    }

    /// Reads to the end, whatever comes, and gives the trailing metadata.
    ///
    /// It ends the request first, if it was not. Answers are thrown away undecoded.
    ///
    /// # Errors
    ///
    /// The status of the call.
    ///
    /// # Cancel safety
    ///
    /// It has the handle: dropping it before it is ready cancels the call.
    pub async fn finish(mut self) -> Result<Metadata, Status> {
        self.in_time().await?;
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
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/cafe.rs"));
    /// # fn main() { run(async {
    /// use ziggurat::Client;
    ///
    /// let (mut sender, mut answers) = Client::new(cafe()).open().bidi(&CHAT).split().await?;
    /// let sending = tokio::spawn(async move {
    ///     sender.send("hello".to_owned()).await?;
    ///     sender.send_last("bye".to_owned()).await
    /// });
    /// assert_eq!(answers.recv().await?.as_deref(), Some("hello"));
    /// assert_eq!(answers.recv().await?.as_deref(), Some("bye"));
    /// assert_eq!(answers.recv().await?, None);
    /// sending.await??;
    /// # Ok(()) }) }
    /// ```
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

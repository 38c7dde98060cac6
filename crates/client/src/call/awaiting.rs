//! A call when it is made: awaited as it is, or for more than its message.
//!
//! With its first poll a call gives up its settings for the future of its answer, in the same place; `send` and
//! `collect` do so before. What it becomes is in `state`, `one` and `many`, which know nothing of settings.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};

use ziggurat_protocol::Status;

use super::{Call, Collect, ResponseFuture, StartFuture, Streaming, StreamingCall};
use crate::{GrpcService, response::decode_whole};

impl<Resp, S: GrpcService> Call<Resp, S> {
    /// Sends the call; gives the message with both metadata and the peer.
    ///
    /// The future is `'static`: it can be spawned, or kept in a set of calls. It is ready when the
    /// call has ended, trailers included, so what it gives is known to be the one answer (A-126).
    ///
    /// # Errors
    ///
    /// The status of the call. UNIMPLEMENTED if the server answers OK without a message, or with
    /// several (A-125).
    ///
    /// # Cancel safety
    ///
    /// Dropping the future cancels the call (B-20).
    ///
    /// # Example
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/cafe.rs"));
    /// # fn main() { run(async {
    /// use ziggurat::Client;
    ///
    /// let client = Client::new(cafe());
    /// let (latte, mocha) = tokio::try_join!(
    ///     client.unary(&MAKE, "latte".to_owned()).send(),
    ///     client.unary(&MAKE, "mocha".to_owned()).send(),
    /// )?;
    /// assert_eq!((latte.message(), mocha.message()), (&"latte".to_owned(), &"mocha".to_owned()));
    /// # Ok(()) }) }
    /// ```
    pub fn send(self) -> ResponseFuture<Resp, S> {
        let (prepared, decode) = self.into_parts();
        ResponseFuture::new(prepared, decode)
    }
}

/// Gives the message, once the call has ended with OK; [`Call::send`] gives what came beside it too.
///
/// A reference to it can be awaited once it is pinned, as by `std::pin::pin!`: in a `select!` nothing is lost.
impl<Resp, S: GrpcService> Future for Call<Resp, S> {
    type Output = Result<Resp, Status>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let message = ready!(this.state.as_mut().poll_answer(cx))?;
        let read = decode_whole(message, *this.decode);
        Poll::Ready(read.map_err(|status| this.state.fail(status)))
    }
}

impl<Resp, S: GrpcService> StreamingCall<Resp, S> {
    /// Sends the call and gives all messages, once it has ended with OK.
    ///
    /// All are kept in memory: each is within the receive limit, but their number has none.
    ///
    /// # Errors
    ///
    /// The status of the call; messages that came before it are lost.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/cafe.rs"));
    /// # fn main() { run(async {
    /// use ziggurat::Client;
    ///
    /// let client = Client::new(cafe());
    /// let lines = ["hello", "bye"].map(String::from);
    /// assert_eq!(client.bidi(&CHAT, lines).collect().await?, ["hello", "bye"]);
    /// # Ok(()) }) }
    /// ```
    pub fn collect(self) -> Collect<Resp> {
        let (prepared, decode) = self.into_parts();
        Collect::new(prepared, decode)
    }

    /// The call without its service.
    pub(crate) fn start(self) -> StartFuture<Resp> {
        let (prepared, decode) = self.into_parts();
        StartFuture::new(prepared, decode)
    }
}

/// Gives the stream of messages, once the request is under way.
impl<Resp, S: GrpcService> Future for StreamingCall<Resp, S> {
    type Output = Result<Streaming<Resp>, Status>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let answer = ready!(this.state.poll_start(cx))?;
        Poll::Ready(Ok(Streaming::new(answer, *this.decode)))
    }
}

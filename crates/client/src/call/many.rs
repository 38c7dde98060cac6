//! Calls with many answers.

use std::{
    fmt,
    future::{Future, IntoFuture},
    pin::Pin,
    task::{Context, Poll, ready},
};

use ziggurat_protocol::Status;

use super::{Answering, Streaming, StreamingCall};
use crate::GrpcService;

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
        Collect {
            stream: self.start(),
            messages: Vec::new(),
        }
    }

    fn start(self) -> Streaming<Resp> {
        Streaming::new(Box::pin(self.prepared.watched_exchange()), self.decode)
    }
}

impl<Resp, S: GrpcService> IntoFuture for StreamingCall<Resp, S> {
    type Output = Result<Streaming<Resp>, Status>;
    type IntoFuture = StartFuture<Resp>;

    fn into_future(self) -> StartFuture<Resp> {
        StartFuture {
            stream: Some(self.start()),
        }
    }
}

/// Gives the stream of a call once its request is under way; awaiting a [`StreamingCall`] makes it.
///
/// Under way means: a connection has begun to take the request, or the answer is there first.
/// Dropping it cancels the call.
#[must_use = "futures do nothing until they are awaited"]
pub struct StartFuture<Resp> {
    stream: Option<Streaming<Resp>>,
}

impl<Resp> Future for StartFuture<Resp> {
    type Output = Result<Streaming<Resp>, Status>;

    /// # Panics
    ///
    /// Polled again after it was ready.
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let stream = self.stream.as_mut().expect("polled after it was ready");
        ready!(stream.answering().poll_started(cx))?;
        Poll::Ready(Ok(self.stream.take().expect("it was there a line ago")))
    }
}

impl<Resp> fmt::Debug for StartFuture<Resp> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StartFuture").finish_non_exhaustive()
    }
}

/// Gives all messages of a call; [`StreamingCall::collect`] makes it.
///
/// Dropping it cancels the call.
#[must_use = "futures do nothing until they are awaited"]
pub struct Collect<Resp> {
    stream: Streaming<Resp>,
    messages: Vec<Resp>,
}

impl<Resp> Unpin for Collect<Resp> {}

impl<Resp> Future for Collect<Resp> {
    type Output = Result<Vec<Resp>, Status>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        while let Some(message) = ready!(self.stream.poll_recv(cx))? {
            self.messages.push(message);
        }
        Poll::Ready(Ok(std::mem::take(&mut self.messages)))
    }
}

impl<Resp> fmt::Debug for Collect<Resp> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let messages = self.messages.len();
        f.debug_struct("Collect")
            .field("messages", &messages)
            .finish_non_exhaustive()
    }
}

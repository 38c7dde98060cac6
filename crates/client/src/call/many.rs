//! The futures of calls with many answers.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};

use ziggurat_protocol::Status;

use super::{Answering, Prepared, Streaming};
use crate::{GrpcService, response::Decode};

fn stream<S: GrpcService, Resp>(prepared: Prepared<S>, decode: Decode<Resp>) -> Streaming<Resp> {
    Streaming::new(Box::pin(prepared.watched_exchange()), decode)
}

/// Gives the stream of a call once its request is under way; that of a [`BoundMethod`](crate::BoundMethod).
///
/// Under way means: a connection has begun to take the request, or the answer is there first.
/// Dropping it cancels the call.
#[must_use = "futures do nothing until they are awaited"]
pub struct StartFuture<Resp> {
    stream: Option<Streaming<Resp>>,
}

impl<Resp> StartFuture<Resp> {
    pub(super) fn new<S: GrpcService>(prepared: Prepared<S>, decode: Decode<Resp>) -> Self {
        Self {
            stream: Some(stream(prepared, decode)),
        }
    }
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

/// Gives all messages of a call; [`StreamingCall::collect`](crate::StreamingCall::collect) makes it.
///
/// Dropping it cancels the call.
#[must_use = "futures do nothing until they are awaited"]
pub struct Collect<Resp> {
    stream: Streaming<Resp>,
    messages: Vec<Resp>,
}

impl<Resp> Unpin for Collect<Resp> {}

impl<Resp> Collect<Resp> {
    pub(super) fn new<S: GrpcService>(prepared: Prepared<S>, decode: Decode<Resp>) -> Self {
        Self {
            stream: stream(prepared, decode),
            messages: Vec::new(),
        }
    }
}

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

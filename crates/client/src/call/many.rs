//! The futures of calls with many answers.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};

use ziggurat_protocol::Status;

use super::{BoxAnswer, Prepared, Streaming};
use crate::{GrpcService, response::Decode};

/// A call with many answers, until its request is under way.
pub(super) struct Start(Option<BoxAnswer>);

impl Start {
    pub(super) fn new<S: GrpcService>(prepared: Prepared<S>) -> Self {
        Self(Some(prepared.begin_watched()))
    }

    /// Gives who reads the answers.
    ///
    /// # Panics
    ///
    /// Polled again after it was ready.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<BoxAnswer, Status>> {
        let answer = self.0.as_mut().expect("polled after it was ready");
        ready!(answer.as_mut().poll_started(cx))?;
        Poll::Ready(Ok(self.0.take().expect("it was there a line ago")))
    }
}

/// Gives the stream of a call once its request is under way; that of a [`BoundMethod`](crate::BoundMethod).
///
/// Under way means: a connection has begun to take the request, or the answer is there first.
/// Dropping it cancels the call.
#[must_use = "futures do nothing until they are awaited"]
pub struct StartFuture<Resp> {
    start: Start,
    decode: Decode<Resp>,
}

impl<Resp> StartFuture<Resp> {
    pub(super) fn new<S: GrpcService>(prepared: Prepared<S>, decode: Decode<Resp>) -> Self {
        Self {
            start: Start::new(prepared),
            decode,
        }
    }
}

impl<Resp> Future for StartFuture<Resp> {
    type Output = Result<Streaming<Resp>, Status>;

    /// # Panics
    ///
    /// Polled again after it was ready.
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let answer = ready!(self.start.poll(cx))?;
        Poll::Ready(Ok(Streaming::new(answer, self.decode)))
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
            stream: Streaming::new(prepared.begin_watched(), decode),
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

//! The tail of calls with one answer: exactly one message, then OK.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use pin_project_lite::pin_project;
use ziggurat_protocol::{Code, Status};

use super::answering::Answering;
use crate::{
    Response,
    response::{Beside, Decode, Opening},
};

/// What a wrong number of answer messages ends a call with (A-125, M-1).
const CARDINALITY: Code = Code::Unimplemented;

pin_project! {
    /// Gives the one message; what came beside it stays until it is taken. Knows no message type:
    /// it is compiled once per service.
    pub(crate) struct Answer<A> {
        #[pin]
        answering: A,
        message: Option<Bytes>,
    }
}

impl<A: Answering> Answer<A> {
    pub(crate) fn new(answering: A) -> Self {
        Self {
            answering,
            message: None,
        }
    }

    pub(crate) fn answering(self: Pin<&mut Self>) -> Pin<&mut A> {
        self.project().answering
    }

    /// The message with what came beside it.
    pub(crate) fn poll_response<T>(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        decode: Decode<T>,
    ) -> Poll<Result<Response<T>, Status>> {
        let message = ready!(self.as_mut().poll(cx))?;
        let beside = self.answering().take_beside();
        Poll::Ready(Response::decode(message, beside, decode))
    }

    /// The status of a call whose message cannot be read, with what came beside it.
    pub(crate) fn fail(self: Pin<&mut Self>, status: Status) -> Status {
        self.answering().take_beside().fail(status)
    }

    pub(crate) fn opening(&self) -> &Opening {
        self.answering.opening()
    }
}

impl<A: Answering> Future for Answer<A> {
    type Output = Result<Bytes, Status>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        loop {
            let Some(message) = ready!(this.answering.as_mut().poll_message(cx)) else {
                let message = this.message.take();
                return Poll::Ready(message.ok_or_else(|| none(this.answering.take_beside())));
            };
            if this.message.replace(message?).is_some() {
                let status = Status::local(
                    CARDINALITY,
                    "the server answered with more than one message",
                );
                return Poll::Ready(Err(this.answering.fail(status)));
            }
        }
    }
}

fn none(beside: Beside) -> Status {
    let status = Status::local(CARDINALITY, "the server answered OK without a message");
    beside.fail(status)
}

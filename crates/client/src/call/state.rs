//! A call from its first setting to its answer, but for the type of its messages.
//!
//! What is here is compiled once for each service. What is compiled for each method of a stub, in [`builder`](super::builder)
//! and [`awaiting`](super::awaiting), is no more than who decodes, and when.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::Request;
use pin_project_lite::pin_project;
use tower_service::Service;
use ziggurat_layers::deadline;
use ziggurat_protocol::{Body, Status};

use super::{Answer, BoxAnswer, Exchange, Prepared, many::Start};
use crate::GrpcService;

pin_project! {
    /// Where a call over a service stands; `F` and `B` follow from that.
    #[project = StateProj]
    #[project_replace = Taken]
    pub(super) enum State<S: GrpcService, F, B> {
        // The settings are being made.
        Prepared { prepared: Prepared<S> },
        // The one answer is awaited.
        Answer { #[pin] answer: AnswerOf<S, F, B> },
        // It is awaited that a call with many answers is under way.
        Start { start: Start },
        Over,
    }
}

/// The one answer of a call over a service, read in its place.
pub(super) type AnswerOf<
    S,
    F = <S as Service<Request<Body>>>::Future,
    B = <S as GrpcService>::ResponseBody,
> = Answer<Exchange<deadline::ResponseFuture<S, F, Body>, B>>;

impl<S: GrpcService> State<S, S::Future, S::ResponseBody> {
    /// ## Prepared → Answer: the call begins with its first poll
    ///
    /// The place is there first, and what waits for the answer is made in it.
    pub(super) fn answer(mut self: Pin<&mut Self>) -> Pin<&mut AnswerOf<S>> {
        if let Some(prepared) = self.as_mut().take_prepared() {
            let answer = Answer::new(Exchange::idle());
            self.set(Self::Answer { answer });
            if let StateProj::Answer { answer } = self.as_mut().project() {
                prepared.begin(answer.answering());
            }
        }
        let StateProj::Answer { answer } = self.project() else {
            panic!("polled after it was ready");
        };
        answer
    }

    /// Gives the one answer, not decoded.
    pub(super) fn poll_answer(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Bytes, Status>> {
        self.answer().poll(cx)
    }

    /// What a call comes to whose answer does not decode.
    pub(super) fn fail(self: Pin<&mut Self>, status: Status) -> Status {
        match self.project() {
            StateProj::Answer { answer } => answer.fail(status),
            _ => status,
        }
    }

    /// ## Prepared → Start: the call begins with its first poll
    ///
    /// Gives who reads the answers, once the request is under way.
    pub(super) fn poll_start(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<BoxAnswer, Status>> {
        if let Some(prepared) = self.as_mut().take_prepared() {
            let start = Start::new(prepared);
            self.set(Self::Start { start });
        }
        let StateProj::Start { start } = self.project() else {
            panic!("polled after it was ready");
        };
        start.poll(cx)
    }

    /// The settings, as long as they are here.
    fn take_prepared(mut self: Pin<&mut Self>) -> Option<Prepared<S>> {
        if let StateProj::Prepared { .. } = self.as_mut().project()
            && let Taken::Prepared { prepared } = self.project_replace(Self::Over)
        {
            return Some(prepared);
        }
        None
    }
}

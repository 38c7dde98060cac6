//! The service below a floor that is alone: everything it does is left out of the counts.

use std::{
    convert::Infallible,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response};
use http_body::{Body, Frame};

use crate::{Meter, server::MESSAGE};

/// Answers each request with one message and OK, and lets every step be waited for once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mock(pub(crate) Meter);

impl<B> tower_service::Service<Request<B>> for Mock {
    type Response = Response<MockBody>;
    type Error = Infallible;
    type Future = Answer;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Answer {
        let Self(meter) = *self;
        meter.skip(|| drop(request));
        Answer {
            meter,
            waited: false,
        }
    }
}

#[derive(Debug)]
pub(crate) struct Answer {
    meter: Meter,
    waited: bool,
}

impl Future for Answer {
    type Output = Result<Response<MockBody>, Infallible>;

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        if !self.waited {
            self.waited = true;
            return Poll::Pending;
        }
        let meter = self.meter;
        Poll::Ready(Ok(meter.skip(|| {
            let mut answer = Response::new(MockBody {
                meter,
                step: Step::Wait,
            });
            let grpc = HeaderValue::from_static("application/grpc");
            answer.headers_mut().insert("content-type", grpc);
            answer
        })))
    }
}

#[derive(Debug)]
pub(crate) struct MockBody {
    meter: Meter,
    step: Step,
}

/// What the body does next.
#[derive(Clone, Copy, Debug)]
enum Step {
    Wait,
    Message,
    Trailers,
    End,
}

impl Body for MockBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let (frame, next) = match self.step {
            Step::Wait => {
                self.step = Step::Message;
                return Poll::Pending;
            }
            Step::Message => (Frame::data(Bytes::from_static(MESSAGE)), Step::Trailers),
            Step::Trailers => (Frame::trailers(self.meter.skip(trailers)), Step::End),
            Step::End => return Poll::Ready(None),
        };
        self.step = next;
        Poll::Ready(Some(Ok(frame)))
    }

    fn is_end_stream(&self) -> bool {
        matches!(self.step, Step::End)
    }
}

fn trailers() -> HeaderMap {
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", HeaderValue::from_static("0"));
    trailers
}

//! Bodies for tests: what they give is written down beforehand.

use std::{
    collections::VecDeque,
    pin::Pin,
    sync::{Arc, Weak},
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Response};
use http_body::{Body, Frame, SizeHint};
use tokio_test::task;
use ziggurat_protocol::BoxError;

/// What a body gives at one poll. After the last it waits for ever.
#[derive(Debug)]
pub(crate) enum Step {
    Data(&'static str),
    Trailers(&'static [(&'static str, &'static str)]),
    Error(BoxError),
    /// `None`, known beforehand: `is_end_stream` says so.
    End,
    /// `None`, a surprise, as a reset that hyper hides (L-1).
    Cut,
}

/// Gives its steps one by one.
#[derive(Debug)]
pub(crate) struct Scripted {
    steps: VecDeque<Step>,
    alive: Arc<()>,
}

impl Scripted {
    pub(crate) fn new(steps: impl IntoIterator<Item = Step>) -> Self {
        let steps = steps.into_iter().collect();
        let alive = Arc::default();
        Self { steps, alive }
    }

    /// Gone once the body is dropped.
    pub(crate) fn watch(&self) -> Weak<()> {
        Arc::downgrade(&self.alive)
    }
}

impl Body for Scripted {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let Some(step) = self.steps.pop_front() else {
            return Poll::Pending;
        };
        Poll::Ready(match step {
            Step::Data(text) => Some(Ok(Frame::data(text.into()))),
            Step::Trailers(pairs) => Some(Ok(Frame::trailers(map(pairs)))),
            Step::Error(error) => Some(Err(error)),
            Step::End | Step::Cut => None,
        })
    }

    fn is_end_stream(&self) -> bool {
        matches!(self.steps.front(), Some(Step::End))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(7)
    }
}

/// A gRPC answer with these headers besides, and a body of these steps.
pub(crate) fn answer(
    pairs: &[(&'static str, &'static str)],
    steps: impl IntoIterator<Item = Step>,
) -> Response<Scripted> {
    let mut response = Response::new(Scripted::new(steps));
    *response.headers_mut() = map(pairs);
    let grpc = HeaderValue::from_static("application/grpc");
    response.headers_mut().insert("content-type", grpc);
    response
}

pub(crate) fn map(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
    let pair = |&(name, value)| {
        let name = HeaderName::from_static(name);
        (name, HeaderValue::from_static(value))
    };
    pairs.iter().map(pair).collect()
}

/// Polls a body by hand, and says what came in words that tests compare.
pub(crate) struct Reader<B>(task::Spawn<B>);

/// What a poll of a body gave.
#[derive(Debug)]
pub(crate) enum Read {
    Pending,
    Data(String),
    Trailers(HeaderMap),
    Error(BoxError),
    End,
}

impl<B> Reader<B>
where
    B: Body<Data = Bytes, Error = BoxError> + Unpin,
{
    pub(crate) fn new(body: B) -> Self {
        Self(task::spawn(body))
    }

    pub(crate) fn read(&mut self) -> Read {
        match self.0.enter(|cx, body| body.poll_frame(cx)) {
            Poll::Pending => Read::Pending,
            Poll::Ready(None) => Read::End,
            Poll::Ready(Some(Err(error))) => Read::Error(error),
            Poll::Ready(Some(Ok(frame))) => match frame.into_data() {
                Ok(data) => Read::Data(String::from_utf8(data.into()).unwrap()),
                Err(frame) => Read::Trailers(frame.into_trailers().unwrap()),
            },
        }
    }

    pub(crate) fn data(&mut self) -> String {
        match self.read() {
            Read::Data(text) => text,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn trailers(&mut self) -> HeaderMap {
        match self.read() {
            Read::Trailers(trailers) => trailers,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn error<E: std::error::Error + 'static>(&mut self) -> E {
        match self.read() {
            Read::Error(error) => *error.downcast().unwrap(),
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn is_pending(&mut self) -> bool {
        matches!(self.read(), Read::Pending)
    }

    /// Whether a poll gives `None`.
    pub(crate) fn is_over(&mut self) -> bool {
        matches!(self.read(), Read::End)
    }

    pub(crate) fn is_woken(&self) -> bool {
        self.0.is_woken()
    }

    pub(crate) fn is_end_stream(&self) -> bool {
        self.0.is_end_stream()
    }

    pub(crate) fn size(&self) -> Option<u64> {
        self.0.size_hint().exact()
    }
}

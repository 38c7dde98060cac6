use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use http::{HeaderMap, StatusCode};
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use ziggurat_protocol::{BoxError, Status, response};

use super::classify;
use crate::ending::Ending;

pin_project! {
    /// Passes an answer through and sees to it that it ends in trailers with a status.
    ///
    /// It gives no error before its end: the inner body's becomes trailers, then `None`, and the error itself comes with
    /// the poll after that, once. Where there was no error, but trailers had to be made or mended, that poll gives the
    /// [`Status`]. By default it is at its end, as that of a Trailers-Only answer.
    #[derive(Debug)]
    pub struct ResponseBody<B> {
        #[pin]
        state: State<B>,
    }
}

pin_project! {
    #[project = Projection]
    #[derive(Debug)]
    enum State<B> {
        Open { #[pin] body: B, http: StatusCode },
        // The trailers have been given. What the inner body would say after them is of no account.
        Ended { ending: Ending },
    }
}

impl<B> ResponseBody<B> {
    /// Of an answer with this HTTP status, which tells what missing trailers mean.
    pub(super) fn new(body: B, http: StatusCode) -> Self {
        Self {
            state: State::Open { body, http },
        }
    }
}

impl<B> Default for ResponseBody<B> {
    fn default() -> Self {
        let ending = Ending::Over;
        Self {
            state: State::Ended { ending },
        }
    }
}

impl<B> Body for ResponseBody<B>
where
    B: Body,
    B::Error: Into<BoxError>,
{
    type Data = B::Data;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, BoxError>>> {
        let mut state = self.project().state;
        let (trailers, ending) = match state.as_mut().project() {
            Projection::Open { body, http } => match ready!(body.poll_frame(cx)) {
                Some(Ok(frame)) => match frame.into_trailers() {
                    Ok(trailers) => received(*http, trailers),
                    Err(frame) => return Poll::Ready(Some(Ok(frame))),
                },
                Some(Err(error)) => failed(error.into()),
                None => made(response::missing_trailers(*http)),
            },
            Projection::Ended { ending } => return Poll::Ready(ending.next()),
        };
        // ## Open → Ended: the trailers are there
        state.set(State::Ended { ending });
        Poll::Ready(Some(Ok(Frame::trailers(trailers))))
    }

    /// An open body never is: its trailers are still to come, be they made here.
    fn is_end_stream(&self) -> bool {
        matches!(self.state, State::Ended { .. })
    }

    fn size_hint(&self) -> SizeHint {
        match &self.state {
            State::Open { body, .. } => body.size_hint(),
            State::Ended { .. } => SizeHint::with_exact(0),
        }
    }
}

/// Makes trailers well-formed; gives the status that now stands for what could not be read.
///
/// In a Trailers-Only answer they are the headers.
pub(super) fn mend(http: StatusCode, trailers: &mut HeaderMap) -> Option<Status> {
    if response::has_status(trailers) {
        return None;
    }
    let status = response::trailers(http, trailers).err()?;
    trailers.remove(response::GRPC_STATUS);
    trailers.remove(response::GRPC_MESSAGE);
    trailers.remove(response::GRPC_STATUS_DETAILS);
    response::write(&status, trailers);
    Some(status)
}

/// Trailers came; they are passed on, mended if they must be.
fn received(http: StatusCode, mut trailers: HeaderMap) -> (HeaderMap, Ending) {
    let ending = match mend(http, &mut trailers) {
        Some(status) => Ending::Trailers(status.into()),
        None => Ending::Over,
    };
    (trailers, ending)
}

/// An error came instead.
fn failed(error: BoxError) -> (HeaderMap, Ending) {
    Ending::of(&classify(&*error), error)
}

/// Nothing came.
fn made(status: Status) -> (HeaderMap, Ending) {
    Ending::of(&status.clone(), status.into())
}

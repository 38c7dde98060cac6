use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use ziggurat_protocol::BoxError;

use super::{
    Elapsed,
    clock::{Clock, Now},
};
use crate::{context::Deadline, ending::Ending};

pin_project! {
    /// Passes an answer through until the deadline.
    ///
    /// At the deadline it drops the inner body and ends with the trailers of DEADLINE_EXCEEDED, then `None`; the poll
    /// after that gives the [`Status`](ziggurat_protocol::Status), once: its cause is [`Elapsed::Message`]. Errors of the inner body pass as they are. By default it is at its
    /// end, as that of a Trailers-Only answer.
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
        // The clock is stopped once the answer has ended: nothing can be late any more.
        Open { #[pin] body: B, clock: Clock },
        // The deadline passed; the trailers have been given.
        Ended { ending: Ending },
    }
}

impl<B> ResponseBody<B> {
    /// Of an answer whose headers came in time; the clock goes on where the future left it.
    pub(super) fn new(body: B, clock: Clock) -> Self {
        Self {
            state: State::Open { body, clock },
        }
    }
}

impl<B> ResponseBody<B> {
    /// The deadline that ends this body; `None` if there is none, or the answer has ended.
    pub fn deadline(&self) -> Option<Deadline> {
        match &self.state {
            State::Open { clock, .. } => clock.deadline(),
            State::Ended { .. } => None,
        }
    }

    /// The inner body; `None` once the deadline has passed, and for a Trailers-Only answer that was made here.
    pub fn get_ref(&self) -> Option<&B> {
        match &self.state {
            State::Open { body, .. } => Some(body),
            State::Ended { .. } => None,
        }
    }

    /// Waits for the deadline without reading: what is polled next ends the answer.
    ///
    /// For who waits for something else of the same call, such as room to send.
    pub fn poll_elapsed(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        match self.project().state.project() {
            Projection::Open { clock, .. } => {
                let mut now = Now::default();
                let waited = clock.guard(&mut now, Elapsed::Message, cx, |_| Poll::<()>::Pending);
                waited.map(drop)
            }
            Projection::Ended { .. } => Poll::Pending,
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
        let status = match state.as_mut().project() {
            Projection::Open { body, clock } => {
                if body.is_end_stream() {
                    clock.stop();
                }
                let mut now = Now::default();
                let read = clock.guard(&mut now, Elapsed::Message, cx, |cx| body.poll_frame(cx));
                match ready!(read) {
                    Ok(frame) => {
                        if !matches!(&frame, Some(Ok(frame)) if frame.is_data()) {
                            clock.stop();
                        }
                        return Poll::Ready(frame.map(|frame| frame.map_err(Into::into)));
                    }
                    Err(elapsed) => clock.elapsed(elapsed),
                }
            }
            Projection::Ended { ending } => return Poll::Ready(ending.next()),
        };
        // ## Open → Ended: the inner body goes at once, which resets the stream
        let (trailers, ending) = Ending::of(&status.clone(), status.into());
        state.set(State::Ended { ending });
        Poll::Ready(Some(Ok(Frame::trailers(trailers))))
    }

    /// An open body is, if the inner one is: nothing can be late then.
    fn is_end_stream(&self) -> bool {
        match &self.state {
            State::Open { body, .. } => body.is_end_stream(),
            State::Ended { .. } => true,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.state {
            State::Open { body, .. } => body.size_hint(),
            State::Ended { .. } => SizeHint::with_exact(0),
        }
    }
}

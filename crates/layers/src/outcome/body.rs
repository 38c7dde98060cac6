use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use http::StatusCode;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use ziggurat_protocol::{BoxError, response};

use super::{End, report::Report};

pin_project! {
    /// Passes an answer through and reports its end.
    ///
    /// The end is the trailers, an error, `None`, or a last frame after which the body says that it is at its end.
    #[derive(Debug)]
    pub struct Observed<B, F: FnOnce(End<'_>)> {
        #[pin]
        body: B,
        http: StatusCode,
        report: Report<F>,
    }
}

impl<B, F: FnOnce(End<'_>)> Observed<B, F> {
    /// Of an answer with this HTTP status, which tells what missing trailers mean.
    pub(super) fn new(body: B, http: StatusCode, report: Report<F>) -> Self {
        Self { body, http, report }
    }
}

impl<B, F> Body for Observed<B, F>
where
    B: Body,
    B::Error: Into<BoxError>,
    F: FnOnce(End<'_>),
{
    type Data = B::Data;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, BoxError>>> {
        let mut this = self.project();
        let frame = ready!(this.body.as_mut().poll_frame(cx));
        let frame = frame.map(|frame| frame.map_err(Into::into));
        let missing = || End::Finished(Err(response::missing_trailers(*this.http)));
        match &frame {
            None => this.report.end(missing()),
            Some(Err(error)) => this.report.end(End::Failed(&**error)),
            Some(Ok(frame)) => match frame.trailers_ref() {
                Some(trailers) => {
                    let result = response::trailers(*this.http, trailers);
                    this.report.end(End::Finished(result));
                }
                None if this.body.is_end_stream() => this.report.end(missing()),
                None => {}
            },
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

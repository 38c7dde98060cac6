use std::{
    convert::Infallible,
    fmt, mem,
    pin::Pin,
    task::{Context, Poll, ready},
};

use http::{HeaderValue, Response, StatusCode, header::CONTENT_TYPE};
use http_body::Body;
use pin_project_lite::pin_project;
use ziggurat_protocol::{
    BoxError, Status,
    response::{self, Head},
};
use ziggurat_text::{TEXT, foreign};

use super::{ResponseBody, body::mend, excerpt::excerpt, from_error};

pin_project! {
    /// Waits for the inner answer and makes it a gRPC answer.
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<F> {
        #[pin]
        state: State<F>,
    }
}

pin_project! {
    #[project = Projection]
    enum State<F> {
        Failed { error: Option<BoxError> },
        Sent { #[pin] future: F },
    }
}

impl<F> ResponseFuture<F> {
    /// Of a service that was not ready, for this reason: it is not called.
    pub(super) fn failed(error: BoxError) -> Self {
        let error = Some(error);
        Self {
            state: State::Failed { error },
        }
    }

    /// Of a service that was called.
    pub(super) fn sent(future: F) -> Self {
        Self {
            state: State::Sent { future },
        }
    }

    /// The same as [`get_ref`](Self::get_ref), to be changed.
    pub fn get_pin_mut(self: Pin<&mut Self>) -> Option<Pin<&mut F>> {
        match self.project().state.project() {
            Projection::Sent { future } => Some(future),
            Projection::Failed { .. } => None,
        }
    }

    /// The future of the inner service, which may know more of the answer than is in it; `None` if that service was
    /// not ready, and so not called.
    pub fn get_ref(&self) -> Option<&F> {
        match &self.state {
            State::Sent { future } => Some(future),
            State::Failed { .. } => None,
        }
    }
}

impl<F, B, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
    E: Into<BoxError>,
    B: Body,
{
    type Output = Result<Response<ResponseBody<B>>, Infallible>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let error = match self.project().state.project() {
            Projection::Sent { future } => match ready!(future.poll(cx)) {
                Ok(answer) => return Poll::Ready(Ok(well_formed(answer, cx))),
                Err(error) => error.into(),
            },
            Projection::Failed { error } => error.take().expect("polled after it was ready"),
        };
        Poll::Ready(Ok(response::trailers_only(from_error(error))))
    }
}

/// Decides by the first header block (A-70 … A-76).
fn well_formed<B: Body>(
    mut answer: Response<B>,
    cx: &mut Context<'_>,
) -> Response<ResponseBody<B>> {
    let http = answer.status();
    // Read from the untouched body: it tells whether END_STREAM stood on the headers (L-6).
    let end_stream = answer.body().is_end_stream();
    match response::head(http, answer.headers(), end_stream) {
        Head::Open => return answer.map(|body| ResponseBody::new(body, http)),
        Head::Finished(Err(status)) if !response::is_grpc(answer.headers(), end_stream) => {
            return in_place_of(answer, status, cx);
        }
        Head::Finished(_) => {}
    }
    let grpc = HeaderValue::from_static("application/grpc");
    // a status alone needs none to count.
    answer.headers_mut().entry(CONTENT_TYPE).or_insert(grpc);
    if let Some(status) = mend(http, answer.headers_mut()) {
        *answer.status_mut() = StatusCode::OK;
        answer.extensions_mut().insert(status);
    }
    answer.map(|_| ResponseBody::default())
}

/// Drops an answer that is not gRPC, but for what its text says; its extensions stay, for they say who gave it.
fn in_place_of<B: Body>(
    other: Response<B>,
    status: Status,
    cx: &mut Context<'_>,
) -> Response<ResponseBody<B>> {
    let (parts, body) = other.into_parts();
    let status = match excerpt(body, cx) {
        Some(page) => {
            let page = foreign(&page, TEXT);
            Status::local(status.code(), format!("{}: {page}", status.message()))
        }
        None => status,
    };
    let mut answer = response::trailers_only(status);
    let local = mem::replace(answer.extensions_mut(), parts.extensions);
    answer.extensions_mut().extend(local);
    answer
}

impl<F> fmt::Debug for ResponseFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}

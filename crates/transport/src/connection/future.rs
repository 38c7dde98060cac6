//! The answer that a caller waits for: until the headers are there, then it is handed out with its body.
//!
//! It has the last word on three things: whether a request that failed is handed back, whether it provably never left,
//! and whether the headers are as large as may be.

use std::{
    fmt,
    future::Future,
    mem,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use http::{Extensions, Request, Response};
use hyper::{body::Incoming, client::conn::TrySendError};

use super::{RequestBody, ResponseBody, call::Call, peer::Route, request::Piped};
use crate::{SendError, error::Block};

/// hyper's future has no name; this is the one box of a call.
pub(super) type Sent<B> = Pin<
    Box<dyn Future<Output = Result<Response<Incoming>, TrySendError<Request<Piped<B>>>>> + Send>,
>;

/// The response of a [`Connection`](super::Connection). Dropping it gives the call up: the stream is reset with CANCEL.
#[must_use = "futures do nothing unless polled"]
pub struct ResponseFuture<B> {
    /// hyper's.
    sent: Sent<B>,
    /// What is known of the connection, for errors and limits.
    route: Arc<Route>,
    /// `None` once the response is handed out, or there will be none.
    call: Option<Arc<Call>>,
    /// Of the request; they come back with an error.
    extensions: Extensions,
}

impl<B> ResponseFuture<B> {
    /// Of a request that was handed to hyper just now.
    pub(super) fn new(
        sent: Sent<B>,
        route: Arc<Route>,
        call: Arc<Call>,
        extensions: Extensions,
    ) -> Self {
        Self {
            sent,
            route,
            call: Some(call),
            extensions,
        }
    }
}

impl<B: RequestBody> Future for ResponseFuture<B> {
    type Output = Result<Response<ResponseBody>, SendError<B>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let sent = ready!(self.sent.as_mut().poll(cx));
        let call = self.call.take().expect("polled once after its end");
        Poll::Ready(match sent {
            Ok(response) => {
                let (parts, incoming) = response.into_parts();
                if let Err(error) = self.route.admit(Block::Headers, &parts.headers) {
                    drop(incoming);
                    call.give_up();
                    return Poll::Ready(Err(SendError::new(error)));
                }
                let body = ResponseBody::new(incoming, call, self.route.clone());
                Ok(Response::from_parts(parts, body))
            }
            Err(mut failed) => {
                let request = failed.take_message().filter(|_| !call.is_given_up());
                let error = call.error(&self.route, Some(failed.into_error()));
                let failed = match request {
                    Some(request) => SendError::unsent(error, request.map(Piped::into_body)),
                    None if call.never_left(&self.route.wire) => SendError::new(error.unsent()),
                    None => SendError::new(error),
                };
                Err(failed.with_extensions(mem::take(&mut self.extensions)))
            }
        })
    }
}

impl<B> Drop for ResponseFuture<B> {
    fn drop(&mut self) {
        if let Some(call) = &self.call {
            call.give_up();
        }
    }
}

impl<B> fmt::Debug for ResponseFuture<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}

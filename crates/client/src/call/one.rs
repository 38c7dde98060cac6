//! Calls with one answer.

use std::{
    fmt,
    future::{Future, IntoFuture},
    pin::Pin,
    task::{Context, Poll, ready},
};

use http::Request;
use pin_project_lite::pin_project;
use tower_service::Service;
use ziggurat_protocol::{Body, Status};

use super::{Answer, Call, Exchange};
use crate::{GrpcService, Response, response::Decode};

impl<Resp, S: GrpcService> Call<Resp, S> {
    /// Sends the call; gives the message with both metadata and the peer.
    ///
    /// The future is `'static`: it can be spawned, or kept in a set of calls. It is ready when the
    /// call has ended, trailers included, so what it gives is known to be the one answer (A-126).
    ///
    /// # Errors
    ///
    /// The status of the call. UNIMPLEMENTED if the server answers OK without a message, or with
    /// several (A-125).
    ///
    /// # Cancel safety
    ///
    /// Dropping the future cancels the call (B-20).
    ///
    /// # Example
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/cafe.rs"));
    /// # fn main() { run(async {
    /// use ziggurat::Client;
    ///
    /// let client = Client::new(cafe());
    /// let (latte, mocha) = tokio::try_join!(
    ///     client.unary(&MAKE, "latte".to_owned()).send(),
    ///     client.unary(&MAKE, "mocha".to_owned()).send(),
    /// )?;
    /// assert_eq!((latte.message(), mocha.message()), (&"latte".to_owned(), &"mocha".to_owned()));
    /// # Ok(()) }) }
    /// ```
    pub fn send(self) -> ResponseFuture<Resp, S> {
        ResponseFuture {
            answer: Answer::new(self.prepared.exchange()),
            decode: self.decode,
        }
    }
}

impl<Resp, S: GrpcService> IntoFuture for Call<Resp, S> {
    type Output = Result<Resp, Status>;
    type IntoFuture = CallFuture<Resp, S>;

    fn into_future(self) -> CallFuture<Resp, S> {
        CallFuture {
            response: self.send(),
        }
    }
}

pin_project! {
    /// Gives the answer of a call with what came beside it; [`Call::send`] makes it.
    ///
    /// The call begins with its first poll; dropping it cancels the call. `F` and `B` follow from the service.
    #[must_use = "futures do nothing until they are awaited"]
    pub struct ResponseFuture<
        Resp,
        S: GrpcService,
        F = <S as Service<Request<Body>>>::Future,
        B = <S as GrpcService>::ResponseBody,
    > {
        #[pin]
        answer: Answer<Exchange<S, F, B>>,
        decode: Decode<Resp>,
    }
}

impl<Resp, S: GrpcService> Future for ResponseFuture<Resp, S> {
    type Output = Result<Response<Resp>, Status>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let (message, beside) = ready!(this.answer.poll(cx))?;
        Poll::Ready(Response::decode(message, beside, *this.decode))
    }
}

impl<Resp, S: GrpcService> fmt::Debug for ResponseFuture<Resp, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}

pin_project! {
    /// Gives the message of a call; awaiting a [`Call`] makes it.
    ///
    /// The call begins with its first poll; dropping it cancels the call. `F` and `B` follow from the service.
    #[must_use = "futures do nothing until they are awaited"]
    pub struct CallFuture<
        Resp,
        S: GrpcService,
        F = <S as Service<Request<Body>>>::Future,
        B = <S as GrpcService>::ResponseBody,
    > {
        #[pin]
        response: ResponseFuture<Resp, S, F, B>,
    }
}

impl<Resp, S: GrpcService> Future for CallFuture<Resp, S> {
    type Output = Result<Resp, Status>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let response = ready!(self.project().response.poll(cx));
        Poll::Ready(response.map(Response::into_message))
    }
}

impl<Resp, S: GrpcService> fmt::Debug for CallFuture<Resp, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallFuture").finish_non_exhaustive()
    }
}

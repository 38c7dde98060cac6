//! The future of a call with one answer.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use http::Request;
use pin_project_lite::pin_project;
use tower_service::Service;
use ziggurat_protocol::{Body, Status};

use super::{Prepared, state::State};
use crate::{GrpcService, Response, response::Decode};

pin_project! {
    /// Gives the answer of a call with what came beside it; [`Call::send`](crate::Call::send) makes it.
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
        state: State<S, F, B>,
        decode: Decode<Resp>,
    }
}

impl<Resp, S: GrpcService> ResponseFuture<Resp, S> {
    pub(super) fn new(prepared: Prepared<S>, decode: Decode<Resp>) -> Self {
        let state = State::Prepared { prepared };
        Self { state, decode }
    }
}

impl<Resp, S: GrpcService> Future for ResponseFuture<Resp, S> {
    type Output = Result<Response<Resp>, Status>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        this.state.answer().poll_response(cx, *this.decode)
    }
}

impl<Resp, S: GrpcService> fmt::Debug for ResponseFuture<Resp, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}

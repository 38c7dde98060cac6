//! Sends a request that names its server only where the server has shown that it has the name (I-31).

use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use http::{Request, uri::Authority};
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;
use ziggurat_protocol::{BoxError, Code, Status};
use ziggurat_transport::{Connection, Error, SendError};

use super::certificate::Certificate;

/// Compares the authority of each request with that of the channel, for which the server was verified.
#[derive(Clone, Debug)]
pub(super) struct NamedLayer {
    authority: Authority,
    /// If the connection is secure.
    certificate: Option<Certificate>,
}

impl NamedLayer {
    pub(super) fn of<B>(connection: &Connection<B>, authority: Authority) -> Self {
        let certificate = Certificate::of(connection.peer());
        Self {
            authority,
            certificate,
        }
    }

    fn check(&self, requested: Option<&Authority>) -> Result<(), Error> {
        let (Some(certificate), Some(requested)) = (&self.certificate, requested) else {
            return Ok(());
        };
        let host = requested.host();
        if host.eq_ignore_ascii_case(self.authority.host()) {
            return Ok(());
        }
        let checked = certificate.check(host.trim_matches(['[', ']']));
        checked.map_err(|error| self.refused(requested, error))
    }

    fn refused(&self, requested: &Authority, error: BoxError) -> Error {
        let Self { authority, .. } = self;
        let text = format!("the server at {authority} may not be called {requested}: {error}");
        Error::other(Status::local(Code::Unavailable, text).with_source(error))
    }
}

impl<S> Layer<S> for NamedLayer {
    type Service = WithName<S>;

    fn layer(&self, inner: S) -> WithName<S> {
        let named = Arc::new(self.clone());
        WithName { inner, named }
    }
}

/// Made by [`NamedLayer`].
#[derive(Clone, Debug)]
pub(super) struct WithName<S> {
    inner: S,
    /// Shared, for the service is cloned for each request.
    named: Arc<NamedLayer>,
}

impl<S, B> Service<Request<B>> for WithName<S>
where
    S: Service<Request<B>, Error = SendError<B>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        match self.named.check(request.uri().authority()) {
            Ok(()) => ResponseFuture::Sent {
                answer: self.inner.call(request),
            },
            Err(error) => ResponseFuture::Refused { error: Some(error) },
        }
    }
}

pin_project! {
    #[project = ResponseFutureProj]
    pub(super) enum ResponseFuture<F> {
        Sent { #[pin] answer: F },
        Refused { error: Option<Error> },
    }
}

impl<F, R, B> Future for ResponseFuture<F>
where
    F: Future<Output = Result<R, SendError<B>>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        match self.project() {
            ResponseFutureProj::Sent { answer } => answer.poll(cx),
            ResponseFutureProj::Refused { error } => {
                let error = error.take().expect("a future is polled until it is ready");
                Poll::Ready(Err(error.into()))
            }
        }
    }
}

use std::{
    mem,
    sync::Arc,
    task::{Context, Poll},
};

use http::{
    HeaderValue, Method, Request, Uri, Version, header,
    uri::{Authority, PathAndQuery, Scheme},
};
use tower_service::Service;

use super::{prefix::Prefix, user_agent::UserAgent};
use crate::context::CallContext;

/// What HTTP/2 has for whoever reads trailers.
const TRAILERS: HeaderValue = HeaderValue::from_static("trailers");

/// Completes each request; made by [`OriginLayer`](super::OriginLayer).
#[derive(Clone, Debug)]
pub struct WithOrigin<S> {
    /// Gets requests that are complete.
    inner: S,
    /// Shared by all clones of the service.
    origin: Arc<Origin>,
}

/// What is the same for all requests, prepared once.
#[derive(Clone, Debug)]
pub(super) struct Origin {
    /// `http` or `https`; replaces whatever the request says.
    pub(super) scheme: Scheme,
    /// Of requests that have none.
    pub(super) authority: Authority,
    /// Stands before each path, if there is one.
    pub(super) prefix: Prefix,
    /// What the server is told of this client.
    pub(super) user_agent: UserAgent,
}

impl<S> WithOrigin<S> {
    /// Around this service, for this origin.
    pub(super) fn new(inner: S, origin: Arc<Origin>) -> Self {
        Self { inner, origin }
    }
}

impl<S, B> Service<Request<B>> for WithOrigin<S>
where
    S: Service<Request<B>>,
    B: 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        self.origin.complete(&mut request);
        self.inner.call(request)
    }
}

impl Origin {
    /// Sets what the ground knows; what is in order already stays.
    ///
    /// A path that stands alone becomes a whole URI, and a deadline that somebody further out keeps becomes `grpc-timeout`.
    fn complete<B: 'static>(&self, request: &mut Request<B>) {
        *request.method_mut() = Method::POST;
        *request.version_mut() = Version::HTTP_2;
        let uri = mem::take(request.uri_mut());
        *request.uri_mut() = self.absolute(uri);
        let deadline = CallContext::of(request).and_then(|context| context.deadline());
        let headers = request.headers_mut();
        if let Some(deadline) = deadline {
            deadline.write_to(headers);
        }
        headers.insert(header::TE, TRAILERS);
        self.user_agent.write_to(headers);
    }

    /// Adds scheme, authority and prefix to the path.
    fn absolute(&self, uri: Uri) -> Uri {
        let mut parts = uri.into_parts();
        parts.scheme = Some(self.scheme.clone());
        parts
            .authority
            .get_or_insert_with(|| self.authority.clone());
        let root = || PathAndQuery::from_static("/");
        let path = parts.path_and_query.unwrap_or_else(root);
        parts.path_and_query = Some(self.prefix.before(path));
        Uri::from_parts(parts).expect("scheme, authority and path are there")
    }
}

//! Three layers such as users have: a header on each request, an observer of each answer, a limit of calls. All are
//! tower's or know nothing of gRPC, so that they fit under any library that takes a tower service.

use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    task::{Context, Poll, ready},
};

use http::{HeaderName, HeaderValue, Request, Response};
use pin_project_lite::pin_project;
use tower::limit::ConcurrencyLimit;
use tower_service::Service;

/// A service under all three.
pub type Layered<S> = WithToken<Observed<ConcurrencyLimit<S>>>;

/// Puts them around a service; the limit is never reached.
pub fn layered<S>(service: S) -> Layered<S> {
    WithToken {
        inner: Observed {
            inner: ConcurrencyLimit::new(service, 100_000),
            answered: Arc::default(),
        },
        token: HeaderValue::from_static("Bearer 0123456789abcdef0123456789abcdef"),
    }
}

/// Adds a header.
#[derive(Clone, Debug)]
pub struct WithToken<S> {
    inner: S,
    token: HeaderValue,
}

impl<S: Service<Request<B>>, B> Service<Request<B>> for WithToken<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> S::Future {
        let name = HeaderName::from_static("authorization");
        request.headers_mut().insert(name, self.token.clone());
        self.inner.call(request)
    }
}

/// Counts the answers that went well.
#[derive(Clone, Debug)]
pub struct Observed<S> {
    inner: S,
    answered: Arc<AtomicUsize>,
}

impl<S, B, R> Service<Request<B>> for Observed<S>
where
    S: Service<Request<B>, Response = Response<R>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Observing<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        Observing {
            inner: self.inner.call(request),
            answered: Arc::clone(&self.answered),
        }
    }
}

pin_project! {
    #[derive(Debug)]
    pub struct Observing<F> {
        #[pin]
        inner: F,
        answered: Arc<AtomicUsize>,
    }
}

impl<F, R, E> Future for Observing<F>
where
    F: Future<Output = Result<Response<R>, E>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let answer = ready!(this.inner.poll(cx));
        let answered = answer.as_ref().is_ok_and(|answer| answer.status() == 200);
        this.answered.fetch_add(usize::from(answered), Relaxed);
        Poll::Ready(answer)
    }
}

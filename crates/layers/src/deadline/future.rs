use std::{
    fmt, mem,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use http::{Request, Response};
use pin_project_lite::pin_project;
use tower_service::Service;
use ziggurat_protocol::{response, timeout};

use super::{Elapsed, ResponseBody, clock::Clock};
use crate::context::{CallContext, Deadline};

pin_project! {
    /// Waits for the inner service, then for its answer, until the deadline.
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<S, F, B> {
        #[pin]
        state: State<S, F, B>,
        clock: Clock,
    }
}

pin_project! {
    #[project = Projection]
    #[project_replace = Taken]
    enum State<S, F, B> {
        // Not polled: the timeout does not run yet.
        Start { service: S, request: Request<B>, default: Option<Duration> },
        // The deadline stands; the inner service is waited for.
        Ready { service: S, request: Request<B> },
        // The request is sent.
        Headers { #[pin] future: F },
        Over,
    }
}

impl<S, F, B> ResponseFuture<S, F, B> {
    pub(super) fn new(service: S, request: Request<B>, default: Option<Duration>) -> Self {
        let state = State::Start {
            service,
            request,
            default,
        };
        Self {
            state,
            clock: Clock::Stopped,
        }
    }
}

impl<S, B, R> Future for ResponseFuture<S, S::Future, B>
where
    S: Service<Request<B>, Response = Response<R>>,
    R: http_body::Body,
{
    type Output = Result<Response<ResponseBody<R>>, S::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let (mut state, clock) = (this.state, this.clock);
        let elapsed = loop {
            let step = match state.as_mut().project() {
                Projection::Start {
                    request, default, ..
                } => {
                    // ## Start → Ready: the timeout begins to run
                    begin(request, *default).map(|own| {
                        *clock = own;
                        state.as_mut().begun();
                    })
                }
                Projection::Ready { service, .. } => {
                    let ready = clock.guard(Elapsed::Ready, cx, |cx| service.poll_ready(cx));
                    match ready!(ready) {
                        // ## Ready → Headers: the request is sent
                        Ok(Ok(())) => state.as_mut().send(),
                        Ok(Err(error)) => return state.over(Err(error)),
                        Err(elapsed) => Err(elapsed),
                    }
                }
                Projection::Headers { future } => {
                    match ready!(clock.guard(Elapsed::Headers, cx, |cx| future.poll(cx))) {
                        // ## Headers → Over: the clock moves into the body
                        Ok(answer) => {
                            let clock = mem::take(clock);
                            let guard = |body| ResponseBody::new(body, clock);
                            return state.over(answer.map(|answer| answer.map(guard)));
                        }
                        Err(elapsed) => Err(elapsed),
                    }
                }
                Projection::Over => panic!("polled after it was ready"),
            };
            if let Err(elapsed) = step {
                break elapsed;
            }
        };
        state.over(Ok(response::trailers_only(elapsed.into())))
    }
}

impl<S, F, B> State<S, F, B> {
    fn begun(mut self: Pin<&mut Self>) {
        if let Taken::Start {
            service, request, ..
        } = self.as_mut().project_replace(Self::Over)
        {
            self.set(Self::Ready { service, request });
        }
    }

    /// Drops what was waited for, at once, and gives the result.
    fn over<T>(mut self: Pin<&mut Self>, result: T) -> Poll<T> {
        self.set(Self::Over);
        Poll::Ready(result)
    }
}

impl<S, B> State<S, S::Future, B>
where
    S: Service<Request<B>>,
{
    /// Sends the request with what is left at this moment, if something is.
    fn send(mut self: Pin<&mut Self>) -> Result<(), Elapsed> {
        if let Taken::Ready {
            mut service,
            mut request,
        } = self.as_mut().project_replace(Self::Over)
        {
            if let Some(deadline) = deadline(&request) {
                if deadline.has_passed() {
                    return Err(Elapsed::Ready);
                }
                deadline.write_to(request.headers_mut());
            }
            let future = service.call(request);
            self.set(Self::Headers { future });
        }
        Ok(())
    }
}

/// Fixes the deadline, leaves it in the request, and gives the clock of who is to keep it.
fn begin<B>(request: &mut Request<B>, default: Option<Duration>) -> Result<Clock, Elapsed> {
    let context = request.extensions().get::<CallContext>();
    let context = context.cloned().unwrap_or_default();
    let Some(deadline) = context.begin(foreign(request).or(default)) else {
        return Ok(Clock::Stopped);
    };
    if deadline.has_passed() {
        return Err(Elapsed::Start); // B-6
    }
    if context.is_guarded() {
        return Ok(Clock::Stopped);
    }
    request.extensions_mut().insert(context.guarded(deadline));
    Ok(Clock::Set(deadline))
}

/// The timeout that a foreign stub has written; what cannot be read is nobody's timeout.
fn foreign<B>(request: &Request<B>) -> Option<Duration> {
    let text = request.headers().get(timeout::HEADER)?.to_str().ok()?;
    timeout::parse(text).ok()
}

fn deadline<B>(request: &Request<B>) -> Option<Deadline> {
    request.extensions().get::<CallContext>()?.deadline()
}

impl<S, F, B> fmt::Debug for ResponseFuture<S, F, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("ResponseFuture");
        out.field("clock", &self.clock).finish_non_exhaustive()
    }
}

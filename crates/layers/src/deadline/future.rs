use std::{
    fmt, mem,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use http::{HeaderMap, Request, Response};
use pin_project_lite::pin_project;
use tower_service::Service;
use ziggurat_protocol::{response, timeout};

use super::{
    Elapsed, ResponseBody,
    clock::{Clock, Now},
    settings::{Announced, Settings},
};
use crate::context::{CallContext, Deadline};

pin_project! {
    /// Waits for the inner service, then for its answer, until the deadline.
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<S, F, B> {
        #[pin]
        state: State<S, F, B>,
        clock: Clock,
        announced: Announced,
    }
}

pin_project! {
    #[project = Projection]
    #[project_replace = Taken]
    enum State<S, F, B> {
        // The request stays in its place until it is sent: the inner service is waited for.
        Unsent { service: S, request: Request<B>, timeout: Timeout },
        // The request is sent.
        Headers { #[pin] future: F },
        Over,
    }
}

impl<S, F, B> ResponseFuture<S, F, B> {
    /// Of a service that has yet to become ready, and a request that no clock runs for.
    pub(super) fn new(service: S, request: Request<B>, settings: Settings) -> Self {
        let Settings { default, announced } = settings;
        let state = State::Unsent {
            service,
            request,
            timeout: Timeout::Unstarted { default },
        };
        Self {
            state,
            clock: Clock::default(),
            announced,
        }
    }

    /// The deadline that this future keeps, once it has begun.
    pub fn deadline(&self) -> Option<Deadline> {
        self.clock.deadline()
    }
}

impl<S, B> ResponseFuture<S, S::Future, B>
where
    S: Service<Request<B>>,
    B: 'static,
{
    /// Starts the clock as the first poll does, and polls nothing; `false` says that it is too late to start.
    ///
    /// For who has work of the same call to do before it is sent.
    pub fn start(self: Pin<&mut Self>) -> bool {
        let mut this = self.project();
        match this.state.as_mut().project() {
            Projection::Unsent {
                request, timeout, ..
            } => {
                let started = timeout.start(request, this.clock, &mut Now::default());
                started.is_ok() // if not, the next poll will say so
            }
            Projection::Headers { .. } | Projection::Over => true,
        }
    }
}

impl<S, B, R> Future for ResponseFuture<S, S::Future, B>
where
    S: Service<Request<B>, Response = Response<R>>,
    R: http_body::Body,
    B: 'static,
{
    type Output = Result<Response<ResponseBody<R>>, S::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let answer = ready!(this.state.as_mut().poll(this.clock, *this.announced, cx));
        // Drops at once what was waited for.
        this.state.set(State::Over);
        Poll::Ready(match answer {
            Ok(answer) => answer.map(|answer| {
                let clock = mem::take(this.clock);
                answer.map(|body| ResponseBody::new(body, clock))
            }),
            Err(elapsed) => Ok(response::trailers_only(this.clock.elapsed(elapsed))),
        })
    }
}

/// What the inner service ends with, or what was waited for at the deadline.
type Ended<T, E> = Result<Result<T, E>, Elapsed>;

impl<S, B> State<S, S::Future, B>
where
    S: Service<Request<B>>,
    B: 'static,
{
    /// Goes from state to state until the call has an answer.
    fn poll(
        mut self: Pin<&mut Self>,
        clock: &mut Clock,
        announced: Announced,
        cx: &mut Context<'_>,
    ) -> Poll<Ended<S::Response, S::Error>> {
        let mut now = Now::default();
        loop {
            match self.as_mut().project() {
                // ## Unsent → Headers: the request leaves
                Projection::Unsent {
                    service,
                    request,
                    timeout,
                } => {
                    timeout.start(request, clock, &mut now)?;
                    let ready =
                        clock.guard(&mut now, Elapsed::Ready, cx, |cx| service.poll_ready(cx));
                    if let Err(error) = ready!(ready)? {
                        return Poll::Ready(Ok(Err(error)));
                    }
                    announce(request, clock, announced, &mut now)?;
                    self.as_mut().send();
                }
                Projection::Headers { future } => {
                    return clock.guard(&mut now, Elapsed::Headers, cx, |cx| future.poll(cx));
                }
                Projection::Over => panic!("polled after it was ready"),
            }
        }
    }

    /// Sends the request.
    fn send(mut self: Pin<&mut Self>) {
        let unsent = self.as_mut().project_replace(Self::Over);
        if let Taken::Unsent {
            mut service,
            request,
            ..
        } = unsent
        {
            let future = service.call(request);
            self.set(Self::Headers { future });
        }
    }
}

/// Whether the time of a request runs.
///
/// It begins with the first poll of the future, or by [`start`](ResponseFuture::start) before that, and once.
enum Timeout {
    /// It was not polled yet. The default is for one that asks for nothing.
    Unstarted { default: Option<Duration> },
    /// The deadline stands, if there is one.
    Started,
}

impl Timeout {
    /// ## Unstarted → Started: the deadline of the request is fixed, and the clock set to keep it
    fn start<B: 'static>(
        &mut self,
        request: &mut Request<B>,
        clock: &mut Clock,
        now: &mut Now,
    ) -> Result<(), Elapsed> {
        if let Self::Unstarted { default } = *self {
            *clock = begin(request, default, now)?;
            *self = Self::Started;
        }
        Ok(())
    }
}

/// Fixes the deadline and leaves it in the request; gives the clock that keeps it, if it is to be kept here.
fn begin<B: 'static>(
    request: &mut Request<B>,
    default: Option<Duration>,
    now: &mut Now,
) -> Result<Clock, Elapsed> {
    let context = CallContext::of(request);
    let default = foreign(request.headers()).or(default);
    if context.is_none() && default.is_none() {
        return Ok(Clock::default());
    }
    let (context, now) = (context.unwrap_or_default(), now.read());
    let Some(deadline) = context.begin(now, default) else {
        return Ok(Clock::default());
    };
    if deadline.instant() <= now {
        return Err(Elapsed::Start); // B-6
    }
    if context.is_guarded() {
        return Ok(Clock::default());
    }
    let context = context.guarded(deadline).with_begun(now);
    context.clone().put_into(request);
    Ok(Clock::set(deadline, now, context))
}

/// Whether a request asks for a deadline that nobody further out keeps.
///
/// That is a context with a timeout or an instant which is not guarded, or a foreign stub's `grpc-timeout`. For a ground
/// that puts the floor around those calls only: the answer is `false`, at the price of one look at the extensions, for
/// a call with a deadline of our stubs, and of one more at the headers for a call without.
///
/// ```
/// use ziggurat::layers::deadline::is_unguarded;
///
/// let plain = http::Request::new(());
/// let foreign = http::Request::builder().header("grpc-timeout", "300m").body(())?;
/// assert!(is_unguarded(&foreign) && !is_unguarded(&plain));
/// # Ok::<_, http::Error>(())
/// ```
pub fn is_unguarded<B: 'static>(request: &Request<B>) -> bool {
    match CallContext::of(request) {
        Some(context) if context.is_guarded() => false,
        Some(context) if context.timeout().is_some() || context.deadline().is_some() => true,
        _ => foreign(request.headers()).is_some(),
    }
}

/// The timeout that a foreign stub has written; what cannot be read is nobody's timeout.
///
/// Requests have few names, and most have not this one: comparing them costs less than hashing it.
fn foreign(headers: &HeaderMap) -> Option<Duration> {
    let (_, value) = headers.iter().find(|(name, _)| *name == timeout::HEADER)?;
    timeout::parse(value.to_str().ok()?).ok()
}

/// Says what is left at this moment (A-16), or that nothing is (A-18).
///
/// Also for a call that is guarded further out: there is no clock here then, but nothing is sent too late.
fn announce<B: 'static>(
    request: &mut Request<B>,
    clock: &Clock,
    announced: Announced,
    now: &mut Now,
) -> Result<(), Elapsed> {
    let further_out = || CallContext::of(request)?.deadline();
    let Some(deadline) = clock.deadline().or_else(further_out) else {
        return Ok(());
    };
    if announced == Announced::Here {
        // The service may have taken its time to be ready; a channel, which tells the time itself, takes none.
        *now = Now::default();
    }
    if deadline.instant() <= now.read() {
        return Err(Elapsed::Ready);
    }
    if announced == Announced::Here {
        deadline.write_at(now.read(), request.headers_mut());
    }
    Ok(())
}

impl<S, F, B> fmt::Debug for ResponseFuture<S, F, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("ResponseFuture");
        out.field("clock", &self.clock).finish_non_exhaustive()
    }
}

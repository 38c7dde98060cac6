use std::{
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use fastrand::Rng;
use http::{Request, Response};
use pin_project_lite::pin_project;
use tokio::time::{self, Sleep};
use tower_service::Service;
use ziggurat_protocol::{
    Body, BoxError, Outcome, Peer, Status, response,
    response::Pushback,
    status::progress::{Again, Attempt, Stage, Waiting},
};

use super::{
    ResponseBody, RetryPolicy, Throttle,
    body::Held,
    course::{Course, Next, Pause},
    settings::Settings,
};
use crate::attempts::{Failure, Original, Sending, Success};

pin_project! {
    /// Waits for the answer of an attempt that the call is committed to, or for the last failure.
    ///
    /// Dropping it drops the attempt that is out, or its pause, and with it what was kept of the request (B-20).
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<S: Service<Request<Body>>, R: http_body::Body> {
        // `None` for a call without a policy, which goes straight through.
        call: Option<Box<Call<S>>>,
        #[pin]
        state: State<S, R>,
    }
}

pin_project! {
    // ```text
    //              ┌───────────────────────┐
    //              ▼                       │
    //   ───────▶ Sent ─── a failure ───▶ Pausing
    //              │ headers               ▲
    //              ▼                       │ failing trailers
    //           answer ◀── what else ── Looking     if the policy waits for what follows headers
    // ```
    #[project = Projection]
    enum State<S: Service<Request<Body>>, R: http_body::Body> {
        Sent { #[pin] attempt: Sending<S, Body> },
        Looking { answer: Option<Box<Response<Pin<Box<R>>>>> },
        // The failure is the call's should there be no next attempt after all.
        Pausing { pause: Pin<Box<Sleep>>, failed: Option<Box<Answer<R>>> },
    }
}

/// The answer of a call.
type Answer<R> = Response<ResponseBody<R>>;

/// A call that may be sent again.
///
/// In a box of its own: a call without a policy has no room for it.
struct Call<S> {
    /// A clone of it goes with each attempt.
    service: S,
    original: Original,
    policy: Arc<RetryPolicy>,
    /// Until it goes with the answer that the call is committed to.
    throttle: Option<Throttle>,
    course: Course,
    /// For the jitter; made at the first pause.
    rng: Option<Rng>,
    seed: Option<u64>,
}

impl<S, R> ResponseFuture<S, R>
where
    S: Service<Request<Body>> + Clone,
    R: http_body::Body,
{
    /// Makes the first attempt, which leaves with the first poll.
    ///
    /// A call that has no policy, or that somebody further out sends again already (T-23), goes straight through.
    pub(super) fn new(service: S, request: Request<Body>, settings: &Settings) -> Self {
        let Some(policy) = settings.policies.of(&request) else {
            let attempt = Sending::new(service, request);
            return Self {
                call: None,
                state: State::Sent { attempt },
            };
        };
        let (original, first) = Original::new(request);
        let attempt = Sending::new(service.clone(), first);
        let call = Call {
            service,
            original,
            policy,
            throttle: settings.throttle.clone(),
            course: Course::new(),
            rng: None,
            seed: settings.seed,
        };
        Self {
            call: Some(Box::new(call)),
            state: State::Sent { attempt },
        }
    }
}

impl<S, R> Future for ResponseFuture<S, R>
where
    S: Service<Request<Body>, Response = Response<R>> + Clone,
    R: http_body::Body,
    R::Error: Into<BoxError>,
{
    type Output = Result<Answer<R>, S::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        loop {
            let next = match this.state.as_mut().project() {
                Projection::Sent { attempt } => {
                    let answer = ready!(attempt.poll(cx))?;
                    let Some(call) = this.call else {
                        return Poll::Ready(Ok(answer.map(ResponseBody::plain)));
                    };
                    match call.answered(answer) {
                        Ok(answer) => return Poll::Ready(Ok(answer)),
                        Err(next) => next.into(),
                    }
                }
                Projection::Looking { answer } => {
                    let (Some(call), Some(looked)) = (&mut this.call, answer.as_mut()) else {
                        panic!("polled after it was ready");
                    };
                    let frame = ready!(looked.body_mut().as_mut().poll_frame(cx));
                    let Some(looked) = answer.take() else {
                        unreachable!("it was just there");
                    };
                    match call.followed(*looked, frame) {
                        Ok(answer) => return Poll::Ready(Ok(answer)),
                        Err(next) => next.into(),
                    }
                }
                Projection::Pausing { pause, failed } => {
                    let (Some(call), Some(_)) = (&mut this.call, &failed) else {
                        panic!("polled after it was ready");
                    };
                    ready!(pause.as_mut().poll(cx));
                    match (call.again(), failed.take()) {
                        (None, Some(failed)) => {
                            return Poll::Ready(Ok(call.original.finish(*failed)));
                        }
                        (Some(attempt), _) => State::Sent { attempt },
                        (None, None) => unreachable!("it was just there"),
                    }
                }
            };
            // Drops what is over before the next begins.
            this.state.set(next);
        }
    }
}

/// What an attempt comes to: the call's answer, or what is next.
type Judged<R> = Result<Answer<R>, Onward<R>>;

enum Onward<R: http_body::Body> {
    /// Headers came, and the policy waits for what follows them.
    Look(Box<Response<Pin<Box<R>>>>),
    /// It failed so; the next one waits so long.
    Pause(Duration, Box<Answer<R>>),
}

impl<S: Service<Request<Body>>, R: http_body::Body> From<Onward<R>> for State<S, R> {
    fn from(onward: Onward<R>) -> Self {
        match onward {
            Onward::Look(answer) => Self::Looking {
                answer: Some(answer),
            },
            // tokio takes whatever is too long as far away.
            Onward::Pause(pause, failed) => Self::Pausing {
                pause: Box::pin(time::sleep(pause)),
                failed: Some(failed),
            },
        }
    }
}

impl<S, R> Call<S>
where
    S: Service<Request<Body>, Response = Response<R>> + Clone,
    R: http_body::Body,
    R::Error: Into<BoxError>,
{
    /// ## Sent → the answer, Looking or Pausing
    ///
    /// Headers of which nothing says that they are all commit the call (C-13); a Trailers-Only answer says how it ended.
    fn answered(&mut self, answer: Response<R>) -> Judged<R> {
        match Outcome::of(&answer) {
            Outcome::Committed if self.policy.retries_after_headers() => {
                Err(Onward::Look(Box::new(answer.map(Box::pin))))
            }
            Outcome::Finished {
                result: Err(status),
                pushback,
                ..
            } => self.failed(status, pushback, answer.map(ResponseBody::plain)),
            Outcome::Finished { .. } => {
                if let Some(throttle) = &self.throttle {
                    throttle.succeed();
                }
                Ok(self.original.finish(answer.map(ResponseBody::plain)))
            }
            // Headers; or what a later version of the outcome says, which is the answer too.
            _ => Ok(self.commit(answer.map(ResponseBody::plain))),
        }
    }

    /// ## Looking → the answer, or Pausing (C-13)
    ///
    /// Only trailers that say so are a failure here: what is cut off after its headers may have been acted on.
    fn followed(&mut self, answer: Response<Pin<Box<R>>>, frame: Held<R>) -> Judged<R> {
        let trailers = match &frame {
            Some(Ok(frame)) => frame.trailers_ref(),
            _ => None,
        };
        if let Some(trailers) = trailers
            && let Err(status) = response::trailers(answer.status(), trailers)
        {
            let pushback = Pushback::of(trailers);
            let answer = answer.map(|body| ResponseBody::looked(body, frame));
            return self.failed(status, pushback, answer);
        }
        Ok(self.commit(answer.map(|body| ResponseBody::looked(body, frame))))
    }

    /// An attempt failed: the next one waits, or this is the call's answer.
    fn failed(
        &mut self,
        status: Status,
        pushback: Option<Pushback>,
        answer: Answer<R>,
    ) -> Judged<R> {
        // Its transport may still read the request, and must not take it from the next.
        let attempts = self.course.attempts();
        self.original.give_up_attempts(attempts, |_| true);
        let failure = Failure {
            code: status.code(),
            pushback,
            can_replay: self.original.can_replay(),
        };
        let throttle = self.throttle.as_ref();
        match self.course.failed(&self.policy, failure, throttle) {
            Next::Again(pause) => {
                let pause = self.draw(pause);
                self.tell(pause, status, answer.extensions().get().cloned());
                Err(Onward::Pause(pause, Box::new(answer)))
            }
            Next::End(why) => {
                self.original.give_up(why);
                Ok(self.original.finish(answer))
            }
        }
    }

    /// The pause, with its jitter: from 0.8 to 1.2 of its length, also of the longest one (C-11).
    ///
    /// What a server asks for is taken as it is: it knows for whom else it has said so.
    fn draw(&mut self, pause: Pause) -> Duration {
        match pause {
            Pause::Exactly(pause) => pause,
            Pause::Backoff(pause) => {
                let seed = self.seed;
                let rng = self
                    .rng
                    .get_or_insert_with(|| seed.map_or_else(Rng::new, Rng::with_seed));
                let factor = 0.8 + 0.4 * rng.f64();
                Duration::try_from_secs_f64(pause.as_secs_f64() * factor).unwrap_or(Duration::MAX)
            }
        }
    }

    /// Tells of the attempt that failed, and for what the call waits now (T-25).
    fn tell(&self, pause: Duration, status: Status, peer: Option<Peer>) {
        let Some(slot) = self.original.context().progress() else {
            return;
        };
        let error = Arc::new(status);
        let attempt = Attempt::new(error.code(), Again::Retry).with_delay(pause);
        let attempt = match peer {
            Some(peer) => attempt.with_peer(peer),
            None => attempt,
        };
        slot.repeat(attempt.with_error(error.clone()));
        slot.wait(move || {
            let millis = pause.as_millis();
            let what = format!("the pause of {millis} ms after an attempt that failed");
            Waiting::new(Stage::Pause, what).with_last_error(error.clone())
        });
    }

    /// ## Pausing → Sent, if the request is still there
    ///
    /// A stream may fail in the pause, in the hands of somebody who has made a clone of it further out; then the last failure
    /// is the call's.
    fn again(&mut self) -> Option<Sending<S, Body>> {
        if let Some(slot) = self.original.context().told() {
            slot.go_on();
        }
        let previous = self.course.attempts() - 1;
        let request = self.original.attempt(previous, previous)?;
        Some(Sending::new(self.service.clone(), request))
    }

    /// The call is this attempt's from now on; its success is counted when it is known.
    fn commit(&mut self, answer: Answer<R>) -> Answer<R> {
        let success = Success::of(answer.status(), self.throttle.take());
        self.original
            .finish(answer.map(|body| body.counted(success)))
    }
}

impl<S: Service<Request<Body>>, R: http_body::Body> fmt::Debug for ResponseFuture<S, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let attempts = self.call.as_ref().map(|call| call.course.attempts());
        f.debug_struct("ResponseFuture")
            .field("attempts", &attempts)
            .finish_non_exhaustive()
    }
}

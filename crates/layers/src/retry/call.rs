use std::{
    mem,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use fastrand::Rng;
use http::{Request, Response};
use tokio::time::{self, Sleep};
use tower_service::Service;
use ziggurat_protocol::{
    Body, BoxError, Outcome, Peer, Status, response,
    response::Pushback,
    status::progress::{Again, Stage, Waiting},
};

use super::{
    ResponseBody, RetryPolicy, Throttle,
    body::Held,
    course::{Course, Next, Pause},
};
use crate::attempts::{Failure, Original, Sending, Success, told};

/// A call that may be sent again: does what its [`Course`] says.
///
/// In a box of its own: a call without a policy has no room for it.
pub(super) struct Call<S: Service<Request<Body>>, R: http_body::Body> {
    /// A clone of it goes with each attempt after the first.
    service: S,
    /// What attempts are made of, and who is told of them.
    original: Original,
    /// Which failures are retried, how often and how soon.
    policy: Arc<RetryPolicy>,
    /// Until it goes with the answer that the call is committed to.
    throttle: Option<Throttle>,
    /// How many attempts there were, and what that allows.
    course: Course,
    /// For the jitter; made at the first pause.
    rng: Option<Rng>,
    /// What is waited for after the first attempt.
    state: State<S, R>,
}

/// What the call waits for.
///
/// ```text
///              ┌───────────────────────┐
///              ▼                       │
///   ───▶ First, Again ── a failure ─▶ Pausing
///              │ headers               ▲
///              ▼                       │ failing trailers
///           answer ◀── what else ── Looking     if the policy waits for what follows headers
/// ```
enum State<S: Service<Request<Body>>, R: http_body::Body> {
    /// An attempt after the first.
    Again(Pin<Box<Sending<S, Body>>>),
    /// What follows the headers of an answer, before the call is committed to it.
    Looking(Box<Response<Pin<Box<R>>>>),
    /// The failure is the call's should there be no next attempt after all.
    Pausing(Pin<Box<Sleep>>, Box<Answer<R>>),
    /// Nothing: the first attempt, which the call's future has, is not over yet, or the call is.
    Over,
}

/// The answer of a call.
type Answer<R> = Response<ResponseBody<R>>;

/// What an attempt comes to: the call's answer, or what is next.
type Judged<S, R> = Result<Answer<R>, State<S, R>>;

impl<S: Service<Request<Body>>, R: http_body::Body> Call<S, R> {
    /// Makes this request the first attempt; others will be sent by this service.
    pub(super) fn of(
        service: S,
        request: &mut Request<Body>,
        policy: Arc<RetryPolicy>,
        throttle: Option<Throttle>,
        seed: Option<u64>,
    ) -> Box<Self> {
        let mut call = Box::new(Self {
            service,
            original: Original::of(request),
            policy,
            throttle,
            course: Course::new(),
            rng: seed.map(Rng::with_seed),
            state: State::Over,
        });
        // Where it stays, for it is large.
        call.original.keep(request);
        call
    }

    /// How many attempts have begun.
    pub(super) fn attempts(&self) -> u32 {
        self.course.attempts()
    }
}

impl<S, R> Call<S, R>
where
    S: Service<Request<Body>, Response = Response<R>> + Clone,
    R: http_body::Body,
    R::Error: Into<BoxError>,
{
    /// Goes from state to state until the call has an answer. What is over is dropped before the next begins.
    pub(super) fn poll(
        &mut self,
        mut first: Pin<&mut Option<S::Future>>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Answer<R>, S::Error>> {
        let mut judged = match first.as_mut().as_pin_mut() {
            Some(attempt) => {
                let answer = ready!(attempt.poll(cx));
                first.set(None);
                self.answered(answer?)
            }
            None => ready!(self.poll_state(cx))?,
        };
        loop {
            match judged {
                Ok(answer) => return Poll::Ready(Ok(answer)),
                Err(next) => self.state = next,
            }
            judged = ready!(self.poll_state(cx))?;
        }
    }

    /// What comes after the first attempt.
    fn poll_state(&mut self, cx: &mut Context<'_>) -> Poll<Result<Judged<S, R>, S::Error>> {
        Poll::Ready(Ok(match mem::replace(&mut self.state, State::Over) {
            State::Again(mut attempt) => match attempt.as_mut().poll(cx) {
                Poll::Ready(answer) => {
                    drop(attempt);
                    self.answered(answer?)
                }
                Poll::Pending => return self.stay(State::Again(attempt)),
            },
            State::Looking(mut answer) => match answer.body_mut().as_mut().poll_frame(cx) {
                Poll::Ready(frame) => self.followed(*answer, frame),
                Poll::Pending => return self.stay(State::Looking(answer)),
            },
            State::Pausing(mut pause, failed) => match pause.as_mut().poll(cx) {
                Poll::Ready(()) => self.again(*failed),
                Poll::Pending => return self.stay(State::Pausing(pause, failed)),
            },
            State::Over => panic!("polled after it was ready"),
        }))
    }

    /// Puts back a state that goes on.
    fn stay<T>(&mut self, state: State<S, R>) -> Poll<T> {
        self.state = state;
        Poll::Pending
    }

    /// ## First, Again → the answer, Looking or Pausing
    ///
    /// Headers of which nothing says that they are all commit the call (C-13); a Trailers-Only answer says how it ended.
    fn answered(&mut self, mut answer: Response<R>) -> Judged<S, R> {
        let success = match Outcome::of(&answer) {
            Outcome::Committed if self.policy.retries_after_headers() => {
                return Err(State::Looking(Box::new(answer.map(Box::pin))));
            }
            Outcome::Finished {
                result: Err(status),
                pushback,
                ..
            } => return self.failed(status, pushback, answer.map(ResponseBody::plain)),
            Outcome::Finished { .. } => {
                self.throttle.iter().for_each(Throttle::succeed);
                Success::uncounted()
            }
            // Headers; or what a later version of the outcome says, which is the answer too.
            _ => Success::of(self.throttle.take()),
        };
        self.original.finish(&mut answer);
        Ok(answer.map(|body| ResponseBody::new(body, success)))
    }

    /// ## Looking → the answer, or Pausing (C-13)
    ///
    /// Only trailers that say so are a failure here: what is cut off after its headers may have been acted on.
    fn followed(&mut self, answer: Response<Pin<Box<R>>>, frame: Held<R>) -> Judged<S, R> {
        let trailers = match &frame {
            Some(Ok(frame)) => frame.trailers_ref(),
            _ => None,
        };
        if let Some(trailers) = trailers
            && let Err(status) = response::trailers(answer.status(), trailers)
        {
            let pushback = Pushback::of(trailers);
            let answer = answer.map(|body| ResponseBody::looked(body, frame, Success::uncounted()));
            return self.failed(status, pushback, answer);
        }
        let success = Success::of(self.throttle.take());
        let mut answer = answer.map(|body| ResponseBody::looked(body, frame, success));
        self.original.finish(&mut answer);
        Ok(answer)
    }

    /// An attempt failed: the next one waits, or this is the call's answer.
    fn failed(
        &mut self,
        status: Status,
        pushback: Option<Pushback>,
        mut answer: Answer<R>,
    ) -> Judged<S, R> {
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
                // tokio takes whatever is too long as far away.
                let pause = Box::pin(time::sleep(pause));
                Err(State::Pausing(pause, Box::new(answer)))
            }
            Next::End(why) => {
                self.original.give_up(why);
                self.original.finish(&mut answer);
                Ok(answer)
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
                let rng = self.rng.get_or_insert_with(Rng::new);
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
        slot.repeat(told(Again::Retry, &error, peer).with_delay(pause));
        slot.wait(move || {
            let millis = pause.as_millis();
            let what = format!("the pause of {millis} ms after an attempt that failed");
            Waiting::new(Stage::Pause, what).with_last_error(error.clone())
        });
    }

    /// ## Pausing → Again, if the request is still there
    ///
    /// A stream may fail in the pause, in the hands of somebody who has made a clone of it further out; then the last failure
    /// is the call's.
    fn again(&mut self, mut failed: Answer<R>) -> Judged<S, R> {
        if let Some(slot) = self.original.context().told() {
            slot.go_on();
        }
        let previous = self.course.attempts() - 1;
        let Some(request) = self.original.attempt(previous, previous) else {
            self.original.finish(&mut failed);
            return Ok(failed);
        };
        let attempt = Sending::new(self.service.clone(), request);
        Err(State::Again(Box::pin(attempt)))
    }
}

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use http::{Request, Response};
use tokio::time::{self, Sleep};
use tower_service::Service;
use ziggurat_protocol::{
    Body, Outcome, Peer, Status,
    response::Pushback,
    status::progress::{Again, Attempt, GaveUp, Stage, Waiting},
};

use super::{
    HedgingPolicy, ResponseBody, Throttle,
    course::{Course, Next},
    running::{First, Others},
};
use crate::attempts::{Failure, Original, Sending, Success, told};

/// A call that may be sent several times at once: does what its [`Course`] says.
///
/// In a box of its own: a call without a policy has no room for it.
pub(super) struct Call<S: Service<Request<Body>>, R> {
    /// A clone of it goes with each attempt after the first.
    service: S,
    /// What attempts are made of, and who is told of them.
    original: Original,
    /// Which attempts run, and what is next: the table that this only carries out.
    course: Course,
    /// The attempts after the first, which stands in the call's future.
    others: Others<S>,
    /// Until it goes with the answer that the call is committed to.
    throttle: Option<Throttle>,
    /// When the course is asked again.
    timer: Timer,
    /// The last failure, if there was one: in a box, since most calls have none.
    last: Option<Box<Failed<R>>>,
}

/// When the next attempt is due.
enum Timer {
    /// Not by itself: all have begun, or none may.
    Never,
    /// As soon as those that run were polled: one may be answered at once.
    Now,
    /// Later; in a box, for it must stay in its place.
    At(Pin<Box<Sleep>>),
}

/// The attempt that failed last: its answer is the call's if no other comes.
struct Failed<R> {
    /// As it came.
    answer: Response<R>,
    /// What is told of it once another attempt begins; `None` if that is told, for others ran when it failed.
    untold: Option<Attempt>,
}

/// The answer of a call.
type Answer<R> = Response<ResponseBody<R>>;

impl<S: Service<Request<Body>>, R> Call<S, R> {
    /// Makes this request the first attempt; others will be sent by this service.
    pub(super) fn of(
        service: S,
        request: &mut Request<Body>,
        policy: Arc<HedgingPolicy>,
        throttle: Option<Throttle>,
    ) -> Box<Self> {
        let mut call = Box::new(Self {
            service,
            original: Original::of(request),
            course: Course::new(policy),
            others: Others::none(),
            throttle,
            timer: Timer::Never,
            last: None,
        });
        // Where it stays, for it is large.
        call.original.keep(request);
        call
    }

    /// How many attempts have begun.
    pub(super) fn attempts(&self) -> u32 {
        self.course.begun()
    }
}

/// What happens.
impl<S, R> Call<S, R>
where
    S: Service<Request<Body>, Response = Response<R>> + Clone,
    R: http_body::Body,
{
    /// Attempts first, for an answer that is there beats a timer that is due. Each is polled once, those too that begin
    /// meanwhile: who was polled wakes the call.
    ///
    /// Of answers that come with an overflow only one counts, that of the attempt which is ahead: the others may have
    /// failed since what they had still to send is gone.
    pub(super) fn poll(
        &mut self,
        mut first: Pin<&mut First<S>>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Answer<R>, S::Error>> {
        if self.course.begun() == 0 {
            // The first attempt was there from the start.
            let next = self.course.begin();
            self.follow(next, first.as_mut());
        }
        let mut unpolled = 0;
        loop {
            let given = self.others.poll(unpolled, first.as_mut(), cx);
            if let Some(answer) = self.overflowed(first.as_mut(), cx) {
                return Poll::Ready(Ok(answer));
            }
            let ended = match given {
                Poll::Ready((attempt, answer)) => {
                    unpolled = attempt + 1;
                    match answer {
                        _ if !self.course.is_running(attempt) => None,
                        Ok(answer) => self.answered(attempt, answer, first.as_mut()),
                        Err(error) => {
                            self.cancel(first, None);
                            return Poll::Ready(Err(error));
                        }
                    }
                }
                Poll::Pending => {
                    unpolled = self.course.begun() as usize;
                    ready!(self.poll_timer(cx));
                    let next = self.course.due(self.against());
                    self.follow(next, first.as_mut())
                }
            };
            if let Some(answer) = ended {
                return Poll::Ready(Ok(answer));
            }
        }
    }

    /// Commits to the attempt that is ahead, if more was sent than may be kept (C-56).
    fn overflowed(&mut self, first: Pin<&mut First<S>>, cx: &mut Context<'_>) -> Option<Answer<R>> {
        let Poll::Ready(sent) = self.original.body()?.poll_overflow(cx) else {
            return None;
        };
        // Clones that somebody made further out come before those that are attempts.
        let others = sent.len().saturating_sub(self.course.begun() as usize);
        let next = self.course.overflowed(&sent[others..]);
        self.follow(next, first)
    }

    /// Waits until the next attempt is due. What it comes to is said by the table, which sets the timer anew.
    fn poll_timer(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        match &mut self.timer {
            Timer::Never => Poll::Pending,
            Timer::Now => Poll::Ready(()),
            Timer::At(sleep) => sleep.as_mut().poll(cx),
        }
    }

    /// What keeps another attempt from beginning.
    fn against(&self) -> Option<GaveUp> {
        if !self.original.can_replay() {
            return Some(GaveUp::TooLarge);
        }
        let is_throttled = self.throttle.as_ref().is_some_and(|all| !all.allows());
        is_throttled.then_some(GaveUp::Throttled)
    }

    /// An answer came: the call's, or a failure.
    ///
    /// Success counts at once if the call is over, else when its trailers say so (C-41).
    fn answered(
        &mut self,
        attempt: usize,
        mut answer: Response<R>,
        first: Pin<&mut First<S>>,
    ) -> Option<Answer<R>> {
        let success = match Outcome::of(&answer) {
            Outcome::Finished {
                result: Err(status),
                pushback,
                ..
            } => {
                let next = self.failed(attempt, answer, status, pushback);
                return self.follow(next, first);
            }
            Outcome::Finished { .. } => {
                self.throttle.iter().for_each(Throttle::succeed);
                Success::uncounted()
            }
            // Headers; or what a later version of the outcome says, which is the answer too.
            _ => Success::of(self.throttle.take()),
        };
        let next = self.course.answered(attempt);
        self.follow(next, first);
        self.original.finish(&mut answer);
        Some(answer.map(|body| ResponseBody::new(body, success)))
    }

    /// Keeps a failure as long as it may become the answer.
    fn failed(
        &mut self,
        attempt: usize,
        answer: Response<R>,
        status: Status,
        pushback: Option<Pushback>,
    ) -> Next {
        let begun = self.course.begun();
        self.original
            .give_up_attempts(begun, |other| other == attempt);
        let failure = Failure {
            code: status.code(),
            pushback,
            can_replay: self.original.can_replay(),
        };
        let next = self.course.failed(attempt, failure, self.throttle.as_ref());
        let peer = answer.extensions().get().cloned();
        let untold = match next {
            Next::End(_) => None,
            _ => self.tell(next, status, peer),
        };
        self.last = Some(Box::new(Failed { answer, untold }));
        next
    }
}

/// What follows.
impl<S, R> Call<S, R>
where
    S: Service<Request<Body>> + Clone,
{
    /// Does what is next; gives the answer if that is the end.
    fn follow(&mut self, mut next: Next, first: Pin<&mut First<S>>) -> Option<Answer<R>> {
        while next == Next::Begin {
            next = self.begin();
        }
        match next {
            Next::BeginAfter(Duration::ZERO) => self.timer = Timer::Now,
            // tokio takes whatever is too long as far away.
            Next::BeginAfter(pause) => self.timer = Timer::At(Box::pin(time::sleep(pause))),
            Next::Rest => self.timer = Timer::Never,
            Next::Keep(attempt) => self.cancel(first, Some(attempt)),
            Next::End(why) => {
                self.cancel(first, None);
                return Some(self.end(why));
            }
            Next::Begin | Next::Wait => {}
        }
        None
    }

    /// Cancels all attempts but one, which runs on or has just ended, and lets go of the request (C-27).
    fn cancel(&mut self, first: Pin<&mut First<S>>, kept: Option<usize>) {
        self.timer = Timer::Never;
        let begun = self.course.begun();
        let is_lost = |attempt| Some(attempt) != kept;
        self.original.give_up_attempts(begun, is_lost);
        self.original.let_go();
        self.others.cancel(first, kept);
    }

    /// One more attempt, and when the next one is due.
    ///
    /// The request may be lost between a look at it and its clone, for its stream may fail on another thread.
    fn begin(&mut self) -> Next {
        let Some(request) = (self.original).attempt(self.course.begun(), self.course.failures())
        else {
            return self.course.due(Some(GaveUp::TooLarge));
        };
        self.go_on();
        self.others
            .push(Sending::new(self.service.clone(), request));
        self.course.begin()
    }

    /// The last failure is the answer.
    fn end(&mut self, why: Option<GaveUp>) -> Answer<R> {
        let last = self.last.take();
        let Failed { mut answer, .. } = *last.expect("an attempt has failed");
        self.original.give_up(why);
        self.original.finish(&mut answer);
        answer.map(ResponseBody::plain)
    }
}

/// What is told (T-25).
impl<S: Service<Request<Body>>, R> Call<S, R> {
    /// Tells of an attempt that failed, if there is another. One that may yet come to be the answer is kept until it is
    /// known that it is not, and the call tells that it waits.
    fn tell(&self, next: Next, status: Status, peer: Option<Peer>) -> Option<Attempt> {
        let slot = self.original.context().progress()?;
        let error = Arc::new(status);
        let mut attempt = told(Again::Hedge, &error, peer);
        if let Next::BeginAfter(pause) = next {
            attempt = attempt.with_delay(pause);
        }
        if next == Next::Begin || self.course.is_any_running() {
            slot.repeat(attempt);
            return None;
        }
        slot.wait(move || {
            let what = "the pause that the server asked for after an attempt that failed";
            Waiting::new(Stage::Pause, what).with_last_error(error.clone())
        });
        Some(attempt)
    }

    /// Another attempt begins: the last failure is not the answer.
    fn go_on(&mut self) {
        let untold = self.last.as_mut().and_then(|last| last.untold.take());
        if let (Some(attempt), Some(slot)) = (untold, self.original.context().told()) {
            slot.go_on();
            slot.repeat(attempt);
        }
    }
}

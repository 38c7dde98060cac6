//! What calls and handles share with the task: the version, the queue, and who wakes whom.

use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll, ready},
};

use arc_swap::ArcSwap;
use tokio::sync::{oneshot, watch};
use ziggurat_transport::{
    Error, Target,
    channel::{
        EndpointStatus, State,
        many::{Asking, Balancer, Leasing, List, Ticket},
    },
    progress::{Course, Stage, Waiting},
};

use super::{
    events,
    queue::{Answer, Queue},
    signal::Signal,
    version::{Choice, Version},
    work::{Asked, Came, Parts, Work},
};
use crate::policy::Outlook;

/// The channel, as its calls and handles have it; the task does not keep it.
pub(super) struct Core<S> {
    itself: Weak<Self>,
    start: Start<S>,
    target: Target,
    /// What finds the endpoints, for messages.
    resolver: String,
    current: ArcSwap<Version<S>>,
    waiting: Mutex<Waits<S>>,
    signal: Arc<Signal>,
    states: watch::Sender<State>,
    /// The number of the version, for those who look at endpoints.
    changes: watch::Sender<u64>,
    cut: watch::Sender<bool>,
    /// The last call that came: the number of its ticket, and one more.
    calls: AtomicU64,
}

/// What starts the task, with what it works with.
pub(super) type Start<S> = fn(Weak<Core<S>>, Box<Work<S>>);

/// Who waits: calls for a version, or the task for a call. Versions are published under its lock.
struct Waits<S> {
    queue: Queue<S>,
    /// What the task works with, while there is none: the channel is idle.
    parked: Option<Box<Work<S>>>,
    /// A handle wants a connection.
    is_wanted: bool,
    /// How often one has asked for it.
    requests: u64,
    closed: Option<Error>,
    /// The number of the last version.
    last: u64,
}

impl<S> Waits<S> {
    /// Whether a call or a handle waits for a connection.
    fn is_asked(&self) -> bool {
        self.is_wanted || !self.queue.is_empty()
    }
}

impl<S: Clone + Send + 'static> Core<S> {
    pub(super) fn new(parts: Parts<S>, start: Start<S>) -> Arc<Self> {
        let signal = Arc::new(Signal::default());
        let maker = &parts.maker;
        let (target, cut) = (maker.target().clone(), maker.cut().clone());
        let name = parts.resolver.name().into_owned();
        let work = Work::new(parts, signal.clone());
        Arc::new_cyclic(|itself| Self {
            itself: itself.clone(),
            start,
            target,
            resolver: name,
            current: ArcSwap::from_pointee(Version::empty(0, &Outlook::queueing(State::Idle))),
            waiting: Mutex::new(Waits {
                queue: Queue::new(),
                parked: Some(Box::new(work)),
                is_wanted: false,
                requests: 0,
                closed: None,
                last: 0,
            }),
            signal,
            states: watch::Sender::new(State::Idle),
            changes: watch::Sender::new(0),
            cut,
            calls: AtomicU64::new(0),
        })
    }

    /// Starts the task, if the channel is idle; else tells it that somebody waits, if nobody did.
    fn start(&self, mut waits: MutexGuard<'_, Waits<S>>, is_news: bool) {
        let parked = waits.parked.take();
        drop(waits);
        match parked {
            Some(work) => (self.start)(self.itself.clone(), work),
            None if is_news => self.signal.is_asked(),
            // The policy knows, or is about to.
            None => {}
        }
    }
}

/// For the task.
impl<S> Core<S> {
    fn waits(&self) -> MutexGuard<'_, Waits<S>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Who waits, and whether calls came.
    pub(super) fn asked(&self) -> Asked {
        let waits = self.waits();
        Asked {
            is_asked: waits.is_asked(),
            came: Came {
                last_call: self.calls.load(Ordering::Relaxed),
                requests: waits.requests,
            },
        }
    }

    pub(super) fn is_closed(&self) -> bool {
        self.waits().closed.is_some()
    }

    /// Replaces the version, and picks anew for all who wait.
    pub(super) fn publish(&self, version: impl FnOnce(u64) -> Version<S>) {
        let mut waits = self.waits();
        if waits.closed.is_none() {
            let news = self.publish_under(&mut waits, version);
            drop(waits);
            self.tell(news);
        }
    }

    /// Tells the log of another state; outside of locks, for it may do anything.
    fn tell(&self, news: Option<State>) {
        if let Some(state) = news {
            events::state(&self.target, state);
        }
    }

    /// Tells the state if it is another than before.
    fn publish_under(
        &self,
        waits: &mut Waits<S>,
        version: impl FnOnce(u64) -> Version<S>,
    ) -> Option<State> {
        waits.last += 1;
        let version = Arc::new(version(waits.last));
        let state = version.state;
        // First those who wait: who comes meanwhile finds the version before, and stands behind them (G-21).
        waits.queue.run(&version);
        self.current.store(version);
        if matches!(state, State::Ready | State::TransientFailure) {
            waits.is_wanted = false;
        }
        self.changes.send_replace(waits.last);
        let is_new = self.states.send_if_modified(|told| {
            let is_new = *told != state;
            *told = state;
            is_new
        });
        is_new.then_some(state)
    }

    /// ## any → Idle, unless somebody waits (D-30, D-31)
    ///
    /// The task is over then; the next call starts it with what it worked with.
    pub(super) fn rest(&self, work: Box<Work<S>>) -> Result<(), Box<Work<S>>> {
        let mut waits = self.waits();
        if waits.closed.is_some() || waits.is_asked() {
            return Err(work);
        }
        let news = self.park(&mut waits, work);
        drop(waits);
        self.tell(news);
        Ok(())
    }

    fn park(&self, waits: &mut Waits<S>, mut work: Box<Work<S>>) -> Option<State> {
        let idle = |number| Version::empty(number, &Outlook::queueing(State::Idle));
        let news = self.publish_under(waits, idle);
        work.let_go();
        waits.parked = Some(work);
        news
    }

    /// ## any → Idle: the task was dropped, with its runtime
    pub(super) fn stopped(&self, work: Box<Work<S>>) {
        let mut waits = self.waits();
        waits.is_wanted = false;
        waits.queue.fail(&Error::stopped(&self.target));
        if waits.closed.is_none() {
            self.park(&mut waits, work);
        }
    }

    /// Why nobody answers a call that waits.
    fn stop(&self) -> Error {
        let closed = self.waits().closed.clone();
        closed.unwrap_or_else(|| Error::stopped(&self.target))
    }

    /// ## any → Shutdown: it cannot go on
    pub(super) fn end(&self, error: Error) {
        let mut waits = self.waits();
        if waits.closed.is_some() {
            return;
        }
        let mut failing = Outlook::dropping(error.clone());
        failing.state = State::Shutdown;
        self.publish_under(&mut waits, |number| Version::empty(number, &failing));
        waits.queue.fail(&error);
        waits.closed = Some(error);
        let parked = waits.parked.take();
        drop(waits);
        drop(parked);
        self.signal.wake();
    }
}

impl<S: Clone + Send + 'static> Balancer<S> for Core<S> {
    fn target(&self) -> &Target {
        &self.target
    }

    fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    fn states(&self) -> watch::Receiver<State> {
        self.states.subscribe()
    }

    fn lease(&self, asking: &Asking<'_>) -> Result<Leasing<S>, Error> {
        let call = asking.ticket.number().wrapping_add(1);
        self.calls.store(call, Ordering::Relaxed);
        loop {
            let version = self.current.load();
            match version.choose(asking) {
                Choice::Found(leasing) => return Ok(leasing),
                Choice::Fail(error) => return Err(error),
                Choice::Queue | Choice::Later => {}
            }
            let mut waits = self.waits();
            if self.current.load().number != version.number {
                // What came meanwhile may have one.
                continue;
            }
            let is_news = !waits.is_asked();
            let answer = waits.queue.push(asking);
            self.start(waits, is_news);
            let core = self.itself.upgrade().expect("it is called");
            return Ok(Leasing::Queued(Box::pin(Place {
                core,
                ticket: asking.ticket,
                answer: Some(answer),
            })));
        }
    }

    fn request(&self) -> (State, Option<Error>) {
        let mut waits = self.waits();
        waits.requests = waits.requests.wrapping_add(1);
        let state = *self.states.borrow();
        if waits.closed.is_none() && state != State::Ready {
            let is_news = !waits.is_asked();
            waits.is_wanted = true;
            self.start(waits, is_news);
        }
        let version = self.current.load();
        (version.state, version.failure())
    }

    fn reset_backoff(&self) {
        self.signal.is_back();
    }

    fn close(&self) {
        self.end(Error::shutdown(&self.target));
    }

    fn cut(&self) -> &watch::Sender<bool> {
        &self.cut
    }
}

impl<S: Send> List for Core<S> {
    fn list(&self) -> Vec<EndpointStatus> {
        let version = self.current.load();
        let list = version.endpoints.list();
        list.map(|(key, mut status)| {
            status.reported = version.reported(key);
            status
        })
        .collect()
    }
}

impl<S: Send> Course for Core<S> {
    fn waiting(&self) -> Waiting {
        let version = self.current.load();
        let Self {
            target, resolver, ..
        } = self;
        let (stage, what) = if version.has_endpoints() {
            let what = format!("a server of {target} that is ready");
            (Stage::Connection, what)
        } else {
            (
                Stage::Name,
                format!("name resolution of {target} by {resolver}"),
            )
        };
        Waiting::new(stage, what, version.failure())
    }
}

/// A call that waits for an endpoint. Dropping it leaves the queue, and gives back what came meanwhile.
struct Place<S> {
    core: Arc<Core<S>>,
    ticket: Ticket,
    /// `None` once it has answered.
    answer: Option<oneshot::Receiver<Answer<S>>>,
}

impl<S> Future for Place<S> {
    type Output = Answer<S>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Answer<S>> {
        let answer = self.answer.as_mut().expect("polled once after its end");
        let answered = ready!(Pin::new(answer).poll(cx));
        self.answer = None;
        Poll::Ready(match answered {
            Ok(answer) => answer,
            Err(_) => Err(self.core.stop()),
        })
    }
}

impl<S> Drop for Place<S> {
    fn drop(&mut self) {
        if self.answer.is_some() {
            self.core.waits().queue.remove(self.ticket);
        }
    }
}

/// The last handle and the last call are gone: the task ends (D-5).
impl<S> Drop for Core<S> {
    fn drop(&mut self) {
        self.states.send_replace(State::Shutdown);
        self.signal.wake();
    }
}

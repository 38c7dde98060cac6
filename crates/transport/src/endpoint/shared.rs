//! What holds an endpoint together: the one lock around [`Life`], and those who are told what comes of it.
//!
//! Every method locks, tells, and unlocks before anybody is woken. Tasks hold an [`Observer`], which does not keep the endpoint
//! alive; a channel and its queued calls hold an [`Endpoint`](super::Endpoint), which does.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

use tokio::{sync::watch, time::Instant};
use ziggurat_connect::Target;

use super::{
    Prepare, State,
    dial::{BoxFuture, Dial, Dialed},
    ends::End,
    events,
    fate::Fate,
    handle::Server,
    lease::Streams,
    life::{Admission, Life, Plan},
    pool::Id,
    queue::{Patience, Ticket},
    standing::Watch,
    status::{EndpointStatus, List},
};
use crate::{
    Connection, Error, RequestBody,
    connection::Pulse,
    error::Kind,
    progress::{Course, Stage, Waiting},
};

/// One server: connects when it is asked to, and gives leases to those who send.
///
/// It holds the only lasting handles to the connections: when it goes, an attempt stops and a connection ends.
pub(super) struct Shared<L: Prepare<B>, B: RequestBody> {
    /// Itself, for the tasks that it starts.
    observer: Observer<L, B>,
    /// Makes of each connection what calls are sent by.
    layer: L,
    /// Makes the connections, and knows the target.
    dial: Box<dyn Dial<B>>,
    /// Starts the task of an attempt.
    start: Start<L, B>,
    /// All that changes. It is locked for a step at a time, and nothing is awaited or woken meanwhile.
    life: Mutex<Life<L::Service>>,
    /// How it stands, for handles; sent only when it is another than before.
    states: watch::Sender<State>,
    /// True when running calls are to end. Each task holds a receiver as long as it runs.
    cut: watch::Sender<bool>,
    /// Who chooses among several, if there are.
    watch: Option<Arc<dyn Watch>>,
}

/// What an endpoint has in common with others.
pub(crate) struct Around {
    /// True when running calls are to end, of all that share it.
    pub(crate) cut: watch::Sender<bool>,
    /// Who chooses among several.
    pub(crate) watch: Option<Arc<dyn Watch>>,
}

impl Default for Around {
    fn default() -> Self {
        Self {
            cut: watch::Sender::new(false),
            watch: None,
        }
    }
}

/// For those who must not keep the endpoint alive: its tasks.
pub(super) struct Observer<L: Prepare<B>, B: RequestBody>(Weak<Shared<L, B>>);

/// What makes a planned attempt, on a task of its own that holds the receiver until it ends.
pub(super) type Start<L, B> = fn(Observer<L, B>, Plan, watch::Receiver<bool>);

impl<L: Prepare<B>, B: RequestBody> Shared<L, B> {
    /// An endpoint with this state, which is that of no connection.
    ///
    /// Nothing happens before the first call, or the first handle that asks for a connection.
    pub(super) fn new(
        layer: L,
        dial: impl Dial<B> + 'static,
        start: Start<L, B>,
        life: Life<L::Service>,
        around: Around,
    ) -> Arc<Self> {
        let Around { cut, watch } = around;
        Arc::new_cyclic(|itself| Self {
            observer: Observer(itself.clone()),
            layer,
            dial: Box::new(dial),
            start,
            states: watch::Sender::new(life.state()),
            life: Mutex::new(life),
            cut,
            watch,
        })
    }

    /// Locks the state; a lock that a panic has poisoned is used all the same.
    fn life(&self) -> MutexGuard<'_, Life<L::Service>> {
        self.life.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Under the lock, so that states are told in their order.
    ///
    /// Tells handles the state, and who chooses among several how it stands and how many calls it has.
    fn publish(&self, life: &mut Life<L::Service>) {
        if let Some(watch) = &self.watch {
            watch.stands(life.standing());
            watch.load(life.load());
        }
        let state = life.state();
        self.states.send_if_modified(|told| {
            let is_new = *told != state;
            *told = state;
            is_new
        });
    }

    /// Under the lock, so that the last word is the last.
    ///
    /// Tells how many calls it has, where nothing else can have changed: a call that gets a stream at once costs no more.
    fn tell_load(&self, life: &Life<L::Service>) {
        if let Some(watch) = &self.watch {
            watch.load(life.load());
        }
    }

    /// Tells the life what happened, and does what it wants done then.
    ///
    /// The attempt that this asks for is started behind the lock, for it spawns a task.
    fn act<T>(&self, happened: impl FnOnce(&mut Life<L::Service>, Instant) -> T) -> T {
        let now = Instant::now();
        let mut life = self.life();
        let outcome = happened(&mut life, now);
        let plan = life.plan(now);
        self.publish(&mut life);
        drop(life);
        if let Some(plan) = plan {
            (self.start)(self.observer.clone(), plan, self.cut.subscribe());
        }
        outcome
    }
}

impl<L: Prepare<B>, B: RequestBody> Server<L::Service> for Shared<L, B> {
    fn target(&self) -> &Target {
        self.dial.target()
    }

    fn states(&self) -> &watch::Sender<State> {
        &self.states
    }

    fn cut(&self) -> &watch::Sender<bool> {
        &self.cut
    }

    fn admit(&self, ticket: Ticket, patience: Patience) -> Admission<L::Service> {
        let mut life = self.life();
        let admission = life.admit(ticket, patience);
        let is_crowded = life.is_crowded();
        self.tell_load(&life);
        drop(life);
        // What it waits for may have to be started.
        if is_crowded || matches!(admission, Admission::Queued(_)) {
            self.act(|_, _| ());
        }
        admission
    }

    fn leave(&self, ticket: Ticket) {
        let mut life = self.life();
        life.leave(ticket, Instant::now());
        self.tell_load(&life);
    }

    fn uncount(&self, is_more: bool) {
        let mut life = self.life();
        life.uncount(is_more);
        self.tell_load(&life);
    }

    fn state(&self) -> State {
        self.life().state()
    }

    fn request(&self) -> (State, Option<Error>) {
        self.act(Life::request);
        let life = self.life();
        (life.state(), life.failure().cloned())
    }

    fn reset_backoff(&self) {
        self.act(Life::reset_backoff);
    }

    fn let_go(&self) {
        self.act(|life, _| life.let_go());
    }

    fn close(&self) {
        let error = Error::shutdown(self.target());
        self.act(|life, _| life.close(error));
    }
}

/// For tasks.
impl<L: Prepare<B>, B: RequestBody> Shared<L, B> {
    /// Starts an attempt, unless it is not wanted any more.
    ///
    /// The lock is not held while it dials; what came of it is told by [`connected`](Self::connected) or
    /// [`failed`](Self::failed).
    pub(super) fn begin(&self, id: Id) -> Option<BoxFuture<Dialed<B>>> {
        let pause = self.act(|life, now| life.begin(id, now))?;
        Some(self.dial.dial(pause))
    }

    /// An attempt gave a connection. Tells whether it is wanted.
    ///
    /// It has so many streams to begin with; its pulse says when it was read. One that is not wanted is dropped by its task.
    pub(super) fn connected(
        &self,
        id: Id,
        connection: Connection<B>,
        streams: usize,
        pulse: Pulse,
    ) -> bool {
        let service = self.layer.layer(connection);
        let taken = self.act(|life, now| life.connected(id, service, streams, pulse, now));
        if taken.is_ok() {
            events::connected(self.target());
        }
        taken.is_ok()
    }

    /// An attempt gave none, for this reason; says in the log how long the next one waits.
    pub(super) fn failed(&self, id: Id, error: Error) {
        let told = error.clone();
        let backoff = self.act(|life, now| life.failed(id, error, now));
        events::failed(self.target(), &told, backoff);
    }

    /// The server allows another number of streams at once.
    pub(super) fn set_streams(&self, id: Id, streams: usize) {
        self.act(|life, now| life.set_streams(id, streams, now));
    }

    /// A silent connection gave a sign of life.
    pub(super) fn recovered(&self) {
        self.act(Life::recovered);
    }

    /// How long a connection is to be used that was just made: up to a tenth more or less than was asked for, so that
    /// those of many clients do not all end at once.
    pub(super) fn max_age(&self) -> Option<Duration> {
        let age = self.life().max_age()?.max(LEAST_AGE);
        let spread = 1.0 + (fastrand::f64() - 0.5) / 5.0;
        Duration::try_from_secs_f64(age.as_secs_f64() * spread).ok()
    }

    /// A connection is as old as it may be.
    pub(super) fn aged(&self, id: Id) {
        self.act(|life, _| life.aged(id));
    }

    /// A connection takes no more requests.
    ///
    /// Without a reason it ended as it should. A server that complains of PINGs gets fewer from now on (E-8).
    pub(super) fn left(&self, id: Id, reason: Option<Error>) {
        let is_too_many_pings = reason.as_ref().is_some_and(Error::is_too_many_pings);
        if is_too_many_pings && let Some(interval) = self.dial.ping_less() {
            events::ping_less(self.target(), interval);
        }
        let end = reason.as_ref().map_or(End::Drained, ended_for);
        let error = reason.unwrap_or_else(|| Error::drained(self.target()));
        events::left(self.target(), &error);
        self.act(|life, now| life.left(id, Some(end), error, now));
    }

    /// The runtime ends; nothing can be started from here.
    pub(super) fn stopped(&self, id: Id) {
        let error = Error::stopped(self.target());
        let mut life = self.life();
        life.stopped(id, &error);
        self.publish(&mut life);
    }

    /// Lets go of the connections if there was no call for long; tells when to look again.
    pub(super) fn rest(&self) -> Option<Instant> {
        self.act(Life::rest)
    }
}

impl<L: Prepare<B>, B: RequestBody> Streams for Shared<L, B> {
    fn served(&self, id: Id) {
        self.life().served(id, Instant::now());
    }

    fn release(&self, id: Id, fate: Fate) {
        let mut life = self.life();
        let is_news = life.release(id, fate, Instant::now);
        self.tell_load(&life);
        drop(life);
        if is_news {
            self.act(|_, _| ());
        }
    }

    fn came_back(&self, id: Id, error: Error) {
        let end = ended_by(&error);
        self.act(|life, now| life.left(id, end, error, now));
    }

    fn is_hopeful(&self) -> bool {
        self.life().is_hopeful()
    }
}

/// The least that a connection is used, if it serves: a server is connected no more often (D-26).
const LEAST_AGE: Duration = Duration::from_secs(1);

/// How a connection ended, as its task tells.
///
/// A GOAWAY of NO_ERROR is how a server drains; one of another code is its complaint; all else is a loss.
fn ended_for(reason: &Error) -> End {
    match reason.kind() {
        Kind::GoAway { code, remote: true } if code == NO_ERROR => End::Drained,
        Kind::GoAway { remote: true, .. } => End::Dismissed,
        _ => End::Lost,
    }
}

/// How a connection ended, as far as a call learns it. If it is closed, its task tells why.
fn ended_by(error: &Error) -> Option<End> {
    (error.kind() != Kind::Closed).then(|| ended_for(error))
}

/// HTTP/2's code of a GOAWAY that ends a connection gracefully.
const NO_ERROR: u32 = 0;

impl<L: Prepare<B>, B: RequestBody> Course for Shared<L, B> {
    fn waiting(&self) -> Waiting {
        let target = self.dial.target();
        let life = self.life();
        if life.lacks_streams() {
            return Waiting {
                stage: Stage::Stream,
                what: format!("a free stream to {target}"),
                last_error: None,
            };
        }
        let last_error = life.failure().cloned();
        drop(life);
        let steps = self.dial.steps();
        let (stage, what) = if steps.is_resolving() {
            (Stage::Name, format!("name resolution of {target}"))
        } else {
            let told = steps.told().map(|told| format!(" ({told})"));
            let what = format!("a connection to {target}{}", told.unwrap_or_default());
            (Stage::Connection, what)
        };
        Waiting {
            stage,
            what,
            last_error,
        }
    }
}

impl<L: Prepare<B>, B: RequestBody> List for Shared<L, B> {
    fn list(&self) -> Vec<EndpointStatus> {
        let mut status = EndpointStatus::new(self.target().clone());
        let mut life = self.life();
        let standing = life.standing();
        status.calls = life.load();
        drop(life);
        status.stands(standing);
        vec![status]
    }
}

impl<L: Prepare<B>, B: RequestBody> Drop for Shared<L, B> {
    fn drop(&mut self) {
        self.states.send_replace(State::Shutdown);
    }
}

impl<L: Prepare<B>, B: RequestBody> Observer<L, B> {
    /// The endpoint, unless its last handle is gone.
    pub(super) fn endpoint(&self) -> Option<Arc<Shared<L, B>>> {
        self.0.upgrade()
    }
}

impl<L: Prepare<B>, B: RequestBody> Clone for Observer<L, B> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

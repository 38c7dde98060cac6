//! What holds an endpoint together: the one lock around [`Life`], and those who are told what comes of it.
//!
//! Every method locks, tells, and unlocks before anybody is woken. Tasks hold an [`Observer`], which does not keep the endpoint
//! alive; a channel and its queued calls hold [`Endpoint`], which does.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use tokio::{sync::watch, time::Instant};

use super::{
    Prepare, State,
    dial::{BoxFuture, Dial, Dialed},
    ends::End,
    events,
    fate::Fate,
    lease::{Lease, Streams},
    life::{Admission, Life, Plan},
    pool::{Grant, Id},
    queue::{Patience, Ticket},
};
use crate::{
    Connection, Error, RequestBody, Target,
    connection::Pulse,
    error::Kind,
    progress::{Course, Stage, Wait, Waiting},
};

/// One server: connects when it is asked to, and gives leases to those who send.
///
/// It holds the only lasting handles to the connections: when it goes, an attempt stops and a connection ends. Cloning it
/// is one reference count.
pub(crate) struct Endpoint<L: Prepare<B>, B: RequestBody>(Arc<Parts<L, B>>);

/// For those who must not keep the endpoint alive: its tasks.
pub(super) struct Observer<L: Prepare<B>, B: RequestBody>(Weak<Parts<L, B>>);

struct Parts<L: Prepare<B>, B: RequestBody> {
    layer: L,
    dial: Box<dyn Dial<B>>,
    start: Start<L, B>,
    life: Mutex<Life<L::Service>>,
    states: watch::Sender<State>,
    /// True when running calls are to end. Each task holds a receiver as long as it runs.
    cut: watch::Sender<bool>,
}

/// What makes a planned attempt, on a task of its own that holds the receiver until it ends.
pub(super) type Start<L, B> = fn(Observer<L, B>, Plan, watch::Receiver<bool>);

impl<L: Prepare<B>, B: RequestBody> Endpoint<L, B> {
    pub(super) fn with(
        layer: L,
        dial: impl Dial<B> + 'static,
        start: Start<L, B>,
        life: Life<L::Service>,
    ) -> Self {
        Self(Arc::new(Parts {
            layer,
            dial: Box::new(dial),
            start,
            states: watch::Sender::new(life.state()),
            life: Mutex::new(life),
            cut: watch::Sender::new(false),
        }))
    }

    pub(crate) fn target(&self) -> &Target {
        self.0.dial.target()
    }

    pub(crate) fn states(&self) -> watch::Receiver<State> {
        self.0.states.subscribe()
    }

    fn observer(&self) -> Observer<L, B> {
        Observer(Arc::downgrade(&self.0))
    }

    /// Tells the life what happened, and does what it wants done then.
    fn act<T>(&self, happened: impl FnOnce(&mut Life<L::Service>, Instant) -> T) -> T {
        let now = Instant::now();
        let mut life = self.0.life();
        let outcome = happened(&mut life, now);
        let plan = life.plan(now);
        self.0.publish(&life);
        drop(life);
        if let Some(plan) = plan {
            let cut = self.0.cut.subscribe();
            (self.0.start)(self.observer(), plan, cut);
        }
        outcome
    }
}

/// For calls.
impl<L: Prepare<B>, B: RequestBody> Endpoint<L, B> {
    /// A stream of a connection, a place among those who wait for one, or the reason why there is neither.
    pub(super) fn admit(&self, ticket: Ticket, patience: Patience) -> Admission<L::Service> {
        let mut life = self.0.life();
        let admission = life.admit(ticket, patience);
        let is_crowded = life.is_crowded();
        drop(life);
        // What it waits for may have to be started.
        if is_crowded || matches!(admission, Admission::Queued(_)) {
            self.act(|_, _| ());
        }
        admission
    }

    pub(super) fn lease(&self, grant: Grant<L::Service>) -> Lease<L::Service> {
        Lease::new(Arc::downgrade(&self.0) as Weak<dyn Streams>, grant)
    }

    /// What a call waits for, to be asked later.
    pub(super) fn wait(&self) -> Wait {
        Wait::new(Arc::downgrade(&self.0) as Weak<dyn Course>)
    }

    /// A call waits no longer.
    pub(super) fn leave(&self, ticket: Ticket) {
        self.0.life().leave(ticket, Instant::now());
    }
}

/// For handles.
impl<L: Prepare<B>, B: RequestBody> Endpoint<L, B> {
    pub(crate) fn state(&self) -> State {
        self.0.life().state()
    }

    /// Asks for a connection. Tells the state then, and why calls fail in it.
    pub(crate) fn request(&self) -> (State, Option<Error>) {
        self.act(Life::request);
        let life = self.0.life();
        (life.state(), life.failure().cloned())
    }

    pub(crate) fn reset_backoff(&self) {
        self.act(Life::reset_backoff);
    }

    pub(crate) fn close(&self) {
        let error = Error::shutdown(self.target());
        self.act(|life, _| life.close(error));
    }

    /// Ends running calls.
    pub(crate) fn cut(&self) {
        self.0.cut.send_replace(true);
    }

    /// Waits until no task is left.
    pub(crate) async fn drained(&self) {
        self.0.cut.closed().await;
    }
}

/// For tasks.
impl<L: Prepare<B>, B: RequestBody> Endpoint<L, B> {
    /// Starts an attempt, unless it is not wanted any more.
    pub(super) fn begin(&self, id: Id) -> Option<BoxFuture<Dialed<B>>> {
        let pause = self.act(|life, now| life.begin(id, now))?;
        Some(self.0.dial.dial(pause))
    }

    /// An attempt gave a connection. Tells whether it is wanted.
    pub(super) fn connected(
        &self,
        id: Id,
        connection: Connection<B>,
        streams: usize,
        pulse: Pulse,
    ) -> bool {
        let service = self.0.layer.layer(connection);
        let taken = self.act(|life, now| life.connected(id, service, streams, pulse, now));
        if taken.is_ok() {
            events::connected(self.target());
        }
        taken.is_ok()
    }

    pub(super) fn failed(&self, id: Id, error: Error) {
        let told = error.clone();
        let backoff = self.act(|life, now| life.failed(id, error, now));
        events::failed(self.target(), &told, backoff);
    }

    pub(super) fn set_streams(&self, id: Id, streams: usize) {
        self.act(|life, now| life.set_streams(id, streams, now));
    }

    /// A silent connection gave a sign of life.
    pub(super) fn recovered(&self) {
        self.act(Life::recovered);
    }

    /// A connection takes no more requests.
    pub(super) fn left(&self, id: Id, reason: Option<Error>) {
        let is_too_many_pings = reason.as_ref().is_some_and(Error::is_too_many_pings);
        if is_too_many_pings && let Some(interval) = self.0.dial.ping_less() {
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
        let mut life = self.0.life();
        life.stopped(id, &error);
        self.0.publish(&life);
    }

    /// Lets go of the connections if there was no call for long; tells when to look again.
    pub(super) fn rest(&self) -> Option<Instant> {
        self.act(Life::rest)
    }
}

impl<L: Prepare<B>, B: RequestBody> Parts<L, B> {
    fn life(&self) -> MutexGuard<'_, Life<L::Service>> {
        self.life.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Under the lock, so that states are told in their order.
    fn publish(&self, life: &Life<L::Service>) {
        let state = life.state();
        self.states.send_if_modified(|told| {
            let is_new = *told != state;
            *told = state;
            is_new
        });
    }
}

impl<L: Prepare<B>, B: RequestBody> Streams for Parts<L, B> {
    fn served(self: Arc<Self>, id: Id) {
        self.life().served(id, Instant::now());
    }

    fn release(self: Arc<Self>, id: Id, fate: Fate) {
        let is_news = self.life().release(id, fate, Instant::now);
        if is_news {
            Endpoint(self).act(|_, _| ());
        }
    }

    fn came_back(self: Arc<Self>, id: Id, error: Error) {
        let end = ended_by(&error);
        Endpoint(self).act(|life, now| life.left(id, end, error, now));
    }

    fn is_hopeful(&self) -> bool {
        self.life().is_hopeful()
    }
}

/// How a connection ended, as its task tells.
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

const NO_ERROR: u32 = 0;

impl<L: Prepare<B>, B: RequestBody> Course for Parts<L, B> {
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

impl<L: Prepare<B>, B: RequestBody> Drop for Parts<L, B> {
    fn drop(&mut self) {
        self.states.send_replace(State::Shutdown);
    }
}

impl<L: Prepare<B>, B: RequestBody> Observer<L, B> {
    /// The endpoint, unless its last handle is gone.
    pub(super) fn endpoint(&self) -> Option<Endpoint<L, B>> {
        self.0.upgrade().map(Endpoint)
    }
}

impl<L: Prepare<B>, B: RequestBody> Clone for Endpoint<L, B> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

//! What holds a channel together: the one lock around [`Life`], and those who are told what comes of it.
//!
//! Every method locks, tells, and unlocks before anybody is woken. Tasks hold an [`Observer`], which does not keep the channel
//! alive; handles, queued calls and unanswered calls hold [`Shared`], which does.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use tokio::{
    sync::{oneshot, watch},
    time::Instant,
};

use super::{
    Prepare, State,
    dial::{BoxFuture, Dial, Dialed},
    ends::End,
    events,
    fate::Fate,
    lease::{Lease, Stream, Streams},
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

/// What all handles of a channel and all its calls share.
///
/// It holds the only lasting handles to the connections: when it goes, an attempt stops and a connection ends.
pub(crate) struct Shared<L: Prepare<B>, B: RequestBody>(Arc<Parts<L, B>>);

/// For those who must not keep the channel alive: its tasks.
pub(crate) struct Observer<L: Prepare<B>, B: RequestBody>(Weak<Parts<L, B>>);

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
pub(crate) type Start<L, B> = fn(Observer<L, B>, Plan, watch::Receiver<bool>);

/// What a call gets that wants to send.
pub(crate) enum Acquired<S> {
    Ready(Lease<S>),
    Queued(Ticket, oneshot::Receiver<Result<Grant<S>, Error>>),
}

impl<L: Prepare<B>, B: RequestBody> Shared<L, B> {
    pub(crate) fn new(
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
impl<L: Prepare<B>, B: RequestBody> Shared<L, B> {
    /// A stream of a connection, or a place among those who wait for one.
    pub(crate) fn acquire(
        &self,
        ticket: &mut Option<Ticket>,
        patience: Patience,
    ) -> Result<Acquired<L::Service>, Error> {
        let mut life = self.0.life();
        let ticket = *ticket.get_or_insert_with(|| life.ticket());
        let admission = life.admit(ticket, patience);
        let is_crowded = life.is_crowded();
        drop(life);
        if is_crowded {
            self.act(|_, _| ());
        }
        match admission {
            Admission::Granted(grant) => Ok(Acquired::Ready(self.lease(grant))),
            Admission::Failed(error) => Err(error),
            Admission::Queued(answer) => {
                // What it waits for may have to be started.
                self.act(|_, _| ());
                Ok(Acquired::Queued(ticket, answer))
            }
        }
    }

    pub(super) fn lease(&self, grant: Grant<L::Service>) -> Lease<L::Service> {
        Lease::new(Arc::downgrade(&self.0) as Weak<dyn Streams>, grant)
    }

    /// What a call waits for, to be asked later.
    pub(crate) fn wait(&self) -> Wait {
        Wait::new(Arc::downgrade(&self.0) as Weak<dyn Course>)
    }

    /// A call waits no longer.
    pub(super) fn leave(&self, ticket: Ticket) {
        self.0.life().leave(ticket, Instant::now());
    }

    /// A call comes back from a connection, which is given to no later one. Tells whether another is worth it.
    pub(crate) fn come_back(&self, stream: Stream, error: Error) -> bool {
        let (id, end) = (stream.connection(), ended_by(&error));
        self.act(|life, now| life.left(id, end, error, now));
        // What the connection came to may depend on it.
        drop(stream);
        self.0.life().is_hopeful()
    }
}

/// For handles.
impl<L: Prepare<B>, B: RequestBody> Shared<L, B> {
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
impl<L: Prepare<B>, B: RequestBody> Shared<L, B> {
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
            Shared(self).act(|_, _| ());
        }
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
    /// The channel, unless its last handle is gone.
    pub(super) fn channel(&self) -> Option<Shared<L, B>> {
        self.0.upgrade().map(Shared)
    }
}

impl<L: Prepare<B>, B: RequestBody> Clone for Shared<L, B> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

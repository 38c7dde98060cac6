//! What servers say of their own health (G-66): each that is connected is asked, and until it answers it counts as one that
//! connects.
//!
//! ```text
//! connected ─► CONNECTING ─┬─ serving ───────► READY ◄──┐ the server says so,
//!                          ├─ not serving ───► TRANSIENT_FAILURE ◄─┘ again and again
//!                          ├─ the watch failed ─► TRANSIENT_FAILURE, and another watch after a pause
//!                          └─ no such service ──► READY, as long as the connection lasts
//! ```
//!
//! What it is asked with is a call, which is made above: it is given in as a [`HealthCheck`]. All watches run inside the task
//! of the channel, and end with the connections that they ask on.
//!
//! # What is laid over the states
//!
//! A policy sees each subchannel twice: how its connections stand, by which it connects, and what is reported of it, by which
//! it picks (G-35). Only the second is changed here, and only of those that are connected. So an unhealthy server keeps its
//! connection, and has calls again as soon as it says so, without connecting first.
//!
//! # Which connection is asked
//!
//! An endpoint may have several connections, or get another before the old one ends; the watch is a stream of one of them. If
//! one of them takes no more calls, the watch begins anew: it would keep the old one from its end, and hear of its server no
//! more. What was known counts until the new one is answered, for the server is the same, and calls on the other connections
//! went well. If the last connection was lost, nothing is known any more. That a connection is lost, its watch may know before
//! the endpoint does; it is no failure of the server.
//!
//! # Pauses
//!
//! A watch that fails begins anew, as attempts to connect do: so long after its own start as the channel's series of pauses
//! says. A stream that stood for an hour is replaced at once. One that ends with its first word, as of a server that took
//! `Watch` for `Check`, is not asked for all day long. Meanwhile the server stays what it failed to: there is no CONNECTING in
//! between, which would have calls wait each time.
//!
//! # What it costs
//!
//! A channel that asks nobody has none of it. One that does has a future, a stream and a small entry for each connected server,
//! and a look at each of them at each turn.

use std::{
    collections::{HashMap, HashSet},
    error::Error as _,
    fmt,
    future::Future,
    mem,
    panic::AssertUnwindSafe,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
};

use futures_util::{
    FutureExt, StreamExt,
    future::{AbortHandle, Abortable},
    stream::FuturesUnordered,
};
use tokio::time::{Instant, sleep};
use ziggurat_transport::{
    Error, Target,
    channel::{
        State,
        many::{Endpoint, Series},
    },
};

use super::{events, names::said, signal::Signal};
use crate::policy::{Key, Subchannel};

/// Asks a server how it is: what makes the calls of a channel does it, for a health check is a call.
///
/// It asks once, for as long as it takes: pauses, further watches and what becomes of the server are the balancer's matter. It
/// need not be quick; but it runs inside the task of the channel, so that it must give way to others when it has much to do.
///
/// `S` is what sends over a connection.
pub trait HealthCheck<S>: Send + Sync + 'static {
    /// Asks a server over a connection that it has, and reports what it says until that ends.
    ///
    /// It must connect to nothing, and must not wait for a connection. Dropping the future ends it, and is to cancel the call:
    /// it is dropped when the connection takes no more calls, when the server is in no list any more, and when the channel is
    /// idle or closed.
    fn watch(&self, endpoint: &Endpoint<S>, report: Report) -> Watching;
}

/// A server that is asked; gives how that has ended.
pub type Watching = Pin<Box<dyn Future<Output = Ended> + Send>>;

/// How asking a server has ended.
#[derive(Debug)]
pub enum Ended {
    /// The server does not know the question: it is taken for healthy, and asked no more on this connection.
    Unimplemented,
    /// The connection that it asked on is lost, or takes no calls any more. That says nothing of the server: what was known
    /// counts, until the endpoint tells how its connections stand, which may be a moment later.
    Disconnected,
    /// It failed, for this reason; the server is asked again.
    ///
    /// In words, and no error: how that call has ended is not how those end that find no healthy server.
    Failed(String),
}

/// Where it is reported what a server says. The last word counts.
#[derive(Clone)]
pub struct Report(Arc<Told>);

/// What the watch of a server and the task of the channel have in common.
struct Told {
    /// Which server it is, for messages.
    target: Target,
    /// Has the policy asked, if what is known is another than before.
    signal: Arc<Signal>,
    /// Held for a moment only: the task reads it between two polls of the watch.
    heard: Mutex<Heard>,
}

/// What was heard of a server.
#[derive(Clone)]
struct Heard {
    health: Health,
    /// It has said something since the last watch began: then the pauses are short again.
    has_answered: bool,
}

/// How a server is.
#[derive(Clone)]
enum Health {
    /// It has not answered yet: it counts as one that connects.
    Unknown,
    /// It takes calls.
    Serving,
    /// It serves nobody: calls that find no other server fail with this.
    Failing(Error),
}

/// The servers that are asked.
pub(super) struct Checks<S> {
    /// What makes the calls.
    check: Arc<dyn HealthCheck<S>>,
    signal: Arc<Signal>,
    /// Exactly those that were connected at the last turn.
    checked: HashMap<Key, Checked>,
    /// Their watches, and those that were ended and are dropped when they are polled next. Only who is woken is polled.
    watches: FuturesUnordered<Abortable<Pin<Box<dyn Future<Output = ()> + Send>>>>,
}

/// One of them. Dropping it ends its watch.
struct Checked {
    /// What its watch reports to.
    report: Report,
    /// How often it had lost its connection when it was asked.
    losses: u64,
    /// How many of its connections took no calls any more then.
    gone: u64,
    /// Ends its watch.
    watch: AbortHandle,
}

impl Report {
    fn new(target: Target, signal: Arc<Signal>, health: Health) -> Self {
        let heard = Heard {
            health,
            has_answered: false,
        };
        Self(Arc::new(Told {
            target,
            signal,
            heard: Mutex::new(heard),
        }))
    }

    /// The server says that it serves: it is given calls from the next turn on.
    ///
    /// Saying it again changes nothing, and costs no turn.
    pub fn serving(&self) {
        let mut heard = self.heard();
        heard.has_answered = true;
        if !matches!(heard.health, Health::Serving) {
            heard.health = Health::Serving;
            self.0.signal.wake();
        }
    }

    /// The server says that it does not, in these words, such as `NOT_SERVING`: it is given no calls from the next turn on.
    pub fn not_serving(&self, says: &str) {
        self.heard().has_answered = true;
        self.fails(&format!("its health service says {says}"));
    }

    /// It has no calls, for this reason. A reason that is known changes nothing, however often it comes.
    fn fails(&self, what: &str) {
        let error = Error::no_server(format!("{} is not healthy: {what}", self.0.target));
        let mut heard = self.heard();
        let text = error.to_string();
        if !matches!(&heard.health, Health::Failing(known) if known.to_string() == text) {
            heard.health = Health::Failing(error);
            self.0.signal.wake();
        }
    }

    fn heard(&self) -> MutexGuard<'_, Heard> {
        self.0.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Asks a server until it turns out not to know the question, or this is dropped.
///
/// Its calls are not counted: no server looks busier by them, and they keep no channel from being idle.
async fn ask<S: 'static>(
    check: Arc<dyn HealthCheck<S>>,
    endpoint: Endpoint<S>,
    mut pauses: Series,
    report: Report,
) {
    loop {
        let began = Instant::now();
        let uncounted = endpoint.uncounted();
        let watching = async { check.watch(&endpoint, report.clone()).await };
        let ended = AssertUnwindSafe(watching).catch_unwind().await;
        drop(uncounted);
        // What panicked is a layer of the user's: it is this call's failure, and not the channel's end.
        let ended =
            ended.unwrap_or_else(|panic| Ended::Failed(format!("it panicked: {}", said(&*panic))));
        match ended {
            Ended::Unimplemented => {
                events::unwatched(endpoint.target());
                return report.serving();
            }
            // Were it reported, calls would fail that can wait for the next connection.
            Ended::Disconnected => {}
            Ended::Failed(why) => {
                report.fails(&format!("asking its health service failed: {why}"));
            }
        }
        // From its start on: a watch that lasted begins anew at once, one that is over with its first word does not.
        let has_answered = mem::take(&mut report.heard().has_answered);
        if has_answered {
            pauses.restart();
        }
        let pause = pauses.draw();
        if !has_answered {
            pauses.fail();
        }
        sleep(pause.saturating_sub(began.elapsed())).await;
    }
}

impl<S> Checks<S> {
    pub(super) fn new(check: Arc<dyn HealthCheck<S>>, signal: Arc<Signal>) -> Self {
        Self {
            check,
            signal,
            checked: HashMap::new(),
            watches: FuturesUnordered::new(),
        }
    }

    /// Goes on asking. What comes of it is signalled.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) {
        while let Poll::Ready(Some(_)) = self.watches.poll_next_unpin(cx) {}
    }

    /// Asks nobody any more.
    pub(super) fn stop(&mut self) {
        self.checked.clear();
        self.watches = FuturesUnordered::new();
    }
}

impl<S: 'static> Checks<S> {
    /// Asks all that are connected, and nobody else; what is known of them is reported.
    ///
    /// `server` gives what is needed to ask one.
    pub(super) fn follow(
        &mut self,
        subchannels: &mut [Subchannel],
        server: impl Fn(Key) -> Option<(Endpoint<S>, Series)>,
    ) {
        let mut known = HashSet::with_capacity(self.checked.len());
        for subchannel in subchannels {
            if subchannel.state() != State::Ready {
                continue;
            }
            let key = subchannel.key();
            known.insert(key);
            let kept = self.checked.get(&key).map(|one| one.goes_on(subchannel));
            let health = match kept {
                Some(Ok(health)) => health,
                Some(Err(health)) => self.begin(subchannel, health, &server),
                None => self.begin(subchannel, Health::Unknown, &server),
            };
            let (reported, error) = match health {
                Health::Unknown => (State::Connecting, None),
                Health::Serving => (State::Ready, None),
                Health::Failing(error) => (State::TransientFailure, Some(error)),
            };
            subchannel.report(reported, error);
        }
        self.checked.retain(|key, _| known.contains(key));
    }

    /// Asks one anew, of which that was known.
    fn begin(
        &mut self,
        subchannel: &Subchannel,
        health: Health,
        server: impl Fn(Key) -> Option<(Endpoint<S>, Series)>,
    ) -> Health {
        let key = subchannel.key();
        let Some((endpoint, pauses)) = server(key) else {
            return health;
        };
        let target = endpoint.target().clone();
        let report = Report::new(target, self.signal.clone(), health.clone());
        let asked = ask(self.check.clone(), endpoint, pauses, report.clone());
        let (watch, registration) = AbortHandle::new_pair();
        self.watches
            .push(Abortable::new(Box::pin(asked), registration));
        // So that it is polled.
        self.signal.wake();
        let checked = Checked {
            report,
            losses: subchannel.losses(),
            gone: subchannel.gone(),
            watch,
        };
        self.checked.insert(key, checked);
        health
    }
}

/// How the servers stand for calls that are connected, where that is not READY; for those who look.
pub(super) fn reports(subchannels: &[Subchannel]) -> Vec<(Key, State, String)> {
    let connected = subchannels.iter().filter(|one| one.state() == State::Ready);
    let unready = connected.filter(|one| one.reported() != State::Ready);
    let reports = unready.map(|one| {
        let source = one.error().and_then(|error| error.source());
        let why = source.map_or_else(
            || "its health service has not answered yet".to_owned(),
            ToString::to_string,
        );
        (one.key(), one.reported(), why)
    });
    reports.collect()
}

impl Checked {
    /// What is known, while it may be asked on as it is.
    ///
    /// # Errors
    ///
    /// It is to be asked anew: it has lost its connection since, and nothing is known; or one of several, or one that another
    /// took the place of, and what was known counts until it answers.
    fn goes_on(&self, subchannel: &Subchannel) -> Result<Health, Health> {
        if self.losses != subchannel.losses() {
            return Err(Health::Unknown);
        }
        let health = self.report.heard().health.clone();
        if self.gone == subchannel.gone() {
            Ok(health)
        } else {
            Err(health)
        }
    }
}

impl Drop for Checked {
    fn drop(&mut self) {
        self.watch.abort();
    }
}

impl fmt::Debug for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Report")
            .field("target", &self.0.target)
            .finish_non_exhaustive()
    }
}

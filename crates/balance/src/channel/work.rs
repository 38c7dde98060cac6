//! What the task of a channel works with: the resolver, the policy and the endpoints.
//!
//! ```text
//! resolver · endpoints · time · a call that waits ──► turn ──► policy ──► what a version is made of
//!                                                       └────► endpoints connect, rest, come and go
//! ```

use std::{
    any::Any,
    collections::HashMap,
    future::Future,
    mem,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use http::Extensions;
use tokio::time::{Instant, Sleep, sleep_until};
use ziggurat_transport::{
    Error,
    channel::{
        State,
        many::{Endpoint, Maker},
    },
    error::Kind,
};

use super::{
    choosing::Choosing,
    config::Config,
    events,
    health::{self, Checks, HealthCheck},
    list::{self, Wanted},
    names::{Names, said},
    signal::{News, Signal},
    slots::Slots,
    version::Published,
};
use crate::{
    Policy, Resolver,
    policy::{Observer, Outlook, Subchannel, Turn, Wish},
    resolve::Resolution,
};

/// How long a policy that wants to be asked again is not asked at least, if nothing happens: what a timer takes.
const LEAST_PAUSE: Duration = Duration::from_millis(1);

/// What a channel is made of.
pub(super) struct Parts<S> {
    pub(super) maker: Maker<S>,
    pub(super) resolver: Box<dyn Resolver>,
    pub(super) choosing: Choosing,
    /// What asks the servers for their health, if they are to be asked.
    pub(super) health: Option<Arc<dyn HealthCheck<S>>>,
}

/// What the task works with.
pub(super) struct Work<S> {
    maker: Maker<S>,
    signal: Arc<Signal>,
    policy: Box<dyn Policy>,
    /// Whether the ends of calls are told.
    observes: bool,
    config: Config,
    names: Names,
    slots: Slots<S>,
    /// The servers that are asked for their health; `None` if none is.
    checks: Option<Checks<S>>,
    /// Who each subchannel is, in the order of the list.
    wanted: Vec<Wanted>,
    subchannels: Vec<Subchannel>,
    /// What the resolver told beside the list.
    attributes: Option<Arc<Extensions>>,
    published: Published<S>,
    /// When the policy wants to be asked.
    wakes_at: Option<Instant>,
    /// When it is looked at whether the channel is idle.
    rests_at: Option<Instant>,
    /// What was seen when that was looked at last.
    looked: Looked,
    /// The list is another than at the last turn of the policy.
    is_new: bool,
    /// The channel was idle until now, and the policy does not know it yet.
    begins: bool,
    timer: Option<Pin<Box<Sleep>>>,
}

/// What is to be seen of calls, at one look.
#[derive(Default)]
struct Looked {
    /// Who had come until then.
    came: Came,
    /// No call had a stream, or waited for one.
    was_quiet: bool,
}

/// What comes of a turn.
pub(super) enum After<S> {
    /// This is what calls are picked for by, from now on.
    Goes(Turned<S>),
    /// Nobody needs it.
    Rests,
    /// It cannot go on, for this reason.
    Ends(Error),
}

/// A turn that was taken.
pub(super) struct Turned<S> {
    pub(super) outlook: Outlook,
    /// Who is told how calls end.
    pub(super) observer: Option<Arc<dyn Observer>>,
    pub(super) published: Published<S>,
    /// Endpoints that are of use to nobody once it is published.
    pub(super) gone: Vec<Endpoint<S>>,
}

/// What the channel says at a turn.
pub(super) struct Asked {
    /// A call or a handle waits for a connection.
    pub(super) is_asked: bool,
    pub(super) came: Came,
}

/// Who has come so far. It is another whenever somebody comes.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Came {
    /// The number of the last call.
    pub(super) last_call: u64,
    /// How often a handle has asked for a connection.
    pub(super) requests: u64,
}

impl<S: 'static> Work<S> {
    pub(super) fn new(parts: Parts<S>, signal: Arc<Signal>) -> Self {
        let Parts {
            maker,
            resolver,
            choosing,
            health,
        } = parts;
        let checks = health.map(|check| Checks::new(check, signal.clone()));
        let (target, series) = (maker.target().clone(), maker.series());
        let Choosing {
            policy,
            observes,
            follow,
        } = choosing;
        Self {
            maker,
            signal,
            policy,
            observes,
            config: Config::new(follow),
            names: Names::new(resolver, target, series),
            slots: Slots::new(),
            checks,
            wanted: Vec::new(),
            subchannels: Vec::new(),
            attributes: None,
            published: Arc::default(),
            wakes_at: None,
            rests_at: None,
            looked: Looked::default(),
            is_new: false,
            begins: false,
            timer: None,
        }
    }

    /// ## Idle → Connecting: with the endpoints that were there last (D-32)
    pub(super) fn begin(&mut self) {
        let wanted = mem::take(&mut self.wanted);
        let now = Instant::now();
        self.names.begin(now);
        self.rests_at = self.next_rest(now);
        self.looked = Looked::default();
        self.begins = true;
        self.take(wanted);
        self.signal.wake();
    }

    fn next_rest(&self, now: Instant) -> Option<Instant> {
        now.checked_add(self.maker.idle_timeout()?)
    }

    /// Ready as soon as a turn is due.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if let Some(checks) = &mut self.checks {
            checks.poll(cx);
        }
        let is_woken = self.signal.poll(cx).is_ready();
        let has_news = self.names.poll(cx);
        if is_woken || has_news {
            return Poll::Ready(());
        }
        let due = [
            self.wakes_at,
            self.rests_at,
            self.names.retries_at,
            self.names.recalls_at(),
        ];
        let Some(next) = due.into_iter().flatten().min() else {
            self.timer = None;
            return Poll::Pending;
        };
        let timer = self
            .timer
            .get_or_insert_with(|| Box::pin(sleep_until(next)));
        if timer.deadline() != next {
            timer.as_mut().reset(next);
        }
        timer.as_mut().poll(cx)
    }

    /// Looks at all that happened, and asks the policy.
    pub(super) fn turn(&mut self, asked: impl FnOnce() -> Asked) -> After<S> {
        let now = Instant::now();
        let News {
            changed, is_back, ..
        } = self.signal.take();
        if is_back {
            self.names.series.restart();
            self.names.retries_at = None;
            self.names.again();
            self.slots.endpoints().for_each(Endpoint::reset_backoff);
        }
        if self.names.retries_at.take_if(|at| *at <= now).is_some() {
            self.names.again();
        }
        self.names.recall(now);
        // Before anything is decided: it is told once.
        self.look(changed);
        let Asked { is_asked, came } = asked();
        if self.rests_at.is_some_and(|at| at <= now) {
            if self.was_quiet_since(came) && !is_asked {
                return After::Rests;
            }
            self.rests_at = self.next_rest(now);
        }
        let gone = self.hear(now);
        self.check();
        match self.ask(now, is_asked) {
            Ok(outlook) => {
                self.wakes_at = outlook.wakes_at.map(|at| at.max(now + LEAST_PAUSE));
                let published = self.published.clone();
                After::Goes(Turned {
                    outlook,
                    observer: self.observes.then(|| self.policy.observer()).flatten(),
                    published,
                    gone,
                })
            }
            Err(error) => After::Ends(error),
        }
    }

    /// Whether no call ran since it was asked last, which is a whole idle timeout ago: none did then, none does now, and none
    /// came between.
    fn was_quiet_since(&mut self, came: Came) -> bool {
        let looked = Looked {
            came,
            was_quiet: self.slots.are_quiet(),
        };
        let before = mem::replace(&mut self.looked, looked);
        before.was_quiet && before.came == came && self.looked.was_quiet
    }

    /// Asks those for their health that are connected, and shows what they say.
    fn check(&mut self) {
        let Some(checks) = &mut self.checks else {
            return;
        };
        if self.policy.heeds_health() {
            let Self { slots, maker, .. } = self;
            checks.follow(&mut self.subchannels, |key| {
                Some((slots.get(key)?.clone(), maker.series()))
            });
        } else {
            checks.stop();
            self.subchannels.iter_mut().for_each(Subchannel::unchecked);
        }
    }

    /// Takes over what the resolver told since the last turn. Gives the endpoints that are in its list no more.
    fn hear(&mut self, now: Instant) -> Vec<Endpoint<S>> {
        let found = self.names.found();
        let gone = found.map(|resolution| self.take_over(resolution));
        self.names.settle(now);
        gone.unwrap_or_default()
    }

    /// Takes over an answer of the resolver: first the config, which has a say in what the subchannels are. The list
    /// counts whatever the config is (F-6).
    fn take_over(&mut self, resolution: Resolution) -> Vec<Endpoint<S>> {
        let Resolution {
            endpoints,
            service_config,
            note,
            attributes,
            valid_for: _,
        } = resolution;
        let ruled = self.config.rule(service_config, &mut self.policy);
        self.attributes = (!attributes.is_empty()).then(|| Arc::new(attributes));
        let spread = self.policy.spread();
        let (listed, gone) = match list::wanted(endpoints, spread, self.maker.target()) {
            Ok(wanted) => (Ok(()), self.take(wanted)),
            Err(Some(invalid)) => (Err(invalid.into()), Vec::new()),
            Err(None) => (Err(without_endpoints(note).into()), Vec::new()),
        };
        match ruled {
            Ok(unused) => self.names.answered(listed, unused),
            Err(invalid) => self.names.answered(Err(invalid.into()), None),
        }
        gone
    }

    /// Asks the policy, and does what it wants done. A policy that panics is the end of the channel.
    fn ask(&mut self, now: Instant, is_asked: bool) -> Result<Outlook, Error> {
        if self.subchannels.is_empty() || self.config.is_awaited() {
            return Ok(match &self.names.failure {
                Some(error) => Outlook::failing(error.clone()),
                None => Outlook::queueing(State::Connecting),
            });
        }
        let mut turn = Turn::new(now, &self.subchannels).with_attributes(self.attributes.clone());
        if mem::take(&mut self.is_new) {
            turn = turn.with_new_list();
        }
        if mem::take(&mut self.begins) {
            turn = turn.at_the_beginning();
        }
        if is_asked {
            turn = turn.with_calls_waiting();
        }
        let policy = &mut self.policy;
        let heeded = self.checks.as_ref().map(|_| policy.heeds_health());
        let answered = catch_unwind(AssertUnwindSafe(|| policy.turn(&mut turn)));
        let mut outlook = answered.map_err(|panic| self.panicked(&*panic))?;
        if let Some(heeded) = heeded {
            outlook.reports.extend(health::reports(&self.subchannels));
            if self.policy.heeds_health() != heeded {
                // Another has taken over: who is asked, and what is reported, is for the next turn.
                self.signal.wake();
            }
        }
        if turn.resolves_again() {
            self.names.again();
        }
        for &(key, wish) in turn.wishes() {
            let Some(endpoint) = self.slots.get(key) else {
                continue;
            };
            match wish {
                Wish::Connect => drop(endpoint.request()),
                Wish::Rest => endpoint.let_go(),
            }
        }
        Ok(outlook)
    }

    /// What calls fail with once the policy has panicked, or a picker of it.
    pub(super) fn panicked(&self, panic: &(dyn Any + Send)) -> Error {
        let name = self.policy.name();
        let text = format!("the policy {name} panicked: {}", said(panic));
        Error::connect(Kind::Other, self.maker.target(), text.into())
    }

    /// Takes over another list. Tells which endpoints are in it no more.
    fn take(&mut self, wanted: Vec<Wanted>) -> Vec<Endpoint<S>> {
        let before = mem::take(&mut self.subchannels);
        let known = mem::take(&mut self.wanted);
        let mut left: HashMap<_, _> = known
            .iter()
            .map(|wanted| &wanted.identity)
            .zip(before.iter())
            .collect();
        let mut after = Vec::with_capacity(wanted.len());
        for one in &wanted {
            let described = one.endpoint.clone();
            let subchannel = if let Some(kept) = left.remove(&one.identity) {
                kept.clone().described(described)
            } else {
                let target = one.target.clone();
                let key = self.slots.add(&self.maker, &self.signal, target);
                self.slots.subchannel(key, described)
            };
            after.push(subchannel.in_group(one.group));
        }
        let gone: Vec<_> = left.into_values().map(Subchannel::key).collect();
        let gone: Vec<_> = gone
            .into_iter()
            .filter_map(|key| self.slots.remove(key))
            .collect();
        if !is_same(&before, &after) {
            self.is_new = true;
            self.published = self.slots.published(&after);
            let added = (after.len() + gone.len()).saturating_sub(before.len());
            events::resolved(self.maker.target(), after.len(), added, gone.len());
        }
        self.subchannels = after;
        self.wanted = wanted;
        gone
    }

    /// Looks how those endpoints stand that have told something.
    fn look(&mut self, changed: Vec<u32>) {
        let mut standings = HashMap::with_capacity(changed.len());
        for slot in changed {
            if let Some((key, standing)) = self.slots.look(slot) {
                standings.insert(key, standing);
            }
        }
        if standings.is_empty() {
            return;
        }
        for subchannel in &mut self.subchannels {
            if let Some(standing) = standings.remove(&subchannel.key()) {
                subchannel.standing(standing);
            }
        }
    }
}

impl<S> Work<S> {
    /// Lets go of all connections; what was known of endpoints stays.
    pub(super) fn let_go(&mut self) {
        self.checks.iter_mut().for_each(Checks::stop);
        self.subchannels.clear();
        self.published = Arc::default();
        self.slots = Slots::new();
        self.timer = None;
        self.wakes_at = None;
        drop(self.signal.take());
    }
}

fn without_endpoints(note: Option<String>) -> String {
    match note {
        Some(note) => format!("it has no endpoints: {note}"),
        None => "it has no endpoints".into(),
    }
}

/// Whether a policy has no reason to look at a list anew.
fn is_same(before: &[Subchannel], after: &[Subchannel]) -> bool {
    let is_same = |(one, other): (&Subchannel, &Subchannel)| {
        let [a, b] = [one.endpoint(), other.endpoint()];
        let is_there = one.key() == other.key() && one.group() == other.group();
        // The first of them may say where it stands among the others.
        is_there && a.weight_or_one() == b.weight_or_one() && a.addresses() == b.addresses()
    };
    before.len() == after.len() && before.iter().zip(after).all(is_same)
}

use std::{any::Any, sync::Arc};

use http::HeaderMap;

use ziggurat_transport::{
    Error,
    channel::{
        State,
        many::{Acquired, Asking, Call, Ended, Endpoint, Hears, Leasing, Patience},
    },
};

use super::slots::Endpoints;
use crate::policy::{Key, Observer, Outlook, Pick, Picker};

/// The endpoints of a version.
pub(super) type Published<S> = Arc<Endpoints<S>>;

/// What calls are picked for by, whole: a picker, and the endpoints that it speaks of. The next one replaces it.
pub(super) struct Version<S> {
    /// No other has the same.
    pub(super) number: u64,
    pub(super) state: State,
    picker: Arc<dyn Picker>,
    reports: Vec<(Key, State, String)>,
    /// Who is told how calls end.
    observer: Option<Arc<dyn Observer>>,
    pub(super) endpoints: Published<S>,
}

/// What a version has for a call.
///
/// Nothing of it is kept by the version: a call that waits is the queue's, or its endpoint's.
pub(super) enum Choice<S> {
    Found(Leasing<S>),
    /// It waits, and with it all that come after it, if the picker looks at no call.
    Queue,
    /// It waits for the next version; others may not have to.
    Later,
    /// The call fails.
    Fail(Error),
}

impl<S> Version<S> {
    pub(super) fn new(
        number: u64,
        outlook: &Outlook,
        observer: Option<Arc<dyn Observer>>,
        endpoints: Published<S>,
    ) -> Self {
        Self {
            number,
            state: outlook.state,
            picker: outlook.picker.clone(),
            reports: outlook.reports.clone(),
            observer,
            endpoints,
        }
    }

    /// One without endpoints.
    pub(super) fn empty(number: u64, outlook: &Outlook) -> Self {
        Self::new(number, outlook, None, Arc::default())
    }

    /// Whether it speaks of any server.
    pub(super) fn has_endpoints(&self) -> bool {
        !self.endpoints.is_empty()
    }

    /// Looks for an endpoint that takes the call.
    pub(super) fn choose(&self, asking: &Asking<'_>) -> Choice<S> {
        match self.picker.pick(&asking.call) {
            Pick::Use(key) => self.at(key, asking),
            Pick::UseAndConnect(key, idle) => {
                self.connect(idle);
                self.at(key, asking)
            }
            Pick::Queue if self.picker.looks_at_calls() => Choice::Later,
            Pick::Queue => Choice::Queue,
            Pick::Connect(key) => {
                self.connect(key);
                Choice::Later
            }
            // G-21
            Pick::Fail(_) if asking.patience == Patience::WaitForReady => Choice::Later,
            Pick::Fail(error) => Choice::Fail(error),
            Pick::Drop(error) => Choice::Fail(error.dropped()),
        }
    }

    /// ## picked → leased, or waiting there, or for the next version: it was lost meanwhile (D-14)
    fn at(&self, key: Key, asking: &Asking<'_>) -> Choice<S> {
        let Some(endpoint) = self.get(key) else {
            return Choice::Later;
        };
        match endpoint.acquire(asking.ticket, asking.patience) {
            Acquired::Leased(lease) => Choice::Found(Leasing::Leased(lease, self.ended(key))),
            Acquired::Queued(waiting) => Choice::Found(Leasing::Waits(waiting, self.ended(key))),
            Acquired::HandedBack(_) => Choice::Later,
        }
    }

    /// What tells who wants to know it how a call has ended there.
    fn ended(&self, key: Key) -> Option<Ended> {
        let observer = self.observer.clone()?;
        let kept = observer.began(key);
        Some(Ended::new(Heard {
            observer,
            key,
            _kept: kept,
        }))
    }

    fn connect(&self, key: Key) {
        if let Some(endpoint) = self.get(key) {
            endpoint.request();
        }
    }

    fn get(&self, key: Key) -> Option<&Endpoint<S>> {
        self.endpoints.get(key)
    }

    /// What the policy says of an endpoint, if that is not how its connections stand.
    pub(super) fn reported(&self, key: Key) -> Option<(State, String)> {
        let (_, state, why) = self.reports.iter().find(|(other, ..)| *other == key)?;
        Some((*state, why.clone()))
    }

    /// Why calls fail, if they do.
    pub(super) fn failure(&self) -> Option<Error> {
        if !matches!(self.state, State::TransientFailure | State::Shutdown) {
            return None;
        }
        match self.picker.pick(&Call::of_pairs("/", &[])) {
            Pick::Fail(error) | Pick::Drop(error) => Some(error),
            Pick::Use(_) | Pick::UseAndConnect(..) | Pick::Queue | Pick::Connect(_) => None,
        }
    }
}

/// Tells a policy's observer of one call.
struct Heard {
    observer: Arc<dyn Observer>,
    key: Key,
    /// As long as the call lasts.
    _kept: Option<Box<dyn Any + Send>>,
}

impl Hears for Heard {
    fn trailers(&self, trailers: &HeaderMap) {
        self.observer.trailers(self.key, trailers);
    }

    fn ended(&self, is_success: bool) {
        self.observer.ended(self.key, is_success);
    }
}

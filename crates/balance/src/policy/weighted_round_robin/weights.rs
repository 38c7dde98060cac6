use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use http::HeaderMap;
use tokio::time::Instant;
use ziggurat_transport::channel::State;

use super::report::{LoadReport, Metric};
use crate::policy::{Key, Observer, Subchannel};

/// What the last report of a server said, and how many there were: written where calls end, read in turns.
#[derive(Debug, Default)]
pub(super) struct Reported {
    /// The weight, as bits.
    weight: AtomicU64,
    count: AtomicU64,
}

/// How a report becomes a weight.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Formula {
    pub(super) metrics: Vec<Metric>,
    pub(super) penalty: f64,
}

/// Reads the reports of the servers of a list.
pub(super) struct Reading {
    pub(super) formula: Formula,
    pub(super) servers: HashMap<Key, Arc<Reported>>,
}

/// When a weight is used (G-47).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Periods {
    /// For how long a server has to have reported before.
    pub(super) blackout: Duration,
    /// For how long after the last report.
    pub(super) expiration: Duration,
}

/// A server, and how long it has been reporting.
pub(super) struct Weighed {
    pub(super) key: Key,
    pub(super) reported: Arc<Reported>,
    /// How many reports there were at the last turn.
    count: u64,
    losses: u64,
    was_ready: bool,
    /// When the first report came, since it is ready or since the last ones have expired.
    reports_since: Option<Instant>,
    reported_at: Option<Instant>,
}

impl Reported {
    fn report(&self, weight: f64) {
        self.weight.store(weight.to_bits(), Ordering::Relaxed);
        // Who sees the count sees the weight.
        self.count.fetch_add(1, Ordering::Release);
    }
}

impl Observer for Reading {
    fn trailers(&self, key: Key, trailers: &HeaderMap) {
        let Some(reported) = self.servers.get(&key) else {
            return;
        };
        let report = LoadReport::of(trailers);
        let Formula { metrics, penalty } = &self.formula;
        if let Some(weight) = report.and_then(|report| report.weight(metrics, *penalty)) {
            reported.report(weight);
        }
    }

    fn ended(&self, _: Key, _: bool) {}
}

impl Weighed {
    pub(super) fn new(key: Key) -> Self {
        Self {
            key,
            reported: Arc::default(),
            count: 0,
            losses: 0,
            was_ready: false,
            reports_since: None,
            reported_at: None,
        }
    }

    /// Takes note of reports that came since the last turn, as if they had come now; and of a connection that is another one,
    /// for what a server said before it was lost may be of another server.
    pub(super) fn look(&mut self, subchannel: &Subchannel, now: Instant) {
        let is_ready = subchannel.reported() == State::Ready;
        if (is_ready && !self.was_ready) || subchannel.losses() != self.losses {
            self.reports_since = None;
        }
        self.was_ready = is_ready;
        self.losses = subchannel.losses();
        let count = self.reported.count.load(Ordering::Acquire);
        if count != self.count {
            self.count = count;
            self.reported_at = Some(now);
            self.reports_since.get_or_insert(now);
        }
    }

    /// Its weight, if it is to be used: there are reports, long enough, and not too long ago.
    pub(super) fn weight(&mut self, periods: Periods, now: Instant) -> Option<f64> {
        if now.duration_since(self.reported_at?) >= periods.expiration {
            self.reports_since = None;
            return None;
        }
        let is_usable = now.duration_since(self.reports_since?) >= periods.blackout;
        is_usable.then(|| f64::from_bits(self.reported.weight.load(Ordering::Relaxed)))
    }
}

use std::{collections::HashMap, fmt, sync::Arc};

use tokio::time::Instant;
use ziggurat_transport::{Error, channel::State};

use super::{
    counts::{Counting, Counts},
    settings::OutlierDetection,
    sweep::{Host, sweep},
};
use crate::policy::{
    Key, Observer, Outlook, Policy, Spread, Subchannel, Switch, Turn, observer::Both,
};

/// `outlier_detection`: another policy, without servers whose calls fail more than others'.
///
/// Made by [`OutlierDetection::around`]. The other policy sees an ejected server as one that has failed, while its connection
/// stays; so `pick_first`, which goes by connections alone, is not changed by it.
///
/// ```
/// use std::{net::SocketAddr, time::Duration};
/// use tokio::time::Instant;
/// use ziggurat::balance::{Endpoint, Policy};
/// use ziggurat::balance::policy::{Call, Key, OutlierDetection, Pick, RoundRobin, State, Subchannel, Turn};
///
/// let servers = [0, 1, 2, 3, 4].map(|number| {
///     let address = SocketAddr::from(([10, 0, 0, number], 50051));
///     Subchannel::new(Key::of(number.into()), Endpoint::new(address)).in_state(State::Ready)
/// });
/// let mut policy = OutlierDetection::new().around(Box::new(RoundRobin::new()));
/// let now = Instant::now();
/// policy.turn(&mut Turn::new(now, &servers));
///
/// // In the ten seconds that follow, all calls of the first server fail.
/// let observer = policy.observer().expect("it counts calls");
/// for call in 0..500 {
///     let key = servers[call % 5].key();
///     observer.ended(key, key != servers[0].key());
/// }
/// let outlook = policy.turn(&mut Turn::new(now + Duration::from_secs(10), &servers));
/// let headers = http::HeaderMap::new();
/// for _ in 0..100 {
///     let pick = outlook.picker.pick(&Call::new("/cafe.Cafe/MakeLatte", &headers));
///     assert!(!matches!(pick, Pick::Use(key) if key == servers[0].key()));
/// }
/// ```
pub struct OutlierDetector {
    settings: OutlierDetection,
    policy: Switch,
    /// In the order of the last list.
    watched: Vec<Watched>,
    /// When the last interval ended; `None` while nobody is judged.
    swept_at: Option<Instant>,
    /// Counts for those that are watched; `None` while nobody is judged.
    counting: Option<Arc<dyn Observer>>,
}

/// A server, and what is known of it.
struct Watched {
    key: Key,
    counts: Arc<Counts>,
    host: Host,
    /// What calls fail with if it is all there is, from its first ejection on.
    error: Option<Error>,
}

impl OutlierDetection {
    /// The policy that has these settings and takes outliers from another policy, which chooses among the others.
    pub fn around(self, policy: Box<dyn Policy>) -> OutlierDetector {
        OutlierDetector {
            settings: self,
            policy: Switch::new(policy),
            watched: Vec::new(),
            swept_at: None,
            counting: None,
        }
    }
}

impl Policy for OutlierDetector {
    fn name(&self) -> &'static str {
        "outlier_detection"
    }

    fn spread(&self) -> Spread {
        self.policy.spread()
    }

    fn turn(&mut self, turn: &mut Turn<'_>) -> Outlook {
        self.follow(turn.subchannels());
        let wakes_at = self.judge(turn.now());
        let seen = self.seen(turn.subchannels());
        let mut around = turn.around(seen.as_deref().unwrap_or(turn.subchannels()));
        let outlook = self.policy.turn(&mut around);
        turn.take_over(around);
        Outlook {
            wakes_at: outlook.wakes_at.into_iter().chain(wakes_at).min(),
            ..outlook
        }
    }

    /// The other settings hold from the next turn on, for the interval that runs too; who is ejected stays so, unless nobody
    /// is judged any more. The other policy is switched to.
    fn update(&mut self, new: Box<dyn Policy>) -> Result<(), Box<dyn Policy>> {
        let new = new.downcast::<Self>()?;
        self.settings = new.settings;
        self.policy.to(new.policy.into_newest());
        Ok(())
    }

    fn heeds_health(&self) -> bool {
        self.policy.heeds_health()
    }

    fn observes(&self) -> bool {
        true
    }

    fn observer(&self) -> Option<Arc<dyn Observer>> {
        match (self.counting.clone(), self.policy.observer()) {
            (Some(own), Some(other)) => Some(Arc::new(Both(own, other))),
            (own, other) => own.or(other),
        }
    }
}

/// What a turn is made of, in this order.
impl OutlierDetector {
    /// Watches those that are in the list, and no others. What is known of a server stays with it wherever it stands, and is
    /// forgotten when it is gone; if it comes back, it is another one.
    fn follow(&mut self, subchannels: &[Subchannel]) {
        let keys = subchannels.iter().map(Subchannel::key);
        if keys.clone().eq(self.watched.iter().map(|one| one.key)) {
            return;
        }
        let before = self.watched.drain(..).map(|one| (one.key, one));
        let mut before: HashMap<Key, Watched> = before.collect();
        let watched = keys.map(|key| before.remove(&key).unwrap_or_else(|| Watched::new(key)));
        self.watched.extend(watched);
        self.counting = None;
    }

    /// Sweeps, if it is time. Tells when it is the next time.
    ///
    /// The interval is that of the settings of now, from the last sweep on: a change of it neither loses nor repeats a part of
    /// one (G-63).
    fn judge(&mut self, now: Instant) -> Option<Instant> {
        if !self.settings.is_on() {
            self.forget();
            self.swept_at = None;
            self.counting = None;
            return None;
        }
        if self.counting.is_none() {
            let counts = self.watched.iter().map(|one| (one.key, one.counts.clone()));
            self.counting = Some(Arc::new(Counting(counts.collect())));
        }
        let Some(swept_at) = self.swept_at else {
            self.swept_at = Some(now);
            self.forget();
            return now.checked_add(self.settings.interval);
        };
        let due = swept_at.checked_add(self.settings.interval)?;
        if now < due {
            return Some(due);
        }
        self.swept_at = Some(now);
        self.sweep(now);
        now.checked_add(self.settings.interval)
    }

    fn sweep(&mut self, now: Instant) {
        let mut hosts: Vec<Host> = self
            .watched
            .iter()
            .map(|one| Host {
                ended: one.counts.take(),
                ..one.host
            })
            .collect();
        sweep(&mut hosts, &self.settings, now, &mut || {
            fastrand::u32(..100)
        });
        for (one, host) in self.watched.iter_mut().zip(hosts) {
            one.host = host;
        }
    }

    /// What the other policy sees, if it is to see anything else than there is. While nobody is ejected nothing is copied.
    fn seen(&mut self, subchannels: &[Subchannel]) -> Option<Vec<Subchannel>> {
        let is_ejected = |one: &Watched| one.host.ejected_at.is_some();
        if !self.watched.iter().any(is_ejected) {
            return None;
        }
        let seen = subchannels.iter().zip(&mut self.watched);
        let seen = seen.map(|(subchannel, one)| {
            if is_ejected(one) {
                one.ejected(subchannel)
            } else {
                subchannel.clone()
            }
        });
        Some(seen.collect())
    }

    /// Nobody is ejected, nothing was counted.
    fn forget(&mut self) {
        for one in &mut self.watched {
            one.counts.take();
            one.host = Host::default();
        }
    }
}

impl Watched {
    fn new(key: Key) -> Self {
        Self {
            key,
            counts: Arc::default(),
            host: Host::default(),
            error: None,
        }
    }

    /// Its subchannel, as one that has failed.
    fn ejected(&mut self, subchannel: &Subchannel) -> Subchannel {
        let ejected = subchannel.clone().reporting(State::TransientFailure);
        if subchannel.error().is_some() {
            return ejected;
        }
        let error = self.error.get_or_insert_with(|| {
            let address = &subchannel.endpoint().addresses()[0];
            let text = format!("{address} is ejected: too many of its calls failed");
            Error::no_server(text)
        });
        ejected.because(error.clone())
    }
}

impl fmt::Debug for OutlierDetector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutlierDetector")
            .field("settings", &self.settings)
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}

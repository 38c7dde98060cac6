use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, atomic::AtomicU32},
    time::Duration,
};

use tokio::time::Instant;

use super::{
    report::Metric,
    stride::Stride,
    weights::{Formula, Periods, Reading, Weighed},
};
use crate::policy::{
    InvalidPolicy, Key, Observer, Outlook, Picker, Policy, Subchannel, Turn, petiole::Petiole,
};

const NAME: &str = "weighted_round_robin";

/// `weighted_round_robin`: every server has a connection, and has calls by what it says of its load.
///
/// A server of gRPC can add a *load report* to each answer: how many calls a second it has, how many of them fail, and how busy
/// it is. Calls a second by utilization is how many it would have at full load, and that is its weight. Servers that report
/// nothing, or nothing yet, have as many calls as the mean of the others; if fewer than two report, it is as
/// [`RoundRobin`](super::super::RoundRobin).
///
/// Weights are looked at each second, not with each call, so that a server that was idle is not stormed. Reports have to have
/// come for ten seconds before they count, also after a connection was lost, since a server that has just begun is not busy
/// yet; and after three minutes without one they count no more.
///
/// Only reports in trailers are read, not those of a stream of their own (*out of band*).
///
/// | setting | default |
/// |---|---|
/// | [`blackout_period`](Self::blackout_period) | 10 s |
/// | [`weight_expiration_period`](Self::weight_expiration_period) | 3 min |
/// | [`weight_update_period`](Self::weight_update_period) | 1 s |
/// | [`error_utilization_penalty`](Self::error_utilization_penalty) | 1 |
/// | [`metric_names_for_computing_utilization`](Self::metric_names_for_computing_utilization) | none |
///
/// # Example
///
/// ```
/// use std::time::Duration;
/// use ziggurat::balance::{Policy, policy::WeightedRoundRobin};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let policy = WeightedRoundRobin::new()
///     .blackout_period(Duration::from_secs(30))
///     .metric_names_for_computing_utilization(["named_metrics.queue", "cpu_utilization"])
///     .error_utilization_penalty(2.0)?;
/// assert_eq!(policy.name(), "weighted_round_robin");
///
/// let error = WeightedRoundRobin::new().error_utilization_penalty(-1.0).unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "error_utilization_penalty of weighted_round_robin is -1.0: it must be 0 or more",
/// );
/// # Ok(())
/// # }
/// ```
pub struct WeightedRoundRobin {
    periods: Periods,
    update_period: Duration,
    formula: Formula,
    petiole: Petiole,
    /// In the order of the last list.
    servers: Vec<Weighed>,
    /// The weights that count, of the last time that they were looked at.
    weights: HashMap<Key, f64>,
    looked_at: Option<Instant>,
    /// `None` if the list or the settings are others than those that it was made for.
    reading: Option<Arc<dyn Observer>>,
    turns: Arc<AtomicU32>,
}

impl WeightedRoundRobin {
    /// With the defaults.
    pub fn new() -> Self {
        Self {
            periods: Periods {
                blackout: Duration::from_secs(10),
                expiration: Duration::from_secs(180),
            },
            update_period: Duration::from_secs(1),
            formula: Formula {
                metrics: Vec::new(),
                penalty: 1.0,
            },
            petiole: Petiole::default(),
            servers: Vec::new(),
            weights: HashMap::new(),
            looked_at: None,
            reading: None,
            turns: Arc::new(AtomicU32::new(fastrand::u32(..))),
        }
    }

    /// For how long a server has to have reported before its weight counts.
    pub fn blackout_period(mut self, period: Duration) -> Self {
        self.periods.blackout = period;
        self
    }

    /// For how long after the last report a weight counts.
    pub fn weight_expiration_period(mut self, period: Duration) -> Self {
        self.periods.expiration = period;
        self
    }

    /// How often weights are looked at; less than 100 ms counts as 100 ms.
    pub fn weight_update_period(mut self, period: Duration) -> Self {
        self.update_period = period.max(Duration::from_millis(100));
        self
    }

    /// How much errors count: this times their part of all calls is added to the utilization. A negative number is an error,
    /// and so is what is none, or infinite.
    pub fn error_utilization_penalty(mut self, penalty: f64) -> Result<Self, InvalidPolicy> {
        if !penalty.is_finite() || penalty < 0.0 {
            let field = "error_utilization_penalty";
            return Err(InvalidPolicy::new(NAME, field, penalty, "0 or more"));
        }
        self.formula.penalty = penalty;
        Ok(self)
    }

    /// The metrics of a report whose greatest is the utilization: `application_utilization`, `cpu_utilization`,
    /// `mem_utilization`, `utilization.` and `named_metrics.` with a key behind it. Other names mean nothing. If a report has
    /// none of them, its application utilization counts, and else that of the processor.
    pub fn metric_names_for_computing_utilization<N: AsRef<str>>(
        mut self,
        names: impl IntoIterator<Item = N>,
    ) -> Self {
        let names = names.into_iter();
        let metrics = names.filter_map(|name| Metric::parse(name.as_ref()));
        self.formula.metrics = metrics.collect();
        self
    }

    /// Weighs those that are in the list, and no others.
    fn follow(&mut self, subchannels: &[Subchannel]) {
        let keys = subchannels.iter().map(Subchannel::key);
        if !keys.clone().eq(self.servers.iter().map(|one| one.key)) {
            let before = self.servers.drain(..).map(|one| (one.key, one));
            let mut before: HashMap<Key, Weighed> = before.collect();
            let servers = keys.map(|key| before.remove(&key).unwrap_or_else(|| Weighed::new(key)));
            self.servers.extend(servers);
            self.reading = None;
        }
        if self.reading.is_none() {
            let servers = self.servers.iter();
            let servers = servers.map(|one| (one.key, one.reported.clone()));
            self.reading = Some(Arc::new(Reading {
                formula: self.formula.clone(),
                servers: servers.collect(),
            }));
        }
    }

    /// Looks at the weights, if it is time; there is another picker if they are others. Tells when it is time again.
    fn weigh(&mut self, now: Instant) -> Option<Instant> {
        let due = self
            .looked_at
            .and_then(|at| at.checked_add(self.update_period));
        if let Some(due) = due.filter(|due| *due > now) {
            return Some(due);
        }
        self.looked_at = Some(now);
        let periods = self.periods;
        let weights = self.servers.iter_mut().filter_map(|one| {
            let weight = one.weight(periods, now)?;
            Some((one.key, weight))
        });
        let weights: HashMap<Key, f64> = weights.collect();
        if weights != self.weights {
            self.weights = weights;
            self.petiole.forget_picker();
        }
        now.checked_add(self.update_period)
    }
}

impl Policy for WeightedRoundRobin {
    fn name(&self) -> &'static str {
        NAME
    }

    fn turn(&mut self, turn: &mut Turn<'_>) -> Outlook {
        self.follow(turn.subchannels());
        for (server, subchannel) in self.servers.iter_mut().zip(turn.subchannels()) {
            server.look(subchannel, turn.now());
        }
        let wakes_at = self.weigh(turn.now());
        let (weights, turns) = (&self.weights, &self.turns);
        let choose = |ready: &[&Subchannel]| -> Arc<dyn Picker> {
            let weights = ready
                .iter()
                .map(|one| (one.key(), weights.get(&one.key()).copied()));
            let weights: Vec<_> = weights.collect();
            Arc::new(Stride::new(&weights, turns.clone()))
        };
        Outlook {
            wakes_at,
            ..self.petiole.turn(turn, choose)
        }
    }

    /// What servers have reported stays; it is looked at again at the next turn.
    fn update(&mut self, new: Box<dyn Policy>) -> Result<(), Box<dyn Policy>> {
        let new = new.downcast::<Self>()?;
        self.periods = new.periods;
        self.update_period = new.update_period;
        self.formula = new.formula;
        self.looked_at = None;
        self.reading = None;
        Ok(())
    }

    fn observes(&self) -> bool {
        true
    }

    fn observer(&self) -> Option<Arc<dyn Observer>> {
        self.reading.clone()
    }
}

impl Default for WeightedRoundRobin {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for WeightedRoundRobin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WeightedRoundRobin")
            .field("periods", &self.periods)
            .field("weight_update_period", &self.update_period)
            .field("formula", &self.formula)
            .finish_non_exhaustive()
    }
}

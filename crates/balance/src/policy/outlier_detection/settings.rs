use std::time::Duration;

use crate::policy::InvalidPolicy;

const NAME: &str = "outlier_detection";

/// When a server has no calls for a while, because more of its calls fail than of others (A50).
///
/// Each interval all servers are judged by the calls that ended in it, in two ways. By *success rate*, a server is ejected
/// that stands out among the others; by *failure percentage*, one most of whose calls fail, whatever the others do. Both are
/// on by default: where one server of few is dead the success rate sees no outlier, since that one alone spreads the rates so
/// far that nothing is below their bound.
///
/// An ejected server keeps its connection. It comes back after a time that grows with each ejection, and shrinks again with
/// each interval that it behaves. At least one server may be ejected, and never more than a part of all.
///
/// What fails must not be the servers' fault: a call counts as failed if its status is not OK. Where clients ask in vain for
/// what does not exist, all servers fail alike, and the failure percentage ejects as many as may be.
///
/// | setting | default |
/// |---|---|
/// | [`interval`](Self::interval) | 10 s |
/// | [`base_ejection_time`](Self::base_ejection_time) | 30 s |
/// | [`max_ejection_time`](Self::max_ejection_time) | 300 s, or the base if that is longer |
/// | [`max_ejection_percent`](Self::max_ejection_percent) | 10 |
/// | [`success_rate_ejection`](Self::success_rate_ejection) | [on](SuccessRateEjection) |
/// | [`failure_percentage_ejection`](Self::failure_percentage_ejection) | [on](FailurePercentageEjection) |
///
/// # Example
///
/// ```
/// use std::time::Duration;
/// use ziggurat::balance::policy::{FailurePercentageEjection, OutlierDetection, Policy, RoundRobin};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let failures = FailurePercentageEjection::new().threshold(50)?.minimum_hosts(3);
/// let policy = OutlierDetection::new()
///     .interval(Duration::from_secs(5))
///     .max_ejection_percent(30)?
///     .failure_percentage_ejection(failures)
///     .around(Box::new(RoundRobin::new()));
/// assert_eq!(policy.name(), "outlier_detection");
///
/// let error = OutlierDetection::new().max_ejection_percent(130).unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "max_ejection_percent of outlier_detection is 130: it must be at most 100",
/// );
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutlierDetection {
    pub(super) interval: Duration,
    pub(super) base_ejection_time: Duration,
    max_ejection_time: Option<Duration>,
    pub(super) max_ejection_percent: u32,
    pub(super) success_rate: Option<SuccessRateEjection>,
    pub(super) failure_percentage: Option<FailurePercentageEjection>,
}

/// Ejects servers whose calls succeed less often than those of the others, by so many standard deviations.
///
/// | setting | default |
/// |---|---|
/// | [`stdev_factor`](Self::stdev_factor) | 1900 |
/// | [`enforcement_percentage`](Self::enforcement_percentage) | 100 |
/// | [`minimum_hosts`](Self::minimum_hosts) | 5 |
/// | [`request_volume`](Self::request_volume) | 100 |
///
/// ```
/// use ziggurat::balance::policy::{OutlierDetection, SuccessRateEjection};
///
/// let strict = SuccessRateEjection::new().stdev_factor(1200).request_volume(20);
/// let detection = OutlierDetection::new().success_rate_ejection(strict);
/// assert_ne!(detection, OutlierDetection::new());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SuccessRateEjection {
    pub(super) stdev_factor: u32,
    pub(super) quorum: Quorum,
}

/// Ejects servers more than a given part of whose calls fail.
///
/// | setting | default |
/// |---|---|
/// | [`threshold`](Self::threshold) | 85 |
/// | [`enforcement_percentage`](Self::enforcement_percentage) | 100 |
/// | [`minimum_hosts`](Self::minimum_hosts) | 5 |
/// | [`request_volume`](Self::request_volume) | 50 |
///
/// ```
/// use ziggurat::balance::policy::FailurePercentageEjection;
///
/// let error = FailurePercentageEjection::new().threshold(101).unwrap_err();
/// assert_eq!(error.field(), "failure_percentage_ejection.threshold");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailurePercentageEjection {
    pub(super) threshold: u32,
    pub(super) quorum: Quorum,
}

/// What both ways of ejection have: when there is enough to judge by, and how often it is acted on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Quorum {
    pub(super) enforcement_percentage: u32,
    pub(super) minimum_hosts: u32,
    pub(super) request_volume: u32,
}

impl OutlierDetection {
    /// With the defaults: both ways of ejection.
    pub fn new() -> Self {
        Self {
            success_rate: Some(SuccessRateEjection::new()),
            failure_percentage: Some(FailurePercentageEjection::new()),
            ..Self::off()
        }
    }

    /// With the defaults, and neither way of ejection: what gRPC's configs mean that name none. Nothing is counted.
    pub fn off() -> Self {
        Self {
            interval: Duration::from_secs(10),
            base_ejection_time: Duration::from_secs(30),
            max_ejection_time: None,
            max_ejection_percent: 10,
            success_rate: None,
            failure_percentage: None,
        }
    }

    /// How often servers are judged: what ended in between is what counts. Less than a millisecond counts as one.
    pub fn interval(mut self, interval: Duration) -> Self {
        self.interval = interval.max(Duration::from_millis(1));
        self
    }

    /// For how long a server is ejected the first time. The second time in a row it is twice as long, and so on.
    pub fn base_ejection_time(mut self, time: Duration) -> Self {
        self.base_ejection_time = time;
        self
    }

    /// For how long a server is ejected at most; the base, if that is longer.
    pub fn max_ejection_time(mut self, time: Duration) -> Self {
        self.max_ejection_time = Some(time);
        self
    }

    /// How many of all servers, in percent, may be ejected at the same time: as soon as so many are, no other is. So one may
    /// be even if it is more than that, and none if it is 0. More than 100 are an error.
    pub fn max_ejection_percent(mut self, percent: u32) -> Result<Self, InvalidPolicy> {
        self.max_ejection_percent = percentage("max_ejection_percent", percent)?;
        Ok(self)
    }

    /// Ejects by success rate, so.
    pub fn success_rate_ejection(mut self, ejection: SuccessRateEjection) -> Self {
        self.success_rate = Some(ejection);
        self
    }

    /// Ejects by failure percentage, so.
    pub fn failure_percentage_ejection(mut self, ejection: FailurePercentageEjection) -> Self {
        self.failure_percentage = Some(ejection);
        self
    }

    /// Whether servers are judged at all.
    pub(super) fn is_on(&self) -> bool {
        self.success_rate.is_some() || self.failure_percentage.is_some()
    }

    /// For how long a server is ejected that is so often in a row.
    pub(super) fn ejection_time(&self, multiplier: u32) -> Duration {
        let base = self.base_ejection_time;
        let most = self.max_ejection_time.unwrap_or(Duration::from_secs(300));
        base.saturating_mul(multiplier).min(most.max(base))
    }
}

impl SuccessRateEjection {
    /// With the defaults.
    pub fn new() -> Self {
        Self {
            stdev_factor: 1900,
            quorum: Quorum::of(100),
        }
    }

    /// How far below the mean of all success rates that of a server has to be, in thousandths of their standard deviation:
    /// 1900 are 1.9 standard deviations.
    pub fn stdev_factor(mut self, factor: u32) -> Self {
        self.stdev_factor = factor;
        self
    }

    /// How many of the servers that are found to be outliers are ejected, in percent, at random. More than 100 are an error.
    pub fn enforcement_percentage(mut self, percent: u32) -> Result<Self, InvalidPolicy> {
        let field = "success_rate_ejection.enforcement_percentage";
        self.quorum.enforcement_percentage = percentage(field, percent)?;
        Ok(self)
    }

    /// How many servers need to have [enough calls](Self::request_volume), or none is judged.
    pub fn minimum_hosts(mut self, hosts: u32) -> Self {
        self.quorum.minimum_hosts = hosts;
        self
    }

    /// How many calls of a server have to end in an interval, or it is not judged, and the others not by it.
    pub fn request_volume(mut self, calls: u32) -> Self {
        self.quorum.request_volume = calls;
        self
    }
}

impl FailurePercentageEjection {
    /// With the defaults.
    pub fn new() -> Self {
        Self {
            threshold: 85,
            quorum: Quorum::of(50),
        }
    }

    /// How many of the calls of a server have to fail, in percent: it is ejected if more do. More than 100 are an error.
    pub fn threshold(mut self, percent: u32) -> Result<Self, InvalidPolicy> {
        self.threshold = percentage("failure_percentage_ejection.threshold", percent)?;
        Ok(self)
    }

    /// How many of the servers that are found to fail are ejected, in percent, at random. More than 100 are an error.
    pub fn enforcement_percentage(mut self, percent: u32) -> Result<Self, InvalidPolicy> {
        let field = "failure_percentage_ejection.enforcement_percentage";
        self.quorum.enforcement_percentage = percentage(field, percent)?;
        Ok(self)
    }

    /// How many servers need to have [enough calls](Self::request_volume), or none is judged.
    pub fn minimum_hosts(mut self, hosts: u32) -> Self {
        self.quorum.minimum_hosts = hosts;
        self
    }

    /// How many calls of a server have to end in an interval, or it is not judged.
    pub fn request_volume(mut self, calls: u32) -> Self {
        self.quorum.request_volume = calls;
        self
    }
}

impl Quorum {
    fn of(request_volume: u32) -> Self {
        Self {
            enforcement_percentage: 100,
            minimum_hosts: 5,
            request_volume,
        }
    }
}

fn percentage(field: &'static str, percent: u32) -> Result<u32, InvalidPolicy> {
    if percent > 100 {
        return Err(InvalidPolicy::new(NAME, field, percent, "at most 100"));
    }
    Ok(percent)
}

impl Default for OutlierDetection {
    fn default() -> Self {
        Self::new()
    }
}

impl Default for SuccessRateEjection {
    fn default() -> Self {
        Self::new()
    }
}

impl Default for FailurePercentageEjection {
    fn default() -> Self {
        Self::new()
    }
}

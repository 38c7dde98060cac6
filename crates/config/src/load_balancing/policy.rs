//! The choice of a policy, and the policies that have another one in them: each needs the other.

use std::time::Duration;

use super::{
    FailurePercentageEjection, InvalidLoadBalancing, LeastRequest, PickFirst, RingHash,
    SuccessRateEjection, WeightedRoundRobin, ejection::check_percent,
};

/// A policy of balancing, with its config.
///
/// The default is [`PickFirst`], as it is of a channel that nobody tells otherwise.
///
/// ```
/// use ziggurat::service_config::load_balancing::{LeastRequest, LoadBalancing};
///
/// assert_eq!(LoadBalancing::RoundRobin.name(), "round_robin");
/// assert_eq!(LoadBalancing::from(LeastRequest::default()).name(), "least_request_experimental");
/// assert_eq!(LoadBalancing::default().name(), "pick_first");
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum LoadBalancing {
    /// All calls to one endpoint.
    PickFirst(PickFirst),
    /// To all endpoints in turn; there is nothing to set.
    RoundRobin,
    /// In turn, by weights that come from the load that endpoints report.
    WeightedRoundRobin(WeightedRoundRobin),
    /// To the one that has the fewest calls, of a few.
    LeastRequest(LeastRequest),
    /// By a hash of a call, so that equal ones meet.
    RingHash(RingHash),
    /// Another policy, over a part of the endpoints.
    RandomSubsetting(RandomSubsetting),
    /// Another policy, without those that fail more than others.
    OutlierDetection(OutlierDetection),
}

impl LoadBalancing {
    /// The name of the policy, as `loadBalancingConfig` has it.
    ///
    /// A channel whose new config has the same name as before changes its policy in place (F-20).
    pub fn name(&self) -> &'static str {
        match self {
            Self::PickFirst(_) => "pick_first",
            Self::RoundRobin => "round_robin",
            Self::WeightedRoundRobin(_) => "weighted_round_robin",
            Self::LeastRequest(_) => "least_request_experimental",
            Self::RingHash(_) => "ring_hash_experimental",
            Self::RandomSubsetting(_) => "random_subsetting_experimental",
            Self::OutlierDetection(_) => "outlier_detection_experimental",
        }
    }
}

impl Default for LoadBalancing {
    fn default() -> Self {
        Self::PickFirst(PickFirst::default())
    }
}

impl From<PickFirst> for LoadBalancing {
    fn from(policy: PickFirst) -> Self {
        Self::PickFirst(policy)
    }
}

impl From<WeightedRoundRobin> for LoadBalancing {
    fn from(policy: WeightedRoundRobin) -> Self {
        Self::WeightedRoundRobin(policy)
    }
}

impl From<LeastRequest> for LoadBalancing {
    fn from(policy: LeastRequest) -> Self {
        Self::LeastRequest(policy)
    }
}

impl From<RingHash> for LoadBalancing {
    fn from(policy: RingHash) -> Self {
        Self::RingHash(policy)
    }
}

impl From<RandomSubsetting> for LoadBalancing {
    fn from(policy: RandomSubsetting) -> Self {
        Self::RandomSubsetting(policy)
    }
}

impl From<OutlierDetection> for LoadBalancing {
    fn from(policy: OutlierDetection) -> Self {
        Self::OutlierDetection(policy)
    }
}

/// Each client has only some of the endpoints, which another policy then chooses from: `random_subsetting_experimental`.
///
/// For services of so many clients and servers that a connection from each to each would be too many.
///
/// ```
/// use ziggurat::service_config::load_balancing::{LoadBalancing, RandomSubsetting};
///
/// let policy = RandomSubsetting::new(20, LoadBalancing::RoundRobin)?;
/// assert_eq!((policy.subset_size(), policy.child_policy()), (20, &LoadBalancing::RoundRobin));
/// # Ok::<_, ziggurat::service_config::load_balancing::InvalidLoadBalancing>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct RandomSubsetting {
    subset_size: u32,
    child_policy: Box<LoadBalancing>,
}

impl RandomSubsetting {
    /// Leaves so many endpoints to the other policy; all of them, if there are no more (G-65).
    ///
    /// # Errors
    ///
    /// It is 0, with which no call could go anywhere.
    pub fn new(
        subset_size: u32,
        child_policy: impl Into<LoadBalancing>,
    ) -> Result<Self, InvalidLoadBalancing> {
        if subset_size == 0 {
            let problem = "is 0: it must be 1 or more";
            return Err(InvalidLoadBalancing::new("subsetSize", problem));
        }
        Ok(Self {
            subset_size,
            child_policy: Box::new(child_policy.into()),
        })
    }

    /// How many endpoints a client has; never 0.
    pub fn subset_size(&self) -> u32 {
        self.subset_size
    }

    /// The policy that chooses among them.
    pub fn child_policy(&self) -> &LoadBalancing {
        &self.child_policy
    }
}

/// Leaves out, for a while, endpoints whose calls fail more than they should: `outlier_detection_experimental`.
///
/// Another policy chooses among the rest. The endpoints that are left out stay connected, and come back by themselves;
/// with each time that one is ejected it stays out longer (G-60 … G-63).
///
/// | field | default | |
/// |---|---|---|
/// | [`interval`](OutlierDetectionBuilder::interval) | 10 s | |
/// | [`base_ejection_time`](OutlierDetectionBuilder::base_ejection_time) | 30 s | |
/// | [`max_ejection_time`](OutlierDetectionBuilder::max_ejection_time) | 300 s | at least the time before it |
/// | [`max_ejection_percent`](OutlierDetectionBuilder::max_ejection_percent) | 10 | at most 100 |
/// | [`success_rate_ejection`](OutlierDetectionBuilder::success_rate_ejection) | see there | |
/// | [`failure_percentage_ejection`](OutlierDetectionBuilder::failure_percentage_ejection) | see there | |
///
/// The builder has both ways of finding an endpoint on. JSON has those on that it writes down, and without both nothing is
/// watched: alone, the rate of successes can miss an endpoint that fails each call.
///
/// ```
/// use std::time::Duration;
/// use ziggurat::service_config::load_balancing::{LoadBalancing, OutlierDetection, SuccessRateEjection};
///
/// let policy = OutlierDetection::builder(LoadBalancing::RoundRobin).max_ejection_percent(50).build()?;
/// assert_eq!(policy.interval(), Duration::from_secs(10));
/// assert_eq!(policy.success_rate_ejection(), Some(&SuccessRateEjection::default()));
///
/// let off = OutlierDetection::builder(LoadBalancing::RoundRobin)
///     .success_rate_ejection(None)
///     .failure_percentage_ejection(None)
///     .build()?;
/// assert!(!off.is_counting() && policy.is_counting());
/// # Ok::<_, ziggurat::service_config::load_balancing::InvalidLoadBalancing>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct OutlierDetection {
    interval: Duration,
    base_ejection_time: Duration,
    max_ejection_time: Duration,
    max_ejection_percent: u32,
    success_rate_ejection: Option<SuccessRateEjection>,
    failure_percentage_ejection: Option<FailurePercentageEjection>,
    child_policy: Box<LoadBalancing>,
}

impl OutlierDetection {
    /// Begins one with the defaults, around this policy.
    pub fn builder(child_policy: impl Into<LoadBalancing>) -> OutlierDetectionBuilder {
        OutlierDetectionBuilder(Self {
            interval: Duration::from_secs(10),
            base_ejection_time: Duration::from_secs(30),
            max_ejection_time: Duration::from_secs(300),
            max_ejection_percent: 10,
            success_rate_ejection: Some(SuccessRateEjection::default()),
            failure_percentage_ejection: Some(FailurePercentageEjection::default()),
            child_policy: Box::new(child_policy.into()),
        })
    }

    /// How often it is looked for endpoints that fail. Zero is allowed, as gRPC has it: who follows it has a bound.
    pub fn interval(&self) -> Duration {
        self.interval
    }

    /// How long an endpoint is out the first time; each further time it is so much longer.
    pub fn base_ejection_time(&self) -> Duration {
        self.base_ejection_time
    }

    /// How long an endpoint is out at most; at least as long as [`base_ejection_time`](Self::base_ejection_time).
    pub fn max_ejection_time(&self) -> Duration {
        self.max_ejection_time.max(self.base_ejection_time)
    }

    /// How many of a hundred endpoints may be out at once, at most 100; one always may.
    pub fn max_ejection_percent(&self) -> u32 {
        self.max_ejection_percent
    }

    /// Whether and how endpoints are compared with each other.
    pub fn success_rate_ejection(&self) -> Option<&SuccessRateEjection> {
        self.success_rate_ejection.as_ref()
    }

    /// Whether and how endpoints are judged each by itself.
    pub fn failure_percentage_ejection(&self) -> Option<&FailurePercentageEjection> {
        self.failure_percentage_ejection.as_ref()
    }

    /// Whether calls are counted at all: one of the two ways is on.
    pub fn is_counting(&self) -> bool {
        self.success_rate_ejection.is_some() || self.failure_percentage_ejection.is_some()
    }

    /// The policy that chooses among the endpoints that are not out.
    pub fn child_policy(&self) -> &LoadBalancing {
        &self.child_policy
    }
}

/// Makes an [`OutlierDetection`]; what is not set has its default.
#[derive(Clone, Debug)]
#[must_use = "a policy is made by build"]
pub struct OutlierDetectionBuilder(OutlierDetection);

impl OutlierDetectionBuilder {
    /// How often it is looked for endpoints that fail, and for those that have been out for long enough.
    pub fn interval(mut self, interval: Duration) -> Self {
        self.0.interval = interval;
        self
    }

    /// How long an endpoint is out the first time; each further time it is so much longer.
    pub fn base_ejection_time(mut self, time: Duration) -> Self {
        self.0.base_ejection_time = time;
        self
    }

    /// How long an endpoint is out at most; if that is shorter than the first time, the first time counts.
    pub fn max_ejection_time(mut self, time: Duration) -> Self {
        self.0.max_ejection_time = time;
        self
    }

    /// How many of a hundred endpoints may be out at once; one always may.
    pub fn max_ejection_percent(mut self, percent: u32) -> Self {
        self.0.max_ejection_percent = percent;
        self
    }

    /// How endpoints are compared with each other; `None` for not at all. By default they are.
    pub fn success_rate_ejection(
        mut self,
        ejection: impl Into<Option<SuccessRateEjection>>,
    ) -> Self {
        self.0.success_rate_ejection = ejection.into();
        self
    }

    /// How endpoints are judged each by itself; `None` for not at all. By default they are.
    pub fn failure_percentage_ejection(
        mut self,
        ejection: impl Into<Option<FailurePercentageEjection>>,
    ) -> Self {
        self.0.failure_percentage_ejection = ejection.into();
        self
    }

    /// Makes the policy.
    ///
    /// # Errors
    ///
    /// The percentage is more than 100.
    pub fn build(self) -> Result<OutlierDetection, InvalidLoadBalancing> {
        check_percent("maxEjectionPercent", self.0.max_ejection_percent)?;
        Ok(self.0)
    }
}

use std::time::Duration;

use super::InvalidLoadBalancing;

/// In turn, but more often to endpoints that report less load for what they do: `weighted_round_robin`.
///
/// Endpoints report with each answer, in its trailers, or if asked for it by a stream beside the calls (G-45).
///
/// | field | default | |
/// |---|---|---|
/// | [`enable_oob_load_report`](WeightedRoundRobinBuilder::enable_oob_load_report) | off | |
/// | [`oob_reporting_period`](WeightedRoundRobinBuilder::oob_reporting_period) | 10 s | |
/// | [`blackout_period`](WeightedRoundRobinBuilder::blackout_period) | 10 s | |
/// | [`weight_expiration_period`](WeightedRoundRobinBuilder::weight_expiration_period) | 3 min | |
/// | [`weight_update_period`](WeightedRoundRobinBuilder::weight_update_period) | 1 s | at least 100 ms |
/// | [`error_utilization_penalty`](WeightedRoundRobinBuilder::error_utilization_penalty) | 1.0 | not negative |
/// | [`metric_names_for_computing_utilization`](WeightedRoundRobinBuilder::metric_names_for_computing_utilization) | none | |
///
/// ```
/// use std::time::Duration;
/// use ziggurat::service_config::load_balancing::WeightedRoundRobin;
///
/// let policy = WeightedRoundRobin::builder().weight_update_period(Duration::from_millis(1)).build()?;
/// assert_eq!(policy.weight_update_period(), Duration::from_millis(100));
/// assert_eq!(policy.weight_expiration_period(), Duration::from_secs(180));
/// # Ok::<_, ziggurat::service_config::load_balancing::InvalidLoadBalancing>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct WeightedRoundRobin {
    enable_oob_load_report: bool,
    oob_reporting_period: Duration,
    blackout_period: Duration,
    weight_expiration_period: Duration,
    weight_update_period: Duration,
    error_utilization_penalty: f64,
    metric_names: Box<[Box<str>]>,
}

impl WeightedRoundRobin {
    /// Weights that changed more often would cost more than they are worth.
    const SHORTEST_UPDATE: Duration = Duration::from_millis(100);

    /// Begins one with the defaults.
    pub fn builder() -> WeightedRoundRobinBuilder {
        WeightedRoundRobinBuilder(Self::default())
    }

    /// Whether endpoints are asked for reports beside the calls; if not, those in trailers count.
    pub fn enable_oob_load_report(&self) -> bool {
        self.enable_oob_load_report
    }

    /// How often endpoints are asked to report beside the calls.
    pub fn oob_reporting_period(&self) -> Duration {
        self.oob_reporting_period
    }

    /// How long an endpoint must have reported until its weight counts.
    pub fn blackout_period(&self) -> Duration {
        self.blackout_period
    }

    /// How long the weight of an endpoint counts that reports no more.
    pub fn weight_expiration_period(&self) -> Duration {
        self.weight_expiration_period
    }

    /// How often weights are computed anew; at least 100 ms.
    pub fn weight_update_period(&self) -> Duration {
        self.weight_update_period
    }

    /// What the share of failed calls is multiplied with, to count as load; finite, and not negative.
    pub fn error_utilization_penalty(&self) -> f64 {
        self.error_utilization_penalty
    }

    /// Metrics of a report, such as `named_metrics.queue`, of which the greatest counts as load.
    pub fn metric_names_for_computing_utilization(&self) -> impl Iterator<Item = &str> {
        self.metric_names.iter().map(|name| &**name)
    }
}

impl Default for WeightedRoundRobin {
    fn default() -> Self {
        Self {
            enable_oob_load_report: false,
            oob_reporting_period: Duration::from_secs(10),
            blackout_period: Duration::from_secs(10),
            weight_expiration_period: Duration::from_secs(180),
            weight_update_period: Duration::from_secs(1),
            error_utilization_penalty: 1.0,
            metric_names: Box::default(),
        }
    }
}

/// Makes a [`WeightedRoundRobin`]; what is not set has its default.
#[derive(Clone, Debug, Default)]
#[must_use = "a policy is made by build"]
pub struct WeightedRoundRobinBuilder(WeightedRoundRobin);

impl WeightedRoundRobinBuilder {
    /// Whether endpoints are asked for reports beside the calls.
    pub fn enable_oob_load_report(mut self, enable: bool) -> Self {
        self.0.enable_oob_load_report = enable;
        self
    }

    /// How often endpoints are asked to report beside the calls, if they are; some report less often.
    pub fn oob_reporting_period(mut self, period: Duration) -> Self {
        self.0.oob_reporting_period = period;
        self
    }

    /// How long an endpoint must have reported until its weight counts: one that is new has little to do.
    pub fn blackout_period(mut self, period: Duration) -> Self {
        self.0.blackout_period = period;
        self
    }

    /// How long the weight of an endpoint counts that reports no more.
    pub fn weight_expiration_period(mut self, period: Duration) -> Self {
        self.0.weight_expiration_period = period;
        self
    }

    /// How often weights are computed anew; less than 100 ms are 100 ms.
    pub fn weight_update_period(mut self, period: Duration) -> Self {
        self.0.weight_update_period = period.max(WeightedRoundRobin::SHORTEST_UPDATE);
        self
    }

    /// What the share of failed calls is multiplied with, to count as load.
    pub fn error_utilization_penalty(mut self, penalty: f64) -> Self {
        self.0.error_utilization_penalty = penalty;
        self
    }

    /// Metrics of a report of which the greatest counts as load.
    pub fn metric_names_for_computing_utilization<N: Into<Box<str>>>(
        mut self,
        names: impl IntoIterator<Item = N>,
    ) -> Self {
        self.0.metric_names = names.into_iter().map(Into::into).collect();
        self
    }

    /// Makes the policy.
    ///
    /// # Errors
    ///
    /// The penalty is negative, or no number.
    pub fn build(self) -> Result<WeightedRoundRobin, InvalidLoadBalancing> {
        let penalty = self.0.error_utilization_penalty;
        if penalty.is_finite() && penalty >= 0.0 {
            return Ok(self.0);
        }
        let problem = format!("is {penalty}: it must be a number that is not negative");
        let field = "errorUtilizationPenalty";
        Err(InvalidLoadBalancing::new(field, problem))
    }
}

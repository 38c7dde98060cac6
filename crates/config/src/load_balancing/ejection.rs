//! The two ways to find an endpoint that fails too often.

use super::InvalidLoadBalancing;

/// Ejects endpoints that succeed less often than the others: beyond what their scatter explains (G-62).
///
/// | field | default | |
/// |---|---|---|
/// | [`stdev_factor`](SuccessRateEjectionBuilder::stdev_factor) | 1900 | thousandths |
/// | [`enforcement_percentage`](SuccessRateEjectionBuilder::enforcement_percentage) | 100 | at most 100 |
/// | [`minimum_hosts`](SuccessRateEjectionBuilder::minimum_hosts) | 5 | |
/// | [`request_volume`](SuccessRateEjectionBuilder::request_volume) | 100 | |
///
/// ```
/// use ziggurat::service_config::load_balancing::SuccessRateEjection;
///
/// let ejection = SuccessRateEjection::builder().stdev_factor(2500).build()?;
/// assert_eq!((ejection.stdev_factor(), ejection.minimum_hosts()), (2500, 5));
/// # Ok::<_, ziggurat::service_config::load_balancing::InvalidLoadBalancing>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SuccessRateEjection {
    stdev_factor: u32,
    enforcement_percentage: u32,
    minimum_hosts: u32,
    request_volume: u32,
}

impl SuccessRateEjection {
    /// Begins one with the defaults.
    pub fn builder() -> SuccessRateEjectionBuilder {
        SuccessRateEjectionBuilder(Self::default())
    }

    /// By how many thousandths of a standard deviation an endpoint may be below the mean.
    pub fn stdev_factor(&self) -> u32 {
        self.stdev_factor
    }

    /// In how many of a hundred cases an endpoint that is found is ejected; at most 100.
    pub fn enforcement_percentage(&self) -> u32 {
        self.enforcement_percentage
    }

    /// How many endpoints must have had enough calls.
    pub fn minimum_hosts(&self) -> u32 {
        self.minimum_hosts
    }

    /// How many calls of an interval are enough to judge an endpoint.
    pub fn request_volume(&self) -> u32 {
        self.request_volume
    }
}

impl Default for SuccessRateEjection {
    fn default() -> Self {
        Self {
            stdev_factor: 1900,
            enforcement_percentage: 100,
            minimum_hosts: 5,
            request_volume: 100,
        }
    }
}

/// Makes a [`SuccessRateEjection`]; what is not set has its default.
#[derive(Clone, Debug, Default)]
#[must_use = "an ejection is made by build"]
pub struct SuccessRateEjectionBuilder(SuccessRateEjection);

impl SuccessRateEjectionBuilder {
    /// By how many thousandths of a standard deviation an endpoint may be below the mean: 1900 for 1.9 of them.
    pub fn stdev_factor(mut self, thousandths: u32) -> Self {
        self.0.stdev_factor = thousandths;
        self
    }

    /// In how many of a hundred cases an endpoint that is found is ejected; with 0 that is only watched.
    pub fn enforcement_percentage(mut self, percent: u32) -> Self {
        self.0.enforcement_percentage = percent;
        self
    }

    /// How many endpoints must have had enough calls, or nothing is compared.
    pub fn minimum_hosts(mut self, hosts: u32) -> Self {
        self.0.minimum_hosts = hosts;
        self
    }

    /// How many calls of an interval are enough to judge an endpoint.
    pub fn request_volume(mut self, calls: u32) -> Self {
        self.0.request_volume = calls;
        self
    }

    /// Makes it.
    ///
    /// # Errors
    ///
    /// The percentage is more than 100.
    pub fn build(self) -> Result<SuccessRateEjection, InvalidLoadBalancing> {
        check_percent("enforcementPercentage", self.0.enforcement_percentage)?;
        Ok(self.0)
    }
}

/// Ejects endpoints of whose calls too many fail, whatever those of others do (G-62).
///
/// | field | default | |
/// |---|---|---|
/// | [`threshold`](FailurePercentageEjectionBuilder::threshold) | 85 | at most 100 |
/// | [`enforcement_percentage`](FailurePercentageEjectionBuilder::enforcement_percentage) | 100 | at most 100 |
/// | [`minimum_hosts`](FailurePercentageEjectionBuilder::minimum_hosts) | 5 | |
/// | [`request_volume`](FailurePercentageEjectionBuilder::request_volume) | 50 | |
///
/// ```
/// use ziggurat::service_config::load_balancing::FailurePercentageEjection;
///
/// let ejection = FailurePercentageEjection::builder().threshold(101).build();
/// assert_eq!(ejection.unwrap_err().to_string(), "threshold is 101: it must be at most 100");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FailurePercentageEjection {
    threshold: u32,
    enforcement_percentage: u32,
    minimum_hosts: u32,
    request_volume: u32,
}

impl FailurePercentageEjection {
    /// Begins one with the defaults.
    pub fn builder() -> FailurePercentageEjectionBuilder {
        FailurePercentageEjectionBuilder(Self::default())
    }

    /// How many of a hundred calls may fail; at most 100.
    pub fn threshold(&self) -> u32 {
        self.threshold
    }

    /// In how many of a hundred cases an endpoint that is found is ejected; at most 100.
    pub fn enforcement_percentage(&self) -> u32 {
        self.enforcement_percentage
    }

    /// How many endpoints there must be.
    pub fn minimum_hosts(&self) -> u32 {
        self.minimum_hosts
    }

    /// How many calls of an interval are enough to judge an endpoint.
    pub fn request_volume(&self) -> u32 {
        self.request_volume
    }
}

impl Default for FailurePercentageEjection {
    fn default() -> Self {
        Self {
            threshold: 85,
            enforcement_percentage: 100,
            minimum_hosts: 5,
            request_volume: 50,
        }
    }
}

/// Makes a [`FailurePercentageEjection`]; what is not set has its default.
#[derive(Clone, Debug, Default)]
#[must_use = "an ejection is made by build"]
pub struct FailurePercentageEjectionBuilder(FailurePercentageEjection);

impl FailurePercentageEjectionBuilder {
    /// How many of a hundred calls may fail.
    pub fn threshold(mut self, percent: u32) -> Self {
        self.0.threshold = percent;
        self
    }

    /// In how many of a hundred cases an endpoint that is found is ejected; with 0 that is only watched.
    pub fn enforcement_percentage(mut self, percent: u32) -> Self {
        self.0.enforcement_percentage = percent;
        self
    }

    /// How many endpoints there must be, or none is ejected.
    pub fn minimum_hosts(mut self, hosts: u32) -> Self {
        self.0.minimum_hosts = hosts;
        self
    }

    /// How many calls of an interval are enough to judge an endpoint.
    pub fn request_volume(mut self, calls: u32) -> Self {
        self.0.request_volume = calls;
        self
    }

    /// Makes it.
    ///
    /// # Errors
    ///
    /// A percentage is more than 100.
    pub fn build(self) -> Result<FailurePercentageEjection, InvalidLoadBalancing> {
        check_percent("threshold", self.0.threshold)?;
        check_percent("enforcementPercentage", self.0.enforcement_percentage)?;
        Ok(self.0)
    }
}

/// No share is more than all of it.
pub(super) fn check_percent(field: &'static str, percent: u32) -> Result<(), InvalidLoadBalancing> {
    if percent > 100 {
        let problem = format!("is {percent}: it must be at most 100");
        return Err(InvalidLoadBalancing::new(field, problem));
    }
    Ok(())
}

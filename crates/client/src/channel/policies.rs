//! The policies of a service config, made of what it says.

#[cfg(feature = "ring-hash")]
use ziggurat_balance::policy::RingHash;
#[cfg(feature = "weighted-round-robin")]
use ziggurat_balance::policy::WeightedRoundRobin;
use ziggurat_balance::policy::{
    FailurePercentageEjection, InvalidPolicy, LeastRequest, OutlierDetection, Outlook, PickFirst,
    Policy, RandomSubsetting, RoundRobin, SuccessRateEjection, Turn,
};
use ziggurat_config::{
    InvalidServiceConfig,
    load_balancing::{self as config, LoadBalancing},
};
use ziggurat_protocol::BoxError;
use ziggurat_transport::Error;

/// The policy that a config names, with its settings. One that cannot be fails all calls, and says why.
pub(super) fn of(config: &LoadBalancing) -> Box<dyn Policy> {
    made(config).unwrap_or_else(|error| {
        let name = config.name();
        Box::new(Refusing(format!(
            "the policy {name} of the service config: {error}"
        )))
    })
}

/// Why there is no policy that this config names, if there is none.
pub(super) fn check(config: &LoadBalancing) -> Result<(), InvalidServiceConfig> {
    made(config).map(drop).map_err(|error| {
        let name = config.name();
        InvalidServiceConfig::at(
            "loadBalancingConfig",
            format!("has the policy {name}: {error}"),
        )
    })
}

/// A policy with the builder's outlier detection around it, if there is one.
pub(super) fn within(
    outliers: Option<OutlierDetection>,
    policy: Box<dyn Policy>,
) -> Box<dyn Policy> {
    match outliers {
        Some(settings) => Box::new(settings.around(policy)),
        None => policy,
    }
}

fn made(config: &LoadBalancing) -> Result<Box<dyn Policy>, BoxError> {
    Ok(match config {
        LoadBalancing::PickFirst(settings) => {
            let shuffles = settings.shuffle_address_list();
            Box::new(PickFirst::new().shuffle_address_list(shuffles))
        }
        LoadBalancing::RoundRobin => Box::new(RoundRobin::new()),
        LoadBalancing::LeastRequest(settings) => {
            Box::new(LeastRequest::new().choice_count(settings.choice_count())?)
        }
        LoadBalancing::RandomSubsetting(settings) => {
            let child = made(settings.child_policy())?;
            Box::new(RandomSubsetting::new(settings.subset_size(), child)?)
        }
        LoadBalancing::OutlierDetection(settings) => {
            let child = made(settings.child_policy())?;
            Box::new(outliers(settings)?.around(child))
        }
        #[cfg(feature = "weighted-round-robin")]
        LoadBalancing::WeightedRoundRobin(settings) => Box::new(weighted(settings)?),
        #[cfg(feature = "ring-hash")]
        LoadBalancing::RingHash(settings) => Box::new(ring(settings)?),
        _ => return Err("this client was built without it".into()),
    })
}

/// Reports by a stream of their own are not asked for, so a config that wants them is refused.
#[cfg(feature = "weighted-round-robin")]
fn weighted(settings: &config::WeightedRoundRobin) -> Result<WeightedRoundRobin, BoxError> {
    if settings.enable_oob_load_report() {
        return Err("enableOobLoadReport: this client reads the reports of trailers alone".into());
    }
    let metrics = settings.metric_names_for_computing_utilization();
    let policy = WeightedRoundRobin::new()
        .blackout_period(settings.blackout_period())
        .weight_expiration_period(settings.weight_expiration_period())
        .weight_update_period(settings.weight_update_period())
        .metric_names_for_computing_utilization(metrics)
        .error_utilization_penalty(settings.error_utilization_penalty())?;
    Ok(policy)
}

/// Without a config selector, as xDS has it, a call has no hash but that of a header: a config that names none is refused.
#[cfg(feature = "ring-hash")]
fn ring(settings: &config::RingHash) -> Result<RingHash, BoxError> {
    let header = settings.request_hash_header();
    let header =
        header.ok_or("requestHashHeader is missing: without xDS, calls have no other hash")?;
    // What is more is of no use to a ring, and has been checked.
    let [min, max] = [settings.min_ring_size(), settings.max_ring_size()]
        .map(|size| u32::try_from(size).unwrap_or(u32::MAX));
    Ok(RingHash::new(header)?.ring_size(min, max)?)
}

/// Stands for a policy that cannot be.
struct Refusing(String);

impl Policy for Refusing {
    fn name(&self) -> &'static str {
        "refusing"
    }

    fn turn(&mut self, _: &mut Turn<'_>) -> Outlook {
        Outlook::dropping(Error::no_server(self.0.clone()))
    }
}

fn outliers(settings: &config::OutlierDetection) -> Result<OutlierDetection, InvalidPolicy> {
    let mut outliers = OutlierDetection::off()
        .interval(settings.interval())
        .base_ejection_time(settings.base_ejection_time())
        .max_ejection_time(settings.max_ejection_time())
        .max_ejection_percent(settings.max_ejection_percent())?;
    if let Some(by) = settings.success_rate_ejection() {
        let ejection = SuccessRateEjection::new()
            .stdev_factor(by.stdev_factor())
            .enforcement_percentage(by.enforcement_percentage())?
            .minimum_hosts(by.minimum_hosts())
            .request_volume(by.request_volume());
        outliers = outliers.success_rate_ejection(ejection);
    }
    if let Some(by) = settings.failure_percentage_ejection() {
        let ejection = FailurePercentageEjection::new()
            .threshold(by.threshold())?
            .enforcement_percentage(by.enforcement_percentage())?
            .minimum_hosts(by.minimum_hosts())
            .request_volume(by.request_volume());
        outliers = outliers.failure_percentage_ejection(ejection);
    }
    Ok(outliers)
}

//! Policies of balancing, in the form in which the program of the folder `go` shows those of grpc-go.

use std::time::Duration;

use serde_json::{Value, json};
use ziggurat::service_config::load_balancing::{
    LoadBalancing, OutlierDetection, RingHash, WeightedRoundRobin,
};

/// Its name and its fields. A duration is text, its nanoseconds, and so is a fraction, its bits.
pub(crate) fn read(policy: &LoadBalancing) -> Value {
    let config = match policy {
        LoadBalancing::PickFirst(policy) => {
            json!({ "shuffleAddressList": policy.shuffle_address_list() })
        }
        LoadBalancing::WeightedRoundRobin(policy) => weighted(policy),
        LoadBalancing::LeastRequest(policy) => json!({ "choiceCount": policy.choice_count() }),
        LoadBalancing::RingHash(policy) => ring(policy),
        LoadBalancing::RandomSubsetting(policy) => json!({
            "subsetSize": policy.subset_size(),
            "childPolicy": read(policy.child_policy()),
        }),
        LoadBalancing::OutlierDetection(policy) => outliers(policy),
        _ => json!({}),
    };
    json!({ "name": policy.name(), "config": config })
}

/// grpc-go knows no names of metrics, and keeps no period of reports that are off.
fn weighted(policy: &WeightedRoundRobin) -> Value {
    let is_asked = policy.enable_oob_load_report();
    let period = if is_asked {
        policy.oob_reporting_period()
    } else {
        Duration::ZERO
    };
    json!({
        "enableOobLoadReport": is_asked,
        "oobReportingPeriod": nanos(period),
        "blackoutPeriod": nanos(policy.blackout_period()),
        "weightExpirationPeriod": nanos(policy.weight_expiration_period()),
        "weightUpdatePeriod": nanos(policy.weight_update_period()),
        "errorUtilizationPenalty": policy.error_utilization_penalty().to_bits().to_string(),
    })
}

/// grpc-go's parser has its channel's limit.
fn ring(policy: &RingHash) -> Value {
    const MOST: u64 = 4096;
    json!({
        "minRingSize": policy.min_ring_size().min(MOST),
        "maxRingSize": policy.max_ring_size().min(MOST),
        "requestHashHeader": policy.request_hash_header().unwrap_or_default(),
    })
}

fn outliers(policy: &OutlierDetection) -> Value {
    let rate = policy.success_rate_ejection().map(|rate| {
        json!({
            "stdevFactor": rate.stdev_factor(),
            "enforcementPercentage": rate.enforcement_percentage(),
            "minimumHosts": rate.minimum_hosts(),
            "requestVolume": rate.request_volume(),
        })
    });
    let failures = policy.failure_percentage_ejection().map(|failures| {
        json!({
            "threshold": failures.threshold(),
            "enforcementPercentage": failures.enforcement_percentage(),
            "minimumHosts": failures.minimum_hosts(),
            "requestVolume": failures.request_volume(),
        })
    });
    json!({
        "interval": nanos(policy.interval()),
        "baseEjectionTime": nanos(policy.base_ejection_time()),
        "maxEjectionTime": nanos(policy.max_ejection_time()),
        "maxEjectionPercent": policy.max_ejection_percent(),
        "successRateEjection": rate,
        "failurePercentageEjection": failures,
        "childPolicy": read(policy.child_policy()),
    })
}

fn nanos(duration: Duration) -> String {
    duration.as_nanos().to_string()
}

//! Policies of balancing: what they are without a word, what they cannot be, and that JSON says the same.

#![expect(
    clippy::unwrap_used,
    reason = "clippy allows it in test functions, not in what they share"
)]

use std::time::Duration;

use proptest::prelude::*;
use ziggurat_config::{
    ServiceConfig,
    load_balancing::{
        FailurePercentageEjection, InvalidLoadBalancing, LeastRequest, LoadBalancing,
        OutlierDetection, PickFirst, RandomSubsetting, RingHash, SuccessRateEjection,
        WeightedRoundRobin,
    },
};

fn policy(json: &str) -> LoadBalancing {
    let config = ServiceConfig::from_json(&format!(r#"{{ "loadBalancingConfig": [{json}] }}"#));
    let config = config.unwrap_or_else(|invalid| panic!("{invalid}: {json}"));
    config.load_balancing().unwrap().clone()
}

#[test]
fn the_default_is_pick_first() {
    // F-18
    assert_eq!(LoadBalancing::default(), PickFirst::default().into());
    assert!(!PickFirst::default().shuffle_address_list());
}

#[test]
fn policies_have_their_defaults() {
    // G-45, G-50, G-55
    let seconds = Duration::from_secs;
    let weighted = WeightedRoundRobin::builder().build().unwrap();
    assert!(!weighted.enable_oob_load_report());
    assert_eq!(weighted.oob_reporting_period(), seconds(10));
    assert_eq!(weighted.blackout_period(), seconds(10));
    assert_eq!(weighted.weight_expiration_period(), seconds(180));
    assert_eq!(weighted.weight_update_period(), seconds(1));
    assert!((weighted.error_utilization_penalty() - 1.0).abs() < f64::EPSILON);
    assert_eq!(weighted.metric_names_for_computing_utilization().count(), 0);
    assert_eq!(LeastRequest::default().choice_count(), 2);
    let ring = RingHash::builder().build().unwrap();
    assert_eq!((ring.min_ring_size(), ring.max_ring_size()), (1024, 4096));
    assert_eq!(ring.request_hash_header(), None);
}

#[test]
fn outlier_detection_has_its_defaults_and_both_ways_on() {
    // G-60
    let policy = OutlierDetection::builder(PickFirst::shuffled())
        .build()
        .unwrap();
    let seconds = Duration::from_secs;
    assert_eq!(policy.interval(), seconds(10));
    assert_eq!(policy.base_ejection_time(), seconds(30));
    assert_eq!(policy.max_ejection_time(), seconds(300));
    assert_eq!(policy.max_ejection_percent(), 10);
    assert_eq!(policy.child_policy(), &PickFirst::shuffled().into());
    let rate = policy.success_rate_ejection().unwrap();
    assert_eq!(
        (
            rate.stdev_factor(),
            rate.enforcement_percentage(),
            rate.minimum_hosts(),
            rate.request_volume()
        ),
        (1900, 100, 5, 100)
    );
    let failures = policy.failure_percentage_ejection().unwrap();
    assert_eq!(
        (
            failures.threshold(),
            failures.enforcement_percentage(),
            failures.minimum_hosts(),
            failures.request_volume()
        ),
        (85, 100, 5, 50)
    );
    // The longest time is not shorter than the first.
    let long =
        OutlierDetection::builder(LoadBalancing::RoundRobin).base_ejection_time(seconds(400));
    assert_eq!(long.build().unwrap().max_ejection_time(), seconds(400));
}

#[test]
fn what_cannot_be_names_its_field() {
    // G-45, G-50, G-55, G-60, G-65
    let told = |invalid: InvalidLoadBalancing| invalid.to_string();
    let rate = |percent| {
        SuccessRateEjection::builder()
            .enforcement_percentage(percent)
            .build()
    };
    let failures = |threshold, percent| {
        FailurePercentageEjection::builder()
            .threshold(threshold)
            .enforcement_percentage(percent)
            .build()
    };
    let outliers = |percent| {
        OutlierDetection::builder(LoadBalancing::RoundRobin)
            .max_ejection_percent(percent)
            .build()
    };
    let weighted = |penalty| {
        WeightedRoundRobin::builder()
            .error_utilization_penalty(penalty)
            .build()
    };
    let ring = |min, max| {
        RingHash::builder()
            .min_ring_size(min)
            .max_ring_size(max)
            .build()
    };
    let header = |name| RingHash::builder().request_hash_header(name).build();
    let most = "it must be at most 100";
    for (found, expected) in [
        (
            LeastRequest::new(0).map_err(told).err(),
            "choiceCount is 0: it must be 2 or more".to_owned(),
        ),
        (
            LeastRequest::new(1).map_err(told).err(),
            "choiceCount is 1: it must be 2 or more".to_owned(),
        ),
        (
            RandomSubsetting::new(0, LoadBalancing::RoundRobin)
                .map_err(told)
                .err(),
            "subsetSize is 0: it must be 1 or more".to_owned(),
        ),
        (
            rate(101).map_err(told).err(),
            format!("enforcementPercentage is 101: {most}"),
        ),
        (
            failures(101, 0).map_err(told).err(),
            format!("threshold is 101: {most}"),
        ),
        (
            failures(0, u32::MAX).map_err(told).err(),
            format!("enforcementPercentage is {}: {most}", u32::MAX),
        ),
        (
            outliers(101).map_err(told).err(),
            format!("maxEjectionPercent is 101: {most}"),
        ),
        (
            weighted(-0.5).map_err(told).err(),
            "errorUtilizationPenalty is -0.5: it must be a number that is not negative".to_owned(),
        ),
        (
            weighted(f64::NAN).map_err(told).err(),
            "errorUtilizationPenalty is NaN: it must be a number that is not negative".to_owned(),
        ),
        (
            ring(0, 1).map_err(told).err(),
            "minRingSize is 0: it must be from 1 to 8388608".to_owned(),
        ),
        (
            ring(1, 0).map_err(told).err(),
            "maxRingSize is 0: it must be from 1 to 8388608".to_owned(),
        ),
        (
            ring(1, 8_388_609).map_err(told).err(),
            "maxRingSize is 8388609: it must be from 1 to 8388608".to_owned(),
        ),
        (
            ring(3, 2).map_err(told).err(),
            "minRingSize is 3: it must not be greater than maxRingSize, 2".to_owned(),
        ),
        (
            header("a b").map_err(told).err(),
            r#"requestHashHeader is "a b": it must be the name of a header for text"#.to_owned(),
        ),
        (
            header("a-BIN").map_err(told).err(),
            r#"requestHashHeader is "a-bin": it must be the name of a header for text"#.to_owned(),
        ),
    ] {
        assert_eq!(found, Some(expected));
    }
    // What lies just within is well.
    assert!(rate(100).is_ok() && failures(100, 100).is_ok() && outliers(100).is_ok());
    assert!(weighted(0.0).is_ok() && ring(1, 1).is_ok() && ring(8_388_608, 8_388_608).is_ok());
    assert!(header("").unwrap().request_hash_header().is_none() && header("-").is_ok());
}

/// A duration as proto3 writes it.
fn seconds(duration: Duration) -> String {
    format!("\"{}.{:09}s\"", duration.as_secs(), duration.subsec_nanos())
}

/// The entry of a list that says so.
fn written(policy: &LoadBalancing) -> String {
    let config = match policy {
        LoadBalancing::PickFirst(policy) => {
            format!(r#""shuffleAddressList": {}"#, policy.shuffle_address_list())
        }
        LoadBalancing::WeightedRoundRobin(policy) => {
            let names: Vec<_> = policy.metric_names_for_computing_utilization().collect();
            format!(
                r#""enableOobLoadReport": {}, "oob_reporting_period": {}, "blackoutPeriod": {},
                    "weightExpirationPeriod": {}, "weightUpdatePeriod": {}, "errorUtilizationPenalty": {:e},
                    "metricNamesForComputingUtilization": {names:?}"#,
                policy.enable_oob_load_report(),
                seconds(policy.oob_reporting_period()),
                seconds(policy.blackout_period()),
                seconds(policy.weight_expiration_period()),
                seconds(policy.weight_update_period()),
                policy.error_utilization_penalty(),
            )
        }
        LoadBalancing::LeastRequest(policy) => {
            format!(r#""choiceCount": "{}""#, policy.choice_count())
        }
        LoadBalancing::RingHash(policy) => {
            let (min, max) = (policy.min_ring_size(), policy.max_ring_size());
            let header = policy.request_hash_header().unwrap_or_default();
            format!(
                r#""minRingSize": {min}, "max_ring_size": "{max}", "requestHashHeader": "{header}""#
            )
        }
        LoadBalancing::RandomSubsetting(policy) => {
            let child = written(policy.child_policy());
            format!(
                r#""subsetSize": {}, "childPolicy": [{{ "x": {{}} }}, {child}]"#,
                policy.subset_size()
            )
        }
        LoadBalancing::OutlierDetection(policy) => outliers(policy),
        _ => String::new(),
    };
    format!(r#"{{ "{}": {{ {config} }} }}"#, policy.name())
}

fn outliers(policy: &OutlierDetection) -> String {
    let rate = policy.success_rate_ejection().map(|rate| {
        format!(
            r#", "successRateEjection": {{ "stdevFactor": {}, "enforcementPercentage": {}, "minimumHosts": {},
                "requestVolume": {} }}"#,
            rate.stdev_factor(),
            rate.enforcement_percentage(),
            rate.minimum_hosts(),
            rate.request_volume()
        )
    });
    let failures = policy.failure_percentage_ejection().map(|failures| {
        format!(
            r#", "failurePercentageEjection": {{ "threshold": {}, "enforcementPercentage": {}, "minimumHosts": {},
                "requestVolume": {} }}"#,
            failures.threshold(),
            failures.enforcement_percentage(),
            failures.minimum_hosts(),
            failures.request_volume()
        )
    });
    format!(
        r#""interval": {}, "baseEjectionTime": {}, "maxEjectionTime": {}, "maxEjectionPercent": {},
            "childPolicy": [{}]{}{}"#,
        seconds(policy.interval()),
        seconds(policy.base_ejection_time()),
        seconds(policy.max_ejection_time()),
        policy.max_ejection_percent(),
        written(policy.child_policy()),
        rate.unwrap_or_default(),
        failures.unwrap_or_default(),
    )
}

fn durations() -> impl Strategy<Value = Duration> {
    (0..315_576_000_000_u64, 0..1_000_000_000_u32)
        .prop_map(|(seconds, nanos)| Duration::new(seconds, nanos))
}

fn rates() -> impl Strategy<Value = SuccessRateEjection> {
    (any::<u32>(), 0..=100_u32, any::<u32>(), any::<u32>()).prop_map(
        |(factor, percent, hosts, volume)| {
            let ejection = SuccessRateEjection::builder()
                .stdev_factor(factor)
                .enforcement_percentage(percent)
                .minimum_hosts(hosts)
                .request_volume(volume);
            ejection.build().unwrap()
        },
    )
}

fn failures() -> impl Strategy<Value = FailurePercentageEjection> {
    (0..=100_u32, 0..=100_u32, any::<u32>(), any::<u32>()).prop_map(
        |(threshold, percent, hosts, volume)| {
            let ejection = FailurePercentageEjection::builder()
                .threshold(threshold)
                .enforcement_percentage(percent)
                .minimum_hosts(hosts)
                .request_volume(volume);
            ejection.build().unwrap()
        },
    )
}

/// Those that have no other in them.
fn leaves() -> impl Strategy<Value = LoadBalancing> {
    let weighted = (
        any::<bool>(),
        prop::array::uniform4(durations()),
        0.0..1e300_f64,
        prop::collection::vec("[a-z_.]{0,9}", 0..3),
    );
    let weighted = weighted.prop_map(
        |(oob, [report, blackout, expiry, update], penalty, names)| {
            let policy = WeightedRoundRobin::builder()
                .enable_oob_load_report(oob)
                .oob_reporting_period(report)
                .blackout_period(blackout)
                .weight_expiration_period(expiry)
                .weight_update_period(update)
                .error_utilization_penalty(penalty)
                .metric_names_for_computing_utilization(names);
            policy.build().unwrap().into()
        },
    );
    let ring = (1..=8_388_608_u64, 1..=8_388_608_u64, "[a-zA-Z0-9_.]{0,9}");
    let ring = ring.prop_map(|(one, other, header)| {
        let policy = RingHash::builder()
            .min_ring_size(one.min(other))
            .max_ring_size(one.max(other))
            .request_hash_header(&header);
        policy.build().unwrap().into()
    });
    prop_oneof![
        Just(PickFirst::default().into()),
        Just(PickFirst::shuffled().into()),
        Just(LoadBalancing::RoundRobin),
        (2..=u32::MAX).prop_map(|count| LeastRequest::new(count).unwrap().into()),
        weighted,
        ring,
    ]
}

fn policies() -> impl Strategy<Value = LoadBalancing> {
    leaves().prop_recursive(4, 8, 1, |child| {
        let subsets = (1..=u32::MAX, child.clone())
            .prop_map(|(size, child)| RandomSubsetting::new(size, child).unwrap().into());
        let outliers = (
            child,
            prop::array::uniform3(durations()),
            0..=100_u32,
            prop::option::of(rates()),
            prop::option::of(failures()),
        );
        let outliers =
            outliers.prop_map(|(child, [interval, base, max], percent, rate, failures)| {
                let policy = OutlierDetection::builder(child)
                    .interval(interval)
                    .base_ejection_time(base)
                    .max_ejection_time(max.max(base))
                    .max_ejection_percent(percent)
                    .success_rate_ejection(rate)
                    .failure_percentage_ejection(failures);
                policy.build().unwrap().into()
            });
        prop_oneof![subsets, outliers]
    })
}

proptest! {
    #[test]
    fn what_is_written_is_what_is_read(expected in policies()) {
        // F-1, F-18
        prop_assert_eq!(policy(&written(&expected)), expected.clone());
        let built = ServiceConfig::builder().load_balancing(expected.clone()).build().unwrap();
        prop_assert_eq!(built.load_balancing(), Some(&expected));
    }
}

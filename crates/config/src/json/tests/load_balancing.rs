use std::time::Duration;

use super::{assert_violations, config, invalid};
use crate::load_balancing::{
    FailurePercentageEjection, LeastRequest, LoadBalancing, OutlierDetection, PickFirst,
    RandomSubsetting, RingHash, SuccessRateEjection, WeightedRoundRobin,
};

/// The policy of a config whose list is this.
#[track_caller]
fn list(entries: &str) -> LoadBalancing {
    let config = config(&format!(r#"{{ "loadBalancingConfig": {entries} }}"#));
    config.load_balancing().unwrap().clone()
}

/// The policy of this name with this config.
#[track_caller]
fn policy(name: &str, config: &str) -> LoadBalancing {
    list(&format!(r#"[{{ "{name}": {config} }}]"#))
}

/// Asserts what is wrong with the config of a policy; the paths begin with its name.
#[track_caller]
fn assert_wrong(name: &str, config: &str, expected: &[&str]) {
    let expected: Vec<_> = expected
        .iter()
        .map(|violation| format!("loadBalancingConfig[0].{name}.{violation}"))
        .collect();
    let expected: Vec<_> = expected.iter().map(String::as_str).collect();
    assert_violations(
        &format!(r#"{{ "loadBalancingConfig": [{{ "{name}": {config} }}] }}"#),
        &expected,
    );
}

#[test]
fn the_first_policy_that_is_known_counts() {
    // F-18
    for (entries, expected) in [
        (r#"[{ "round_robin": {} }]"#, "round_robin"),
        (
            r#"[{ "pick_first": {} }, { "round_robin": {} }]"#,
            "pick_first",
        ),
        (
            r#"[{ "grpclb": { "childPolicy": 7 } }, { "mine": null }, { "": [] }, { "round_robin": {} }]"#,
            "round_robin",
        ),
        (
            r#"[{ "ROUND_ROBIN": {} }, { "pick_first": {} }]"#,
            "pick_first",
        ),
        (
            r#"[{ "roundRobin": {} }, { "pick_first": {} }]"#,
            "pick_first",
        ),
        (
            // Behind it, none is read.
            r#"[{ "round_robin": { "x": 7 } }, { "least_request_experimental": { "choiceCount": 0 } }]"#,
            "round_robin",
        ),
    ] {
        assert_eq!(list(entries).name(), expected, "{entries}");
    }
}

#[test]
fn a_list_names_a_policy_that_is_known() {
    // F-18
    let none = "loadBalancingConfig names no policy that is known: one must be of pick_first, round_robin, \
                weighted_round_robin, least_request_experimental, ring_hash_experimental, \
                random_subsetting_experimental, outlier_detection_experimental";
    assert_violations(
        r#"{ "loadBalancingConfig": [{ "grpclb": {} }, { "RoundRobin": {} }] }"#,
        &[none],
    );
    // The older name does not stand in for it.
    assert_violations(
        r#"{ "loadBalancingConfig": [{ "grpclb": {} }], "loadBalancingPolicy": "ROUND_ROBIN" }"#,
        &[none],
    );
    assert_violations(
        r#"{ "loadBalancingConfig": [] }"#,
        &["loadBalancingConfig is empty: it must name a policy"],
    );
}

#[test]
fn an_entry_has_one_name_and_an_object() {
    // F-18
    assert_violations(
        r#"{ "loadBalancingConfig": [
            {}, { "x": 7 }, { "round_robin": null }, { "a": {}, "b": {} }, { "a": {}, "a": {} }, { "pick_first": [] }
        ] }"#,
        &[
            "loadBalancingConfig[0] has 0 fields: it must have one, the name of a policy",
            "loadBalancingConfig[2].round_robin is null: it must be an object",
            "loadBalancingConfig[3] has 2 fields: it must have one, the name of a policy",
            "loadBalancingConfig[4] has 2 fields: it must have one, the name of a policy",
        ],
    );
}

#[test]
fn a_mistake_in_the_policy_does_not_hide_those_of_the_list() {
    // F-3, F-18
    assert_violations(
        r#"{ "loadBalancingConfig": [{ "least_request_experimental": { "choiceCount": 1 } }, { "round_robin": {} }, 7] }"#,
        &[
            "loadBalancingConfig[0].least_request_experimental.choiceCount is 1: it must be 2 or more",
            "loadBalancingConfig[2] is 7: it must be an object",
        ],
    );
}

#[test]
fn without_the_list_the_older_name_counts() {
    // F-18
    for (name, expected) in [
        ("ROUND_ROBIN", Some("round_robin")),
        ("Round_Robin", Some("round_robin")),
        ("pick_first", Some("pick_first")),
        ("weighted_round_robin", Some("weighted_round_robin")),
        (
            "least_request_experimental",
            Some("least_request_experimental"),
        ),
        ("RING_HASH_EXPERIMENTAL", Some("ring_hash_experimental")),
        ("", None),
        ("UNSPECIFIED", None),
    ] {
        for list in ["", r#", "loadBalancingConfig": null"#] {
            let config = config(&format!(r#"{{ "loadBalancingPolicy": "{name}"{list} }}"#));
            let found = config.load_balancing().map(LoadBalancing::name);
            assert_eq!(found, expected, "{name}");
        }
    }
    assert_eq!(config("{}").load_balancing(), None);
    assert_eq!(
        config(r#"{ "loadBalancingPolicy": "pick_first", "loadBalancingConfig": [{ "round_robin": {} }] }"#)
            .load_balancing(),
        Some(&LoadBalancing::RoundRobin)
    );
    // What does not count is only looked at.
    assert_eq!(
        config(
            r#"{ "loadBalancingPolicy": "xds", "loadBalancingConfig": [{ "round_robin": {} }] }"#
        )
        .load_balancing(),
        Some(&LoadBalancing::RoundRobin)
    );
    assert_violations(
        r#"{ "loadBalancingPolicy": 7, "loadBalancingConfig": [{ "round_robin": {} }] }"#,
        &["loadBalancingPolicy is 7: it must be a string"],
    );
}

#[test]
fn the_older_name_is_that_of_a_policy_that_needs_no_config() {
    // F-18
    for name in ["xds", "round-robin", "OUTLIER_DETECTION"] {
        assert_violations(
            &format!(r#"{{ "loadBalancingPolicy": "{name}" }}"#),
            &[&format!(
                "loadBalancingPolicy is \"{name}\": it must be the name of a known policy, such as \"ROUND_ROBIN\""
            )],
        );
    }
    for name in [
        "random_subsetting_experimental",
        "Outlier_Detection_Experimental",
    ] {
        assert_violations(
            &format!(r#"{{ "loadBalancingPolicy": "{name}" }}"#),
            &[&format!(
                "loadBalancingPolicy is \"{name}\": it needs a config, for which there is loadBalancingConfig"
            )],
        );
    }
}

#[test]
fn what_is_not_set_has_its_default() {
    // G-30, G-45, G-50, G-55; null is as if it were not there (F-1).
    for (name, fields, expected) in [
        (
            "pick_first",
            &["shuffleAddressList"][..],
            PickFirst::default().into(),
        ),
        (
            "weighted_round_robin",
            &[
                "enableOobLoadReport",
                "oobReportingPeriod",
                "blackoutPeriod",
                "weightExpirationPeriod",
                "weightUpdatePeriod",
                "errorUtilizationPenalty",
                "metricNamesForComputingUtilization",
            ],
            WeightedRoundRobin::default().into(),
        ),
        (
            "least_request_experimental",
            &["choiceCount"],
            LeastRequest::default().into(),
        ),
        (
            "ring_hash_experimental",
            &["minRingSize", "maxRingSize", "requestHashHeader"],
            LoadBalancing::from(RingHash::default()),
        ),
    ] {
        assert_eq!(policy(name, "{}"), expected);
        assert_eq!(policy(name, r#"{ "unknown": [7] }"#), expected);
        let nulls: Vec<_> = fields
            .iter()
            .map(|field| format!("\"{field}\": null"))
            .collect();
        let nulls = format!("{{ {} }}", nulls.join(", "));
        assert_eq!(policy(name, &nulls), expected);
    }
}

#[test]
fn all_that_is_set_is_kept() {
    // G-30, G-45, G-50, G-55, G-65
    assert_eq!(
        policy("pick_first", r#"{ "shuffle_address_list": true }"#),
        PickFirst::shuffled().into()
    );
    assert_eq!(
        policy("pick_first", r#"{ "shuffleAddressList": false }"#),
        PickFirst::default().into()
    );
    let weighted = WeightedRoundRobin::builder()
        .enable_oob_load_report(true)
        .oob_reporting_period(Duration::from_secs(1))
        .blackout_period(Duration::ZERO)
        .weight_expiration_period(Duration::from_secs(3))
        .weight_update_period(Duration::from_millis(100))
        .error_utilization_penalty(0.0)
        .metric_names_for_computing_utilization(["cpu_utilization", "named_metrics.a"]);
    assert_eq!(
        policy(
            "weighted_round_robin",
            r#"{ "enableOobLoadReport": true, "oobReportingPeriod": "1s", "blackoutPeriod": "0s",
                "weightExpirationPeriod": "3s", "weightUpdatePeriod": "0.05s", "errorUtilizationPenalty": "-0",
                "metricNamesForComputingUtilization": ["cpu_utilization", "named_metrics.a"] }"#
        ),
        weighted.build().unwrap().into()
    );
    for (written, count) in [
        ("3", 3),
        ("\"4\"", 4),
        ("1e1", 10),
        ("11", 10),
        ("4294967298", 10),
        ("18446744073709551615", 10),
    ] {
        let found = policy(
            "least_request_experimental",
            &format!(r#"{{ "choiceCount": {written} }}"#),
        );
        assert_eq!(found, LeastRequest::new(count).unwrap().into(), "{written}");
    }
    let ring = RingHash::builder()
        .min_ring_size(5000)
        .max_ring_size(8_388_608)
        .request_hash_header("x-user_1.a");
    assert_eq!(
        policy(
            "ring_hash_experimental",
            r#"{ "minRingSize": "5e3", "maxRingSize": 8388608, "requestHashHeader": "X-User_1.A" }"#
        ),
        ring.build().unwrap().into()
    );
    assert_eq!(
        policy(
            "random_subsetting_experimental",
            r#"{ "subsetSize": 4294967295, "childPolicy": [{ "x": {} }, { "round_robin": {} }] }"#
        ),
        RandomSubsetting::new(u32::MAX, LoadBalancing::RoundRobin)
            .unwrap()
            .into()
    );
}

#[test]
fn outlier_detection_has_what_is_written_down() {
    // G-60
    let find = |fields: &str| {
        let text = format!(r#"{{ {fields} "childPolicy": [{{ "round_robin": {{}} }}] }}"#);
        policy("outlier_detection_experimental", &text)
    };
    let sound = || {
        OutlierDetection::builder(LoadBalancing::RoundRobin)
            .success_rate_ejection(None)
            .failure_percentage_ejection(None)
    };
    assert_eq!(find(""), sound().build().unwrap().into());
    // A block alone has the defaults of its fields, and the other way stays off.
    let rate = sound().success_rate_ejection(SuccessRateEjection::default());
    assert_eq!(
        find(r#""successRateEjection": {},"#),
        rate.build().unwrap().into()
    );
    let percentage = sound().failure_percentage_ejection(FailurePercentageEjection::default());
    assert_eq!(
        find(
            r#""failure_percentage_ejection": { "threshold": null }, "successRateEjection": null,"#
        ),
        percentage.build().unwrap().into()
    );
    let rate = SuccessRateEjection::builder()
        .stdev_factor(u32::MAX)
        .enforcement_percentage(0)
        .minimum_hosts(1)
        .request_volume(2);
    let percentage = FailurePercentageEjection::builder()
        .threshold(100)
        .enforcement_percentage(100)
        .minimum_hosts(0)
        .request_volume(0);
    let all = sound()
        .interval(Duration::from_millis(1))
        .base_ejection_time(Duration::from_secs(400))
        .max_ejection_time(Duration::ZERO)
        .max_ejection_percent(100)
        .success_rate_ejection(rate.build().unwrap())
        .failure_percentage_ejection(percentage.build().unwrap());
    assert_eq!(
        find(
            r#""interval": "0.001s", "baseEjectionTime": "400s", "maxEjectionTime": "0s", "maxEjectionPercent": 100,
                "successRateEjection": { "stdevFactor": 4294967295, "enforcementPercentage": 0, "minimumHosts": 1,
                    "requestVolume": "2" },
                "failurePercentageEjection": { "threshold": 1e2, "enforcementPercentage": 100, "minimumHosts": 0,
                    "requestVolume": 0 },"#
        ),
        all.build().unwrap().into()
    );
}

#[test]
fn what_a_policy_cannot_be_is_told_field_by_field() {
    // F-3, G-45, G-50, G-55
    for (name, fields, problem) in [
        (
            "pick_first",
            r#""shuffleAddressList": "yes""#,
            r#"shuffleAddressList is "yes": it must be true or false"#,
        ),
        (
            "least_request_experimental",
            r#""choiceCount": 0"#,
            "choiceCount is 0: it must be 2 or more",
        ),
        (
            "least_request_experimental",
            r#""choiceCount": 18446744073709551616"#,
            "choiceCount is 18446744073709551616: it must be a whole number from 0 to 18446744073709551615",
        ),
        (
            "least_request_experimental",
            r#""choiceCount": 2.5"#,
            "choiceCount is 2.5: it must be a whole number from 0 to 18446744073709551615",
        ),
        (
            "ring_hash_experimental",
            r#""minRingSize": 0"#,
            "minRingSize is 0: it must be from 1 to 8388608",
        ),
        (
            "ring_hash_experimental",
            r#""maxRingSize": 8388609"#,
            "maxRingSize is 8388609: it must be from 1 to 8388608",
        ),
        (
            "ring_hash_experimental",
            r#""minRingSize": 4097"#,
            "minRingSize is 4097: it must not be greater than maxRingSize, 4096",
        ),
        (
            "ring_hash_experimental",
            r#""maxRingSize": 7, "minRingSize": 8"#,
            "minRingSize is 8: it must not be greater than maxRingSize, 7",
        ),
        (
            "ring_hash_experimental",
            r#""requestHashHeader": "Trace-Bin""#,
            r#"requestHashHeader is "trace-bin": it must be the name of a header for text"#,
        ),
        (
            "ring_hash_experimental",
            r#""requestHashHeader": ":path""#,
            r#"requestHashHeader is ":path": it must be the name of a header for text"#,
        ),
        (
            "weighted_round_robin",
            r#""errorUtilizationPenalty": -0.1"#,
            "errorUtilizationPenalty is -0.1: it must be a number that is not negative",
        ),
        (
            "weighted_round_robin",
            r#""weightUpdatePeriod": "-1s""#,
            r#"weightUpdatePeriod is "-1s": it must not be negative"#,
        ),
        (
            "weighted_round_robin",
            r#""metricNamesForComputingUtilization": ["a", null]"#,
            "metricNamesForComputingUtilization[1] is null: it must be a string",
        ),
    ] {
        assert_wrong(name, &format!("{{ {fields} }}"), &[problem]);
    }
}

#[test]
fn what_a_policy_around_another_cannot_be_is_told_field_by_field() {
    // F-3, G-60, G-65
    let child = r#""childPolicy": [{ "round_robin": {} }]"#;
    for (name, fields, problem) in [
        (
            "random_subsetting_experimental",
            format!(r#""subsetSize": 0, {child}"#),
            "subsetSize is 0: it must be 1 or more",
        ),
        (
            "random_subsetting_experimental",
            child.to_owned(),
            "subsetSize is missing: it must be set",
        ),
        (
            "random_subsetting_experimental",
            r#""subsetSize": 1"#.to_owned(),
            "childPolicy is missing: it must be set",
        ),
        (
            "outlier_detection_experimental",
            r#""childPolicy": null"#.to_owned(),
            "childPolicy is missing: it must be set",
        ),
        (
            "outlier_detection_experimental",
            r#""childPolicy": []"#.to_owned(),
            "childPolicy is empty: it must name a policy",
        ),
        (
            "outlier_detection_experimental",
            r#""childPolicy": [{ "round_robin": {} }, {}]"#.to_owned(),
            "childPolicy[1] has 0 fields: it must have one, the name of a policy",
        ),
        (
            "outlier_detection_experimental",
            format!(r#"{child}, "interval": "-0.5s""#),
            r#"interval is "-0.5s": it must not be negative"#,
        ),
        (
            "outlier_detection_experimental",
            format!(r#"{child}, "maxEjectionPercent": 101"#),
            "maxEjectionPercent is 101: it must be at most 100",
        ),
        (
            "outlier_detection_experimental",
            format!(r#"{child}, "successRateEjection": {{ "enforcementPercentage": 101 }}"#),
            "successRateEjection.enforcementPercentage is 101: it must be at most 100",
        ),
        (
            "outlier_detection_experimental",
            format!(r#"{child}, "successRateEjection": []"#),
            "successRateEjection is a list: it must be an object",
        ),
        (
            "outlier_detection_experimental",
            format!(r#"{child}, "failurePercentageEjection": {{ "threshold": 101 }}"#),
            "failurePercentageEjection.threshold is 101: it must be at most 100",
        ),
        (
            "outlier_detection_experimental",
            format!(
                r#"{child}, "failurePercentageEjection": {{ "enforcementPercentage": 4294967295 }}"#
            ),
            "failurePercentageEjection.enforcementPercentage is 4294967295: it must be at most 100",
        ),
    ] {
        assert_wrong(name, &format!("{{ {fields} }}"), &[problem]);
    }
}

#[test]
fn several_mistakes_are_all_told_with_their_paths() {
    // F-3, G-60
    assert_wrong(
        "outlier_detection_experimental",
        r#"{
            "childPolicy": [{ "x": {} }, {
                "random_subsetting_experimental": {
                    "subsetSize": 0,
                    "childPolicy": [{ "least_request_experimental": { "choiceCount": 1 } }]
                }
            }],
            "baseEjectionTime": 30,
            "maxEjectionPercent": 200,
            "successRateEjection": { "enforcementPercentage": 101, "requestVolume": -1 }
        }"#,
        &[
            "childPolicy[1].random_subsetting_experimental.subsetSize is 0: it must be 1 or more",
            "childPolicy[1].random_subsetting_experimental.childPolicy[0].least_request_experimental.choiceCount \
             is 1: it must be 2 or more",
            r#"baseEjectionTime is 30: it must be a duration in seconds, such as "1.5s""#,
            "maxEjectionPercent is 200: it must be at most 100",
            "successRateEjection.enforcementPercentage is 101: it must be at most 100",
            "successRateEjection.requestVolume is -1: it must be a whole number from 0 to 4294967295",
        ],
    );
}

/// So many policies of outlier detection in each other, and one inside.
fn nested(count: usize) -> String {
    let begin = r#"[{"outlier_detection_experimental":{"childPolicy":"#.repeat(count);
    let end = "}}]".repeat(count);
    format!(r#"{{"loadBalancingConfig":{begin}[{{"round_robin":{{}}}}]{end}}}"#)
}

#[test]
fn policies_may_be_sixteen_deep() {
    // F-3
    let config = config(&nested(15));
    let mut policy = config.load_balancing().unwrap();
    let mut depth = 1;
    while let LoadBalancing::OutlierDetection(outer) = policy {
        policy = outer.child_policy();
        depth += 1;
    }
    assert_eq!((depth, policy), (16, &LoadBalancing::RoundRobin));
    for count in [16, 17, 5_000] {
        let invalid = invalid(&nested(count));
        let [violation] = invalid.violations() else {
            panic!("{invalid}");
        };
        assert_eq!(
            violation.problem(),
            "is too deep: no more than 16 policies may be in each other"
        );
        assert_eq!(violation.path().matches("childPolicy").count(), 16);
    }
}

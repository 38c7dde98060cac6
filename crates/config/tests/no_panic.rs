//! No text panics, whatever it is; and what is read of one is what is read of it again.

use proptest::prelude::*;
use ziggurat_config::ServiceConfig;

const WHOLE: &str = r#"{
    "methodConfig": [{
        "name": [{ "service": "a.B", "method": "C" }, { "service": "a.B" }],
        "waitForReady": true, "timeout": "1.5s", "maxRequestMessageBytes": 4, "maxResponseMessageBytes": "5",
        "retryPolicy": { "maxAttempts": 3, "initialBackoff": "0.1s", "maxBackoff": "1s", "backoffMultiplier": 2.5,
            "retryableStatusCodes": [14, "ABORTED"] }
    }, { "name": [{}], "hedgingPolicy": { "maxAttempts": 2, "hedgingDelay": "0s", "nonFatalStatusCodes": [] } }],
    "retryThrottling": { "maxTokens": 10, "tokenRatio": 0.1 },
    "loadBalancingConfig": [{ "outlier_detection_experimental": {
        "interval": "10s", "maxEjectionPercent": 10, "successRateEjection": { "stdevFactor": 1900 },
        "failurePercentageEjection": { "threshold": "85", "enforcementPercentage": 100 },
        "childPolicy": [{ "random_subsetting_experimental": { "subsetSize": 20, "childPolicy": [
            { "weighted_round_robin": { "errorUtilizationPenalty": 1.5, "blackoutPeriod": "10s",
                "enableOobLoadReport": false, "metricNamesForComputingUtilization": ["cpu_utilization"] } },
            { "least_request_experimental": { "choiceCount": 2 } }] } }] } },
        { "ring_hash_experimental": { "minRingSize": 1024, "requestHashHeader": "x-user" } },
        { "pick_first": { "shuffleAddressList": true } }],
    "loadBalancingPolicy": "ROUND_ROBIN",
    "healthCheckConfig": { "serviceName": "" }, "connectionScaling": { "maxConnectionsPerSubchannel": 1 }
}"#;

/// Reads it, and looks at all that came of it.
fn read(text: &str) {
    match ServiceConfig::from_json(text) {
        Ok(config) => {
            assert_eq!(text.parse().ok(), Some(config.clone()));
            for (path, method) in config.methods() {
                assert_eq!(config.method(path), Some(method));
            }
            let _ = config
                .retry_throttling()
                .map(|throttling| throttling.throttle());
        }
        Err(invalid) => {
            assert_ne!(
                invalid.violations().is_empty(),
                invalid.position().is_none()
            );
            assert!(!invalid.to_string().chars().any(char::is_control));
        }
    }
}

/// JSON values as they may stand anywhere.
fn value() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        any::<bool>().prop_map(|value| value.to_string()),
        any::<f64>()
            .prop_filter("JSON has no others", |number| number.is_finite())
            .prop_map(|number| format!("{number:e}")),
        any::<i64>().prop_map(|number| number.to_string()),
        "-?[0-9]{1,25}(\\.[0-9]{1,12})?s?".prop_map(|text| format!("\"{text}\"")),
        any::<String>().prop_map(|text| format!("{text:?}")),
        Just(r#""\ud800""#.to_owned()),
    ];
    leaf.prop_recursive(4, 32, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4)
                .prop_map(|list| format!("[{}]", list.join(","))),
            prop::collection::vec(("[a-z]{0,3}", inner), 0..4).prop_map(|fields| {
                let fields: Vec<_> = fields
                    .iter()
                    .map(|(name, value)| format!("\"{name}\":{value}"))
                    .collect();
                format!("{{{}}}", fields.join(","))
            }),
        ]
    })
}

/// Where a value begins and ends in the whole config: behind each `:`, `[` and `,`.
fn places() -> Vec<usize> {
    WHOLE
        .match_indices([':', '[', ','])
        .map(|(at, _)| at + 1)
        .collect()
}

proptest! {
    #[test]
    fn of_any_text(text in any::<String>()) {
        read(&text);
    }

    #[test]
    fn of_a_config_that_was_cut_and_mixed(from in 0..WHOLE.len(), length in 0..40_usize, noise in "[\\[\\]{},:\"0-9esn.\\\\-]{0,6}") {
        let end = (from + length).min(WHOLE.len());
        read(&format!("{}{noise}{}", &WHOLE[..from], &WHOLE[end..]));
    }

    #[test]
    fn of_a_config_with_another_value(place in prop::sample::select(places()), value in value()) {
        let rest = &WHOLE[place..];
        let end = rest.find([',', '}', ']']).unwrap_or(rest.len());
        read(&format!("{}{value}{}", &WHOLE[..place], &rest[end..]));
    }
}

#[test]
fn the_whole_config_is_valid() {
    // Or the mutations of it would say little.
    let config = ServiceConfig::from_json(WHOLE).unwrap();
    assert_eq!(config.methods().count(), 3);
    assert!(config.method("/a.B/C").unwrap().retry_policy().is_some());
}

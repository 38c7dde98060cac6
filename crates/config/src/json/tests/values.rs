use std::time::Duration;

use ziggurat_protocol::Code;

use super::{config, entry};
use crate::{MethodConfig, RetryThrottling, ServiceConfig};

#[test]
fn the_longest_match_counts_and_counts_as_a_whole() {
    // F-10, F-11
    let config = config(
        r#"{ "methodConfig": [
            { "name": [{ "service": "a.B", "method": "C" }, { "service": "a.B", "method": "D" }], "timeout": "1s" },
            { "name": [{ "service": "a.B" }], "timeout": "2s", "waitForReady": true },
            { "name": [{}], "timeout": "3s", "maxRequestMessageBytes": 7 }
        ] }"#,
    );
    let seconds = |path| config.method(path).unwrap().timeout().unwrap().as_secs();
    for (path, expected) in [
        ("/a.B/C", 1),
        ("/a.B/D", 1),
        ("/a.B/E", 2),
        ("/a.B/", 2),
        ("/a.B/C/", 3),
        ("/a.B", 3),
        ("/A.B/C", 3),
        ("/a/B/C", 3),
        ("a.B/C", 3),
        ("/", 3),
        ("", 3),
    ] {
        assert_eq!(seconds(path), expected, "{path}");
    }
    let exact = config.method("/a.B/C").unwrap();
    assert_eq!(
        (exact.wait_for_ready(), exact.max_request_message_bytes()),
        (None, None)
    );
    assert_eq!(config.methods().count(), 4);
}

#[test]
fn where_nothing_is_said_nothing_is_found() {
    // F-10
    let config =
        config(r#"{ "methodConfig": [{ "name": [{ "service": "a.B", "method": "C" }] }] }"#);
    assert_eq!(config.method("/a.B/C"), Some(&MethodConfig::default()));
    assert_eq!(config.method("/a.B/D"), None);
    assert_eq!(config.method("/a.B/"), None);
}

#[test]
fn empty_null_and_missing_names_are_the_same() {
    // F-10
    for name in [
        "{}",
        r#"{ "service": "" }"#,
        r#"{ "service": null, "method": null }"#,
        r#"{ "method": "", "service": "" }"#,
    ] {
        let config = config(&format!(
            r#"{{ "methodConfig": [{{ "name": [{name}] }}] }}"#
        ));
        assert!(config.method("/a.B/C").is_some(), "{name}");
    }
    let service =
        config(r#"{ "methodConfig": [{ "name": [{ "service": "a.B", "method": "" }] }] }"#);
    assert!(service.method("/a.B/C").is_some() && service.method("/a.C/C").is_none());
}

#[test]
fn entries_without_names_are_skipped() {
    // F-10
    for entry in [
        r#"{ "timeout": "1s" }"#,
        r#"{ "name": [], "timeout": "1s" }"#,
        r#"{ "name": null }"#,
    ] {
        let config = config(&format!(r#"{{ "methodConfig": [{entry}] }}"#));
        assert_eq!(config.method("/a.B/C"), None, "{entry}");
    }
}

#[test]
fn nothing_and_what_is_not_known_is_valid() {
    // F-2, F-4
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    for text in [
        "{}",
        " {\n} ",
        r#"{ "methodConfig": null, "retryThrottling": null, "loadBalancingConfig": null, "loadBalancingPolicy": null,
            "healthCheckConfig": null, "connectionScaling": null }"#,
        r#"{ "methodConfig": [], "loadBalancingPolicy": "" }"#,
        r#"{ "METHODCONFIG": 7, "method-config": {}, "methodconfig": "", "": [], "weight": 1e999, "x": "\ud800", "\ud800": 1 }"#,
        &format!(r#"{{ "deep": {deep} }}"#),
    ] {
        assert_eq!(config(text), ServiceConfig::default());
    }
    // In each kind of object.
    let config = config(
        r#"{
            "methodConfig": [{
                "name": [{ "service": "a.B", "version": 1 }],
                "retryPolicy": { "maxAttempts": 2, "initialBackoff": "1s", "maxBackoff": "1s", "backoffMultiplier": 1,
                    "retryableStatusCodes": [14], "perAttemptRecvTimeout": false },
                "compression": {}
            }, {
                "name": [{}],
                "hedgingPolicy": { "maxAttempts": 2, "percentile": [] }
            }],
            "retryThrottling": { "maxTokens": 1, "tokenRatio": 1, "burst": "yes" },
            "healthCheckConfig": { "serviceName": "a.B", "interval": 3 },
            "connectionScaling": { "maxConnectionsPerSubchannel": 2, "minConnections": "x" }
        }"#,
    );
    assert!(config.method("/a.B/C").unwrap().retry_policy().is_some());
    assert!(config.method("/b.B/C").unwrap().hedging_policy().is_some());
}

#[test]
fn names_may_be_in_snake_case() {
    // F-1
    let snake = config(
        r#"{
            "method_config": [{
                "name": [{}],
                "wait_for_ready": true,
                "max_request_message_bytes": 1,
                "max_response_message_bytes": 2,
                "retry_policy": { "max_attempts": 2, "initial_backoff": "1s", "max_backoff": "2s",
                    "backoff_multiplier": 3, "retryable_status_codes": [14] }
            }],
            "retry_throttling": { "max_tokens": 4, "token_ratio": 0.5 },
            "load_balancing_config": [{ "round_robin": {} }],
            "load_balancing_policy": "ROUND_ROBIN",
            "health_check_config": { "service_name": "a" },
            "connection_scaling": { "max_connections_per_subchannel": 5 }
        }"#,
    );
    let camel = config(
        r#"{
            "methodConfig": [{
                "name": [{}],
                "waitForReady": true,
                "maxRequestMessageBytes": 1,
                "maxResponseMessageBytes": 2,
                "retryPolicy": { "maxAttempts": 2, "initialBackoff": "1s", "maxBackoff": "2s",
                    "backoffMultiplier": 3, "retryableStatusCodes": [14] }
            }],
            "retryThrottling": { "maxTokens": 4, "tokenRatio": 0.5 },
            "loadBalancingConfig": [{ "round_robin": {} }],
            "loadBalancingPolicy": "ROUND_ROBIN",
            "healthCheckConfig": { "serviceName": "a" },
            "connectionScaling": { "maxConnectionsPerSubchannel": 5 }
        }"#,
    );
    assert_eq!(snake, camel);
    assert_ne!(snake, ServiceConfig::default());
}

#[test]
fn durations_have_up_to_nine_decimals() {
    // F-1, F-13
    for (text, expected) in [
        ("0s", Duration::ZERO),
        ("-0s", Duration::ZERO),
        ("-0.000s", Duration::ZERO),
        ("1s", Duration::from_secs(1)),
        ("1.5s", Duration::from_millis(1500)),
        ("0.000000001s", Duration::from_nanos(1)),
        ("1.123456789s", Duration::new(1, 123_456_789)),
        ("007.010s", Duration::from_millis(7010)),
        ("315576000000s", Duration::from_secs(315_576_000_000)),
        (
            "315576000000.999999999s",
            Duration::new(315_576_000_000, 999_999_999),
        ),
    ] {
        let entry = entry(&format!(r#""timeout": "{text}""#));
        assert_eq!(entry.timeout(), Some(expected), "{text}");
    }
}

#[test]
fn whole_numbers_are_written_in_many_ways() {
    // F-1, F-14, F-19
    for (text, expected) in [
        ("0", 0),
        ("-0", 0),
        ("1024", 1024),
        ("1024.0", 1024),
        ("1.024e3", 1024),
        ("1E3", 1000),
        (r#""1024""#, 1024),
        (r#""1e3""#, 1000),
        (r#""\u0031""#, 1),
        ("4294967295", u32::MAX),
        (r#""4294967295.0""#, u32::MAX),
    ] {
        let size = usize::try_from(expected).unwrap();
        let entry = entry(&format!(
            r#""maxRequestMessageBytes": {text}, "maxResponseMessageBytes": {text}"#
        ));
        assert_eq!(entry.max_request_message_bytes(), Some(size), "{text}");
        assert_eq!(entry.max_response_message_bytes(), Some(size), "{text}");
        let text =
            format!(r#"{{ "connectionScaling": {{ "maxConnectionsPerSubchannel": {text} }} }}"#);
        assert_eq!(
            config(&text).max_connections_per_subchannel(),
            Some(expected),
            "{text}"
        );
    }
}

#[test]
fn what_is_null_is_not_set() {
    // F-1, F-12 … F-14, F-17, F-19
    let entry = entry(
        r#""waitForReady": null, "timeout": null, "maxRequestMessageBytes": null, "maxResponseMessageBytes": null,
        "retryPolicy": null, "hedgingPolicy": null"#,
    );
    assert_eq!(entry, MethodConfig::default());
    let config = config(
        r#"{ "healthCheckConfig": { "serviceName": null }, "connectionScaling": { "maxConnectionsPerSubchannel": null } }"#,
    );
    assert_eq!(config, ServiceConfig::default());
}

#[test]
fn waiting_is_on_off_or_not_said() {
    // F-12
    assert_eq!(
        entry(r#""waitForReady": true"#).wait_for_ready(),
        Some(true)
    );
    assert_eq!(
        entry(r#""waitForReady": false"#).wait_for_ready(),
        Some(false)
    );
    assert_eq!(entry(r#""timeout": "1s""#).wait_for_ready(), None);
}

#[test]
fn a_retry_policy_has_what_the_text_says() {
    // F-15, C-1
    let entry = entry(
        r#""retryPolicy": { "maxAttempts": "1000", "initialBackoff": "0.25s", "maxBackoff": "10s",
            "backoffMultiplier": "1.5", "retryableStatusCodes": ["unavailable", "Resource_Exhausted", 10, 4.0, "ABORTED"] }"#,
    );
    let policy = entry.retry_policy().unwrap();
    assert_eq!(
        policy.max_attempts(),
        1000,
        "it is the channel that takes fewer"
    );
    assert_eq!(policy.initial_backoff(), Duration::from_millis(250));
    assert_eq!(policy.max_backoff(), Duration::from_secs(10));
    assert_eq!(policy.backoff_multiplier().to_bits(), 1.5_f64.to_bits());
    let codes = [
        Code::DeadlineExceeded,
        Code::ResourceExhausted,
        Code::Aborted,
        Code::Unavailable,
    ];
    assert!(policy.retryable_codes().eq(codes));
    assert!(!policy.retries_after_headers(), "C-13 is an option of ours");
    assert!(entry.hedging_policy().is_none());
}

#[test]
fn every_code_has_a_name_and_a_number() {
    // C-1
    for code in (1..17).filter_map(Code::from_number) {
        for written in [
            format!("{:?}", code.name()),
            format!("{:?}", code.name().to_lowercase()),
            code.number().to_string(),
        ] {
            let entry = entry(&format!(
                r#""hedgingPolicy": {{ "maxAttempts": 2, "nonFatalStatusCodes": [{written}] }}"#
            ));
            assert!(
                entry.hedging_policy().unwrap().non_fatal_codes().eq([code]),
                "{written}"
            );
        }
    }
}

#[test]
fn a_hedging_policy_needs_the_number_of_attempts_only() {
    // F-15, C-2
    let least = entry(r#""hedgingPolicy": { "maxAttempts": 3 }"#);
    let policy = least.hedging_policy().unwrap();
    assert_eq!(
        (policy.max_attempts(), policy.hedging_delay()),
        (3, Duration::ZERO)
    );
    assert_eq!(policy.non_fatal_codes().count(), 0);
    assert!(least.retry_policy().is_none());
    let all = entry(
        r#""hedgingPolicy": { "maxAttempts": 4, "hedgingDelay": "0.5s", "nonFatalStatusCodes": ["INTERNAL"] }"#,
    );
    let policy = all.hedging_policy().unwrap();
    assert_eq!(
        (policy.max_attempts(), policy.hedging_delay()),
        (4, Duration::from_millis(500))
    );
    assert!(policy.non_fatal_codes().eq([Code::Internal]));
}

#[test]
fn a_throttle_is_made_of_its_numbers() {
    // F-16, C-4, C-44
    let throttling =
        |text| config(&format!(r#"{{ "retryThrottling": {text} }}"#)).retry_throttling();
    let first = throttling(r#"{ "maxTokens": 1000, "tokenRatio": 0.5466 }"#).unwrap();
    assert_eq!((first.max_tokens(), first.token_ratio()), (1000, 0.5466));
    let throttle = first.throttle();
    assert_eq!(
        (
            throttle.max_tokens(),
            throttle.token_ratio(),
            throttle.tokens()
        ),
        (1000, 0.546, 1000.0)
    );
    let again = throttling(r#"{ "tokenRatio": "0.5466", "maxTokens": 1e3 }"#);
    assert_eq!(again, Some(first), "the same numbers, written otherwise");
    assert_ne!(
        throttling(r#"{ "maxTokens": 999, "tokenRatio": 0.5466 }"#),
        Some(first)
    );
    assert_eq!(RetryThrottling::new(1000, 0.5466), Ok(first));
}

#[test]
fn health_is_asked_for_if_a_name_is_there() {
    // F-17
    let service = |text| {
        let config = config(&format!(r#"{{ "healthCheckConfig": {text} }}"#));
        config.health_check_service().map(str::to_owned)
    };
    assert_eq!(
        service(r#"{ "serviceName": "a.B" }"#).as_deref(),
        Some("a.B")
    );
    assert_eq!(service(r#"{ "serviceName": "" }"#).as_deref(), Some(""));
    assert_eq!(service("{}"), None);
}

#[test]
fn a_config_is_cloned_by_reference() {
    // F-22
    let config = config(r#"{ "methodConfig": [{ "name": [{}] }] }"#);
    let clone = config.clone();
    assert!(std::ptr::eq(
        config.method("").unwrap(),
        clone.method("").unwrap()
    ));
    let parsed: ServiceConfig = r#"{ "methodConfig": [{ "name": [{}] }] }"#.parse().unwrap();
    assert_eq!(parsed, config);
}

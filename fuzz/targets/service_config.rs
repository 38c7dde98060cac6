//! A service config: any text is one, or is told where it is none; and its values are those of a plain reading.
#![no_main]

use std::time::Duration;

use libfuzzer_sys::{arbitrary, arbitrary::Arbitrary, fuzz_target};
use serde_json::Value;
use ziggurat_config::{InvalidServiceConfig, ServiceConfig, load_balancing::LoadBalancing};

#[derive(Arbitrary, Debug)]
enum Input<'a> {
    /// The whole text.
    Text(&'a str),
    /// What stands as a timeout, in quotes.
    Timeout(&'a str),
    /// What stands as a limit of messages: JSON, or something else.
    Limit(&'a str),
}

/// JSON's, and no others.
const SPACES: [char; 4] = [' ', '\t', '\r', '\n'];
/// More violations nobody keeps.
const KEPT: usize = 100;
/// No more policies stand in each other.
const DEEPEST: usize = 16;
/// No sentence is longer: a path of ours, which may lead through all of them, and so much of what the text says.
const SENTENCE: usize = 2000;

fuzz_target!(|input: Input<'_>| match input {
    Input::Text(text) => whole(text),
    Input::Timeout(text) => timeout(text),
    Input::Limit(text) => limit(text),
});

fn whole(text: &str) {
    let read = ServiceConfig::from_json(text);
    match &read {
        Ok(config) => valid(config),
        Err(error) => invalid(error),
    }
    // What is not known says nothing (F-2), wherever it stands.
    let Some(inner) = text.trim_start_matches(SPACES).strip_prefix('{') else {
        return;
    };
    let comma = if inner.trim_start_matches(SPACES).starts_with('}') {
        ""
    } else {
        ","
    };
    let more = format!("{{\"unknown\":[1e999,{{}}]{comma}{inner}");
    match (read, ServiceConfig::from_json(&more)) {
        (Ok(config), Ok(other)) => assert_eq!(config, other),
        (Err(error), Err(other)) => assert_eq!(error.violations(), other.violations()),
        (read, other) => panic!("{read:?} and with a field more {other:?}"),
    }
}

/// All that it says can be used.
fn valid(config: &ServiceConfig) {
    for (path, method) in config.methods() {
        assert_eq!(config.method(path), Some(method), "{path}");
        assert!(method.retry_policy().is_none() || method.hedging_policy().is_none());
        if let Some(policy) = method.retry_policy() {
            assert!(policy.max_attempts() >= 2 && policy.retryable_codes().count() > 0);
            assert!(!policy.initial_backoff().is_zero() && !policy.max_backoff().is_zero());
            assert!(policy.backoff_multiplier() > 0.0 && policy.backoff_multiplier().is_finite());
        }
        if let Some(policy) = method.hedging_policy() {
            assert!(policy.max_attempts() >= 2);
        }
    }
    if let Some(throttling) = config.retry_throttling() {
        assert!(throttling.throttle().allows());
    }
    if let Some(policy) = config.load_balancing() {
        balancing(policy);
    }
}

/// All bounds of a policy hold, and of those in it.
fn balancing(policy: &LoadBalancing) {
    let mut next = Some(policy);
    let mut depth = 0;
    while let Some(policy) = next {
        depth += 1;
        next = match policy {
            LoadBalancing::LeastRequest(policy) => {
                assert!((2..=10).contains(&policy.choice_count()));
                None
            }
            LoadBalancing::RingHash(policy) => {
                let (min, max) = (policy.min_ring_size(), policy.max_ring_size());
                assert!(0 < min && min <= max && max <= 8 * 1024 * 1024);
                let header = policy.request_hash_header();
                assert!(header.is_none_or(|name| !name.is_empty() && !name.ends_with("-bin")));
                None
            }
            LoadBalancing::WeightedRoundRobin(policy) => {
                assert!(policy.weight_update_period() >= Duration::from_millis(100));
                let penalty = policy.error_utilization_penalty();
                assert!(penalty >= 0.0 && penalty.is_finite());
                None
            }
            LoadBalancing::RandomSubsetting(policy) => {
                assert!(policy.subset_size() > 0);
                Some(policy.child_policy())
            }
            LoadBalancing::OutlierDetection(policy) => {
                assert!(policy.max_ejection_percent() <= 100);
                assert!(policy.max_ejection_time() >= policy.base_ejection_time());
                let rate = policy.success_rate_ejection();
                assert!(rate.is_none_or(|rate| rate.enforcement_percentage() <= 100));
                let failures = policy.failure_percentage_ejection();
                assert!(failures.is_none_or(|failures| failures.threshold() <= 100));
                Some(policy.child_policy())
            }
            _ => None,
        };
    }
    assert!(depth <= DEEPEST);
}

/// What is wrong is told in sentences that can be shown.
fn invalid(error: &InvalidServiceConfig) {
    let violations = error.violations();
    assert_eq!(violations.is_empty(), error.position().is_some());
    assert!(violations.len() <= KEPT);
    assert!(error.omitted() == 0 || violations.len() == KEPT);
    let sentences = violations.iter().map(ToString::to_string);
    for sentence in sentences.chain([error.to_string()]) {
        assert!(sentence.len() <= SENTENCE, "{sentence}");
        assert!(!sentence.chars().any(char::is_control), "{sentence:?}");
    }
}

fn timeout(text: &str) {
    let quoted = serde_json::to_string(text).expect("it is text");
    let config = ServiceConfig::from_json(&format!(
        r#"{{"methodConfig":[{{"name":[{{}}],"timeout":{quoted}}}]}}"#
    ));
    let read = config.ok().and_then(|config| config.method("")?.timeout());
    assert_eq!(read, seconds(text));
}

/// `-?digits(.digits{1,9})?s`, within proto3's ten thousand years, and not below zero.
fn seconds(text: &str) -> Option<Duration> {
    const LONGEST: u128 = 315_576_000_000;
    let digits = |text: &str| !text.is_empty() && text.chars().all(|char| char.is_ascii_digit());
    let number = text.strip_suffix('s')?;
    let (is_negative, number) = match number.strip_prefix('-') {
        Some(number) => (true, number),
        None => (false, number),
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    if !digits(whole) || !digits(fraction) || fraction.len() > 9 {
        return None;
    }
    // More digits than a number has room for are more than the longest, but for zeros.
    let whole: u128 = match whole.trim_start_matches('0') {
        "" => 0,
        whole => whole.parse().ok()?,
    };
    let width = u32::try_from(fraction.len()).ok()?;
    let nanos = fraction.parse::<u32>().ok()? * 10_u32.pow(9 - width);
    let is_zero = whole == 0 && nanos == 0;
    let whole = u64::try_from(whole.min(LONGEST + 1)).ok()?;
    let is_allowed = u128::from(whole) <= LONGEST && (is_zero || !is_negative);
    is_allowed.then(|| Duration::new(whole, nanos))
}

fn limit(text: &str) {
    let Ok(value) = serde_json::from_str::<Value>(text) else {
        return;
    };
    let config = ServiceConfig::from_json(&format!(
        r#"{{"methodConfig":[{{"name":[{{}}],"maxRequestMessageBytes":{text}}}]}}"#
    ));
    let expected = match &value {
        Value::Null => Some(None),
        Value::Number(_) => whole_number(text.trim_matches(SPACES)).map(Some),
        // JSON's numbers, in quotes.
        Value::String(text) if text.trim_matches(SPACES) == text => {
            match serde_json::from_str(text) {
                Ok(Value::Number(_)) => whole_number(text).map(Some),
                _ => None,
            }
        }
        _ => None,
    };
    let read = config.ok().and_then(|config| {
        let method = config.method("")?;
        Some(method.max_request_message_bytes())
    });
    assert_eq!(read, expected, "{text}");
}

/// Of 32 bits.
fn whole_number(text: &str) -> Option<usize> {
    let number: f64 = text.parse().ok()?;
    let is_whole = number.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(&number);
    is_whole.then(|| number.abs().to_string().parse().expect("it is whole"))
}

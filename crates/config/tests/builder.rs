//! Configs made without JSON, and what a channel has of what a resolver brings.

use std::time::Duration;

use ziggurat_config::{
    InvalidServiceConfig, MethodConfig, ResolvedConfig, RetryThrottling, ServiceConfig,
    load_balancing::{LeastRequest, LoadBalancing},
};
use ziggurat_layers::{hedge::HedgingPolicy, retry::RetryPolicy};
use ziggurat_protocol::Code;

fn within(seconds: u64) -> MethodConfig {
    let timeout = Duration::from_secs(seconds);
    MethodConfig::builder().timeout(timeout).build()
}

fn violations(built: Result<ServiceConfig, InvalidServiceConfig>) -> Vec<String> {
    let Err(invalid) = built else {
        panic!("it is valid: {built:?}");
    };
    invalid
        .violations()
        .iter()
        .map(ToString::to_string)
        .collect()
}

#[test]
fn what_is_given_is_there() {
    // F-10, F-12 … F-14, F-16 … F-19
    let throttling = RetryThrottling::new(10, 0.1).unwrap();
    let method = MethodConfig::builder()
        .wait_for_ready(false)
        .timeout(Duration::ZERO)
        .max_request_message_bytes(0)
        .max_response_message_bytes(usize::MAX)
        .build();
    let config = ServiceConfig::builder()
        .method("/a.B/C", method.clone())
        .service("a.B", within(2))
        .all_methods(within(3))
        .retry_throttling(throttling)
        .load_balancing(LoadBalancing::RoundRobin)
        .load_balancing(LeastRequest::default())
        .health_check_service("")
        .max_connections_per_subchannel(4)
        .build()
        .unwrap();
    assert_eq!(config.method("/a.B/C"), Some(&method));
    assert_eq!(method.wait_for_ready(), Some(false));
    assert_eq!(method.timeout(), Some(Duration::ZERO));
    assert_eq!(method.max_request_message_bytes(), Some(0));
    assert_eq!(method.max_response_message_bytes(), Some(usize::MAX));
    assert_eq!(config.method("/a.B/D"), Some(&within(2)));
    assert_eq!(config.method("/b.B/D"), Some(&within(3)));
    assert_eq!(config.retry_throttling(), Some(throttling));
    let last = LoadBalancing::from(LeastRequest::default());
    assert_eq!(config.load_balancing(), Some(&last));
    assert_eq!(config.health_check_service(), Some(""));
    assert_eq!(config.max_connections_per_subchannel(), Some(4));
}

#[test]
fn a_method_has_one_policy() {
    // C-3, C-5
    let retry = RetryPolicy::builder()
        .retryable_codes([Code::Unavailable])
        .build()
        .unwrap();
    let hedging = HedgingPolicy::builder().build().unwrap();
    assert!(MethodConfig::default().retry_or_hedging_policy().is_none());
    let config = MethodConfig::builder().retry_or_hedging_policy(retry.clone());
    let first = config.clone().build();
    assert_eq!(
        (first.retry_policy(), first.hedging_policy()),
        (Some(&retry), None)
    );
    let last = config.retry_or_hedging_policy(hedging.clone()).build();
    assert_eq!(
        (last.retry_policy(), last.hedging_policy()),
        (None, Some(&hedging))
    );
}

#[test]
fn what_cannot_be_is_told_at_the_end() {
    // F-10
    let built = ServiceConfig::builder()
        .method("a.B/C", within(1))
        .method("/a.B", within(1))
        .method("/a.B/", within(1))
        .method("//C", within(1))
        .method("", within(1))
        .service("", within(1))
        .service("/a.B/", within(1))
        .build();
    let no_method = "is no method: it must be written as /package.Service/Method";
    let no_service = "is no service: it must be written as package.Service";
    assert_eq!(
        violations(built),
        [
            format!("method(\"a.B/C\") {no_method}"),
            format!("method(\"/a.B\") {no_method}"),
            format!("method(\"/a.B/\") {no_method}"),
            format!("method(\"//C\") {no_method}"),
            format!("method(\"\") {no_method}"),
            format!("service(\"\") {no_service}"),
            format!("service(\"/a.B/\") {no_service}"),
        ]
    );
}

#[test]
fn a_name_has_one_config() {
    // F-10
    let twice = ServiceConfig::builder()
        .method("/a.B/C", within(1))
        .method("/a.B/C", within(2))
        .service("a.B", within(1))
        .service("a.B", within(2))
        .all_methods(within(1))
        .all_methods(within(2));
    let taken = "has a config already: there may be one for each name";
    assert_eq!(
        violations(twice.build()),
        [
            format!("method(\"/a.B/C\") {taken}"),
            format!("service(\"a.B\") {taken}"),
            format!("all_methods {taken}"),
        ]
    );
}

#[test]
fn which_config_is_in_effect() {
    // F-3, F-4
    let config = |seconds| {
        ServiceConfig::builder()
            .all_methods(within(seconds))
            .build()
            .unwrap()
    };
    let [new, previous, default] = [1, 2, 3].map(config);
    let invalid = || ResolvedConfig::from(ServiceConfig::builder().service("", within(1)).build());
    let some = Some(&previous);
    for (resolved, previous, default, expected) in [
        (
            ResolvedConfig::Config(new.clone()),
            some,
            Some(&default),
            Some(&new),
        ),
        (ResolvedConfig::Config(new.clone()), None, None, Some(&new)),
        (ResolvedConfig::None, some, Some(&default), Some(&default)),
        (
            ResolvedConfig::None,
            some,
            None,
            Some(&ServiceConfig::default()),
        ),
        (
            ResolvedConfig::default(),
            None,
            None,
            Some(&ServiceConfig::default()),
        ),
        (invalid(), some, Some(&default), some),
        (invalid(), None, Some(&default), Some(&default)),
        (invalid(), None, None, None),
    ] {
        let case = format!("{resolved:?}, {previous:?}, {default:?}");
        let found = resolved.in_effect(previous, default);
        assert_eq!(found.ok().as_ref(), expected, "{case}");
    }
}

#[test]
fn configs_go_to_other_threads() {
    // F-22
    fn check<T: Clone + Send + Sync + 'static>() {}
    check::<ServiceConfig>();
    check::<InvalidServiceConfig>();
    check::<ResolvedConfig>();
}

#[test]
fn a_throttle_with_the_same_numbers_goes_on() {
    // C-44
    let ten = RetryThrottling::new(10, 0.1).unwrap();
    let before = ten.throttle();
    assert!(before.fail());
    assert!(before.fail());
    let tokens = |throttling: RetryThrottling| {
        let after = throttling.throttle_after(Some(&before));
        after.fail();
        (after.tokens(), before.tokens())
    };
    // Another's failure is this one's too.
    assert_eq!(
        tokens(RetryThrottling::new(10, 0.1009).unwrap()),
        (7.0, 7.0)
    );
    assert_eq!(tokens(RetryThrottling::new(20, 0.1).unwrap()), (19.0, 7.0));
    assert_eq!(tokens(RetryThrottling::new(10, 0.2).unwrap()), (9.0, 7.0));
    assert!(ten.throttle_after(None).tokens() > 9.9);
}

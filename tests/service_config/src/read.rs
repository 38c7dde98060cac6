//! What both have read of a config, in one form.

use std::collections::BTreeMap;

use crate::balancing;
use serde::Deserialize;
use serde_json::Value;
use ziggurat::{
    Code,
    service_config::{MethodConfig, ServiceConfig},
};

/// What grpc-go keeps of a config; it has no words for hedging and for the number of connections.
#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Config {
    /// By path: `/service/method`, `/service/`, or empty.
    methods: BTreeMap<String, Method>,
    throttling: Option<Throttling>,
    health: Option<String>,
    balancing: Value,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Method {
    wait_for_ready: Option<bool>,
    /// In nanoseconds, as all durations here.
    timeout: Option<String>,
    max_request: Option<i64>,
    max_response: Option<i64>,
    retry: Option<Retry>,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Retry {
    max_attempts: u32,
    initial_backoff: String,
    max_backoff: String,
    multiplier: f64,
    codes: Vec<u32>,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Throttling {
    max_tokens: f64,
    token_ratio: f64,
}

impl Config {
    pub(crate) fn of(config: &ServiceConfig) -> Self {
        let methods = config.methods();
        let throttling = config.retry_throttling();
        Self {
            methods: methods
                .map(|(path, method)| (path.to_owned(), Method::of(method)))
                .collect(),
            throttling: throttling.map(|throttling| Throttling {
                max_tokens: throttling.max_tokens().into(),
                token_ratio: throttling.token_ratio(),
            }),
            health: config.health_check_service().map(str::to_owned),
            balancing: balancing::read(&config.load_balancing().cloned().unwrap_or_default()),
        }
    }
}

impl Method {
    fn of(method: &MethodConfig) -> Self {
        let size = |bytes: usize| i64::try_from(bytes).ok();
        let nanos = |duration: std::time::Duration| duration.as_nanos().to_string();
        Self {
            wait_for_ready: method.wait_for_ready(),
            timeout: method.timeout().map(nanos),
            max_request: method.max_request_message_bytes().and_then(size),
            max_response: method.max_response_message_bytes().and_then(size),
            retry: method.retry_policy().map(|policy| Retry {
                max_attempts: policy.max_attempts(),
                initial_backoff: nanos(policy.initial_backoff()),
                max_backoff: nanos(policy.max_backoff()),
                multiplier: policy.backoff_multiplier(),
                codes: policy.retryable_codes().map(Code::number).collect(),
            }),
        }
    }
}

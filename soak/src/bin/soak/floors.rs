//! Floors that send calls again, below the rows' clients.

use std::time::Duration;

use ziggurat::{
    Code,
    channel::Builder,
    layers::{
        hedge::HedgingPolicy,
        retry::{RetryPolicy, RetryPolicyBuilder},
    },
    service_config::{
        MethodConfig, RetryOrHedgingPolicy, RetryThrottling, ServiceConfig, ServiceConfigBuilder,
    },
};

/// What no server of a row sends, and no client says of itself.
const NEVER_SENT: Code = Code::Aborted;

/// Longer than any answer takes, and any call may.
const NEVER_WAITED: Duration = Duration::from_secs(60);

/// How often a call is sent at most by [`again`]: what the pauses between are together outlasts each outage of a row.
const ATTEMPTS: u32 = 10;

/// Which floor stands on the channels of all rows: on each call's way, with a policy that never has a reason.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) enum Floors {
    /// A channel without a config.
    #[default]
    None,
    /// Retries, throttled, of a code that nobody sends.
    Retry,
    /// Hedges, throttled, after a time that no call has.
    Hedge,
}

impl Floors {
    pub(crate) fn named(name: &str) -> Option<Self> {
        match name {
            "none" => Some(Self::None),
            "retry" => Some(Self::Retry),
            "hedge" => Some(Self::Hedge),
            _ => None,
        }
    }

    /// Puts it on a channel, by a service config.
    pub(crate) fn on(self, builder: Builder) -> Builder {
        let policy: RetryOrHedgingPolicy = match self {
            Self::None => return builder,
            Self::Retry => made(RetryPolicy::builder().retryable_codes([NEVER_SENT])).into(),
            Self::Hedge => HedgingPolicy::builder()
                .hedging_delay(NEVER_WAITED)
                .non_fatal_codes([NEVER_SENT])
                .build()
                .expect("it is a policy")
                .into(),
        };
        let throttling = RetryThrottling::new(100, 0.1).expect("it is a throttle");
        let config = config(policy).retry_throttling(throttling);
        builder.service_config(config.build().expect("it is a config"))
    }
}

/// Retries what fails with UNAVAILABLE, for calls that may be done more than once.
///
/// There is no throttle: it would hold back what an outage of all calls makes fail.
pub(crate) fn again(builder: Builder) -> Builder {
    let policy = RetryPolicy::builder()
        .retryable_codes([Code::Unavailable])
        .max_attempts(ATTEMPTS)
        .initial_backoff(Duration::from_millis(10))
        .max_backoff(Duration::from_millis(200));
    let config = config(made(policy).into()).build();
    builder
        .service_config(config.expect("it is a config"))
        .max_attempts(ATTEMPTS)
}

fn made(policy: RetryPolicyBuilder) -> RetryPolicy {
    policy.build().expect("it is a policy")
}

/// The same for all methods.
fn config(policy: RetryOrHedgingPolicy) -> ServiceConfigBuilder {
    let all = MethodConfig::builder().retry_or_hedging_policy(policy);
    ServiceConfig::builder().all_methods(all.build())
}

//! Policies, whose rules stand in the builders of the floors that follow them.

use ziggurat_layers::{
    hedge::{HedgingPolicy, HedgingPolicyBuilder},
    retry::{RetryPolicy, RetryPolicyBuilder},
};
use ziggurat_protocol::Code;

use super::{draft::Draft, fields::Fields, reading::Reading, scalar};
use crate::RetryThrottling;

/// All fields must be set (C-1).
pub(super) fn retry(fields: &Fields<'_, '_>, reading: &mut Reading) -> Option<RetryPolicy> {
    let sound = RetryPolicy::builder().retryable_codes([Code::Unavailable]);
    let mut draft = Draft::new(sound, RetryPolicyBuilder::build, fields, reading);
    draft.require(
        "maxAttempts",
        scalar::uint32,
        RetryPolicyBuilder::max_attempts,
    );
    draft.require(
        "initialBackoff",
        scalar::duration,
        RetryPolicyBuilder::initial_backoff,
    );
    draft.require(
        "maxBackoff",
        scalar::duration,
        RetryPolicyBuilder::max_backoff,
    );
    draft.require(
        "backoffMultiplier",
        scalar::double,
        RetryPolicyBuilder::backoff_multiplier,
    );
    if draft.must_have("retryableStatusCodes") {
        draft.codes("retryableStatusCodes", RetryPolicyBuilder::retryable_codes);
    }
    draft.finish()
}

/// Only the number of attempts must be set (C-2).
pub(super) fn hedging(fields: &Fields<'_, '_>, reading: &mut Reading) -> Option<HedgingPolicy> {
    let sound = HedgingPolicy::builder();
    let mut draft = Draft::new(sound, HedgingPolicyBuilder::build, fields, reading);
    draft.require(
        "maxAttempts",
        scalar::uint32,
        HedgingPolicyBuilder::max_attempts,
    );
    draft.read(
        "hedgingDelay",
        scalar::duration,
        HedgingPolicyBuilder::hedging_delay,
    );
    draft.codes("nonFatalStatusCodes", HedgingPolicyBuilder::non_fatal_codes);
    draft.finish()
}

/// Both numbers must be set (C-4).
pub(super) fn throttling(
    fields: &Fields<'_, '_>,
    reading: &mut Reading,
) -> Option<RetryThrottling> {
    let build = |(tokens, ratio)| RetryThrottling::new(tokens, ratio);
    let mut draft = Draft::new((1, 1.0), build, fields, reading);
    draft.require("maxTokens", scalar::uint32, |(_, ratio), tokens| {
        (tokens, ratio)
    });
    draft.require("tokenRatio", scalar::double, |(tokens, _), ratio| {
        (tokens, ratio)
    });
    draft.finish()
}

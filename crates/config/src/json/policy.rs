//! Policies, whose rules stand in the builders of the floors that follow them.

use ziggurat_layers::{
    hedge::{HedgingPolicy, HedgingPolicyBuilder},
    retry::{InvalidPolicy, RetryPolicy, RetryPolicyBuilder},
};
use ziggurat_protocol::Code;

use super::{
    fields::Fields,
    reading::{Node, Reading},
    scalar::{self, Read},
};
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

/// What is to become a policy.
///
/// It is sound from the beginning, and what would end that is refused and left out. So the rules stand in the builder
/// alone, which tells one mistake at a time, and yet all mistakes are found: a field that is wrong does not hide another.
struct Draft<'r, 't, 'p, B, P> {
    sound: B,
    build: fn(B) -> Result<P, InvalidPolicy>,
    fields: &'r Fields<'t, 'p>,
    reading: &'r mut Reading,
}

impl<'r, 't, 'p, B: Clone, P> Draft<'r, 't, 'p, B, P> {
    fn new(
        sound: B,
        build: fn(B) -> Result<P, InvalidPolicy>,
        fields: &'r Fields<'t, 'p>,
        reading: &'r mut Reading,
    ) -> Self {
        Self {
            sound,
            build,
            fields,
            reading,
        }
    }

    /// A field that there must be.
    fn require<T>(&mut self, name: &'static str, read: Read<T>, set: fn(B, T) -> B) {
        if self.must_have(name) {
            self.read(name, read, set);
        }
    }

    fn must_have(&mut self, name: &'static str) -> bool {
        let is_there = self.fields.has(name);
        if !is_there {
            let path = self.fields.at(name);
            self.reading.refuse(&path, "is missing: it must be set");
        }
        is_there
    }

    /// A field that there may be.
    fn read<T>(&mut self, name: &'static str, read: Read<T>, set: fn(B, T) -> B) {
        if let Some(value) = self.fields.read(name, read, self.reading) {
            self.set(value, set);
        }
    }

    /// A list of codes.
    fn codes(&mut self, name: &'static str, set: fn(B, Vec<Code>) -> B) {
        if let Some(codes) = self.fields.list(name, code, self.reading) {
            self.set(codes, set);
        }
    }

    /// Takes a value, or refuses it in the builder's words.
    fn set<T>(&mut self, value: T, set: fn(B, T) -> B) {
        let changed = set(self.sound.clone(), value);
        match (self.build)(changed.clone()) {
            Ok(_) => self.sound = changed,
            Err(invalid) => {
                let path = self.fields.at(invalid.field().json_name());
                self.reading.refuse(&path, invalid.problem().to_owned());
            }
        }
    }

    /// What is sound of it; with a mistake it is never used.
    fn finish(self) -> Option<P> {
        (self.build)(self.sound).ok()
    }
}

fn code(element: Node<'_, '_>, reading: &mut Reading) -> Option<Code> {
    let refuse = |problem| reading.refuse(element.path, problem);
    scalar::code(element.value).map_err(refuse).ok()
}

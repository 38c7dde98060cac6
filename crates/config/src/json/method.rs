//! Entries of `methodConfig`: what is said of methods, and of which.

use super::{
    fields::Fields,
    policy,
    reading::{Node, Path, Reading},
    scalar,
};
use crate::{
    MethodConfig, RetryOrHedgingPolicy,
    methods::{ByMethod, Collected, Taken},
};

/// All entries, those that name nothing among them: what is wrong there is wrong too (F-3).
pub(super) fn methods(fields: &Fields<'_, '_>, reading: &mut Reading) -> ByMethod<MethodConfig> {
    let mut methods = Collected::default();
    fields.list(
        "methodConfig",
        |entry, reading| method(entry, &mut methods, reading),
        reading,
    );
    methods.into()
}

/// An entry: a config, and the names that have it; one without names is skipped (F-10).
fn method(entry: Node<'_, '_>, methods: &mut Collected, reading: &mut Reading) -> Option<()> {
    let fields = Fields::of(entry, reading)?;
    let names = fields.list("name", name, reading);
    let config = config(&fields, reading);
    let path = fields.at("name");
    for (index, (service, method)) in names.into_iter().flatten().enumerate() {
        if let Err(Taken) = methods.insert(&service, &method, config.clone()) {
            reading.refuse(&Path::Element(&path, index), Taken::PROBLEM);
        }
    }
    Some(())
}

/// Service and method; what is not set is empty.
fn name(entry: Node<'_, '_>, reading: &mut Reading) -> Option<(String, String)> {
    let fields = Fields::of(entry, reading)?;
    let service = fields
        .read("service", scalar::string, reading)
        .unwrap_or_default();
    let method = fields
        .read("method", scalar::string, reading)
        .unwrap_or_default();
    if service.is_empty() && !method.is_empty() {
        reading.refuse(entry.path, "has a method without its service");
        return None;
    }
    Some((service, method))
}

/// What an entry says, whatever its names are.
fn config(fields: &Fields<'_, '_>, reading: &mut Reading) -> MethodConfig {
    let mut config = MethodConfig::builder();
    if let Some(wait) = fields.read("waitForReady", scalar::boolean, reading) {
        config = config.wait_for_ready(wait);
    }
    if let Some(timeout) = fields.read("timeout", scalar::duration, reading) {
        config = config.timeout(timeout);
    }
    if let Some(bytes) = fields.read("maxRequestMessageBytes", scalar::uint32, reading) {
        config = config.max_request_message_bytes(size(bytes));
    }
    if let Some(bytes) = fields.read("maxResponseMessageBytes", scalar::uint32, reading) {
        config = config.max_response_message_bytes(size(bytes));
    }
    if let Some(policy) = retry_or_hedging(fields, reading) {
        config = config.retry_or_hedging_policy(policy);
    }
    config.build()
}

/// At most one of the two (C-3); both are read, so that all that is wrong is known.
fn retry_or_hedging(
    fields: &Fields<'_, '_>,
    reading: &mut Reading,
) -> Option<RetryOrHedgingPolicy> {
    let retry = fields.object("retryPolicy", policy::retry, reading);
    let hedging = fields.object("hedgingPolicy", policy::hedging, reading);
    if fields.has("retryPolicy") && fields.has("hedgingPolicy") {
        let path = fields.at("hedgingPolicy");
        reading.refuse(
            &path,
            "stands beside a retryPolicy: there may be one of them",
        );
    }
    retry.map(Into::into).or(hedging.map(Into::into))
}

/// As a size in memory, where no message can be larger.
fn size(bytes: u32) -> usize {
    usize::try_from(bytes).unwrap_or(usize::MAX)
}

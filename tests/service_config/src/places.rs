//! What stands in the place of a change, as far as a line of the list has to know.

use crate::edit::{Change, Edit};

pub(crate) fn one(edits: &[Edit], is_of: impl Fn(&Edit) -> bool) -> bool {
    edits.iter().any(is_of)
}

pub(crate) fn at(edits: &[Edit], is_there: impl Fn(&str) -> bool) -> bool {
    edits.iter().any(|edit| is_there(edit.place()))
}

pub(crate) fn is_written(edits: &[Edit], name: &str) -> bool {
    matches!(edits, [Edit::Written(other)] if *other == name)
}

/// Whether its name is not the same in snake_case.
pub(crate) fn has_snake(edit: &Edit) -> bool {
    let name = edit.place().rsplit('.').next().unwrap_or_default();
    name.contains(|letter: char| letter.is_ascii_uppercase())
}

/// Fields without which what they stand in cannot be.
pub(crate) fn is_required(place: &str) -> bool {
    const REQUIRED: [&str; 4] = [
        "retryPolicy.",
        "retryThrottling.",
        "subsetSize",
        "_subsetting_experimental.childPolicy",
    ];
    let is_inside = place.contains("childPolicy[");
    !is_inside && REQUIRED.iter().any(|part| place.contains(part))
}

/// What grpc-go shows of a config, and what is not empty there.
pub(crate) fn is_compared(edit: &Edit) -> bool {
    const HIDDEN: [&str; 4] = [
        "loadBalancingPolicy",
        "connectionScaling",
        "methodConfig[2].hedging",
        "methodConfig[1].name[0].method",
    ];
    !HIDDEN.iter().any(|start| edit.place().starts_with(start)) && !is_policy(edit)
}

/// A policy of balancing, by its name.
pub(crate) fn is_policy(edit: &Edit) -> bool {
    const POLICIES: [&str; 4] = [".x", "_first", "_robin", "_experimental"];
    POLICIES.iter().any(|end| edit.place().ends_with(end))
}

/// The config of round_robin; where that counts, it is refused.
pub(crate) fn is_round_robin(edit: &Edit) -> bool {
    edit.place().ends_with("].round_robin") && !edit.value().is_empty()
}

/// A list of policies, or the entry of one that counts, in which round_robin has null.
pub(crate) fn names_null(edit: &Edit) -> bool {
    let place = edit.place();
    let is_entry = place.ends_with(']') && place.contains("alancingConfig[")
        || place.ends_with(']') && place.contains("childPolicy[");
    is_entry && edit.value() == r#"{"round_robin":null}"#
}

/// What is no entry stands behind the one that counts.
pub(crate) fn is_behind(edit: &Edit) -> bool {
    let is_none = ["null", "{}"].contains(&edit.value())
        || matches!(edit.change(), Some(Change::Missing | Change::Unknown));
    edit.place().starts_with("loadBalancingConfig[1]") && is_none
}

/// A duration in the config of a policy of balancing.
pub(crate) fn is_of_balancing(edit: &Edit) -> bool {
    const DURATIONS: [&str; 3] = ["Period", "interval", "EjectionTime"];
    DURATIONS.iter().any(|end| edit.place().ends_with(end))
}

pub(crate) fn is_attempts(edit: &Edit) -> bool {
    edit.place().ends_with("retryPolicy.maxAttempts")
}

/// Whole numbers of 32 bits.
pub(crate) fn is_whole(edit: &Edit) -> bool {
    edit.place().ends_with("MessageBytes") || is_attempts(edit) || is_unsigned(edit)
}

/// Those that have no sign for grpc-go either: all of balancing.
pub(crate) fn is_unsigned(edit: &Edit) -> bool {
    const UNSIGNED: [&str; 9] = [
        "choiceCount",
        "RingSize",
        "subsetSize",
        "maxEjectionPercent",
        "stdevFactor",
        "enforcementPercentage",
        "minimumHosts",
        "requestVolume",
        "threshold",
    ];
    UNSIGNED.iter().any(|end| edit.place().ends_with(end))
}

pub(crate) fn is_number(edit: &Edit) -> bool {
    const NUMBERS: [&str; 4] = [
        "backoffMultiplier",
        "maxTokens",
        "tokenRatio",
        "errorUtilizationPenalty",
    ];
    is_whole(edit) || NUMBERS.iter().any(|end| edit.place().ends_with(end))
}

pub(crate) fn is_duration(edit: &Edit) -> bool {
    const DURATIONS: [&str; 3] = ["timeout", "initialBackoff", "maxBackoff"];
    is_of_balancing(edit) || DURATIONS.iter().any(|end| edit.place().ends_with(end))
}

//! How load is balanced: lists of policies, of which one is chosen, and within some of them such a list again (F-18).

use serde_json::value::RawValue;

use super::{
    draft::Draft,
    fields::Fields,
    reading::{Node, Path, Reading},
    scalar,
};
use crate::load_balancing::{
    FailurePercentageEjection, FailurePercentageEjectionBuilder, LeastRequest, LoadBalancing,
    OutlierDetection, OutlierDetectionBuilder, PickFirst, RandomSubsetting, RingHash,
    RingHashBuilder, SuccessRateEjection, SuccessRateEjectionBuilder, WeightedRoundRobin,
    WeightedRoundRobinBuilder,
};

/// How many policies may stand in each other. Nobody needs more than three, and each costs its place on the stack.
const DEEPEST: usize = 16;

/// Reads the config of a policy, which stands in so many others.
type ReadPolicy = fn(&Fields<'_, '_>, usize, &mut Reading) -> Option<LoadBalancing>;

/// Those that are known.
const POLICIES: [(&str, ReadPolicy); 7] = [
    ("pick_first", |fields, _, reading| {
        Some(pick_first(fields, reading))
    }),
    ("round_robin", |_, _, _| Some(LoadBalancing::RoundRobin)),
    ("weighted_round_robin", weighted_round_robin),
    ("least_request_experimental", least_request),
    ("ring_hash_experimental", ring_hash),
    ("random_subsetting_experimental", random_subsetting),
    ("outlier_detection_experimental", outlier_detection),
];

/// What the whole config says: the list counts before the name, which is the older way.
pub(super) fn policy(fields: &Fields<'_, '_>, reading: &mut Reading) -> Option<LoadBalancing> {
    if fields.has("loadBalancingConfig") {
        fields.read("loadBalancingPolicy", scalar::string, reading);
        return choice("loadBalancingConfig", fields, 0, reading);
    }
    fields.read("loadBalancingPolicy", named, reading).flatten()
}

/// A policy by its name alone, in any case, with its defaults; the name may be that of none.
fn named(value: &RawValue) -> Result<Option<LoadBalancing>, String> {
    let name = scalar::string(value)?.to_ascii_lowercase();
    Ok(Some(match &*name {
        "" | "unspecified" => return Ok(None),
        "pick_first" => PickFirst::default().into(),
        "round_robin" => LoadBalancing::RoundRobin,
        "weighted_round_robin" => WeightedRoundRobin::default().into(),
        "least_request_experimental" => LeastRequest::default().into(),
        "ring_hash_experimental" => RingHash::default().into(),
        other => {
            let shown = scalar::shown(value);
            return Err(match known(other) {
                Some(_) => {
                    format!("is {shown}: it needs a config, for which there is loadBalancingConfig")
                }
                None => format!(
                    "is {shown}: it must be the name of a known policy, such as \"ROUND_ROBIN\""
                ),
            });
        }
    }))
}

/// The policy of this name, as the name stands in a list: in this case and no other.
fn known(name: &str) -> Option<(&'static str, ReadPolicy)> {
    let mut policies = POLICIES.into_iter();
    policies.find(|(known, _)| *known == name)
}

/// The first policy of a list whose name is known. Of the others it is only seen that each is one (F-2).
fn choice(
    list: &'static str,
    fields: &Fields<'_, '_>,
    depth: usize,
    reading: &mut Reading,
) -> Option<LoadBalancing> {
    let mut chosen = None;
    let entries = fields.list(
        list,
        |entry, reading| {
            let (name, config) = name_and_config(entry, reading)?;
            if chosen.is_none()
                && let Some((name, read)) = known(&name)
            {
                let path = Path::Field(entry.path, name);
                let config = Fields::of(Node::new(config, &path), reading);
                chosen = Some(config.and_then(|config| read(&config, depth, reading)));
            }
            Some(())
        },
        reading,
    );
    match entries {
        Some(entries) if entries.is_empty() => {
            reading.refuse(&fields.at(list), "is empty: it must name a policy");
        }
        Some(_) if chosen.is_none() => {
            let known = POLICIES.map(|(name, _)| name).join(", ");
            let problem = format!("names no policy that is known: one must be of {known}");
            reading.refuse(&fields.at(list), problem);
        }
        _ => {}
    }
    chosen.flatten()
}

/// `{"round_robin": {}}`.
fn name_and_config<'t>(
    entry: Node<'t, '_>,
    reading: &mut Reading,
) -> Option<(String, &'t RawValue)> {
    let fields = Fields::of(entry, reading)?;
    let [(name, config)] = fields.entries() else {
        let count = fields.entries().len();
        let problem = format!("has {count} fields: it must have one, the name of a policy");
        reading.refuse(entry.path, problem);
        return None;
    };
    Some((name.clone(), *config))
}

/// The policy within another one, which there must be.
fn child(fields: &Fields<'_, '_>, depth: usize, reading: &mut Reading) -> Option<LoadBalancing> {
    let path = fields.at("childPolicy");
    if !fields.has("childPolicy") {
        reading.refuse(&path, "is missing: it must be set");
        return None;
    }
    if depth + 1 == DEEPEST {
        let problem = format!("is too deep: no more than {DEEPEST} policies may be in each other");
        reading.refuse(&path, problem);
        return None;
    }
    choice("childPolicy", fields, depth + 1, reading)
}

/// One server for all calls, in the order of the list or in none.
fn pick_first(fields: &Fields<'_, '_>, reading: &mut Reading) -> LoadBalancing {
    let shuffle = fields.read("shuffleAddressList", scalar::boolean, reading);
    match shuffle {
        Some(true) => PickFirst::shuffled().into(),
        _ => PickFirst::default().into(),
    }
}

/// In turn, by weights that servers report.
fn weighted_round_robin(
    fields: &Fields<'_, '_>,
    _: usize,
    reading: &mut Reading,
) -> Option<LoadBalancing> {
    type Builder = WeightedRoundRobinBuilder;
    let names = fields.list("metricNamesForComputingUtilization", text, reading);
    let sound = WeightedRoundRobin::builder()
        .metric_names_for_computing_utilization(names.unwrap_or_default());
    let mut draft = Draft::new(sound, Builder::build, fields, reading);
    draft.read(
        "enableOobLoadReport",
        scalar::boolean,
        Builder::enable_oob_load_report,
    );
    draft.read(
        "oobReportingPeriod",
        scalar::duration,
        Builder::oob_reporting_period,
    );
    draft.read("blackoutPeriod", scalar::duration, Builder::blackout_period);
    draft.read(
        "weightExpirationPeriod",
        scalar::duration,
        Builder::weight_expiration_period,
    );
    draft.read(
        "weightUpdatePeriod",
        scalar::duration,
        Builder::weight_update_period,
    );
    draft.read(
        "errorUtilizationPenalty",
        scalar::double,
        Builder::error_utilization_penalty,
    );
    draft.finish().map(Into::into)
}

/// The least busy of some that are drawn. More than may be drawn is no mistake: the policy takes its most.
fn least_request(
    fields: &Fields<'_, '_>,
    _: usize,
    reading: &mut Reading,
) -> Option<LoadBalancing> {
    let build = |count: u64| LeastRequest::new(u32::try_from(count).unwrap_or(u32::MAX));
    let mut draft = Draft::new(2, build, fields, reading);
    draft.read("choiceCount", scalar::uint64, |_, count| count);
    draft.finish().map(Into::into)
}

/// By a hash of the call, on a ring whose sizes are checked together.
fn ring_hash(fields: &Fields<'_, '_>, _: usize, reading: &mut Reading) -> Option<LoadBalancing> {
    type Builder = RingHashBuilder;
    let min = fields.read("minRingSize", scalar::uint64, reading);
    let max = fields.read("maxRingSize", scalar::uint64, reading);
    let mut draft = Draft::new(RingHash::builder(), Builder::build, fields, reading);
    // What one may be depends on the other.
    draft.set((min, max), |ring, (min, max)| {
        let ring = match min {
            Some(min) => ring.min_ring_size(min),
            None => ring,
        };
        match max {
            Some(max) => ring.max_ring_size(max),
            None => ring,
        }
    });
    draft.read("requestHashHeader", scalar::string, |ring, name| {
        ring.request_hash_header(&name)
    });
    draft.finish().map(Into::into)
}

/// Another policy, over a part of the servers that is drawn.
fn random_subsetting(
    fields: &Fields<'_, '_>,
    depth: usize,
    reading: &mut Reading,
) -> Option<LoadBalancing> {
    let build = |size| RandomSubsetting::new(size, LoadBalancing::default()).map(|_| size);
    let mut draft = Draft::new(1, build, fields, reading);
    draft.require("subsetSize", scalar::uint32, |_, size| size);
    let size = draft.finish()?;
    let child = child(fields, depth, reading)?;
    RandomSubsetting::new(size, child).ok().map(Into::into)
}

/// Another policy, without the servers that fail more than the rest.
///
/// An ejection that is not set is off, for the text says what is on.
fn outlier_detection(
    fields: &Fields<'_, '_>,
    depth: usize,
    reading: &mut Reading,
) -> Option<LoadBalancing> {
    type Builder = OutlierDetectionBuilder;
    // Without a policy inside it is not used, and the rest of it is read all the same.
    let child = child(fields, depth, reading).unwrap_or_default();
    let sound = OutlierDetection::builder(child)
        .success_rate_ejection(None)
        .failure_percentage_ejection(None);
    let mut draft = Draft::new(sound, Builder::build, fields, reading);
    draft.read("interval", scalar::duration, Builder::interval);
    draft.read(
        "baseEjectionTime",
        scalar::duration,
        Builder::base_ejection_time,
    );
    draft.read(
        "maxEjectionTime",
        scalar::duration,
        Builder::max_ejection_time,
    );
    draft.read(
        "maxEjectionPercent",
        scalar::uint32,
        Builder::max_ejection_percent,
    );
    draft.object(
        "successRateEjection",
        success_rate,
        Builder::success_rate_ejection,
    );
    draft.object(
        "failurePercentageEjection",
        failure_percentage,
        Builder::failure_percentage_ejection,
    );
    draft.finish().map(Into::into)
}

/// Ejects who succeeds less often than most.
fn success_rate(fields: &Fields<'_, '_>, reading: &mut Reading) -> Option<SuccessRateEjection> {
    type Builder = SuccessRateEjectionBuilder;
    let mut draft = Draft::new(Builder::default(), Builder::build, fields, reading);
    draft.read("stdevFactor", scalar::uint32, Builder::stdev_factor);
    draft.read(
        "enforcementPercentage",
        scalar::uint32,
        Builder::enforcement_percentage,
    );
    draft.read("minimumHosts", scalar::uint32, Builder::minimum_hosts);
    draft.read("requestVolume", scalar::uint32, Builder::request_volume);
    draft.finish()
}

/// Ejects who fails more often than a threshold says.
fn failure_percentage(
    fields: &Fields<'_, '_>,
    reading: &mut Reading,
) -> Option<FailurePercentageEjection> {
    type Builder = FailurePercentageEjectionBuilder;
    let mut draft = Draft::new(Builder::default(), Builder::build, fields, reading);
    draft.read("threshold", scalar::uint32, Builder::threshold);
    draft.read(
        "enforcementPercentage",
        scalar::uint32,
        Builder::enforcement_percentage,
    );
    draft.read("minimumHosts", scalar::uint32, Builder::minimum_hosts);
    draft.read("requestVolume", scalar::uint32, Builder::request_volume);
    draft.finish()
}

/// An element of a list that must be a string.
fn text(element: Node<'_, '_>, reading: &mut Reading) -> Option<String> {
    let refuse = |problem| reading.refuse(element.path, problem);
    scalar::string(element.value).map_err(refuse).ok()
}

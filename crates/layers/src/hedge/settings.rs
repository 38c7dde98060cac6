use super::{HedgingPolicy, Throttle};
use crate::attempts::Policies;

/// What all calls of a floor have in common: which policy each has, and what holds them back together.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub(super) policies: Policies<HedgingPolicy>,
    pub(super) throttle: Option<Throttle>,
}

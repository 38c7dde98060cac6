//! How the calls of a channel are spread over its endpoints: the policies of balancing, and their configs.
//!
//! A service config names one, with all that can be said of it, as [`load_balancing`] has it; these types are what its
//! JSON is read to, and what a [builder] is given. They are data: what they ask for is for a channel to do, and a channel to
//! one server, which has nothing to choose from, does none of it.
//!
//! | policy | in JSON | each call goes to |
//! |---|---|---|
//! | [`PickFirst`] | `pick_first` | the one endpoint that was first to answer: the default |
//! | [`RoundRobin`](LoadBalancing::RoundRobin) | `round_robin` | all of them, in turn |
//! | [`WeightedRoundRobin`] | `weighted_round_robin` | all of them, more often to those that report less load |
//! | [`LeastRequest`] | `least_request_experimental` | of two, or a few, at random the one with fewer calls |
//! | [`RingHash`] | `ring_hash_experimental` | the same for calls with the same header |
//! | [`RandomSubsetting`] | `random_subsetting_experimental` | some of them only, as another policy says |
//! | [`OutlierDetection`] | `outlier_detection_experimental` | those that fail no more than others, as another policy says |
//!
//! The names, of policies and of fields, are gRPC's, and so are the defaults.
//!
//! # Example
//!
//! ```
//! use std::time::Duration;
//! use ziggurat::service_config::{
//!     ServiceConfig,
//!     load_balancing::{LeastRequest, LoadBalancing, OutlierDetection},
//! };
//!
//! let policy = OutlierDetection::builder(LeastRequest::new(3)?).interval(Duration::from_secs(5)).build()?;
//! let config = ServiceConfig::builder().load_balancing(policy).build()?;
//!
//! let written = ServiceConfig::from_json(r#"{
//!     "loadBalancingConfig": [
//!         { "grpclb": {} },
//!         {
//!             "outlier_detection_experimental": {
//!                 "interval": "5s",
//!                 "successRateEjection": {},
//!                 "failurePercentageEjection": {},
//!                 "childPolicy": [{ "least_request_experimental": { "choiceCount": 3 } }]
//!             }
//!         },
//!         { "round_robin": {} }
//!     ]
//! }"#)?;
//! // The first whose name is known counts (F-18).
//! assert_eq!(written, config);
//! let Some(LoadBalancing::OutlierDetection(policy)) = config.load_balancing() else { unreachable!("it has it") };
//! assert_eq!(policy.child_policy().name(), "least_request_experimental");
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```
//!
//! # Errors
//!
//! A policy that cannot be is refused where it is made: by `new` or `build` with an [`InvalidLoadBalancing`], in JSON with
//! its path, as all that is wrong there.
//!
//! [`load_balancing`]: crate::ServiceConfig::load_balancing
//! [builder]: crate::ServiceConfigBuilder::load_balancing

mod ejection;
mod invalid;
mod least_request;
mod pick_first;
mod policy;
mod ring_hash;
mod weighted_round_robin;

pub use ejection::{
    FailurePercentageEjection, FailurePercentageEjectionBuilder, SuccessRateEjection,
    SuccessRateEjectionBuilder,
};
pub use invalid::InvalidLoadBalancing;
pub use least_request::LeastRequest;
pub use pick_first::PickFirst;
pub use policy::{LoadBalancing, OutlierDetection, OutlierDetectionBuilder, RandomSubsetting};
pub use ring_hash::{RingHash, RingHashBuilder};
pub use weighted_round_robin::{WeightedRoundRobin, WeightedRoundRobinBuilder};

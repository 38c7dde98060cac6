//! What the owner of a service says about how its clients call it: the gRPC service config, parsed once.
//!
//! A [`ServiceConfig`] has settings for methods, for services and for all the rest: timeout, wait-for-ready, limits of
//! messages, and a policy of retry or hedging. For the channel as a whole it may throttle repeats, choose how load is
//! balanced, and name what is asked for health. It is data: it does nothing by itself. What it asks for is done by the
//! same floors that can be had without it.
//!
//! It is made by a [builder](ServiceConfig::builder), or read from JSON, the form in which gRPC's implementations share
//! it and resolvers deliver it (feature `json`). [`ResolvedConfig`] is what a resolver has of one: a config, an invalid
//! one, or none.
//!
//! | it says | for | as |
//! |---|---|---|
//! | how long a call may take | methods | [`timeout`](MethodConfig::timeout) |
//! | whether it waits for a connection | methods | [`wait_for_ready`](MethodConfig::wait_for_ready) |
//! | how large messages may be | methods | [`max_request_message_bytes`](MethodConfig::max_request_message_bytes), [`max_response_message_bytes`](MethodConfig::max_response_message_bytes) |
//! | whether a call is sent again, or several times | methods | [`retry_or_hedging_policy`](MethodConfig::retry_or_hedging_policy) |
//! | when that stops | the channel | [`retry_throttling`](ServiceConfig::retry_throttling) |
//! | how load is balanced | the channel | [`load_balancing`](ServiceConfig::load_balancing), a policy of [those](load_balancing) |
//! | what is asked for health | the channel | [`health_check_service`](ServiceConfig::health_check_service) |
//! | how many connections there may be | the channel | [`max_connections_per_subchannel`](ServiceConfig::max_connections_per_subchannel) |
//!
//! # Who counts
//!
//! The application's own settings are not overruled. Of two timeouts and of two limits the smaller counts (B-2, F-14);
//! whether a call waits, it may say itself (D-10); a policy, which no call can change (C-6), is the config's.
//!
//! # Example
//!
//! ```
//! use std::time::Duration;
//! use ziggurat::{Code, service_config::ServiceConfig};
//!
//! let config = ServiceConfig::from_json(r#"{
//!     "methodConfig": [
//!         {
//!             "name": [{ "service": "cafe.v1.Machine" }],
//!             "timeout": "2.5s",
//!             "retryPolicy": {
//!                 "maxAttempts": 4,
//!                 "initialBackoff": "0.1s",
//!                 "maxBackoff": "1s",
//!                 "backoffMultiplier": 2,
//!                 "retryableStatusCodes": ["UNAVAILABLE"]
//!             }
//!         },
//!         {
//!             "name": [{ "service": "cafe.v1.Machine", "method": "Make" }],
//!             "timeout": "30s"
//!         }
//!     ]
//! }"#)?;
//! // The entry of the method is taken as a whole: nothing of the service's is added to it (F-11).
//! let make = config.method("/cafe.v1.Machine/Make").expect("it has an entry");
//! assert_eq!(make.timeout(), Some(Duration::from_secs(30)));
//! assert!(make.retry_policy().is_none());
//! // Other methods have the service's, and other services nothing.
//! let clean = config.method("/cafe.v1.Machine/Clean").expect("its service has an entry");
//! assert!(clean.retry_policy().is_some_and(|policy| policy.is_retryable(Code::Unavailable)));
//! assert!(config.method("/cafe.v1.Till/Open").is_none());
//! # Ok::<_, ziggurat::service_config::InvalidServiceConfig>(())
//! ```
//!
//! # JSON
//!
//! All that is known, with the kinds of values; everything may be left out, but what retry policies and throttling consist
//! of, `subsetSize` and `childPolicy`:
//!
//! ```
//! # use ziggurat::service_config::ServiceConfig;
//! # let text = r#"
//! {
//!     "methodConfig": [{
//!         "name": [
//!             { "service": "cafe.v1.Machine", "method": "Make" }, // a method,
//!             { "service": "cafe.v1.Till" },                      // a service,
//!             {}                                                  // all the rest
//!         ],
//!         "waitForReady": true,
//!         "timeout": "1.5s",
//!         "maxRequestMessageBytes": 4096,
//!         "maxResponseMessageBytes": 4096,
//!         "retryPolicy": {                                        // this, or "hedgingPolicy"
//!             "maxAttempts": 4,
//!             "initialBackoff": "0.1s",
//!             "maxBackoff": "1s",
//!             "backoffMultiplier": 2,
//!             "retryableStatusCodes": ["UNAVAILABLE", 10]         // names or numbers
//!         }
//!     }, {
//!         "name": [{ "service": "cafe.v1.Menu" }],
//!         "hedgingPolicy": {
//!             "maxAttempts": 2,
//!             "hedgingDelay": "0.2s",                             // may be left out
//!             "nonFatalStatusCodes": ["UNAVAILABLE"]              // may be left out
//!         }
//!     }],
//!     "retryThrottling": { "maxTokens": 10, "tokenRatio": 0.1 },
//!     "loadBalancingConfig": [                                    // the first that is known counts; the older way:
//!         { "pick_first": { "shuffleAddressList": true } },       // "loadBalancingPolicy": "ROUND_ROBIN"
//!         { "round_robin": {} },
//!         { "least_request_experimental": { "choiceCount": 2 } },
//!         {
//!             "weighted_round_robin": {
//!                 "enableOobLoadReport": false,
//!                 "oobReportingPeriod": "10s",
//!                 "blackoutPeriod": "10s",
//!                 "weightExpirationPeriod": "180s",
//!                 "weightUpdatePeriod": "1s",
//!                 "errorUtilizationPenalty": 1.0,
//!                 "metricNamesForComputingUtilization": ["named_metrics.queue"]
//!             }
//!         },
//!         { "ring_hash_experimental": { "minRingSize": 1024, "maxRingSize": 4096, "requestHashHeader": "x-user" } },
//!         { "random_subsetting_experimental": { "subsetSize": 20, "childPolicy": [{ "round_robin": {} }] } },
//!         {
//!             "outlier_detection_experimental": {
//!                 "interval": "10s",
//!                 "baseEjectionTime": "30s",
//!                 "maxEjectionTime": "300s",
//!                 "maxEjectionPercent": 10,
//!                 "successRateEjection": {                        // this, or the next, or both
//!                     "stdevFactor": 1900, "enforcementPercentage": 100, "minimumHosts": 5, "requestVolume": 100
//!                 },
//!                 "failurePercentageEjection": {
//!                     "threshold": 85, "enforcementPercentage": 100, "minimumHosts": 5, "requestVolume": 50
//!                 },
//!                 "childPolicy": [{ "round_robin": {} }]          // up to 16 in each other
//!             }
//!         }
//!     ],
//!     "healthCheckConfig": { "serviceName": "cafe.v1.Machine" },
//!     "connectionScaling": { "maxConnectionsPerSubchannel": 2 }
//! }
//! # "#;
//! # let lines = text.lines().map(|line| line.split("//").next().unwrap_or_default());
//! # let whole = lines.collect::<String>();
//! # let config = ServiceConfig::from_json(&whole)?;
//! # assert_eq!(config.methods().count(), 4);
//! # assert_eq!(config.load_balancing().map(|policy| policy.name()), Some("pick_first"));
//! # // The others too are what they have to be.
//! # for name in ["least", "weighted", "ring", "random", "outlier"] {
//! #     let (_, list) = whole.split_once(r#""loadBalancingConfig": ["#).unwrap();
//! #     let at = list.find(&format!(r#""{name}"#)).unwrap();
//! #     let config = ServiceConfig::from_json(&format!(r#"{{ "loadBalancingConfig": [{{ {}"#, &list[at..]))?;
//! #     assert!(config.load_balancing().unwrap().name().starts_with(name));
//! # }
//! # Ok::<_, ziggurat::service_config::InvalidServiceConfig>(())
//! ```
//!
//! (The remarks are not JSON.)
//!
//! # Errors
//!
//! A config is valid as a whole or not at all (F-3): one field that is wrong makes an [`InvalidServiceConfig`], which
//! names all that are, up to 100. What is not known is no error (F-2): configs are written for newer clients too.

mod builder;
mod config;
mod invalid;
#[cfg(feature = "json")]
mod json;
pub mod load_balancing;
mod method;
mod methods;
mod resolved;
mod throttling;

pub use builder::ServiceConfigBuilder;
pub use config::ServiceConfig;
pub use invalid::{InvalidServiceConfig, Violation};
pub use method::{MethodConfig, MethodConfigBuilder, RetryOrHedgingPolicy};
pub use methods::ByMethod;
pub use resolved::ResolvedConfig;
pub use throttling::RetryThrottling;

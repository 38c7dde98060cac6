//! The messages of google/rpc/error_details.proto, field by field.
//!
//! ```
//! use ziggurat_types::{BadRequest, bad_request::FieldViolation};
//!
//! let sugar = FieldViolation { field: "order.sugar".into(), reason: "TOO_MUCH".into(), ..Default::default() };
//! let request = BadRequest { field_violations: vec![sugar] };
//! assert_eq!(request.field_violations[0].description, "");
//! ```

use std::collections::HashMap;

/// Says why a call failed, in words a program can act on.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ErrorInfo {
    /// The constant reason, such as `API_DISABLED`: at most 63 of `A`–`Z`, `0`–`9` and `_`.
    #[prost(string, tag = "1")]
    pub reason: String,
    /// The domain in which the reason is unique, such as `pubsub.googleapis.com`.
    #[prost(string, tag = "2")]
    pub domain: String,
    /// More about the error; units stand in the keys.
    #[prost(map = "string, string", tag = "3")]
    pub metadata: HashMap<String, String>,
}

/// Says how long to wait before the next try.
#[derive(Clone, PartialEq, prost::Message)]
pub struct RetryInfo {
    /// The least time to wait; longer after each further failure.
    #[prost(message, optional, tag = "1")]
    pub retry_delay: Option<prost_types::Duration>,
}

/// Says where the server failed.
#[derive(Clone, PartialEq, prost::Message)]
pub struct DebugInfo {
    /// The stack, innermost first.
    #[prost(string, repeated, tag = "1")]
    pub stack_entries: Vec<String>,
    /// More for debugging.
    #[prost(string, tag = "2")]
    pub detail: String,
}

/// Says which quotas were exceeded.
#[derive(Clone, PartialEq, prost::Message)]
pub struct QuotaFailure {
    /// Each quota that was exceeded.
    #[prost(message, repeated, tag = "1")]
    pub violations: Vec<quota_failure::Violation>,
}

/// Says which preconditions failed.
#[derive(Clone, PartialEq, prost::Message)]
pub struct PreconditionFailure {
    /// Each precondition that failed.
    #[prost(message, repeated, tag = "1")]
    pub violations: Vec<precondition_failure::Violation>,
}

/// Says which fields of the request were wrong.
#[derive(Clone, PartialEq, prost::Message)]
pub struct BadRequest {
    /// Each wrong field.
    #[prost(message, repeated, tag = "1")]
    pub field_violations: Vec<bad_request::FieldViolation>,
}

/// Names the request, for a report to its server's owner.
#[derive(Clone, PartialEq, prost::Message)]
pub struct RequestInfo {
    /// What the server calls the request.
    #[prost(string, tag = "1")]
    pub request_id: String,
    /// Data for the server's owner, such as an encrypted stack.
    #[prost(string, tag = "2")]
    pub serving_data: String,
}

/// Names the resource that was asked for.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ResourceInfo {
    /// The kind of resource, in words or as a type URL.
    #[prost(string, tag = "1")]
    pub resource_type: String,
    /// Its name.
    #[prost(string, tag = "2")]
    pub resource_name: String,
    /// Its owner, if known, such as `user:…` or `project:…`.
    #[prost(string, tag = "3")]
    pub owner: String,
    /// What went wrong with it.
    #[prost(string, tag = "4")]
    pub description: String,
}

/// Links to documentation.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Help {
    /// The links.
    #[prost(message, repeated, tag = "1")]
    pub links: Vec<help::Link>,
}

/// Holds a text that may be shown to a user.
#[derive(Clone, PartialEq, prost::Message)]
pub struct LocalizedMessage {
    /// The language tag, such as `fr-CH`.
    #[prost(string, tag = "1")]
    pub locale: String,
    /// The text in that language.
    #[prost(string, tag = "2")]
    pub message: String,
}

/// The parts of a [`QuotaFailure`](super::QuotaFailure).
pub mod quota_failure {
    use std::collections::HashMap;

    /// Describes one quota that was exceeded.
    #[derive(Clone, PartialEq, prost::Message)]
    pub struct Violation {
        /// Whose quota it was, such as `clientip:…` or `project:…`.
        #[prost(string, tag = "1")]
        pub subject: String,
        /// How it was exceeded.
        #[prost(string, tag = "2")]
        pub description: String,
        /// The service the quota belongs to.
        #[prost(string, tag = "3")]
        pub api_service: String,
        /// The metric that was counted.
        #[prost(string, tag = "4")]
        pub quota_metric: String,
        /// The quota's name.
        #[prost(string, tag = "5")]
        pub quota_id: String,
        /// The dimensions the quota was counted in.
        #[prost(map = "string, string", tag = "6")]
        pub quota_dimensions: HashMap<String, String>,
        /// The limit at the time of the call.
        #[prost(int64, tag = "7")]
        pub quota_value: i64,
        /// The limit that is being rolled out, if any.
        #[prost(int64, optional, tag = "8")]
        pub future_quota_value: Option<i64>,
    }
}

/// The parts of a [`PreconditionFailure`](super::PreconditionFailure).
pub mod precondition_failure {
    /// Describes one precondition that failed.
    #[derive(Clone, PartialEq, prost::Message)]
    pub struct Violation {
        /// The kind of precondition, such as `TOS`.
        #[prost(string, tag = "1")]
        pub r#type: String,
        /// What it was about, relative to the kind, such as `google.com/cloud`.
        #[prost(string, tag = "2")]
        pub subject: String,
        /// How it failed.
        #[prost(string, tag = "3")]
        pub description: String,
    }
}

/// The parts of a [`BadRequest`](super::BadRequest).
pub mod bad_request {
    /// Describes one wrong field.
    #[derive(Clone, PartialEq, prost::Message)]
    pub struct FieldViolation {
        /// The path of the field in the request, dot by dot.
        #[prost(string, tag = "1")]
        pub field: String,
        /// Why it is wrong.
        #[prost(string, tag = "2")]
        pub description: String,
        /// The constant reason, unique in the domain of an [`ErrorInfo`](super::ErrorInfo) beside it.
        #[prost(string, tag = "3")]
        pub reason: String,
        /// A text for a user.
        #[prost(message, optional, tag = "4")]
        pub localized_message: Option<super::LocalizedMessage>,
    }
}

/// The parts of a [`Help`](super::Help).
pub mod help {
    /// Links to one page.
    #[derive(Clone, PartialEq, prost::Message)]
    pub struct Link {
        /// What the link offers.
        #[prost(string, tag = "1")]
        pub description: String,
        /// The address.
        #[prost(string, tag = "2")]
        pub url: String,
    }
}

//! The messages of google/rpc/error_details.proto, field by field.
//!
//! ```
//! use ziggurat_types::{BadRequest, bad_request::FieldViolation};
//!
//! let mut sugar = FieldViolation::new("order.sugar", "that is a syrup");
//! sugar.reason = "TOO_MUCH".into();
//! let request = BadRequest::new([sugar]);
//! assert_eq!(request.field_violations[0].reason, "TOO_MUCH");
//! ```
//!
//! They derive what prost-build takes for granted of them where they are fields: `Copy`, `Eq` and `Hash` where all
//! that is in them has it.
//!
//! Google adds fields, so that each is made by `new`, and what is not among its parameters is set afterwards.

use std::{collections::HashMap, time::Duration};

/// What a `google.protobuf.Duration` may hold, in seconds.
const LONGEST: u64 = 315_576_000_000;

/// Says why a call failed, in words a program can act on.
#[derive(Clone, PartialEq, prost::Message)]
#[non_exhaustive]
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

impl ErrorInfo {
    /// Gives the reason in its domain; metadata can be set beside it.
    ///
    /// ```
    /// use ziggurat_types::ErrorInfo;
    /// let mut info = ErrorInfo::new("NO_MILK", "cafe.example");
    /// info.metadata.insert("oat".into(), "sold out".into());
    /// assert_eq!(info.reason, "NO_MILK");
    /// ```
    pub fn new(reason: impl Into<String>, domain: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
            domain: domain.into(),
            metadata: HashMap::new(),
        }
    }
}

/// Says how long to wait before the next try.
#[derive(Clone, Copy, PartialEq, Eq, Hash, prost::Message)]
#[non_exhaustive]
pub struct RetryInfo {
    /// The least time to wait; longer after each further failure.
    #[prost(message, optional, tag = "1")]
    pub retry_delay: Option<prost_types::Duration>,
}

impl RetryInfo {
    /// Asks for a pause of this length; the format's longest is some 10,000 years.
    ///
    /// ```
    /// use std::time::Duration;
    /// use ziggurat_types::RetryInfo;
    ///
    /// let wait = RetryInfo::new(Duration::from_millis(1_500)).retry_delay.unwrap();
    /// assert_eq!((wait.seconds, wait.nanos), (1, 500_000_000));
    /// ```
    pub fn new(delay: Duration) -> Self {
        let seconds = delay.as_secs().min(LONGEST);
        Self {
            retry_delay: Some(prost_types::Duration {
                // Both fit: the longest pause is known, and a second has 10^9 nanoseconds.
                seconds: seconds.try_into().unwrap_or(i64::MAX),
                nanos: delay.subsec_nanos().try_into().unwrap_or(0),
            }),
        }
    }
}

/// Says where the server failed.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
#[non_exhaustive]
pub struct DebugInfo {
    /// The stack, innermost first.
    #[prost(string, repeated, tag = "1")]
    pub stack_entries: Vec<String>,
    /// More for debugging.
    #[prost(string, tag = "2")]
    pub detail: String,
}

impl DebugInfo {
    /// Shows a stack, innermost first, and more in words.
    ///
    /// ```
    /// use ziggurat_types::DebugInfo;
    /// let info = DebugInfo::new(vec!["grind".into(), "brew".into()], "the mill is stuck");
    /// assert_eq!(info.stack_entries.len(), 2);
    /// ```
    pub fn new(stack_entries: Vec<String>, detail: impl Into<String>) -> Self {
        Self {
            stack_entries,
            detail: detail.into(),
        }
    }
}

/// Says which quotas were exceeded.
#[derive(Clone, PartialEq, prost::Message)]
#[non_exhaustive]
pub struct QuotaFailure {
    /// Each quota that was exceeded.
    #[prost(message, repeated, tag = "1")]
    pub violations: Vec<quota_failure::Violation>,
}

impl QuotaFailure {
    /// Names these quotas.
    ///
    /// ```
    /// use ziggurat_types::{QuotaFailure, quota_failure::Violation};
    /// let cups = Violation::new("table:7", "three cups an hour");
    /// assert_eq!(QuotaFailure::new([cups]).violations[0].subject, "table:7");
    /// ```
    pub fn new(violations: impl IntoIterator<Item = quota_failure::Violation>) -> Self {
        Self {
            violations: violations.into_iter().collect(),
        }
    }
}

/// Says which preconditions failed.
#[derive(Clone, PartialEq, prost::Message)]
#[non_exhaustive]
pub struct PreconditionFailure {
    /// Each precondition that failed.
    #[prost(message, repeated, tag = "1")]
    pub violations: Vec<precondition_failure::Violation>,
}

impl PreconditionFailure {
    /// Names these preconditions.
    ///
    /// ```
    /// use ziggurat_types::{PreconditionFailure, precondition_failure::Violation};
    /// let water = Violation::new("TANK", "cafe.example/water", "it is empty");
    /// assert_eq!(PreconditionFailure::new([water]).violations[0].r#type, "TANK");
    /// ```
    pub fn new(violations: impl IntoIterator<Item = precondition_failure::Violation>) -> Self {
        Self {
            violations: violations.into_iter().collect(),
        }
    }
}

/// Says which fields of the request were wrong.
#[derive(Clone, PartialEq, prost::Message)]
#[non_exhaustive]
pub struct BadRequest {
    /// Each wrong field.
    #[prost(message, repeated, tag = "1")]
    pub field_violations: Vec<bad_request::FieldViolation>,
}

impl BadRequest {
    /// Names these fields.
    ///
    /// ```
    /// use ziggurat_types::{BadRequest, bad_request::FieldViolation};
    /// let sugar = FieldViolation::new("sugar", "a cup holds ten spoons");
    /// assert_eq!(BadRequest::new([sugar]).field_violations[0].field, "sugar");
    /// ```
    pub fn new(violations: impl IntoIterator<Item = bad_request::FieldViolation>) -> Self {
        Self {
            field_violations: violations.into_iter().collect(),
        }
    }
}

/// Names the request, for a report to its server's owner.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
#[non_exhaustive]
pub struct RequestInfo {
    /// What the server calls the request.
    #[prost(string, tag = "1")]
    pub request_id: String,
    /// Data for the server's owner, such as an encrypted stack.
    #[prost(string, tag = "2")]
    pub serving_data: String,
}

impl RequestInfo {
    /// Names a request, with data for the owner of the server.
    ///
    /// ```
    /// use ziggurat_types::RequestInfo;
    /// assert_eq!(RequestInfo::new("order-17", "").request_id, "order-17");
    /// ```
    pub fn new(request_id: impl Into<String>, serving_data: impl Into<String>) -> Self {
        Self {
            request_id: request_id.into(),
            serving_data: serving_data.into(),
        }
    }
}

/// Names the resource that was asked for.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
#[non_exhaustive]
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

impl ResourceInfo {
    /// Names a resource of a kind; owner and description can be set beside it.
    ///
    /// ```
    /// use ziggurat_types::ResourceInfo;
    /// let mut machine = ResourceInfo::new("machine", "machines/2");
    /// machine.description = "it is descaled until noon".into();
    /// assert_eq!(machine.resource_name, "machines/2");
    /// ```
    pub fn new(resource_type: impl Into<String>, resource_name: impl Into<String>) -> Self {
        Self {
            resource_type: resource_type.into(),
            resource_name: resource_name.into(),
            owner: String::new(),
            description: String::new(),
        }
    }
}

/// Links to documentation.
#[derive(Clone, PartialEq, prost::Message)]
#[non_exhaustive]
pub struct Help {
    /// The links.
    #[prost(message, repeated, tag = "1")]
    pub links: Vec<help::Link>,
}

impl Help {
    /// Offers these links.
    ///
    /// ```
    /// use ziggurat_types::{Help, help::Link};
    /// let menu = Link::new("what there is", "https://cafe.example/menu");
    /// assert_eq!(Help::new([menu]).links[0].description, "what there is");
    /// ```
    pub fn new(links: impl IntoIterator<Item = help::Link>) -> Self {
        Self {
            links: links.into_iter().collect(),
        }
    }
}

/// Holds a text that may be shown to a user.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
#[non_exhaustive]
pub struct LocalizedMessage {
    /// The language tag, such as `fr-CH`.
    #[prost(string, tag = "1")]
    pub locale: String,
    /// The text in that language.
    #[prost(string, tag = "2")]
    pub message: String,
}

impl LocalizedMessage {
    /// Holds a text in the language of the tag.
    ///
    /// ```
    /// use ziggurat_types::LocalizedMessage;
    /// let text = LocalizedMessage::new("de", "keine Milch");
    /// assert_eq!(text.locale, "de");
    /// ```
    pub fn new(locale: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            locale: locale.into(),
            message: message.into(),
        }
    }
}

/// The parts of a [`QuotaFailure`](super::QuotaFailure).
pub mod quota_failure {
    use std::collections::HashMap;

    /// Describes one quota that was exceeded.
    #[derive(Clone, PartialEq, prost::Message)]
    #[non_exhaustive]
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

    impl Violation {
        /// Says whose quota was exceeded, and how; what is known of the quota can be set beside it.
        pub fn new(subject: impl Into<String>, description: impl Into<String>) -> Self {
            Self {
                subject: subject.into(),
                description: description.into(),
                ..Self::default()
            }
        }
    }
}

/// The parts of a [`PreconditionFailure`](super::PreconditionFailure).
pub mod precondition_failure {
    /// Describes one precondition that failed.
    #[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
    #[non_exhaustive]
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

    impl Violation {
        /// Says which kind of precondition failed for what, and how.
        pub fn new(
            kind: impl Into<String>,
            subject: impl Into<String>,
            description: impl Into<String>,
        ) -> Self {
            Self {
                r#type: kind.into(),
                subject: subject.into(),
                description: description.into(),
            }
        }
    }
}

/// The parts of a [`BadRequest`](super::BadRequest).
pub mod bad_request {
    /// Describes one wrong field.
    #[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
    #[non_exhaustive]
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

    impl FieldViolation {
        /// Says which field is wrong, and why; a reason and a text for a user can be set beside it.
        pub fn new(field: impl Into<String>, description: impl Into<String>) -> Self {
            Self {
                field: field.into(),
                description: description.into(),
                reason: String::new(),
                localized_message: None,
            }
        }
    }
}

/// The parts of a [`Help`](super::Help).
pub mod help {
    /// Links to one page.
    #[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
    #[non_exhaustive]
    pub struct Link {
        /// What the link offers.
        #[prost(string, tag = "1")]
        pub description: String,
        /// The address.
        #[prost(string, tag = "2")]
        pub url: String,
    }

    impl Link {
        /// Leads to an address.
        pub fn new(description: impl Into<String>, url: impl Into<String>) -> Self {
            Self {
                description: description.into(),
                url: url.into(),
            }
        }
    }
}

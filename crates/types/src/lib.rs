//! The messages of google.rpc: a status and its ten standard details.
//!
//! A server says more about a failed call in a `google.rpc.Status` of its own. [`StandardDetails`] reads it; each
//! [`Detail`] is one of the ten messages of `google/rpc/error_details.proto`, or is kept as it came. Of one kind of
//! detail a status gives the first:
//!
//! ```
//! use std::time::Duration;
//! use ziggurat::{Code, Status};
//! use ziggurat_types::{RetryInfo, StandardDetails};
//!
//! let sent = StandardDetails::new(14, "busy").with(RetryInfo::new(Duration::from_secs(30)));
//! let status = Status::new(Code::Unavailable, "busy").with_details(sent.encode());
//! let wait = status.detail::<RetryInfo>().and_then(|info| info.retry_delay);
//! assert_eq!(wait.map(|wait| wait.seconds), Some(30));
//! ```
//!
//! ```
//! use ziggurat_types::{Detail, ErrorInfo};
//!
//! let detail = Detail::from(ErrorInfo::new("NO_MILK", "cafe.example"));
//! assert_eq!(Detail::from_any(detail.clone().into_any()), detail);
//! ```
//!
//! Where your own messages hold google.rpc's, `standard_details()` of `ziggurat_build`'s builder makes these the types
//! of their fields.

mod detail;
mod message;
mod name;
mod standard;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

pub use detail::Detail;
pub use message::{
    BadRequest, DebugInfo, ErrorInfo, Help, LocalizedMessage, PreconditionFailure, QuotaFailure,
    RequestInfo, ResourceInfo, RetryInfo, bad_request, help, precondition_failure, quota_failure,
};
pub use standard::StandardDetails;
/// The message under the name that extern paths look for.
pub use ziggurat_protocol::status::RpcStatus as Status;

#[cfg(test)]
mod tests;

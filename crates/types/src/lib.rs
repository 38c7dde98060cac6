//! The messages of google.rpc: a status and its ten standard details.
//!
//! ```
//! use ziggurat_types::{Detail, ErrorInfo};
//!
//! let detail = Detail::from(ErrorInfo { reason: "NO_MILK".into(), ..Default::default() });
//! assert_eq!(Detail::from_any(detail.clone().into_any()), detail);
//! ```

mod detail;
mod message;
mod standard;

pub use detail::Detail;
pub use message::{
    BadRequest, DebugInfo, ErrorInfo, Help, LocalizedMessage, PreconditionFailure, QuotaFailure,
    RequestInfo, ResourceInfo, RetryInfo, bad_request, help, precondition_failure, quota_failure,
};
pub use standard::StandardDetails;

#[cfg(test)]
mod tests;

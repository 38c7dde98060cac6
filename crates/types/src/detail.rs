//! Reads and writes one detail of a status.
//!
//! ```
//! use ziggurat_types::Detail;
//!
//! let own = prost_types::Any { type_url: "cafe.example/cafe.v1.Sorry".into(), value: vec![8, 1] };
//! assert_eq!(Detail::from_any(own.clone()), Detail::Unknown(own));
//! ```

use prost::{Message, Name};
use prost_types::Any;

use crate::message::{
    BadRequest, DebugInfo, ErrorInfo, Help, LocalizedMessage, PreconditionFailure, QuotaFailure,
    RequestInfo, ResourceInfo, RetryInfo,
};

/// Holds one detail of a status: a standard message, or what else was sent.
///
/// ```
/// use ziggurat_types::{Detail, LocalizedMessage};
///
/// /// What may be shown to a user, if the server has sent something of the kind.
/// fn for_users(details: &[Detail]) -> Option<&str> {
///     details.iter().find_map(|detail| match detail {
///         Detail::LocalizedMessage(text) => Some(&*text.message),
///         _ => None,
///     })
/// }
///
/// let details = [Detail::from(LocalizedMessage::new("de", "keine Milch"))];
/// assert_eq!(for_users(&details), Some("keine Milch"));
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Detail {
    /// Says why a call failed, in words a program can act on.
    ErrorInfo(ErrorInfo),
    /// Says how long to wait before the next try.
    RetryInfo(RetryInfo),
    /// Says where the server failed.
    DebugInfo(DebugInfo),
    /// Says which quotas were exceeded.
    QuotaFailure(QuotaFailure),
    /// Says which preconditions failed.
    PreconditionFailure(PreconditionFailure),
    /// Says which fields of the request were wrong.
    BadRequest(BadRequest),
    /// Names the request, for a report to its server's owner.
    RequestInfo(RequestInfo),
    /// Names the resource that was asked for.
    ResourceInfo(ResourceInfo),
    /// Links to documentation.
    Help(Help),
    /// Holds a text that may be shown to a user.
    LocalizedMessage(LocalizedMessage),
    /// Keeps what is of another type, or cannot be read, as it came.
    Unknown(Any),
}

impl Detail {
    /// Reads a detail; the type is what follows the last `/` of its URL.
    ///
    /// What is of another type or cannot be read becomes [`Detail::Unknown`].
    pub fn from_any(any: Any) -> Self {
        let name = any.type_url.rsplit('/').next().unwrap_or_default();
        let bytes = any.value.as_slice();
        let detail = match name {
            "google.rpc.ErrorInfo" => ErrorInfo::decode(bytes).map(Self::ErrorInfo),
            "google.rpc.RetryInfo" => RetryInfo::decode(bytes).map(Self::RetryInfo),
            "google.rpc.DebugInfo" => DebugInfo::decode(bytes).map(Self::DebugInfo),
            "google.rpc.QuotaFailure" => QuotaFailure::decode(bytes).map(Self::QuotaFailure),
            "google.rpc.PreconditionFailure" => {
                PreconditionFailure::decode(bytes).map(Self::PreconditionFailure)
            }
            "google.rpc.BadRequest" => BadRequest::decode(bytes).map(Self::BadRequest),
            "google.rpc.RequestInfo" => RequestInfo::decode(bytes).map(Self::RequestInfo),
            "google.rpc.ResourceInfo" => ResourceInfo::decode(bytes).map(Self::ResourceInfo),
            "google.rpc.Help" => Help::decode(bytes).map(Self::Help),
            "google.rpc.LocalizedMessage" => {
                LocalizedMessage::decode(bytes).map(Self::LocalizedMessage)
            }
            _ => return Self::Unknown(any),
        };
        detail.unwrap_or(Self::Unknown(any))
    }

    /// Writes the detail under `type.googleapis.com/`; an unknown one as it came.
    pub fn into_any(self) -> Any {
        match self {
            Self::ErrorInfo(message) => packed(&message),
            Self::RetryInfo(message) => packed(&message),
            Self::DebugInfo(message) => packed(&message),
            Self::QuotaFailure(message) => packed(&message),
            Self::PreconditionFailure(message) => packed(&message),
            Self::BadRequest(message) => packed(&message),
            Self::RequestInfo(message) => packed(&message),
            Self::ResourceInfo(message) => packed(&message),
            Self::Help(message) => packed(&message),
            Self::LocalizedMessage(message) => packed(&message),
            Self::Unknown(any) => any,
        }
    }
}

fn packed<T: Name>(message: &T) -> Any {
    Any {
        type_url: T::type_url(),
        value: message.encode_to_vec(),
    }
}

impl From<ErrorInfo> for Detail {
    fn from(message: ErrorInfo) -> Self {
        Self::ErrorInfo(message)
    }
}

impl From<RetryInfo> for Detail {
    fn from(message: RetryInfo) -> Self {
        Self::RetryInfo(message)
    }
}

impl From<DebugInfo> for Detail {
    fn from(message: DebugInfo) -> Self {
        Self::DebugInfo(message)
    }
}

impl From<QuotaFailure> for Detail {
    fn from(message: QuotaFailure) -> Self {
        Self::QuotaFailure(message)
    }
}

impl From<PreconditionFailure> for Detail {
    fn from(message: PreconditionFailure) -> Self {
        Self::PreconditionFailure(message)
    }
}

impl From<BadRequest> for Detail {
    fn from(message: BadRequest) -> Self {
        Self::BadRequest(message)
    }
}

impl From<RequestInfo> for Detail {
    fn from(message: RequestInfo) -> Self {
        Self::RequestInfo(message)
    }
}

impl From<ResourceInfo> for Detail {
    fn from(message: ResourceInfo) -> Self {
        Self::ResourceInfo(message)
    }
}

impl From<Help> for Detail {
    fn from(message: Help) -> Self {
        Self::Help(message)
    }
}

impl From<LocalizedMessage> for Detail {
    fn from(message: LocalizedMessage) -> Self {
        Self::LocalizedMessage(message)
    }
}

//! What `grpc.health.v1.Health` says: the messages of its [client](crate::health), and of channels that ask by themselves.

/// The method that says how a service is, and goes on saying it.
pub(crate) const WATCH_PATH: &str = "/grpc.health.v1.Health/Watch";

/// Asks how a service is: the message `grpc.health.v1.HealthCheckRequest`.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
#[non_exhaustive]
pub struct HealthCheckRequest {
    /// The full name of the service; empty for the server as a whole.
    #[prost(string, tag = "1")]
    pub service: String,
}

impl HealthCheckRequest {
    /// Asks for this service.
    pub fn new(service: impl Into<String>) -> Self {
        Self {
            service: service.into(),
        }
    }
}

/// Says how a service is: the message `grpc.health.v1.HealthCheckResponse`.
///
/// ```
/// use ziggurat::health::{HealthCheckResponse, ServingStatus};
///
/// let says = HealthCheckResponse::new(ServingStatus::NotServing);
/// assert_eq!(says.status(), ServingStatus::NotServing);
/// assert_eq!(says.status().as_str_name(), "NOT_SERVING");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, prost::Message)]
#[non_exhaustive]
pub struct HealthCheckResponse {
    /// The number of the status, as it came; `status()` gives the status.
    #[prost(enumeration = "ServingStatus", tag = "1")]
    pub status: i32,
}

impl HealthCheckResponse {
    /// Says this, as a server or a test does.
    pub fn new(status: ServingStatus) -> Self {
        Self {
            status: status.into(),
        }
    }
}

/// How a service is: the enumeration `grpc.health.v1.HealthCheckResponse.ServingStatus`.
///
/// A service takes calls if it is [`Serving`](Self::Serving), and in no other case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum ServingStatus {
    /// It is not known how it is.
    Unknown = 0,
    /// It takes calls.
    Serving = 1,
    /// It takes none.
    NotServing = 2,
    /// The server does not know the service; only a watch says so.
    ServiceUnknown = 3,
}

impl ServingStatus {
    /// Its name in the protocol, such as `NOT_SERVING`.
    pub fn as_str_name(self) -> &'static str {
        match self {
            Self::Unknown => "UNKNOWN",
            Self::Serving => "SERVING",
            Self::NotServing => "NOT_SERVING",
            Self::ServiceUnknown => "SERVICE_UNKNOWN",
        }
    }
}

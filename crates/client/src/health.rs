//! Asks servers how they are: the client of `grpc.health.v1.Health`, which most gRPC servers have.
//!
//! [`Health`] is a stub as any other. It asks for a service by its full name, or with an empty name for the server as a whole,
//! once or for as long as the answer is of interest:
//!
//! ```
//! # mod service { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/health.rs")); }
//! # use service::server;
//! use ziggurat::{Channel, Code, GrpcService, health::{Health, ServingStatus}};
//!
//! async fn look<S: GrpcService>(health: Health<S>) -> Result<(), Box<dyn std::error::Error>> {
//!     let answer = health.check("cafe.v1.Machine").await?;
//!     assert_eq!(answer.status(), ServingStatus::Serving);
//!
//!     let unknown = health.check("tea.v1.Pot").await.unwrap_err();
//!     assert_eq!(unknown.code(), Code::NotFound);
//!
//!     // It tells how it is now, and each change.
//!     let mut answers = health.watch("cafe.v1.Machine").await?;
//!     while let Some(answer) = answers.recv().await? {
//!         println!("{}", answer.status().as_str_name());
//!     }
//!     Ok(())
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let channel = Channel::builder("http://cafe.example:50051")?.connect_lazy();
//! let remote = Health::new(channel);
//! # drop(remote);
//! look(Health::new(server())).await?; // over any service of tower, such as one in this process
//! # Ok(())
//! # }
//! ```
//!
//! A channel of many servers asks by itself, and gives no calls to those that are not healthy:
//! [`health_check`](crate::channel::Builder::health_check).

use std::fmt;

use ziggurat_protocol::{Method, method::shape};

use crate::{Call, CallOptions, Channel, Client, GrpcService, StreamingCall, serving::WATCH_PATH};

pub use crate::serving::{HealthCheckRequest, HealthCheckResponse, ServingStatus};

const CHECK: Method<HealthCheckRequest, HealthCheckResponse> =
    Method::new("/grpc.health.v1.Health/Check");
const WATCH: Method<HealthCheckRequest, HealthCheckResponse, shape::ServerStreaming> =
    Method::new(WATCH_PATH);

/// The stub of `grpc.health.v1.Health`: asks a server how it, or one of its services, is.
///
/// Cloning it is as cheap as cloning a [`Client`].
#[derive(Clone)]
pub struct Health<S = Channel> {
    client: Client<S>,
}

impl<S: GrpcService> Health<S> {
    /// Asks over a channel, or over any service that carries gRPC calls.
    ///
    /// Nothing is set: a `check` has no timeout of its own, and a `watch` needs none.
    ///
    /// ```
    /// use ziggurat::{Channel, health::Health};
    ///
    /// let channel = Channel::builder("http://cafe.example:50051")?.connect_lazy();
    /// let health = Health::new(channel.clone()); // shares the connection with the other stubs
    /// # drop((channel, health));
    /// # Ok::<_, ziggurat::InvalidTarget>(())
    /// ```
    pub fn new(service: S) -> Self {
        Self {
            client: Client::new(service),
        }
    }

    /// Asks how a service is at this moment; an empty name asks for the server as a whole.
    ///
    /// The name is the full one, such as `cafe.v1.Machine`. The answer is as the server sent it: a status that this version
    /// does not know reads as [`ServingStatus::Unknown`].
    ///
    /// ```
    /// # mod service { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/health.rs")); }
    /// # use service::server;
    /// use std::time::Duration;
    /// use ziggurat::health::{Health, ServingStatus};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let health = Health::new(server());
    /// let answer = health.check("cafe.v1.Machine").timeout(Duration::from_secs(1)).await?;
    /// assert_eq!(answer.status(), ServingStatus::Serving);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// NOT_FOUND if the server does not know the name, UNIMPLEMENTED if it has no health service; otherwise as every call.
    ///
    /// # Cancel safety
    ///
    /// Dropping it cancels the call; nothing is lost by it.
    pub fn check(&self, service: impl Into<String>) -> Call<HealthCheckResponse, S> {
        self.client.unary(&CHECK, HealthCheckRequest::new(service))
    }

    /// Asks how a service is from now on; an empty name asks for the server as a whole.
    ///
    /// The first message says how it is now, each further one that it has changed. It has no end by itself: dropping the
    /// stream ends it. A name that the server does not know is no error here, but [`ServingStatus::ServiceUnknown`]: it may
    /// come to know it.
    ///
    /// # Errors
    ///
    /// UNIMPLEMENTED if the server has no health service, or one that cannot be watched; otherwise as every stream. What the
    /// server did before says nothing then: whoever goes on watching begins again, after a pause.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future of [`recv`](crate::Streaming::recv) loses no message.
    pub fn watch(&self, service: impl Into<String>) -> StreamingCall<HealthCheckResponse, S> {
        let request = HealthCheckRequest::new(service);
        self.client.server_streaming(&WATCH, request)
    }
}

impl<S: Clone> Health<S> {
    /// Gives a stub whose calls have these settings by default, as [`Client::with`] does.
    ///
    /// A timeout ends a watch, too: it is the whole stream's.
    ///
    /// ```
    /// use ziggurat::{CallOptions, Channel, health::Health};
    ///
    /// let health = Health::new(Channel::default());
    /// let signed = health.with(CallOptions::new().metadata("authorization", "Bearer secret")?);
    /// # drop(signed);
    /// # Ok::<_, ziggurat::InvalidMetadata>(())
    /// ```
    pub fn with(&self, options: CallOptions) -> Self {
        Self {
            client: self.client.with(options),
        }
    }
}

impl<S> fmt::Debug for Health<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Health").finish_non_exhaustive()
    }
}

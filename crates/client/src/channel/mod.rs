//! One server as a service: the ground floor that stubs share.
//!
//! A [`Channel`] is one HTTP/2 connection that is made when it is first needed and made anew when
//! it was lost. Cloning it costs one reference count; all clones share the connection.
//!
//! # Example
//!
//! ```no_run
//! use ziggurat::Channel;
//!
//! # async fn connect() -> Result<(), Box<dyn std::error::Error>> {
//! let channel = Channel::builder("http://cafe.example:50051")?
//!     .user_agent("orders/1.4")?
//!     .connect_lazy(); // or .connect().await? to fail early
//! # Ok(())
//! # }
//! ```
//!
//! It is a [`tower::Service`](tower_service::Service) over `http::Request` with any body of
//! `Bytes`: stubs of others stand on it too. It is always ready and never fails: what goes wrong is
//! answered as gRPC answers it, with a status.
//!
//! # Connecting
//!
//! - The first call connects, or [`Builder::connect`] does. All calls that come meanwhile wait for
//!   the same attempt. If it fails, they all end with UNAVAILABLE.
//! - From then on the channel tries again by itself, after growing pauses ([`Backoff`]), as long as
//!   it is used. Meanwhile calls fail at once with the last error, unless they
//!   [wait for ready](crate::CallOptions::wait_for_ready). [`State`] draws it.
//! - Connected means that the server's SETTINGS was read (A-118). An attempt has 20 seconds by
//!   default.
//! - A connection that was lost is replaced at the next call. Calls that were on it end with
//!   UNAVAILABLE (A-114); what provably never left goes to the next connection by itself (C-30).
//! - A server that says it goes away (GOAWAY) still answers the calls it has taken; new ones
//!   connect anew (A-110), and those it has not taken are sent again by themselves (C-31).
//! - More calls than the server takes at once wait for their turn, under their deadlines (A-116),
//!   or for [further connections](Builder::max_connections). For throughput they are
//!   [spread over several](Builder::connections). A call has its place until its answer
//!   is read to the end or dropped: a stream that nobody reads keeps it, even if its end has come.
//! - [`Channel::close`] ends it for all clones, [`Channel::shutdown_now`] with the calls that run.
//!   Otherwise the connection ends when the last handle and the last call are gone, or after half
//!   an hour without calls.
//!
//! # Events
//!
//! With the feature `tracing`, which is on by default, what becomes of connections is told under
//! the target `ziggurat::channel`: at DEBUG that one was made, could not be made, or takes no more
//! calls; at WARN that the server complains of too many PINGs (E-8), and that a setting is out of its
//! range and the nearest value is used instead (E-1). Without a subscriber it costs
//! nothing, and calls are not told at all.
//!
//! # Floors
//!
//! A channel has those of its own: status, then one connection for all clones, then, for each time
//! a request leaves, what is left of the deadline, and origin, which writes scheme, authority, the target's prefix, `te`
//! and `user-agent`. Over TLS a request that names another server than the channel does goes no further,
//! unless the server's certificate has that name too (I-31). Layers of yours go around the channel;
//! [`layers`](crate::layers) describes the floors.
//!
//! # Service config and attempts
//!
//! A channel can be given a [service config](Builder::service_config), which says per method how long calls may take, whether
//! they wait for a connection, how large messages may be, and how calls are sent again that fail. It puts the public floors
//! up for that, and each call finds its own:
//!
//! ```text
//!  layers around the channel         once for each call
//!   └ deadline of the config         if it ends earlier than what is kept further out
//!      └ retry, or hedging           if the config has a policy for the method
//!         └ attempt layers           once for each attempt
//!            └ status ▸ connection   each attempt picks its own, and says what time is left
//! ```
//!
//! What must run for each attempt goes into [`Builder::attempt_layer`]; it works without a config too. The calls of such a
//! channel are boxed, those of others are not. A retry or a hedge of yours around the channel goes before the policy of the
//! config, so that attempts do not multiply: its attempts are marked, as those of [`RetryLayer`](crate::layers::retry) and
//! [`HedgeLayer`](crate::layers::hedge) are. Another floor that sends again, `tower::retry` among them, marks them by
//! [`with_previous_attempts`](crate::layers::context::CallContext::with_previous_attempts); unmarked, each of its attempts is
//! a call of its own to the config, which may have several, and a timeout of its own.
//!
//! ```
//! use tower::util::MapRequestLayer;
//! use ziggurat::{Body, Channel, service_config::{MethodConfig, ServiceConfig}};
//! use std::time::Duration;
//!
//! let five_seconds = MethodConfig::builder().timeout(Duration::from_secs(5)).build();
//! let config = ServiceConfig::builder().all_methods(five_seconds).build()?;
//! let sign = MapRequestLayer::new(|mut request: http::Request<Body>| {
//!     request.headers_mut().insert("x-signed-at", http::HeaderValue::from_static("now"));
//!     request
//! });
//! let channel = Channel::builder("http://cafe.example:50051")?
//!     .service_config(config)
//!     .attempt_layer(sign)
//!     .connect_lazy();
//! # drop(channel);
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```
//!
//! # Cancel safety
//!
//! Dropping the future of a call, or its answer's body before the end, resets the stream with
//! CANCEL (B-20). Dropping a call that waits for the connection does not stop others from getting
//! it.

mod attempt;
mod body;
mod builder;
#[cfg_attr(feature = "tls", path = "certificate/checked.rs")]
#[cfg_attr(not(feature = "tls"), path = "certificate/unread.rs")]
mod certificate;
mod configured;
mod following;
mod ground;
mod health;
mod life;
mod many;
mod named;
mod observed;
mod overrun;
mod peer;
mod policies;
mod ready;
mod service;
mod time;
mod user_agent;
mod way;

pub use attempt::{Attempt, AttemptFuture};
pub use body::ResponseBody;
pub use builder::Builder;
pub use ready::ReadyWhenConnected;
pub(crate) use service::below_stub;
pub use service::{Channel, ResponseFuture};
pub use user_agent::InvalidUserAgent;

#[cfg(test)]
mod tests;
/// How a channel connects, stands, and ends.
pub use ziggurat_connect::{
    Bare, Connect, InvalidProxy, Negotiated, Proxy, ProxyError, ProxyProblem, Socket, SocketStream,
    Sockets, Stream, Target, Tcp, TcpError, TcpOptions, Unix, UnixError,
    target::{NameConflict, Place},
};
pub use ziggurat_transport::{
    channel::{Backoff, Closing, EndpointStatus, Endpoints, State, States},
    connection::{Http2Options, KeepaliveOptions, OutOfRange},
};

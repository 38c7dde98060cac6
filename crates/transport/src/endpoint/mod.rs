//! One server: its connections, and who may send on them.
//!
//! An [`Endpoint`] connects when it is asked to, waits after failures, spreads calls over connections and admits them to the
//! streams that the server allows. It gives a call a [`Lease`]: something that sends one request, and the stream it does it on.
//! What a call is, what it keeps and whether it goes out again is above it, in the channel.
//!
//! ```text
//! acquire ─► a stream is free ─────────────────────────────► Lease ─► sent ─► given back when it is dropped
//!        └─► none is: a place in the queue ─ connected, or freed ─┘
//!                       └─ failed: handed back with the error ─► the channel
//! ```
//!
//! # Parts
//!
//! [`life`] decides, as pure state under one lock; [`shared`] holds that lock and tells what comes of it; [`task`] makes the
//! attempts and drives the connections; [`dial`] is how one is made.

mod admission;
mod backoff;
mod dial;
mod doubt;
mod ends;
#[cfg_attr(feature = "tracing", path = "events/traced.rs")]
#[cfg_attr(not(feature = "tracing"), path = "events/untold.rs")]
mod events;
mod fate;
mod handle;
mod lease;
mod life;
mod make;
mod pool;
mod prepare;
mod queue;
#[cfg_attr(feature = "tls", path = "secure/tls.rs")]
#[cfg_attr(not(feature = "tls"), path = "secure/plain.rs")]
mod secure;
mod shared;
mod standing;
mod state;
mod status;
mod task;

pub use backoff::{Backoff, Series};
pub use prepare::{Attempt, Prepare};
pub use state::{State, States};

pub use admission::{Acquired, Waiting};
pub use handle::{Endpoint, Uncounted};
pub use lease::Lease;
pub use queue::{Patience, Ticket};
pub use standing::{Standing, Watch};
pub use status::{EndpointStatus, List};

pub(crate) use dial::Dialer;
pub(crate) use lease::{Served, Stream};
pub(crate) use life::Options;
pub(crate) use queue::Tickets;
pub(crate) use secure::Security;
pub(crate) use shared::Around;

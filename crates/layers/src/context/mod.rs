//! One call's own settings, in the one place of its request that floors read.
//!
//! A call that sets nothing has no [`CallContext`] and pays nothing. Layers between may read it, tighten it, or put
//! their own in its place.
//!
//! # Example
//!
//! ```
//! use std::time::Duration;
//! use ziggurat::{Deadline, layers::context::CallContext};
//!
//! // A handler passes on what is left to its caller, and gives this call less if less is enough.
//! let mut inbound = http::HeaderMap::new();
//! inbound.insert("grpc-timeout", "2S".parse()?);
//! let mut context = CallContext::new().with_timeout(Duration::from_millis(300));
//! if let Some(deadline) = Deadline::from_headers(&inbound)? {
//!     context = context.with_deadline(deadline);
//! }
//! let mut request = http::Request::new(());
//! context.put_into(&mut request);
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```

mod call;
mod deadline;
mod progress;
mod receive_limit;

pub use call::CallContext;
pub use deadline::Deadline;
pub use progress::ProgressSlot;
pub use receive_limit::ReceiveLimit;

#[cfg(test)]
mod tests;

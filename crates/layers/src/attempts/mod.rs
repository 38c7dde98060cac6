//! What the floors have in common that send a request more than once.
//!
//! [`Original`] is the request of a call, put by; [`Sending`] one attempt of it. Policies name [`Codes`], and say which
//! [field](PolicyField) of theirs [cannot be](InvalidPolicy) as it is. A [`Throttle`] is shared by all floors above one
//! server.

mod codes;
mod invalid;
mod original;
mod sending;
mod throttle;

pub(crate) use codes::Codes;
pub use invalid::{InvalidPolicy, PolicyField};
pub(crate) use original::Original;
pub(crate) use sending::Sending;
pub use throttle::Throttle;

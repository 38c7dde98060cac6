//! What the floors have in common that send a request more than once.
//!
//! [`Policies`] say which calls a floor sends again. [`Original`] is the request of a call, put by; [`Sending`] one attempt
//! of it, [`Failure`] how it failed, [`Success`] how it is known that it did not. Policies name [`Codes`], and say which
//! [field](PolicyField) of theirs [cannot be](InvalidPolicy) as it is. A [`Throttle`] is shared by all floors above one
//! server.

mod codes;
mod failure;
mod head;
mod invalid;
mod original;
mod policies;
mod sending;
mod settings;
mod success;
mod throttle;

pub(crate) use codes::Codes;
pub(crate) use failure::{Failure, told};
pub use invalid::{InvalidPolicy, PolicyField};
pub(crate) use invalid::{check_attempts, check_codes};
pub(crate) use original::Original;
pub(crate) use policies::Policies;
pub(crate) use sending::Sending;
pub(crate) use settings::Settings;
pub(crate) use success::Success;
pub use throttle::Throttle;

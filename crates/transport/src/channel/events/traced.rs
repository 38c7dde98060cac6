//! What a channel tells the program's log: a few events for each connection, none for a call.
//!
//! They are told outside of locks: a subscriber may itself make calls.

use std::{error::Error as StdError, time::Duration};

use tracing::{debug, warn};

use crate::{Error, Target};

pub(in crate::channel) fn connected(target: &Target) {
    debug!(target: "ziggurat::channel", server = %target, "connected");
}

/// The next attempt is not made before this time has passed.
pub(in crate::channel) fn failed(target: &Target, error: &Error, backoff: Duration) {
    let error: &(dyn StdError + 'static) = error;
    debug!(target: "ziggurat::channel", server = %target, error, ?backoff, "cannot connect");
}

pub(in crate::channel) fn left(target: &Target, error: &Error) {
    let error: &(dyn StdError + 'static) = error;
    debug!(target: "ziggurat::channel", server = %target, error, "a connection takes no more calls");
}

/// The server said that there are too many PINGs (E-8).
pub(in crate::channel) fn ping_less(target: &Target, interval: Duration) {
    warn!(
        target: "ziggurat::channel",
        server = %target,
        ?interval,
        "the server says too_many_pings: keepalive pings half as often from now on"
    );
}

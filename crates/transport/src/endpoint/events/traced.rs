//! What a channel tells the program's log: a few events for each connection, none for a call.
//!
//! They are told outside of locks: a subscriber may itself make calls. Of an error they have the text, which tells all;
//! given as an error, subscribers would print its sources too, and h2's words for a server that goes in peace are
//! "connection error received: not a result of an error".

use std::time::Duration;

use tracing::{debug, warn};
use ziggurat_connect::Target;

use crate::Error;

pub(in crate::endpoint) fn connected(target: &Target) {
    debug!(target: "ziggurat::channel", server = %target, "connected");
}

/// The next attempt is not made before this time has passed.
pub(in crate::endpoint) fn failed(target: &Target, error: &Error, backoff: Duration) {
    debug!(target: "ziggurat::channel", server = %target, %error, ?backoff, "cannot connect");
}

pub(in crate::endpoint) fn left(target: &Target, error: &Error) {
    debug!(target: "ziggurat::channel", server = %target, %error, "a connection takes no more calls");
}

/// The server said that there are too many PINGs (E-8).
pub(in crate::endpoint) fn ping_less(target: &Target, interval: Duration) {
    warn!(
        target: "ziggurat::channel",
        server = %target,
        ?interval,
        "the server says too_many_pings: keepalive pings half as often from now on"
    );
}

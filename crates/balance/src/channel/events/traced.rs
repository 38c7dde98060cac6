//! What a channel of many servers tells the program's log, outside of locks: what its resolver finds, and its states. What
//! becomes of connections its endpoints tell.

use std::time::Duration;

use tracing::{debug, error, warn};
use ziggurat_config::InvalidServiceConfig;
use ziggurat_transport::{Error, Target, channel::State};

/// The list is another than before: it has so many servers, of which some are new, and others are gone.
pub(in crate::channel) fn resolved(target: &Target, servers: usize, added: usize, gone: usize) {
    debug!(target: "ziggurat::channel", server = %target, servers, added, gone, "resolved");
}

/// The resolver is not asked again before this time has passed, unless it has ended.
pub(in crate::channel) fn unresolved(target: &Target, error: &Error, backoff: Option<Duration>) {
    warn!(target: "ziggurat::channel", server = %target, %error, ?backoff, "cannot resolve");
}

/// Its answer is in use but for its config, which is invalid; the one before goes on, or the application's.
pub(in crate::channel) fn invalid_config(target: &Target, error: &InvalidServiceConfig) {
    warn!(target: "ziggurat::channel", server = %target, %error, "cannot use the resolver's service config");
}

pub(in crate::channel) fn state(target: &Target, state: State) {
    debug!(target: "ziggurat::channel", server = %target, ?state, "the channel has another state");
}

/// The server has no health service, and is taken for healthy as long as its connection lasts (G-66).
pub(in crate::channel) fn unwatched(target: &Target) {
    error!(target: "ziggurat::channel", server = %target, "the server has no health service: it is taken for healthy");
}

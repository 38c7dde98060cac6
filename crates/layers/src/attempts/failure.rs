use std::sync::Arc;

use ziggurat_protocol::{
    Code, Peer, Status,
    response::Pushback,
    status::progress::{Again, Attempt},
};

/// How an attempt failed before anything else of its answer was seen.
///
/// It is all that the table of a floor looks at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Failure {
    /// What it would end the call with.
    pub(crate) code: Code,
    /// What the server says about repeating it.
    pub(crate) pushback: Option<Pushback>,
    /// Whether the whole request is still there.
    pub(crate) can_replay: bool,
}

/// What is told of an attempt that failed so, where another follows: with its error, and who gave the answer (T-25).
pub(crate) fn told(again: Again, error: &Arc<Status>, peer: Option<Peer>) -> Attempt {
    let attempt = Attempt::new(error.code(), again).with_error(error.clone());
    match peer {
        Some(peer) => attempt.with_peer(peer),
        None => attempt,
    }
}

//! What the owner of a connection may ask its driver: the seam between one connection and a channel of them.
//!
//! A trait, so that a channel is tested with drivers that are made up, and none of hyper's types gets there.

use std::{future::Future, pin::Pin};

use super::pulse::Pulse;
use crate::Error;

/// What the owner of a connection looks at after each poll of its driver (T-17).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Facts {
    /// How many streams the server allows at the same time.
    pub(crate) streams: usize,
    /// Whether the connection takes requests: it is not closed, and the server is not ending it.
    pub(crate) is_open: bool,
}

/// The task of a connection, as its owner sees it: a future that tells what became of the connection (T-17).
pub(crate) trait Drive: Future<Output = ()> + Send {
    /// How the connection stands since the last poll.
    fn facts(&self) -> Facts;

    /// The connection's signs of life.
    fn pulse(&self) -> Pulse;

    /// Why the connection takes no more requests: what the server said, or the loss, or what it was ended for on this
    /// side; `None` if nothing tells, or it was asked for before.
    fn take_reason(self: Pin<&mut Self>) -> Option<Error>;

    /// Ends all calls as cancelled, and the connection with them (M-12).
    fn shut_down(self: Pin<&mut Self>);
}

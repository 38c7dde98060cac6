//! How a request comes along, for who wants to know: what it waits for, and that it is sent again.
//!
//! A [`RequestBody`](crate::RequestBody) may have a [`Progress`]; a [`Channel`](crate::Channel) tells it what becomes of
//! the request until it is sent. A request that gets a stream at once, and an answer, is told nothing of.
//!
//! # Example
//!
//! ```
//! use std::sync::Mutex;
//! use ziggurat_transport::{Error, progress::{Progress, Wait}};
//!
//! /// Keeps what a request waits for, so that it can be asked when there is no more patience.
//! #[derive(Default)]
//! struct Last(Mutex<Option<Wait>>);
//!
//! impl Progress for Last {
//!     fn waits(&self, wait: Wait) {
//!         *self.0.lock().unwrap() = Some(wait);
//!     }
//!     fn goes_on(&self) {
//!         *self.0.lock().unwrap() = None;
//!     }
//!     fn is_sent_again(&self, _: &Error) {}
//! }
//! ```

use std::{fmt, sync::Weak};

use crate::Error;

/// Hears how one request comes along.
pub trait Progress: Send + Sync {
    /// It waits for a connection or a stream; the wait can be asked at any time for what exactly.
    fn waits(&self, wait: Wait);

    /// It waits no more: it has a stream.
    fn goes_on(&self);

    /// It failed, was not acted on, and goes out again.
    fn is_sent_again(&self, error: &Error);
}

/// A wait for a connection or for one of its streams. It does not keep the channel.
pub struct Wait(Weak<dyn Course>);

impl Wait {
    pub(crate) fn new(course: Weak<dyn Course>) -> Self {
        Self(course)
    }

    /// What is waited for at this moment; `None` if the channel is gone.
    pub fn now(&self) -> Option<Waiting> {
        Some(self.0.upgrade()?.waiting())
    }
}

impl fmt::Debug for Wait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wait").finish_non_exhaustive()
    }
}

/// What a request waits for.
///
/// ```
/// use ziggurat_transport::progress::{Stage, Waiting};
///
/// let what = "a free stream to http://cafe.example".to_owned();
/// let waiting = Waiting::new(Stage::Stream, what, None);
/// assert!(waiting.last_error.is_none());
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Waiting {
    /// At which point it is.
    pub stage: Stage,
    /// What is waited for, in words: `a connection to http://cafe (10.0.0.1:80: no answer)`.
    pub what: String,
    /// Why the last attempt to connect failed, if it did.
    pub last_error: Option<Error>,
}

impl Waiting {
    /// It is at this point, and this is what is waited for.
    pub fn new(stage: Stage, what: String, last_error: Option<Error>) -> Self {
        Self {
            stage,
            what,
            last_error,
        }
    }
}

/// At which point a request waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Stage {
    /// The server's name is being resolved.
    Name,
    /// A connection is being made, or the next attempt has to wait.
    Connection,
    /// The server takes no more requests at the same time.
    Stream,
}

/// Who knows what the requests of a channel wait for.
pub trait Course: Send + Sync {
    /// What is waited for at this moment.
    fn waiting(&self) -> Waiting;
}

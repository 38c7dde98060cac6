//! Where the time of a call went, and what failed on the way.
//!
//! A [`Status`](crate::Status) has a [`Progress`] if its call had to wait for a connection or for a stream, or was sent
//! again. What fills it is the slot in the context of a call: see the layers' `context`. Of an answer it stands among the
//! extensions, as an `Arc<Progress>`, where layers and stubs read it: a channel puts it there, and so does a floor that
//! sends again.
//!
//! # Example
//!
//! ```
//! use ziggurat::{Code, Status, protocol::status::progress::{Progress, Stage, Waiting}};
//!
//! let waiting = Waiting::new(Stage::Connection, "a connection to http://cafe.example");
//! let status = Status::new(Code::DeadlineExceeded, "too late")
//!     .with_progress(Progress::new().with_waiting(waiting));
//!
//! let waiting = status.progress().and_then(Progress::waiting);
//! assert_eq!(waiting.map(Waiting::stage), Some(Stage::Connection));
//! ```

use std::{borrow::Cow, error::Error, fmt, sync::Arc, time::Duration};

use super::Code;
use crate::Peer;

type SharedError = Arc<dyn Error + Send + Sync>;

/// What a call waits for before its server has it, and the attempts that it made; by default there is nothing.
///
/// ```
/// use ziggurat::protocol::status::progress::{Progress, Stage, Waiting};
///
/// let waiting = Waiting::new(Stage::Connection, "a connection to http://cafe.example");
/// let progress = Progress::new().with_waiting(waiting);
/// assert_eq!(progress.waiting().unwrap().stage(), Stage::Connection);
/// assert!(Progress::new().is_empty());
/// ```
#[derive(Clone, Debug, Default)]
pub struct Progress {
    waiting: Option<Waiting>,
    attempts: Vec<Attempt>,
    gave_up: Option<GaveUp>,
}

impl Progress {
    /// One that says that nothing was waited for and nothing failed.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds what the call waits for.
    pub fn with_waiting(mut self, waiting: Waiting) -> Self {
        self.waiting = Some(waiting);
        self
    }

    /// Adds an attempt that failed, after those that are there.
    pub fn with_attempt(mut self, attempt: Attempt) -> Self {
        self.attempts.push(attempt);
        self
    }

    /// Adds why there was no further attempt.
    pub fn with_gave_up(mut self, why: GaveUp) -> Self {
        self.gave_up = Some(why);
        self
    }

    /// Whether nothing was waited for and nothing failed.
    pub fn is_empty(&self) -> bool {
        self.waiting.is_none() && self.attempts.is_empty() && self.gave_up.is_none()
    }

    /// What the call waits for; `None` once the server has it.
    pub fn waiting(&self) -> Option<&Waiting> {
        self.waiting.as_ref()
    }

    /// The attempts that failed and were followed by another, in their order.
    pub fn attempts(&self) -> &[Attempt] {
        &self.attempts
    }

    /// Why a policy that would have sent the call again did not; `None` if there is no such policy, or it did not want to.
    pub fn gave_up(&self) -> Option<GaveUp> {
        self.gave_up
    }

    /// Why the call is not further: the last failure to connect, or that of the last attempt.
    pub fn last_error(&self) -> Option<&(dyn Error + 'static)> {
        let waiting = self.waiting.as_ref().and_then(Waiting::last_error);
        waiting.or_else(|| self.attempts.last()?.error())
    }
}

/// At which point a call waits before its server has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Stage {
    /// The server's name is being resolved.
    Name,
    /// A connection is being made, or its next attempt has to wait.
    Connection,
    /// The server takes no more calls at the same time; one of them has to end.
    Stream,
    /// An attempt failed, and the next one has to wait.
    Pause,
}

/// What a call waits for.
#[derive(Clone, Debug)]
pub struct Waiting {
    stage: Stage,
    what: Cow<'static, str>,
    last_error: Option<SharedError>,
}

impl Waiting {
    /// Describes a wait; `what` is what is waited for, such as `a connection to http://cafe.example`.
    pub fn new(stage: Stage, what: impl Into<Cow<'static, str>>) -> Self {
        let what = what.into();
        Self {
            stage,
            what,
            last_error: None,
        }
    }

    /// Adds why it takes so long: the last failure to get it. By default nothing has failed.
    pub fn with_last_error(mut self, error: SharedError) -> Self {
        self.last_error = Some(error);
        self
    }

    /// Which point it is.
    pub fn stage(&self) -> Stage {
        self.stage
    }

    /// What is waited for, in words.
    pub fn what(&self) -> &str {
        &self.what
    }

    /// The last failure to get it, such as a refused connection.
    pub fn last_error(&self) -> Option<&(dyn Error + 'static)> {
        self.last_error.as_deref().map(|error| error as _)
    }
}

/// Why there was another attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Again {
    /// The server had not acted on it: the channel sends such a call again by itself (C-30, C-31).
    Transparent,
    /// A policy repeated it.
    Retry,
    /// A policy sent it beside others that were still running.
    Hedge,
}

/// Why a policy did not send a call again that failed with a code worth it.
///
/// ```
/// use ziggurat::{Status, protocol::status::progress::{GaveUp, Progress}};
///
/// /// What an operator may want to hear of a failed call.
/// fn advice(status: &Status) -> &'static str {
///     match status.progress().and_then(Progress::gave_up) {
///         Some(GaveUp::TooLarge) => "raise the resend limit of this call",
///         Some(GaveUp::Throttled) => "look at the server, not at this call",
///         Some(_) => "it was tried again, in vain",
///         None => "no policy wanted to try it again",
///     }
/// }
/// # let status = Status::new(ziggurat::Code::Unavailable, "");
/// # assert!(advice(&status).starts_with("no policy"));
/// # let status = status.with_progress(Progress::new().with_gave_up(GaveUp::TooLarge));
/// # assert!(advice(&status).starts_with("raise"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum GaveUp {
    /// It was sent as often as the policy allows.
    Attempts,
    /// Too much of what is sent to the server fails: a throttle holds repeats back (C-42).
    Throttled,
    /// The server asked that it is not sent again (C-16).
    Forbidden,
    /// More of the request was sent than may be kept to be sent again: its `resend_limit` says how much (C-26).
    TooLarge,
}

impl fmt::Display for GaveUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Attempts => "it was sent as often as its policy allows",
            Self::Throttled => "too many calls to its server fail",
            Self::Forbidden => "the server asked not to repeat it",
            Self::TooLarge => "the request is larger than may be kept to repeat it",
        })
    }
}

/// An attempt that failed and was followed by another.
///
/// ```
/// use std::time::Duration;
/// use ziggurat::{Code, protocol::status::progress::{Again, Attempt}};
///
/// let attempt = Attempt::new(Code::Unavailable, Again::Retry).with_delay(Duration::from_millis(50));
/// assert_eq!((attempt.code(), attempt.delay().as_millis()), (Code::Unavailable, 50));
/// ```
#[derive(Clone, Debug)]
pub struct Attempt {
    code: Code,
    again: Again,
    delay: Duration,
    peer: Option<Peer>,
    error: Option<SharedError>,
}

impl Attempt {
    /// An attempt that ended with this code.
    pub fn new(code: Code, again: Again) -> Self {
        Self {
            code,
            again,
            delay: Duration::ZERO,
            peer: None,
            error: None,
        }
    }

    /// Adds the pause before the next attempt; by default there is none.
    pub fn with_delay(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// Adds who failed it; by default it is not known.
    pub fn with_peer(mut self, peer: Peer) -> Self {
        self.peer = Some(peer);
        self
    }

    /// Adds what it failed with; by default it is not known.
    pub fn with_error(mut self, error: SharedError) -> Self {
        self.error = Some(error);
        self
    }

    /// The code that it would have ended the call with.
    pub fn code(&self) -> Code {
        self.code
    }

    /// Why there was another.
    pub fn again(&self) -> Again {
        self.again
    }

    /// The pause before the next.
    pub fn delay(&self) -> Duration {
        self.delay
    }

    /// Who failed it, if that is known: of what the channel sends again by itself it is not.
    pub fn peer(&self) -> Option<&Peer> {
        self.peer.as_ref()
    }

    /// What it failed with.
    pub fn error(&self) -> Option<&(dyn Error + 'static)> {
        self.error.as_deref().map(|error| error as _)
    }
}

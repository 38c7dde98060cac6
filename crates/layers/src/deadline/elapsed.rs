use std::{error::Error, fmt, time::Duration};

use ziggurat_protocol::{
    Code, Status,
    status::progress::{Progress, Stage},
};
use ziggurat_text::{TEXT, foreign};

/// The deadline passed; what the call waited for (B-7).
///
/// It is the [cause](Status::cause) of the status that the floor answers with, whose text says more: how long the call had,
/// and what is known of what it waited for.
///
/// ```
/// use ziggurat::{Code, Status, layers::deadline::Elapsed};
///
/// let status = Status::from(Elapsed::Headers);
/// assert_eq!(status.code(), Code::DeadlineExceeded);
/// assert_eq!(status.message(), "the deadline passed while the call waited for response headers");
/// assert_eq!(status.cause().and_then(|cause| cause.downcast_ref()), Some(&Elapsed::Headers));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Elapsed {
    /// Nothing: the call began too late, and nothing was sent (B-6).
    Start,
    /// The inner service to be ready.
    Ready,
    /// The server's name to be resolved.
    Name,
    /// A connection to the server.
    Connection,
    /// One of the streams that the server allows.
    Stream,
    /// The pause after an attempt that failed.
    Pause,
    /// The answer's headers.
    Headers,
    /// A message, or the trailers.
    Message,
    /// A message to send, or room for it.
    Send,
}

impl fmt::Display for Elapsed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Start => "the deadline had passed before the call began",
            Self::Ready => "the call waited for the service to be ready",
            Self::Name => "the call waited for name resolution",
            Self::Connection => "the call waited for a connection",
            Self::Stream => "the call waited for a free stream",
            Self::Pause => "the call waited to be sent again",
            Self::Headers => "the call waited for response headers",
            Self::Message => "the call waited for a message or the status",
            Self::Send => "the call waited to send a message",
        })
    }
}

impl Error for Elapsed {}

impl From<Stage> for Elapsed {
    /// What came later than this library is told as a wait for the answer.
    fn from(stage: Stage) -> Self {
        match stage {
            Stage::Name => Self::Name,
            Stage::Connection => Self::Connection,
            Stage::Stream => Self::Stream,
            Stage::Pause => Self::Pause,
            _ => Self::Headers,
        }
    }
}

/// DEADLINE_EXCEEDED with this as its cause.
impl From<Elapsed> for Status {
    fn from(elapsed: Elapsed) -> Self {
        let text = match elapsed {
            Elapsed::Start => elapsed.to_string(),
            _ => format!("the deadline passed while {elapsed}"),
        };
        Self::local(Code::DeadlineExceeded, text).with_source(elapsed)
    }
}

/// The same, with what is known: how long the call had, what it waited for, and what had failed (B-7).
pub(super) fn status(waiting_for: Elapsed, given: Duration, progress: Progress) -> Status {
    let (elapsed, what) = match (waiting_for, progress.waiting()) {
        // A wait for headers is all that the floor sees of what is inside.
        (Elapsed::Headers, Some(waiting)) => {
            let what = format!("the call waited for {}", waiting.what());
            (waiting.stage().into(), what)
        }
        (Elapsed::Start, _) => return waiting_for.into(),
        _ => (waiting_for, waiting_for.to_string()),
    };
    let mut text = format!("the deadline of {:?} passed while {what}", rounded(given));
    if let Some(error) = progress.last_error() {
        // It was made safe where it was made; it may be long.
        let error = foreign(&error.to_string(), TEXT).to_string();
        text.push_str("; last error: ");
        text.push_str(&error);
    }
    let attempts = match progress.attempts().len() {
        0 => String::new(),
        1 => "; one attempt before failed".to_owned(),
        count => format!("; {count} attempts before failed"),
    };
    text.push_str(&attempts);
    let status = Status::local(Code::DeadlineExceeded, text).with_source(elapsed);
    if progress.is_empty() {
        status
    } else {
        status.with_progress(progress)
    }
}

/// As people write times: what was set by a clock that goes on is a little less.
fn rounded(time: Duration) -> Duration {
    let millis = time.as_nanos().div_ceil(1_000_000);
    match u64::try_from(millis) {
        Ok(millis) if time >= Duration::from_millis(1) => Duration::from_millis(millis),
        _ => time,
    }
}

use tokio::time::Instant;

/// What became of a request on its stream, as far as it speaks for or against the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It was not sent, or failed.
    Nothing,
    /// It was sent then, when the connection had read so often, and has no response.
    Unanswered {
        left: Instant,
        reads: u64,
    },
    Answered,
    Refused,
}

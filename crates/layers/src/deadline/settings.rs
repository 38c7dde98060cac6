use std::time::Duration;

/// What a [`DeadlineLayer`](super::DeadlineLayer) was told, as its services and their calls have it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Settings {
    /// The time of a call that brings no timeout of its own; `None` leaves such a call without a deadline (B-9).
    pub(super) default: Option<Duration>,
    pub(super) announced: Announced,
}

/// Who tells the server what is left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Announced {
    /// The floor does, when the request goes on to the inner service. A ground with an origin floor writes it anew.
    #[default]
    Here,
    /// The ground alone does, when the request leaves. Saves a header that would be written, copied with what is kept to
    /// send the request again, and replaced.
    Below,
}

//! A body that comes in chunks: alone with its source, or one of several that share it.

use std::{
    mem,
    task::{Context, Poll, Waker, ready},
};

use super::{
    replay::{Account, Cursor, Step},
    source::{PolledFrame, Source},
};

/// A source, and how it is read.
pub(super) enum Stream {
    /// By this body alone: with no lock, and nothing is kept.
    Alone { source: Source, polled: bool },
    /// By this one, and by its clones.
    Replayed(Cursor),
}

impl Stream {
    /// A second one from the start. The first one becomes a replayed one by it.
    pub(super) fn try_clone(&mut self) -> Option<Self> {
        match self {
            Self::Alone { polled: true, .. } => None,
            Self::Alone { .. } => {
                let (first, second) = Cursor::pair();
                if let Self::Alone { source, .. } = mem::replace(self, Self::Replayed(first)) {
                    second.begin(source);
                }
                Some(Self::Replayed(second))
            }
            Self::Replayed(cursor) => cursor.try_clone().map(Self::Replayed),
        }
    }

    /// Whether a second one would give all of it.
    pub(super) fn can_replay(&self) -> bool {
        match self {
            Self::Alone { polled, .. } => !polled,
            Self::Replayed(cursor) => cursor.can_replay(),
        }
    }

    /// Nothing overflows of what is not kept.
    pub(super) fn poll_overflow(&self, cx: &mut Context<'_>) -> Poll<Vec<usize>> {
        match self {
            Self::Alone { .. } => Poll::Pending,
            Self::Replayed(cursor) => cursor.poll_overflow(cx),
        }
    }

    /// Who is alone has no clones.
    pub(super) fn give_up_clones(&self, count: usize, is_meant: impl Fn(usize) -> bool) {
        if let Self::Replayed(cursor) = self {
            cursor.give_up_clones(count, is_meant);
        }
    }

    pub(super) fn count_in(&self, account: impl FnOnce() -> Box<dyn Account>) {
        if let Self::Replayed(cursor) = self {
            cursor.count_in(account);
        }
    }

    /// Leaves the waker that gives up the call; who is alone leaves it with the source itself.
    pub(super) fn on_abandon(&mut self, waker: &Waker) {
        match self {
            Self::Alone { source, .. } => source.on_abandon(waker),
            Self::Replayed(cursor) => cursor.on_abandon(waker),
        }
    }

    /// Gives the next chunk. Once nobody else wants it, the source comes back to this one.
    pub(super) fn poll_frame(&mut self, cx: &mut Context<'_>) -> PolledFrame {
        if let Self::Replayed(cursor) = self {
            match ready!(cursor.poll_frame(cx)) {
                Step::Given(frame) => return Poll::Ready(frame),
                Step::Alone(source) => *self = source.into(),
            }
        }
        match self {
            Self::Alone { source, polled } => {
                *polled = true;
                source.poll_frame(cx)
            }
            Self::Replayed(_) => Poll::Pending,
        }
    }

    pub(super) fn is_end_stream(&self) -> bool {
        match self {
            Self::Alone { source, .. } => source.is_end_stream(),
            Self::Replayed(cursor) => cursor.is_end_stream(),
        }
    }

    /// For `Debug`.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Alone { source, .. } => match source {
                Source::Fed(_) => "Fed",
                Source::Boxed(_) => "Boxed",
            },
            Self::Replayed(_) => "Replayed",
        }
    }
}

impl From<Source> for Stream {
    fn from(source: Source) -> Self {
        let polled = false;
        Self::Alone { source, polled }
    }
}

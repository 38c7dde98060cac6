use std::{
    mem,
    task::{Context, Poll},
};

use ziggurat_transport::BoxError;

/// Takes all that is ready of a stream, before what came of it is told.
///
/// A thousand changes at once become one list so, and an error or the end waits until the changes before it are told. How
/// much is taken at once is bounded: a stream that always has more does not keep its channel from its other work.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    /// Nothing is taken as long as something is held.
    held: Held,
}

/// How many items are taken before there is a pause.
pub(super) const AT_ONCE: usize = 1024;

/// What came behind the changes.
#[derive(Debug, Default)]
enum Held {
    /// There may be more.
    #[default]
    Nothing,
    /// The stream said this, and may go on after it.
    Error(BoxError),
    /// The stream is over, and not polled again.
    End,
}

impl Gathered {
    /// Gives what is ready to `take`, until there is no more, or an error.
    pub(super) fn gather<T, E: Into<BoxError>>(
        &mut self,
        cx: &mut Context<'_>,
        mut next: impl FnMut(&mut Context<'_>) -> Poll<Option<Result<T, E>>>,
        mut take: impl FnMut(T),
    ) {
        for _ in 0..AT_ONCE {
            if !matches!(self.held, Held::Nothing) {
                return;
            }
            match next(cx) {
                Poll::Ready(Some(Ok(item))) => take(item),
                Poll::Ready(Some(Err(error))) => self.held = Held::Error(error.into()),
                Poll::Ready(None) => self.held = Held::End,
                Poll::Pending => return,
            }
        }
        // Nobody else does: the stream has more.
        cx.waker().wake_by_ref();
    }

    /// What follows, once all that was taken is told.
    pub(super) fn rest<T>(&mut self) -> Poll<Option<Result<T, BoxError>>> {
        match mem::take(&mut self.held) {
            Held::Nothing => Poll::Pending,
            Held::Error(error) => Poll::Ready(Some(Err(error))),
            Held::End => {
                self.held = Held::End;
                Poll::Ready(None)
            }
        }
    }
}

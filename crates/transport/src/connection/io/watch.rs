//! Between the walker, which sees frames, and the table of streams, which knows whose they are.

use std::{fmt, sync::Arc, task::Waker};

use super::head::Head;

/// The longest frame that is put behind another one, and with which the keeping back of a stream begins.
pub(super) const SMALL: usize = 1024;

/// What became of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It stays, if perhaps further to the front.
    Kept,
    /// Its payload went into the frame before it.
    Merged,
    /// Its payload is kept back, and goes into a frame that comes later.
    Back,
    /// Nothing of it is left, but perhaps the end of its stream.
    Dropped,
}

/// Hears of each frame, once its head is there.
pub(super) trait Watch {
    /// Comes once for each frame, before its payload is there. Whoever is told is so far behind that more small DATA of
    /// its stream is kept back.
    fn frame(&mut self, head: &Head, fate: Fate) -> Option<Arc<dyn Reader>>;

    /// So many bytes of a DATA frame that was kept are padding, which nobody reads. The byte that tells its length is one
    /// of them.
    fn padding(&mut self, stream: u32, bytes: usize);

    /// h2 gets a DATA frame of what was kept back.
    fn given(&mut self, stream: u32);

    /// Whether the reader of a stream still has enough to read.
    fn is_behind(&self, stream: u32) -> bool;
}

/// Whose stream it is.
pub(in crate::connection) trait Reader: fmt::Debug + Send + Sync {
    /// How many DATA frames it took, modulo 2^31.
    fn taken(&self) -> u32;

    /// How many bytes it took, and how many were [given back](Self::give_back) without it.
    fn given_back(&self) -> u64;

    /// So many bytes need no window any more; tells whether it is time to look what can be granted.
    ///
    /// That is each time the sum passes a multiple of [`STEP`](super::STEP), whoever adds to it.
    fn give_back(&self, bytes: usize) -> bool;

    /// Stands for its method, whose streams are taken to be alike.
    fn method(&self) -> u32;

    /// More of its DATA is kept back from now on: it wakes this one when it finds nothing to read, or takes no more.
    fn keep_back(&self, asks: &Waker);

    /// Nothing is kept back any more.
    fn go_on(&self);

    /// Whether it takes no more.
    fn is_gone(&self) -> bool;

    /// Ends the call: more frames wait for it than are kept.
    fn flood(&self, limit: u32);
}

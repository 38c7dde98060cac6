//! How much all calls of a channel may keep at the same time to be sent again.
//!
//! One atomic number, taken from as bytes are kept and given back when a call lets go of them, answered or dropped.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::Relaxed},
};

/// How many bytes the calls of a channel may keep together (C-25).
#[derive(Clone, Debug)]
pub(crate) struct Budget(Arc<AtomicUsize>);

impl Budget {
    pub(crate) fn new(bytes: usize) -> Self {
        Self(Arc::new(AtomicUsize::new(bytes)))
    }

    /// A share of it for one request, of nothing yet.
    pub(crate) fn share(&self, limit: usize) -> Share {
        Share {
            budget: self.clone(),
            limit,
            taken: 0,
        }
    }
}

/// What one request keeps to be sent again, of what the calls of its channel may keep together (C-25).
///
/// A [`RequestBody`](crate::RequestBody) gets it when it is to be [cloned](crate::RequestBody::try_clone), and takes from
/// it what it keeps. The request has a limit of its own, the [`ResendLimit`](crate::channel::ResendLimit) that it brings
/// or that of its channel, and the calls of a channel have one together: both count in bytes of the body, and whichever
/// is reached first says no. Dropping it gives all back.
///
/// ```
/// use bytes::Bytes;
/// use ziggurat_transport::Share;
///
/// /// Keeps a chunk if there is room for it, or else lets go of all.
/// fn keep(chunk: &Bytes, kept: &mut Vec<Bytes>, share: &mut Share) -> bool {
///     let may = share.take(chunk.len());
///     if may {
///         kept.push(chunk.clone());
///     } else {
///         share.give_back(kept.drain(..).map(|chunk| chunk.len()).sum());
///     }
///     may
/// }
/// ```
#[derive(Debug)]
pub struct Share {
    budget: Budget,
    /// The most that the request may keep.
    limit: usize,
    taken: usize,
}

impl Share {
    /// Takes so many bytes more. `false` says that they are beyond the limit of the request, or that there are not as
    /// many left; then it takes none.
    pub fn take(&mut self, bytes: usize) -> bool {
        let fits = (self.taken.checked_add(bytes)).is_some_and(|taken| taken <= self.limit);
        let left = &self.budget.0;
        let has_taken = fits
            && left
                .fetch_update(Relaxed, Relaxed, |left| left.checked_sub(bytes))
                .is_ok();
        if has_taken {
            self.taken += bytes;
        }
        has_taken
    }

    /// Takes what is missing to so many bytes in all: for what is whole from the start, however often it is cloned.
    pub fn cover(&mut self, bytes: usize) -> bool {
        bytes <= self.taken || self.take(bytes - self.taken)
    }

    /// Gives so many bytes back, at most those that were taken.
    pub fn give_back(&mut self, bytes: usize) {
        let bytes = bytes.min(self.taken);
        self.taken -= bytes;
        if bytes > 0 {
            self.budget.0.fetch_add(bytes, Relaxed);
        }
    }

    /// Another one with the same limit, of nothing yet: for a body that counts for itself, as its chunks come.
    #[must_use]
    pub fn split(&self) -> Self {
        self.budget.share(self.limit)
    }

    pub(crate) fn give_all_back(&mut self) {
        self.give_back(self.taken);
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.give_all_back();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_comes_back() {
        // C-25
        let budget = Budget::new(10);
        let (mut one, mut two) = (budget.share(8), budget.share(8));
        assert!(one.take(6));
        assert!(!one.take(3), "more than its own limit");
        assert!(!two.take(5), "more than is left");
        assert!(two.take(4));
        drop(one);
        assert!(two.take(4));
        two.give_back(7);
        assert!(budget.share(9).take(9));
        drop(two);
        assert!(budget.share(usize::MAX).take(10));
    }

    #[test]
    fn what_is_whole_is_counted_once() {
        // C-25
        let budget = Budget::new(10);
        let mut share = budget.share(8);
        assert!(share.cover(0) && share.cover(5) && share.cover(5) && share.cover(8));
        assert!(!share.cover(9), "more than its own limit");
        let mut other = share.split();
        assert!(!other.cover(3), "more than is left");
        assert!(other.cover(2));
    }

    #[test]
    fn nothing_overflows() {
        let budget = Budget::new(usize::MAX);
        let mut share = budget.share(usize::MAX);
        assert!(share.take(usize::MAX));
        assert!(!share.take(1));
        share.give_back(usize::MAX);
        share.give_back(1);
        assert!(budget.share(usize::MAX).take(usize::MAX));
    }
}

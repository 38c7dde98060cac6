//! How much all calls of a channel may keep at the same time.
//!
//! One atomic number, taken from as bytes are kept and given back when a call lets go of them, answered or dropped.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::Relaxed},
};

/// How many bytes the calls of a channel may keep together (C-25).
#[derive(Clone, Debug)]
pub(in crate::channel) struct Budget(Arc<AtomicUsize>);

impl Budget {
    pub(in crate::channel) fn new(bytes: usize) -> Self {
        Self(Arc::new(AtomicUsize::new(bytes)))
    }

    /// A share of it for one call, of nothing yet.
    pub(super) fn share(&self) -> Share {
        Share {
            budget: self.clone(),
            taken: 0,
        }
    }
}

/// What one call has of a [`Budget`]; dropping it gives it back.
#[derive(Debug)]
pub(super) struct Share {
    budget: Budget,
    taken: usize,
}

impl Share {
    /// Takes more, up to a limit of its own. Tells whether there was enough.
    pub(super) fn take(&mut self, bytes: usize, limit: usize) -> bool {
        let fits = (self.taken.checked_add(bytes)).is_some_and(|taken| taken <= limit);
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
}

impl Drop for Share {
    fn drop(&mut self) {
        self.budget.0.fetch_add(self.taken, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_comes_back() {
        // C-25
        let budget = Budget::new(10);
        let (mut one, mut two) = (budget.share(), budget.share());
        assert!(one.take(6, 8));
        assert!(!one.take(3, 8), "more than its own limit");
        assert!(!two.take(5, 8), "more than is left");
        assert!(two.take(4, 8));
        drop(one);
        assert!(two.take(4, 8));
        drop(two);
        assert!(budget.share().take(10, usize::MAX));
    }

    #[test]
    fn nothing_overflows() {
        let budget = Budget::new(usize::MAX);
        let mut share = budget.share();
        assert!(share.take(usize::MAX, usize::MAX));
        assert!(!share.take(1, usize::MAX));
        drop(share);
        assert!(budget.share().take(usize::MAX, usize::MAX));
    }
}

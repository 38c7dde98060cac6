//! Signs of life that a connection's owner can see without a lock: has anything been read since?
//!
//! Kept where bytes are read, asked when calls expired without an answer, so nothing is paid by calls that do well.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

/// The signs of life of a connection: how often something was read.
///
/// Its owner may [watch](Self::watch) it, to learn that a silence is over.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pulse(Arc<Beats>);

#[derive(Debug)]
struct Beats {
    reads: AtomicU64,
    /// The count at which somebody began to watch.
    watched_from: AtomicU64,
}

/// No count.
const UNWATCHED: u64 = u64::MAX;

impl Pulse {
    /// Counts a read. One reader at a time.
    pub(crate) fn beat(&self) {
        let reads = self.reads();
        self.0.reads.store(reads + 1, Ordering::Release);
    }

    /// How often something was read.
    pub(crate) fn reads(&self) -> u64 {
        self.0.reads.load(Ordering::Acquire)
    }

    /// Watches for what is read from now on.
    pub(crate) fn watch(&self) {
        let reads = self.reads();
        self.0.watched_from.store(reads, Ordering::Release);
    }

    /// Whether something was read since it is watched; tells it once.
    pub(crate) fn take_recovery(&self) -> bool {
        let from = self.0.watched_from.load(Ordering::Acquire);
        let has_recovered = from != UNWATCHED && from != self.reads();
        if has_recovered {
            self.0.watched_from.store(UNWATCHED, Ordering::Release);
        }
        has_recovered
    }
}

impl Default for Beats {
    fn default() -> Self {
        Self {
            reads: AtomicU64::new(0),
            watched_from: AtomicU64::new(UNWATCHED),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recovery_is_told_once_and_only_to_who_watches() {
        let pulse = Pulse::default();
        pulse.beat();
        assert!(!pulse.take_recovery());
        pulse.watch();
        assert!(!pulse.take_recovery());
        pulse.beat();
        assert_eq!(
            (pulse.take_recovery(), pulse.take_recovery()),
            (true, false)
        );
        assert_eq!(pulse.reads(), 2);
    }
}

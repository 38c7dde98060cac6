use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use crate::policy::{Key, Observer};

/// How the calls of one server have ended since the last sweep.
///
/// Two counters where A50 has two buckets: a sweep takes what they have and leaves 0, which is to swap the buckets. A call that
/// ends meanwhile counts before it or after it.
#[derive(Debug, Default)]
pub(super) struct Counts {
    successes: AtomicU64,
    failures: AtomicU64,
}

/// What a sweep has taken of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Ended {
    pub(super) successes: u64,
    pub(super) failures: u64,
}

/// Counts the calls of all servers of a list.
///
/// It is made anew for each list, with the counts of those that stay: calls that began before the list changed still count. A
/// call pays a look into the table and one addition; nothing is locked.
pub(super) struct Counting(pub(super) HashMap<Key, Arc<Counts>>);

impl Counts {
    /// What has ended since this was asked last.
    pub(super) fn take(&self) -> Ended {
        Ended {
            successes: self.successes.swap(0, Ordering::Relaxed),
            failures: self.failures.swap(0, Ordering::Relaxed),
        }
    }
}

impl Ended {
    /// All of them.
    pub(super) fn calls(self) -> u64 {
        self.successes.saturating_add(self.failures)
    }

    /// The part of all that succeeded, from 0 to 1. There is a call.
    #[expect(
        clippy::cast_precision_loss,
        reason = "of more than 2^53 calls the last do not matter"
    )]
    pub(super) fn success_rate(self) -> f64 {
        self.successes as f64 / self.calls() as f64
    }
}

impl Observer for Counting {
    fn ended(&self, key: Key, is_success: bool) {
        // One that is in no list any more is judged no more.
        let Some(counts) = self.0.get(&key) else {
            return;
        };
        let counter = if is_success {
            &counts.successes
        } else {
            &counts.failures
        };
        // They order nothing.
        counter.fetch_add(1, Ordering::Relaxed);
    }
}

use std::collections::HashMap;

use ziggurat_transport::Error;

use super::{Key, Subchannel};

/// What the counters of subchannels say has happened since the last turn.
///
/// A turn tells how things are. Between two of them a subchannel may have failed and be connected again, and its state says
/// nothing of it.
#[derive(Debug, Default)]
pub(super) struct Watch {
    /// In the order of the last list.
    seen: Vec<Seen>,
    latest: Option<Error>,
}

#[derive(Clone, Copy, Debug)]
struct Seen {
    key: Key,
    failures: u64,
    losses: u64,
}

/// What has happened to all of them together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Since {
    /// Attempts to connect that failed.
    pub(super) failures: u64,
    /// Times that one of them left READY.
    pub(super) losses: u64,
}

impl Watch {
    /// Looks at all of them.
    ///
    /// Of one that is new everything counts: it was made after the last turn, or was another policy's, and what failed there
    /// is as good a reason to resolve again.
    pub(super) fn look(&mut self, subchannels: &[Subchannel]) -> Since {
        self.follow(subchannels);
        let mut since = Since::default();
        for (seen, subchannel) in self.seen.iter_mut().zip(subchannels) {
            let failures = subchannel.failures().saturating_sub(seen.failures);
            since.failures += failures;
            since.losses += subchannel.losses().saturating_sub(seen.losses);
            if failures > 0 && subchannel.error().is_some() {
                self.latest = subchannel.error().cloned();
            }
            *seen = Seen::of(subchannel);
        }
        since
    }

    /// Why the last attempt failed that has, or else any of these.
    pub(super) fn latest_error(&self, subchannels: &[Subchannel]) -> Option<Error> {
        let any = || subchannels.iter().find_map(Subchannel::error).cloned();
        self.latest.clone().or_else(any)
    }

    /// Makes the list that was seen one of these subchannels, in their order.
    fn follow(&mut self, subchannels: &[Subchannel]) {
        let keys = subchannels.iter().map(Subchannel::key);
        if self.seen.iter().map(|seen| seen.key).eq(keys.clone()) {
            return;
        }
        let before: HashMap<Key, Seen> = self.seen.drain(..).map(|seen| (seen.key, seen)).collect();
        let seen = keys.map(|key| {
            before
                .get(&key)
                .copied()
                .unwrap_or_else(|| Seen::nothing(key))
        });
        self.seen.extend(seen);
    }
}

impl Seen {
    fn of(subchannel: &Subchannel) -> Self {
        Self {
            key: subchannel.key(),
            failures: subchannel.failures(),
            losses: subchannel.losses(),
        }
    }

    fn nothing(key: Key) -> Self {
        Self {
            key,
            failures: 0,
            losses: 0,
        }
    }
}

use std::collections::HashMap;

use ziggurat_transport::{Error, channel::State};

use super::{Key, Outlook, Subchannel};

/// What the counters of subchannels say has happened since the last turn.
///
/// A turn tells how things are. Between two of them a subchannel may have failed and be connected again, and its state says
/// nothing of it. So it is the counters that tell when the resolver is to be asked again, and whose error is the latest.
#[derive(Debug, Default)]
pub(super) struct Watch {
    /// In the order of the last list.
    seen: Vec<Seen>,
    /// Why the last attempt failed that did while it was watched.
    latest: Option<(Key, Error)>,
}

/// The counters of one, at the last turn.
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
    /// Of one that is new nothing counts: either nobody has connected it, or it was another policy's.
    pub(super) fn look(&mut self, subchannels: &[Subchannel]) -> Since {
        self.follow(subchannels);
        let mut since = Since::default();
        for (seen, subchannel) in self.seen.iter_mut().zip(subchannels) {
            let failures = subchannel.failures().saturating_sub(seen.failures);
            since.failures += failures;
            since.losses += subchannel.losses().saturating_sub(seen.losses);
            if failures > 0 && subchannel.error().is_some() {
                let error = subchannel.error().cloned();
                self.latest = error.map(|error| (seen.key, error));
            }
            *seen = Seen::of(subchannel);
        }
        since
    }

    /// The outlook while all have failed: calls fail for the reason of the one that failed last, if it still is so, or else
    /// of any. If all are new to a list, it is the reason that there was before.
    pub(super) fn failing(&self, subchannels: &[Subchannel]) -> Outlook {
        let latest = self.latest.as_ref();
        let is_latest = |one: &&Subchannel| latest.is_some_and(|(key, _)| one.key() == *key);
        let of_latest = subchannels
            .iter()
            .find(is_latest)
            .and_then(Subchannel::error);
        let of_any = || subchannels.iter().find_map(Subchannel::error);
        let before = || latest.map(|(_, error)| error);
        match of_latest.or_else(of_any).or_else(before) {
            Some(error) => Outlook::failing(error.clone()),
            None => Outlook::queueing(State::TransientFailure),
        }
    }

    /// Makes the list that was seen one of these subchannels, in their order. Counters of those that stay are kept, wherever
    /// they stood; while the list is the same, which it mostly is, nothing is looked up.
    fn follow(&mut self, subchannels: &[Subchannel]) {
        let keys = subchannels.iter().map(Subchannel::key);
        if self.seen.iter().map(|seen| seen.key).eq(keys.clone()) {
            return;
        }
        let before: HashMap<Key, Seen> = self.seen.drain(..).map(|seen| (seen.key, seen)).collect();
        let seen = subchannels.iter().map(|one| {
            let before = before.get(&one.key());
            before.copied().unwrap_or_else(|| Seen::of(one))
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
}

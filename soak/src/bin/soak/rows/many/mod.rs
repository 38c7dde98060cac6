//! Many servers behind one name: they come and go, fail and are slow, one at a time.

pub(super) mod faults;
pub(super) mod names;
pub(super) mod restarts;
pub(super) mod slow;
pub(super) mod storm;

use std::{future::Future, sync::Arc, time::Duration};

use tokio::time::{Instant, sleep};
use ziggurat_soak::Ledger;

use crate::{fleet::Fleet, load::Load, stage::Stub, tally::Tally};

/// More calls than there is time for.
const CALLS: usize = 1_000_000;

/// Calls at a pace that each server has time for.
const PAUSE: Duration = Duration::from_millis(1);

/// A client of many servers, and the number of its next call.
///
/// Its calls come in parts, of which each ends with its last call: what may fail in one must not in the next.
struct Parts {
    client: Stub,
    ledger: Arc<Ledger>,
    next: usize,
}

impl Parts {
    fn new(client: Stub, fleet: &Fleet) -> Self {
        let ledger = Arc::clone(&fleet.ledger);
        Self {
            client,
            ledger,
            next: 0,
        }
    }

    /// Calls for so long, with this deadline.
    async fn last(&mut self, time: Duration, deadline: Duration) -> Tally {
        let load = Load {
            pause: PAUSE,
            until: Some(Instant::now() + time),
            deadline,
            ..Load::of(CALLS)
        };
        self.run(load).await
    }

    /// The same, and this happens in their midst.
    async fn beside(&mut self, time: Duration, what: impl Future<Output = ()>) -> Tally {
        let later = async {
            sleep(MOMENT).await;
            what.await;
        };
        tokio::join!(self.last(MOMENT + time, AMPLE), later).0
    }

    /// These calls, with the numbers that come next.
    async fn run(&mut self, load: Load) -> Tally {
        let first = self.next;
        let load = Load { first, ..load };
        let tally = load.run(&self.client, &self.ledger).await;
        self.next += tally.calls();
        tally
    }
}

/// Until all callers have calls.
const MOMENT: Duration = Duration::from_millis(50);

/// The deadline of calls that nothing holds up.
const AMPLE: Duration = Duration::from_secs(5);

/// How many calls each server has begun since then.
fn since(fleet: &Fleet, before: &[usize]) -> Vec<usize> {
    let begun = fleet.begun().into_iter();
    begun.zip(before).map(|(now, then)| now - then).collect()
}

/// Whether these have the same, but for two in a hundred and a few that are on their way.
fn is_even(shares: &[usize]) -> bool {
    let (Some(least), Some(most)) = (shares.iter().min(), shares.iter().max()) else {
        return false;
    };
    most - least <= most / 50 + 2
}

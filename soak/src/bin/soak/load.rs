//! Many calls at once, each with a number and a deadline.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use bytes::Bytes;
use tokio::{
    task::JoinSet,
    time::{Instant, sleep},
};
use ziggurat::protocol::status::progress::{Again, Progress};
use ziggurat_soak::{CALL, CALL_ID, Ledger};

use crate::{
    stage::Stub,
    tally::{Ended, Tally},
};

/// How long after its deadline a call is late.
const SLACK: Duration = Duration::from_secs(1);

/// How long a caller waits after a failure, so that a server that is gone does not use up all calls.
const MOMENT: Duration = Duration::from_millis(1);

/// What a client does to its server.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    /// The number of the first call.
    pub(crate) first: usize,
    pub(crate) calls: usize,
    pub(crate) at_once: usize,
    pub(crate) deadline: Duration,
    pub(crate) patience: Patience,
    /// When to stop, whatever is left.
    pub(crate) until: Option<Instant>,
    /// What each of those at once waits after its call.
    pub(crate) pause: Duration,
}

/// Which calls wait for ready.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Patience {
    None,
    All,
    /// Those with an even number.
    Half,
}

impl Load {
    /// So many calls, 32 at once, with five seconds for each.
    pub(crate) fn of(calls: usize) -> Self {
        Self {
            first: 0,
            calls,
            at_once: 32,
            deadline: Duration::from_secs(5),
            patience: Patience::None,
            until: None,
            pause: Duration::ZERO,
        }
    }

    /// Makes the calls, and counts how they end.
    pub(crate) async fn run(self, client: &Stub, ledger: &Arc<Ledger>) -> Tally {
        let next = Arc::new(AtomicUsize::new(self.first));
        let mut callers = JoinSet::new();
        for _ in 0..self.at_once {
            let caller = Caller {
                load: self,
                client: client.clone(),
                ledger: Arc::clone(ledger),
                next: Arc::clone(&next),
            };
            callers.spawn(caller.run());
        }
        let mut tally = Tally::with_capacity(self.calls);
        while let Some(one) = callers.join_next().await {
            tally.join(one.expect("no call panics"));
        }
        tally
    }

    fn is_over(&self, id: usize) -> bool {
        id >= self.first + self.calls || self.until.is_some_and(|until| Instant::now() >= until)
    }
}

/// Makes one call after the other.
struct Caller {
    load: Load,
    client: Stub,
    ledger: Arc<Ledger>,
    next: Arc<AtomicUsize>,
}

impl Caller {
    async fn run(self) -> Tally {
        let mut tally = Tally::default();
        loop {
            let id = self.next.fetch_add(1, Relaxed);
            if self.load.is_over(id) {
                return tally;
            }
            let is_ok = self.call(id, &mut tally).await;
            let pause = if is_ok {
                self.load.pause
            } else {
                MOMENT.max(self.load.pause)
            };
            if !pause.is_zero() {
                sleep(pause).await;
            }
        }
    }

    /// Tells whether it went well.
    async fn call(&self, id: usize, tally: &mut Tally) -> bool {
        let message = Bytes::copy_from_slice(&id.to_be_bytes());
        let waits = match self.load.patience {
            Patience::None => false,
            Patience::All => true,
            Patience::Half => id.is_multiple_of(2),
        };
        let start = Instant::now();
        let call = self
            .client
            .unary(&CALL, message.clone())
            .timeout(self.load.deadline)
            .wait_for_ready(waits)
            .metadata(CALL_ID, &id.to_string());
        let answer = call.send().await;
        let took = start.elapsed();
        tally.late += usize::from(took > self.load.deadline + SLACK);
        tally.wrong += usize::from(answer.as_ref().is_ok_and(|is| *is.message() != message));
        tally.repeated += repeated(match &answer {
            Ok(answer) => answer.progress(),
            Err(status) => status.progress(),
        });
        let failure = answer.err();
        let ended = Ended {
            id,
            waits_for_ready: waits,
            took,
            failure,
        };
        let is_ok = ended.failure.is_none();
        tally.add(ended, &self.ledger);
        is_ok
    }
}

/// How often a policy sent a call again; what the channel does by itself is not counted.
fn repeated(progress: Option<&Progress>) -> usize {
    let attempts = progress.map_or(&[][..], Progress::attempts);
    let by_policy = attempts
        .iter()
        .filter(|attempt| attempt.again() != Again::Transparent);
    by_policy.count()
}

use std::time::Duration;

use tokio::time::Instant;
use ziggurat_transport::channel::State;

use crate::policy::Turn;

/// The first time through the addresses, one after the other and without waiting long for any: *Happy Eyeballs* (G-31).
///
/// Of three addresses, of which the first is silent and the second refuses, with 250 ms between them:
///
/// ```text
/// first   ├────────────────────────────────┄
/// second          ├─────┤ refused
/// third                 ├────────┤ ready: the first is let go
///         0 ms   250   300      340
/// ```
///
/// It has no clock of its own and no timer. It is stepped at each turn, and says when it wants the next one at the latest.
#[derive(Debug, Default)]
pub(super) struct Pass {
    /// Places in the list, in the order in which they are tried.
    order: Vec<usize>,
    /// How many of them had their turn.
    reached: usize,
    /// Attempts that may yet succeed.
    running: Vec<Attempt>,
    /// When the next is tried, if those that run have come to nothing by then.
    due: Option<Instant>,
}

/// One that was begun, by this pass or before it.
#[derive(Clone, Copy, Debug)]
struct Attempt {
    /// Of its subchannel in the list.
    place: usize,
    /// How often it had failed before.
    failures: u64,
}

/// How a pass stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// An attempt runs. `wakes_at` is when another address is tried, if there is one left.
    Trying { wakes_at: Option<Instant> },
    /// Every address has failed once, and none is tried at this moment unless by itself.
    Over,
}

impl Pass {
    /// One that has tried nothing yet, of the places in this order.
    pub(super) fn over(order: &[usize]) -> Self {
        Self {
            order: order.to_vec(),
            ..Self::default()
        }
    }

    /// Tries the next address if there is reason to: an attempt failed, the last began long ago, or none runs.
    ///
    /// One that connects already counts as tried now; one that failed before waits for its own next attempt, and is passed
    /// over. The list is that of the order, and nothing in it is ready.
    pub(super) fn step(&mut self, turn: &mut Turn<'_>, delay: Duration) -> Progress {
        let subchannels = turn.subchannels();
        let before = self.running.len();
        self.running.retain(|attempt| {
            let one = &subchannels[attempt.place];
            one.state() != State::TransientFailure && one.failures() == attempt.failures
        });
        let mut has_reason = self.running.len() < before;
        has_reason |= self.due.is_some_and(|due| due <= turn.now());
        while has_reason || self.running.is_empty() {
            let Some(&place) = self.order.get(self.reached) else {
                break;
            };
            self.reached += 1;
            let one = &subchannels[place];
            if one.state() == State::TransientFailure {
                continue;
            }
            self.running.push(Attempt {
                place,
                failures: one.failures(),
            });
            self.due = Some(turn.now() + delay);
            has_reason = false;
        }
        for attempt in &self.running {
            if subchannels[attempt.place].state() == State::Idle {
                turn.connect(subchannels[attempt.place].key());
            }
        }
        if self.running.is_empty() {
            return Progress::Over;
        }
        let is_last = self.reached == self.order.len();
        let wakes_at = self.due.filter(|_| !is_last);
        Progress::Trying { wakes_at }
    }
}

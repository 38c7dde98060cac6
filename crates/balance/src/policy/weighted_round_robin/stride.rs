use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use crate::policy::{Call, Key, Pick, Picker};

/// The greatest weight there is here: of the server that is passed over never.
const MOST: u64 = u16::MAX as u64;

/// Goes round, and passes over servers as often as their weights say: *static stride*.
///
/// In each round every server has its turn, and takes it in some rounds of all: the one with the greatest weight in each, one
/// with half of that in every second. Which rounds those are follows from the number of the round, so one counter for all
/// threads is all there is to change, and no server has its calls in one heap.
///
/// ```text
/// weights  A 4  B 2  C 1
/// round 1  A    B    C
/// round 2  A    -    -
/// round 3  A    B    -
/// round 4  A    -    C
/// round 5  A    B    -
/// round 6  A    -    -
/// round 7  A    B    -
/// round 8  A    -    C
/// ```
pub(super) struct Stride {
    /// Not empty; one of them has [`MOST`].
    servers: Box<[(Key, u64)]>,
    /// Counts turns, those that are passed over too. It goes on from one picker to the next.
    turns: Arc<AtomicU32>,
}

impl Stride {
    /// Of servers with these weights, at least one. Who has none gets the mean of the others', so that all are alike if one alone
    /// has any, or none has (G-47).
    ///
    /// None counts as more than ten times the mean, or as less than a hundredth: a report that is wrong by far is to do no
    /// more harm than that.
    pub(super) fn new(weights: &[(Key, Option<f64>)], turns: Arc<AtomicU32>) -> Self {
        let known: Vec<f64> = weights.iter().filter_map(|(_, weight)| *weight).collect();
        let servers = if known.is_empty() {
            weights.iter().map(|(key, _)| (*key, MOST)).collect()
        } else {
            scaled(weights, &known)
        };
        Self { servers, turns }
    }

    fn next(&self) -> Key {
        let count = self.servers.len() as u64;
        loop {
            // It orders nothing else, and after 2^32 turns it begins again, somewhere in a round.
            let turn = u64::from(self.turns.fetch_add(1, Ordering::Relaxed));
            let (round, place) = (turn / count, turn % count);
            #[expect(
                clippy::cast_possible_truncation,
                reason = "it is less than their number"
            )]
            let (key, weight) = self.servers[place as usize];
            // Half of them begin half a cycle later, so that light ones do not all have their turn in the same round.
            let phase = place * (MOST / 2);
            if (weight * round + phase) % MOST >= MOST - weight {
                return key;
            }
        }
    }
}

/// The weights as parts of the greatest one.
fn scaled(weights: &[(Key, Option<f64>)], known: &[f64]) -> Box<[(Key, u64)]> {
    #[expect(clippy::cast_precision_loss, reason = "nobody has 2^53 servers")]
    let mean = known.iter().sum::<f64>() / known.len() as f64;
    let bounded = |weight: f64| weight.clamp(mean / 100.0, mean * 10.0);
    let greatest = known.iter().copied().map(bounded).fold(0.0, f64::max);
    let scaled = weights.iter().map(|(key, weight)| {
        let part = bounded(weight.unwrap_or(mean)) / greatest;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_precision_loss,
            clippy::cast_sign_loss,
            reason = "a part is from 0 to 1"
        )]
        let scaled = (part * MOST as f64).round() as u64;
        (*key, scaled.clamp(1, MOST))
    });
    scaled.collect()
}

impl Picker for Stride {
    fn pick(&self, _: &Call<'_>) -> Pick {
        Pick::Use(self.next())
    }
}

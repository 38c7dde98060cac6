//! How much of what is kept for the next calls is given back, and when.
//!
//! The calls of a thousand callers end together, and each caller makes the next one: what is idle in between is wanted at
//! once, in portions. So it is looked after each poll of the driver, and of what was idle at all of many looks, half goes.

/// How many idle ones are always kept.
pub(super) const KEPT: usize = 128;
/// After how many looks some go: tokio's budget makes portions of 128, so this is for eight thousand calls at once.
///
/// What a burst of ten thousand leaves is gone after some 900 looks, a fraction of a millisecond in all.
const LOOKS: usize = 64;

/// Tells how many of those that are idle are to be given back: some of those that nobody has wanted for long.
#[derive(Debug, Default)]
pub(super) struct Surplus {
    /// How few were idle at the least, since some went or could have gone.
    least: usize,
    /// How often it was looked since then.
    looks: usize,
}

impl Surplus {
    /// One was taken; so many are still idle.
    #[inline]
    pub(super) fn take(&mut self, idle: usize) {
        self.least = self.least.min(idle);
    }

    /// Looks how many are to go of so many that are idle now.
    pub(super) fn look(&mut self, idle: usize) -> usize {
        self.looks += 1;
        if self.looks < LOOKS {
            return 0;
        }
        let given = self.least.saturating_sub(KEPT).div_ceil(2);
        *self = Self {
            least: idle - given,
            looks: 0,
        };
        given
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wanted_now_and_then_is_kept() {
        // T-15
        let mut surplus = Surplus::default();
        for look in 0..10 * LOOKS {
            if look % LOOKS == 7 {
                surplus.take(0);
            }
            assert_eq!(surplus.look(1_000), 0);
        }
    }

    #[test]
    fn what_is_wanted_no_more_goes_by_halves() {
        // T-15
        let (mut surplus, mut idle, mut looks) = (Surplus::default(), 10_000, 0);
        while idle > KEPT {
            idle -= surplus.look(idle);
            looks += 1;
        }
        assert_eq!(idle, KEPT);
        assert!(looks < 16 * LOOKS, "{looks}");
    }

    #[test]
    fn what_is_always_kept_stays() {
        let mut surplus = Surplus::default();
        for _ in 0..3 * LOOKS {
            assert_eq!(surplus.look(KEPT), 0);
        }
    }
}

//! How much of what is kept for the next calls is given back, and when.
//!
//! The calls of a thousand callers end together, and each caller makes the next one: what is idle in between is wanted at
//! once. So it is looked again and again, and only what was idle all the time since the last look goes, a part at a time.

/// How many idle ones are always kept.
pub(super) const KEPT: usize = 128;
/// Of those above it that were not wanted since the last look, one in so many goes. What a burst of ten thousand leaves
/// is gone after some seventy looks.
const PART: usize = 8;

/// Tells how many of those that are idle are to be given back: some of those that nobody has wanted since it looked last.
#[derive(Debug, Default)]
pub(super) struct Surplus {
    /// How few were idle since then, at the least.
    least: usize,
}

impl Surplus {
    /// One was taken; so many are still idle.
    #[inline]
    pub(super) fn take(&mut self, idle: usize) {
        self.least = self.least.min(idle);
    }

    /// Looks how many are to go of so many that are idle now.
    pub(super) fn look(&mut self, idle: usize) -> usize {
        let given = self.least.saturating_sub(KEPT).div_ceil(PART);
        self.least = idle - given;
        given
    }

    /// Whether the next look finds some, if none is taken until then.
    pub(super) fn is_left(&self) -> bool {
        self.least > KEPT
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wanted_each_time_is_kept() {
        // T-15
        let mut surplus = Surplus::default();
        for _ in 0..100 {
            surplus.take(0);
            assert_eq!(surplus.look(1_000), 0);
            assert!(surplus.is_left());
        }
    }

    #[test]
    fn what_is_wanted_no_more_goes_little_by_little() {
        // T-15
        let (mut surplus, mut idle, mut looks) = (Surplus::default(), 10_000, 0);
        assert_eq!(surplus.look(idle), 0, "they have just come");
        while surplus.is_left() {
            let given = surplus.look(idle);
            assert!((1..=idle / PART).contains(&given), "{given} of {idle}");
            (idle, looks) = (idle - given, looks + 1);
        }
        assert_eq!(idle, KEPT);
        assert!(looks < 80, "{looks}");
    }

    #[test]
    fn what_is_always_kept_is_not_looked_for() {
        let mut surplus = Surplus::default();
        for _ in 0..3 {
            assert_eq!(surplus.look(KEPT), 0);
            assert!(!surplus.is_left());
        }
    }
}

//! How long an endpoint pauses between attempts to connect.
//!
//! [`Backoff`] is what a user sets, a series is one endpoint's walk through it: it draws the next pause and is set back by a
//! call that was served. Its randomness has a seed, so that tests know each pause.

use std::time::Duration;

use fastrand::Rng;
use ziggurat_connect::adjusted;

/// The pauses between attempts to connect (D-21, D-24).
///
/// A pause is measured from the start of an attempt, so one that took longer is followed at once. It grows with each
/// attempt that comes to nothing: no connection, or one that is lost before it served a call. A served call starts the
/// series anew, and a connection that had served one is replaced without any pause. After one that served none because
/// the server sends its clients away (GOAWAY with NO_ERROR), the pause does not grow beyond the first.
///
/// The default: 1 second, after a call was ever served 100 milliseconds; ×1.6 each time, up to 2 minutes; ±20 %.
///
/// ```
/// use std::time::Duration;
/// use ziggurat::channel::Backoff;
///
/// // A server on the same machine that is restarted often.
/// let backoff = Backoff::new()
///     .initial(Duration::from_millis(50))
///     .recovery(Duration::from_millis(20))
///     .max(Duration::from_secs(5));
/// ```
#[derive(Clone, Debug)]
#[must_use = "settings do nothing until a builder takes them"]
pub struct Backoff {
    initial: Duration,
    recovery: Duration,
    multiplier: f64,
    jitter: f64,
    max: Duration,
    seed: Option<u64>,
}

impl Backoff {
    /// The default pauses.
    pub fn new() -> Self {
        Self {
            initial: Duration::from_secs(1),
            recovery: Duration::from_millis(100),
            multiplier: 1.6,
            jitter: 0.2,
            max: Duration::from_secs(120),
            seed: None,
        }
    }

    /// The first pause towards a server that never served a call; the default is 1 second.
    pub fn initial(mut self, pause: Duration) -> Self {
        self.initial = pause;
        self
    }

    /// The first pause once the server has ever served a call; the default is 100 milliseconds.
    ///
    /// It is there, so it is expected back soon.
    pub fn recovery(mut self, pause: Duration) -> Self {
        self.recovery = pause;
        self
    }

    /// What each pause is multiplied with for the next; the default is 1.6, and less than 1 counts as 1.
    pub fn multiplier(mut self, factor: f64) -> Self {
        self.multiplier = adjusted("Backoff::multiplier", &factor, factor.max(1.0));
        self
    }

    /// How far a pause may randomly be from its length, as a share of it; the default is 0.2, taken from 0 to 1.
    ///
    /// It spreads clients that lost the same server.
    pub fn jitter(mut self, share: f64) -> Self {
        self.jitter = adjusted("Backoff::jitter", &share, share.clamp(0.0, 1.0));
        self
    }

    /// The longest pause, before jitter; the default is 2 minutes.
    pub fn max(mut self, pause: Duration) -> Self {
        self.max = pause;
        self
    }

    /// Makes the jitter the same each time, for tests.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }
}

impl Default for Backoff {
    fn default() -> Self {
        Self::new()
    }
}

/// Where an endpoint stands in its series of pauses.
#[derive(Debug)]
pub struct Series {
    backoff: Backoff,
    rng: Rng,
    /// The pause that is due, without jitter.
    pause: Duration,
    /// Whether an attempt came to nothing since the last served call.
    has_failed: bool,
    /// How many connections since then were ready, and served no call.
    barren: u32,
    /// Whether a call was ever served.
    is_proven: bool,
}

impl Series {
    pub(crate) fn new(backoff: Backoff) -> Self {
        let rng = backoff.seed.map_or_else(Rng::new, Rng::with_seed);
        let pause = backoff.initial.min(backoff.max);
        Self {
            backoff,
            rng,
            pause,
            has_failed: false,
            barren: 0,
            is_proven: false,
        }
    }

    /// How long after the start of the attempt that begins now the next may start, if it comes to nothing.
    pub fn draw(&mut self) -> Duration {
        let spread = self.backoff.jitter * (self.rng.f64() * 2.0 - 1.0);
        scale(self.pause, 1.0 + spread)
    }

    /// Whether a call was ever served.
    pub(super) fn is_proven(&self) -> bool {
        self.is_proven
    }

    /// Whether an attempt came to nothing since the last served call.
    pub(super) fn has_failed(&self) -> bool {
        self.has_failed
    }

    /// An attempt came to nothing.
    pub fn fail(&mut self) {
        self.has_failed = true;
        let Backoff {
            multiplier, max, ..
        } = self.backoff;
        self.pause = scale(self.pause, multiplier).min(max);
    }

    /// A server that is there sent the client away: the next pause is longer, but no longer than the first (D-26).
    pub(super) fn drain(&mut self) {
        self.pause = scale(self.pause, self.backoff.multiplier).min(self.first());
    }

    /// The first pause of all, without jitter.
    pub(super) fn first(&self) -> Duration {
        self.backoff.initial.min(self.backoff.max)
    }

    /// A connection served no call.
    pub(super) fn note_barren(&mut self) {
        self.barren = self.barren.saturating_add(1);
    }

    /// How many connections in a row served no call.
    pub(super) fn barren(&self) -> u32 {
        self.barren
    }

    /// A call was served.
    pub fn prove(&mut self) {
        self.is_proven = true;
        self.restart();
    }

    /// The next pause is the first again.
    pub fn restart(&mut self) {
        let Backoff {
            initial,
            recovery,
            max,
            ..
        } = self.backoff;
        self.has_failed = false;
        self.barren = 0;
        self.pause = if self.is_proven { recovery } else { initial }.min(max);
    }
}

fn scale(pause: Duration, factor: f64) -> Duration {
    Duration::try_from_secs_f64(pause.as_secs_f64() * factor).unwrap_or(Duration::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The pauses of a series without jitter, in milliseconds.
    fn pauses(series: &mut Series, count: usize) -> Vec<u128> {
        let pause = |_| {
            let pause = series.draw();
            series.fail();
            pause.as_millis()
        };
        (0..count).map(pause).collect()
    }

    #[test]
    fn pauses_grow_up_to_two_minutes() {
        // D-21
        let mut series = Series::new(Backoff::new().jitter(0.0));
        let first = [1000, 1600, 2560, 4096, 6553, 10_485, 16_777, 26_843];
        assert_eq!(pauses(&mut series, 8), first);
        assert_eq!(pauses(&mut series, 5)[3..], [120_000, 120_000]);
    }

    #[test]
    fn a_served_call_restarts_the_series_at_the_short_pause() {
        // T-19
        let mut series = Series::new(Backoff::new().jitter(0.0));
        pauses(&mut series, 5);
        series.prove();
        assert_eq!(pauses(&mut series, 4), [100, 160, 256, 409]);
        series.restart();
        assert_eq!(pauses(&mut series, 1), [100]);
    }

    #[test]
    fn a_server_that_sends_away_sees_no_pause_above_the_first() {
        // D-26, T-19
        let mut series = Series::new(Backoff::new().jitter(0.0));
        let drained = |series: &mut Series| {
            series.drain();
            series.draw().as_millis()
        };
        assert_eq!([(); 2].map(|()| drained(&mut series)), [1000, 1000]);
        pauses(&mut series, 5);
        assert_eq!(drained(&mut series), 1000);
        series.prove();
        let after = [(); 7].map(|()| drained(&mut series));
        assert_eq!(after, [160, 256, 409, 655, 1000, 1000, 1000]);
    }

    #[test]
    fn jitter_keeps_within_a_fifth_and_spreads() {
        // D-24
        let mut series = Series::new(Backoff::new().seed(7));
        let drawn: Vec<_> = (0..1000).map(|_| series.draw().as_millis()).collect();
        assert!(drawn.iter().all(|pause| (800..=1200).contains(pause)));
        assert!(drawn.iter().any(|pause| *pause < 850));
        assert!(drawn.iter().any(|pause| *pause > 1150));
    }

    #[test]
    fn a_seed_repeats_itself() {
        let draw = |seed| Series::new(Backoff::new().seed(seed)).draw();
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
    }

    #[test]
    fn strange_settings_are_bounded() {
        // D-24
        let backoff = Backoff::new()
            .multiplier(f64::NAN)
            .jitter(7.0)
            .max(Duration::MAX)
            .initial(Duration::MAX);
        let mut series = Series::new(backoff);
        for _ in 0..100 {
            series.draw();
            series.fail();
        }
        let zero = Backoff::new().initial(Duration::ZERO).multiplier(-1.0);
        assert_eq!(pauses(&mut Series::new(zero), 2), [0, 0]);
    }
}

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
};

use tower::retry::budget::Budget;

use super::{InvalidPolicy, PolicyField};

/// What a token counts: a thousandth is the smallest part of it (C-4).
const MILLI: u32 = 1000;

/// A bucket of tokens that says whether calls may still be sent again: in an outage it runs empty, and repeats stop.
///
/// It has at most `max_tokens`, and begins with them. A failed attempt takes one, a call that ends well gives
/// `token_ratio` back; a retry or a hedge is allowed as long as more than half are there (C-40 … C-42). What is not
/// allowed is given up, not postponed. First attempts are never held back.
///
/// Make one for each server, and give clones of it to the [`RetryLayer`](crate::retry::RetryLayer) of everything that calls
/// it: they share the bucket, which is one atomic number. For `tower::retry` it is a [`Budget`] too.
///
/// # In an outage
///
/// Where everything fails, a bucket of 100 is half empty after 50 failed attempts, and from then on each call is sent once.
/// Where a share *p* of the calls succeeds, there are in the long run at most *p* × `token_ratio` repeats per call: with the
/// usual 0.1, a server that answers every second call has 5 % more to do, and not several times as much. When it is back,
/// first attempts succeed as ever, and each of them brings repeats nearer.
///
/// ```
/// use ziggurat::layers::retry::Throttle;
///
/// let throttle = Throttle::new(10, 0.1)?;
/// // Five failures in a row stop all repeats …
/// let allowed: Vec<bool> = (0..5).map(|_| throttle.fail()).collect();
/// assert_eq!(allowed, [true, true, true, true, false]);
/// // … until a call succeeds.
/// throttle.succeed();
/// assert!(throttle.allows());
/// # Ok::<_, ziggurat::layers::retry::InvalidPolicy>(())
/// ```
#[derive(Clone)]
pub struct Throttle(Arc<Bucket>);

/// All in thousandths of a token.
struct Bucket {
    tokens: AtomicU32,
    max: u32,
    ratio: u32,
}

impl Throttle {
    /// A full bucket; of the ratio, which may be larger than 1, what is behind the third decimal is dropped (C-4).
    ///
    /// So a ratio of less than 0.001 is none: no success gives anything back, and once half of the tokens are taken no call
    /// is sent again.
    ///
    /// # Errors
    ///
    /// `max_tokens` is not from 1 to 1000, or `token_ratio` is not a number greater than 0.
    ///
    /// ```
    /// use ziggurat::layers::retry::{PolicyField, Throttle};
    ///
    /// assert_eq!(Throttle::new(0, 0.5).unwrap_err().field(), PolicyField::MaxTokens);
    /// assert_eq!(Throttle::new(10, f64::NAN).unwrap_err().field(), PolicyField::TokenRatio);
    /// ```
    pub fn new(max_tokens: u32, token_ratio: f64) -> Result<Self, InvalidPolicy> {
        if !(1..=1000).contains(&max_tokens) {
            let problem = format!("is {max_tokens}: it must be from 1 to 1000");
            return Err(InvalidPolicy::new(PolicyField::MaxTokens, problem));
        }
        if !(token_ratio.is_finite() && token_ratio > 0.0) {
            let problem = format!("is {token_ratio}: it must be a number greater than 0");
            return Err(InvalidPolicy::new(PolicyField::TokenRatio, problem));
        }
        let max = max_tokens * MILLI;
        // Multiplied by a thousand, a decimal may come out a hair too small; what fills the bucket at once is enough.
        let ratio = (token_ratio * f64::from(MILLI) * (1.0 + f64::EPSILON)).min(f64::from(max));
        Ok(Self(Arc::new(Bucket {
            tokens: AtomicU32::new(max),
            max,
            ratio: whole(ratio),
        })))
    }

    /// An attempt failed: takes a token, and says whether another attempt is allowed (C-41, C-42).
    pub fn fail(&self) -> bool {
        let left = self.change(|tokens| tokens.saturating_sub(MILLI));
        self.0.is_enough(left)
    }

    /// A call ended well: gives back what the ratio says (C-41).
    ///
    /// ```
    /// use ziggurat::layers::retry::Throttle;
    ///
    /// let throttle = Throttle::new(10, 0.5)?;
    /// throttle.fail();
    /// throttle.succeed();
    /// assert!((throttle.tokens() - 9.5).abs() < 1e-9);
    /// # Ok::<_, ziggurat::layers::retry::InvalidPolicy>(())
    /// ```
    pub fn succeed(&self) {
        let Bucket { max, ratio, .. } = *self.0;
        // A bucket that is full is only read: no call of a healthy server waits for another's cache line.
        if self.0.tokens.load(Relaxed) < max {
            self.change(|tokens| tokens.saturating_add(ratio).min(max));
        }
    }

    /// Whether another attempt is allowed as things are: a hedge asks so, for nothing has failed yet (C-54).
    ///
    /// It takes no token: who sends one more at the same time has not failed yet.
    pub fn allows(&self) -> bool {
        self.0.is_enough(self.0.tokens.load(Relaxed))
    }

    /// Whether another one has the same numbers, however many tokens each has left.
    pub fn has_numbers_of(&self, other: &Self) -> bool {
        (self.0.max, self.0.ratio) == (other.0.max, other.0.ratio)
    }

    /// How many tokens are there.
    pub fn tokens(&self) -> f64 {
        f64::from(self.0.tokens.load(Relaxed)) / f64::from(MILLI)
    }

    /// How many there may be at most.
    pub fn max_tokens(&self) -> u32 {
        self.0.max / MILLI
    }

    /// What a success gives back.
    pub fn token_ratio(&self) -> f64 {
        f64::from(self.0.ratio) / f64::from(MILLI)
    }

    /// Changes the number of tokens; tells the new one.
    fn change(&self, change: impl Fn(u32) -> u32) -> u32 {
        let mut new = 0;
        let update = |tokens| {
            new = change(tokens);
            Some(new)
        };
        // It always gives one.
        let _ = self.0.tokens.fetch_update(Relaxed, Relaxed, update);
        new
    }
}

impl Bucket {
    /// More than half.
    fn is_enough(&self, tokens: u32) -> bool {
        tokens > self.max / 2
    }
}

/// The whole part of what is between 0 and a million.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "it is bounded on both sides"
)]
fn whole(number: f64) -> u32 {
    number as u32
}

/// For a policy of `tower::retry`: [`deposit`](Budget::deposit) when a call ended well, [`withdraw`](Budget::withdraw)
/// when an attempt failed.
impl Budget for Throttle {
    fn deposit(&self) {
        self.succeed();
    }

    fn withdraw(&self) -> bool {
        self.fail()
    }
}

impl fmt::Debug for Throttle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Throttle")
            .field("tokens", &self.tokens())
            .field("max_tokens", &self.max_tokens())
            .field("token_ratio", &self.token_ratio())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::float_cmp, reason = "tokens are whole thousandths")]

    use super::*;

    fn throttle(max_tokens: u32, token_ratio: f64) -> Throttle {
        Throttle::new(max_tokens, token_ratio).unwrap()
    }

    #[test]
    fn more_than_half_is_needed_after_the_failure() {
        // C-40, C-41, C-42
        let throttle = throttle(4, 0.5);
        assert_eq!(throttle.tokens(), 4.0);
        assert!(throttle.fail(), "3 of 4");
        assert!(!throttle.fail(), "2 of 4 is half");
        throttle.succeed();
        assert!(throttle.allows(), "2.5 of 4");
        assert!(!throttle.fail());
        for _ in 0..9 {
            assert!(!throttle.fail());
        }
        assert_eq!(throttle.tokens(), 0.0, "it has no debts");
        for _ in 0..100 {
            throttle.succeed();
        }
        assert_eq!(throttle.tokens(), 4.0, "nor savings");
    }

    #[test]
    fn of_a_ratio_three_decimals_count() {
        // C-4
        for (ratio, counted) in [
            (0.5466, 0.546),
            (0.1, 0.1),
            (0.29, 0.29),
            (0.57, 0.57),
            (1.001, 1.001),
            (2.5, 2.5),
            (0.0009, 0.0),
            (f64::MAX, 10.0),
        ] {
            assert_eq!(throttle(10, ratio).token_ratio(), counted, "{ratio}");
        }
        // Whatever has three decimals is counted as it is written.
        for milli in 1..=9999 {
            let ratio = f64::from(milli) / 1000.0;
            assert_eq!(throttle(1000, ratio).0.ratio, milli, "{ratio}");
        }
    }

    #[test]
    fn what_cannot_be_is_refused() {
        // C-4
        let field = |tokens, ratio| Throttle::new(tokens, ratio).map_err(|error| error.field());
        for tokens in [0, 1001, u32::MAX] {
            assert_eq!(field(tokens, 0.5).unwrap_err(), PolicyField::MaxTokens);
        }
        for ratio in [0.0, -0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert_eq!(field(10, ratio).unwrap_err(), PolicyField::TokenRatio);
        }
        assert!(field(1, f64::MIN_POSITIVE).is_ok() && field(1000, 1.0).is_ok());
    }

    #[test]
    fn clones_share_the_bucket_and_count_exactly() {
        // C-40
        let throttle = throttle(1000, 1.0);
        let fail = |throttle: Throttle| {
            move || {
                for _ in 0..100 {
                    throttle.fail();
                }
            }
        };
        let threads: Vec<_> = (0..4)
            .map(|_| std::thread::spawn(fail(throttle.clone())))
            .collect();
        for thread in threads {
            thread.join().unwrap();
        }
        assert_eq!(throttle.tokens(), 600.0);
    }

    #[test]
    fn it_is_a_budget_of_tower() {
        // C-40
        let throttle = throttle(2, 1.0);
        let budget: &dyn Budget = &throttle;
        assert!(!budget.withdraw());
        budget.deposit();
        assert!(throttle.allows());
    }
}

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use tokio::sync::Semaphore;

use crate::Ledger;

/// Says how a server treats its clients; by default well.
///
/// ```
/// use std::time::Duration;
/// use ziggurat_soak::{Age, Habits, Refusal};
///
/// let habits = Habits::new()
///     .age(Age::Time(Duration::from_millis(200)))
///     .refusal(Refusal::Once { percent: 10 })
///     .streams(10);
/// ```
#[derive(Clone, Debug)]
#[must_use = "habits need a server"]
pub struct Habits {
    pub(super) streams: Option<u32>,
    pub(super) work: Duration,
    /// Of all connections together.
    pub(super) workers: Option<Arc<Semaphore>>,
    failing: Option<Arc<AtomicBool>>,
    pub(super) age: Age,
    pub(super) grace: Duration,
    pub(super) refusal: Refusal,
    pub(super) cut: Option<u32>,
    pub(super) seed: u64,
}

/// Says when a server asks its client to leave a connection: GOAWAY for all streams, PING, GOAWAY for those to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Age {
    /// Never.
    Endless,
    /// After this time, give or take a tenth.
    Time(Duration),
    /// When this many calls were begun on it.
    Calls(u32),
}

/// Says which streams a server refuses with REFUSED_STREAM.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// None.
    None,
    /// The first streams of so many calls in a hundred, chosen by their number.
    Once {
        /// Of a hundred.
        percent: u8,
    },
    /// So many streams in a hundred, by chance.
    Some {
        /// Of a hundred.
        percent: u8,
    },
}

impl Habits {
    /// Starts with none that is bad.
    pub fn new() -> Self {
        Self {
            streams: None,
            work: Duration::ZERO,
            workers: None,
            failing: None,
            age: Age::Endless,
            grace: Duration::from_secs(2),
            refusal: Refusal::None,
            cut: None,
            seed: 0,
        }
    }

    /// Allows so many streams at once; by default no limit is announced.
    pub fn streams(mut self, count: u32) -> Self {
        self.streams = Some(count);
        self
    }

    /// Takes so long for each call; by default no time.
    pub fn work(mut self, work: Duration) -> Self {
        self.work = work;
        self
    }

    /// Works on so many calls at once, while the others wait for their turn; by default on all.
    ///
    /// What is cloned of these habits shares them, so that they are those of a server and not of a connection.
    pub fn workers(mut self, count: usize) -> Self {
        self.workers = Some(Arc::new(Semaphore::new(count)));
        self
    }

    /// Answers with UNAVAILABLE as long as this is true, without any work; by default never.
    ///
    /// The calls count as begun.
    pub fn failing(mut self, is_failing: Arc<AtomicBool>) -> Self {
        self.failing = Some(is_failing);
        self
    }

    /// Sends clients away when a connection has this age; by default never.
    pub fn age(mut self, age: Age) -> Self {
        self.age = age;
        self
    }

    /// Ends a connection so long after it was to be left; by default after 2 seconds.
    pub fn grace(mut self, grace: Duration) -> Self {
        self.grace = grace;
        self
    }

    /// Refuses these streams; by default none.
    pub fn refusal(mut self, refusal: Refusal) -> Self {
        self.refusal = refusal;
        self
    }

    /// Breaks a connection off after about so many bytes, wherever in a frame that is; by default none.
    pub fn cut(mut self, mean: u32) -> Self {
        self.cut = Some(mean);
        self
    }

    /// Rolls dice that begin with this number.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// How many bytes a connection may write.
    pub(super) fn allowance(&self, dice: &mut fastrand::Rng) -> u64 {
        self.cut.map_or(u64::MAX, |mean| {
            let bytes = f64::from(mean) * -(1.0 - dice.f64()).ln();
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            // positive, and small
            let bytes = bytes as u64;
            bytes
        })
    }

    pub(super) fn fails(&self) -> bool {
        self.failing
            .as_ref()
            .is_some_and(|failing| failing.load(Relaxed))
    }

    pub(super) fn refuses(&self, id: usize, ledger: &Ledger, dice: &mut fastrand::Rng) -> bool {
        match self.refusal {
            Refusal::None => false,
            Refusal::Once { percent } => id % 100 < usize::from(percent) && ledger.refused(id) == 0,
            Refusal::Some { percent } => dice.u8(..100) < percent,
        }
    }
}

impl Default for Habits {
    fn default() -> Self {
        Self::new()
    }
}

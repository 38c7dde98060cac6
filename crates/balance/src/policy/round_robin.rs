use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use super::{Call, Key, Outlook, Pick, Picker, Policy, Subchannel, Turn, petiole::Petiole};

/// `round_robin`: every server has a connection, and calls go to those that are ready in turn.
///
/// A server that cannot be reached is tried again after pauses (D-21) and has no calls until it answers; while none is
/// ready, calls wait if one may become so soon, and else fail with what the last attempt said. Whenever a connection fails
/// or is lost, the resolver is asked to look again.
///
/// The rotation begins at a random server whenever others are ready than before, so that many clients do not all begin at
/// the first one (G-42); as long as they are the same it goes on.
///
/// A server counts once, however many addresses it has and however often a resolver names it. Weights are not heeded, nor how
/// busy a server is: where calls differ much in what they cost, a policy that looks at it does better.
///
/// # Example
///
/// ```
/// use std::net::SocketAddr;
/// use tokio::time::Instant;
/// use ziggurat::balance::{Endpoint, Policy};
/// use ziggurat::balance::policy::{Call, Key, Pick, RoundRobin, State, Subchannel, Turn};
///
/// let servers = [1, 2, 3].map(|number| {
///     let address = SocketAddr::from(([10, 0, 0, number], 50051));
///     Subchannel::new(Key::of(number.into()), Endpoint::new(address)).in_state(State::Ready)
/// });
///
/// let mut policy = RoundRobin::new();
/// let outlook = policy.turn(&mut Turn::new(Instant::now(), &servers));
/// assert_eq!(outlook.state, State::Ready);
///
/// let headers = http::HeaderMap::new();
/// let call = Call::new("/cafe.Cafe/MakeLatte", &headers);
/// let used = || match outlook.picker.pick(&call) {
///     Pick::Use(key) => key,
///     other => panic!("{other:?}"),
/// };
/// let picks = [used(), used(), used(), used()];
/// assert_ne!(picks[0], picks[1]);
/// assert_eq!(picks[0], picks[3]);
/// ```
#[derive(Default)]
pub struct RoundRobin {
    petiole: Petiole,
}

/// Goes round: no lock, and one counter for all threads.
///
/// Each call takes the next number, and the server that it falls on, so that of any calls in a row no server has more than one
/// above any other.
struct Rotation {
    /// Not empty.
    ready: Box<[Key]>,
    /// Counts the calls, from a random number on.
    next: AtomicUsize,
}

impl RoundRobin {
    /// One that has no server yet. It has no settings.
    pub fn new() -> Self {
        Self::default()
    }
}

impl Policy for RoundRobin {
    fn name(&self) -> &'static str {
        "round_robin"
    }

    fn turn(&mut self, turn: &mut Turn<'_>) -> Outlook {
        self.petiole
            .turn(turn, |ready| Arc::new(Rotation::of(ready)))
    }

    fn update(&mut self, new: Box<dyn Policy>) -> Result<(), Box<dyn Policy>> {
        new.downcast::<Self>().map(drop)
    }
}

impl Rotation {
    fn of(ready: &[&Subchannel]) -> Self {
        Self {
            ready: ready.iter().map(|one| one.key()).collect(),
            next: AtomicUsize::new(fastrand::usize(..ready.len())),
        }
    }
}

impl Picker for Rotation {
    fn pick(&self, _: &Call<'_>) -> Pick {
        // It orders nothing else. At its end it begins again, which shifts the rotation once in 2^64 calls.
        let next = self.next.fetch_add(1, Ordering::Relaxed);
        Pick::Use(self.ready[next % self.ready.len()])
    }
}

impl fmt::Debug for RoundRobin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RoundRobin").finish_non_exhaustive()
    }
}

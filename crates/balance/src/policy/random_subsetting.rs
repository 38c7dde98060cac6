use std::{
    fmt,
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
};

use ziggurat_transport::channel::State;

use super::{InvalidPolicy, Key, Observer, Outlook, Policy, Spread, Subchannel, Switch, Turn};

/// `random_subsetting`: another policy, of only so many of the servers.
///
/// Where many clients meet many servers and each client needs few, a connection from everyone to everyone is what costs. So
/// each client takes some servers at random, and the other policy sees no others. All of them together spread evenly, if the
/// clients are many.
///
/// The choice is by *rendezvous hashing*: each client ranks servers by a hash of their first address and a number of its own,
/// and takes the first ones. A server that comes or goes changes at most one of a client's, and what stays keeps its
/// connection. It does not depend on the resolver's order.
///
/// It is even if there are many clients: where 1000 take 10 each of 100 servers, a server has 100 of them, give or take 20.
/// With few clients it is less even, and a larger subset helps. A server that fails is not replaced by one that was not chosen:
/// a subset of one is a risk.
///
/// # Example
///
/// ```
/// use std::net::SocketAddr;
/// use tokio::time::Instant;
/// use ziggurat::balance::{Endpoint, Policy};
/// use ziggurat::balance::policy::{Key, RandomSubsetting, RoundRobin, Subchannel, Turn};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let servers = [1, 2, 3, 4, 5].map(|number| {
///     let address = SocketAddr::from(([10, 0, 0, number], 50051));
///     Subchannel::new(Key::of(number.into()), Endpoint::new(address))
/// });
///
/// let mut policy = RandomSubsetting::new(2, Box::new(RoundRobin::new()))?;
/// let mut turn = Turn::new(Instant::now(), &servers);
/// policy.turn(&mut turn);
/// assert_eq!(turn.wishes().len(), 2);
/// # Ok(())
/// # }
/// ```
pub struct RandomSubsetting {
    size: usize,
    /// This client's own number, that makes it choose otherwise than others.
    seed: u64,
    policy: Switch,
    /// The last list, each with whether it was chosen.
    list: Vec<(Key, bool)>,
}

impl RandomSubsetting {
    /// Shows that policy so many of the servers, chosen at random; all of them if there are no more. None is an error.
    pub fn new(subset_size: u32, policy: Box<dyn Policy>) -> Result<Self, InvalidPolicy> {
        if subset_size == 0 {
            let field = "subset_size";
            return Err(InvalidPolicy::new(
                "random_subsetting",
                field,
                0,
                "at least 1",
            ));
        }
        Ok(Self {
            size: usize::try_from(subset_size).unwrap_or(usize::MAX),
            seed: fastrand::u64(..),
            policy: Switch::new(policy),
            list: Vec::new(),
        })
    }

    /// Chooses anew, if the list is another: the endpoints of the lowest ranks. A rank depends on nothing but the endpoint, so
    /// that who was chosen stays so unless a lower one comes, and of those that were not the next one follows who goes.
    fn follow(&mut self, subchannels: &[Subchannel]) {
        let keys = subchannels.iter().map(Subchannel::key);
        if keys.eq(self.list.iter().map(|(key, _)| *key)) {
            return;
        }
        // One of several addresses of an endpoint is chosen with the others.
        let of_one = |one: &Subchannel, other: &Subchannel| one.group() == other.group();
        let endpoints: Vec<&[Subchannel]> = subchannels.chunk_by(of_one).collect();
        let mut ranked: Vec<(u64, usize)> = (0..)
            .zip(&endpoints)
            .map(|(place, addresses)| (self.rank(&addresses[0]), place))
            .collect();
        ranked.sort_unstable();
        let mut is_chosen = vec![false; endpoints.len()];
        for (_, place) in ranked.into_iter().take(self.size) {
            is_chosen[place] = true;
        }
        let chosen = endpoints.into_iter().zip(is_chosen);
        let list = chosen.flat_map(|(addresses, is_chosen)| {
            let keys = addresses.iter().map(Subchannel::key);
            keys.map(move |key| (key, is_chosen))
        });
        self.list = list.collect();
    }

    /// The place of a server among all there might be, which stays the same whoever comes and goes.
    fn rank(&self, subchannel: &Subchannel) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.seed.hash(&mut hasher);
        subchannel.endpoint().addresses()[0].hash(&mut hasher);
        hasher.finish()
    }
}

impl Policy for RandomSubsetting {
    fn name(&self) -> &'static str {
        "random_subsetting"
    }

    fn spread(&self) -> Spread {
        self.policy.spread()
    }

    fn turn(&mut self, turn: &mut Turn<'_>) -> Outlook {
        self.follow(turn.subchannels());
        if self.list.iter().all(|(_, is_chosen)| *is_chosen) {
            return self.policy.turn(turn);
        }
        let mut chosen = Vec::with_capacity(self.size.min(self.list.len()));
        for (subchannel, (key, is_chosen)) in turn.subchannels().iter().zip(&self.list) {
            if *is_chosen {
                chosen.push(subchannel.clone());
            } else if subchannel.state() != State::Idle {
                turn.rest(*key);
            }
        }
        let mut around = turn.around(&chosen);
        let outlook = self.policy.turn(&mut around);
        turn.take_over(around);
        outlook
    }

    /// The servers that are chosen already are among those of a larger subset, and the first of a smaller one among them. The
    /// other policy is switched to.
    fn update(&mut self, new: Box<dyn Policy>) -> Result<(), Box<dyn Policy>> {
        let new = new.downcast::<Self>()?;
        self.size = new.size;
        self.list.clear();
        self.policy.to(new.policy.into_newest());
        Ok(())
    }

    fn observes(&self) -> bool {
        self.policy.observes()
    }

    fn heeds_health(&self) -> bool {
        self.policy.heeds_health()
    }

    fn observer(&self) -> Option<Arc<dyn Observer>> {
        self.policy.observer()
    }
}

impl fmt::Debug for RandomSubsetting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RandomSubsetting")
            .field("subset_size", &self.size)
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}

use std::{fmt, sync::Arc};

use super::{
    Call, InvalidPolicy, Key, Load, Outlook, Pick, Picker, Policy, Subchannel, Turn,
    petiole::Petiole,
};

/// `least_request`: every server has a connection, and each call goes to the less busy of two that are ready.
///
/// Of the servers that are ready two are drawn at random, and the one with fewer calls at that moment has the call. That
/// keeps slow servers from being overrun, and new ones from being stormed by every client at once, which *the least busy of
/// all* would do. Calls count from the pick to their end; streams count as one call, for as long as they last.
///
/// Else it is as [`RoundRobin`](super::RoundRobin): failed servers are tried again after pauses, and the resolver is asked to
/// look again whenever a connection fails or is lost. Weights are not heeded.
///
/// # Example
///
/// ```
/// use std::net::SocketAddr;
/// use tokio::time::Instant;
/// use ziggurat::balance::{Endpoint, Policy};
/// use ziggurat::balance::policy::{Call, Key, LeastRequest, Load, Pick, State, Subchannel, Turn};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let [busy, free] = [Load::default(), Load::default()];
/// busy.set(30);
/// let servers = [(1, &busy), (2, &free)].map(|(number, load)| {
///     let address = SocketAddr::from(([10, 0, 0, number], 50051));
///     let server = Subchannel::new(Key::of(number.into()), Endpoint::new(address));
///     server.in_state(State::Ready).with_load(load.clone())
/// });
///
/// let mut policy = LeastRequest::new().choice_count(10)?;
/// let outlook = policy.turn(&mut Turn::new(Instant::now(), &servers));
///
/// let headers = http::HeaderMap::new();
/// let call = Call::new("/cafe.Cafe/MakeLatte", &headers);
/// let picks = (0..100).map(|_| outlook.picker.pick(&call));
/// let of_busy = picks.filter(|pick| matches!(pick, Pick::Use(key) if *key == Key::of(1)));
/// // It has a call only if it was drawn ten times of ten.
/// assert!(of_busy.count() < 5);
/// # Ok(())
/// # }
/// ```
pub struct LeastRequest {
    choices: u32,
    petiole: Petiole,
}

/// Draws a few, and compares them (G-50).
///
/// With replacement: one may be drawn twice, and then is compared with itself. It is how others do it, so that the busiest of
/// n servers still has one call of n² with two draws, and a count that is wrong for once does no lasting harm.
struct Draw {
    /// Not empty. The loads are the subchannels', so that counts outlive this picker.
    ready: Box<[(Key, Load)]>,
    choices: u32,
}

/// As in a service config, where some of gRPC put `_experimental` behind it.
const NAME: &str = "least_request";

impl LeastRequest {
    /// Compares two.
    pub fn new() -> Self {
        Self {
            choices: 2,
            petiole: Petiole::default(),
        }
    }

    /// How many servers are drawn and compared for each call; one may be drawn twice. The default is 2, and more than 10
    /// count as 10. Fewer than 2 are an error.
    pub fn choice_count(mut self, count: u32) -> Result<Self, InvalidPolicy> {
        if count < 2 {
            return Err(InvalidPolicy::new(
                NAME,
                "choice_count",
                count,
                "at least 2",
            ));
        }
        self.choices = count.min(10);
        Ok(self)
    }
}

impl Policy for LeastRequest {
    fn name(&self) -> &'static str {
        NAME
    }

    fn turn(&mut self, turn: &mut Turn<'_>) -> Outlook {
        let choices = self.choices;
        let choose = |ready: &[&Subchannel]| -> Arc<dyn Picker> {
            let ready = ready.iter().map(|one| (one.key(), one.load().clone()));
            let ready = ready.collect();
            Arc::new(Draw { ready, choices })
        };
        self.petiole.turn(turn, choose)
    }

    fn update(&mut self, new: Box<dyn Policy>) -> Result<(), Box<dyn Policy>> {
        let new = new.downcast::<Self>()?;
        self.choices = new.choices;
        self.petiole.forget_picker();
        Ok(())
    }
}

impl Picker for Draw {
    fn pick(&self, _: &Call<'_>) -> Pick {
        if let [(only, _)] = *self.ready {
            return Pick::Use(only);
        }
        let draw = || {
            let (key, load) = &self.ready[fastrand::usize(..self.ready.len())];
            (*key, load.calls())
        };
        let (mut least, mut calls) = draw();
        for _ in 1..self.choices {
            let (other, of_other) = draw();
            if of_other < calls {
                (least, calls) = (other, of_other);
            }
        }
        Pick::Use(least)
    }
}

impl Default for LeastRequest {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for LeastRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LeastRequest")
            .field("choice_count", &self.choices)
            .finish_non_exhaustive()
    }
}

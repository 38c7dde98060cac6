use std::{fmt, mem, sync::Arc};

use ziggurat_transport::channel::State;

use super::{Observer, Outlook, Policy, Spread, Turn, Wish};

/// A policy that can become another one while calls go on: *graceful switch* (F-20).
///
/// The new one connects beside the old one, which still has the calls, and takes over as soon as it is ready or has failed, or
/// as the old one is not ready any more. Both see the same subchannels: a server that both want is connected once, and while
/// there are two neither may let a connection go.
///
/// One of the same name takes over the settings in place if it [can](Policy::update), with no change of connections.
///
/// Where an old policy connects each endpoint and a new one each address, or the other way round ([`Spread`]), the
/// subchannels of endpoints with several addresses are others from the switch on, and the new one takes over at once. Those
/// with one address stay.
///
/// # Example
///
/// ```
/// use std::net::SocketAddr;
/// use tokio::time::Instant;
/// use ziggurat::balance::{Endpoint, Policy};
/// use ziggurat::balance::policy::{Key, LeastRequest, RoundRobin, State, Subchannel, Switch, Turn};
///
/// let servers = [1, 2].map(|number| {
///     let address = SocketAddr::from(([10, 0, 0, number], 50051));
///     Subchannel::new(Key::of(number.into()), Endpoint::new(address)).in_state(State::Ready)
/// });
///
/// let mut policy = Switch::new(Box::new(RoundRobin::new()));
/// policy.turn(&mut Turn::new(Instant::now(), &servers));
/// policy.to(Box::new(LeastRequest::new()));
/// assert_eq!(policy.name(), "round_robin");
///
/// policy.turn(&mut Turn::new(Instant::now(), &servers));
/// assert_eq!(policy.name(), "least_request");
/// ```
pub struct Switch {
    current: Box<dyn Policy>,
    pending: Option<Pending>,
}

/// What is to take over.
struct Pending {
    policy: Box<dyn Policy>,
    /// Whether it has seen the list; at its first turn that is new to it.
    has_seen: bool,
}

impl Switch {
    /// Begins with this policy.
    pub fn new(current: Box<dyn Policy>) -> Self {
        Self {
            current,
            pending: None,
        }
    }

    /// Switches to this one, from the next turn on, or takes over its settings if it is of the same name.
    ///
    /// One that was to take over and has not yet is forgotten; back to the policy that still has the calls is no switch.
    pub fn to(&mut self, new: Box<dyn Policy>) {
        let new = match self.renew(new) {
            Ok(()) => return,
            Err(new) => new,
        };
        self.pending = Some(Pending {
            policy: new,
            has_seen: false,
        });
    }

    /// The policy that was switched to last.
    pub(super) fn into_newest(self) -> Box<dyn Policy> {
        match self.pending {
            Some(pending) => pending.policy,
            None => self.current,
        }
    }

    /// Takes over the settings of a policy of the same name in place, if there is one and it can.
    fn renew(&mut self, new: Box<dyn Policy>) -> Result<(), Box<dyn Policy>> {
        if new.name() == self.current.name() {
            return self.current.update(new).map(|()| self.pending = None);
        }
        match &mut self.pending {
            Some(pending) if pending.policy.name() == new.name() => pending.policy.update(new),
            _ => Err(new),
        }
    }
}

impl Policy for Switch {
    /// That of the policy that has the calls.
    fn name(&self) -> &str {
        self.current.name()
    }

    /// That of the policy that is to have them.
    fn spread(&self) -> Spread {
        match &self.pending {
            Some(pending) => pending.policy.spread(),
            None => self.current.spread(),
        }
    }

    fn turn(&mut self, turn: &mut Turn<'_>) -> Outlook {
        let Some(mut pending) = self.pending.take() else {
            return self.current.turn(turn);
        };
        let mut old_turn = turn.around(turn.subchannels());
        let mut new_turn = turn.around(turn.subchannels());
        if !mem::replace(&mut pending.has_seen, true) {
            new_turn = new_turn.with_new_list();
        }
        let old = self.current.turn(&mut old_turn);
        let new = pending.policy.turn(&mut new_turn);

        let is_settled = matches!(new.state, State::Ready | State::TransientFailure);
        if is_settled || old.state != State::Ready {
            self.current = pending.policy;
            if old_turn.resolves_again() {
                turn.resolve_again();
            }
            turn.take_over(new_turn);
            return new;
        }
        self.pending = Some(pending);
        for wanted in [old_turn, new_turn] {
            take_connects(turn, &wanted);
        }
        let wakes_at = old.wakes_at.into_iter().chain(new.wakes_at).min();
        Outlook { wakes_at, ..old }
    }

    /// Switches to it, whatever it is; so it never hands it back. Who has a policy and does not know whether it is a switch
    /// can update it alike.
    fn update(&mut self, new: Box<dyn Policy>) -> Result<(), Box<dyn Policy>> {
        self.to(new);
        Ok(())
    }

    /// Whether one of the two does, for it may have the calls at the next turn.
    fn heeds_health(&self) -> bool {
        let pending = self.pending.as_ref();
        self.current.heeds_health() || pending.is_some_and(|pending| pending.policy.heeds_health())
    }

    /// That of the policy that has the calls.
    fn observes(&self) -> bool {
        self.current.observes()
    }

    fn observer(&self) -> Option<Arc<dyn Observer>> {
        self.current.observer()
    }
}

/// Takes over what one of two wants, without what it does not want any more: the other may.
///
/// Nothing is lost by it. What is to rest, the one that remains says again at its next turn, and what the one that goes had
/// connected, the other lets go if it has no use for it.
fn take_connects(turn: &mut Turn<'_>, wanted: &Turn<'_>) {
    let wishes = wanted.wishes().iter();
    for (key, _) in wishes.filter(|(_, wish)| *wish == Wish::Connect) {
        turn.connect(*key);
    }
    if wanted.resolves_again() {
        turn.resolve_again();
    }
}

impl fmt::Debug for Switch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pending = self.pending.as_ref();
        f.debug_struct("Switch")
            .field("current", &self.current.name())
            .field("pending", &pending.map(|pending| pending.policy.name()))
            .finish()
    }
}

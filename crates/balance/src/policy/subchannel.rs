use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use ziggurat_transport::{
    Error,
    channel::{State, many::Standing},
};

use crate::Endpoint;

/// Names a subchannel, as long as it is in the channel, and no other after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    pub(crate) slot: u32,
    pub(crate) generation: u32,
}

/// A server as a policy sees it in a [`Turn`](super::Turn): who it is, and how it stands.
///
/// Made by the channel. A test of a policy makes its own:
///
/// ```
/// use std::net::SocketAddr;
/// use ziggurat::balance::{Endpoint, policy::{Key, State, Subchannel}};
///
/// let address = SocketAddr::from(([10, 0, 0, 1], 50051));
/// let subchannel = Subchannel::new(Key::of(0), Endpoint::new(address)).in_state(State::Ready);
/// assert_eq!(subchannel.state(), State::Ready);
/// assert_eq!(subchannel.losses(), 0);
/// ```
#[derive(Clone, Debug)]
pub struct Subchannel {
    key: Key,
    endpoint: Arc<Endpoint>,
    group: usize,
    state: State,
    reported: State,
    failures: u64,
    losses: u64,
    /// How many of its connections take no calls any more.
    gone: u64,
    error: Option<Error>,
    load: Load,
}

/// How many calls a subchannel has at this moment, with those that wait there for a stream.
///
/// It may be kept, and asked at each pick. Clones are the same count: a picker has one, and what it says is as of now, not of
/// when the picker was made.
#[derive(Clone, Debug, Default)]
pub struct Load(Arc<AtomicUsize>);

impl Key {
    /// The key of a test's subchannel.
    pub fn of(number: u32) -> Self {
        Self {
            slot: number,
            generation: 0,
        }
    }
}

impl Load {
    /// The calls that were picked for it and are not over.
    pub fn calls(&self) -> usize {
        // It guards nothing, and who compares loads takes them as they come.
        self.0.load(Ordering::Relaxed)
    }

    /// Says how many there are. The channel does; a test of a policy may.
    pub fn set(&self, calls: usize) {
        self.0.store(calls, Ordering::Relaxed);
    }
}

impl Subchannel {
    /// One that is idle, was never connected, and is a group of its own.
    pub fn new(key: Key, endpoint: impl Into<Arc<Endpoint>>) -> Self {
        Self {
            key,
            endpoint: endpoint.into(),
            group: key.slot as usize,
            state: State::Idle,
            reported: State::Idle,
            failures: 0,
            losses: 0,
            gone: 0,
            error: None,
            load: Load::default(),
        }
    }

    /// The same in this state, which is also what is reported of it.
    pub fn in_state(self, state: State) -> Self {
        Self {
            state,
            reported: state,
            ..self
        }
    }

    /// The same, of which this is reported: by a policy around another, for one whose connection is kept and not used.
    pub fn reporting(self, reported: State) -> Self {
        Self { reported, ..self }
    }

    /// The same, which is as it [is reported](Self::reporting) for this reason.
    pub fn because(self, error: Error) -> Self {
        Self {
            error: Some(error),
            ..self
        }
    }

    /// The same, with so many attempts that failed, the last for this reason.
    pub fn failed(self, failures: u64, error: Error) -> Self {
        Self {
            failures,
            error: Some(error),
            ..self
        }
    }

    /// The same as a later list of the resolver describes it.
    pub(crate) fn described(self, endpoint: Arc<Endpoint>) -> Self {
        Self { endpoint, ..self }
    }

    /// The same, as it stands now.
    pub(crate) fn standing(&mut self, standing: Standing) {
        self.state = standing.state;
        self.reported = standing.state;
        self.failures = standing.failures;
        self.losses = standing.losses;
        self.gone = standing.gone;
        self.error = standing.error;
    }

    /// The same, which is connected, and of which this is reported for this reason.
    pub(crate) fn report(&mut self, reported: State, error: Option<Error>) {
        self.reported = reported;
        self.error = error;
    }

    /// Nobody asks for its health: it is reported as it is.
    pub(crate) fn unchecked(&mut self) {
        if self.state == State::Ready {
            self.report(State::Ready, None);
        }
    }

    /// How many of its connections take no calls any more.
    pub(crate) fn gone(&self) -> u64 {
        self.gone
    }

    /// The same, which left READY so often.
    pub fn lost(self, losses: u64) -> Self {
        Self { losses, ..self }
    }

    /// The same, one of the addresses of the endpoint that has this place in the resolver's list.
    pub fn in_group(self, group: usize) -> Self {
        Self { group, ..self }
    }

    /// The same, whose calls are counted here.
    pub fn with_load(self, load: Load) -> Self {
        Self { load, ..self }
    }

    /// Its name in this channel.
    pub fn key(&self) -> Key {
        self.key
    }

    /// What the resolver told of it; of [`Spread::Addresses`](super::Spread::Addresses) it has one address.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// The place in the resolver's list of the endpoint that it is of. Subchannels are in this order.
    pub fn group(&self) -> usize {
        self.group
    }

    /// How its connections stand: what a policy connects by.
    ///
    /// In [`State::TransientFailure`] it tries again by itself, after pauses (D-21), and stays in it until it is ready.
    pub fn state(&self) -> State {
        self.state
    }

    /// How it stands for calls: [`state`](Self::state), unless it is connected and yet not to be used, for its health or by an
    /// ejection. What a policy picks by (G-35).
    pub fn reported(&self) -> State {
        self.reported
    }

    /// How many attempts to connect have failed, ever.
    pub fn failures(&self) -> u64 {
        self.failures
    }

    /// How often it had a connection and has lost the last of them.
    pub fn losses(&self) -> u64 {
        self.losses
    }

    /// Why the last attempt failed, until there is a connection; of one that is connected and reported as failed, why it is.
    pub fn error(&self) -> Option<&Error> {
        self.error.as_ref()
    }

    /// How many calls it has, now and later.
    pub fn load(&self) -> &Load {
        &self.load
    }
}

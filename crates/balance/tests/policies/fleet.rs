//! Servers as a channel would show them to a policy, which a test moves by hand.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use http::HeaderMap;
use tokio::time::Instant;
use ziggurat_balance::{
    Endpoint, Policy,
    policy::{Call, Key, Load, Pick, Picker, State, Subchannel, Turn, Wish},
};
use ziggurat_transport::Error;

/// A list of servers, each at the place of its number at first.
pub(crate) struct Fleet {
    pub(crate) subchannels: Vec<Subchannel>,
    pub(crate) now: Instant,
    is_new: bool,
    is_asked: bool,
}

/// What a policy answered.
pub(crate) struct Answer {
    pub(crate) state: State,
    pub(crate) picker: Arc<dyn Picker>,
    pub(crate) connects: Vec<u32>,
    pub(crate) rests: Vec<u32>,
    pub(crate) resolves: bool,
    /// From the time of the turn.
    pub(crate) wakes_in: Option<Duration>,
}

impl Fleet {
    /// Servers with the numbers 0 to `count`, all idle.
    pub(crate) fn of(count: u32) -> Self {
        Self::new((0..count).map(server).collect())
    }

    pub(crate) fn new(subchannels: Vec<Subchannel>) -> Self {
        Self {
            subchannels,
            now: Instant::now(),
            is_new: true,
            is_asked: false,
        }
    }

    /// Time passes.
    pub(crate) fn wait(&mut self, millis: u64) {
        self.now += Duration::from_millis(millis);
    }

    /// Somebody waits for a connection at the next turn.
    pub(crate) fn ask(&mut self) {
        self.is_asked = true;
    }

    /// The resolver tells of others.
    pub(crate) fn list(&mut self, change: impl FnOnce(&mut Vec<Subchannel>)) {
        change(&mut self.subchannels);
        self.is_new = true;
    }

    pub(crate) fn set(&mut self, number: u32, state: State) {
        self.change(number, |one| one.in_state(state));
    }

    /// An attempt fails.
    pub(crate) fn fail(&mut self, number: u32) {
        self.change(number, |one| {
            let failures = one.failures() + 1;
            one.in_state(State::TransientFailure)
                .failed(failures, refused(number))
        });
    }

    /// A connection is lost.
    pub(crate) fn lose(&mut self, number: u32) {
        self.change(number, |one| {
            let losses = one.losses() + 1;
            one.in_state(State::Idle).lost(losses)
        });
    }

    pub(crate) fn change(&mut self, number: u32, change: impl FnOnce(Subchannel) -> Subchannel) {
        let key = Key::of(number);
        let mut all = self.subchannels.iter_mut();
        let one = all.find(|one| one.key() == key).unwrap();
        *one = change(one.clone());
    }

    /// How many calls a server has.
    pub(crate) fn load(&self, number: u32) -> &Load {
        let key = Key::of(number);
        let mut all = self.subchannels.iter();
        all.find(|one| one.key() == key).unwrap().load()
    }

    /// Asks the policy, and does what it wants.
    pub(crate) fn turn(&mut self, policy: &mut dyn Policy) -> Answer {
        let subchannels = self.subchannels.clone();
        let mut turn = Turn::new(self.now, &subchannels);
        if std::mem::take(&mut self.is_new) {
            turn = turn.with_new_list();
        }
        if std::mem::take(&mut self.is_asked) {
            turn = turn.with_calls_waiting();
        }
        let outlook = policy.turn(&mut turn);
        for (key, wish) in turn.wishes() {
            let mut all = self.subchannels.iter_mut();
            let one = all.find(|one| one.key() == *key).unwrap();
            let state = match (wish, one.state()) {
                (Wish::Connect, State::Idle) => State::Connecting,
                (Wish::Connect, state) => state,
                (Wish::Rest, _) => State::Idle,
            };
            *one = one.clone().in_state(state);
        }
        let wished = |wanted| {
            let those = turn.wishes().iter().filter(|(_, wish)| *wish == wanted);
            those.map(|(key, _)| number(*key)).collect()
        };
        Answer {
            state: outlook.state,
            picker: outlook.picker,
            connects: wished(Wish::Connect),
            rests: wished(Wish::Rest),
            resolves: turn.resolves_again(),
            wakes_in: outlook.wakes_at.map(|at| at - self.now),
        }
    }
}

impl Answer {
    /// What becomes of one call.
    pub(crate) fn pick(&self) -> Pick {
        self.pick_for(&HeaderMap::new())
    }

    /// What becomes of one call with these headers.
    pub(crate) fn pick_for(&self, headers: &HeaderMap) -> Pick {
        let call = Call::new("/cafe.Cafe/MakeLatte", headers);
        self.picker.pick(&call)
    }

    /// The servers that so many calls go to.
    pub(crate) fn picks(&self, calls: usize) -> Vec<u32> {
        (0..calls).map(|_| self.used()).collect()
    }

    /// The server that the next call goes to.
    pub(crate) fn used(&self) -> u32 {
        match self.pick() {
            Pick::Use(key) => number(key),
            other => panic!("the call goes nowhere: {other:?}"),
        }
    }

    /// Why the next call fails.
    pub(crate) fn error(&self) -> String {
        match self.pick() {
            Pick::Fail(error) => error.to_string(),
            other => panic!("the call does not fail: {other:?}"),
        }
    }

    pub(crate) fn queues(&self) -> bool {
        matches!(self.pick(), Pick::Queue)
    }
}

/// An idle server of this number.
pub(crate) fn server(number: u32) -> Subchannel {
    let [.., high, low] = number.to_be_bytes();
    let address = SocketAddr::from(([10, 0, high, low], 50051));
    Subchannel::new(Key::of(number), Endpoint::new(address))
}

pub(crate) fn refused(number: u32) -> Error {
    Error::other(format!("{number} refused"))
}

/// The number of a server, below a thousand.
pub(crate) fn number(key: Key) -> u32 {
    let all = 0..1000;
    let mut same = all.filter(|number| Key::of(*number) == key);
    same.next().unwrap()
}

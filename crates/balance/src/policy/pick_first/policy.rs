use std::{fmt, sync::Arc, time::Duration};

use ziggurat_transport::channel::State;

use super::{
    order::order,
    pass::{Pass, Progress},
};
use crate::policy::{
    Call, Key, Outlook, Pick, Picker, Policy, Spread, Subchannel, Turn,
    watch::{Since, Watch},
};

/// `pick_first`: all calls go to one server, the first that answers.
///
/// Its addresses are tried in the resolver's order, IPv6 and IPv4 in turn; after 250 ms the next one is tried too, and the
/// first that is ready has all calls (*Happy Eyeballs*). When its connection ends, or a later list does not have it any more,
/// the policy is idle until a call comes, and then begins anew. If every address fails, all go on trying after pauses
/// (D-21), calls fail meanwhile, and the resolver is asked to look again.
///
/// It heeds no ejection, and no health: there is no other server that could have the call (G-35).
///
/// # Example
///
/// ```
/// use std::{net::SocketAddr, time::Duration};
/// use tokio::time::Instant;
/// use ziggurat::balance::{Endpoint, Policy};
/// use ziggurat::balance::policy::{Key, PickFirst, State, Subchannel, Turn, Wish};
///
/// let servers = [1, 2].map(|number| {
///     let address = SocketAddr::from(([10, 0, 0, number], 50051));
///     Subchannel::new(Key::of(number.into()), Endpoint::new(address))
/// });
///
/// let mut policy = PickFirst::new();
/// let now = Instant::now();
/// let mut turn = Turn::new(now, &servers);
/// let outlook = policy.turn(&mut turn);
/// assert_eq!(turn.wishes(), [(Key::of(1), Wish::Connect)]);
/// assert_eq!(outlook.state, State::Connecting);
/// assert_eq!(outlook.wakes_at, Some(now + Duration::from_millis(250)));
/// ```
pub struct PickFirst {
    shuffles: bool,
    delay: Duration,
    watch: Watch,
    /// The last list.
    list: Vec<Key>,
    /// The places in it, in the order in which they are tried.
    order: Vec<usize>,
    phase: Phase,
    /// Every address has failed, and none was ready since: calls fail, whatever is tried (G-32).
    has_failed: bool,
}

/// How far it is.
///
/// ```text
///        asked            every address failed
///  Idle ──────► Passing ───────────────────────► Everywhere
///   ▲  ▲          │ ▲ ▲                            │   │
///   │  │ came and │ │ └───────── another list ─────┘   │
///   │  └── went ──┤ │                                  │
///   │ lost        │ └─ the selected one connects anew  │
///   │             ▼ │                                  │
///   └─────────── Ready ◄────────── one is ready ───────┘
/// ```
///
/// Idle, too, it is `Ready` with a server that is ready by itself: one whose connection was doubted, and is not any more.
///
/// From `Everywhere` on, calls fail until one is ready, also in a pass that another list begins (G-32).
enum Phase {
    /// There is no connection, and none is made: nobody waits for one.
    Idle,
    /// Addresses are tried, one after the other.
    Passing(Pass),
    /// All of them try at all times; they pause by themselves between attempts (D-21).
    Everywhere {
        /// Those since the resolver was asked last. It is asked again when they are as many as there are addresses, which
        /// need not mean that each of them failed once.
        failures: u64,
    },
    /// One has all calls.
    Ready {
        selected: Key,
        /// The same at each turn.
        picker: Arc<dyn Picker>,
    },
}

/// Sends every call to this one.
struct Only(Key);

impl PickFirst {
    /// Takes the addresses in the resolver's order.
    pub fn new() -> Self {
        Self {
            shuffles: false,
            delay: Duration::from_millis(250),
            watch: Watch::default(),
            list: Vec::new(),
            order: Vec::new(),
            phase: Phase::Passing(Pass::default()),
            has_failed: false,
        }
    }

    /// Whether each list is shuffled first, so that many clients do not all take its first server; the default is no.
    ///
    /// Endpoints with more [weight](crate::Endpoint::weight) come earlier more often: the first one is any of them with the
    /// probability of its share of all weights (A113).
    pub fn shuffle_address_list(mut self, shuffles: bool) -> Self {
        self.shuffles = shuffles;
        self
    }

    /// For how long an attempt is waited for before the next address is tried too; 100 ms to 2 s, and the default is 250 ms.
    /// What is less or more counts as the nearest of these.
    pub fn connection_attempt_delay(mut self, delay: Duration) -> Self {
        self.delay = delay.clamp(Duration::from_millis(100), Duration::from_secs(2));
        self
    }
}

impl Policy for PickFirst {
    fn name(&self) -> &'static str {
        "pick_first"
    }

    fn spread(&self) -> Spread {
        Spread::Addresses
    }

    /// G-35: there is no other server that could have the call.
    fn heeds_health(&self) -> bool {
        false
    }

    fn turn(&mut self, turn: &mut Turn<'_>) -> Outlook {
        let since = self.watch.look(turn.subchannels());
        self.follow(turn);
        if turn.begins() {
            self.has_failed = false;
            self.begin();
        }
        self.notice(turn, since);
        if matches!(self.phase, Phase::Idle) && turn.is_asked() {
            self.begin();
        }
        self.outlook(turn)
    }

    /// The server that has the calls keeps them; the next list is shuffled or not as the new settings say.
    fn update(&mut self, new: Box<dyn Policy>) -> Result<(), Box<dyn Policy>> {
        let new = new.downcast::<Self>()?;
        self.shuffles = new.shuffles;
        self.delay = new.delay;
        Ok(())
    }
}

/// What a turn is made of, in this order.
impl PickFirst {
    /// Takes note of another list: the selected server stays (G-34), and who is about to find one begins anew.
    fn follow(&mut self, turn: &Turn<'_>) {
        let keys = turn.subchannels().iter().map(Subchannel::key);
        let is_other = !keys.clone().eq(self.list.iter().copied());
        if is_other || turn.is_new() {
            self.order = order(turn.subchannels(), self.shuffles);
        }
        if is_other {
            self.list.clear();
            self.list.extend(keys);
            if matches!(self.phase, Phase::Passing(_) | Phase::Everywhere { .. }) {
                self.begin();
            }
        }
    }

    /// Takes note of what became of the servers.
    fn notice(&mut self, turn: &mut Turn<'_>, since: Since) {
        let first_ready = self.first_ready(turn.subchannels());
        match (&mut self.phase, first_ready) {
            (Phase::Ready { selected, .. }, _) => {
                let mut all = turn.subchannels().iter();
                match all
                    .find(|one| one.key() == *selected)
                    .map(Subchannel::state)
                {
                    Some(State::Ready) => {}
                    Some(State::Connecting | State::TransientFailure) => {
                        turn.resolve_again();
                        self.begin();
                    }
                    _ => self.rest(turn),
                }
            }
            // Also a connection that was doubted, and is not any more.
            (Phase::Idle | Phase::Passing(_) | Phase::Everywhere { .. }, Some(selected)) => {
                self.has_failed = false;
                self.phase = Phase::Ready {
                    selected,
                    picker: Arc::new(Only(selected)),
                };
            }
            // One was ready, and is lost already.
            (Phase::Passing(_) | Phase::Everywhere { .. }, None) if since.losses > 0 => {
                self.rest(turn);
            }
            (Phase::Everywhere { failures }, None) => {
                *failures += since.failures;
                if *failures >= turn.subchannels().len() as u64 {
                    *failures = 0;
                    turn.resolve_again();
                }
            }
            (Phase::Idle | Phase::Passing(_), None) => {}
        }
    }

    /// Does what there is to do, and says how it stands.
    fn outlook(&mut self, turn: &mut Turn<'_>) -> Outlook {
        let wakes_at = match &mut self.phase {
            Phase::Idle => {
                // What a pass has begun goes on by itself.
                let all = turn.subchannels().iter();
                for one in all.filter(|one| one.state() != State::Idle) {
                    turn.rest(one.key());
                }
                return Outlook::queueing(State::Idle);
            }
            Phase::Ready { selected, picker } => {
                let picker = picker.clone();
                let others = turn.subchannels().iter();
                let others = others.filter(|one| one.key() != *selected);
                for other in others.filter(|one| one.state() != State::Idle) {
                    turn.rest(other.key());
                }
                return Outlook::ready(picker);
            }
            Phase::Passing(pass) => match pass.step(turn, self.delay) {
                Progress::Trying { wakes_at } => wakes_at,
                Progress::Over => {
                    self.has_failed = true;
                    self.phase = Phase::Everywhere { failures: 0 };
                    turn.resolve_again();
                    None
                }
            },
            Phase::Everywhere { .. } => {
                let idle = turn.subchannels().iter();
                for one in idle.filter(|one| one.state() == State::Idle) {
                    turn.connect(one.key());
                }
                None
            }
        };
        let outlook = if self.has_failed {
            self.watch.failing(turn.subchannels())
        } else {
            Outlook::queueing(State::Connecting)
        };
        Outlook {
            wakes_at,
            ..outlook
        }
    }
}

impl PickFirst {
    /// Begins to find a server.
    fn begin(&mut self) {
        self.phase = Phase::Passing(Pass::over(&self.order));
    }

    /// The connection is lost, or its server is not there any more.
    fn rest(&mut self, turn: &mut Turn<'_>) {
        turn.resolve_again();
        self.has_failed = false;
        self.phase = Phase::Idle;
    }

    fn first_ready(&self, subchannels: &[Subchannel]) -> Option<Key> {
        let in_order = self.order.iter().map(|place| &subchannels[*place]);
        let mut ready = in_order.filter(|one| one.state() == State::Ready);
        ready.next().map(Subchannel::key)
    }
}

impl Default for PickFirst {
    fn default() -> Self {
        Self::new()
    }
}

impl Picker for Only {
    fn pick(&self, _: &Call<'_>) -> Pick {
        Pick::Use(self.0)
    }
}

impl fmt::Debug for PickFirst {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PickFirst")
            .field("shuffle_address_list", &self.shuffles)
            .field("connection_attempt_delay", &self.delay)
            .finish_non_exhaustive()
    }
}

use std::{fmt, mem, sync::Arc};

use http::HeaderName;
use ziggurat_transport::channel::State;

use super::{
    picker::RingPicker,
    ring::{Ring, Size},
};
use crate::policy::{
    InvalidPolicy, Key, Outlook, Picker, Policy, Subchannel, Turn,
    watch::{Since, Watch},
};

const NAME: &str = "ring_hash";

/// The largest ring that there may be in a config, and the largest that is made.
const MOST: u32 = 8 * 1024 * 1024;
const CAP: u32 = 4096;

/// `ring_hash`: calls with the same value of a header go to the same server, as long as it is there.
///
/// For servers that keep something of those who called them before: a cache, a session. When servers come and go, the calls
/// of these change places, and few others. Where a server fails, its calls go to the next ones on the ring. Calls without the header go
/// anywhere.
///
/// A server is connected when the first call is to go there, and calls wait for it, though others may be ready. Servers have
/// calls by their [weight](crate::Endpoint::weight), about: the values of the header decide, and if one of them has half of all
/// calls, so has its server.
///
/// Clients with the same list have the same ring, those of gRPC's other implementations too. Of a server with several addresses
/// it is the first that counts, or its [`HashKey`](super::HashKey).
///
/// # Example
///
/// ```
/// use std::net::SocketAddr;
/// use http::{HeaderMap, HeaderValue};
/// use tokio::time::Instant;
/// use ziggurat::balance::{Endpoint, Policy};
/// use ziggurat::balance::policy::{Call, Key, Pick, RingHash, State, Subchannel, Turn};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let servers = [1, 2, 3].map(|number| {
///     let address = SocketAddr::from(([10, 0, 0, number], 50051));
///     Subchannel::new(Key::of(number.into()), Endpoint::new(address)).in_state(State::Ready)
/// });
///
/// let mut policy = RingHash::new("x-table")?;
/// let outlook = policy.turn(&mut Turn::new(Instant::now(), &servers));
///
/// let mut headers = HeaderMap::new();
/// headers.insert("x-table", HeaderValue::from_static("7"));
/// let used = || match outlook.picker.pick(&Call::new("/cafe.Cafe/MakeLatte", &headers)) {
///     Pick::Use(key) => key,
///     other => panic!("{other:?}"),
/// };
/// assert_eq!(used(), used());
/// # Ok(())
/// # }
/// ```
pub struct RingHash {
    header: HeaderName,
    size: Size,
    watch: Watch,
    /// What the picker was made of, in the order of the list.
    seen: Vec<(Key, State)>,
    /// `None` before the first list.
    ring: Option<Arc<Ring>>,
    picker: Option<Arc<dyn Picker>>,
    /// Whether at the last turn somebody waited for a connection, and nobody made one.
    was_asked: bool,
}

impl RingHash {
    /// Chooses by this header of calls. It is an error if it can be the name of none, or ends in `-bin`.
    pub fn new(request_hash_header: &str) -> Result<Self, InvalidPolicy> {
        let header = HeaderName::try_from(request_hash_header).ok();
        let header = header.filter(|header| !header.as_str().ends_with("-bin"));
        let Some(header) = header else {
            let must = "the name of a header, and not end in -bin";
            let field = "request_hash_header";
            return Err(InvalidPolicy::new(NAME, field, request_hash_header, must));
        };
        Ok(Self {
            header,
            size: Size {
                min: 1024,
                max: CAP,
            },
            watch: Watch::default(),
            seen: Vec::new(),
            ring: None,
            picker: None,
            was_asked: false,
        })
    }

    /// How many entries the ring has at least and at most; the more, the nearer calls are to weights. The defaults are 1024 and
    /// 4096, and more than 4096 count as 4096; of more servers than that some have no calls. Zero, more than 8388608, and a least that is more than the most are errors.
    pub fn ring_size(mut self, min: u32, max: u32) -> Result<Self, InvalidPolicy> {
        for (field, size) in [("min_ring_size", min), ("max_ring_size", max)] {
            if !(1..=MOST).contains(&size) {
                return Err(InvalidPolicy::new(NAME, field, size, "1 to 8388608"));
            }
        }
        if min > max {
            let must = "at most max_ring_size";
            return Err(InvalidPolicy::new(NAME, "min_ring_size", min, must));
        }
        self.size = Size {
            min: min.min(CAP),
            max: max.min(CAP),
        };
        Ok(self)
    }
}

impl Policy for RingHash {
    fn name(&self) -> &'static str {
        NAME
    }

    fn turn(&mut self, turn: &mut Turn<'_>) -> Outlook {
        let since = self.watch.look(turn.subchannels());
        if since != Since::default() {
            turn.resolve_again();
        }
        let picker = self.follow(turn, since);
        let state = aggregate(turn.subchannels());
        let outlook = Outlook::new(state, picker);
        let was_asked = self.was_asked;
        if self.wakes_one(turn, state) {
            let mut idle = turn.subchannels().iter();
            if let Some(idle) = idle.find(|one| one.reported() == State::Idle) {
                turn.connect(idle.key());
            }
        }
        if self.was_asked && !was_asked {
            return outlook.waking_at(turn.now());
        }
        outlook
    }

    fn update(&mut self, new: Box<dyn Policy>) -> Result<(), Box<dyn Policy>> {
        let new = new.downcast::<Self>()?;
        self.header = new.header;
        self.size = new.size;
        self.ring = None;
        Ok(())
    }
}

impl RingHash {
    /// The picker of this turn: the same as before, if nothing has changed that it was made of.
    fn follow(&mut self, turn: &Turn<'_>, since: Since) -> Arc<dyn Picker> {
        let now = || {
            turn.subchannels()
                .iter()
                .map(|one| (one.key(), one.reported()))
        };
        let is_same_list = now()
            .map(|(key, _)| key)
            .eq(self.seen.iter().map(|(key, _)| *key));
        let known = self.ring.take();
        let known = known.filter(|_| is_same_list && !turn.is_new());
        let is_same_ring = known.is_some();
        let ring = known.unwrap_or_else(|| Arc::new(Ring::of(turn.subchannels(), self.size)));
        self.ring = Some(ring.clone());

        let is_same = is_same_ring && since.failures == 0 && now().eq(self.seen.iter().copied());
        match &self.picker {
            Some(picker) if is_same => picker.clone(),
            _ => {
                self.seen.clear();
                self.seen.extend(now());
                let picker = RingPicker::new(ring, self.header.clone(), turn.subchannels());
                let picker: Arc<dyn Picker> = Arc::new(picker);
                self.picker = Some(picker.clone());
                picker
            }
        }
    }

    /// Whether an idle server is to connect without a call that is to go there: the channel does not get out of a failure
    /// otherwise, and a handle that waits for it has no header (G-58).
    ///
    /// Who waits may be a call. That one is picked for after this turn, and wakes a server itself; so it is not before the next
    /// turn that another is woken, and that one is at once.
    fn wakes_one(&mut self, turn: &Turn<'_>, state: State) -> bool {
        let is_connecting = |one: &Subchannel| one.reported() == State::Connecting;
        let connects = turn.subchannels().iter().any(is_connecting);
        let is_asked = state == State::Idle && turn.is_asked();
        let was_asked = mem::replace(&mut self.was_asked, is_asked);
        match state {
            State::Connecting | State::TransientFailure => !connects,
            _ => was_asked && is_asked,
        }
    }
}

/// How the channel stands (G-58): two that have failed count for more than one that connects.
///
/// | servers | state |
/// |---|---|
/// | one or more ready | READY |
/// | two or more have failed | TRANSIENT_FAILURE |
/// | one or more connect | CONNECTING |
/// | one of several has failed | CONNECTING |
/// | one or more idle | IDLE |
/// | one, and it has failed | TRANSIENT_FAILURE |
///
/// Whoever stands above, and has other channels to turn to, is to do so early; and one server that fails is none yet.
fn aggregate(subchannels: &[Subchannel]) -> State {
    let count = |state| {
        let those = subchannels.iter().filter(|one| one.reported() == state);
        those.count()
    };
    let failed = count(State::TransientFailure);
    if count(State::Ready) > 0 {
        State::Ready
    } else if failed >= 2 {
        State::TransientFailure
    } else if count(State::Connecting) > 0 || (failed == 1 && subchannels.len() > 1) {
        State::Connecting
    } else if count(State::Idle) > 0 {
        State::Idle
    } else {
        State::TransientFailure
    }
}

impl fmt::Debug for RingHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RingHash")
            .field("request_hash_header", &self.header)
            .field("ring_size", &self.size)
            .finish_non_exhaustive()
    }
}

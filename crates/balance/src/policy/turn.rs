use std::{fmt, sync::Arc};

use http::Extensions;
use tokio::time::Instant;
use ziggurat_transport::{Error, channel::State};

use super::{Call, Key, Pick, Picker, Subchannel};

/// What a policy sees when it is asked, and what it wants done.
///
/// # A policy around another
///
/// It shows the other one what it wants it to see, in a turn of its own, and takes over what that one wants. This one keeps
/// calls from all servers but the even ones, whose connections stay:
///
/// ```
/// use ziggurat::balance::policy::{Outlook, Policy, RoundRobin, State, Subchannel, Turn};
///
/// struct EvenPorts(RoundRobin);
///
/// impl Policy for EvenPorts {
///     fn name(&self) -> &str {
///         "even_ports"
///     }
///
///     fn turn(&mut self, turn: &mut Turn<'_>) -> Outlook {
///         let seen = turn.subchannels().iter().cloned().map(|subchannel| {
///             let address = subchannel.endpoint().addresses()[0].to_string();
///             let is_even = address.ends_with(['0', '2', '4', '6', '8']);
///             if is_even { subchannel } else { subchannel.reporting(State::TransientFailure) }
///         });
///         let seen: Vec<Subchannel> = seen.collect();
///         let mut around = turn.around(&seen);
///         let outlook = self.0.turn(&mut around);
///         turn.take_over(around);
///         outlook
///     }
/// }
/// ```
#[derive(Debug)]
pub struct Turn<'a> {
    now: Instant,
    subchannels: &'a [Subchannel],
    list: List,
    is_asked: bool,
    /// `None` if the resolver tells none.
    attributes: Option<Arc<Extensions>>,
    wishes: Vec<(Key, Wish)>,
    resolves_again: bool,
}

/// What is to be said of the resolver's list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum List {
    /// It is the one of the last turn.
    Known,
    Another,
    /// The channel was idle until now.
    First,
}

/// What a policy wants of a subchannel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// It is to connect, if it is idle.
    Connect,
    /// It is to let go of its connections and attempts.
    Rest,
}

/// What a policy answers.
pub struct Outlook {
    /// How the channel stands (G-22).
    pub state: State,
    /// What chooses until the next turn.
    pub picker: Arc<dyn Picker>,
    /// When it wants to be asked again, if nothing changes before; a time that has come is a millisecond from then.
    pub wakes_at: Option<Instant>,
    /// The subchannels that stand otherwise for calls than their connections do, and why: for those who look, not for picks.
    pub reports: Vec<(Key, State, String)>,
}

impl<'a> Turn<'a> {
    /// A turn at this time, of these subchannels, in the order of the resolver. The channel makes it, or a test.
    pub fn new(now: Instant, subchannels: &'a [Subchannel]) -> Self {
        Self {
            now,
            subchannels,
            list: List::Known,
            is_asked: false,
            attributes: None,
            wishes: Vec::new(),
            resolves_again: false,
        }
    }

    /// The same, in which the resolver's list is another than at the last turn.
    pub fn with_new_list(self) -> Self {
        let list = match self.list {
            List::Known | List::Another => List::Another,
            List::First => List::First,
        };
        Self { list, ..self }
    }

    /// The same, the first one after the channel was idle; then the list is new, too.
    pub fn at_the_beginning(self) -> Self {
        Self {
            list: List::First,
            ..self
        }
    }

    /// The same, in which somebody waits for a connection.
    pub fn with_calls_waiting(self) -> Self {
        Self {
            is_asked: true,
            ..self
        }
    }

    /// The same, with what the resolver tells of this type beside its list.
    pub fn with_attribute<T: Clone + Send + Sync + 'static>(mut self, attribute: T) -> Self {
        let attributes = self.attributes.get_or_insert_default();
        Arc::make_mut(attributes).insert(attribute);
        self
    }

    /// The same, with all that the resolver tells beside its list.
    pub(crate) fn with_attributes(self, attributes: Option<Arc<Extensions>>) -> Self {
        Self { attributes, ..self }
    }

    /// A turn of another policy inside this one: at the same time, for the same reason, of subchannels that may be fewer or
    /// report other states. What it wants is [taken over](Self::take_over) afterwards.
    pub fn around<'b>(&self, subchannels: &'b [Subchannel]) -> Turn<'b> {
        Turn {
            now: self.now,
            subchannels,
            list: self.list,
            is_asked: self.is_asked,
            attributes: self.attributes.clone(),
            wishes: Vec::new(),
            resolves_again: false,
        }
    }

    /// Wants what was wanted there.
    pub fn take_over(&mut self, inner: Turn<'_>) {
        self.wishes.extend(inner.wishes);
        self.resolves_again |= inner.resolves_again;
    }

    /// The time.
    pub fn now(&self) -> Instant {
        self.now
    }

    /// All subchannels, in the order of the resolver; at least one.
    pub fn subchannels(&self) -> &'a [Subchannel] {
        self.subchannels
    }

    /// Whether the list is another than at the last turn.
    pub fn is_new(&self) -> bool {
        self.list != List::Known
    }

    /// Whether the channel was idle until now: all subchannels are new, and what failed before is not worth telling any more
    /// (D-2, D-11).
    pub fn begins(&self) -> bool {
        self.list == List::First
    }

    /// Whether a call, or a handle of the channel, waits for a connection: a policy that is idle is to wake up (G-33).
    pub fn is_asked(&self) -> bool {
        self.is_asked
    }

    /// What the resolver told of this type [beside its list](crate::resolve::Resolution::attribute).
    pub fn attribute<T: Send + Sync + 'static>(&self) -> Option<&T> {
        self.attributes.as_ref()?.get()
    }

    /// This one is to connect. It is no error if it does or is already.
    pub fn connect(&mut self, key: Key) {
        self.wishes.push((key, Wish::Connect));
    }

    /// This one is to let go of its connections and attempts; calls that run on them go on.
    pub fn rest(&mut self, key: Key) {
        self.wishes.push((key, Wish::Rest));
    }

    /// The resolver is to look again: connections fail.
    pub fn resolve_again(&mut self) {
        self.resolves_again = true;
    }

    /// What is wanted of subchannels, in the order in which it was said.
    pub fn wishes(&self) -> &[(Key, Wish)] {
        &self.wishes
    }

    /// Whether the resolver is to look again.
    pub fn resolves_again(&self) -> bool {
        self.resolves_again
    }

    /// The outlook of a policy none of whose subchannels is ready: calls wait while one connects, or is idle; they fail if all
    /// have failed (G-22, G-43).
    pub fn unready(&self) -> Outlook {
        let has = |state| self.subchannels.iter().any(|one| one.reported() == state);
        if has(State::Connecting) {
            return Outlook::queueing(State::Connecting);
        }
        // Of the last in the list: a turn does not know which came last.
        let error = self
            .subchannels
            .iter()
            .filter_map(Subchannel::error)
            .next_back();
        match error {
            _ if has(State::Idle) => Outlook::queueing(State::Idle),
            Some(error) => Outlook::failing(error.clone()),
            None if has(State::TransientFailure) => Outlook::queueing(State::TransientFailure),
            None => Outlook::queueing(State::Connecting),
        }
    }
}

impl Outlook {
    /// Calls are picked for by this, and the channel is ready.
    pub fn ready(picker: Arc<dyn Picker>) -> Self {
        Self::new(State::Ready, picker)
    }

    /// All calls wait.
    pub fn queueing(state: State) -> Self {
        Self::new(state, Arc::new(Always(Pick::Queue)))
    }

    /// All calls fail for this reason that do not wait for ready.
    pub fn failing(error: Error) -> Self {
        Self::new(State::TransientFailure, Arc::new(Always(Pick::Fail(error))))
    }

    /// All calls fail for this reason, whatever they wait for (C-33).
    pub fn dropping(error: Error) -> Self {
        Self::new(State::TransientFailure, Arc::new(Always(Pick::Drop(error))))
    }

    /// The channel is in this state, and calls are picked for by this.
    pub fn new(state: State, picker: Arc<dyn Picker>) -> Self {
        Self {
            state,
            picker,
            wakes_at: None,
            reports: Vec::new(),
        }
    }

    /// The same, to be asked again at this time at the latest.
    pub fn waking_at(self, at: Instant) -> Self {
        Self {
            wakes_at: Some(at),
            ..self
        }
    }
}

impl fmt::Debug for Outlook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outlook")
            .field("state", &self.state)
            .field("wakes_at", &self.wakes_at)
            .finish_non_exhaustive()
    }
}

/// The same for every call.
struct Always(Pick);

impl Picker for Always {
    fn pick(&self, _: &Call<'_>) -> Pick {
        self.0.clone()
    }
}

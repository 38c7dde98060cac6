//! The calls that wait for a connection or for a stream of one.
//!
//! Order is that of the tickets, and nothing else: a call that was turned away by a connection waits where it stood. Who is
//! dropped while it waits leaves; what it was just given goes to the next. Nobody fails here: who cannot have what it waits
//! for is handed back with the reason.

use std::{
    cmp::Ordering,
    collections::BTreeMap,
    sync::atomic::{self, AtomicU64},
};

use tokio::sync::oneshot;

/// A call's place, by the order in which calls came. It keeps its place when it comes again, also to another queue.
///
/// ```
/// use ziggurat_transport::channel::many::Ticket;
///
/// assert!(Ticket::of(1) < Ticket::of(2));
/// assert_eq!(Ticket::of(7).number(), 7);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticket(u64);

/// From here on they are of what channels ask for themselves: it takes the place of no call, and goes before all.
const OWN: u64 = 1 << 63;

impl Ticket {
    /// The ticket of a test's call: the one of this number.
    pub fn of(number: u64) -> Self {
        Self(number)
    }

    /// Its number: those that came later have greater ones.
    pub fn number(self) -> u64 {
        self.0
    }

    /// Whether it is of what a channel asks for itself.
    pub(super) fn is_own(self) -> bool {
        self.0 >= OWN
    }
}

impl Ord for Ticket {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.0 ^ OWN).cmp(&(other.0 ^ OWN))
    }
}

impl PartialOrd for Ticket {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Gives the calls of a channel their places. There is one for all queues that a call may come to, so that no two calls
/// that meet have the same.
#[derive(Debug, Default)]
pub(crate) struct Tickets(AtomicU64);

impl Tickets {
    /// Those of what a channel asks one of its endpoints for itself. Each time it does, they are others: of 2⁶² places by
    /// chance, for who asks at the same time does not know of each other.
    pub(crate) fn own() -> Self {
        Self(AtomicU64::new(OWN + fastrand::u64(..OWN / 2)))
    }

    /// The place behind all that were given.
    pub(crate) fn next(&self) -> Ticket {
        // Nothing else is read by it.
        Ticket(self.0.fetch_add(1, atomic::Ordering::Relaxed))
    }
}

/// When a call is handed back that waits, if an attempt to connect fails; the less patient come first.
///
/// ```
/// use ziggurat_transport::channel::many::Patience;
///
/// assert!(Patience::FailFast < Patience::CameBack);
/// assert!(Patience::CameBack < Patience::WaitForReady);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Patience {
    /// At once, and as long as the last attempt is a failed one (D-11).
    FailFast,
    /// If the next fails too: it came back from a connection (D-14).
    CameBack,
    /// Never: it waits for the next (D-12).
    WaitForReady,
}

/// The calls that wait, first come first served (A-116). `G` is what they get, `E` why they do not.
#[derive(Debug)]
pub(super) struct Queue<G, E> {
    /// By their tickets, so that the first is who came first.
    waiting: BTreeMap<Ticket, Waiter<G, E>>,
}

/// A call that waits.
#[derive(Debug)]
struct Waiter<G, E> {
    /// What it waits through.
    patience: Patience,
    /// Where it is told; closed if it was dropped.
    answer: oneshot::Sender<Result<G, E>>,
}

impl<G, E: Clone> Queue<G, E> {
    /// Nobody waits.
    pub(super) fn new() -> Self {
        Self {
            waiting: BTreeMap::new(),
        }
    }

    /// Whether nobody waits.
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// How many wait.
    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Lets a call wait at its place.
    pub(super) fn push(
        &mut self,
        ticket: Ticket,
        patience: Patience,
    ) -> oneshot::Receiver<Result<G, E>> {
        let (answer, receiver) = oneshot::channel();
        let waiter = Waiter { patience, answer };
        self.waiting.insert(ticket, waiter);
        receiver
    }

    /// A call waits no longer.
    pub(super) fn remove(&mut self, ticket: Ticket) {
        self.waiting.remove(&ticket);
    }

    /// Gives to the first who still waits; hands it back if there is none.
    pub(super) fn give(&mut self, mut granted: G) -> Result<(), G> {
        while let Some((_, waiter)) = self.waiting.pop_first() {
            match waiter.answer.send(Ok(granted)) {
                Ok(()) => return Ok(()),
                Err(Ok(back)) => granted = back,
                Err(Err(_)) => unreachable!("it was given, not refused"),
            }
        }
        Err(granted)
    }

    /// Hands the calls back that are as patient as this, and those that are less.
    pub(super) fn hand_back_up_to(&mut self, most: Patience, error: &E) {
        let (patient, impatient) = std::mem::take(&mut self.waiting)
            .into_iter()
            .partition(|(_, waiter)| waiter.patience > most);
        self.waiting = patient;
        hand_back(impatient, error);
    }

    /// Hands them all back.
    pub(super) fn hand_back_all(&mut self, error: &E) {
        hand_back(std::mem::take(&mut self.waiting), error);
    }
}

/// Tells them all the same reason, the first first.
fn hand_back<G, E: Clone>(waiting: BTreeMap<Ticket, Waiter<G, E>>, error: &E) {
    for waiter in waiting.into_values() {
        // Who does not listen any more has been dropped.
        drop(waiter.answer.send(Err(error.clone())));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Names = Queue<&'static str, &'static str>;

    /// Where the calls of a test get their tickets.
    #[derive(Default)]
    struct Calls(Tickets);

    impl Calls {
        fn push(&self, queue: &mut Names, patience: Patience) -> Waiting {
            let ticket = self.0.next();
            (ticket, queue.push(ticket, patience))
        }
    }

    type Waiting = (
        Ticket,
        oneshot::Receiver<Result<&'static str, &'static str>>,
    );

    #[test]
    fn first_come_first_served() {
        // A-116
        let (mut queue, calls) = (Names::new(), Calls::default());
        let mut waiting = [(); 3].map(|()| calls.push(&mut queue, Patience::FailFast).1);
        assert_eq!(queue.give("first"), Ok(()));
        assert_eq!(queue.give("second"), Ok(()));
        assert_eq!(waiting[0].try_recv(), Ok(Ok("first")));
        assert_eq!(waiting[1].try_recv(), Ok(Ok("second")));
        assert!(waiting[2].try_recv().is_err());
    }

    #[test]
    fn who_left_is_passed_over() {
        let (mut queue, calls) = (Names::new(), Calls::default());
        let (gone, dropped) = calls.push(&mut queue, Patience::FailFast);
        let (_, silent) = calls.push(&mut queue, Patience::FailFast);
        let (_, mut next) = calls.push(&mut queue, Patience::WaitForReady);
        queue.remove(gone);
        drop((dropped, silent));
        assert_eq!(queue.give("slot"), Ok(()));
        assert_eq!(next.try_recv(), Ok(Ok("slot")));
        assert_eq!(queue.give("slot"), Err("slot"));
        assert!(queue.is_empty());
    }

    #[test]
    fn who_comes_again_keeps_its_place() {
        // C-30
        let (mut queue, calls) = (Names::new(), Calls::default());
        let early = calls.0.next();
        let (_, mut late) = calls.push(&mut queue, Patience::FailFast);
        let mut early = queue.push(early, Patience::FailFast);
        queue.give("first").unwrap();
        assert_eq!(early.try_recv(), Ok(Ok("first")));
        assert!(late.try_recv().is_err());
    }

    #[test]
    fn calls_that_meet_in_one_queue_have_places_of_their_own() {
        // C-30: both were first in the queue where they were turned away.
        let (mut one, mut other, calls) = (Names::new(), Names::new(), Calls::default());
        let (first, gone) = calls.push(&mut one, Patience::FailFast);
        let (_, mut there) = calls.push(&mut other, Patience::FailFast);
        one.hand_back_all(&"closed");
        drop(gone);
        let mut first = other.push(first, Patience::FailFast);
        other.give("slot").unwrap();
        assert_eq!(first.try_recv(), Ok(Ok("slot")));
        assert!(there.try_recv().is_err());
        other.give("next").unwrap();
        assert_eq!(there.try_recv(), Ok(Ok("next")));
    }

    #[test]
    fn what_a_channel_asks_for_itself_goes_first_and_takes_nobodys_place() {
        // G-66: two watches, as of a connection and of that which takes its place, and the first call of the channel
        let mut queue = Names::new();
        let (calls, one, other) = (
            Calls::default(),
            Calls(Tickets::own()),
            Calls(Tickets::own()),
        );
        let (_, mut call) = calls.push(&mut queue, Patience::FailFast);
        let (own, mut first) = one.push(&mut queue, Patience::FailFast);
        let (_, mut second) = other.push(&mut queue, Patience::FailFast);
        assert_eq!(queue.len(), 3);
        assert!(own.is_own() && !Calls::default().0.next().is_own());
        queue.give("a").unwrap();
        queue.give("b").unwrap();
        let mut got = [first.try_recv().unwrap(), second.try_recv().unwrap()];
        got.sort_unstable();
        assert_eq!(got, [Ok("a"), Ok("b")]);
        assert!(call.try_recv().is_err());
        queue.give("c").unwrap();
        assert_eq!(call.try_recv(), Ok(Ok("c")));
    }

    #[test]
    fn a_failure_spares_the_patient() {
        // D-11, D-12, D-14
        let (mut queue, calls) = (Names::new(), Calls::default());
        let (_, mut impatient) = calls.push(&mut queue, Patience::FailFast);
        let (_, mut back) = calls.push(&mut queue, Patience::CameBack);
        let (_, mut patient) = calls.push(&mut queue, Patience::WaitForReady);
        queue.hand_back_up_to(Patience::FailFast, &"lost");
        assert_eq!(impatient.try_recv(), Ok(Err("lost")));
        assert!(back.try_recv().is_err());
        queue.hand_back_up_to(Patience::CameBack, &"refused");
        assert_eq!(back.try_recv(), Ok(Err("refused")));
        assert!(patient.try_recv().is_err() && !queue.is_empty());
        queue.hand_back_all(&"closed");
        assert_eq!(patient.try_recv(), Ok(Err("closed")));
        assert!(queue.is_empty());
    }
}

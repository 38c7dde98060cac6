//! The calls that wait for a connection or for a stream of one.
//!
//! Order is that of the tickets, and nothing else: a call that was turned away by a connection waits where it stood. Who is
//! dropped while it waits leaves; what it was just given goes to the next.

use std::collections::BTreeMap;

use tokio::sync::oneshot;

/// A call's place, by the order in which calls came. It keeps its place when it comes again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Ticket(u64);

/// What a call does when there is no connection and the last attempt failed; the less patient come first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Patience {
    /// It fails (D-11).
    FailFast,
    /// It came back from a connection: it waits for the next attempt, and fails with that (D-14).
    CameBack,
    /// It waits for the next (D-12).
    WaitForReady,
}

/// The calls that wait, first come first served. `G` is what they get, `E` why they do not.
#[derive(Debug)]
pub(super) struct Queue<G, E> {
    last: u64,
    waiting: BTreeMap<Ticket, Waiter<G, E>>,
}

#[derive(Debug)]
struct Waiter<G, E> {
    patience: Patience,
    answer: oneshot::Sender<Result<G, E>>,
}

impl<G, E: Clone> Queue<G, E> {
    pub(super) fn new() -> Self {
        Self {
            last: 0,
            waiting: BTreeMap::new(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// The next ticket.
    pub(super) fn ticket(&mut self) -> Ticket {
        self.last += 1;
        Ticket(self.last)
    }

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

    /// Fails the calls that are as patient as this, and those that are less.
    pub(super) fn fail_up_to(&mut self, most: Patience, error: &E) {
        let (patient, impatient) = std::mem::take(&mut self.waiting)
            .into_iter()
            .partition(|(_, waiter)| waiter.patience > most);
        self.waiting = patient;
        fail(impatient, error);
    }

    /// Fails them all.
    pub(super) fn fail_all(&mut self, error: &E) {
        fail(std::mem::take(&mut self.waiting), error);
    }
}

fn fail<G, E: Clone>(waiting: BTreeMap<Ticket, Waiter<G, E>>, error: &E) {
    for waiter in waiting.into_values() {
        // Who does not listen any more has been dropped.
        drop(waiter.answer.send(Err(error.clone())));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Names = Queue<&'static str, &'static str>;

    fn push(queue: &mut Names, patience: Patience) -> Waiting {
        let ticket = queue.ticket();
        (ticket, queue.push(ticket, patience))
    }

    type Waiting = (
        Ticket,
        oneshot::Receiver<Result<&'static str, &'static str>>,
    );

    #[test]
    fn first_come_first_served() {
        //
        let mut queue = Names::new();
        let mut calls = [(); 3].map(|()| push(&mut queue, Patience::FailFast).1);
        assert_eq!(queue.give("first"), Ok(()));
        assert_eq!(queue.give("second"), Ok(()));
        assert_eq!(calls[0].try_recv(), Ok(Ok("first")));
        assert_eq!(calls[1].try_recv(), Ok(Ok("second")));
        assert!(calls[2].try_recv().is_err());
    }

    #[test]
    fn who_left_is_passed_over() {
        let mut queue = Names::new();
        let (gone, dropped) = push(&mut queue, Patience::FailFast);
        let (_, silent) = push(&mut queue, Patience::FailFast);
        let (_, mut next) = push(&mut queue, Patience::WaitForReady);
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
        let mut queue = Names::new();
        let early = queue.ticket();
        let (_, mut late) = push(&mut queue, Patience::FailFast);
        let mut early = queue.push(early, Patience::FailFast);
        queue.give("first").unwrap();
        assert_eq!(early.try_recv(), Ok(Ok("first")));
        assert!(late.try_recv().is_err());
    }

    #[test]
    fn a_failure_spares_the_patient() {
        // D-11, D-12, D-14
        let mut queue = Names::new();
        let (_, mut impatient) = push(&mut queue, Patience::FailFast);
        let (_, mut back) = push(&mut queue, Patience::CameBack);
        let (_, mut patient) = push(&mut queue, Patience::WaitForReady);
        queue.fail_up_to(Patience::FailFast, &"lost");
        assert_eq!(impatient.try_recv(), Ok(Err("lost")));
        assert!(back.try_recv().is_err());
        queue.fail_up_to(Patience::CameBack, &"refused");
        assert_eq!(back.try_recv(), Ok(Err("refused")));
        assert!(patient.try_recv().is_err() && !queue.is_empty());
        queue.fail_all(&"closed");
        assert_eq!(patient.try_recv(), Ok(Err("closed")));
        assert!(queue.is_empty());
    }
}

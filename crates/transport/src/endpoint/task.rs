//! The task of an attempt to connect and of the connection that comes of it: the one thing that an endpoint spawns.
//!
//! ```text
//! due ─► dial ─► drive until the connection has ended
//!  │       │       └─ told: it leaves · it shows life again · how it ended
//!  │       └─ told: it failed, or here is a connection
//!  └─ ends without a word if nobody wants the attempt any more
//! ```
//!
//! That its end is told even when the task is dropped, as at the end of a runtime, is its witness's doing.

use std::{
    future::{Future, pending},
    pin::{Pin, pin},
    task::{Context, Poll},
    time::Duration,
};

use futures_util::{
    future::{Either, select},
    stream::{FuturesUnordered, StreamExt},
};
use tokio::{
    sync::watch,
    time::{Instant, sleep, sleep_until},
};

use super::{
    Prepare,
    dial::BoxFuture,
    life::Plan,
    pool::Id,
    shared::{Observer, Shared},
};
use crate::{
    RequestBody,
    connection::{Drive, Facts, Pulse},
};

/// Makes an attempt to connect, and becomes the task of the connection that comes of it.
///
/// It ends when the attempt is over or not wanted any more, and with the connection. It does not keep the endpoint.
pub(super) fn spawn<L, B>(observer: Observer<L, B>, plan: Plan, cut: watch::Receiver<bool>)
where
    L: Prepare<B>,
    B: RequestBody,
{
    // Made here, for a task may be dropped before its first poll.
    let witness = Witness {
        observer,
        id: plan.id,
        has_ended: false,
    };
    tokio::spawn(run(witness, plan, cut));
}

/// The whole of the task. The witness is told only of an end that was reached: all other ways out drop it.
async fn run<L, B>(mut witness: Witness<L, B>, mut plan: Plan, cut: watch::Receiver<bool>)
where
    L: Prepare<B>,
    B: RequestBody,
{
    if let Some(driver) = connect(&witness.observer, &mut plan).await {
        // From now on, only a cut ends it from outside.
        drop(plan);
        Serving::new(&witness, driver, cut).await;
    }
    witness.has_ended = true;
}

/// What seldom comes while a connection is driven.
enum Seldom {
    /// Running calls are to end.
    Cut,
    /// It is time to look whether the endpoint has been idle for long.
    Rest,
    /// The connection is as old as it may be.
    Aged,
}

/// Waits as long as a connection is to be used.
async fn aged(age: Duration) -> Seldom {
    sleep(age).await;
    Seldom::Aged
}

/// Waits until running calls are to end; for good, if nobody is left who could say so.
async fn told(mut cut: watch::Receiver<bool>) -> Seldom {
    let is_gone = cut.wait_for(|cut| *cut).await.is_err();
    if is_gone {
        pending::<()>().await;
    }
    Seldom::Cut
}

/// Waits for the time at which the endpoint wanted to be looked at.
async fn slept(until: Instant) -> Seldom {
    sleep_until(until).await;
    Seldom::Rest
}

/// Waits for its time and dials. `None` if nothing came of it, or nobody wants it.
async fn connect<L, B>(observer: &Observer<L, B>, plan: &mut Plan) -> Option<Pin<Box<dyn Drive>>>
where
    L: Prepare<B>,
    B: RequestBody,
{
    due(&mut plan.due).await?;
    let id = plan.id;
    let dial = observer.endpoint()?.begin(id)?;
    let dialed = match select(dial, pin!(closed(&mut plan.due))).await {
        Either::Left((dialed, _)) => dialed,
        Either::Right(_) => return None,
    };
    let endpoint = observer.endpoint()?;
    match dialed {
        Ok((connection, driver)) => {
            let (streams, pulse) = (driver.facts().streams, driver.pulse());
            let is_wanted = endpoint.connected(id, connection, streams, pulse);
            is_wanted.then_some(driver)
        }
        Err(error) => {
            endpoint.failed(id, error);
            None
        }
    }
}

/// Waits until the time that it says, which may change. `None` if it is closed.
///
/// The time may come closer while it waits, never recede.
async fn due(at: &mut watch::Receiver<Instant>) -> Option<()> {
    loop {
        let due = *at.borrow_and_update();
        if due <= Instant::now() {
            // A timer would take its millisecond.
            return at.has_changed().is_ok().then_some(());
        }
        let sleep = pin!(sleep_until(due));
        match select(sleep, pin!(at.changed())).await {
            Either::Left(_) => return Some(()),
            Either::Right((changed, _)) => changed.ok()?,
        }
    }
}

/// Waits until nobody wants the attempt any more; another time does not matter once it has begun.
async fn closed(at: &mut watch::Receiver<Instant>) {
    while at.changed().await.is_ok() {}
}

/// Tells the endpoint if the task is dropped before its end, with its runtime.
struct Witness<L: Prepare<B>, B: RequestBody> {
    /// Whom it tells; the endpoint may be gone by then.
    observer: Observer<L, B>,
    /// The attempt, and the connection that came of it.
    id: Id,
    /// Whether the task came to its end, which was told then.
    has_ended: bool,
}

impl<L: Prepare<B>, B: RequestBody> Drop for Witness<L, B> {
    fn drop(&mut self) {
        if !self.has_ended
            && let Some(endpoint) = self.observer.endpoint()
        {
            endpoint.stopped(self.id);
        }
    }
}

/// Drives a connection, and tells the endpoint how it stands.
struct Serving<'a, L: Prepare<B>, B: RequestBody> {
    observer: &'a Observer<L, B>,
    /// The connection.
    id: Id,
    /// What moves its bytes.
    driver: Pin<Box<dyn Drive>>,
    /// Says when it has shown life again.
    pulse: Pulse,
    /// What the endpoint knows of it.
    told: Facts,
    /// The driver is polled often, and these only when they are woken.
    seldom: FuturesUnordered<BoxFuture<Seldom>>,
}

impl<'a, L: Prepare<B>, B: RequestBody> Serving<'a, L, B> {
    /// Of a connection that the endpoint has just taken.
    ///
    /// It asks the endpoint at once how long the connection may live, and when it is to be looked at for rest.
    fn new(
        witness: &'a Witness<L, B>,
        driver: Pin<Box<dyn Drive>>,
        cut: watch::Receiver<bool>,
    ) -> Self {
        let Witness { observer, id, .. } = witness;
        let seldom = FuturesUnordered::new();
        seldom.push(Box::pin(told(cut)) as BoxFuture<Seldom>);
        let serving = Self {
            observer,
            id: *id,
            // As it was when it became ready: it may have ended since.
            told: Facts {
                is_open: true,
                ..driver.facts()
            },
            pulse: driver.pulse(),
            driver,
            seldom,
        };
        if let Some(age) = witness.observer.endpoint().and_then(|it| it.max_age()) {
            serving.seldom.push(Box::pin(aged(age)));
        }
        serving.rest();
        serving
    }

    /// Does what was asked for since the last poll, before the driver is polled: what it lets go of ends in this turn.
    fn poll_seldom(&mut self, cx: &mut Context<'_>) {
        while let Poll::Ready(Some(what)) = self.seldom.poll_next_unpin(cx) {
            match what {
                Seldom::Cut => self.driver.as_mut().shut_down(),
                Seldom::Rest => self.rest(),
                Seldom::Aged => {
                    if let Some(endpoint) = self.observer.endpoint() {
                        endpoint.aged(self.id);
                    }
                }
            }
        }
    }

    /// Lets the endpoint rest if it may, and looks again when it says; that may be never.
    fn rest(&self) {
        let endpoint = self.observer.endpoint();
        if let Some(at) = endpoint.and_then(|endpoint| endpoint.rest()) {
            self.seldom.push(Box::pin(slept(at)));
        }
    }

    /// Tells what the last poll of the driver changed.
    fn tell(&mut self) {
        if self.pulse.take_recovery()
            && let Some(endpoint) = self.observer.endpoint()
        {
            endpoint.recovered();
        }
        let facts = self.driver.facts();
        if facts == self.told {
            return;
        }
        if let Some(endpoint) = self.observer.endpoint() {
            self.tell_endpoint(&endpoint, facts);
        }
        self.told = facts;
    }

    /// Tells how many streams there are, or once that no more requests are taken.
    fn tell_endpoint(&mut self, endpoint: &Shared<L, B>, facts: Facts) {
        if facts.is_open {
            endpoint.set_streams(self.id, facts.streams);
        } else if self.told.is_open {
            endpoint.left(self.id, self.driver.as_mut().take_reason());
        }
    }
}

impl<L: Prepare<B>, B: RequestBody> Future for Serving<'_, L, B> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.poll_seldom(cx);
        let ended = self.driver.as_mut().poll(cx);
        self.tell();
        ended
    }
}

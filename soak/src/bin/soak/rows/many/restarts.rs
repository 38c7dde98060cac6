//! Servers that go in good order: restarted, replaced, drained.

use std::{
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
    time::Duration,
};

use fastrand::Rng;
use tokio::{
    sync::watch,
    time::{Instant, sleep},
};
use ziggurat::balance::RoundRobin;
use ziggurat_soak::Habits;

use super::{AMPLE, CALLS, Parts, is_even, since};
use crate::{
    fleet::{Fleet, House, balanced, told},
    load::Load,
    options::Options,
    report::Report,
    stage::{between, client},
    tally::Tally,
};

/// As many as a production has behind one name.
const SERVERS: usize = 50;

/// How many calls each of them has for its share to be told.
const EACH: usize = 100;

/// Calls take a moment, so that there are some at each server when it goes.
fn habits(options: &Options) -> Habits {
    let work = Duration::from_millis(1);
    Habits::new().work(work).seed(options.seed)
}

/// Each comes back at its address a moment later.
pub(crate) async fn rolled(options: Options) -> Report {
    let fleet = Fleet::of(SERVERS, &habits(&options), CALLS + options.calls).await;
    let mut parts = Parts::new(fleet.client(&options, RoundRobin::new()), &fleet);
    let mut dice = Rng::with_seed(options.seed);
    let start = Instant::now();
    let restarts = AtomicUsize::new(0);
    let restarting = async {
        for house in fleet.houses.iter().cycle() {
            house.drain().await;
            sleep(between(&mut dice, 20, 200)).await;
            house.up().await;
            restarts.fetch_add(1, Relaxed);
        }
    };
    let tally = tokio::select! {
        tally = calls(&options, &mut parts, &restarts) => tally,
        () = restarting => unreachable!("it goes on for ever"),
    };
    let took = start.elapsed();
    for house in &fleet.houses {
        house.up().await;
    }
    judge(tally, parts, &fleet, took, &restarts).await
}

/// Each has another in its place, of which the resolver hears a second later, with others.
pub(crate) async fn replaced(options: Options) -> Report {
    const TOLD_AT_ONCE: usize = 10;
    let mut fleet = Fleet::of(SERVERS, &habits(&options), CALLS + options.calls).await;
    let lists = watch::Sender::new(fleet.addresses());
    let channel = balanced(&options, told(&lists), RoundRobin::new());
    let mut parts = Parts::new(client(channel), &fleet);
    let start = Instant::now();
    let replaced = AtomicUsize::new(0);
    let mut old = Vec::new();
    let replacing = async {
        for number in 0..SERVERS {
            let new = House::build(habits(&options), &fleet.ledger).await;
            let new = new.expect("loopback has ports");
            let gone = std::mem::replace(&mut fleet.houses[number], new);
            gone.drain().await;
            old.push(gone);
            sleep(Duration::from_millis(100)).await;
            if (number + 1).is_multiple_of(TOLD_AT_ONCE) {
                lists.send_replace(fleet.addresses());
            }
            replaced.fetch_add(1, Relaxed);
        }
        std::future::pending::<()>().await;
    };
    let tally = tokio::select! {
        tally = calls(&options, &mut parts, &replaced) => tally,
        () = replacing => unreachable!("it goes on for ever"),
    };
    judge(tally, parts, &fleet, start.elapsed(), &replaced).await
}

/// Calls as long as there are some to make, or servers to restart.
async fn calls(options: &Options, parts: &mut Parts, restarts: &AtomicUsize) -> Tally {
    let mut tally = Tally::with_capacity(options.calls);
    while parts.next < options.calls || restarts.load(Relaxed) < SERVERS {
        let load = Load {
            // Some for each server.
            at_once: 128,
            ..Load::of(options.calls.div_ceil(10))
        };
        tally.join(parts.run(load).await);
    }
    tally
}

/// None fails, and in the end each server has its share again.
async fn judge(
    tally: Tally,
    mut parts: Parts,
    fleet: &Fleet,
    took: Duration,
    restarts: &AtomicUsize,
) -> Report {
    // Who has just come back is tried again after a pause.
    sleep(Duration::from_secs(1)).await;
    let before = fleet.begun();
    let after = parts.run(Load::of(SERVERS * EACH)).await;
    let shares = since(fleet, &before);
    let mut report = Report::new(tally, fleet.ledger.twice(), took);
    let restarts = restarts.load(Relaxed);
    report.note(format!("{restarts} restarts"));
    let connections: usize = fleet.houses.iter().map(|one| one.proxy.accepted()).sum();
    report.note(format!("{connections} connections"));
    let failed = report.tally().failed() + after.failed();
    report.expect(failed == 0, "no call fails");
    report.expect(restarts >= SERVERS, "each is restarted");
    report.expect(is_even(&shares), &format!("each has its share: {shares:?}"));
    report
}

/// One of three is drained, is away for a while, and comes back.
pub(crate) async fn drained(options: Options) -> Report {
    let fleet = Fleet::of(3, &habits(&options), CALLS).await;
    let mut parts = Parts::new(fleet.client(&options, RoundRobin::new()), &fleet);
    let part = (options.time / 4).max(Duration::from_secs(1));
    let start = Instant::now();
    // Those that connect are waited for, and not counted.
    let mut tally = parts.last(Duration::from_millis(500), AMPLE).await;
    let zero = fleet.begun();
    tally.join(parts.last(part, AMPLE).await);
    let before = since(&fleet, &zero);
    let moment = Duration::from_millis(100);
    tally.join(parts.beside(moment, fleet.houses[1].drain()).await);
    let zero = fleet.begun();
    tally.join(parts.last(part, AMPLE).await);
    let without = since(&fleet, &zero);
    let pause = Duration::from_secs(2);
    tally.join(parts.beside(pause, fleet.houses[1].up()).await);
    let zero = fleet.begun();
    tally.join(parts.last(part, AMPLE).await);
    let after = since(&fleet, &zero);
    let mut report = Report::new(tally, fleet.ledger.twice(), start.elapsed());
    report.note(format!("{before:?}, then {without:?}, then {after:?}"));
    let failed = report.tally().failed();
    report.expect(failed == 0, "no call fails");
    report.expect(is_even(&before), "a third each before");
    let others = [without[0], without[2]];
    report.expect(without[1] == 0, "none goes to the drained one");
    report.expect(is_even(&others), "half each meanwhile");
    report.expect(is_even(&after), "a third each after");
    report
}

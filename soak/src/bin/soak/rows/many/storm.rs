//! Everything at once, at each of several servers, while the resolver changes its mind.

use std::{net::SocketAddr, time::Duration};

use fastrand::Rng;
use futures_util::future::join_all;
use tokio::{
    sync::watch,
    time::{Instant, sleep},
};
use ziggurat::{Code, balance::LeastRequest};
use ziggurat_soak::{Age, Habits, Refusal};

use super::{
    super::storm::{GROWTH, blow, settled},
    Parts,
};
use crate::{
    fleet::{Fleet, balanced, told},
    gauge::Gauge,
    load::{Load, Patience},
    options::Options,
    report::Report,
    stage::{client, exponential},
    tally::Tally,
};

const SERVERS: usize = 6;

pub(crate) async fn over_all(options: Options) -> Report {
    let before = Gauge::now();
    let habits = Habits::new()
        .age(Age::Time(Duration::from_millis(200)))
        .refusal(Refusal::Once { percent: 5 })
        .seed(options.seed);
    let fleet = Fleet::of(SERVERS, &habits, options.calls).await;
    let addresses = fleet.addresses();
    let lists = watch::Sender::new(addresses.clone());
    let mut parts = Parts::new(
        client(balanced(&options, told(&lists), LeastRequest::new())),
        &fleet,
    );
    let start = Instant::now();
    let seeds = (1..).map(|number| options.seed.wrapping_add(number));
    let winds = fleet.houses.iter().zip(seeds);
    let winds = winds.map(|(house, seed)| blow(&house.proxy, &house.server, Rng::with_seed(seed)));
    let (tally, warm, hot) = tokio::select! {
        counted = calls(&mut parts, options.calls) => counted,
        _ = join_all(winds) => unreachable!("they go on for ever"),
        () = rename(&lists, &addresses, Rng::with_seed(options.seed)) => unreachable!("so does this"),
    };
    let twice = fleet.ledger.twice();
    let connections: usize = fleet
        .houses
        .iter()
        .map(|house| house.proxy.accepted())
        .sum();
    let took = start.elapsed();
    drop((parts, fleet, lists));
    let after = settled(before).await;
    let mut report = Report::new(tally, twice, took);
    report.note(format!("{connections} connections"));
    let tally = report.tally();
    let (safe, unavailable) = (tally.safe, tally.all_failed_as(Code::Unavailable));
    let (unconnected, turned_away) = (tally.unconnected, tally.turned_away);
    report.note(format!("{unconnected} while there was no server"));
    report.note(format!("{turned_away} turned away twice"));
    report.note(format!("memory {} → {} KiB", warm.memory, hot.memory));
    report.note(format!("files {} → {}", before.files, after.files));
    report.note(format!("tasks {} → {}", before.tasks, after.tasks));
    report.expect(safe == 0, "none lost that was safe to send again");
    report.expect(unavailable, "UNAVAILABLE");
    report.expect(hot.memory <= warm.memory + GROWTH, "memory does not grow");
    report.expect(after.files <= before.files, "no file descriptor is left");
    report.expect(after.tasks <= before.tasks, "no task is left");
    report
}

/// Makes the calls in quarters, and looks at the process after the first and the last.
async fn calls(parts: &mut Parts, calls: usize) -> (Tally, Gauge, Gauge) {
    let mut tally = Tally::with_capacity(calls);
    let mut warm = Gauge::default();
    for quarter in 0..4 {
        let load = Load {
            patience: Patience::Half,
            ..Load::of(calls / 4)
        };
        tally.join(parts.run(load).await);
        if quarter == 0 {
            warm = Gauge::now();
        }
    }
    (tally, warm, Gauge::now())
}

/// Names some of the servers, at least one, in an order by chance.
async fn rename(lists: &watch::Sender<Vec<SocketAddr>>, all: &[SocketAddr], mut dice: Rng) {
    loop {
        sleep(exponential(&mut dice, Duration::from_millis(50))).await;
        let mut some = all.to_vec();
        dice.shuffle(&mut some);
        some.truncate(dice.usize(1..=all.len()));
        lists.send_replace(some);
    }
}

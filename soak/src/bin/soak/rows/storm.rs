//! Everything at once, for long, and what is left of it.

use std::time::Duration;

use fastrand::Rng;
use tokio::time::{Instant, sleep};
use ziggurat::Code;
use ziggurat_soak::{Age, Habits, Refusal, Server};
use ziggurat_testing::proxy::{Fault, Plan, Proxy};

use crate::{
    gauge::Gauge,
    load::{Load, Patience},
    options::Options,
    report::Report,
    stage::{Stage, between, exponential},
};

/// What memory may grow by from the first quarter of the calls to the last, in KiB.
pub(super) const GROWTH: u64 = 8 * 1024;

pub(crate) async fn storm(options: Options) -> Report {
    let before = Gauge::now();
    let habits = Habits::new()
        .age(Age::Time(Duration::from_millis(200)))
        .refusal(Refusal::Once { percent: 5 })
        .seed(options.seed);
    let stage = Stage::set(&options, habits, options.calls).await;
    let start = Instant::now();
    let (tally, warm, hot) = tokio::select! {
        counted = calls(&stage, options.calls) => counted,
        () = blow(&stage.proxy, &stage.server, Rng::with_seed(options.seed)) => unreachable!("it goes on for ever"),
    };
    let mut report = Report::new(tally, stage.ledger.twice(), start.elapsed());
    report.note(format!("{} connections", stage.proxy.accepted()));
    let tally = report.tally();
    let (safe, unavailable) = (tally.safe, tally.all_failed_as(Code::Unavailable));
    let (unconnected, turned_away) = (tally.unconnected, tally.turned_away);
    report.note(format!("{unconnected} while there was no server"));
    report.note(format!("{turned_away} turned away twice"));
    report.expect(safe == 0, "none lost that was safe to send again");
    report.expect(unavailable, "UNAVAILABLE");
    drop(stage);
    let after = settled(before).await;
    report.note(format!("memory {} → {} KiB", warm.memory, hot.memory));
    report.note(format!("files {} → {}", before.files, after.files));
    report.note(format!("tasks {} → {}", before.tasks, after.tasks));
    report.expect(hot.memory <= warm.memory + GROWTH, "memory does not grow");
    report.expect(after.files <= before.files, "no file descriptor is left");
    report.expect(after.tasks <= before.tasks, "no task is left");
    report
}

/// Makes the calls in quarters, and looks at the process after the first and the last.
async fn calls(stage: &Stage, calls: usize) -> (crate::tally::Tally, Gauge, Gauge) {
    let quarter = calls / 4;
    let mut tally = crate::tally::Tally::with_capacity(calls);
    let mut warm = Gauge::default();
    for first in [0, quarter, 2 * quarter, 3 * quarter] {
        let load = Load {
            first,
            patience: Patience::Half,
            ..Load::of(quarter)
        };
        tally.join(load.run(&stage.client, &stage.ledger).await);
        if first == 0 {
            warm = Gauge::now();
        }
    }
    (tally, warm, Gauge::now())
}

/// Breaks something every few hundred milliseconds.
pub(super) async fn blow(proxy: &Proxy, server: &Server, mut dice: Rng) {
    loop {
        sleep(exponential(&mut dice, Duration::from_millis(150))).await;
        match dice.u8(..8) {
            0 => {
                proxy.down().await.expect("the port is ours");
                sleep(between(&mut dice, 20, 200)).await;
                proxy.up().await.expect("the port is ours");
            }
            1 => {
                proxy.refuse().await.expect("the port is ours");
                server.drain();
                sleep(between(&mut dice, 20, 200)).await;
                proxy.up().await.expect("the port is ours");
            }
            2 => {
                proxy.set(Fault::Stall);
                sleep(between(&mut dice, 5, 50)).await;
                proxy.set(Fault::None);
            }
            3 => {
                let pause = Duration::from_millis(1);
                proxy.set(Fault::Slow { bytes: 500, pause });
                sleep(between(&mut dice, 20, 100)).await;
                proxy.set(Fault::None);
            }
            4 => proxy.strike(Fault::Reset),
            5 => proxy.strike(Fault::Close),
            6 => server.drain(),
            _ => {
                let bytes = dice.u64(..20_000);
                proxy.plan(move |number| match number % 2 {
                    0 => Fault::Reset.after(bytes),
                    _ => Plan::default(),
                });
            }
        }
    }
}

/// Looks at the process when what was let go is gone, or after a while.
pub(super) async fn settled(before: Gauge) -> Gauge {
    let start = Instant::now();
    loop {
        let now = Gauge::now();
        let is_gone = now.files <= before.files && now.tasks <= before.tasks;
        if is_gone || start.elapsed() > Duration::from_secs(10) {
            return now;
        }
        sleep(Duration::from_millis(20)).await;
    }
}

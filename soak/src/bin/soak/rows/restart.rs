//! Servers that go and come back, and those that are not there.

use std::{sync::Arc, time::Duration};

use fastrand::Rng;
use tokio::{
    task::JoinHandle,
    time::{Instant, sleep},
};
use ziggurat::{Code, channel::Builder};
use ziggurat_soak::{Habits, Ledger};
use ziggurat_testing::proxy::Fault;

use super::again::Answers;
use crate::{
    load::{Load, Patience},
    options::Options,
    report::{Report, millis},
    stage::{Stage, Stub, between},
    tally::Tally,
};

/// More calls than there is time for.
const CALLS: usize = 1_000_000;

/// Calls for as long as the row takes, each a moment after the last.
fn timed(options: &Options, patience: Patience) -> Load {
    Load {
        patience,
        pause: Duration::from_millis(1),
        until: Some(Instant::now() + options.time),
        ..Load::of(CALLS)
    }
}

pub(crate) async fn killed(options: Options) -> Report {
    let kills = Kills::endured(&options, |builder| builder).await;
    let (recovery, median) = (kills.recovery(), kills.median());
    let mut report = Report::new(kills.tally, kills.stage.ledger.twice(), kills.took);
    report.note(recovery);
    report.expect(
        median < Duration::from_millis(150),
        "median recovery < 150 ms",
    );
    let unavailable = report.tally().all_failed_as(Code::Unavailable);
    report.expect(unavailable, "UNAVAILABLE");
    report
}

pub(crate) async fn killed_retried(options: Options) -> Report {
    let answers = Answers::default();
    let kills = Kills::endured(&options, |builder| answers.of(builder)).await;
    let recovery = kills.recovery();
    let mut report = answers.judge(kills.tally, &kills.stage.ledger, kills.took);
    report.note(recovery);
    report
}

/// A server that is killed each second, and what became of the calls beside it.
struct Kills {
    stage: Stage,
    tally: Tally,
    took: Duration,
    /// How long it took after each return until a call was begun, the shortest first.
    recovered: Vec<Duration>,
}

impl Kills {
    async fn endured(options: &Options, settings: impl FnOnce(Builder) -> Builder) -> Self {
        let stage = Stage::set_with(options, Habits::new(), CALLS, settings).await;
        let calls = Calls::start(&stage, timed(options, Patience::None));
        let mut dice = Rng::with_seed(options.seed);
        let start = Instant::now();
        let mut recovered = Vec::new();
        sleep(Duration::from_millis(500)).await;
        while start.elapsed() + Duration::from_secs(1) < options.time {
            stage.proxy.down().await.expect("the port is ours");
            sleep(between(&mut dice, 20, 200)).await;
            stage.proxy.up().await.expect("the port is ours");
            let (back, before) = (Instant::now(), stage.ledger.total());
            while stage.ledger.total() == before && back.elapsed() < Duration::from_secs(1) {
                sleep(Duration::from_millis(1)).await;
            }
            recovered.push(back.elapsed());
            sleep(Duration::from_secs(1).saturating_sub(back.elapsed())).await;
        }
        recovered.sort_unstable();
        let tally = calls.end().await;
        let took = start.elapsed();
        Self {
            stage,
            tally,
            took,
            recovered,
        }
    }

    fn median(&self) -> Duration {
        let middle = self.recovered.get(self.recovered.len() / 2);
        middle.copied().unwrap_or_default()
    }

    fn recovery(&self) -> String {
        let (restarts, median) = (self.recovered.len(), millis(self.median()));
        format!("{restarts} restarts, median recovery {median}")
    }
}

pub(crate) async fn graceful(options: Options) -> Report {
    let stage = Stage::set(
        &options,
        Habits::new().work(Duration::from_millis(1)),
        CALLS,
    )
    .await;
    let calls = Calls::start(&stage, timed(&options, Patience::All));
    let mut dice = Rng::with_seed(options.seed);
    let start = Instant::now();
    let mut restarts = 0;
    while start.elapsed() + Duration::from_secs(1) < options.time {
        sleep(Duration::from_millis(800)).await;
        stage.proxy.refuse().await.expect("the port is ours");
        stage.server.drain();
        sleep(between(&mut dice, 20, 200)).await;
        stage.proxy.up().await.expect("the port is ours");
        restarts += 1;
    }
    let tally = calls.end().await;
    let mut report = Report::new(tally, stage.ledger.twice(), start.elapsed());
    report.note(format!("{restarts} restarts"));
    let failed = report.tally().failed();
    report.expect(failed == 0, "no call fails");
    report
}

/// Calls that are made beside what happens to the server.
struct Calls(JoinHandle<Tally>);

impl Calls {
    fn start(stage: &Stage, load: Load) -> Self {
        let (client, ledger): (Stub, Arc<Ledger>) =
            (stage.client.clone(), Arc::clone(&stage.ledger));
        Self(tokio::spawn(
            async move { load.run(&client, &ledger).await },
        ))
    }

    async fn end(self) -> Tally {
        self.0.await.expect("no call panics")
    }
}

/// Calls go on all the time, and connections must not.
pub(crate) async fn resetting(options: Options) -> Report {
    let stage = Stage::set(&options, Habits::new(), CALLS).await;
    stage.proxy.set(Fault::Reset);
    let start = Instant::now();
    let tally = timed(&options, Patience::None)
        .run(&stage.client, &stage.ledger)
        .await;
    let mut report = Report::new(tally, stage.ledger.twice(), start.elapsed());
    let connects = stage.proxy.accepted();
    report.note(format!("{connects} connects"));
    let seconds = usize::try_from(options.time.as_secs()).unwrap_or(usize::MAX);
    report.expect(connects <= seconds.max(2), "at most one connect per second");
    let unavailable = report.tally().all_failed_as(Code::Unavailable);
    report.expect(unavailable, "UNAVAILABLE");
    report
}

/// A connection goes silent while others can be made, and there is no keepalive.
pub(crate) async fn half_open(options: Options) -> Report {
    const WARM: usize = 100;
    let expiry = Duration::from_secs(1);
    let rounds = if options.is_timed() { 5 } else { 2 };
    let stage = Stage::set(
        &options,
        Habits::new().seed(options.seed),
        rounds * (WARM + 2),
    )
    .await;
    let (mut tally, mut next) = (Tally::default(), Tally::default());
    let start = Instant::now();
    for round in 0..rounds {
        let load = |first, calls| Load {
            first: round * (WARM + 2) + first,
            calls,
            at_once: calls.min(8),
            ..Load::of(calls)
        };
        tally.join(load(0, WARM).run(&stage.client, &stage.ledger).await);
        stage.proxy.strike(Fault::Swallow);
        let silent = Load {
            deadline: expiry,
            ..load(WARM, 1)
        };
        tally.join(silent.run(&stage.client, &stage.ledger).await);
        next.join(load(WARM + 1, 1).run(&stage.client, &stage.ledger).await);
    }
    let (worst, served) = (next.took(1000), next.ok);
    tally.join(next);
    let mut report = Report::new(tally, stage.ledger.twice(), start.elapsed());
    report.note(format!("the next call at most {}", millis(worst)));
    let (expired, failed) = (report.tally().expired, report.tally().failed());
    report.expect(
        expired == rounds && failed == rounds,
        "only those expire that find it out",
    );
    report.expect(served == rounds, "the next is served");
    let most = Duration::from_millis(100);
    let is_in_time = options.is_in_time(worst, most);
    report.expect(is_in_time, "within the time to connect");
    report
}

//! Connections that break.

use std::time::Duration;

use fastrand::Rng;
use tokio::time::{Instant, sleep};
use ziggurat::Code;
use ziggurat_soak::Habits;

use crate::{
    load::Load,
    options::Options,
    report::Report,
    stage::{Stage, builder, client, exponential},
    tally::Tally,
};

pub(crate) async fn reset(options: Options) -> Report {
    let calls = options.few_calls();
    let stage = Stage::set(Habits::new(), calls).await;
    let client = client(builder(&stage.server.url()));
    let start = Instant::now();
    let mut dice = Rng::with_seed(options.seed);
    let chance = async {
        loop {
            sleep(exponential(&mut dice, Duration::from_millis(100))).await;
            stage.server.reset();
        }
    };
    let tally = tokio::select! {
        tally = Load::of(calls).run(&client, &stage.ledger) => tally,
        () = chance => unreachable!("it goes on for ever"),
    };
    judge(tally, &stage, start.elapsed())
}

pub(crate) async fn cut(options: Options) -> Report {
    let calls = options.few_calls();
    let habits = Habits::new().cut(20_000).seed(options.seed);
    let stage = Stage::set(habits, calls).await;
    let client = client(builder(&stage.server.url()));
    let start = Instant::now();
    let tally = Load::of(calls).run(&client, &stage.ledger).await;
    judge(tally, &stage, start.elapsed())
}

/// What a broken connection may cost.
fn judge(tally: Tally, stage: &Stage, took: Duration) -> Report {
    let mut report = Report::new(tally, stage.ledger.twice(), took);
    report.note(format!("{} connections", stage.server.accepted()));
    let safe = report.tally().safe;
    report.expect(safe == 0, "none lost that was safe to send again");
    let unavailable = report.tally().all_failed_as(Code::Unavailable);
    report.expect(unavailable, "UNAVAILABLE");
    report
}

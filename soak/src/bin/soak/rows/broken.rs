//! Connections that break.

use std::time::Duration;

use fastrand::Rng;
use tokio::time::{Instant, sleep};
use ziggurat::{Code, channel::Builder};
use ziggurat_soak::Habits;

use super::again::Answers;
use crate::{
    load::Load,
    options::Options,
    report::Report,
    stage::{Stage, builder, client, exponential},
    tally::Tally,
};

/// Calls that some connections break beside, in a short run too.
const LEAST: usize = 4_000;

pub(crate) async fn reset(options: Options) -> Report {
    let load = long_enough(&options);
    let (stage, tally, took) = resets(&options, load, |builder| builder).await;
    judge(tally, &stage, took)
}

pub(crate) async fn reset_retried(options: Options) -> Report {
    let answers = Answers::default();
    let load = long_enough(&options);
    let (stage, tally, took) = resets(&options, load, |builder| answers.of(builder)).await;
    answers.judge(tally, &stage.ledger, took)
}

pub(crate) async fn cut(options: Options) -> Report {
    let load = Load::of(options.few_calls().max(LEAST));
    let (stage, tally, took) = cuts(&options, load, |builder| builder).await;
    judge(tally, &stage, took)
}

pub(crate) async fn cut_retried(options: Options) -> Report {
    let answers = Answers::default();
    let load = Load::of(options.few_calls().max(LEAST));
    let (stage, tally, took) = cuts(&options, load, |builder| answers.of(builder)).await;
    answers.judge(tally, &stage.ledger, took)
}

/// For some resets, however quick the calls are.
fn long_enough(options: &Options) -> Load {
    Load {
        pause: Duration::from_millis(5),
        ..Load::of(options.few_calls().max(LEAST))
    }
}

async fn resets(
    options: &Options,
    load: Load,
    settings: impl FnOnce(Builder) -> Builder,
) -> (Stage, Tally, Duration) {
    let stage = Stage::set(options, Habits::new(), load.calls).await;
    let client = client(settings(builder(options, &stage.server.url())));
    let start = Instant::now();
    let mut dice = Rng::with_seed(options.seed);
    let chance = async {
        loop {
            sleep(exponential(&mut dice, Duration::from_millis(100))).await;
            stage.server.reset();
        }
    };
    let tally = tokio::select! {
        tally = load.run(&client, &stage.ledger) => tally,
        () = chance => unreachable!("it goes on for ever"),
    };
    (stage, tally, start.elapsed())
}

async fn cuts(
    options: &Options,
    load: Load,
    settings: impl FnOnce(Builder) -> Builder,
) -> (Stage, Tally, Duration) {
    let habits = Habits::new().cut(20_000).seed(options.seed);
    let stage = Stage::set(options, habits, load.calls).await;
    let client = client(settings(builder(options, &stage.server.url())));
    let start = Instant::now();
    let tally = load.run(&client, &stage.ledger).await;
    (stage, tally, start.elapsed())
}

/// What a broken connection may cost.
fn judge(tally: Tally, stage: &Stage, took: Duration) -> Report {
    let mut report = Report::new(tally, stage.ledger.twice(), took);
    report.note(format!("{} connections", stage.server.accepted()));
    report.expect(stage.server.accepted() > 1, "connections broke");
    let safe = report.tally().safe;
    report.expect(safe == 0, "none lost that was safe to send again");
    let unavailable = report.tally().all_failed_as(Code::Unavailable);
    report.expect(unavailable, "UNAVAILABLE");
    report
}

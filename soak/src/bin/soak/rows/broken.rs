//! Connections that break.

use std::time::Duration;

use fastrand::Rng;
use tokio::time::{Instant, sleep};
use ziggurat::Code;
use ziggurat_soak::Habits;
use ziggurat_testing::proxy::Fault;

use crate::{
    load::Load,
    options::Options,
    report::Report,
    stage::{Stage, exponential},
};

/// How many bytes of the server pass on average before a connection is cut.
const CUT: f64 = 20_000.0;

pub(crate) async fn reset(options: Options) -> Report {
    let calls = options.few_calls();
    let stage = Stage::set(Habits::new(), calls).await;
    let start = Instant::now();
    let mut dice = Rng::with_seed(options.seed);
    let chance = async {
        loop {
            sleep(exponential(&mut dice, Duration::from_millis(100))).await;
            stage.proxy.strike(Fault::Reset);
        }
    };
    let tally = tokio::select! {
        tally = Load::of(calls).run(&stage.client, &stage.ledger) => tally,
        () = chance => unreachable!("it goes on for ever"),
    };
    let mut report = Report::new(tally, stage.ledger.twice(), start.elapsed());
    report.note(format!("{} connections", stage.proxy.accepted()));
    let (lost, calls) = (report.tally().lost, report.tally().calls());
    report.expect(lost * 1000 <= calls, "at most 0.1 % lost");
    let unavailable = report.tally().all_failed_as(Code::Unavailable);
    report.expect(unavailable, "UNAVAILABLE");
    report
}

pub(crate) async fn cut(options: Options) -> Report {
    let calls = options.few_calls();
    let stage = Stage::set(Habits::new(), calls).await;
    let mut dice = Rng::with_seed(options.seed);
    stage.proxy.plan(move |_| {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let bytes = (CUT * -(1.0 - dice.f64()).ln()) as u64;
        if dice.bool() {
            Fault::Close.after(bytes)
        } else {
            Fault::Reset.after(bytes)
        }
    });
    let start = Instant::now();
    let tally = Load::of(calls).run(&stage.client, &stage.ledger).await;
    let mut report = Report::new(tally, stage.ledger.twice(), start.elapsed());
    report.note(format!("{} connections", stage.proxy.accepted()));
    let lost = report.tally().lost;
    report.expect(lost == 0, "none lost");
    let unavailable = report.tally().all_failed_as(Code::Unavailable);
    report.expect(unavailable, "UNAVAILABLE");
    report
}

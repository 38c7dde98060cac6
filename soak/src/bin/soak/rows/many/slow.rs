//! Servers that are not equally quick.

use std::time::Duration;

use tokio::time::Instant;
use ziggurat::balance::{LeastRequest, Policy, RoundRobin};
use ziggurat_soak::Habits;

use super::{Parts, since};
use crate::{
    fleet::Fleet,
    load::Load,
    options::Options,
    report::{Report, millis},
    tally::Tally,
};

const SERVERS: usize = 10;

/// The last of ten takes ten times as long, and each works on four calls at once: others wait for their turn.
fn habits() -> impl Iterator<Item = Habits> {
    (1..=SERVERS).map(|number| {
        let factor = if number == SERVERS { 10 } else { 1 };
        Habits::new()
            .work(factor * Duration::from_millis(5))
            .workers(4)
    })
}

/// Nobody is turned away, but who comes to the slow one waits; the fewer the better.
pub(crate) async fn one(options: Options) -> Report {
    let start = Instant::now();
    let (round_robin, of_slow, _) = calls(&options, RoundRobin::new()).await;
    let (tally, few_of_slow, twice) = calls(&options, LeastRequest::new()).await;
    let (slow, quick) = (round_robin.took(990), tally.took(990));
    let failed = round_robin.failed() + tally.failed();
    let mut report = Report::new(tally, twice, start.elapsed());
    report.note(format!(
        "round_robin {}, {of_slow} to the slow one",
        millis(slow)
    ));
    report.note(format!("least_request {}, {few_of_slow}", millis(quick)));
    report.expect(failed == 0, "no call fails");
    report.expect(options.is_in_time(quick, slow / 2), "at most half");
    report
}

/// With a policy: what became of them, how many the slow one had, and how many were done twice.
async fn calls(options: &Options, policy: impl Policy) -> (Tally, usize, usize) {
    let calls = options.few_calls().min(10_000);
    let warm = SERVERS * 10;
    let fleet = Fleet::each(habits(), calls + warm).await;
    let mut parts = Parts::new(fleet.client(options, policy), &fleet);
    // Until all are connected.
    parts.run(Load::of(warm)).await;
    let zero = fleet.begun();
    let tally = parts.run(Load::of(calls)).await;
    let of_slow = since(&fleet, &zero)[SERVERS - 1];
    (tally, of_slow, fleet.ledger.twice())
}

//! One server of three fails, and the others serve all.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use tokio::time::Instant;
use ziggurat::{
    Code,
    balance::{Fixed, OutlierDetection, RoundRobin},
    channel::{Builder, KeepaliveOptions},
};
use ziggurat_soak::Habits;
use ziggurat_testing::proxy::Fault;

use super::{AMPLE, CALLS, Parts, is_even, since};
use crate::{
    fleet::{Fleet, balanced},
    options::Options,
    report::Report,
    stage::client,
};

/// Nobody listens at one from the start; it comes up, and is killed.
pub(crate) async fn refuses(options: Options) -> Report {
    // So that there are calls at it when it is killed.
    let habits = Habits::new().work(Duration::from_millis(1));
    let fleet = Fleet::of(3, &habits, CALLS).await;
    let mut parts = Parts::new(fleet.client(&options, RoundRobin::new()), &fleet);
    let part = (options.time / 3).max(2 * SECOND);
    let start = Instant::now();
    fleet.houses[1].kill().await;
    let mut tally = parts.last(SECOND, AMPLE).await;
    let at_the_start = tally.failed();
    let mut after = parts.last(part, AMPLE).await;
    after.join(parts.beside(SECOND, fleet.houses[1].up()).await);
    // The pauses between attempts have grown.
    let back = Instant::now();
    while fleet.houses[1].begun() == 0 && back.elapsed() < 10 * SECOND {
        after.join(parts.last(SECOND, AMPLE).await);
    }
    let zero = fleet.begun();
    after.join(parts.last(SECOND, AMPLE).await);
    let back = since(&fleet, &zero);
    let killed = parts.beside(SECOND, fleet.houses[1].kill()).await;
    let at_the_kill = killed.failed();
    tally.join(killed);
    after.join(parts.last(part, AMPLE).await);
    let later = after.failed();
    tally.join(after);
    let mut report = Report::new(tally, fleet.ledger.twice(), start.elapsed());
    report.note(format!("{at_the_kill} failed within a second of the kill"));
    report.expect(at_the_start == 0, "none fails at the start");
    report.expect(at_the_kill > 0, "it is killed beside calls");
    report.expect(later == 0, &format!("{later} fail after the first second"));
    report.expect(is_even(&back), &format!("a third each between: {back:?}"));
    judge(&mut report);
    report
}

const SECOND: Duration = Duration::from_secs(1);

/// It is open, and nothing comes from it any more.
pub(crate) async fn silent(options: Options) -> Report {
    falls_silent(&options, SECOND, 2 * SECOND, |builder| builder).await
}

pub(crate) async fn silent_with_keepalive(options: Options) -> Report {
    let keepalive = KeepaliveOptions::every(10 * SECOND).timeout(SECOND);
    let with = |builder: Builder| builder.keepalive(keepalive);
    falls_silent(&options, 20 * SECOND, 12 * SECOND, with).await
}

async fn falls_silent(
    options: &Options,
    deadline: Duration,
    found_after: Duration,
    settings: impl FnOnce(Builder) -> Builder,
) -> Report {
    let fleet = Fleet::of(3, &Habits::new(), CALLS).await;
    let all = Fixed::new(fleet.addresses()).expect("there are some");
    let channel = settings(balanced(options, all, RoundRobin::new()));
    let mut parts = Parts::new(client(channel), &fleet);
    let start = Instant::now();
    let mut tally = parts.last(SECOND, deadline).await;
    let failed = tally.failed();
    fleet.houses[1].proxy.set(Fault::Swallow);
    let unnoticed = parts.last(found_after, deadline).await;
    let at_first = unnoticed.failed();
    tally.join(unnoticed);
    let after = parts.last(options.time / 2, deadline).await;
    let later = after.failed();
    tally.join(after);
    let mut report = Report::new(tally, fleet.ledger.twice(), start.elapsed());
    report.note(format!("{at_first} failed before it was found"));
    report.expect(failed == 0, "none fails before");
    report.expect(at_first > 0, "it is one that calls go to");
    report.expect(later == 0, &format!("{later} fail afterwards"));
    judge(&mut report);
    report
}

/// One of six fails all calls, and is well again while it is ejected.
pub(crate) async fn ejected(options: Options) -> Report {
    const BASE: Duration = Duration::from_secs(5);
    // One interval in which it begins to fail, and one in which it does nothing else.
    const FOUND: Duration = Duration::from_millis(2_500);
    let is_failing = Arc::new(AtomicBool::new(false));
    let bad = Habits::new().failing(Arc::clone(&is_failing));
    let good = std::iter::repeat_n(Habits::new(), 5);
    let fleet = Fleet::each(std::iter::once(bad).chain(good), CALLS).await;
    let outliers = OutlierDetection::new()
        .interval(SECOND)
        .base_ejection_time(BASE);
    let all = Fixed::new(fleet.addresses()).expect("there are some");
    let channel = balanced(&options, all, RoundRobin::new()).outlier_detection(outliers);
    let mut parts = Parts::new(client(channel), &fleet);
    let start = Instant::now();
    let mut good = parts.last(2 * SECOND, AMPLE).await;
    is_failing.store(true, Relaxed);
    let found = parts.last(FOUND, AMPLE).await;
    is_failing.store(false, Relaxed);
    let zero = fleet.begun();
    // It has been ejected for as long as it failed at the most, and comes back later than this.
    good.join(parts.last(2 * SECOND, AMPLE).await);
    let without = since(&fleet, &zero);
    good.join(parts.last(5 * SECOND, AMPLE).await);
    let zero = fleet.begun();
    good.join(parts.last(2 * SECOND, AMPLE).await);
    let after = since(&fleet, &zero);
    let (failed, at_first) = (good.failed(), found.failed());
    good.join(found);
    let mut report = Report::new(good, fleet.ledger.twice(), start.elapsed());
    report.note(format!("{at_first} failed before it was ejected"));
    report.expect(at_first > 0, "it is one that calls go to");
    report.expect(failed == 0, &format!("{failed} fail otherwise"));
    report.expect(without[0] == 0, "none goes to it");
    report.expect(
        is_even(&without[1..]),
        &format!("a fifth each: {without:?}"),
    );
    report.expect(is_even(&after), &format!("a sixth each after: {after:?}"));
    judge(&mut report);
    report
}

fn judge(report: &mut Report) {
    let tally = report.tally();
    let mut codes = tally.codes().keys();
    let is_known = codes.all(|code| {
        [Code::Unavailable, Code::DeadlineExceeded]
            .iter()
            .any(|known| *code == format!("{known:?}"))
    });
    let safe = tally.safe;
    report.expect(is_known, "UNAVAILABLE or DEADLINE_EXCEEDED");
    report.expect(safe == 0, "none lost that was safe to send again");
}

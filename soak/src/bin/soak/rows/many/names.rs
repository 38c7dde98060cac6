//! What a resolver tells, and when.

use std::{
    convert::Infallible,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use tokio::time::{Instant, sleep};
use ziggurat::{
    Client,
    balance::{RoundRobin, resolve::Polled},
    channel::State,
};
use ziggurat_soak::Habits;

use super::{AMPLE, CALLS, Parts};
use crate::{
    fleet::{Fleet, House, balanced},
    load::Load,
    options::Options,
    report::{Report, millis},
    stage::client,
    tally::Tally,
};

/// The shortest that a resolver may have.
const INTERVAL: Duration = Duration::from_secs(5);

/// A third server is started behind the name of two, right after the name was looked up.
pub(crate) async fn joined(options: Options) -> Report {
    let mut fleet = Fleet::of(2, &Habits::new(), CALLS).await;
    let names = Arc::new(Mutex::new(fleet.addresses()));
    let lookups = Arc::new(AtomicUsize::new(0));
    let registry = {
        let (names, lookups) = (Arc::clone(&names), Arc::clone(&lookups));
        Polled::new(move || {
            lookups.fetch_add(1, Relaxed);
            let found = names.lock().unwrap_or_else(PoisonError::into_inner).clone();
            async { Ok::<_, Infallible>(found) }
        })
    };
    let registry = registry.refresh_interval(INTERVAL);
    let mut parts = Parts::new(
        client(balanced(&options, registry, RoundRobin::new())),
        &fleet,
    );
    let start = Instant::now();
    let mut tally = parts.last(Duration::from_millis(500), AMPLE).await;
    let new = House::build(Habits::new(), &fleet.ledger).await;
    fleet.houses.push(new.expect("loopback has ports"));
    *names.lock().unwrap_or_else(PoisonError::into_inner) = fleet.addresses();
    let joined = Instant::now();
    let noticed = async {
        while fleet.houses[2].begun() == 0 {
            sleep(Duration::from_millis(1)).await;
        }
        joined.elapsed()
    };
    let time = INTERVAL + Duration::from_secs(1);
    let (after, noticed) =
        tokio::join!(parts.last(time, AMPLE), tokio::time::timeout(time, noticed));
    tally.join(after);
    let mut report = Report::new(tally, fleet.ledger.twice(), start.elapsed());
    report.note(format!("{} lookups", lookups.load(Relaxed)));
    let failed = report.tally().failed();
    report.expect(failed == 0, "no call fails");
    let noticed = noticed.unwrap_or(Duration::MAX);
    report.note(format!(
        "the first call after {}",
        millis(noticed.min(time))
    ));
    report.expect(noticed < time, "it has calls");
    let is_in_time = options.is_in_time(noticed, INTERVAL);
    report.expect(is_in_time, "within the interval");
    report
}

/// A channel has few calls, each of them when it was idle for long; the name takes longer to look up than a call may.
pub(crate) async fn hourly(options: Options) -> Report {
    const IDLE: Duration = Duration::from_millis(100);
    const DEADLINE: Duration = Duration::from_millis(250);
    const LOOKUP: Duration = Duration::from_secs(10);
    let calls = usize::try_from(options.time.as_millis() / 500).unwrap_or(1);
    let fleet = Fleet::of(3, &Habits::new(), calls).await;
    let lookups = Arc::new(AtomicUsize::new(0));
    let name = {
        let (names, lookups) = (fleet.addresses(), Arc::clone(&lookups));
        Polled::new(move || {
            let is_first = lookups.fetch_add(1, Relaxed) == 0;
            let names = names.clone();
            async move {
                if !is_first {
                    sleep(LOOKUP).await;
                }
                Ok::<_, Infallible>(names)
            }
        })
    };
    let builder = balanced(&options, name, RoundRobin::new()).idle_timeout(IDLE);
    let channel = builder.connect_lazy();
    let stub = Client::new(channel.clone()).with_codec();
    let mut parts = Parts::new(stub, &fleet);
    let (mut tally, mut idle) = (Tally::default(), 0);
    let start = Instant::now();
    for _ in 0..calls {
        idle += usize::from(channel.state() == State::Idle);
        let call = Load {
            at_once: 1,
            deadline: DEADLINE,
            ..Load::of(1)
        };
        tally.join(parts.run(call).await);
        // As an hour is to half of it.
        sleep(4 * IDLE).await;
    }
    let mut report = Report::new(tally, fleet.ledger.twice(), start.elapsed());
    let (failed, lookups) = (report.tally().failed(), lookups.load(Relaxed));
    report.note(format!("{lookups} lookups"));
    report.expect(failed == 0, "no call fails");
    report.expect(
        idle == calls,
        &format!("the channel was idle {idle} times of {calls}"),
    );
    report
}

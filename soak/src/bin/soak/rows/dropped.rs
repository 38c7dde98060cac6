//! Calls that are dropped at random points, and calls beside them that are not.
//!
//! A call may be dropped before it is polled, before its connection has it, between its request and its answer, in the
//! middle of a stream, or when it is over. What the server sends to it then comes for a stream that is gone. That is no
//! reason to fail a call of somebody else, nor to end the connection that both are on.

use std::{
    future::{Future, poll_fn},
    pin::pin,
    task::Poll,
    time::Duration,
};

use bytes::Bytes;
use fastrand::Rng;
use tokio::{
    task::{JoinHandle, JoinSet},
    time::{Instant, timeout},
};
use ziggurat::Status;
use ziggurat_soak::{CALL, Flow, Habits, LATE, STREAM};

use crate::{
    load::Load,
    options::Options,
    report::Report,
    stage::{Stage, Stub},
    tally::Tally,
};

/// How many drop calls at the same time.
const DROPPERS: usize = 64;

/// The latest point in time, in microseconds after the first poll.
const LATEST: u64 = 6_000;

/// The latest point in polls.
const MOST_POLLS: u32 = 4;

/// What a dropped stream would bring, if it were read to its end.
const FLOW: Flow = Flow {
    count: 2_000,
    size: 64,
};

/// Steady calls until it is looked whether the others are done.
const ROUND: usize = 80;

/// As many dropped calls as the options say, and steady ones as long as there are any.
pub(crate) async fn at_random(options: Options) -> Report {
    let stage = Stage::set(&options, Habits::new().seed(options.seed), options.calls).await;
    let start = Instant::now();
    let droppers = drop_all(&stage.client, &options);
    let tally = beside(&stage, &droppers, options.calls).await;
    let over = droppers.await.expect("no call panics");
    let mut report = Report::new(tally, stage.ledger.twice(), start.elapsed());
    let failed = report.tally().failed();
    report.expect(failed == 0, "no call fails");
    report.expect(report.tally().ok > 0, "there are calls beside them");
    report.expect(stage.server.accepted() == 1, "one connection serves all");
    report.expect(over < options.calls, "calls are dropped");
    let dropped = options.calls - over;
    report.note(format!("{dropped} dropped, {over} over before"));
    report
}

/// Steady calls, eight at once, with numbers up to `numbers`, until the others are done.
async fn beside(stage: &Stage, others: &JoinHandle<usize>, numbers: usize) -> Tally {
    let mut tally = Tally::default();
    let mut first = 0;
    while first < numbers && !others.is_finished() {
        let load = Load {
            first,
            at_once: 8,
            pause: Duration::from_millis(5),
            ..Load::of(ROUND.min(numbers - first))
        };
        first += load.calls;
        tally.join(load.run(&stage.client, &stage.ledger).await);
    }
    tally
}

/// Drops all calls; gives how many were over before their point came.
fn drop_all(client: &Stub, options: &Options) -> JoinHandle<usize> {
    let mut droppers = JoinSet::new();
    for number in 0..DROPPERS {
        let calls = (options.calls + number) / DROPPERS;
        let seed = options.seed.wrapping_add(number as u64);
        droppers.spawn(drop_some(client.clone(), Rng::with_seed(seed), calls));
    }
    tokio::spawn(async { droppers.join_all().await.into_iter().sum() })
}

/// Drops one call after the other: late ones, quick ones and streams.
async fn drop_some(client: Stub, mut dice: Rng, calls: usize) -> usize {
    let mut over = 0;
    for _ in 0..calls {
        let point = Point::by_chance(&mut dice);
        let is_over = match dice.u8(..3) {
            0 => point.drops(client.unary(&LATE, Bytes::new())).await,
            1 => point.drops(client.unary(&CALL, Bytes::new())).await,
            _ => point.drops(read(&client)).await,
        };
        over += usize::from(is_over);
    }
    over
}

async fn read(client: &Stub) -> Result<(), Status> {
    let mut stream = client.server_streaming(&STREAM, FLOW.message()).await?;
    while stream.recv().await?.is_some() {}
    Ok(())
}

/// When a call is dropped.
enum Point {
    /// So long after its first poll.
    Time(Duration),
    /// When it was polled so often: at a moment that no clock hits.
    Polls(u32),
}

impl Point {
    fn by_chance(dice: &mut Rng) -> Self {
        if dice.bool() {
            Self::Time(Duration::from_micros(dice.u64(..LATEST)))
        } else {
            Self::Polls(dice.u32(..=MOST_POLLS))
        }
    }

    /// Drops the call when its point has come; tells whether it was over before.
    async fn drops(self, call: impl IntoFuture) -> bool {
        let call = call.into_future();
        match self {
            Self::Time(time) => timeout(time, call).await.is_ok(),
            Self::Polls(most) => is_over_within(most, call).await,
        }
    }
}

async fn is_over_within(most: u32, call: impl Future) -> bool {
    let mut call = pin!(call);
    let mut polls = 0;
    poll_fn(|cx| {
        if polls == most {
            return Poll::Ready(false);
        }
        polls += 1;
        match call.as_mut().poll(cx) {
            Poll::Ready(_) => Poll::Ready(true),
            Poll::Pending if polls == most => Poll::Ready(false),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

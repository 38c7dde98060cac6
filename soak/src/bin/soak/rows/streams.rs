//! Streams: few of them, unread ones, and those of small frames.

use std::time::Duration;

use bytes::Bytes;
use tokio::{
    sync::watch,
    task::JoinSet,
    time::{Instant, timeout},
};
use ziggurat::{Code, Status, Streaming};
use ziggurat_soak::{Flow, Habits, LATE, STREAM};

use crate::{
    load::Load,
    options::Options,
    report::Report,
    stage::{Stage, Stub},
};

/// How many small messages a stream has at most.
const MESSAGES: u32 = 100_000;

/// What the calls have time for.
const DEADLINE: Duration = Duration::from_secs(2);

async fn thousand(options: &Options, work: Duration) -> Report {
    let habits = Habits::new().streams(10).work(work).seed(options.seed);
    let stage = Stage::set(options, habits, 1000).await;
    let start = Instant::now();
    let load = Load {
        at_once: 1000,
        deadline: DEADLINE,
        ..Load::of(1000)
    };
    let tally = load.run(&stage.client, &stage.ledger).await;
    let mut report = Report::new(tally, stage.ledger.twice(), start.elapsed());
    report.expect(stage.server.accepted() == 1, "one connection serves all");
    report
}

pub(crate) async fn few(options: Options) -> Report {
    let mut report = thousand(&options, Duration::from_millis(10)).await;
    let failed = report.tally().failed();
    report.expect(failed == 0, "no call fails");
    report
}

pub(crate) async fn too_few(options: Options) -> Report {
    let mut report = thousand(&options, Duration::from_millis(40)).await;
    let expired = report.tally().all_failed_as(Code::DeadlineExceeded);
    report.expect(expired, "DEADLINE_EXCEEDED");
    let ok = report.tally().ok;
    report.expect((400..=500).contains(&ok), "half are served");
    report
}

fn stream(
    stage: &Stage,
    flow: Flow,
) -> impl Future<Output = Result<Streaming<Bytes>, Status>> + use<> {
    stage.client.server_streaming(&STREAM, flow.message())
}

/// Makes 200 calls, whatever else the connection carries.
async fn beside(stage: &Stage) -> Report {
    let start = Instant::now();
    let load = Load {
        deadline: DEADLINE,
        ..Load::of(200)
    };
    let tally = load.run(&stage.client, &stage.ledger).await;
    let mut report = Report::new(tally, stage.ledger.twice(), start.elapsed());
    let failed = report.tally().failed();
    report.expect(failed == 0, "no call fails");
    report.expect(stage.server.accepted() == 1, "one connection serves all");
    report
}

pub(crate) async fn unread(options: Options) -> Report {
    let stage = Stage::set(&options, Habits::new().seed(options.seed), 200).await;
    let flow = Flow {
        count: 1000,
        size: 64 * 1024,
    };
    let mut unread = Vec::new();
    for _ in 0..4 {
        unread.push(stream(&stage, flow).await);
    }
    let mut report = beside(&stage).await;
    let held = unread.iter().filter(|stream| stream.is_ok()).count();
    report.expect(held == 4, "the streams are there");
    report
}

/// One is read while calls go on beside it, and the next is not read before they are over.
pub(crate) async fn small_frames(options: Options) -> Report {
    let stage = Stage::set(&options, Habits::new().seed(options.seed), 200).await;
    let count = u32::try_from(options.calls).map_or(MESSAGES, |calls| calls.min(MESSAGES));
    let flow = Flow { count, size: 16 };
    let read = tokio::spawn(messages(stream(&stage, flow)));
    let unread = stream(&stage, flow).await;
    let mut report = beside(&stage).await;
    let later = tokio::spawn(messages(async { unread }));
    for read in [read, later] {
        let read = timeout(Duration::from_secs(60), read).await;
        let read = read.ok().and_then(Result::ok).and_then(Result::ok);
        report.expect(read == Some(count), "the streams are complete");
    }
    report.note(format!("2 × {count} messages"));
    report
}

async fn messages(
    stream: impl Future<Output = Result<Streaming<Bytes>, Status>>,
) -> Result<u32, Status> {
    let mut stream = stream.await?;
    let mut count = 0;
    while stream.recv().await?.is_some() {
        count += 1;
    }
    Ok(count)
}

/// Calls that are given up, whose answers come when nobody waits for them.
///
/// They end with the calls beside them: where nobody is answered any more, the connection is rightly doubted.
pub(crate) async fn given_up(options: Options) -> Report {
    let stage = Stage::set(&options, Habits::new().seed(options.seed), options.calls).await;
    let start = Instant::now();
    let (over, is_over) = watch::channel(false);
    let mut callers = JoinSet::new();
    for _ in 0..64 {
        callers.spawn(give_up(stage.client.clone(), is_over.clone()));
    }
    let load = Load {
        at_once: 8,
        until: Some(start + options.time),
        ..Load::of(options.calls)
    };
    let tally = load.run(&stage.client, &stage.ledger).await;
    over.send_replace(true);
    let given_up: usize = callers.join_all().await.into_iter().sum();
    let mut report = Report::new(tally, stage.ledger.twice(), start.elapsed());
    let failed = report.tally().failed();
    report.expect(failed == 0, "no call fails");
    report.expect(stage.server.accepted() == 1, "one connection serves all");
    report.note(format!("{given_up} given up"));
    report
}

/// Gives up one call after the other; tells how many.
async fn give_up(client: Stub, is_over: watch::Receiver<bool>) -> usize {
    let mut count = 0;
    while !*is_over.borrow() {
        let call = client.unary(&LATE, Bytes::new()).into_future();
        let answered = timeout(Duration::from_millis(15), call).await.is_ok();
        count += usize::from(!answered);
    }
    count
}

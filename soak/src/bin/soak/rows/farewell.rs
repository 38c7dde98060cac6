//! Servers that say GOAWAY early.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use fastrand::Rng;
use tokio::{
    net::TcpListener,
    task::JoinSet,
    time::{Instant, sleep, sleep_until, timeout},
};
use ziggurat_soak::{CALL_ID, Ledger};
use ziggurat_testing::peer::{
    Connection, Control, Fields, Frame, HeaderBlock, Options as PeerOptions, PeerError, RawFrame,
    Reason, Request,
};

use crate::{
    load::Load,
    options::Options,
    report::{Report, millis},
    stage::{Stub, builder, client},
    tally::Tally,
};

/// The last stream of a GOAWAY that leaves none out.
const ALL: u32 = (1 << 31) - 1;

/// What becomes of the first two connections; those after them serve.
#[derive(Clone, Copy)]
enum Early {
    TurnsAway,
    AnswersAfter(Duration),
}

pub(crate) async fn turned_away(options: Options) -> Report {
    two_farewells(&options, Early::TurnsAway).await
}

pub(crate) async fn drained_early(options: Options) -> Report {
    let late = options.time.min(Duration::from_secs(5));
    two_farewells(&options, Early::AnswersAfter(late)).await
}

async fn two_farewells(options: &Options, early: Early) -> Report {
    const CALLS: usize = 60;
    let (listener, client) = listen(options).await;
    let ledger = Arc::new(Ledger::new(CALLS));
    let serving = tokio::spawn(accept(listener, Arc::clone(&ledger), early));
    let start = Instant::now();
    let ended = calls(&client, &ledger, CALLS, Duration::from_millis(50)).await;
    serving.abort();
    let mut tally = Tally::default();
    for (_, one) in ended {
        tally.join(one);
    }
    let mut report = Report::new(tally, ledger.twice(), start.elapsed());
    let failed = report.tally().failed();
    report.expect(failed == 0, "no call fails");
    report
}

async fn listen(options: &Options) -> (TcpListener, Stub) {
    let listener = TcpListener::bind("127.0.0.1:0")
        .await
        .expect("loopback has ports");
    let url = format!("http://{}", listener.local_addr().expect("it is bound"));
    (listener, client(builder(options, &url)))
}

/// Makes calls at such intervals; tells when each ended, and how.
async fn calls(
    client: &Stub,
    ledger: &Arc<Ledger>,
    count: usize,
    interval: Duration,
) -> Vec<(Instant, Tally)> {
    let mut calls = JoinSet::new();
    let mut at = Instant::now();
    for first in 0..count {
        let (client, ledger) = (client.clone(), Arc::clone(ledger));
        at += interval;
        calls.spawn(async move {
            sleep_until(at).await;
            let load = Load {
                first,
                deadline: Duration::from_secs(20),
                at_once: 1,
                ..Load::of(1)
            };
            let tally = load.run(&client, &ledger).await;
            (Instant::now(), tally)
        });
    }
    calls.join_all().await
}

async fn greet(listener: &TcpListener) -> Result<Connection, PeerError> {
    let (socket, _) = listener.accept().await?;
    socket.set_nodelay(true)?;
    let options = PeerOptions::new().windows(Control::Automatic);
    Connection::over_with(socket, options).await
}

async fn accept(listener: TcpListener, ledger: Arc<Ledger>, early: Early) {
    let mut connections = JoinSet::new();
    for number in 0.. {
        let Ok(connection) = greet(&listener).await else {
            continue;
        };
        let ledger = Arc::clone(&ledger);
        connections.spawn(async move {
            match early {
                _ if number >= 2 => answer_all(connection, &ledger).await,
                Early::TurnsAway => turn_away(connection, &ledger).await,
                Early::AnswersAfter(late) => answer_late(connection, &ledger, late).await,
            }
        });
    }
}

fn id(fields: &Fields) -> usize {
    let id = fields.get(CALL_ID);
    id.and_then(|id| id.parse().ok()).unwrap_or(usize::MAX)
}

/// The frames of an answer.
async fn answer(
    connection: &Connection,
    request: &Request,
    ledger: &Ledger,
) -> Result<Vec<RawFrame>, PeerError> {
    answer_to(connection, request.stream, &request.fields, ledger).await
}

async fn answer_to(
    connection: &Connection,
    stream: u32,
    fields: &Fields,
    ledger: &Ledger,
) -> Result<Vec<RawFrame>, PeerError> {
    let body = connection.body(stream).await?;
    ledger.begin(id(fields));
    let head = [(":status", "200"), ("content-type", "application/grpc")];
    let mut frames = HeaderBlock::new(stream, head).frames();
    frames.push(RawFrame::data(stream, body));
    let trailers = HeaderBlock::new(stream, [("grpc-status", "0")]);
    frames.extend(trailers.end_stream().frames());
    Ok(frames)
}

async fn answer_all(mut connection: Connection, ledger: &Ledger) -> Result<(), PeerError> {
    loop {
        let request = connection.request().await?;
        let frames = answer(&connection, &request, ledger).await?;
        connection.frames(frames).await?;
    }
}

async fn turn_away(mut connection: Connection, ledger: &Ledger) -> Result<(), PeerError> {
    let request = connection.request().await?;
    ledger.refuse(id(&request.fields));
    connection.go_away(0, Reason::NO_ERROR, "").await?;
    connection.closed().await
}

async fn answer_late(
    mut connection: Connection,
    ledger: &Ledger,
    late: Duration,
) -> Result<(), PeerError> {
    let mut taken = vec![connection.request().await?];
    connection.go_away(ALL, Reason::NO_ERROR, "").await?;
    let more = async {
        while let Ok(request) = connection.request().await {
            taken.push(request);
        }
    };
    // It is over when the client leaves, which waits for the answers.
    let _ = timeout(late, more).await;
    for request in taken {
        let frames = answer(&connection, &request, ledger).await?;
        connection.frames(frames).await?;
    }
    connection.closed().await
}

/// Each connection answers the first call, and says GOAWAY in the same write; others are left out.
async fn one_answer(listener: TcpListener, ledger: Arc<Ledger>, accepted: Arc<AtomicUsize>) {
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        let Ok(connection) = greet(&listener).await else {
            continue;
        };
        accepted.fetch_add(1, Relaxed);
        connections.spawn(answer_one(connection, Arc::clone(&ledger)));
    }
}

async fn answer_one(mut connection: Connection, ledger: Arc<Ledger>) -> Result<(), PeerError> {
    let request = connection.request().await?;
    let mut frames = answer(&connection, &request, &ledger).await?;
    let goaway = RawFrame::go_away(request.stream, Reason::NO_ERROR, "");
    frames.push(goaway);
    connection.frames(frames).await?;
    connection.closed().await
}

pub(crate) async fn late(options: Options) -> Report {
    const INTERVAL: Duration = Duration::from_millis(20);
    let outage = options.time.min(Duration::from_secs(6));
    let (listener, client) = listen(&options).await;
    let address = listener.local_addr().expect("it is bound");
    drop(listener);
    let count = (outage * 3).as_millis() / INTERVAL.as_millis();
    let count = usize::try_from(count).expect("some hundreds");
    let ledger = Arc::new(Ledger::new(count));
    let serving = tokio::spawn({
        let ledger = Arc::clone(&ledger);
        async move {
            sleep(outage).await;
            let listener = TcpListener::bind(address).await.expect("it was free");
            one_answer(listener, ledger, Arc::default()).await;
        }
    });
    let start = Instant::now();
    let ended = calls(&client, &ledger, count, INTERVAL).await;
    serving.abort();
    let served = ended.iter().filter(|(_, one)| one.ok > 0);
    let first = served.map(|(at, _)| *at).min();
    let failed_after = |first| {
        let after = ended.iter().filter(|(at, one)| *at > first && one.ok == 0);
        after.count()
    };
    let failed = first.map(failed_after);
    let mut tally = Tally::default();
    for (_, one) in ended {
        tally.join(one);
    }
    let mut report = Report::new(tally, ledger.twice(), start.elapsed());
    if let Some(first) = first {
        report.note(format!("first OK after {}", millis(first - start)));
    }
    report.expect(failed == Some(0), "no failure after the first answer");
    report
}

pub(crate) async fn one_each(options: Options) -> Report {
    const CALLS: usize = 2_000;
    let calls = options.few_calls().min(CALLS);
    let (listener, client) = listen(&options).await;
    let ledger = Arc::new(Ledger::new(calls));
    let accepted = Arc::<AtomicUsize>::default();
    let serving = tokio::spawn(one_answer(
        listener,
        Arc::clone(&ledger),
        Arc::clone(&accepted),
    ));
    let start = Instant::now();
    let load = Load {
        at_once: 8,
        // A call may come to many connections before it is the first of one.
        deadline: Duration::from_secs(20),
        ..Load::of(calls)
    };
    let tally = load.run(&client, &ledger).await;
    serving.abort();
    let took = start.elapsed();
    let mut report = Report::new(tally, ledger.twice(), took);
    let (failed, accepted) = (report.tally().failed(), accepted.load(Relaxed));
    report.note(format!("{accepted} connections"));
    report.expect(failed == 0, "no call fails");
    // The last one may have called for another.
    report.expect(accepted <= calls + 1, "each connection serves one");
    let most = Duration::from_millis(3600);
    report.expect(options.is_in_time(took, most), "< 3.6 s");
    report
}

/// Each connection is ended after 2 to 6 calls, in two steps.
pub(crate) async fn double_early(options: Options) -> Report {
    let calls = options.calls.div_ceil(10);
    let (listener, client) = listen(&options).await;
    let ledger = Arc::new(Ledger::new(calls));
    let behind = Arc::new(AtomicUsize::new(0));
    let leaving = two_steps(
        listener,
        Arc::clone(&ledger),
        Arc::clone(&behind),
        options.seed,
    );
    let serving = tokio::spawn(leaving);
    let start = Instant::now();
    let tally = Load::of(calls).run(&client, &ledger).await;
    serving.abort();
    let mut report = Report::new(tally, ledger.twice(), start.elapsed());
    let (failed, behind) = (report.tally().failed(), behind.load(Relaxed));
    report.note(format!("{behind} streams behind GOAWAY"));
    report.expect(failed == 0, "no call fails");
    report.expect(behind == 0, "no stream is opened after GOAWAY was read");
    report
}

async fn two_steps(
    listener: TcpListener,
    ledger: Arc<Ledger>,
    behind: Arc<AtomicUsize>,
    seed: u64,
) {
    let mut dice = Rng::with_seed(seed);
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        let Ok(connection) = greet(&listener).await else {
            continue;
        };
        let (ledger, behind) = (Arc::clone(&ledger), Arc::clone(&behind));
        let count = dice.usize(2..=6);
        connections
            .spawn(async move { end_in_two_steps(connection, &ledger, &behind, count).await });
    }
}

/// GOAWAY that leaves none out, PING, and at its answer GOAWAY with the last stream that came before it.
async fn end_in_two_steps(
    mut connection: Connection,
    ledger: &Ledger,
    behind: &AtomicUsize,
    count: usize,
) -> Result<(), PeerError> {
    const PING: [u8; 8] = *b"the last";
    let (mut taken, mut last) = (0, 0);
    loop {
        match connection.next_any_frame().await? {
            Frame::Headers { stream, fields, .. } => {
                (taken, last) = (taken + 1, stream);
                let frames = answer_to(&connection, stream, &fields, ledger).await?;
                connection.frames(frames).await?;
                if taken == count {
                    connection.go_away(ALL, Reason::NO_ERROR, "").await?;
                    connection.ping(PING).await?;
                }
            }
            Frame::PingAck(PING) => break,
            _ => {}
        }
    }
    connection.go_away(last, Reason::NO_ERROR, "").await?;
    loop {
        if let Frame::Headers { .. } = connection.next_any_frame().await? {
            behind.fetch_add(1, Relaxed);
        }
    }
}

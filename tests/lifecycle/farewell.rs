//! Servers that say GOAWAY early: nothing is lost, and nothing spins. Exactly, on a paused clock.

use std::{future::pending, time::Duration};

use futures_util::future::join_all;
use tokio::{
    task::JoinSet,
    time::{Instant, sleep, timeout},
};
use ziggurat::{CallOptions, Channel, Code, Status, channel::State};
use ziggurat_soak::{CALL_ID, Habits, Ledger};
use ziggurat_testing::peer::{
    Connection, HeaderBlock, PeerError, RawFrame, Reason, Request, grpc_message,
};

use crate::{
    cafe::{call, client, soon},
    port::{Manner, Port, millis, steady},
};

/// The last stream of a GOAWAY that leaves none out.
const ALL: u32 = (1 << 31) - 1;

/// Makes sixty calls, 50 ms apart; gives those that failed.
async fn sixty_calls(channel: &Channel) -> Vec<Status> {
    let client = client(channel);
    let calls = (0..60).map(async |id: usize| {
        sleep(Duration::from_millis(50) * u32::try_from(id).unwrap()).await;
        call(&client, id).await.err()
    });
    soon(join_all(calls)).await.into_iter().flatten().collect()
}

/// The first two connections are a script's, the third serves.
async fn two_farewells(script: impl AsyncFn(Connection, &Ledger)) -> (Port, Vec<Status>) {
    let mut port = Port::new(Manner::Accepts);
    let channel = port.builder().backoff(steady()).connect_lazy();
    let failed = {
        let ledger = port.ledger();
        let serve = async {
            let first = script(port.peer().await, &ledger);
            let second = async {
                let peer = port.peer().await;
                port.set(Manner::Serves(Habits::new()));
                script(peer, &ledger).await;
            };
            tokio::join!(first, second);
            pending::<()>().await;
        };
        tokio::select! {
            failed = sixty_calls(&channel) => failed,
            () = serve => unreachable!(),
        }
    };
    (port, failed)
}

fn id(request: &Request) -> usize {
    request.fields.get(CALL_ID).unwrap().parse().unwrap()
}

/// The frames of an answer.
fn answer(stream: u32, id: usize) -> Vec<RawFrame> {
    let head = [(":status", "200"), ("content-type", "application/grpc")];
    let mut frames = HeaderBlock::new(stream, head).frames();
    frames.push(RawFrame::data(stream, grpc_message(id.to_string())));
    let trailers = HeaderBlock::new(stream, [("grpc-status", "0")]);
    frames.extend(trailers.end_stream().frames());
    frames
}

#[tokio::test(start_paused = true)]
async fn calls_outlast_connections_that_turn_them_away() {
    // C-31, D-14, D-20: GOAWAY leaves out the first that comes, twice.
    let (port, failed) = two_farewells(async |mut peer, _| {
        peer.request().await.unwrap();
        peer.go_away(0, Reason::NO_ERROR, "").await.unwrap();
        peer.closed().await.unwrap();
    })
    .await;
    assert!(failed.is_empty(), "{failed:?}");
    assert!((0..60).all(|id| port.ledger().begun(id) == 1));
    assert_eq!(port.count(), 3);
}

#[tokio::test(start_paused = true)]
async fn calls_outlast_connections_that_go_away_before_they_answer() {
    // D-20: GOAWAY leaves none out, and the answers take five seconds.
    let (port, failed) = two_farewells(async |mut peer, ledger| {
        let mut taken = vec![peer.request().await.unwrap()];
        peer.go_away(ALL, Reason::NO_ERROR, "").await.unwrap();
        let more = async {
            while let Ok(request) = peer.request().await {
                taken.push(request);
            }
        };
        timeout(Duration::from_secs(5), more).await.unwrap_err();
        for request in taken {
            ledger.begin(id(&request));
            let frames = answer(request.stream, id(&request));
            peer.frames(frames).await.unwrap();
        }
        peer.closed().await.unwrap();
    })
    .await;
    assert!(failed.is_empty(), "{failed:?}");
    assert!((0..60).all(|id| port.ledger().begun(id) == 1));
    assert_eq!(port.count(), 3);
}

/// What a connection does with the calls behind its first.
#[derive(Clone, Copy, Debug)]
enum Rest {
    TurnedAway,
    Answered,
}

/// Answers the first call and says GOAWAY in the same write.
async fn answer_one(mut peer: Connection, rest: Rest) -> Result<(), PeerError> {
    let first = peer.request().await?;
    peer.body(first.stream).await?;
    let mut frames = answer(first.stream, id(&first));
    let last = match rest {
        Rest::TurnedAway => first.stream,
        Rest::Answered => ALL,
    };
    frames.push(RawFrame::go_away(last, Reason::NO_ERROR, ""));
    peer.frames(frames).await?;
    while let Ok(request) = peer.request().await {
        if let Rest::Answered = rest {
            let frames = answer(request.stream, id(&request));
            peer.frames(frames).await?;
        }
    }
    Ok(())
}

/// All connections are such.
async fn answer_ones(port: &mut Port, rest: Rest) {
    let mut connections = JoinSet::new();
    loop {
        connections.spawn(answer_one(port.peer().await, rest));
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_comes_back_is_used_however_little_a_connection_does() {
    // A-112, D-20, T-19: it answers, so from its first answer on no call fails.
    for rest in [Rest::TurnedAway, Rest::Answered] {
        let mut port = Port::new(Manner::Refuses);
        let channel = port.builder().backoff(steady()).connect_lazy();
        let client = client(&channel);
        let start = Instant::now();
        let calls = join_all((0..1000).map(async |id: u32| {
            sleep(Duration::from_millis(20) * id).await;
            let told = call(&client, 0).await;
            (millis(start.elapsed()), told.is_ok())
        }));
        let serve = async {
            sleep(Duration::from_secs(6)).await;
            port.set(Manner::Accepts);
            answer_ones(&mut port, rest).await;
        };
        let told = tokio::select! {
            told = soon(calls) => told,
            () = serve => unreachable!(),
        };
        let first = told.iter().filter(|(_, is_ok)| *is_ok).map(|(at, _)| *at);
        let first = first.min().unwrap();
        // The first call behind the attempt that was due.
        assert_eq!(first, 9260, "{rest:?}");
        let failed = told.iter().filter(|(at, is_ok)| *at > first && !is_ok);
        assert_eq!(failed.count(), 0, "{rest:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_for_each_answer_costs_no_time() {
    // A-112, T-19: what served is replaced at once, also where GOAWAY stands behind the first answer.
    for rest in [Rest::TurnedAway, Rest::Answered] {
        let mut port = Port::new(Manner::Accepts);
        let channel = port.builder().backoff(steady()).connect_lazy();
        let client = client(&channel);
        let start = Instant::now();
        let rows = (0..8).map(async |first: usize| {
            for id in (first..400).step_by(8) {
                call(&client, id).await.unwrap();
            }
        });
        tokio::select! {
            _ = soon(join_all(rows)) => {}
            () = answer_ones(&mut port, rest) => unreachable!(),
        }
        assert_eq!(millis(start.elapsed()), 0, "{rest:?}");
        assert!(port.count() >= 50, "{}", port.count());
    }
}

/// Says GOAWAY on each connection at once; tells when they were made.
async fn farewells(port: &mut Port, wait: Duration) -> Vec<u64> {
    let start = Instant::now();
    let serve = async {
        loop {
            let peer = port.peer().await;
            peer.go_away(0, Reason::NO_ERROR, "").await.unwrap();
            peer.closed().await.unwrap();
        }
    };
    timeout(wait, serve).await.unwrap_err();
    port.tried_since(start)
}

#[tokio::test(start_paused = true)]
async fn a_server_that_always_goes_away_is_not_stormed() {
    // D-26, T-19: once a second, whoever waits.
    let mut port = Port::new(Manner::Accepts);
    let channel = port.builder().backoff(steady()).connect_lazy();
    let patient = client(&channel).with(CallOptions::new().wait_for_ready(true));
    let waits = async { soon(call(&patient, 0)).await };
    tokio::select! {
        told = waits => panic!("{told:?}"),
        tried = farewells(&mut port, Duration::from_millis(5500)) => {
            assert_eq!(tried, [0, 1000, 2000, 3000, 4000, 5000]);
        }
    }
    assert_ne!(channel.state(), State::TransientFailure);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_all_turn_away_fails_in_the_end() {
    // C-31: after five connections in a row that served nobody.
    let mut port = Port::new(Manner::Accepts);
    let channel = port.builder().backoff(steady()).connect_lazy();
    let client = client(&channel);
    let start = Instant::now();
    let serve = async {
        loop {
            let mut peer = port.peer().await;
            peer.request().await.unwrap();
            peer.go_away(0, Reason::NO_ERROR, "").await.unwrap();
            peer.closed().await.unwrap();
        }
    };
    let status = tokio::select! {
        told = soon(call(&client, 0)) => told.unwrap_err(),
        () = serve => unreachable!(),
    };
    assert_eq!(status.code(), Code::Unavailable);
    assert!(
        status.message().contains("ended the connection"),
        "{status}"
    );
    assert_eq!(millis(start.elapsed()), 4000);
    assert_eq!(port.count(), 5);
}

//! Everything that can happen to calls and connections, by chance: each call ends, and nothing is left.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use fastrand::Rng;
use h2::{
    Reason, RecvStream,
    server::{Connection, SendResponse},
};
use http::{HeaderMap, Request, Response};
use http_body_util::BodyExt;
use tokio::{
    io::DuplexStream,
    runtime::Handle,
    task::JoinSet,
    time::{sleep, timeout},
};
use tower_service::Service;
use ziggurat_transport::{
    Error,
    channel::{Backoff, State, WaitForReady},
    error::Kind,
};

use crate::{
    body::{Body, Feeder},
    server::{Listener, Pipeline, pipes, request, soon},
};

const CALLS: usize = 150;

/// Where a request has its number.
const ID: &str = "x-id";

/// What is left to chance, and what the servers did.
#[derive(Clone)]
struct World(Arc<Mutex<(Rng, [usize; CALLS + 1])>>);

impl World {
    fn new(seed: u64) -> Self {
        Self(Arc::new(Mutex::new((Rng::with_seed(seed), [0; CALLS + 1]))))
    }

    fn below(&self, bound: u64) -> u64 {
        self.0.lock().unwrap().0.u64(..bound)
    }

    async fn pause(&self, most: u64) {
        let millis = self.below(most);
        sleep(Duration::from_millis(millis)).await;
    }

    fn begin(&self, id: usize) {
        self.0.lock().unwrap().1[id] += 1;
    }

    fn begun(&self) -> Vec<usize> {
        self.0.lock().unwrap().1.to_vec()
    }
}

/// Takes connections; some end before they are ready.
async fn serve_all(mut listener: Listener, world: World) {
    loop {
        let (pipe, _record) = listener.accept().await;
        match world.below(12) {
            0 => drop(pipe),
            _ => drop(tokio::spawn(serve(pipe, world.clone()))),
        }
    }
}

/// Serves a while, then drains, aborts, or is cut.
async fn serve(pipe: DuplexStream, world: World) {
    let mut builder = h2::server::Builder::new();
    builder.max_concurrent_streams(u32::try_from(world.below(4) + 1).unwrap());
    let mut connection: Connection<_, Bytes> = builder.handshake(pipe).await.unwrap();
    let mut answers = JoinSet::new();
    let mut is_ending = false;
    loop {
        tokio::select! {
            accepted = connection.accept() => {
                let Some(Ok((request, respond))) = accepted else { return };
                answers.spawn(answer(request, respond, world.clone()));
            }
            () = world.pause(1000), if !is_ending => match world.below(4) {
                0 => return,
                1 => connection.abrupt_shutdown(Reason::NO_ERROR),
                2 => {
                    connection.graceful_shutdown();
                    is_ending = true;
                }
                _ => {}
            },
        }
    }
}

/// Refuses, answers, fails, or is late with it.
async fn answer(
    request: Request<RecvStream>,
    mut respond: SendResponse<Bytes>,
    world: World,
) -> Option<()> {
    let id = request.headers()[ID].to_str().unwrap().parse().unwrap();
    let how = world.below(12);
    if how == 0 {
        respond.send_reset(Reason::REFUSED_STREAM);
        return None;
    }
    world.begin(id);
    if how == 1 {
        respond.send_reset(Reason::INTERNAL_ERROR);
        return None;
    }
    world.pause(50).await;
    let mut stream = respond.send_response(Response::new(()), false).ok()?;
    world.pause(50).await;
    if how == 2 {
        stream.send_reset(Reason::INTERNAL_ERROR);
        return None;
    }
    stream.send_data(Bytes::from_static(b"latte"), false).ok()?;
    stream.send_trailers(HeaderMap::new()).ok()
}

/// A request with one message, or with some in time, which may never end.
fn numbered(id: usize, world: &World) -> Request<Body> {
    let body = if world.below(2) == 0 {
        Body::one("latte")
    } else {
        let (feeder, body) = Body::fed();
        tokio::spawn(feed(feeder, world.clone()));
        body
    };
    let mut request = request(body);
    request.headers_mut().insert(ID, id.into());
    if world.below(2) == 0 {
        request.extensions_mut().insert(WaitForReady);
    }
    request
}

async fn feed(feeder: Feeder, world: World) {
    for _ in 0..world.below(4) {
        // The call may be over.
        feeder.offer("bean");
        world.pause(20).await;
    }
    if world.below(4) > 0 {
        feeder.offer_end();
    }
}

/// Makes a call at some time, and drops it at some time. `None` if it had not ended by then.
async fn make(mut channel: Pipeline, id: usize, world: World) -> Option<Result<Bytes, Error>> {
    world.pause(3000).await;
    let call = channel.call(numbered(id, &world));
    let limit = match world.below(3) {
        0 => world.below(60),
        _ => 20_000,
    };
    let call = async { Ok(call.await?.into_body().collect().await?.to_bytes()) };
    timeout(Duration::from_millis(limit), call).await.ok()
}

/// Tells how many calls were served.
async fn play(seed: u64) -> usize {
    let world = World::new(seed);
    let (builder, listener) = pipes();
    let max_connections = 1 + usize::try_from(seed % 3).unwrap();
    let channel: Pipeline = builder
        .connections(1 + usize::try_from(seed % 2).unwrap())
        .max_connections(max_connections)
        .backoff(Backoff::new().seed(seed))
        .idle_timeout(Duration::from_secs(60))
        .build();
    let servers = tokio::spawn(serve_all(listener, world.clone()));
    let calls = (0..CALLS).map(|id| make(channel.clone(), id, world.clone()));
    let ended = soon(calls.collect::<JoinSet<_>>().join_all()).await;
    let mut ok = 0;
    for ended in ended.into_iter().flatten() {
        match ended {
            Ok(_) => ok += 1,
            Err(error) => {
                assert_ne!(error.kind(), Kind::Other, "seed {seed}: {error}");
            }
        }
    }
    let twice = world.begun().iter().any(|count| *count > 1);
    assert!(!twice, "seed {seed}: {:?}", world.begun());

    // It rests only if no slot is taken and nobody waits.
    let mut states = channel.states();
    while channel.state() != State::Idle {
        soon(states.changed()).await;
    }
    // And it is as good as new.
    let mut patient = channel.clone();
    let mut last = request(Body::one("latte"));
    last.headers_mut().insert(ID, CALLS.into());
    last.extensions_mut().insert(WaitForReady);
    if let Ok(response) = soon(patient.call(last)).await {
        let _ = response.into_body().collect().await;
    }
    soon(channel.close()).await;
    servers.abort();
    while Handle::current().metrics().num_alive_tasks() > 0 {
        soon(sleep(Duration::from_millis(1))).await;
    }
    ok
}

#[tokio::test(start_paused = true)]
async fn each_call_ends_once_and_nothing_is_left() {
    // B-20, C-30, C-31, C-35, D-5, D-30
    let mut ok = 0;
    for seed in 0..20 {
        ok += play(seed).await;
    }
    // It is a hard life, and no failure of all.
    assert!(ok > 20 * CALLS / 3, "{ok}");
}

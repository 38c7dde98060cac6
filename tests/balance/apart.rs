//! What a server says of its health, and how it is asked, leaves the rest of the channel as it is without that.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use http::Response;
use tokio::{
    io::DuplexStream,
    join,
    sync::mpsc::UnboundedReceiver,
    time::{sleep, timeout},
};
use tower::{ServiceExt as _, layer::layer_fn, util::MapResponseLayer};
use ziggurat::{
    Channel, Code, Status,
    balance::{Fixed, RoundRobin, resolve::Resolution},
    channel::{Attempt, Backoff, Builder, State},
    protocol::{Body, Outcome, response},
    service_config::ServiceConfig,
};

use crate::{
    registry::{Tells, registry_with_configs},
    town::{Does, Town, call, calls, endpoints, named, settle},
    watches::SERVING,
};

fn builder(town: &Town) -> Builder<Town> {
    Channel::builder("http://cafe")
        .unwrap()
        .connector(town.clone())
        .resolver(Fixed::new(endpoints([1])).unwrap())
        .balance(RoundRobin::new())
        .backoff(Backoff::new().jitter(0.0))
}

/// Answers the first stream of each connection with this code, and hangs up.
async fn hang_up(mut pipes: UnboundedReceiver<DuplexStream>, code: Code) {
    while let Some(pipe) = pipes.recv().await {
        tokio::spawn(async move {
            let mut connection = h2::server::handshake(pipe).await.unwrap();
            let Some(Ok((_, mut respond))) = connection.accept().await else {
                return;
            };
            let head = Response::builder()
                .header("content-type", "application/grpc")
                .header("grpc-status", code as i32);
            drop(respond.send_response(head.body(()).unwrap(), true));
            // So long that it was read.
            drop(timeout(Duration::from_millis(10), connection.accept()).await);
        });
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_answers_and_hangs_up_is_connected_to_after_pauses() {
    // G-66, D-26
    for code in [Code::Unimplemented, Code::Internal] {
        let town = Town::of([1]);
        tokio::spawn(hang_up(town.script(1), code));
        let channel = builder(&town).health_check("").connect_lazy();
        drop(channel.connect().await);
        sleep(Duration::from_secs(60)).await;
        let attempts = town.attempts(1);
        assert!(attempts < 12, "{attempts} {code:?}");
    }
}

/// A channel that chooses by round_robin, connects to a server which says nothing of its health for five seconds, and then is
/// told to choose by pick_first.
async fn switched(town: &Town) -> Channel {
    let (registry, clerk) = registry_with_configs();
    let builder = builder(town).resolver(registry).health_check("");
    let channel = builder.connect_lazy();
    let config = |policy: &str| {
        let json = format!(r#"{{ "loadBalancingConfig": [{{ "{policy}": {{}} }}] }}"#);
        let config = ServiceConfig::from_json(&json).unwrap();
        let resolution = Resolution::new(endpoints([1])).service_config(config);
        clerk.tell(Tells::Answer(resolution));
    };
    config("round_robin");
    let first = channel.clone();
    tokio::spawn(async move { drop(first.connect().await) });
    sleep(Duration::from_secs(5)).await;
    assert_eq!(town.watches(1).open(), 1);
    assert_eq!(channel.state(), State::Connecting);
    config("pick_first");
    sleep(Duration::from_secs(5)).await;
    channel
}

#[tokio::test(start_paused = true)]
async fn a_policy_that_heeds_no_health_ends_the_watches_when_it_takes_over() {
    // G-35, G-66, F-20
    let town = Town::of([1]);
    let channel = switched(&town).await;
    assert_eq!(town.watches(1).open(), 0);
    assert_eq!(channel.endpoints().current()[0].reported, None);
    calls(&channel, 3).await;
}

#[tokio::test(start_paused = true)]
async fn a_watch_that_was_not_answered_is_no_doubt_of_its_connection() {
    // G-66, F-20
    let town = Town::of([1]);
    calls(&switched(&town).await, 3).await;
    assert_eq!(town.attempts(1), 1);
}

#[tokio::test(start_paused = true)]
async fn a_watch_is_no_reason_for_a_further_connection() {
    // G-66: calls that take turns share the first
    let town = Town::of([1]);
    town.watches(1).say(SERVING);
    let channel = builder(&town)
        .health_check("")
        .connections(2)
        .connect_lazy();
    calls(&channel, 10).await;
    sleep(Duration::from_secs(60)).await;
    calls(&channel, 10).await;
    assert_eq!(town.attempts(1), 1);
}

#[tokio::test(start_paused = true)]
async fn a_layer_that_panics_when_it_is_put_on_is_a_watch_that_failed() {
    // G-66
    let town = Town::of([1]);
    let put_on = Arc::new(AtomicUsize::new(0));
    let layer = layer_fn(move |attempt: Attempt| {
        assert!(
            put_on.fetch_add(1, Ordering::Relaxed) != 1,
            "once is enough"
        );
        attempt
    });
    let builder = builder(&town).health_check("").attempt_layer(layer);
    let channel = builder.connect_lazy();
    town.watches(1).say(SERVING);
    let (code, text) = call(&channel).await.unwrap_err();
    assert_eq!(code, Code::Unavailable);
    let why = "asking its health service failed: it panicked: once is enough";
    assert!(text.contains(why), "{text}");
    // The next watch is as good as any.
    sleep(Duration::from_secs(2)).await;
    calls(&channel, 3).await;
}

#[tokio::test(start_paused = true)]
async fn a_channel_that_is_dropped_ends_its_watches() {
    // D-5, G-66
    let town = Town::of([1]);
    let channel = builder(&town).health_check("").connect_lazy();
    town.watches(1).say(SERVING);
    calls(&channel, 3).await;
    assert_eq!(town.watches(1).open(), 1);
    drop(channel);
    settle().await;
    assert_eq!(town.watches(1).open(), 0);
    assert_eq!(town.connections([1]), [0]);
}

/// What a call ends with whose connection to this server is lost.
async fn lost(town: &Town, number: u16) -> Status {
    let target = format!("http://10.0.0.1:{number}");
    let builder = Channel::builder(&target).unwrap();
    let channel = builder.connector(town.clone()).connect_lazy();
    town.tell(number, Does::Nothing);
    let (answer, ()) = join!(channel.oneshot(named("lost")), async {
        sleep(Duration::from_secs(1)).await;
        town.tell(number, Does::Dead);
    });
    match Outcome::of(&answer.unwrap()) {
        Outcome::Finished { result, .. } => result.unwrap_err(),
        _ => panic!("it has no status"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_watch_whose_connection_is_lost_says_nothing_of_the_server() {
    // G-66: it may know it before the endpoint does, which connects anew while calls wait
    let town = Town::of([1, 2]);
    town.watches(1).say(SERVING);
    let lost = lost(&town, 2).await;
    let answers = Arc::new(AtomicUsize::new(0));
    let layer = MapResponseLayer::new(move |answer: Response<Body>| {
        if answers.fetch_add(1, Ordering::Relaxed) > 0 {
            return answer;
        }
        response::trailers_only(lost.clone())
    });
    let channel = builder(&town).health_check("").attempt_layer(layer);
    let channel = channel.connect_lazy();
    let called = tokio::spawn({
        let channel = channel.clone();
        async move { call(&channel).await }
    });
    sleep(Duration::from_millis(500)).await;
    assert_eq!(channel.state(), State::Connecting);
    assert_eq!(called.await.unwrap(), Ok(1));
    assert_eq!(town.watches(1).began().len(), 2);
}

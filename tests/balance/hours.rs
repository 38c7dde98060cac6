//! Few calls after long silences, and servers that fall silent.

use std::{convert::Infallible, time::Duration};

use futures_util::future::{BoxFuture, pending, ready};
use tokio::time::{Instant, sleep, timeout};
use ziggurat::{
    Channel, Code,
    balance::{Endpoint, Fixed, RoundRobin, resolve::Polled},
    channel::{Builder, KeepaliveOptions, State},
};

use crate::town::{Does, Town, call, calls, endpoints};

/// A lookup that answers the first time, and never again.
fn silent_name(
    servers: Vec<Endpoint>,
) -> impl FnMut() -> BoxFuture<'static, Result<Vec<Endpoint>, Infallible>> + Send {
    let mut servers = Some(servers);
    move || match servers.take() {
        Some(servers) => Box::pin(ready(Ok(servers))),
        None => Box::pin(pending()),
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_of_250_ms_once_an_hour_has_the_servers_that_were_there_last() {
    // D-30, D-32
    let town = Town::of([1, 2, 3]);
    let channel = Channel::builder("http://cafe")
        .unwrap()
        .connector(town.clone())
        .resolver(Polled::new(silent_name(endpoints([1, 2, 3]))))
        .balance(RoundRobin::new())
        .idle_timeout(Duration::from_secs(10 * 60))
        .connect_lazy();
    for hour in 0..10 {
        assert_eq!(channel.state(), State::Idle);
        let called = timeout(Duration::from_millis(250), call(&channel)).await;
        let called = called.unwrap_or_else(|_| panic!("the call of hour {hour} expires"));
        assert!(called.is_ok(), "{called:?}");
        sleep(Duration::from_secs(60 * 60)).await;
        assert_eq!(town.connections([1, 2, 3]), [0; 3]);
    }
}

fn three(town: &Town) -> Builder<Town> {
    Channel::builder("http://cafe")
        .unwrap()
        .connector(town.clone())
        .resolver(Fixed::new(endpoints([1, 2, 3])).unwrap())
        .balance(RoundRobin::new())
}

/// All are connected, and have calls; then the second falls silent.
async fn fall_silent(town: &Town, channel: &Channel) {
    calls(channel, 9).await;
    assert_eq!(town.connections([1, 2, 3]), [1; 3]);
    town.tell(2, Does::Hang);
    tokio::task::yield_now().await;
}

/// The others have all calls.
async fn serve_all(town: &Town, channel: &Channel) {
    town.calls([1, 2, 3]);
    calls(channel, 30).await;
    let [one, two, three] = town.calls([1, 2, 3]);
    assert_eq!((one + three, two), (30, 0));
    assert!(one.abs_diff(three) <= 1, "{one} {three}");
}

#[tokio::test(start_paused = true)]
async fn a_silent_server_has_no_call_after_the_one_that_is_given_up() {
    // G-41
    let town = Town::of([1, 2, 3]);
    let channel = three(&town).connect_lazy();
    fall_silent(&town, &channel).await;
    let mut given_up = 0;
    for _ in 0..30 {
        match timeout(Duration::from_secs(1), call(&channel)).await {
            Ok(called) => assert!(called.is_ok(), "{called:?}"),
            Err(_) => given_up += 1,
        }
    }
    assert_eq!(given_up, 1);
    serve_all(&town, &channel).await;
}

#[tokio::test(start_paused = true)]
async fn a_silent_server_has_no_call_after_those_that_keepalive_ends() {
    // E-4, G-41
    let town = Town::of([1, 2, 3]);
    let second = Duration::from_secs(1);
    let keepalive = KeepaliveOptions::every(10 * second).timeout(second);
    let channel = three(&town).keepalive(keepalive).connect_lazy();
    fall_silent(&town, &channel).await;
    let start = Instant::now();
    let mut failed = Vec::new();
    for _ in 0..30 {
        failed.extend(call(&channel).await.err());
    }
    let [(code, text)] = &failed[..] else {
        panic!("{failed:?}");
    };
    assert_eq!(*code, Code::Unavailable, "{text}");
    assert!(start.elapsed() <= 11 * second, "{:?}", start.elapsed());
    serve_all(&town, &channel).await;
}

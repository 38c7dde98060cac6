//! When a channel connects, and how often: exactly, on a paused clock.

use std::time::Duration;

use tokio::time::{Instant, sleep, sleep_until};
use ziggurat::{Channel, Code, Status, channel::Backoff};
use ziggurat_soak::Habits;

use crate::{
    cafe::{call, client, soon},
    port::{Manner, Port, once_served, steady},
};

/// Pauses without jitter, in milliseconds since the first attempt: 1 s, times 1.6.
const SLOW: [u64; 5] = [0, 1000, 2600, 5160, 9256];
/// The same after a call was served: 0.1 s, times 1.6, in whole milliseconds.
const QUICK: [u64; 9] = [0, 100, 260, 516, 926, 1582, 2631, 4309, 6994];

/// Makes a call every ten milliseconds for ten seconds; gives those that failed.
async fn ten_seconds_of_calls(channel: &Channel) -> Vec<Status> {
    let client = client(channel);
    let end = Instant::now() + Duration::from_secs(10);
    let mut failed = Vec::new();
    while Instant::now() < end {
        failed.extend(call(&client, 0).await.err());
        sleep(Duration::from_millis(10)).await;
    }
    failed
}

/// What a port that does not serve sees of those calls.
async fn unserved(port: &Port, channel: &Channel) -> (Vec<u64>, Vec<Status>) {
    let start = Instant::now();
    let failed = soon(ten_seconds_of_calls(channel)).await;
    let end = start + Duration::from_secs(10);
    sleep_until(end).await;
    assert!(
        failed
            .iter()
            .all(|status| status.code() == Code::Unavailable)
    );
    (port.tried_since(start), failed)
}

#[tokio::test(start_paused = true)]
async fn a_dead_port_is_tried_after_growing_pauses() {
    // D-11, D-21, D-26: five times in ten seconds, however many calls there are.
    let port = Port::new(Manner::Refuses);
    let channel = port.builder().backoff(steady()).connect_lazy();
    let (tried, failed) = unserved(&port, &channel).await;
    assert_eq!(tried, SLOW);
    assert_eq!(failed.len(), 1000);
    for status in failed {
        assert_eq!(
            status.message(),
            "cannot connect to http://cafe: connection refused"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_dead_port_that_served_is_tried_sooner() {
    // T-19: nine times in ten seconds, and ever less often.
    let (port, channel) = once_served(Manner::Refuses).await;
    let (tried, failed) = unserved(&port, &channel).await;
    assert_eq!(tried, QUICK);
    assert_eq!(failed.len(), 1000);
}

#[tokio::test(start_paused = true)]
async fn pauses_are_spread_by_a_fifth() {
    // D-21, D-24: by default.
    let mut firsts = Vec::new();
    for seed in 0..40 {
        let port = Port::new(Manner::Refuses);
        let backoff = Backoff::new().seed(seed);
        let channel = port.builder().backoff(backoff).connect_lazy();
        let start = Instant::now();
        soon(channel.connect()).await.unwrap_err();
        sleep_until(start + Duration::from_secs(10)).await;
        let tried = port.tried_since(start);
        assert!((4..=5).contains(&tried.len()), "{tried:?}");
        for (pair, pause) in tried.windows(2).zip([1000, 1600, 2560, 4096]) {
            let (least, most) = (pause * 4 / 5, pause * 6 / 5);
            assert!(
                (least..=most + 1).contains(&(pair[1] - pair[0])),
                "{tried:?}"
            );
        }
        firsts.push(tried[1]);
    }
    assert!(firsts.iter().any(|first| *first < 900), "{firsts:?}");
    assert!(firsts.iter().any(|first| *first > 1100), "{firsts:?}");
}

#[tokio::test(start_paused = true)]
async fn a_port_that_accepts_and_hangs_up_is_tried_as_seldom() {
    // D-23, D-26
    let port = Port::new(Manner::HangsUp);
    let channel = port.builder().backoff(steady()).connect_lazy();
    let (tried, failed) = unserved(&port, &channel).await;
    assert_eq!(tried, SLOW);
    assert_eq!(failed.len(), 1000);
    for status in failed {
        let text = "the connection to http://cafe ended before the server's SETTINGS came";
        assert!(status.message().contains(text), "{status}");
    }
}

#[tokio::test(start_paused = true)]
async fn one_that_served_may_hang_up_once_by_chance() {
    // T-19, D-11: the calls of the first hundred milliseconds wait for the second attempt.
    let (port, channel) = once_served(Manner::HangsUp).await;
    let (tried, failed) = unserved(&port, &channel).await;
    assert_eq!(tried, QUICK);
    assert_eq!(failed.len(), 990);
    assert!(
        failed[0].message().contains("before the server's SETTINGS"),
        "{}",
        failed[0]
    );
}

#[tokio::test(start_paused = true)]
async fn a_server_that_greets_and_hangs_up_sees_growing_pauses_too() {
    // D-23, D-26, T-19: SETTINGS alone prove nothing.
    let mut port = Port::new(Manner::Accepts);
    let channel = port.builder().backoff(steady()).connect_lazy();
    let start = Instant::now();
    let greet = async {
        for _ in 0..SLOW.len() {
            drop(port.peer().await);
        }
    };
    let wanted = async {
        loop {
            channel.ready().await.unwrap();
            sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::select! {
        () = soon(greet) => {}
        () = wanted => {}
    }
    let tried = port.tried_since(start);
    for (tried, expected) in tried.into_iter().zip(SLOW) {
        assert!((expected..expected + 2).contains(&tried), "{tried}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_reset_of_the_backoff_tries_now_and_begins_anew() {
    // D-25
    let port = Port::new(Manner::Refuses);
    let channel = port.builder().backoff(steady()).connect_lazy();
    let start = Instant::now();
    soon(channel.connect()).await.unwrap_err();
    sleep(Duration::from_secs(6)).await;
    channel.reset_backoff();
    sleep(Duration::from_secs(3)).await;
    assert_eq!(
        port.tried_since(start),
        [0, 1000, 2600, 5160, 6000, 7000, 8600]
    );

    port.set(Manner::Serves(Habits::new()));
    channel.reset_backoff();
    let start = Instant::now();
    soon(channel.ready()).await.unwrap();
    soon(call(&client(&channel), 0)).await.unwrap();
    assert_eq!(start.elapsed(), Duration::ZERO);
}

//! How long calls and attempts wait: exactly, on a paused clock.

use std::{
    io,
    sync::{Arc, Mutex},
    time::Duration,
};

use futures_util::future::join_all;
use tokio::time::{Instant, sleep};
use ziggurat::{
    CallOptions, Channel, Code,
    channel::{State, Target},
};
use ziggurat_soak::Habits;

use crate::{
    cafe::{call, client, soon},
    port::{Manner, Port, millis, once_served},
};

#[tokio::test(start_paused = true)]
async fn an_attempt_has_its_time() {
    // D-22: twenty seconds by default, and what is set is for connecting and SETTINGS together.
    let text = "cannot connect to http://cafe: it accepted, but allowed no HTTP/2 stream within";
    for (timeout, seconds) in [(None, 20), (Some(Duration::from_secs(3)), 3)] {
        let mut port = Port::new(Manner::Accepts);
        let mut builder = port.builder();
        if let Some(timeout) = timeout {
            builder = builder.connect_timeout(timeout);
        }
        let client = client(&builder.connect_lazy());
        let start = Instant::now();
        let (told, _silent) = tokio::join!(soon(call(&client, 0)), port.accept());
        let status = told.unwrap_err();
        assert_eq!(millis(start.elapsed()), seconds * 1000);
        assert_eq!(status.code(), Code::Unavailable);
        assert!(status.message().starts_with(text), "{status}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_slow_connector_leaves_less_for_the_greeting() {
    // D-22
    for (takes, text) in [
        (2, "it accepted, but allowed no HTTP/2 stream within 3s"),
        (3600, "no answer within 3s"),
    ] {
        let (near, far) = tokio::io::duplex(1024);
        let near = Arc::new(Mutex::new(Some(near)));
        let connector = tower::service_fn(move |_: Target| {
            let near = near.lock().unwrap().take();
            async move {
                sleep(Duration::from_secs(takes)).await;
                near.ok_or(io::Error::from(io::ErrorKind::NotConnected))
            }
        });
        let builder = Channel::builder("http://cafe").unwrap();
        let builder = builder
            .connector(connector)
            .connect_timeout(Duration::from_secs(3));
        let start = Instant::now();
        let status = soon(builder.connect()).await.unwrap_err();
        assert_eq!(millis(start.elapsed()), 3000);
        assert!(status.message().contains(text), "{status}");
        drop(far);
    }
}

#[tokio::test(start_paused = true)]
async fn calls_that_wait_for_ready_outlast_an_outage() {
    // B-2, D-11, D-12
    let (port, channel) = once_served(Manner::Refuses).await;
    let hasty = client(&channel);
    let patient = hasty.with(CallOptions::new().wait_for_ready(true));
    let seconds = |seconds| {
        CallOptions::new()
            .wait_for_ready(true)
            .timeout(Duration::from_secs(seconds))
    };
    let (short, long) = (hasty.with(seconds(20)), hasty.with(seconds(60)));
    let start = Instant::now();
    let timed = async |client, id| {
        let told = call(client, id).await;
        (
            told.map_err(|status| status.code()),
            millis(start.elapsed()),
        )
    };
    let outage = async {
        sleep(Duration::from_secs(30)).await;
        port.set(Manner::Serves(Habits::new()));
    };
    let (hasty, short, long, patient, ()) = soon(async {
        tokio::join!(
            timed(&hasty, 1),
            timed(&short, 2),
            timed(&long, 3),
            timed(&patient, 4),
            outage
        )
    })
    .await;
    assert_eq!(hasty, (Err(Code::Unavailable), 0));
    assert_eq!(short, (Err(Code::DeadlineExceeded), 20_000));
    // The attempts are at 0, 0.1, … 11.28, 18.15, 29.15 and 46.74 s.
    let back = *port.tried_since(start).last().unwrap();
    assert!((46_000..47_500).contains(&back), "{back}");
    assert_eq!((long, patient), ((Ok(()), back), (Ok(()), back)));
    let ledger = port.ledger();
    assert_eq!([1, 2, 3, 4].map(|id| ledger.begun(id)), [0, 0, 1, 1]);
}

#[tokio::test(start_paused = true)]
async fn a_channel_without_calls_lets_its_connection_go() {
    // D-5, D-30, D-31
    let port = Port::serving();
    let channel = port
        .builder()
        .idle_timeout(Duration::from_secs(60))
        .connect_lazy();
    let client = client(&channel);
    let mut states = channel.states();
    for id in 0..3 {
        soon(call(&client, id)).await.unwrap();
        let start = Instant::now();
        assert_eq!(port.count(), id + 1);
        while soon(states.changed()).await != Some(State::Idle) {}
        let rested = start.elapsed();
        assert!((60..=120).contains(&rested.as_secs()), "{rested:?}");
    }
    // Calls that come at the very moment are served all the same, and once.
    for (round, gap) in [59_999, 60_000, 60_001, 119_999, 120_000, 120_001]
        .into_iter()
        .enumerate()
    {
        sleep(Duration::from_millis(gap)).await;
        let ids = 10 * (round + 1)..10 * (round + 2);
        let told = join_all(ids.map(|id| call(&client, id)));
        soon(told).await.into_iter().for_each(Result::unwrap);
    }
    assert!((10..70).all(|id| port.ledger().begun(id) == 1));
    assert!(port.count() > 3);
}

#[tokio::test(start_paused = true)]
async fn who_stopped_waiting_keeps_nobody_busy() {
    // D-12, D-30: the attempts end with the idle timeout, as if the call had never been.
    let port = Port::new(Manner::Refuses);
    let builder = port.builder().idle_timeout(Duration::from_secs(60));
    let channel = builder.connect_lazy();
    let waits = CallOptions::new().wait_for_ready(true);
    let waits = waits.timeout(Duration::from_secs(5));
    let patient = client(&channel).with(waits);
    let status = soon(call(&patient, 0)).await.unwrap_err();
    assert_eq!(status.code(), Code::DeadlineExceeded);
    sleep(Duration::from_secs(300)).await;
    assert_eq!(channel.state(), State::Idle);
    let tried = port.count();
    sleep(Duration::from_secs(3600)).await;
    assert_eq!(port.count(), tried);
}

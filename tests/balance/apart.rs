//! What a server says of its health, and how it is asked, leaves the rest of the channel as it is without that.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::time::sleep;
use tower::layer::layer_fn;
use ziggurat::{
    Channel, Code,
    balance::{Fixed, RoundRobin},
    channel::{Attempt, Backoff, Builder},
};

use crate::{
    town::{Town, call, calls, endpoints, settle},
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

use std::time::Duration;

use tokio::time::sleep;
use ziggurat::{
    Channel,
    balance::{Fixed, RoundRobin},
    channel::State,
};

use crate::town::{Does, Town, call, endpoints};

#[tokio::test(start_paused = true)]
async fn connections_are_replaced_before_they_are_old_and_no_call_fails() {
    let town = Town::of([1, 2]);
    let channel = Channel::builder("http://cafe")
        .unwrap()
        .connector(town.clone())
        .resolver(Fixed::new(endpoints([1, 2])).unwrap())
        .balance(RoundRobin::new())
        .max_connection_age(Duration::from_secs(60))
        .connect_lazy();
    for second in 0..600 {
        call(&channel)
            .await
            .unwrap_or_else(|error| panic!("{second}: {error:?}"));
        sleep(Duration::from_secs(1)).await;
    }
    for number in [1, 2] {
        // Once each 54 to 66 seconds.
        let attempts = town.attempts(number);
        assert!((9..=12).contains(&attempts), "{attempts}");
    }
    assert_eq!(town.connections([1, 2]), [1, 1]);

    // Where no other can be made, the old one is kept.
    town.tell(1, Does::Closed);
    let attempts = town.attempts(1);
    for _ in 0..120 {
        call(&channel).await.unwrap();
        sleep(Duration::from_secs(1)).await;
    }
    assert!(town.attempts(1) > attempts + 2);
    assert_eq!(town.connections([1, 2]), [1, 1]);
}

#[tokio::test(start_paused = true)]
async fn no_age_is_so_low_that_nothing_else_is_done() {
    // D-26
    let town = Town::of([1]);
    let channel = Channel::builder("http://cafe:1")
        .unwrap()
        .connector(town.clone())
        .max_connection_age(Duration::ZERO)
        .connect_lazy();
    for _ in 0..100 {
        call(&channel).await.unwrap();
        sleep(Duration::from_millis(100)).await;
    }
    let attempts = town.attempts(1);
    assert!((8..=13).contains(&attempts), "{attempts}");
}

#[tokio::test(start_paused = true)]
async fn a_channel_that_nobody_uses_is_idle_though_its_connections_are_replaced() {
    // D-30: of the only server, and of one beside others
    let town = Town::of([1]);
    let builder = || {
        let builder = Channel::builder("http://10.0.0.1:1").unwrap();
        builder
            .connector(town.clone())
            .max_connection_age(Duration::from_secs(60))
            .idle_timeout(Duration::from_secs(600))
    };
    let servers = Fixed::new(endpoints([1])).unwrap();
    for channel in [
        builder().connect_lazy(),
        builder().resolver(servers).connect_lazy(),
    ] {
        call(&channel).await.unwrap();
        // It is looked at in passing: that may take twice as long.
        sleep(Duration::from_secs(1300)).await;
        assert_eq!(channel.state(), State::Idle);
        let attempts = town.attempts(1);
        sleep(Duration::from_secs(1200)).await;
        assert_eq!(town.attempts(1), attempts);
    }
}

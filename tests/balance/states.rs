//! The states of a channel of many servers, as who follows it sees them (D-2, D-3).

use std::time::Duration;

use tokio::{task::JoinHandle, time::sleep};
use ziggurat::{
    Channel, Code,
    balance::{PickFirst, RoundRobin},
    channel::{State, States},
};

use crate::{
    registry::{Registry, registry},
    town::{Does, Town, call, settle, soon},
};
use State::{Connecting, Idle, Ready, Shutdown, TransientFailure};

/// A channel whose servers are all told by the registry, and its states.
fn channel(town: &Town, registry: Registry, name: &str) -> Channel {
    let builder = Channel::builder("http://cafe").unwrap();
    let builder = builder.connector(town.clone()).resolver(registry);
    match name {
        "pick_first" => builder.balance(PickFirst::new()).connect_lazy(),
        _ => builder.balance(RoundRobin::new()).connect_lazy(),
    }
}

/// A call that goes on by itself.
fn started(channel: &Channel) -> JoinHandle<Result<u16, (Code, String)>> {
    let channel = channel.clone();
    tokio::spawn(async move { call(&channel).await })
}

/// Shows that it comes to this state, and that this is told. States in between may be skipped (D-3).
async fn assert_comes_to(states: &mut States, expected: State) {
    settle().await;
    assert_eq!(states.current(), expected);
    assert_eq!(soon(states.changed()).await, Some(expected));
}

#[tokio::test(start_paused = true)]
async fn they_are_those_of_all_servers_together() {
    // D-1, D-2, G-22, G-41
    let (registry, clerk) = registry();
    let town = Town::of([1, 2]);
    let channel = channel(&town, registry, "round_robin");
    let mut states = channel.states();
    settle().await;
    assert_eq!(states.current(), Idle);
    let called = started(&channel);
    assert_comes_to(&mut states, Connecting).await;
    clerk.servers([1, 2]);
    assert_comes_to(&mut states, Ready).await;
    called.await.unwrap().unwrap();

    // One is enough.
    town.tell(1, Does::Dead);
    sleep(Duration::from_secs(5)).await;
    assert_eq!(states.current(), Ready);
    // The other connects anew by itself, without an answer at first.
    town.tell(2, Does::Drain);
    settle().await;
    town.tell(2, Does::Dead);
    assert_comes_to(&mut states, TransientFailure).await;
    // That does not change while both are tried again.
    let attempts = town.attempts(1);
    sleep(Duration::from_secs(60)).await;
    assert!(town.attempts(1) > attempts);
    assert_eq!(states.current(), TransientFailure);
    town.tell(2, Does::Answer(Code::Ok));
    sleep(Duration::from_secs(121)).await;
    assert_comes_to(&mut states, Ready).await;

    channel.close().await;
    assert_comes_to(&mut states, Shutdown).await;
    assert_eq!(states.changed().await, None);
}

#[tokio::test(start_paused = true)]
async fn with_one_connection_a_loss_is_idleness() {
    // D-2, G-33
    let (registry, clerk) = registry();
    let town = Town::of([1, 2]);
    let channel = channel(&town, registry, "pick_first");
    let mut states = channel.states();
    clerk.servers([1, 2]);
    assert_eq!(call(&channel).await, Ok(1));
    assert_comes_to(&mut states, Ready).await;
    town.tell(1, Does::Drain);
    assert_comes_to(&mut states, Idle).await;
    assert_eq!(call(&channel).await, Ok(2));
    assert_comes_to(&mut states, Ready).await;
    // So it is if its server is in the list no more.
    town.tell(1, Does::Answer(Code::Ok));
    clerk.servers([1]);
    assert_comes_to(&mut states, Idle).await;
    assert_eq!(town.connections([1, 2]), [0, 0]);
    soon(channel.connect()).await.unwrap();
    assert_comes_to(&mut states, Ready).await;
}

#[tokio::test(start_paused = true)]
async fn waiting_for_it_outlasts_failures_and_connecting_does_not() {
    // D-2, D-12
    for name in ["round_robin", "pick_first"] {
        let (registry, clerk) = registry();
        let town = Town::of([1, 2]);
        town.all([1, 2], Does::Dead);
        let channel = channel(&town, registry, name);
        clerk.servers([1, 2]);
        let error = channel.connect().await.unwrap_err();
        assert!(error.to_string().contains("http://10.0.0.1:"), "{error}");
        let (ready, ()) = tokio::join!(channel.ready(), async {
            sleep(Duration::from_secs(100)).await;
            assert_eq!(channel.state(), TransientFailure);
            town.tell(2, Does::Answer(Code::Ok));
        });
        ready.unwrap();
        assert_eq!(call(&channel).await, Ok(2), "{name}");
    }
}

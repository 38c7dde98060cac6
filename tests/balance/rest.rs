//! A channel of many servers that is idle, and one that leaves it.

use std::time::Duration;

use tokio::time::{Instant, sleep, sleep_until};
use ziggurat::{
    Channel, Code,
    balance::{PickFirst, RoundRobin},
    channel::{Builder, State},
};

use crate::{
    registry::{Registry, Tells, registry},
    town::{Does, Town, call, calls, named, send, settle, soon},
};

/// Idle after ten seconds, and after twenty at the latest.
fn builder(town: &Town, registry: Registry) -> Builder<Town> {
    let builder = Channel::builder("http://cafe").unwrap();
    let builder = builder.connector(town.clone()).resolver(registry);
    builder.idle_timeout(Duration::from_secs(10))
}

fn channel(town: &Town, registry: Registry) -> Channel {
    builder(town, registry)
        .balance(RoundRobin::new())
        .connect_lazy()
}

/// Waits until that many seconds after the start.
async fn at(start: Instant, seconds: f64) {
    sleep_until(start + Duration::from_secs_f64(seconds)).await;
    settle().await;
}

#[tokio::test(start_paused = true)]
async fn without_calls_nothing_is_left_of_it_but_what_it_knows() {
    // D-30, D-32
    let (registry, clerk) = registry();
    let town = Town::of([1, 2]);
    let channel = channel(&town, registry);
    let start = Instant::now();
    assert_eq!(channel.state(), State::Idle);
    clerk.servers([1, 2]);
    calls(&channel, 4).await;
    for second in 1..=9 {
        at(start, f64::from(second)).await;
        assert_eq!(channel.state(), State::Ready, "{second}");
    }
    at(start, 20.1).await;
    assert_eq!(channel.state(), State::Idle);
    assert_eq!(town.connections([1, 2]), [0, 0]);
    let tasks = tokio::runtime::Handle::current()
        .metrics()
        .num_alive_tasks();
    assert_eq!(tasks, 0);

    // The resolver is asked, and says nothing: the last endpoints are used at once.
    let asked = clerk.asked();
    call(&channel).await.unwrap();
    assert_eq!(clerk.asked(), asked + 1);
    assert!(start.elapsed() < Duration::from_millis(20_200));
    assert_eq!(channel.state(), State::Ready);
}

#[tokio::test(start_paused = true)]
async fn it_does_not_rest_sooner_after_a_call_than_it_is_told() {
    // D-30: a stream counts as a call as long as it is open.
    let (registry, clerk) = registry();
    let town = Town::of([1]);
    let channel = channel(&town, registry);
    let start = Instant::now();
    clerk.servers([1]);
    call(&channel).await.unwrap();
    town.tell(1, Does::Nothing);
    let long = tokio::spawn({
        let channel = channel.clone();
        async move { send(&channel, named("long")).await }
    });
    at(start, 19.0).await;
    town.tell(1, Does::Answer(Code::Ok));
    assert_eq!(long.await.unwrap(), Ok(1));
    at(start, 28.9).await;
    assert_eq!(channel.state(), State::Ready);
    at(start, 40.1).await;
    assert_eq!(channel.state(), State::Idle);
}

#[tokio::test(start_paused = true)]
async fn who_connects_it_uses_it() {
    // D-30, D-1
    let (registry, clerk) = registry();
    let town = Town::of([1]);
    let channel = channel(&town, registry);
    let start = Instant::now();
    clerk.servers([1]);
    channel.connect().await.unwrap();
    at(start, 9.0).await;
    assert_eq!(channel.state(), State::Ready);
    // Its first call.
    at(start, 15.0).await;
    call(&channel).await.unwrap();
    at(start, 24.9).await;
    assert_eq!(channel.state(), State::Ready);
    channel.connect().await.unwrap();
    at(start, 34.8).await;
    assert_eq!(channel.state(), State::Ready);
    at(start, 50.1).await;
    assert_eq!(channel.state(), State::Idle);
}

#[tokio::test(start_paused = true)]
async fn what_failed_before_it_was_idle_is_forgotten() {
    // D-11, D-2: who finds it idle waits for the next attempt.
    for name in ["round_robin", "pick_first"] {
        let (registry, clerk) = registry();
        let town = Town::of([1, 2]);
        town.all([1, 2], Does::Dead);
        let builder = builder(&town, registry);
        let channel = match name {
            "pick_first" => builder.balance(PickFirst::new()).connect_lazy(),
            _ => builder.balance(RoundRobin::new()).connect_lazy(),
        };
        clerk.servers([1, 2]);
        call(&channel).await.unwrap_err();
        assert_eq!(channel.state(), State::TransientFailure, "{name}");
        sleep(Duration::from_secs(60)).await;
        assert_eq!(channel.state(), State::Idle, "{name}");
        town.all([1, 2], Does::Answer(Code::Ok));
        call(&channel).await.expect(name);
    }
}

#[tokio::test(start_paused = true)]
async fn so_is_the_error_of_a_resolver_that_may_have_better_news() {
    // D-11, D-2
    let (registry, clerk) = registry();
    let town = Town::of([1]);
    let channel = channel(&town, registry);
    clerk.tell(Tells::Error("no such name"));
    call(&channel).await.unwrap_err();
    sleep(Duration::from_secs(60)).await;
    assert_eq!(channel.state(), State::Idle);
    let later = async {
        sleep(Duration::from_secs(1)).await;
        clerk.servers([1]);
    };
    let (told, ()) = tokio::join!(call(&channel), later);
    assert_eq!(told, Ok(1));
}

#[tokio::test(start_paused = true)]
async fn until_it_has_said_nothing_for_long() {
    // D-11, D-22
    let (registry, clerk) = registry();
    let channel = channel(&Town::of([1]), registry);
    clerk.tell(Tells::Error("no such name"));
    let first = call(&channel).await.unwrap_err();
    for _ in 0..2 {
        sleep(Duration::from_secs(60)).await;
        assert_eq!(channel.state(), State::Idle);
        let start = Instant::now();
        assert_eq!(call(&channel).await.unwrap_err(), first);
        let waited = start.elapsed().as_millis();
        assert!(waited.abs_diff(20_000) <= 2, "{waited}");
    }
}

#[tokio::test(start_paused = true)]
async fn but_not_of_one_that_has_ended() {
    // G-13
    let (registry, clerk) = registry();
    let channel = channel(&Town::of([1]), registry);
    clerk.tell(Tells::End);
    let first = call(&channel).await.unwrap_err();
    sleep(Duration::from_secs(60)).await;
    assert_eq!(channel.state(), State::Idle);
    assert_eq!(call(&channel).await.unwrap_err(), first);
}

#[tokio::test(start_paused = true)]
async fn a_call_wakes_a_policy_that_is_idle() {
    // G-33, D-2
    let (registry, clerk) = registry();
    let town = Town::of([1, 2]);
    let channel = builder(&town, registry).balance(PickFirst::new());
    let channel = channel.idle_timeout(None).connect_lazy();
    clerk.servers([1, 2]);
    assert_eq!(call(&channel).await, Ok(1));
    for does in [Does::Drain, Does::Dead] {
        town.tell(1, does);
        settle().await;
        assert_eq!(channel.state(), State::Idle, "{does:?}");
        sleep(Duration::from_secs(3600)).await;
        assert_eq!(town.connections([1, 2]), [0, 0], "{does:?}");
        town.tell(1, Does::Answer(Code::Ok));
        assert_eq!(call(&channel).await, Ok(1), "{does:?}");
    }
    town.tell(1, Does::Dead);
    settle().await;
    // So does a handle.
    soon(channel.connect()).await.unwrap();
    assert_eq!(call(&channel).await, Ok(2));
}

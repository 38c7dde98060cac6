use std::time::Duration;

use bytes::Bytes;
use http::Request;
use tokio::time::{sleep, timeout};
use tower::{Layer, Service};
use ziggurat::{
    Body, Channel, Code,
    balance::{Fixed, RoundRobin},
    channel::State,
    layers::hedge::{HedgeLayer, HedgingPolicy},
};

use crate::town::{Does, Town, call, calls, endpoints};

fn channel(town: &Town, numbers: impl IntoIterator<Item = u16>) -> Channel {
    Channel::builder("http://cafe")
        .unwrap()
        .connector(town.clone())
        .resolver(Fixed::new(endpoints(numbers)).unwrap())
        .balance(RoundRobin::new())
        .connect_lazy()
}

#[tokio::test(start_paused = true)]
async fn calls_go_round_all_servers() {
    // G-41, G-42
    let town = Town::of([1, 2, 3]);
    let channel = channel(&town, [1, 2, 3]);
    assert_eq!(channel.state(), State::Idle);
    call(&channel).await.unwrap();
    tokio::task::yield_now().await;
    town.calls([1, 2, 3]);
    calls(&channel, 30).await;
    assert_eq!(town.calls([1, 2, 3]), [10, 10, 10]);
    assert_eq!(channel.state(), State::Ready);
}

#[tokio::test(start_paused = true)]
async fn the_calls_of_a_server_that_goes_are_those_of_the_others() {
    // G-41, D-14
    let town = Town::of([1, 2, 3]);
    let channel = channel(&town, [1, 2, 3]);
    calls(&channel, 9).await;
    for does in [Does::Drain, Does::Dead] {
        town.tell(2, does);
        tokio::task::yield_now().await;
        town.calls([1, 2, 3]);
        calls(&channel, 30).await;
        let [one, two, three] = town.calls([1, 2, 3]);
        assert_eq!((one + three, two), (30, 0), "{does:?}");
        assert!(one.abs_diff(three) <= 1, "{one} {three}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_one_refuses_is_had_by_another() {
    // C-20, C-31
    let town = Town::of([1, 2, 3]);
    let channel = channel(&town, [1, 2, 3]);
    calls(&channel, 9).await;
    town.tell(2, Does::Refuse);
    tokio::task::yield_now().await;
    town.calls([1, 2, 3]);
    calls(&channel, 9).await;
    let [one, two, three] = town.calls([1, 2, 3]);
    assert!(two > 0, "it was asked");
    assert_eq!(one + three, 9);
}

#[tokio::test(start_paused = true)]
async fn calls_fail_when_all_servers_have() {
    // G-43, D-11
    let town = Town::of([1, 2]);
    town.tell(1, Does::Dead);
    town.tell(2, Does::Dead);
    let channel = channel(&town, [1, 2]);
    let (code, text) = call(&channel).await.unwrap_err();
    assert_eq!(code, Code::Unavailable);
    assert!(
        text.contains("cannot connect to http://10.0.0.1:"),
        "{text}"
    );
    assert_eq!(channel.state(), State::TransientFailure);
    town.tell(2, Does::Answer(Code::Ok));
    channel.ready().await.unwrap();
    assert_eq!(call(&channel).await, Ok(2));
}

#[tokio::test(start_paused = true)]
async fn the_hedges_of_a_call_go_to_other_servers() {
    // C-59
    let town = Town::of([1, 2, 3]);
    let channel = channel(&town, [1, 2, 3]);
    channel.connect().await.unwrap();
    sleep(Duration::from_millis(1)).await;
    for number in [1, 2, 3] {
        town.tell(number, Does::Nothing);
    }
    let policy = HedgingPolicy::builder()
        .max_attempts(3)
        .hedging_delay(Duration::from_millis(100))
        .build()
        .unwrap();
    let mut hedged = HedgeLayer::new(policy).layer(channel);
    let request = Request::post("/cafe.CoffeeMachine/MakeLatte")
        .body(Body::from(Bytes::from_static(&[0; 5])))
        .unwrap();
    let call = hedged.call(request);
    assert!(timeout(Duration::from_secs(1), call).await.is_err());
    assert_eq!(town.calls([1, 2, 3]), [1, 1, 1]);
}

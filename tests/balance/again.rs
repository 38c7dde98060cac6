//! Calls that a server turns away go to another, in their order.

use std::time::Duration;

use tokio::time::sleep;
use ziggurat::{
    Channel, Code,
    balance::{Fixed, PickFirst, RoundRobin},
    channel::{Builder, State},
};
use ziggurat_testing::peer::{Connection, Options, RawFrame, Reason};

use crate::{
    registry::{Registry, registry},
    town::{Does, Town, call, calls, endpoints, named, send, settle, soon},
};

fn builder(town: &Town) -> Builder<Town> {
    let builder = Channel::builder("http://cafe").unwrap();
    builder.connector(town.clone()).balance(RoundRobin::new())
}

fn channel(town: &Town, registry: Registry) -> Channel {
    builder(town).resolver(registry).connect_lazy()
}

fn fixed(town: &Town, numbers: impl IntoIterator<Item = u16>) -> Channel {
    let servers = Fixed::new(endpoints(numbers)).unwrap();
    builder(town).resolver(servers).connect_lazy()
}

#[tokio::test(start_paused = true)]
async fn a_call_that_one_server_refuses_is_another_ones() {
    // C-31, C-32
    let town = Town::of([1, 2, 3]);
    let channel = fixed(&town, [1, 2, 3]);
    channel.connect().await.unwrap();
    settle().await;
    town.tell(2, Does::Refuse);
    calls(&channel, 30).await;
    let [one, two, three] = town.calls([1, 2, 3]);
    assert_eq!(one + three, 30);
    assert!(two >= 9, "{two}");
}

#[tokio::test(start_paused = true)]
async fn what_a_goaway_leaves_out_is_another_ones_and_what_it_names_stays() {
    // A-112, C-31, C-32
    for reason in [Reason::NO_ERROR, Reason::ENHANCE_YOUR_CALM] {
        let town = Town::of([1, 2]);
        let mut pipes = town.script(1);
        let channel = fixed(&town, [1, 2]);
        let script = async {
            let pipe = pipes.recv().await.unwrap();
            Connection::over_with(pipe, Options::new()).await.unwrap()
        };
        let (connected, mut peer) = tokio::join!(channel.connect(), script);
        connected.unwrap();
        settle().await;
        let runs: Vec<_> = (0..4)
            .map(|_| {
                let channel = channel.clone();
                tokio::spawn(async move { soon(send(&channel, named("runs"))).await })
            })
            .collect();
        let processed = soon(peer.request()).await.unwrap().stream;
        let left_out = soon(peer.request()).await.unwrap().stream;
        assert!(left_out > processed);
        // From then on it is not tried again.
        town.tell(1, Does::Dead);
        let goaway = RawFrame::go_away(processed, reason, "");
        peer.frame(goaway).await.unwrap();
        settle().await;
        peer.respond_status(processed, 0, "").await.unwrap();
        let mut served = Vec::new();
        for run in runs {
            served.push(run.await.unwrap().unwrap());
        }
        served.sort_unstable();
        // The script does not say who it is.
        assert_eq!(served, [0, 2, 2, 2], "{reason:?}");
        assert_eq!(town.names(2).len(), 3);
    }
}

#[tokio::test(start_paused = true)]
async fn it_is_sent_again_once() {
    // C-31
    let town = Town::of([1, 2, 3]);
    let channel = fixed(&town, [1, 2, 3]);
    channel.connect().await.unwrap();
    settle().await;
    town.all([1, 2, 3], Does::Refuse);
    let (code, text) = call(&channel).await.unwrap_err();
    assert_eq!(code, Code::Unavailable, "{text}");
    assert!(text.contains("REFUSED_STREAM"), "{text}");
    assert_eq!(town.calls([1, 2, 3]).iter().sum::<usize>(), 2);
}

#[tokio::test(start_paused = true)]
async fn what_runs_on_a_server_that_goes_finishes_there_and_what_comes_goes_elsewhere() {
    // A-112, C-30
    let town = Town::of([1, 2]);
    let channel = fixed(&town, [1, 2]);
    channel.connect().await.unwrap();
    settle().await;
    town.tell(1, Does::Nothing);
    let runs: Vec<_> = (0..20)
        .map(|_| {
            let channel = channel.clone();
            tokio::spawn(async move { soon(send(&channel, named("runs"))).await })
        })
        .collect();
    settle().await;
    town.tell(1, Does::Drain);
    settle().await;
    calls(&channel, 20).await;
    assert_eq!(town.calls([1, 2]), [10, 30]);
    town.tell(1, Does::Answer(Code::Ok));
    let mut served = [0, 0];
    for run in runs {
        served[usize::from(run.await.unwrap().unwrap()) - 1] += 1;
    }
    assert_eq!(served, [10, 10]);
}

#[tokio::test(start_paused = true)]
async fn calls_whose_connection_is_lost_before_they_leave_go_elsewhere() {
    // C-30, D-14: the server is gone, and nobody here has heard of it yet.
    let town = Town::of([1, 2, 3]);
    let channel = fixed(&town, [1, 2, 3]);
    channel.connect().await.unwrap();
    for round in 0..20 {
        settle().await;
        let number = round % 3 + 1;
        town.tell(number, Does::Dead);
        let (one, two, three) = tokio::join!(call(&channel), call(&channel), call(&channel));
        for told in [one, two, three] {
            // It may have been on its way.
            if let Err((code, text)) = told {
                assert_eq!(code, Code::Unavailable, "{text}");
                assert!(!text.contains("cannot connect"), "{text}");
            }
        }
        calls(&channel, 6).await;
        town.tell(number, Does::Answer(Code::Ok));
        sleep(Duration::from_secs(60)).await;
        assert_eq!(town.connections([1, 2, 3]), [1, 1, 1]);
    }
}

#[tokio::test(start_paused = true)]
async fn order_holds_over_lists_that_lead_nowhere() {
    // G-21
    let (registry, clerk) = registry();
    let town = Town::of([9]);
    town.all([1, 2], Does::Hang);
    let channel = channel(&town, registry);
    let start = |name: &str| {
        let (channel, request) = (channel.clone(), named(name));
        tokio::spawn(async move { soon(send(&channel, request)).await })
    };
    let mut runs = vec![start("first")];
    settle().await;
    clerk.servers([1]);
    settle().await;
    runs.push(start("second"));
    settle().await;
    clerk.servers([1, 2]);
    settle().await;
    runs.extend([start("third"), start("fourth")]);
    settle().await;
    clerk.servers([9]);
    for run in runs {
        assert_eq!(run.await.unwrap(), Ok(9));
    }
    assert_eq!(town.names(9), ["first", "second", "third", "fourth"]);
}

#[tokio::test(start_paused = true)]
async fn who_is_dropped_while_it_waits_takes_nothing() {
    // B-20, T-29
    let (registry, clerk) = registry();
    let town = Town::of([1]);
    let channel = channel(&town, registry);
    let mut dropped = tokio_test::task::spawn(send(&channel, named("dropped")));
    assert!(dropped.poll().is_pending());
    let stays = {
        let channel = channel.clone();
        tokio::spawn(async move { soon(send(&channel, named("stays"))).await })
    };
    settle().await;
    clerk.servers([1]);
    settle().await;
    // It has its lease, and is not polled.
    drop(dropped);
    assert_eq!(stays.await.unwrap(), Ok(1));
    settle().await;
    assert_eq!(town.names(1), ["stays"]);
    let endpoint = channel.endpoints().current().remove(0);
    assert_eq!(endpoint.calls, 0, "{endpoint:?}");
    calls(&channel, 3).await;
    assert_eq!(channel.state(), State::Ready);
}

#[tokio::test(start_paused = true)]
async fn with_one_connection_a_lost_one_is_followed_by_the_next_server() {
    // G-33, D-14
    let town = Town::of([1, 2, 3]);
    let servers = Fixed::new(endpoints([1, 2, 3])).unwrap();
    let channel = Channel::builder("http://cafe").unwrap();
    let channel = channel.connector(town.clone()).resolver(servers);
    let channel = channel.balance(PickFirst::new()).connect_lazy();
    for number in [1, 2, 3] {
        assert_eq!(call(&channel).await, Ok(number));
        town.tell(number, Does::Dead);
        settle().await;
    }
    let (code, _) = call(&channel).await.unwrap_err();
    assert_eq!(code, Code::Unavailable);
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_a_stream_of_a_server_that_goes_has_its_place_at_the_next() {
    // A-116, G-21, G-40
    let (registry, clerk) = registry();
    let town = Town::of([1, 2]);
    town.narrow(1);
    let channel = channel(&town, registry);
    let start = |name: &str| {
        let (channel, request) = (channel.clone(), named(name));
        tokio::spawn(async move { soon(send(&channel, request)).await })
    };
    clerk.servers([1]);
    call(&channel).await.unwrap();
    town.tell(1, Does::Nothing);
    let runs = start("runs");
    settle().await;
    let mut waiting = Vec::new();
    for name in ["first", "second", "third"] {
        waiting.push(start(name));
        settle().await;
    }
    assert_eq!(town.names(1), ["any", "runs"]);
    let endpoint = channel.endpoints().current().remove(0);
    assert_eq!(endpoint.calls, 4, "{endpoint:?}");
    clerk.servers([2]);
    for call in waiting {
        assert_eq!(call.await.unwrap(), Ok(2));
    }
    assert_eq!(town.names(2), ["first", "second", "third"]);
    town.tell(1, Does::Answer(Code::Ok));
    assert_eq!(runs.await.unwrap(), Ok(1));
}

#[tokio::test(start_paused = true)]
async fn when_the_network_is_back_nobody_waits_for_the_next_attempt() {
    // D-25
    let (registry, clerk) = registry();
    let town = Town::of([1, 2]);
    town.all([1, 2], Does::Dead);
    let channel = channel(&town, registry);
    clerk.servers([1, 2]);
    call(&channel).await.unwrap_err();
    sleep(Duration::from_secs(600)).await;
    town.all([1, 2], Does::Answer(Code::Ok));
    settle().await;
    call(&channel).await.unwrap_err();
    let (asked, attempts) = (clerk.asked(), town.attempts(1));
    channel.reset_backoff();
    settle().await;
    assert_eq!(channel.state(), State::Ready);
    assert_eq!((clerk.asked(), town.attempts(1)), (asked + 1, attempts + 1));
    calls(&channel, 4).await;
    assert_eq!(town.calls([1, 2]), [2, 2]);
}

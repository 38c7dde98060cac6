//! Calls that are spread over several connections, and what the end of one means for the others.

use std::time::Duration;

use tokio::{
    task::JoinHandle,
    time::{Instant, sleep, timeout},
};
use tokio_test::{assert_pending, task};
use ziggurat_transport::{
    Error,
    channel::{self, Backoff, State},
    error::Kind,
};

use crate::{
    raw::Raw,
    server::{Accepted, Listener, Pipeline, Pipes, Server, call, drain, pipes, soon},
};

/// A call, read to its end.
type Call = JoinHandle<Result<bytes::Bytes, Error>>;

fn start(channel: &Pipeline) -> Call {
    let call = call(channel);
    tokio::spawn(async move { Ok(drain(call.await?).await) })
}

async fn told(call: Call) -> bytes::Bytes {
    soon(call).await.unwrap().unwrap()
}

/// A connection is ready when its SETTINGS was read.
async fn settle() {
    sleep(Duration::from_millis(1)).await;
}

/// A channel that spreads calls over two connections, with one running on each of them.
struct Two {
    channel: Pipeline,
    listener: Listener,
    servers: [Server; 2],
    calls: [Call; 2],
    accepted: [Accepted; 2],
}

impl Two {
    async fn open(
        settings: impl FnOnce(channel::Builder<Pipes>) -> channel::Builder<Pipes>,
    ) -> Self {
        let (builder, mut listener) = pipes();
        let builder = builder.connections(2).backoff(Backoff::new().jitter(0.0));
        let channel: Pipeline = settings(builder).build();
        let begun = Instant::now();
        let first = start(&channel);
        let (mut one, _record) = listener.serve().await;
        let on_one = one.accept().await;
        // The one beside it does not wait for the other connection, and asks for it.
        let beside = start(&channel);
        let on_one_too = one.accept().await;
        let (mut two, _record) = listener.serve().await;
        assert_eq!(begun.elapsed(), Duration::ZERO);
        settle().await;
        let second = start(&channel);
        let on_two = two.accept().await;
        on_one_too.answer("beside");
        assert_eq!(told(beside).await, "beside");
        Self {
            channel,
            listener,
            servers: [one, two],
            calls: [first, second],
            accepted: [on_one, on_two],
        }
    }
}

#[tokio::test(start_paused = true)]
async fn each_call_goes_to_the_connection_with_the_fewest() {
    // G-70
    let (builder, mut listener) = pipes();
    let channel: Pipeline = builder.connections(3).build();
    // Calls that take turns need one.
    let first = start(&channel);
    let (mut one, _record) = listener.serve().await;
    one.accept().await.answer("one");
    told(first).await;
    let second = start(&channel);
    let on_one = one.accept().await;
    assert_eq!(listener.waiting(), 0);
    // A call beside it asks for another; a call that is alone on the second asks for none.
    let third = start(&channel);
    let beside = one.accept().await;
    let (mut two, _record) = listener.serve().await;
    settle().await;
    let fourth = start(&channel);
    let on_two = two.accept().await;
    assert_eq!(listener.waiting(), 0);
    // Now all have calls.
    let fifth = start(&channel);
    let on_two_too = two.accept().await;
    let (mut three, _record) = listener.serve().await;
    settle().await;
    // 2, 2 and 0 calls run: two go to the third, and then there are 2 of each.
    let (sixth, seventh) = (start(&channel), start(&channel));
    let on_three = [three.accept().await, three.accept().await];
    on_two.answer("two");
    told(fourth).await;
    let eighth = start(&channel);
    let on_two = two.accept().await;
    // As many as were asked for.
    assert_eq!(listener.waiting(), 0);
    let accepted = on_three
        .into_iter()
        .chain([on_one, beside, on_two, on_two_too]);
    for accepted in accepted {
        accepted.answer("ok");
    }
    for call in [second, third, fifth, sixth, seventh, eighth] {
        assert_eq!(told(call).await, "ok");
    }
}

#[tokio::test(start_paused = true)]
async fn calls_that_waited_for_the_first_ask_for_the_second() {
    // G-70
    let (builder, mut listener) = pipes();
    let channel: Pipeline = builder.connections(2).build();
    let calls = [start(&channel), start(&channel)];
    let (mut one, _record) = listener.serve().await;
    for _ in 0..2 {
        one.accept().await.answer("one");
    }
    let (mut two, _record) = listener.serve().await;
    settle().await;
    for call in calls {
        told(call).await;
    }
    let (first, second) = (start(&channel), start(&channel));
    one.accept().await.answer("one");
    two.accept().await.answer("two");
    assert_eq!(
        (told(first).await, told(second).await),
        ("one".into(), "two".into())
    );
}

#[tokio::test(start_paused = true)]
async fn one_that_dies_takes_only_its_own_calls_with_it() {
    // A-114, G-70
    let mut two = Two::open(|builder| builder).await;
    let [first, second] = two.calls;
    let [on_one, _on_two] = two.accepted;
    two.servers[1].cut();
    let lost = soon(second).await.unwrap().unwrap_err();
    assert_eq!(lost.kind(), Kind::Lost);
    assert_eq!(two.channel.state(), State::Ready);
    // The next goes to the other, and has one more made, for there is a call on that.
    let third = start(&two.channel);
    two.servers[0].accept().await.answer("one");
    assert_eq!(told(third).await, "one");
    let (mut three, _record) = two.listener.serve().await;
    settle().await;
    let fourth = start(&two.channel);
    three.accept().await.answer("three");
    assert_eq!(told(fourth).await, "three");
    on_one.answer("first");
    assert_eq!(told(first).await, "first");
}

#[tokio::test(start_paused = true)]
async fn one_that_goes_away_ends_its_calls_and_takes_no_more() {
    //
    let mut two = Two::open(|builder| builder).await;
    let [first, second] = two.calls;
    let [on_one, on_two] = two.accepted;
    two.servers[1].drain();
    settle().await;
    let third = start(&two.channel);
    two.servers[0].accept().await.answer("one");
    assert_eq!(told(third).await, "one");
    on_two.answer("to the end");
    on_one.answer("first");
    assert_eq!(told(second).await, "to the end");
    assert_eq!(told(first).await, "first");
}

#[tokio::test(start_paused = true)]
async fn what_the_others_turn_away_goes_to_the_one_that_answers() {
    // C-31, D-14, T-19: however many they are, and however often.
    let (builder, mut listener) = pipes();
    let backoff = Backoff::new().jitter(0.0);
    let channel: Pipeline = builder.connections(3).backoff(backoff).build();
    let begun = Instant::now();
    let first = [(); 4].map(|()| start(&channel));
    let (mut one, _record) = listener.serve().await;
    let mut on_one = Vec::new();
    for _ in 0..4 {
        on_one.push(one.accept().await);
    }
    for _ in 0..6 {
        // Two connections, each asked for by a call beside others.
        let asks = start(&channel);
        let on_one_too = one.accept().await;
        let mut two = Raw::start(listener.accept().await.0, 100).await;
        settle().await;
        let on_two = start(&channel);
        settle().await;
        let asks_too = start(&channel);
        settle().await;
        let mut three = Raw::start(listener.accept().await.0, 100).await;
        settle().await;
        // This one is turned away by both.
        let turned_away = start(&channel);
        settle().await;
        three.goaway(0).await;
        settle().await;
        two.goaway(0).await;
        on_one_too.answer("one");
        for _ in 0..3 {
            one.accept().await.answer("one");
        }
        for call in [asks, asks_too, on_two, turned_away] {
            assert_eq!(told(call).await, "one");
        }
        assert_eq!(channel.state(), State::Ready);
    }
    // The second pair comes at once, after an answer; the others after pauses of 0.1 s growing to 1 s.
    let elapsed = begun.elapsed();
    assert!(elapsed > Duration::from_secs(2), "{elapsed:?}");
    on_one.drain(..).for_each(|call| call.answer("first"));
    for call in first {
        assert_eq!(told(call).await, "first");
    }
}

#[tokio::test(start_paused = true)]
async fn one_that_cannot_be_made_fails_no_call() {
    // D-11, D-26, G-70
    let (builder, mut listener) = pipes();
    let backoff = Backoff::new().jitter(0.0);
    let channel: Pipeline = builder.connections(2).backoff(backoff).build();
    let first = start(&channel);
    let (mut one, _record) = listener.serve().await;
    let on_one = one.accept().await;
    let mut attempts = Vec::new();
    let begun = Instant::now();
    for _ in 0..200 {
        let beside = start(&channel);
        one.accept().await.answer("one");
        assert_eq!(told(beside).await, "one");
        assert_eq!(channel.state(), State::Ready);
        while listener.waiting() > 0 {
            // Accepted, and hung up on.
            drop(listener.accept().await);
            attempts.push(begun.elapsed().as_millis());
        }
        sleep(Duration::from_millis(50)).await;
    }
    // In ten seconds: one after the other, in the pauses of any connection.
    assert!((4..=9).contains(&attempts.len()), "{attempts:?}");
    on_one.answer("first");
    assert_eq!(told(first).await, "first");
}

#[tokio::test(start_paused = true)]
async fn one_that_is_silent_gets_no_calls_and_is_replaced() {
    // A-112, T-19
    let mut two = Two::open(|builder| builder).await;
    let [first, _second] = two.calls;
    let [on_one, _silent] = two.accepted;
    // Beside one call each: the older. Then the other, which lets it expire.
    let beside = start(&two.channel);
    let on_one_too = two.servers[0].accept().await;
    let expires = timeout(Duration::from_secs(1), call(&two.channel));
    assert!(expires.await.is_err());
    let _expired = two.servers[1].accept().await;
    // All are on the first, though it has more.
    let fourth = start(&two.channel);
    two.servers[0].accept().await.answer("one");
    assert_eq!(told(fourth).await, "one");
    let (mut three, _record) = two.listener.serve().await;
    settle().await;
    let fifth = start(&two.channel);
    three.accept().await.answer("three");
    assert_eq!(told(fifth).await, "three");
    assert_eq!(two.listener.waiting(), 0);
    for accepted in [on_one, on_one_too] {
        accepted.answer("one");
    }
    for call in [first, beside] {
        assert_eq!(told(call).await, "one");
    }
}

#[tokio::test(start_paused = true)]
async fn closing_waits_for_the_calls_of_all() {
    // D-4, M-12
    let two = Two::open(|builder| builder).await;
    let [first, second] = two.calls;
    let [on_one, on_two] = two.accepted;
    let mut closed = task::spawn(two.channel.close());
    assert_pending!(closed.poll());
    on_two.answer("two");
    assert_eq!(told(second).await, "two");
    settle().await;
    assert_pending!(closed.poll());
    on_one.answer("one");
    assert_eq!(told(first).await, "one");
    soon(closed).await;
}

#[tokio::test(start_paused = true)]
async fn shutting_down_ends_the_calls_of_all() {
    // M-12
    let two = Two::open(|builder| builder).await;
    soon(two.channel.shutdown_now()).await;
    for call in two.calls {
        let error = soon(call).await.unwrap().unwrap_err();
        assert_eq!(error.kind(), Kind::GivenUp);
    }
}

#[tokio::test(start_paused = true)]
async fn all_are_let_go_when_nobody_calls() {
    // D-30
    let minute = Duration::from_secs(60);
    let two = Two::open(|builder| builder.idle_timeout(minute)).await;
    let [first, second] = two.calls;
    let [on_one, on_two] = two.accepted;
    on_two.answer("two");
    told(second).await;
    // A call on one keeps both.
    sleep(10 * minute).await;
    assert_eq!(two.channel.state(), State::Ready);
    on_one.answer("one");
    told(first).await;
    sleep(2 * minute).await;
    assert_eq!(two.channel.state(), State::Idle);
    for mut server in two.servers {
        soon(server.ended()).await;
    }
    // Only the next call connects.
    let mut listener = two.listener;
    assert_eq!(listener.waiting(), 0);
    let again = start(&two.channel);
    let (mut one, _record) = listener.serve().await;
    one.accept().await.answer("again");
    assert_eq!(told(again).await, "again");
}

#[tokio::test(start_paused = true)]
async fn more_than_that_are_made_only_for_calls_that_wait() {
    // A-116, A105, G-70
    let (builder, mut listener) = pipes();
    let channel: Pipeline = builder.connections(2).max_connections(3).build();
    let limited = |pipe| {
        let mut settings = h2::server::Builder::new();
        Server::with(settings.max_concurrent_streams(2), pipe)
    };
    let mut calls = vec![start(&channel)];
    let mut one = limited(listener.accept().await.0);
    let mut accepted = vec![one.accept().await];
    calls.push(start(&channel));
    accepted.push(one.accept().await);
    let mut two = limited(listener.accept().await.0);
    settle().await;
    for _ in 0..2 {
        calls.push(start(&channel));
        accepted.push(two.accept().await);
    }
    settle().await;
    assert_eq!(listener.waiting(), 0);
    // No stream is free.
    calls.push(start(&channel));
    let mut three = limited(listener.accept().await.0);
    accepted.push(three.accept().await);
    // It gets what does not fit on the two, though it has fewer.
    accepted.remove(0).answer("one");
    told(calls.remove(0)).await;
    calls.push(start(&channel));
    accepted.push(one.accept().await);
    for accepted in accepted {
        accepted.answer("ok");
    }
    for call in calls {
        assert_eq!(told(call).await, "ok");
    }
    assert_eq!(listener.waiting(), 0);
}

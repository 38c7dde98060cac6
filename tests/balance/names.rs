//! Bad input of resolvers: each has a clear status that names target and resolver, what was known stays in use, and nothing
//! spins.

use std::{
    borrow::Cow,
    collections::BTreeSet,
    error::Error,
    future::pending,
    net::SocketAddr,
    task::{Context, Poll},
    time::Duration,
};

use tokio::{
    net::TcpListener,
    time::{Instant, sleep, timeout},
};
use ziggurat::{
    Channel, Code,
    balance::{Address, Endpoint, PickFirst, Resolver, RoundRobin, resolve::Resolution},
    channel::{Backoff, Builder, State},
};

use crate::{
    registry::{Registry, Tells, registry},
    town::{Does, Town, address, call, calls, endpoints, named, patient, send, settle, soon, with},
};

fn builder(town: &Town, resolver: impl Resolver) -> Builder<Town> {
    let builder = Channel::builder("http://cafe").unwrap();
    let builder = builder.connector(town.clone()).resolver(resolver);
    builder.backoff(Backoff::new().jitter(0.0))
}

fn channel(town: &Town, registry: Registry) -> Channel {
    builder(town, registry)
        .balance(RoundRobin::new())
        .connect_lazy()
}

/// What a call says that fails for want of a server, without its beginning.
async fn reason(channel: &Channel) -> String {
    let (code, text) = call(channel).await.unwrap_err();
    assert_eq!(code, Code::Unavailable, "{text}");
    let reason = text.strip_prefix("cannot connect to http://cafe: the registry: ");
    reason.unwrap_or_else(|| panic!("{text}")).to_owned()
}

#[tokio::test(start_paused = true)]
async fn without_a_list_calls_fail_with_the_words_of_the_resolver() {
    // G-13, G-14
    for (tells, text) in [
        (Tells::Servers(vec![]), "it has no endpoints"),
        (Tells::Error("no such name"), "no such name"),
        (Tells::Panic("oh"), "it panicked: oh"),
        (Tells::End, "it has ended"),
    ] {
        let (registry, clerk) = registry();
        let channel = channel(&Town::of([1]), registry);
        clerk.tell(tells);
        assert_eq!(reason(&channel).await, text);
        assert_eq!(channel.state(), State::TransientFailure);
        let error = channel.connect().await.unwrap_err().to_string();
        assert!(error.ends_with(text), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_known_stays_in_use_whatever_comes_after_it() {
    // G-13
    for tells in [
        Tells::Servers(vec![]),
        Tells::Error("no such name"),
        Tells::These(vec![Endpoint::new(Address::Unix("/x".repeat(200).into()))]),
        Tells::Panic("oh"),
        Tells::End,
    ] {
        let (registry, clerk) = registry();
        let town = Town::of([1, 2]);
        let channel = channel(&town, registry);
        clerk.servers([1, 2]);
        calls(&channel, 4).await;
        clerk.tell(tells);
        settle().await;
        calls(&channel, 4).await;
        assert_eq!(town.connections([1, 2]), [1, 1]);
        assert_eq!(channel.state(), State::Ready);
    }
}

#[tokio::test(start_paused = true)]
async fn a_list_counts_whatever_goes_wrong_in_the_same_breath_after_it() {
    // G-13
    for tells in [Tells::Error("no such name"), Tells::Panic("oh"), Tells::End] {
        let (registry, clerk) = registry();
        let town = Town::of([1]);
        let channel = channel(&town, registry);
        clerk.servers([1]);
        clerk.tell(tells);
        calls(&channel, 4).await;
        assert_eq!(channel.state(), State::Ready);
    }
}

#[tokio::test(start_paused = true)]
async fn after_an_error_it_is_asked_again_with_growing_pauses() {
    // G-16, D-21
    let (registry, mut clerk) = registry();
    let channel = channel(&Town::of([1]), registry);
    clerk.tell(Tells::Error("no such name"));
    reason(&channel).await;
    let mut before = Instant::now();
    for pause in [1000, 1600, 2560] {
        let at = soon(clerk.asked_again()).await;
        let passed = (at - before).as_millis();
        assert!(passed.abs_diff(pause) <= 2, "{passed} {pause}");
        before = at;
        clerk.tell(Tells::Error("no such name"));
        settle().await;
    }
    // A list is the end of it.
    clerk.servers([1]);
    settle().await;
    call(&channel).await.unwrap();
    let asked = clerk.asked();
    sleep(Duration::from_secs(60)).await;
    assert_eq!(clerk.asked(), asked);
}

#[tokio::test(start_paused = true)]
async fn many_errors_are_no_reason_to_wait_the_longer() {
    // G-16
    let (registry, mut clerk) = registry();
    let channel = channel(&Town::of([1]), registry);
    clerk.tell(Tells::Error("no such name"));
    reason(&channel).await;
    let before = Instant::now();
    for _ in 0..9 {
        sleep(Duration::from_millis(100)).await;
        clerk.tell(Tells::Error("no such name"));
    }
    let passed = (soon(clerk.asked_again()).await - before).as_millis();
    assert!(passed.abs_diff(1000) <= 2, "{passed}");
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_ready_waits_for_the_list() {
    // D-12, D-11
    let (registry, clerk) = registry();
    let channel = channel(&Town::of([1]), registry);
    clerk.tell(Tells::Error("no such name"));
    reason(&channel).await;
    let (told, ()) = tokio::join!(soon(send(&channel, patient(named("patient")))), async {
        sleep(Duration::from_secs(3)).await;
        clerk.servers([1]);
    });
    assert_eq!(told, Ok(1));
}

#[tokio::test(start_paused = true)]
async fn a_resolver_that_hangs_is_named_when_the_deadline_has_passed() {
    // B-7, D-12
    let (registry, clerk) = registry();
    let town = Town::of([]);
    let channel = channel(&town, registry);
    let hurried = || {
        with(named("hurried"), |it| {
            it.with_timeout(Duration::from_secs(1))
        })
    };
    let (code, text) = soon(send(&channel, hurried())).await.unwrap_err();
    assert_eq!(code, Code::DeadlineExceeded);
    let waited = "the deadline of 1s passed while the call waited for ";
    assert_eq!(
        text,
        format!("{waited}name resolution of http://cafe by the registry")
    );

    // After that, for a server that does not answer.
    town.tell(1, Does::Hang);
    clerk.servers([1]);
    let (_, text) = soon(send(&channel, hurried())).await.unwrap_err();
    let server = "a server of http://cafe that is ready";
    assert_eq!(text, format!("{waited}{server}"));
}

#[tokio::test(start_paused = true)]
async fn each_server_has_one_connection_however_often_it_is_told() {
    // G-40
    let (registry, clerk) = registry();
    let town = Town::of([1, 2]);
    let channel = channel(&town, registry);
    clerk.servers([1, 2, 1, 1]);
    calls(&channel, 10).await;
    for list in [[2, 1, 1], [1, 2, 2]] {
        clerk.servers(list);
        settle().await;
        calls(&channel, 10).await;
    }
    assert_eq!(town.connections([1, 2]), [1, 1]);
    assert_eq!([1, 2].map(|number| town.attempts(number)), [1, 1]);
    let [one, two] = town.calls([1, 2]);
    assert!(one.abs_diff(two) <= 4, "{one} {two}");
}

#[tokio::test(start_paused = true)]
async fn an_address_under_two_names_goes_with_the_last_of_them() {
    // G-40
    let (registry, clerk) = registry();
    let town = Town::of([1, 2]);
    let channel = channel(&town, registry);
    let both = Endpoint::new(address(1)).address(address(2));
    clerk.tell(Tells::These(vec![both.clone(), Endpoint::new(address(1))]));
    calls(&channel, 10).await;
    assert_eq!(town.connections([1]), [2]);
    clerk.tell(Tells::These(vec![both]));
    settle().await;
    calls(&channel, 10).await;
    assert_eq!(town.connections([1]), [1]);
}

#[tokio::test(start_paused = true)]
async fn an_address_that_is_none_is_a_server_that_is_not_there() {
    // G-41, D-27
    let (registry, clerk) = registry();
    let town = Town::of([1]);
    let channel = channel(&town, registry);
    let nowhere = Endpoint::new(SocketAddr::from(([0, 0, 0, 0], 0)));
    clerk.tell(Tells::These(vec![nowhere.clone()]));
    let (code, text) = call(&channel).await.unwrap_err();
    assert_eq!(code, Code::Unavailable);
    assert!(
        text.starts_with("cannot connect to http://0.0.0.0:0"),
        "{text}"
    );
    let one = Endpoint::new(address(1));
    clerk.tell(Tells::These(vec![nowhere, one]));
    channel.ready().await.unwrap();
    calls(&channel, 4).await;
    assert_eq!(town.calls([1]), [4]);
}

#[tokio::test(start_paused = true)]
async fn of_a_dead_and_a_live_address_the_live_one_has_the_calls() {
    // G-31, G-41
    for does in [Does::Dead, Does::Hang] {
        for name in ["round_robin", "pick_first"] {
            let (registry, clerk) = registry();
            let town = Town::of([1, 2]);
            town.tell(1, does);
            let builder = builder(&town, registry);
            let channel = match name {
                "pick_first" => builder.balance(PickFirst::new()).connect_lazy(),
                _ => builder.balance(RoundRobin::new()).connect_lazy(),
            };
            clerk.servers([1, 2]);
            let begun = Instant::now();
            calls(&channel, 10).await;
            assert_eq!(town.calls([1, 2]), [0, 10], "{name} {does:?}");
            assert!(
                begun.elapsed() <= Duration::from_millis(260),
                "{name} {does:?}"
            );
        }
    }
}

#[tokio::test]
async fn of_one_server_with_a_dead_and_a_live_address_too() {
    // G-40, G-31: real sockets, for it is theirs to know of several addresses.
    let town = Town::of([1]);
    let live = town.listen(1).await;
    let gone = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let dead = gone.local_addr().unwrap();
    drop(gone);
    let (registry, clerk) = registry();
    let channel = Channel::builder("http://cafe").unwrap().resolver(registry);
    let channel = channel.balance(RoundRobin::new()).connect_lazy();
    clerk.tell(Tells::These(vec![Endpoint::new(dead).address(live)]));
    calls(&channel, 5).await;
    assert_eq!(town.connections([1]), [1]);
    assert_eq!(channel.endpoints().current().len(), 1);
}

/// Always has something to tell, and counts it.
struct Endless(u16);

impl Resolver for Endless {
    fn name(&self) -> Cow<'_, str> {
        "the talker".into()
    }

    fn poll_resolution(
        &mut self,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Resolution, Box<dyn Error + Send + Sync>>>> {
        self.0 = self.0 % 2 + 1;
        Poll::Ready(Some(Ok(Resolution::new(endpoints([self.0, 3])))))
    }
}

#[tokio::test]
async fn a_resolver_without_an_end_leaves_time_for_calls() {
    // T-31. The clock goes: a paused one would stand still, for there is always something to do.
    let town = Town::of([1, 2, 3]);
    let channel = builder(&town, Endless(0))
        .balance(RoundRobin::new())
        .connect_lazy();
    timeout(Duration::from_secs(60), calls(&channel, 20))
        .await
        .unwrap();
    assert!(town.calls([3])[0] > 0);
    channel.close().await;
}

#[tokio::test(start_paused = true)]
async fn a_thousand_updates_a_second_lose_no_call_and_leave_nothing() {
    // T-29, G-40: nor does a place in a list go to another server.
    let (registry, clerk) = registry();
    let town = Town::of(1..=20);
    let channel = channel(&town, registry);
    clerk.servers([20]);
    let caller = async |channel: Channel| {
        let mut count = 0;
        loop {
            call(&channel).await.unwrap();
            count += 1;
            if count % 7 == 0 {
                sleep(Duration::from_millis(1)).await;
            }
        }
    };
    let callers = (0..5).map(|_| tokio::spawn(caller(channel.clone())));
    let callers: Vec<_> = callers.collect();
    let mut random = fastrand::Rng::with_seed(7);
    let mut list: BTreeSet<u16> = (1..=20).collect();
    for _ in 0..1000 {
        let number = random.u16(1..=20);
        if list.len() == 1 || !list.remove(&number) {
            list.insert(number);
        }
        clerk.servers(list.iter().copied());
        sleep(Duration::from_millis(1)).await;
    }
    clerk.servers([3, 5]);
    settle().await;
    for caller in callers {
        assert!(!caller.is_finished());
        caller.abort();
    }
    sleep(Duration::from_secs(1)).await;
    let connections = (1..=20).filter(|number| town.connections([*number]) != [0]);
    assert_eq!(connections.collect::<Vec<_>>(), [3, 5]);
    // One task of the channel, and two for each connection: here and there.
    let tasks = tokio::runtime::Handle::current()
        .metrics()
        .num_alive_tasks();
    assert!(tasks <= 1 + 2 * 2, "{tasks}");
}

#[tokio::test(start_paused = true)]
async fn ten_thousand_servers_of_which_ten_are_there() {
    // G-41
    let (registry, clerk) = registry();
    let town = Town::of(1..=10);
    let channel = channel(&town, registry);
    clerk.servers(1..=10_000);
    calls(&channel, 100).await;
    assert_eq!(town.connections([1, 10]), [1, 1]);
    for list in [5_000, 100, 20] {
        clerk.servers(1..=list);
        settle().await;
        calls(&channel, 10).await;
    }
    sleep(Duration::from_secs(1)).await;
    let tasks = tokio::runtime::Handle::current()
        .metrics()
        .num_alive_tasks();
    // Those that are not there pause, each in a task.
    assert!(tasks <= 1 + 2 * 10 + 10, "{tasks}");
}

#[tokio::test(start_paused = true)]
async fn what_hangs_is_let_go_with_the_channel() {
    // D-5
    let (registry, clerk) = registry();
    let channel = channel(&Town::of([1]), registry);
    let waits = timeout(Duration::from_secs(1), call(&channel));
    assert!(waits.await.is_err());
    drop(channel);
    settle().await;
    assert!(clerk.is_dropped());
    let tasks = tokio::runtime::Handle::current()
        .metrics()
        .num_alive_tasks();
    assert_eq!(tasks, 0);
    timeout(Duration::from_secs(1), pending::<()>())
        .await
        .unwrap_err();
}

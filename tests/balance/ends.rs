//! The ends: of the channel, of a server in its list, of a runtime.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{runtime, time::sleep};
use ziggurat::{
    Channel, Code,
    balance::{
        Endpoint, PickFirst, Policy, Resolver, RoundRobin,
        policy::{Call, Outlook, Pick, Picker, Turn},
        resolve::Polled,
    },
    channel::{Builder, State},
};

use crate::{
    registry::registry,
    town::{Does, Town, address, call, calls, named, patient, send, settle, soon},
};

fn builder(town: &Town, resolver: impl Resolver) -> Builder<Town> {
    let builder = Channel::builder("http://cafe").unwrap();
    builder.connector(town.clone()).resolver(resolver)
}

/// A call that goes on by itself.
fn started(channel: &Channel, name: &str) -> tokio::task::JoinHandle<Result<u16, (Code, String)>> {
    let (channel, request) = (channel.clone(), named(name));
    tokio::spawn(async move { soon(send(&channel, request)).await })
}

fn tasks() -> usize {
    runtime::Handle::current().metrics().num_alive_tasks()
}

#[tokio::test(start_paused = true)]
async fn closing_fails_who_waits_and_lets_running_calls_finish() {
    // D-4
    let (registry, clerk) = registry();
    let town = Town::of([1, 2]);
    let channel = builder(&town, registry)
        .balance(RoundRobin::new())
        .connect_lazy();
    let waits = started(&channel, "waits");
    settle().await;
    clerk.servers([1, 2]);
    assert!(waits.await.unwrap().is_ok());
    calls(&channel, 4).await;
    town.all([1, 2], Does::Nothing);
    let runs = [started(&channel, "one"), started(&channel, "other")];
    settle().await;

    let mut states = channel.states();
    let mut closing = Box::pin(channel.close());
    assert_eq!(channel.state(), State::Shutdown);
    let (code, text) = call(&channel).await.unwrap_err();
    assert_eq!(code, Code::Unavailable);
    assert_eq!(text, "the channel to http://cafe is closed");
    assert!(channel.connect().await.is_err() && channel.ready().await.is_err());
    assert_eq!(states.changed().await, Some(State::Shutdown));
    assert_eq!(states.changed().await, None);
    settle().await;
    assert!(futures_util::poll!(&mut closing).is_pending());
    town.all([1, 2], Does::Answer(Code::Ok));
    for run in runs {
        assert!(run.await.unwrap().is_ok());
    }
    soon(closing).await;
    settle().await;
    assert!(clerk.is_dropped());
    assert_eq!(tasks(), 0);
}

#[tokio::test(start_paused = true)]
async fn closing_fails_who_waits_for_a_server() {
    // D-4, D-12
    for is_told in [false, true] {
        let (registry, clerk) = registry();
        let town = Town::of([]);
        town.tell(1, Does::Hang);
        let channel = builder(&town, registry)
            .balance(RoundRobin::new())
            .connect_lazy();
        if is_told {
            clerk.servers([1]);
        }
        let patient = send(&channel, patient(named("patient")));
        let closing = async {
            settle().await;
            soon(channel.close()).await;
        };
        let (told, ()) = tokio::join!(soon(patient), closing);
        let (code, text) = told.unwrap_err();
        assert_eq!(code, Code::Unavailable);
        assert_eq!(text, "the channel to http://cafe is closed");
        settle().await;
        // The call of this test is none of them.
        assert_eq!(tasks(), 0, "{is_told}");
    }
}

#[tokio::test(start_paused = true)]
async fn running_calls_are_ended_at_once_if_so_wanted() {
    // D-4, M-12: also those of a server that is in the list no more.
    let (registry, clerk) = registry();
    let town = Town::of([1, 2]);
    let channel = builder(&town, registry)
        .balance(PickFirst::new())
        .connect_lazy();
    clerk.servers([1]);
    call(&channel).await.unwrap();
    town.all([1, 2], Does::Nothing);
    let one = started(&channel, "one");
    settle().await;
    clerk.servers([2]);
    settle().await;
    let other = started(&channel, "other");
    settle().await;
    assert_eq!(
        [town.names(1), town.names(2)].concat(),
        ["any", "one", "other"]
    );
    soon(channel.shutdown_now()).await;
    for run in [one, other] {
        let (code, text) = run.await.unwrap().unwrap_err();
        assert_eq!(code, Code::Cancelled, "{text}");
    }
    settle().await;
    assert_eq!(tasks(), 0);
}

#[tokio::test(start_paused = true)]
async fn running_calls_of_a_server_that_is_in_the_list_no_more_go_on() {
    // G-40, D-5
    let (registry, clerk) = registry();
    let town = Town::of([1, 2]);
    let channel = builder(&town, registry)
        .balance(RoundRobin::new())
        .connect_lazy();
    clerk.servers([1]);
    call(&channel).await.unwrap();
    town.tell(1, Does::Nothing);
    let runs = started(&channel, "runs");
    settle().await;
    clerk.servers([2]);
    settle().await;
    assert_eq!(call(&channel).await, Ok(2));
    sleep(Duration::from_secs(3600)).await;
    assert_eq!(town.connections([1, 2])[0], 1);
    town.tell(1, Does::Answer(Code::Ok));
    assert_eq!(runs.await.unwrap(), Ok(1));
    settle().await;
    assert_eq!(town.connections([1]), [0]);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_left_without_handles_and_calls() {
    // D-5
    let (registry, clerk) = registry();
    let town = Town::of([1, 2, 3]);
    town.tell(3, Does::Hang);
    let channel = builder(&town, registry)
        .balance(RoundRobin::new())
        .connect_lazy();
    clerk.servers([1, 2, 3, 4]);
    calls(&channel, 4).await;
    town.all([1, 2], Does::Nothing);
    let runs = started(&channel, "runs");
    let states = channel.states();
    settle().await;
    drop(channel);
    settle().await;
    assert!(!clerk.is_dropped());
    town.all([1, 2], Does::Answer(Code::Ok));
    assert!(runs.await.unwrap().is_ok());
    settle().await;
    assert!(clerk.is_dropped());
    assert_eq!(states.current(), State::Shutdown);
    assert_eq!(tasks(), 0);
}

/// Panics as soon as it is asked.
struct Broken;

impl Policy for Broken {
    fn name(&self) -> &'static str {
        "broken"
    }

    fn turn(&mut self, _: &mut Turn<'_>) -> Outlook {
        panic!("oh");
    }
}

#[tokio::test(start_paused = true)]
async fn a_policy_that_panics_is_the_end_of_the_channel() {
    // T-30
    let (registry, clerk) = registry();
    let channel = builder(&Town::of([1]), registry)
        .balance(Broken)
        .connect_lazy();
    let waits = started(&channel, "waits");
    settle().await;
    clerk.servers([1]);
    for told in [waits.await.unwrap(), call(&channel).await] {
        let (code, text) = told.unwrap_err();
        assert_eq!(code, Code::Unavailable);
        let told = "cannot connect to http://cafe: the policy broken panicked: oh";
        assert_eq!(text, told);
    }
    assert_eq!(channel.state(), State::Shutdown);
    settle().await;
    assert!(clerk.is_dropped());
    assert_eq!(tasks(), 0);
}

/// Its pickers panic, where it says that there is a server.
struct Misled;

impl Policy for Misled {
    fn name(&self) -> &'static str {
        "misled"
    }

    fn turn(&mut self, _: &mut Turn<'_>) -> Outlook {
        Outlook::ready(Arc::new(Self))
    }
}

impl Picker for Misled {
    fn pick(&self, _: &Call<'_>) -> Pick {
        panic!("oh");
    }
}

#[tokio::test(start_paused = true)]
async fn so_is_a_picker_that_panics_for_those_who_wait() {
    // T-30
    let (registry, clerk) = registry();
    let channel = builder(&Town::of([1]), registry)
        .balance(Misled)
        .connect_lazy();
    let waiting = [started(&channel, "first"), started(&channel, "second")];
    settle().await;
    clerk.servers([1]);
    let [first, second] = waiting;
    for told in [
        first.await.unwrap(),
        second.await.unwrap(),
        call(&channel).await,
    ] {
        let told = told.unwrap_err();
        let text = "cannot connect to http://cafe: the policy misled panicked: oh";
        assert_eq!(told, (Code::Unavailable, text.to_owned()));
    }
    assert_eq!(channel.state(), State::Shutdown);
    settle().await;
    assert_eq!(tasks(), 0);
}

/// Counts how often it is asked.
struct Counted(RoundRobin, Arc<AtomicUsize>);

impl Policy for Counted {
    fn name(&self) -> &'static str {
        "counted"
    }

    fn turn(&mut self, turn: &mut Turn<'_>) -> Outlook {
        self.1.fetch_add(1, Ordering::Relaxed);
        self.0.turn(turn)
    }
}

#[tokio::test(start_paused = true)]
async fn who_waits_beside_others_is_no_news() {
    // T-29: or each that comes would have all picked for anew.
    let (registry, clerk) = registry();
    let town = Town::of([1]);
    town.tell(1, Does::Dead);
    let turns = Arc::new(AtomicUsize::new(0));
    let policy = Counted(RoundRobin::new(), turns.clone());
    let channel = builder(&town, registry).balance(policy).connect_lazy();
    clerk.servers([1]);
    call(&channel).await.unwrap_err();
    turns.store(0, Ordering::Relaxed);
    let mut waiting = Vec::new();
    for _ in 0..200 {
        let (channel, request) = (channel.clone(), patient(named("waits")));
        waiting.push(tokio::spawn(
            async move { soon(send(&channel, request)).await },
        ));
        settle().await;
    }
    let turns = turns.load(Ordering::Relaxed);
    assert!(turns < 10, "{turns}");
    // It is, once nobody has waited.
    town.tell(1, Does::Answer(Code::Ok));
    for call in waiting {
        assert_eq!(call.await.unwrap(), Ok(1));
    }
}

/// Always wants to be asked again at once, and counts how often it was.
struct Restless(Arc<AtomicUsize>);

impl Policy for Restless {
    fn name(&self) -> &'static str {
        "restless"
    }

    fn turn(&mut self, turn: &mut Turn<'_>) -> Outlook {
        self.0.fetch_add(1, Ordering::Relaxed);
        turn.unready().waking_at(turn.now())
    }
}

#[tokio::test(start_paused = true)]
async fn a_policy_without_rest_leaves_the_clock_its_time() {
    // T-30
    let (registry, clerk) = registry();
    let turns = Arc::new(AtomicUsize::new(0));
    let channel = builder(&Town::of([1]), registry).balance(Restless(turns.clone()));
    let channel = channel.connect_lazy();
    let waits = started(&channel, "waits");
    settle().await;
    clerk.servers([1]);
    sleep(Duration::from_secs(1)).await;
    let turns = turns.load(Ordering::Relaxed);
    assert!((100..=1100).contains(&turns), "{turns}");
    waits.abort();
}

fn on_a_runtime<T>(test: impl Future<Output = T>) -> T {
    let mut runtime = runtime::Builder::new_current_thread();
    let runtime = runtime.enable_all().start_paused(true).build().unwrap();
    runtime.block_on(test)
}

#[test]
fn a_channel_outlasts_its_runtime() {
    // T-19: its timers are of the runtime that is there.
    let town = Town::of([1, 2]);
    let lookups = Arc::new(AtomicUsize::new(0));
    let counted = lookups.clone();
    let lookup = move || {
        counted.fetch_add(1, Ordering::Relaxed);
        async { Ok::<_, std::io::Error>(vec![Endpoint::new(address(1))]) }
    };
    let channel = builder(&town, Polled::new(lookup))
        .balance(RoundRobin::new())
        .connect_lazy();
    for round in 1..=3 {
        on_a_runtime(async {
            calls(&channel, 2).await;
            assert_eq!(channel.state(), State::Ready);
            sleep(Duration::from_secs(100)).await;
            calls(&channel, 2).await;
        });
        // The name is looked up there too.
        let count = lookups.swap(0, Ordering::Relaxed);
        assert!(count > 0, "{round}");
        assert_eq!(channel.state(), State::Idle);
    }
}

#[test]
fn who_waits_when_the_runtime_goes_is_told_so() {
    // T-19
    let (registry, clerk) = registry();
    let channel = builder(&Town::of([1]), registry)
        .balance(RoundRobin::new())
        .connect_lazy();
    let mut waits = tokio_test::task::spawn(send(&channel, named("waits")));
    on_a_runtime(async {
        assert!(waits.poll().is_pending());
        settle().await;
    });
    let std::task::Poll::Ready(Err((code, text))) = waits.poll() else {
        panic!("it waits");
    };
    assert_eq!(code, Code::Unavailable);
    assert_eq!(text, "the task that connects to http://cafe was stopped");
    clerk.servers([1]);
    assert_eq!(on_a_runtime(call(&channel)), Ok(1));
}

#[test]
fn a_call_outside_of_a_runtime_is_not_the_end() {
    // D-4: it panics, as it says, and the channel goes on where there is one.
    let (registry, clerk) = registry();
    let channel = builder(&Town::of([1]), registry)
        .balance(RoundRobin::new())
        .connect_lazy();
    clerk.servers([1]);
    let mut outside = tokio_test::task::spawn(send(&channel, named("outside")));
    let polled = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| outside.poll()));
    assert!(polled.is_err());
    drop(outside);
    assert_eq!(channel.state(), State::Idle);
    assert_eq!(on_a_runtime(call(&channel)), Ok(1));
}

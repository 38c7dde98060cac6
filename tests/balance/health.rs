//! Client-side health checking: each row of A17, and what it may not disturb.

use std::time::Duration;

use http::HeaderValue;
use tokio::time::{Instant, sleep};
use tower::util::MapRequestLayer;
use ziggurat::{
    Body, Channel, Code,
    balance::{Fixed, LeastRequest, PickFirst, Policy, RoundRobin},
    channel::{Backoff, Builder, State},
    service_config::ServiceConfig,
};

use crate::{
    town::{Does, Town, call, calls, endpoints, named, patient, send, settle, soon},
    watches::{NOT_SERVING, SERVING, Says},
};

const SERVICE: &str = "cafe.CoffeeMachine";

/// A channel that does not ask yet.
fn builder(town: &Town, policy: impl Policy, last: u16) -> Builder<Town> {
    Channel::builder("http://cafe")
        .unwrap()
        .connector(town.clone())
        .resolver(Fixed::new(endpoints(1..=last)).unwrap())
        .balance(policy)
        .backoff(Backoff::new().jitter(0.0))
}

fn round_robin(town: &Town, last: u16) -> Builder<Town> {
    builder(town, RoundRobin::new(), last)
}

/// What is reported of each server.
fn reported(channel: &Channel) -> Vec<State> {
    let all = channel.endpoints().current().into_iter();
    all.map(|one| one.reported.map_or(one.state, |(state, _)| state))
        .collect()
}

/// Connects, and lets everything happen that happens at this moment.
async fn connected(builder: Builder<Town>) -> Channel {
    let channel = builder.connect_lazy();
    let first = channel.clone();
    tokio::spawn(async move { drop(first.connect().await) });
    sleep(Duration::from_millis(1)).await;
    settle().await;
    channel
}

#[tokio::test(start_paused = true)]
async fn a_server_has_no_calls_before_it_says_that_it_serves() {
    // G-66: CONNECTING until the first reply; SERVING → READY
    let town = Town::of([1]);
    let channel = connected(round_robin(&town, 1).health_check(SERVICE)).await;
    assert_eq!(town.connections([1]), [1]);
    assert_eq!(town.watches(1).asked(), [SERVICE]);
    assert_eq!(channel.state(), State::Connecting);
    let status = channel.endpoints().current().remove(0);
    assert_eq!(status.state, State::Ready);
    let (state, why) = status.reported.unwrap();
    assert_eq!(state, State::Connecting);
    assert_eq!(why, "its health service has not answered yet");

    let waiting = tokio::spawn({
        let channel = channel.clone();
        async move { send(&channel, named("early")).await }
    });
    sleep(Duration::from_secs(3600)).await;
    assert_eq!(town.calls([1]), [0]);
    town.watches(1).say(SERVING);
    assert_eq!(soon(waiting).await.unwrap(), Ok(1));
    assert_eq!(channel.state(), State::Ready);
    assert_eq!(channel.endpoints().current()[0].reported, None);
    // One stream was enough.
    assert_eq!(town.watches(1).began().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn whatever_it_says_but_serving_it_has_no_calls() {
    // G-66: anything else → TRANSIENT_FAILURE
    let town = Town::of([1, 2]);
    town.watches(1).say(SERVING);
    town.watches(2).say(SERVING);
    let channel = connected(round_robin(&town, 2).health_check(SERVICE)).await;
    calls(&channel, 10).await;
    assert_eq!(town.calls([1, 2]), [5, 5]);
    for (number, name) in [
        (0, "UNKNOWN"),
        (2, "NOT_SERVING"),
        (3, "SERVICE_UNKNOWN"),
        (77, "UNKNOWN"),
    ] {
        town.watches(2).say(Says::Status(number));
        settle().await;
        assert_eq!(
            reported(&channel),
            [State::Ready, State::TransientFailure],
            "{number}"
        );
        let (_, why) = channel.endpoints().current().remove(1).reported.unwrap();
        assert!(
            why.ends_with(&format!("is not healthy: its health service says {name}")),
            "{why}"
        );
        calls(&channel, 4).await;
        assert_eq!(town.calls([1, 2]), [4, 0]);
        // Its connection stays, and the stream says when it is well again.
        assert_eq!(town.connections([2]), [1]);
        town.watches(2).say(SERVING);
        settle().await;
        calls(&channel, 4).await;
        assert_eq!(town.calls([1, 2]), [2, 2]);
    }
    assert_eq!(town.watches(2).began().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn calls_fail_while_no_server_is_healthy_unless_they_wait_for_ready() {
    // G-66, D-11
    let town = Town::of([1]);
    town.watches(1).say(NOT_SERVING);
    let channel = connected(round_robin(&town, 1).health_check(SERVICE)).await;
    assert_eq!(channel.state(), State::TransientFailure);
    let (code, text) = call(&channel).await.unwrap_err();
    assert_eq!(code, Code::Unavailable);
    let says = "is not healthy: its health service says NOT_SERVING";
    assert!(text.starts_with("no server takes the call: "), "{text}");
    assert!(text.contains("10.0.0.1") && text.contains(says), "{text}");

    let waiting = tokio::spawn({
        let channel = channel.clone();
        async move { send(&channel, patient(named("patient"))).await }
    });
    sleep(Duration::from_secs(60)).await;
    assert!(!waiting.is_finished());
    town.watches(1).say(SERVING);
    assert_eq!(soon(waiting).await.unwrap(), Ok(1));
}

#[tokio::test(start_paused = true)]
async fn a_server_without_a_health_service_is_taken_for_healthy() {
    // G-66: UNIMPLEMENTED → healthy, and no retry, as long as the connection lasts
    let town = Town::of([1]);
    town.watches(1).say(Says::Fails(Code::Unimplemented));
    let channel = connected(round_robin(&town, 1).health_check(SERVICE)).await;
    assert_eq!(channel.state(), State::Ready);
    assert_eq!(call(&channel).await, Ok(1));
    sleep(Duration::from_secs(600)).await;
    assert_eq!(town.watches(1).began().len(), 1);

    // The next connection may be to another version of it.
    town.tell(1, Does::Dead);
    settle().await;
    town.watches(1).say(NOT_SERVING);
    town.tell(1, Does::Answer(Code::Ok));
    sleep(Duration::from_secs(60)).await;
    assert_eq!(town.watches(1).began().len(), 1);
    assert_eq!(reported(&channel), [State::TransientFailure]);
}

#[tokio::test(start_paused = true)]
async fn a_watch_that_fails_begins_anew_after_pauses_that_grow() {
    // G-66: another status → TRANSIENT_FAILURE, retried with backoff
    let town = Town::of([1]);
    town.watches(1).say(Says::Fails(Code::Internal));
    let start = Instant::now();
    let channel = connected(round_robin(&town, 1).health_check(SERVICE)).await;
    assert_eq!(channel.state(), State::TransientFailure);
    let (code, text) = call(&channel).await.unwrap_err();
    assert_eq!(code, Code::Unavailable);
    assert!(
        text.contains("is not healthy: asking its health service failed: "),
        "{text}"
    );
    sleep(Duration::from_secs(10)).await;
    let began = town.watches(1).began();
    let after: Vec<_> = began
        .iter()
        .map(|at| at.duration_since(start).as_millis())
        .collect();
    // 1 s, 1.6 s, 2.56 s and 4.096 s after one another.
    assert_eq!(after.len(), 5, "{after:?}");
    for (after, expected) in after.iter().zip([0, 1000, 2600, 5160, 9256]) {
        assert!(after.abs_diff(expected) < 20, "{after} {expected}");
    }
    // It stays failed until it is answered, and then is ready.
    town.watches(1).say(SERVING);
    sleep(Duration::from_secs(7)).await;
    assert_eq!(channel.state(), State::Ready);
    assert_eq!(town.connections([1]), [1]);
    assert_eq!(town.attempts(1), 1);
}

#[tokio::test(start_paused = true)]
async fn any_message_makes_the_pauses_short_again() {
    // G-66
    let town = Town::of([1]);
    town.watches(1).say(Says::Fails(Code::Unavailable));
    let channel = connected(round_robin(&town, 1).health_check(SERVICE)).await;
    sleep(Duration::from_secs(60)).await;
    // A server that answers once, and then ends the stream, even with OK.
    town.watches(1).say(Says::Ends(1, Code::Ok));
    sleep(Duration::from_secs(60)).await;
    town.watches(1).began();
    let start = Instant::now();
    sleep(Duration::from_millis(10_050)).await;
    let began = town.watches(1).began().len();
    assert!(
        (9..=11).contains(&began),
        "{began} in {:?}",
        start.elapsed()
    );
    assert_eq!(channel.state(), State::TransientFailure);
    let (_, text) = call(&channel).await.unwrap_err();
    assert!(
        text.contains("the server ended the watch of its health with OK"),
        "{text}"
    );

    // One that has lasted is begun anew at once.
    town.watches(1).say(SERVING);
    sleep(Duration::from_secs(60)).await;
    assert_eq!(channel.state(), State::Ready);
    town.watches(1).began();
    town.watches(1).say(Says::Restarts(1));
    sleep(Duration::from_millis(10)).await;
    assert_eq!(channel.state(), State::Ready);
    assert_eq!(town.watches(1).began().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_stream_goes_with_its_connection() {
    // G-66: cancelled on GOAWAY and shutdown
    let town = Town::of([1, 2]);
    town.watches(1).say(SERVING);
    town.watches(2).say(SERVING);
    let channel = connected(round_robin(&town, 2).health_check(SERVICE)).await;
    assert_eq!([1, 2].map(|number| town.watches(number).open()), [1, 1]);

    // No watch keeps a connection whose server sends its clients away.
    town.tell(1, Does::Drain);
    sleep(Duration::from_millis(10)).await;
    assert_eq!(town.watches(1).open(), 0);
    assert_eq!(town.connections([1, 2]), [0, 1]);
    calls(&channel, 4).await;

    // One that comes back is asked before it has calls.
    town.watches(1).say(Says::Nothing);
    town.watches(1).began();
    town.calls([1, 2]);
    town.tell(1, Does::Answer(Code::Ok));
    sleep(Duration::from_secs(10)).await;
    calls(&channel, 4).await;
    assert_eq!(town.watches(1).began().len(), 1);
    assert_eq!(reported(&channel), [State::Connecting, State::Ready]);
    assert_eq!(town.calls([1, 2]), [0, 4]);

    soon(channel.close()).await;
    sleep(Duration::from_millis(10)).await;
    assert_eq!([1, 2].map(|number| town.watches(number).open()), [0, 0]);
    assert_eq!(town.connections([1, 2]), [0, 0]);
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_takes_the_place_of_another_has_the_stream() {
    // G-66
    let town = Town::of([1]);
    town.watches(1).say(SERVING);
    let builder = round_robin(&town, 1).health_check(SERVICE);
    let channel = connected(builder.max_connection_age(Duration::from_secs(60))).await;
    town.watches(1).say(Says::Nothing);
    sleep(Duration::from_secs(70)).await;
    // Until the new stream is answered, what was said on the old one counts.
    assert_eq!(town.watches(1).began().len(), 2);
    assert_eq!(channel.state(), State::Ready);
    assert_eq!(call(&channel).await, Ok(1));
    assert_eq!(town.watches(1).open(), 1);
    assert_eq!(town.connections([1]), [1]);
    town.watches(1).say(NOT_SERVING);
    settle().await;
    assert_eq!(channel.state(), State::TransientFailure);
}

#[tokio::test(start_paused = true)]
async fn nobody_is_asked_unless_it_is_wanted() {
    // G-66, F-17, G-35
    let config = |name: &str| {
        let builder = ServiceConfig::builder().health_check_service(name);
        builder.build().unwrap()
    };
    let unasked = |builder: Builder<Town>, town: Town, what: &'static str| async move {
        let channel = connected(builder).await;
        assert_eq!(call(&channel).await, Ok(1), "{what}");
        assert!(town.watches(1).began().is_empty(), "{what}");
    };
    let town = Town::of([1]);
    let plain = round_robin(&town, 1);
    unasked(plain, town.clone(), "no name").await;
    let nameless = ServiceConfig::builder().build().unwrap();
    let nameless = round_robin(&town, 1).service_config(nameless);
    unasked(nameless, town.clone(), "no name in the config").await;
    let off = round_robin(&town, 1).service_config(config(SERVICE));
    unasked(off.disable_health_check(), town.clone(), "switched off").await;
    let off = round_robin(&town, 1).health_check(SERVICE);
    unasked(off.disable_health_check(), town.clone(), "switched off").await;
    let first = builder(&town, PickFirst::new(), 1).health_check(SERVICE);
    unasked(first, town.clone(), "pick_first").await;
    let first = builder(&town, PickFirst::new(), 1).health_check(SERVICE);
    let first = first.outlier_detection(ziggurat::balance::OutlierDetection::new());
    unasked(first, town.clone(), "pick_first, with ejections").await;
    let one = Channel::builder("http://10.0.0.1:1").unwrap();
    let one = one.connector(town.clone()).health_check(SERVICE);
    unasked(one, town.clone(), "one server").await;
}

#[tokio::test(start_paused = true)]
async fn the_name_is_that_of_the_config_or_the_builders() {
    // F-17, F-18
    let asked = async |builder: Builder<Town>, town: &Town| {
        let channel = connected(builder).await;
        let asked = town.watches(1).asked();
        drop(channel);
        asked
    };
    let town = Town::of([1]);
    let config = |name: &str| {
        let builder = ServiceConfig::builder().health_check_service(name);
        builder.build().unwrap()
    };
    let configured = round_robin(&town, 1).service_config(config("a.B"));
    assert_eq!(asked(configured, &town).await, ["a.B"]);
    let overall = round_robin(&town, 1).service_config(config(""));
    assert_eq!(asked(overall, &town).await, [""]);
    let both = round_robin(&town, 1).service_config(config("a.B"));
    assert_eq!(asked(both.health_check(SERVICE), &town).await, ["a.B"]);
    let nameless = ServiceConfig::builder().build().unwrap();
    let own = round_robin(&town, 1).service_config(nameless);
    assert_eq!(asked(own.health_check(SERVICE), &town).await, [SERVICE]);
}

#[tokio::test(start_paused = true)]
async fn a_watch_is_no_call() {
    // G-66, D-30: no server looks busier by it, and the channel is idle when there are no calls
    let town = Town::of([1, 2]);
    town.watches(1).say(SERVING);
    town.watches(2).say(Says::Fails(Code::Unimplemented));
    let builder = builder(&town, LeastRequest::new(), 2).health_check(SERVICE);
    let channel = connected(builder.idle_timeout(Duration::from_secs(100))).await;
    call(&channel).await.unwrap();
    assert_eq!(town.watches(1).open(), 1);
    let load = || {
        let all = channel.endpoints().current().into_iter();
        all.map(|one| one.calls).collect::<Vec<_>>()
    };
    assert_eq!(load(), [0, 0]);
    town.all([1, 2], Does::Nothing);
    let kept: Vec<_> = (0..40)
        .map(|_| {
            let channel = channel.clone();
            tokio::spawn(async move { send(&channel, named("kept")).await })
        })
        .collect();
    sleep(Duration::from_millis(10)).await;
    assert_eq!(load().iter().sum::<usize>(), 40);
    let [first, second] = town.calls([1, 2]);
    // The one before it had its answer.
    assert_eq!(load().iter().sum::<usize>() + 1, first + second);
    for call in kept {
        call.abort();
    }
    settle().await;
    assert_eq!(load(), [0, 0]);

    sleep(Duration::from_secs(201)).await;
    assert_eq!(channel.state(), State::Idle);
    assert_eq!(town.connections([1, 2]), [0, 0]);
    assert_eq!(town.watches(1).open(), 0);
    // And when it is not idle any more, they are asked again.
    town.all([1, 2], Does::Answer(Code::Ok));
    town.watches(1).began();
    call(&channel).await.unwrap();
    assert_eq!(town.watches(1).began().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn it_passes_the_layers_of_attempts() {
    // G-66: with the credentials of the channel
    let town = Town::of([1]);
    town.watches(1).say(SERVING);
    let sign = MapRequestLayer::new(|mut request: http::Request<Body>| {
        let key = HeaderValue::from_static("secret");
        request.headers_mut().insert("key", key);
        request
    });
    let builder = round_robin(&town, 1).health_check(SERVICE);
    let channel = connected(builder.attempt_layer(sign)).await;
    assert_eq!(call(&channel).await, Ok(1));
    assert_eq!(town.watches(1).keys(), ["secret"]);
}

#[tokio::test(start_paused = true)]
async fn a_layer_that_panics_is_a_watch_that_failed() {
    // G-66
    let town = Town::of([1]);
    let panics = MapRequestLayer::new(|request: http::Request<Body>| {
        assert!(!request.uri().path().ends_with("/Watch"), "no watches");
        request
    });
    let builder = round_robin(&town, 1).health_check(SERVICE);
    let channel = connected(builder.attempt_layer(panics)).await;
    let (code, text) = call(&channel).await.unwrap_err();
    assert_eq!(code, Code::Unavailable);
    let why = "asking its health service failed: it panicked: no watches";
    assert!(text.contains(why), "{text}");
    assert_eq!(channel.state(), State::TransientFailure);
}

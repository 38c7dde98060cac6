//! Service configs that a resolver brings: which one is in effect, for which calls, and what it makes of the channel.

use std::time::Duration;

use tokio::{
    join,
    time::{Instant, sleep},
};
use tower::{ServiceBuilder, util::MapRequestLayer};
use ziggurat::{
    Channel, Code,
    balance::{
        LeastRequest, Policy, RoundRobin,
        policy::{Outlook, PickFirst, Turn},
        resolve::Resolution,
    },
    channel::{Backoff, Builder, State},
    service_config::{ResolvedConfig, ServiceConfig},
};

use crate::{
    registry::{Clerk, Tells, registry_with_configs},
    town::{Does, Town, call, calls, endpoints, named, patient, send, settle, soon, with},
};

const ROUND_ROBIN: &str = r#"{ "loadBalancingConfig": [{ "round_robin": {} }] }"#;
const LEAST_REQUEST: &str =
    r#"{ "loadBalancingConfig": [{ "least_request_experimental": { "choiceCount": 3 } }] }"#;
const PICK_FIRST: &str = r#"{ "loadBalancingConfig": [{ "pick_first": {} }] }"#;
const INVALID: &str = r#"{ "methodConfig": [{ "name": [{}], "timeout": "1m" }] }"#;

fn config(json: &str) -> ServiceConfig {
    ServiceConfig::from_json(json).unwrap()
}

/// A config that ends all calls after so many seconds.
fn timeout(seconds: u32) -> String {
    format!(r#"{{ "methodConfig": [{{ "name": [{{}}], "timeout": "{seconds}s" }}] }}"#)
}

/// A config that makes so many attempts of all calls, a second after each other.
fn attempts(attempts: u32, more: &str) -> String {
    format!(
        r#"{{
            "methodConfig": [{{
                "name": [{{}}],
                "retryPolicy": {{
                    "maxAttempts": {attempts},
                    "initialBackoff": "1s",
                    "maxBackoff": "1s",
                    "backoffMultiplier": 1,
                    "retryableStatusCodes": ["UNAVAILABLE"]
                }}
            }}]
            {more}
        }}"#
    )
}

impl Clerk {
    /// The registry tells these servers, and this config.
    fn config(&self, numbers: impl IntoIterator<Item = u16>, json: &str) {
        self.answer(numbers, ServiceConfig::from_json(json));
    }

    fn answer(&self, numbers: impl IntoIterator<Item = u16>, config: impl Into<ResolvedConfig>) {
        let resolution = Resolution::new(endpoints(numbers)).service_config(config);
        self.tell(Tells::Answer(resolution));
    }
}

/// A channel whose servers and configs a clerk tells.
fn told(town: &Town) -> (Builder<Town>, Clerk) {
    let (registry, clerk) = registry_with_configs();
    let builder = Channel::builder("http://cafe").unwrap();
    let builder = builder.connector(town.clone()).resolver(registry);
    (builder.backoff(Backoff::new().jitter(0.0)), clerk)
}

/// After how many seconds a call ends that has no answer.
async fn patience(channel: &Channel) -> u64 {
    let begun = Instant::now();
    let (code, text) = call(channel).await.unwrap_err();
    assert_eq!(code, Code::DeadlineExceeded, "{text}");
    begun.elapsed().as_secs()
}

#[tokio::test(start_paused = true)]
async fn a_config_counts_for_calls_that_begin_after_it() {
    // F-20, F-13, F-15
    let town = Town::of([1]);
    town.tell(1, Does::Nothing);
    let (builder, clerk) = told(&town);
    let channel = builder.connect_lazy();
    clerk.config([1], &timeout(3));
    let (first, second) = join!(patience(&channel), async {
        sleep(Duration::from_secs(1)).await;
        clerk.config([1], &timeout(7));
        settle().await;
        patience(&channel).await
    });
    // The first ran when the other config came, and kept its own.
    assert_eq!((first, second), (3, 7));

    town.tell(1, Does::Answer(Code::Unavailable));
    town.calls([1]);
    for (count, json) in [(4, attempts(4, "")), (1, timeout(9)), (2, attempts(2, ""))] {
        clerk.config([1], &json);
        settle().await;
        assert_eq!(call(&channel).await.unwrap_err().0, Code::Unavailable);
        assert_eq!(town.calls([1]), [count]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_between_two_attempts_keeps_its_policy() {
    // F-20
    let town = Town::of([1]);
    town.tell(1, Does::Answer(Code::Unavailable));
    let (builder, clerk) = told(&town);
    let channel = builder.connect_lazy();
    clerk.config([1], &attempts(4, ""));
    let (called, ()) = join!(call(&channel), async {
        settle().await;
        assert_eq!(town.calls([1]), [1]);
        clerk.config([1], "{}");
    });
    assert_eq!(called.unwrap_err().0, Code::Unavailable);
    assert_eq!(town.calls([1]), [3]);
}

#[tokio::test(start_paused = true)]
async fn a_config_that_repeats_the_throttling_keeps_the_tokens() {
    // C-44, C-42
    let town = Town::of([1]);
    town.tell(1, Does::Answer(Code::Unavailable));
    let (builder, clerk) = told(&town);
    let channel = builder.connect_lazy();
    let throttled = |count, tokens| {
        let throttling =
            format!(r#", "retryThrottling": {{ "maxTokens": {tokens}, "tokenRatio": 0.1 }}"#);
        attempts(count, &throttling)
    };
    let sent = async |json: &str| {
        clerk.config([1], json);
        settle().await;
        call(&channel).await.unwrap_err();
        town.calls([1])[0]
    };
    assert_eq!(sent(&throttled(3, 4)).await, 2);
    assert_eq!(sent(&throttled(4, 4)).await, 1);
    assert_eq!(sent(&throttled(4, 6)).await, 3);
}

#[tokio::test(start_paused = true)]
async fn an_invalid_config_leaves_the_one_before_in_effect_and_its_endpoints_count() {
    // F-3, F-6
    let town = Town::of([1, 2]);
    town.all([1, 2], Does::Nothing);
    let (builder, mut clerk) = told(&town);
    let channel = builder.service_config(config(&timeout(9))).connect_lazy();
    clerk.config([1], &timeout(3));
    assert_eq!(patience(&channel).await, 3);
    assert_eq!(clerk.heard().await, Ok(()));

    clerk.config([2], INVALID);
    settle().await;
    assert_eq!(patience(&channel).await, 3);
    assert_eq!(town.calls([1, 2]), [1, 1]);
    // G-10
    let heard = clerk.heard().await.unwrap_err();
    let sentence = "the service config is invalid: methodConfig[0].timeout is \"1m\"";
    assert!(heard.starts_with(sentence), "{heard}");
}

#[tokio::test(start_paused = true)]
async fn an_invalid_config_that_does_no_harm_is_no_reason_to_ask_again() {
    // F-3, G-16
    let (builder, mut clerk) = told(&Town::of([1]));
    let channel = builder.connect_lazy();
    for json in ["{}", INVALID] {
        clerk.config([1], json);
        settle().await;
        calls(&channel, 3).await;
    }
    assert_eq!(clerk.heard().await, Ok(()));
    assert!(clerk.heard().await.is_err());
    let asked = clerk.asked();
    sleep(Duration::from_secs(60)).await;
    calls(&channel, 3).await;
    assert_eq!(clerk.asked(), asked);
}

#[tokio::test(start_paused = true)]
async fn a_config_whose_policy_this_client_has_not_is_invalid() {
    // F-18, F-3
    let town = Town::of([1, 2]);
    let (builder, mut clerk) = told(&town);
    let channel = builder.connect_lazy();
    let unheard = r#"{ "loadBalancingConfig": [{
        "weighted_round_robin": { "enableOobLoadReport": true }
    }] }"#;
    let sentence = "the service config is invalid: loadBalancingConfig has the policy \
        weighted_round_robin: enableOobLoadReport: this client reads the reports of trailers alone";
    clerk.config([1, 2], unheard);
    let (code, text) = call(&channel).await.unwrap_err();
    assert_eq!(code, Code::Unavailable);
    assert!(text.ends_with(sentence), "{text}");
    assert_eq!(clerk.heard().await.unwrap_err(), sentence);

    clerk.config([1, 2], ROUND_ROBIN);
    settle().await;
    assert_eq!(clerk.heard().await, Ok(()));
    clerk.config([1, 2], unheard);
    assert_eq!(clerk.heard().await.unwrap_err(), sentence);
    settle().await;
    town.calls([1, 2]);
    calls(&channel, 20).await;
    assert_eq!(town.calls([1, 2]), [10, 10]);
}

#[tokio::test(start_paused = true)]
async fn without_one_before_the_applications_is_in_effect() {
    // F-3, F-4
    let town = Town::of([1]);
    town.tell(1, Does::Nothing);
    let (builder, clerk) = told(&town);
    let channel = builder.service_config(config(&timeout(9))).connect_lazy();
    clerk.config([1], INVALID);
    assert_eq!(patience(&channel).await, 9);
    clerk.config([1], &timeout(3));
    settle().await;
    assert_eq!(patience(&channel).await, 3);
    // No config is not an invalid one: then the resolver's is over.
    clerk.servers([1]);
    settle().await;
    assert_eq!(patience(&channel).await, 9);
    // Nor is it the empty one, which says nothing.
    clerk.config([1], "{}");
    settle().await;
    let hurried = with(named("hurried"), |it| {
        it.with_timeout(Duration::from_secs(20))
    });
    let begun = Instant::now();
    soon(send(&channel, hurried)).await.unwrap_err();
    assert_eq!(begun.elapsed().as_secs(), 20);
}

#[tokio::test(start_paused = true)]
async fn without_any_calls_fail_with_what_is_wrong_until_one_is_good() {
    // F-3, F-6, G-16
    let town = Town::of([1]);
    let (builder, mut clerk) = told(&town);
    let channel = builder.connect_lazy();
    clerk.config([1], INVALID);
    let (code, text) = call(&channel).await.unwrap_err();
    assert_eq!(code, Code::Unavailable);
    let sentence = "cannot connect to http://cafe: the registry: \
        the service config is invalid: methodConfig[0].timeout is \"1m\"";
    assert!(text.starts_with(sentence), "{text}");
    assert_eq!(channel.state(), State::TransientFailure);
    assert!(clerk.heard().await.is_err());
    // Its endpoints are known, and nobody connects to them: by which policy?
    assert_eq!(channel.endpoints().current().len(), 1);
    assert_eq!(town.attempts(1), 0);

    // It is asked again after a pause, as after any error.
    let begun = Instant::now();
    let waits = soon(send(&channel, patient(named("patient"))));
    let (called, asked_after) = join!(waits, async {
        let asked_after = soon(clerk.asked_again()).await - begun;
        clerk.config([1], &timeout(3));
        asked_after.as_millis()
    });
    assert_eq!(called, Ok(1));
    assert!(asked_after.abs_diff(1000) <= 2, "{asked_after}");
    assert_eq!(clerk.heard().await, Ok(()));
    calls(&channel, 3).await;
}

#[tokio::test(start_paused = true)]
async fn what_the_resolver_brings_can_be_ignored() {
    // F-5
    let town = Town::of([1, 2]);
    town.all([1, 2], Does::Nothing);
    let (builder, clerk) = told(&town);
    let builder = builder.service_config(config(&timeout(9)));
    let channel = builder.resolver_config(false).connect_lazy();
    clerk.config([1], &timeout(3));
    assert_eq!(patience(&channel).await, 9);
    clerk.config([2], INVALID);
    settle().await;
    assert_eq!(patience(&channel).await, 9);
    assert_eq!(town.calls([1, 2]), [1, 1]);
}

#[tokio::test(start_paused = true)]
async fn what_comes_before_the_first_answer_waits_for_it() {
    // F-20, D-11, D-12
    let town = Town::of([1]);
    town.tell(1, Does::Nothing);
    let (builder, clerk) = told(&town);
    let channel = builder.connect_lazy();
    // The timeout of a config that comes while a call waits is of the whole call (B-2).
    let (waited, ()) = join!(patience(&channel), async {
        sleep(Duration::from_secs(2)).await;
        clerk.config([1], &timeout(5));
    });
    assert_eq!(waited, 5);
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_the_first_answer_does_so_under_its_deadline() {
    // B-7, F-20
    let (builder, clerk) = told(&Town::of([1]));
    let channel = builder.connect_lazy();
    let hurried = with(named("hurried"), |it| {
        it.with_timeout(Duration::from_secs(1))
    });
    let (code, text) = soon(send(&channel, hurried)).await.unwrap_err();
    assert_eq!(code, Code::DeadlineExceeded);
    assert_eq!(
        text,
        "the deadline of 1s passed while the call waited for \
         name resolution of http://cafe by the registry"
    );
    // A failure of the resolver is that of the calls that wait for it, but for those that wait for ready.
    let (failed, waited, ()) = join!(
        call(&channel),
        soon(send(&channel, patient(named("patient")))),
        async {
            sleep(Duration::from_secs(2)).await;
            clerk.tell(Tells::Error("no such name"));
            sleep(Duration::from_secs(2)).await;
            clerk.config([1], "{}");
        }
    );
    let (code, text) = failed.unwrap_err();
    assert_eq!(code, Code::Unavailable);
    assert!(text.ends_with("the registry: no such name"), "{text}");
    assert_eq!(waited, Ok(1));

    // Nor does anybody wait for a channel that is closed.
    let (builder, _clerk) = told(&Town::of([1]));
    let channel = builder.connect_lazy();
    let (failed, ()) = join!(call(&channel), async {
        settle().await;
        channel.close().await;
    });
    assert_eq!(failed.unwrap_err().0, Code::Unavailable);
}

#[tokio::test(start_paused = true)]
async fn a_config_switches_the_policy_and_no_call_fails() {
    // F-20, F-18
    let town = Town::of([1, 2, 3]);
    let (builder, clerk) = told(&town);
    let channel = builder.connect_lazy();
    clerk.config([1, 2, 3], ROUND_ROBIN);
    for (json, spread) in [
        (ROUND_ROBIN, [true; 3]),
        (LEAST_REQUEST, [true; 3]),
        (PICK_FIRST, [true, false, false]),
        (LEAST_REQUEST, [true; 3]),
        (ROUND_ROBIN, [true; 3]),
    ] {
        clerk.config([1, 2, 3], json);
        // Whatever point the switch is at, and when it is over.
        for _ in 0..60 {
            call(&channel).await.unwrap();
        }
        settle().await;
        town.calls([1, 2, 3]);
        calls(&channel, 60).await;
        let count = town.calls([1, 2, 3]);
        assert_eq!(count.map(|calls| calls > 5), spread, "{json} {count:?}");
    }
    // What a policy has in common with the one before stays connected.
    assert_eq!(town.attempts(1), 1);
}

#[tokio::test(start_paused = true)]
async fn a_config_that_changes_nothing_of_it_leaves_the_policy_as_it_is() {
    // F-20
    let town = Town::of([1, 2, 3]);
    let (builder, clerk) = told(&town);
    let channel = builder.connect_lazy();
    clerk.config([1, 2, 3], ROUND_ROBIN);
    channel.connect().await.unwrap();
    settle().await;
    for seconds in 1..=5 {
        // It goes on with the next server, where another would begin with any.
        calls(&channel, 31).await;
        let methods = timeout(seconds);
        let methods = methods.strip_suffix('}').unwrap();
        let round_robin = ROUND_ROBIN.strip_prefix('{').unwrap();
        clerk.config([1, 2, 3], &format!("{methods}, {round_robin}"));
        settle().await;
        calls(&channel, 29).await;
        assert_eq!(town.calls([1, 2, 3]), [20, 20, 20]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_config_that_names_no_policy_leaves_it_to_the_builder() {
    // F-18, F-4
    let town = Town::of([1, 2, 3]);
    let (builder, clerk) = told(&town);
    let channel = builder
        .balance(RoundRobin::new())
        .service_config(config(PICK_FIRST))
        .connect_lazy();
    for (json, spread) in [
        (Some("{}"), [20, 20, 20]),
        (Some(PICK_FIRST), [60, 0, 0]),
        // And back.
        (Some("{}"), [20, 20, 20]),
        // The application's config does, which is in effect again.
        (None, [60, 0, 0]),
        (Some(ROUND_ROBIN), [20, 20, 20]),
        (Some("{}"), [20, 20, 20]),
    ] {
        match json {
            Some(json) => clerk.config([1, 2, 3], json),
            None => clerk.servers([1, 2, 3]),
        }
        settle().await;
        calls(&channel, 1).await;
        settle().await;
        town.calls([1, 2, 3]);
        calls(&channel, 60).await;
        assert_eq!(town.calls([1, 2, 3]), spread, "{json:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_policy_of_a_config_hears_how_calls_end_and_takes_over_settings_in_place() {
    // F-20, G-60
    let town = Town::of(1..=6);
    let (builder, clerk) = told(&town);
    let channel = builder.connect_lazy();
    clerk.config(1..=6, ROUND_ROBIN);
    calls(&channel, 1).await;
    let outliers = |volume| {
        format!(
            r#"{{ "loadBalancingConfig": [{{ "outlier_detection_experimental": {{
                "failurePercentageEjection": {{ "requestVolume": {volume} }},
                "childPolicy": [{{ "round_robin": {{}} }}]
            }} }}] }}"#
        )
    };
    let failures = async || {
        let mut failures = 0;
        for _ in 0..120 {
            failures += usize::from(call(&channel).await.is_err());
        }
        failures
    };
    clerk.config(1..=6, &outliers(10));
    settle().await;
    town.tell(3, Does::Answer(Code::Unavailable));
    assert_eq!(failures().await, 20);
    sleep(Duration::from_secs(11)).await;
    assert_eq!(failures().await, 0);
    // Another would know nothing of it.
    clerk.config(1..=6, &outliers(11));
    settle().await;
    assert_eq!(failures().await, 0);
}

#[tokio::test(start_paused = true)]
async fn the_last_of_many_answers_counts() {
    let town = Town::of([1, 2]);
    town.all([1, 2], Does::Nothing);
    let (builder, clerk) = told(&town);
    let channel = builder.connect_lazy();
    for seconds in 1..=1000 {
        clerk.config([1, 2], &timeout(seconds));
    }
    settle().await;
    let begun = Instant::now();
    call(&channel).await.unwrap_err();
    settle().await;
    assert_eq!(patience(&channel).await, 1000);
    assert!(begun.elapsed() <= Duration::from_secs(2000));
}

#[tokio::test(start_paused = true)]
async fn an_answer_without_endpoints_says_why() {
    // G-10, G-14
    let (builder, mut clerk) = told(&Town::of([1]));
    let channel = builder.connect_lazy();
    let nobody = Resolution::default().note("all servers are in maintenance");
    clerk.tell(Tells::Answer(nobody));
    let (_, text) = call(&channel).await.unwrap_err();
    let note = "it has no endpoints: all servers are in maintenance";
    assert!(text.ends_with(note), "{text}");
    assert_eq!(clerk.heard().await.unwrap_err(), note);
}

#[tokio::test(start_paused = true)]
async fn a_policy_has_what_the_resolver_tells_of_the_list() {
    // G-10
    #[derive(Clone, Copy, Debug, PartialEq)]
    struct Zone(u16);

    /// Sends all calls to the server whose number is the zone's.
    struct Zoned(PickFirst);

    impl Policy for Zoned {
        fn name(&self) -> &'static str {
            "zoned"
        }

        fn turn(&mut self, turn: &mut Turn<'_>) -> Outlook {
            let number = turn.attribute().map_or(1, |Zone(number)| *number);
            let at = |one: &&ziggurat::balance::policy::Subchannel| {
                let address = one.endpoint().addresses()[0].to_string();
                address.ends_with(&format!(":{number}"))
            };
            let seen: Vec<_> = turn.subchannels().iter().filter(at).cloned().collect();
            let mut around = turn.around(&seen);
            assert_eq!(around.attribute::<Zone>(), turn.attribute::<Zone>());
            let outlook = self.0.turn(&mut around);
            turn.take_over(around);
            outlook
        }
    }

    let town = Town::of([1, 2]);
    let (builder, clerk) = told(&town);
    let channel = builder.balance(Zoned(PickFirst::new())).connect_lazy();
    for (zone, number) in [(None, 1), (Some(Zone(2)), 2), (Some(Zone(1)), 1)] {
        let resolution = Resolution::new(endpoints([1, 2]));
        let resolution = match zone {
            Some(zone) => resolution.attribute(zone),
            None => resolution,
        };
        clerk.tell(Tells::Answer(resolution));
        settle().await;
        assert_eq!(call(&channel).await, Ok(number));
    }
}

#[tokio::test(start_paused = true)]
async fn a_channel_that_is_dropped_ends_with_all_it_had() {
    // D-5
    let town = Town::of([1, 2]);
    let (builder, clerk) = told(&town);
    let channel = builder.balance(LeastRequest::new()).connect_lazy();
    for json in [ROUND_ROBIN, "{}"] {
        clerk.config([1, 2], json);
        settle().await;
        calls(&channel, 10).await;
    }
    assert_eq!(town.connections([1, 2]), [1, 1]);
    drop(channel);
    settle().await;
    assert!(clerk.is_dropped());
    assert_eq!(town.connections([1, 2]), [0, 0]);
}

#[tokio::test(start_paused = true)]
async fn an_attempt_layer_is_in_front_of_each_attempt_whatever_the_config() {
    // T-26
    let town = Town::of([1]);
    let (builder, clerk) = told(&town);
    let (attempts_made, counted) = tokio::sync::watch::channel(0);
    let count = ServiceBuilder::new().layer(MapRequestLayer::new(
        move |request: http::Request<ziggurat::Body>| {
            attempts_made.send_modify(|attempts| *attempts += 1);
            request
        },
    ));
    let channel = builder.attempt_layer(count).connect_lazy();
    town.tell(1, Does::Answer(Code::Unavailable));
    for json in [attempts(3, ""), attempts(2, "")] {
        clerk.config([1], &json);
        settle().await;
        call(&channel).await.unwrap_err();
    }
    assert_eq!(*counted.borrow(), 5);
}

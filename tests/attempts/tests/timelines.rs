//! Our timelines, on a paused clock: no time passes but what somebody waits for.
#![expect(
    clippy::unwrap_used,
    reason = "clippy allows it in test functions, not in what they share"
)]

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use tokio::time::{Instant, timeout};
use tower::Layer;
use ziggurat::{
    Client, Code, GrpcService, Method, Raw,
    layers::{
        hedge::{HedgeLayer, HedgingPolicy},
        retry::{RetryLayer, RetryPolicy, Throttle},
    },
    service_config::ServiceConfig,
};
use ziggurat_attempts::{Other, Policy, Script, Seen, Server, TABLE, WARM_UP, When, builder};

static CALL: Method<Bytes, Bytes> = Method::new("/attempts.Service/Call");
static WARM: Method<Bytes, Bytes> = Method::new(WARM_UP);

/// What came of a script.
#[derive(Debug)]
struct Told {
    attempts: Vec<Seen>,
    code: Code,
    /// In milliseconds since the call began.
    at: u128,
}

/// By the floor alone.
async fn by_floor(script: &Script) -> Told {
    let server = Arc::new(Mutex::new(Server::new(script.answers)));
    let channel = builder(&server).connect_lazy();
    let throttle = script
        .throttle
        .map(|(tokens, ratio)| Throttle::new(tokens, ratio).unwrap());
    match script.policy {
        Policy::None => {
            let floor = RetryLayer::choose(|_| None);
            run(script, &server, floor.layer(channel)).await
        }
        Policy::Retry {
            attempts,
            initial,
            max,
            multiplier,
            codes,
        } => {
            let policy = RetryPolicy::builder()
                .max_attempts(attempts)
                .initial_backoff(Duration::from_millis(initial))
                .max_backoff(Duration::from_millis(max))
                .backoff_multiplier(multiplier)
                .retryable_codes(codes.iter().copied());
            let floor = RetryLayer::new(policy.build().unwrap());
            let floor = throttle.into_iter().fold(floor, RetryLayer::throttle);
            run(script, &server, floor.layer(channel)).await
        }
        Policy::Hedging {
            attempts,
            delay,
            non_fatal,
        } => {
            let policy = HedgingPolicy::builder()
                .max_attempts(attempts)
                .hedging_delay(Duration::from_millis(delay))
                .non_fatal_codes(non_fatal.iter().copied());
            let floor = HedgeLayer::new(policy.build().unwrap());
            let floor = throttle.into_iter().fold(floor, HedgeLayer::throttle);
            run(script, &server, floor.layer(channel)).await
        }
    }
}

/// By a service config of the channel, as other clients have it.
async fn by_config(script: &Script) -> Told {
    let server = Arc::new(Mutex::new(Server::new(script.answers)));
    let config = ServiceConfig::from_json(&script.service_config()).unwrap();
    let channel = builder(&server).service_config(config).connect_lazy();
    run(script, &server, channel).await
}

async fn run<S: GrpcService>(script: &Script, server: &Mutex<Server>, service: S) -> Told {
    let client = Client::new(service).with_codec::<Raw>();
    client.unary(&WARM, Bytes::new()).await.unwrap();
    let begun = Instant::now();
    let call = client.unary(&CALL, Bytes::new());
    let call = match script.timeout {
        Some(millis) => call.timeout(Duration::from_millis(millis)),
        None => call,
    };
    let hangs = Duration::from_secs(3600);
    let answer = timeout(hangs, call).await.expect("the call ends");
    Told {
        attempts: server.lock().unwrap().seen(),
        code: answer.map_or_else(|status| status.code(), |_| Code::Ok),
        at: begun.elapsed().as_millis(),
    }
}

/// What is not as the table says.
fn differs(script: &Script, told: &Told) -> Option<String> {
    if told.attempts.len() != script.attempts.len() {
        return Some("another number of attempts".to_owned());
    }
    let mut failed = 0;
    for (place, (seen, attempt)) in told.attempts.iter().zip(script.attempts).enumerate() {
        let since = || seen.at.saturating_sub(failed);
        let is_in_time = match attempt.when {
            When::At(at) => seen.at == at.into(),
            When::Exactly(pause) => since() == pause.into(),
            // A timer is late by less than a millisecond.
            When::About(pause) => {
                let pause = u128::from(pause);
                (pause * 8 / 10..=pause * 12 / 10 + 1).contains(&since())
            }
        };
        if !is_in_time || seen.previous.as_deref() != attempt.previous {
            return Some(format!("attempt {}", place + 1));
        }
        let after = script.answers.get(place).map_or(0, |answer| answer.after);
        failed = seen.at + u128::from(after);
    }
    let end = script.end.at.map_or(failed, u128::from);
    ((told.code, told.at) != (script.end.code, end)).then(|| "the end".to_owned())
}

#[tokio::test(start_paused = true)]
async fn all_timelines_are_as_written_down() {
    // C-10 … C-20, C-30 … C-35, C-40 … C-43, C-50 … C-55, F-15, F-16
    let mut wrong = Vec::new();
    for script in TABLE {
        for (told, by) in [
            (by_floor(script).await, "floor"),
            (by_config(script).await, "config"),
        ] {
            if let Some(what) = differs(script, &told) {
                wrong.push(format!("{} by {by}: {what}: {told:#?}", script.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn there_are_enough_and_a_dozen_and_more_are_compared_with_others() {
    assert!(TABLE.len() >= 80);
    let compared = |other| {
        let scripts = TABLE
            .iter()
            .filter(|script| script.compared.contains(&other));
        scripts.count()
    };
    assert!(compared(Other::Go) >= 12, "{}", compared(Other::Go));
    assert!(compared(Other::Java) >= 6, "{}", compared(Other::Java));
}

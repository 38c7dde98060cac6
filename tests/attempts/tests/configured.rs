//! What a channel makes of a service config, of attempt layers, and of what calls say besides.
#![expect(
    clippy::unwrap_used,
    reason = "clippy allows it in test functions, not in what they share"
)]

use std::{
    future::ready,
    io,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
    time::Duration,
};

use bytes::Bytes;
use futures_util::stream;
use http::{Request, Response};
use http_body_util::BodyExt;
use tokio::time::Instant;
use tower::{
    Layer,
    layer::layer_fn,
    service_fn,
    util::{MapRequestLayer, MapResponseLayer},
};
use ziggurat::{
    Body, Call, Channel, Client, Code, GrpcService, Method, Raw, Status,
    channel::{Attempt, Bare, Builder, Connect, Target},
    layers::{
        context::ReceiveLimit,
        retry::{RetryLayer, RetryPolicy},
    },
    service_config::ServiceConfig,
    shape::{Bidi, ClientStreaming},
};
use ziggurat_attempts::{Answer, Does, Seen, Server, builder};

static CALL: Method<Bytes, Bytes> = Method::new("/attempts.Service/Call");
static OTHER: Method<Bytes, Bytes> = Method::new("/attempts.Other/Call");
static CHAT: Method<Bytes, Bytes, Bidi> = Method::new("/attempts.Service/Chat");
static UPLOAD: Method<Bytes, Bytes, ClientStreaming> = Method::new("/attempts.Service/Upload");

const FAILS: Answer = Answer::new(0, Does::Fails(Code::Unavailable));
const SERVES: Answer = Answer::new(0, Does::Serves);
const BEGINS: Answer = Answer::new(0, Does::Begins);
const SILENT: Answer = Answer::new(0, Does::Nothing);
const EIGHT: Answer = Answer::new(0, Does::ServesBytes(8));

const RETRY: &str = r#""retryPolicy": { "maxAttempts": 9, "initialBackoff": "0.1s", "maxBackoff": "0.1s",
    "backoffMultiplier": 1, "retryableStatusCodes": ["UNAVAILABLE"] }"#;

const LATE: Code = Code::DeadlineExceeded;

type Shared = Arc<Mutex<Server>>;

fn server(answers: &'static [Answer]) -> Shared {
    Arc::new(Mutex::new(Server::new(answers)))
}

fn seen(server: &Shared) -> Vec<Seen> {
    server.lock().unwrap().seen()
}

/// A config that says this of all methods.
fn all(says: &str) -> ServiceConfig {
    let text = format!(r#"{{ "methodConfig": [{{ "name": [{{}}], {says} }}] }}"#);
    ServiceConfig::from_json(&text).unwrap()
}

fn client<S: GrpcService>(service: S) -> Client<S, Raw> {
    Client::new(service).with_codec::<Raw>()
}

fn configured(server: &Shared, config: ServiceConfig) -> Client<Channel, Raw> {
    client(builder(server).service_config(config).connect_lazy())
}

/// How a call ends, and after how many milliseconds.
async fn ends<S: GrpcService>(call: Call<Bytes, S>) -> (Code, u128) {
    let begun = Instant::now();
    let told = call.await;
    let code = told.map_or_else(|status: Status| status.code(), |_| Code::Ok);
    (code, begun.elapsed().as_millis())
}

fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

#[tokio::test(start_paused = true)]
async fn of_two_timeouts_the_earlier_end_counts() {
    // B-2, F-13, A-16
    let server = server(&[SILENT; 9]);
    let client = configured(&server, all(r#""timeout": "0.2s""#));
    let call = || client.unary(&CALL, Bytes::new());
    assert_eq!(ends(call()).await, (LATE, 200));
    assert_eq!(ends(call().timeout(millis(300))).await, (LATE, 200));
    assert_eq!(ends(call().timeout(millis(100))).await, (LATE, 100));
    let told: Vec<_> = seen(&server)
        .into_iter()
        .map(|seen| seen.timeout.unwrap())
        .collect();
    assert_eq!(told, ["200000u", "200000u", "100000u"]);
}

#[tokio::test(start_paused = true)]
async fn a_timeout_counts_from_the_calls_start() {
    // B-2, T-26: also below a floor that sends it again.
    let server = server(&[FAILS, SILENT]);
    let channel = builder(&server)
        .service_config(all(r#""timeout": "0.3s""#))
        .connect_lazy();
    let policy = RetryPolicy::builder()
        .retryable_codes([Code::Unavailable])
        .initial_backoff(millis(100))
        .build()
        .unwrap();
    let client = client(RetryLayer::new(policy).layer(channel));
    let told = ends(client.unary(&CALL, Bytes::new())).await;
    assert_eq!(told, (Code::DeadlineExceeded, 300));
    assert_eq!(seen(&server).len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_timeout_spans_the_attempts() {
    // C-15
    let server = server(&[FAILS; 9]);
    let client = configured(&server, all(&format!(r#""timeout": "0.25s", {RETRY}"#)));
    let told = ends(client.unary(&CALL, Bytes::new())).await;
    assert_eq!(told, (Code::DeadlineExceeded, 250));
    assert_eq!(seen(&server).len(), 3);
}

/// How a call ends that waits for ready, or not, or does not say.
async fn code(builder: Builder<impl Connect>, waits: Option<bool>) -> Code {
    let client = client(builder.connect_lazy());
    let call = client.unary(&CALL, Bytes::new()).timeout(millis(500));
    let call = match waits {
        Some(waits) => call.wait_for_ready(waits),
        None => call,
    };
    ends(call).await.0
}

#[tokio::test(start_paused = true)]
async fn a_call_says_itself_whether_it_waits() {
    // D-10, F-12
    let nobody = |target: Target| {
        let error = format!("nobody is at {target}");
        ready(Err::<Bare<tokio::io::DuplexStream>, _>(io::Error::other(
            error,
        )))
    };
    let builder = |config| {
        Builder::default()
            .connector(service_fn(nobody))
            .service_config(config)
    };
    let waits = all(r#""waitForReady": true"#);
    assert_eq!(code(builder(waits.clone()), None).await, LATE);
    assert_eq!(code(builder(waits), Some(false)).await, Code::Unavailable);
    let waits_not = all(r#""waitForReady": false"#);
    assert_eq!(
        code(builder(waits_not.clone()), None).await,
        Code::Unavailable
    );
    assert_eq!(code(builder(waits_not), Some(true)).await, LATE);
}

#[tokio::test(start_paused = true)]
async fn requests_have_the_smaller_limit() {
    // F-14, A-58
    const OVER: Code = Code::ResourceExhausted;
    let sent = async |config: &str, own: Option<usize>, bytes: usize| {
        let server = server(&[SERVES]);
        let client = configured(&server, all(config));
        let call = client.unary(&CALL, Bytes::from(vec![0; bytes]));
        let call = match own {
            Some(own) => call.max_send_message_size(own),
            None => call,
        };
        (ends(call).await.0, seen(&server).len())
    };
    let eight = r#""maxRequestMessageBytes": 8"#;
    assert_eq!(sent(eight, None, 8).await, (Code::Ok, 1));
    assert_eq!(sent(eight, None, 9).await, (OVER, 0));
    assert_eq!(sent(eight, Some(7), 8).await, (OVER, 0));
    assert_eq!(sent(eight, Some(9), 9).await, (OVER, 0));
    let nothing = r#""maxRequestMessageBytes": 0"#;
    assert_eq!(sent(nothing, None, 0).await, (Code::Ok, 1));
    assert_eq!(sent(nothing, None, 1).await, (OVER, 0));
}

#[tokio::test(start_paused = true)]
async fn a_streamed_message_over_the_limit_ends_its_call() {
    // F-14, B-24
    const TEXT: &str =
        "RESOURCE_EXHAUSTED: a request message of 9 bytes exceeds the send limit of 8 bytes";
    let messages = || stream::iter([8, 9, 1].map(|bytes| Bytes::from(vec![0; bytes])));
    let eight = || all(r#""maxRequestMessageBytes": 8"#);
    // Before the answer's headers, and after them.
    let client = configured(&server(&[SILENT]), eight());
    let told = client.client_streaming(&UPLOAD, messages()).await;
    assert_eq!(told.unwrap_err().to_string(), TEXT);

    let begins = server(&[BEGINS]);
    let client = configured(&begins, eight());
    let mut chat = client.open().bidi(&CHAT);
    chat.send(Bytes::from(vec![0; 8])).await.unwrap();
    chat.initial_metadata().await.unwrap();
    chat.send(Bytes::from(vec![0; 9])).await.unwrap();
    assert_eq!(chat.recv().await.unwrap_err().to_string(), TEXT);
}

#[tokio::test(start_paused = true)]
async fn answers_have_the_smaller_limit() {
    // F-14, A-57
    const OVER: Code = Code::ResourceExhausted;
    let got = async |config: &str, own: Option<usize>| {
        let server = server(&[EIGHT]);
        let client = configured(&server, all(config));
        let call = client.unary(&CALL, Bytes::new());
        let call = match own {
            Some(own) => call.max_receive_message_size(own),
            None => call,
        };
        ends(call).await.0
    };
    let limit = |bytes: usize| format!(r#""maxResponseMessageBytes": {bytes}"#);
    assert_eq!(got(&limit(8), None).await, Code::Ok);
    assert_eq!(got(&limit(7), None).await, OVER);
    assert_eq!(got(&limit(0), None).await, OVER);
    assert_eq!(got(&limit(9), Some(7)).await, OVER);
    assert_eq!(got(&limit(7), Some(9)).await, OVER);
}

#[tokio::test(start_paused = true)]
async fn each_method_has_its_own_entry() {
    // F-10, F-11
    let server = server(&[FAILS; 9]);
    let text = format!(
        r#"{{ "methodConfig": [
            {{ "name": [{{ "service": "attempts.Service" }}], {RETRY} }},
            {{ "name": [{{ "service": "attempts.Service", "method": "Call" }}], "timeout": "9s" }}
        ] }}"#
    );
    let config = ServiceConfig::from_json(&text).unwrap();
    let client = configured(&server, config);
    // An entry counts as a whole: this one has no retries.
    assert_eq!(
        ends(client.unary(&CALL, Bytes::new())).await.0,
        Code::Unavailable
    );
    assert_eq!(seen(&server).len(), 1);
    // Of the other service nothing is said.
    assert_eq!(
        ends(client.unary(&OTHER, Bytes::new())).await.0,
        Code::Unavailable
    );
    assert_eq!(seen(&server).len(), 2);
    let upload = client.client_streaming(&UPLOAD, stream::iter([Bytes::new()]));
    assert_eq!(ends(upload).await.0, Code::Unavailable);
    assert_eq!(seen(&server).len(), 2 + 5);
}

#[tokio::test(start_paused = true)]
async fn a_channel_has_the_last_word_on_attempts() {
    // C-1, C-6
    let attempts = async |most: Option<u32>, retries: bool| {
        let server = server(&[FAILS; 20]);
        let builder = builder(&server).service_config(all(RETRY)).retries(retries);
        let builder = match most {
            Some(most) => builder.max_attempts(most),
            None => builder,
        };
        let client = client(builder.connect_lazy());
        ends(client.unary(&CALL, Bytes::new())).await;
        seen(&server).len()
    };
    assert_eq!(attempts(None, true).await, 5);
    assert_eq!(attempts(Some(7), true).await, 7);
    assert_eq!(attempts(Some(20), true).await, 9);
    assert_eq!(attempts(Some(0), true).await, 2);
    assert_eq!(attempts(None, false).await, 1);
}

#[tokio::test(start_paused = true)]
async fn what_is_refused_is_sent_again_all_the_same() {
    // C-6, C-32
    const REFUSES: Answer = Answer::new(0, Does::Resets(7));
    let server = server(&[REFUSES, SERVES]);
    let channel = builder(&server).service_config(all(RETRY)).retries(false);
    let client = client(channel.connect_lazy());
    assert_eq!(ends(client.unary(&CALL, Bytes::new())).await.0, Code::Ok);
}

#[tokio::test(start_paused = true)]
async fn retries_above_and_by_config_do_not_multiply() {
    // C-6, T-23
    let server = server(&[FAILS; 20]);
    let channel = builder(&server).service_config(all(RETRY)).connect_lazy();
    let policy = RetryPolicy::builder().retryable_codes([Code::Unavailable]);
    let above = RetryLayer::new(policy.max_attempts(3).build().unwrap());
    let client = client(above.layer(channel));
    assert_eq!(
        ends(client.unary(&CALL, Bytes::new())).await.0,
        Code::Unavailable
    );
    assert_eq!(seen(&server).len(), 3);
}

#[tokio::test(start_paused = true)]
async fn all_methods_share_a_throttle() {
    // C-40, F-16
    let server = server(&[FAILS; 20]);
    let text = format!(
        r#"{{ "methodConfig": [{{ "name": [{{}}], {RETRY} }}],
            "retryThrottling": {{ "maxTokens": 4, "tokenRatio": 0.1 }} }}"#
    );
    let client = configured(&server, ServiceConfig::from_json(&text).unwrap());
    ends(client.unary(&CALL, Bytes::new())).await;
    assert_eq!(seen(&server).len(), 2);
    ends(client.unary(&OTHER, Bytes::new())).await;
    assert_eq!(seen(&server).len(), 3);
}

#[tokio::test(start_paused = true)]
async fn attempt_layers_run_for_each_attempt_and_others_for_each_call() {
    // C-10, T-26
    let server = server(&[FAILS, FAILS, SERVES]);
    let passed: Arc<Mutex<Vec<&str>>> = Arc::default();
    let note = |name| {
        let passed = Arc::clone(&passed);
        MapRequestLayer::new(move |request: Request<Body>| {
            passed.lock().unwrap().push(name);
            request
        })
    };
    let channel = builder(&server)
        .attempt_layer(note("inner"))
        .attempt_layer(note("outer"))
        .service_config(all(RETRY))
        .connect_lazy();
    let client = client(note("call").layer(channel));
    assert_eq!(ends(client.unary(&CALL, Bytes::new())).await.0, Code::Ok);
    let attempt = ["outer", "inner"];
    let expected = [&["call"][..], &attempt, &attempt, &attempt].concat();
    assert_eq!(*passed.lock().unwrap(), expected);
}

#[tokio::test(start_paused = true)]
async fn what_an_attempt_layer_fails_with_is_judged_as_a_status() {
    // C-12, T-3
    let server = server(&[SERVES]);
    let calls = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&calls);
    let broken = layer_fn(move |_: Attempt| {
        let count = Arc::clone(&count);
        service_fn(move |_: Request<Body>| {
            count.fetch_add(1, Relaxed);
            let status = Status::new(Code::Unavailable, "the keys are not at hand");
            ready(Err::<Response<Body>, _>(status))
        })
    });
    let channel = builder(&server)
        .service_config(all(RETRY))
        .attempt_layer(broken);
    let client = client(channel.connect_lazy());
    let status = client.unary(&CALL, Bytes::new()).await.unwrap_err();
    assert_eq!(status.to_string(), "UNAVAILABLE: the keys are not at hand");
    assert_eq!((calls.load(Relaxed), seen(&server).len()), (5, 0));
    let progress = status.progress().unwrap();
    assert_eq!(progress.attempts().len(), 4);
}

#[tokio::test(start_paused = true)]
async fn an_empty_config_changes_nothing() {
    // F-4, C-5
    let server = server(&[FAILS, EIGHT]);
    let client = configured(&server, ServiceConfig::default());
    assert_eq!(
        ends(client.unary(&CALL, Bytes::new())).await.0,
        Code::Unavailable
    );
    let answer = client.unary(&CALL, Bytes::new()).await.unwrap();
    assert_eq!(answer.len(), 8);
}

#[tokio::test(start_paused = true)]
async fn an_attempt_layer_may_put_another_body_around_the_calls() {
    // A-16, F-12, C-31: what a call carries in its body comes through all the same.
    const REFUSES: Answer = Answer::new(0, Does::Resets(7));
    let wrap = || {
        MapRequestLayer::new(|request: Request<Body>| {
            request.map(|body| Body::new(BodyExt::map_err(body, |error| error)))
        })
    };
    let server = server(&[FAILS, REFUSES, SILENT]);
    let channel = builder(&server).attempt_layer(wrap()).attempt_layer(wrap());
    let client = client(channel.service_config(all(RETRY)).connect_lazy());
    let call = client.unary(&CALL, Bytes::new()).timeout(millis(900));
    assert_eq!(ends(call).await, (LATE, 900));
    let seen = seen(&server);
    assert!(seen.iter().all(|seen| seen.timeout.is_some()), "{seen:?}");
    let previous: Vec<_> = seen.iter().map(|seen| seen.previous.as_deref()).collect();
    assert_eq!(
        previous,
        [None, Some("1"), Some("2")],
        "a retry that is refused is a failure"
    );
}

#[tokio::test(start_paused = true)]
async fn a_policy_keeps_what_its_channel_may_keep() {
    // C-25
    let attempts = async |limit: usize, own: Option<usize>| {
        let server = server(&[FAILS, SERVES]);
        let builder = builder(&server)
            .service_config(all(RETRY))
            .resend_limit(limit);
        let client = client(builder.connect_lazy());
        let call = client.unary(&CALL, Bytes::from(vec![0; 300 * 1024]));
        let call = own.into_iter().fold(call, Call::resend_limit);
        ends(call).await;
        seen(&server).len()
    };
    assert_eq!(attempts(256 * 1024, None).await, 1);
    assert_eq!(attempts(1024 * 1024, None).await, 2);
    assert_eq!(attempts(0, Some(1024 * 1024)).await, 2);
    assert_eq!(attempts(1024 * 1024, Some(0)).await, 1);
}

#[tokio::test(start_paused = true)]
async fn of_two_limits_of_answers_a_layer_may_have_the_smaller_one() {
    // F-14
    let layer = MapResponseLayer::new(|mut answer: Response<Body>| {
        answer.extensions_mut().insert(ReceiveLimit(7));
        answer
    });
    let server = server(&[EIGHT]);
    let config = all(r#""maxResponseMessageBytes": 9"#);
    let channel = builder(&server).attempt_layer(layer).service_config(config);
    let client = client(channel.connect_lazy());
    let call = client.unary(&CALL, Bytes::new());
    assert_eq!(ends(call).await.0, Code::ResourceExhausted);
}

#![expect(
    clippy::float_cmp,
    reason = "tokens are counted in halves, which are exact"
)]

mod outage;

use std::{
    collections::VecDeque,
    convert::Infallible,
    future::{Ready, ready},
    io,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response};
use tokio::time::{self, Instant};
use tokio_test::{assert_pending, assert_ready, assert_ready_err, assert_ready_ok, task};
use tower::{Layer, Service, ServiceExt};
use tower_test::mock;
use ziggurat_protocol::{
    Body, Code, Idempotency, Method, Status, response,
    status::progress::{GaveUp, Progress, Stage, Waiting},
};

use super::*;
use crate::{
    context::CallContext,
    deadline::DeadlineLayer,
    scripted::{Reader, Scripted, Step, answer},
    streamed::{Kept, sent, streamed, write},
};

const MS: Duration = Duration::from_millis(1);

/// Answers as it is told, and remembers what was asked.
#[derive(Clone, Default)]
struct Server(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    answers: VecDeque<Response<Scripted>>,
    asked: Vec<Asked>,
    /// Whether a message of each request is read before the answer.
    reads: bool,
}

/// One attempt, as the server saw it.
struct Asked {
    at: Instant,
    previous: Option<String>,
    request: Request<Body>,
}

impl Server {
    fn new(answers: impl IntoIterator<Item = Response<Scripted>>) -> Self {
        let server = Self::default();
        server.0.lock().unwrap().answers.extend(answers);
        server
    }

    /// The same, for requests that are streamed: it reads a message of each before it answers.
    fn reading(answers: impl IntoIterator<Item = Response<Scripted>>) -> Self {
        let server = Self::new(answers);
        server.0.lock().unwrap().reads = true;
        server
    }

    /// When each attempt came, in milliseconds since the first, and what it said of those before.
    fn timeline(&self) -> Vec<(u128, Option<String>)> {
        let state = self.0.lock().unwrap();
        let first = state.asked.first().map(|asked| asked.at);
        let line = |asked: &Asked| {
            let at = asked.at - first.unwrap();
            (at.as_millis(), asked.previous.clone())
        };
        state.asked.iter().map(line).collect()
    }

    fn attempts(&self) -> usize {
        self.0.lock().unwrap().asked.len()
    }

    /// The body that the last attempt sent.
    fn last_body(&self) -> Body {
        let mut state = self.0.lock().unwrap();
        std::mem::take(state.asked.last_mut().unwrap().request.body_mut())
    }
}

impl Service<Request<Body>> for Server {
    type Response = Response<Scripted>;
    type Error = io::Error;
    type Future = Ready<Result<Response<Scripted>, io::Error>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let mut state = self.0.lock().unwrap();
        if state.reads {
            sent(request.body_mut()).unwrap().unwrap();
        }
        let previous = request.headers().get("grpc-previous-rpc-attempts");
        state.asked.push(Asked {
            at: Instant::now(),
            previous: previous.map(|value| value.to_str().unwrap().to_owned()),
            request,
        });
        let answer = state.answers.pop_front();
        ready(answer.ok_or_else(|| io::Error::other("no answer is left")))
    }
}

fn policy() -> RetryPolicyBuilder {
    let builder = RetryPolicy::builder().retryable_codes([Code::Unavailable, Code::Aborted]);
    builder.max_attempts(4)
}

fn layer() -> RetryLayer {
    RetryLayer::new(policy().build().unwrap())
}

/// A Trailers-Only answer.
fn fails(number: &'static str) -> Response<Scripted> {
    answer(
        &[("grpc-status", number), ("grpc-message", "told")],
        [Step::End],
    )
}

fn ok() -> Response<Scripted> {
    answer(
        &[],
        [Step::Data("latte"), Step::Trailers(&[("grpc-status", "0")])],
    )
}

fn pushed(millis: &'static str) -> Response<Scripted> {
    let pushback = ("grpc-retry-pushback-ms", millis);
    answer(&[("grpc-status", "14"), pushback], [Step::End])
}

fn request() -> Request<Body> {
    Request::new(Body::single(Bytes::from_static(b"sugar")))
}

/// How a call ended: the code, if no message came before it, and what is told beside it.
fn told<B: http_body::Body>(answer: &Response<B>) -> (Option<Code>, Option<Arc<Progress>>) {
    let progress = answer.extensions().get().cloned();
    (ziggurat_protocol::Outcome::of(answer).code(), progress)
}

#[tokio::test(start_paused = true)]
async fn what_fails_is_sent_again_after_its_pause() {
    // C-11, C-12, C-17
    let server = Server::new([fails("14"), fails("10"), fails("14"), ok()]);
    let answer = layer()
        .seed(1)
        .layer(server.clone())
        .oneshot(request())
        .await
        .unwrap();
    assert_eq!(told(&answer).0, None, "the last one is committed");
    let timeline = server.timeline();
    let previous: Vec<_> = timeline
        .iter()
        .map(|(_, previous)| previous.as_deref())
        .collect();
    assert_eq!(previous, [None, Some("1"), Some("2"), Some("3")]);
    for (pair, pause) in timeline.windows(2).zip([100, 200, 400]) {
        let took = pair[1].0 - pair[0].0;
        assert!(
            (pause * 8 / 10..=pause * 12 / 10 + 1).contains(&took),
            "{timeline:?}"
        );
    }
    let progress = told(&answer).1.unwrap();
    let attempts: Vec<_> = (progress.attempts().iter())
        .map(|attempt| (attempt.code(), attempt.error().unwrap().to_string()))
        .collect();
    let unavailable = || (Code::Unavailable, "UNAVAILABLE: told".to_owned());
    let aborted = (Code::Aborted, "ABORTED: told".to_owned());
    assert_eq!(attempts, [unavailable(), aborted, unavailable()]);
    assert!(progress.waiting().is_none() && progress.gave_up().is_none());
    assert_eq!(Reader::new(answer.into_body()).data(), "latte");
}

#[tokio::test(start_paused = true)]
async fn pauses_are_spread() {
    // C-11
    let policy = policy()
        .max_attempts(1000)
        .max_backoff(100 * MS)
        .build()
        .unwrap();
    let server = Server::new((0..1000).map(|_| fails("14")));
    let service = RetryLayer::new(policy).layer(server.clone());
    service.oneshot(request()).await.unwrap();
    let timeline = server.timeline();
    assert_eq!(timeline.len(), 1000);
    let mut pauses: Vec<_> = timeline
        .windows(2)
        .map(|pair| pair[1].0 - pair[0].0)
        .collect();
    pauses.sort_unstable();
    assert!(
        pauses[0] >= 80 && pauses[998] <= 121,
        "timers count whole milliseconds"
    );
    assert!(pauses[100] < 90 && pauses[900] > 110, "{pauses:?}");
}

#[tokio::test(start_paused = true)]
async fn the_last_failure_is_the_calls() {
    // C-12, C-19
    let server = Server::new((0..4).map(|_| fails("14")));
    let answer = layer()
        .layer(server.clone())
        .oneshot(request())
        .await
        .unwrap();
    assert_eq!(answer.headers()["grpc-message"], "told");
    let (code, progress) = told(&answer);
    let progress = progress.unwrap();
    assert_eq!(
        (code, progress.attempts().len()),
        (Some(Code::Unavailable), 3)
    );
    assert_eq!(progress.gave_up(), Some(GaveUp::Attempts));
    assert_eq!(server.attempts(), 4);

    let server = Server::new([fails("14"), fails("5")]);
    let answer = layer()
        .layer(server.clone())
        .oneshot(request())
        .await
        .unwrap();
    let (code, progress) = told(&answer);
    assert_eq!(code, Some(Code::NotFound));
    assert_eq!(progress.unwrap().gave_up(), None);
    assert_eq!(server.attempts(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_failure_of_this_side_keeps_its_cause() {
    // C-12
    let status = Status::local(Code::Unavailable, "lost").with_source(io::Error::other("cable"));
    let lost = || response::trailers_only::<Body>(status.clone());
    let server = tower::service_fn(move |_: Request<Body>| ready(Ok::<_, Infallible>(lost())));
    let answer = layer().layer(server).oneshot(request()).await.unwrap();
    let status: &Status = answer.extensions().get().unwrap();
    assert_eq!(status.cause().unwrap().to_string(), "cable");
    let progress = status.progress().unwrap();
    assert_eq!(progress.attempts().len(), 3);
    assert!(format!("{status:?}").contains("gave_up: Some(Attempts)"));
}

#[tokio::test(start_paused = true)]
async fn a_server_says_when() {
    // C-16
    let server = Server::new([fails("14"), pushed("1234"), fails("14"), ok()]);
    layer()
        .seed(1)
        .layer(server.clone())
        .oneshot(request())
        .await
        .unwrap();
    let at: Vec<_> = server.timeline().iter().map(|(at, _)| *at).collect();
    assert_eq!(at[2] - at[1], 1234, "exactly");
    assert!(
        (80..=121).contains(&(at[3] - at[2])),
        "the series begins anew"
    );

    for never in ["-1", "soon", ""] {
        let server = Server::new([pushed(never)]);
        let answer = layer()
            .layer(server.clone())
            .oneshot(request())
            .await
            .unwrap();
        assert_eq!(told(&answer).1.unwrap().gave_up(), Some(GaveUp::Forbidden));
        assert_eq!(server.attempts(), 1);
    }
    let server = Server::new([pushed("0"), ok()]);
    layer()
        .layer(server.clone())
        .oneshot(request())
        .await
        .unwrap();
    assert_eq!(server.timeline()[1].0, 0);
}

#[tokio::test(start_paused = true)]
async fn the_header_of_attempts_is_the_floors() {
    // C-17
    let server = Server::new([fails("14"), ok()]);
    let mut request = request();
    let name = "grpc-previous-rpc-attempts";
    request.headers_mut().insert(name, "7".parse().unwrap());
    layer()
        .layer(server.clone())
        .oneshot(request)
        .await
        .unwrap();
    let previous: Vec<_> = server
        .timeline()
        .into_iter()
        .map(|(_, previous)| previous)
        .collect();
    assert_eq!(previous, [None, Some("1".to_owned())]);
}

#[tokio::test]
async fn a_call_without_a_policy_goes_straight_through() {
    // C-5, T-23
    let server = Server::new([fails("14")]);
    let service = RetryLayer::choose(|_| None).layer(server.clone());
    let answer = service.oneshot(request()).await.unwrap();
    assert!(told(&answer).1.is_none());
    assert_eq!(server.attempts(), 1);

    // One that a floor further out sends again.
    let server = Server::new([fails("14")]);
    let mut request = request();
    let context = CallContext::new().with_previous_attempts(0);
    context.put_into(&mut request);
    layer()
        .layer(server.clone())
        .oneshot(request)
        .await
        .unwrap();
    assert_eq!(server.attempts(), 1);
}

#[tokio::test(start_paused = true)]
async fn two_floors_do_not_multiply() {
    // T-23, C-6
    let server = Server::new((0..9).map(|_| fails("14")));
    let inner = RetryLayer::new(policy().max_attempts(9).build().unwrap());
    let service = RetryLayer::new(policy().max_attempts(2).build().unwrap());
    let service = service.layer(inner.layer(server.clone()));
    service.oneshot(request()).await.unwrap();
    assert_eq!(server.attempts(), 2);
}

#[tokio::test(start_paused = true)]
async fn the_proto_says_what_may_be_repeated() {
    // C-12
    static READ: Method<(), ()> =
        Method::new("/cafe.Machine/Read").with_idempotency(Idempotency::NoSideEffects);
    static BREW: Method<(), ()> = Method::new("/cafe.Machine/Brew");
    let layer = RetryLayer::idempotent(policy().build().unwrap());
    for (method, attempts) in [
        (Some(READ.descriptor()), 2),
        (Some(BREW.descriptor()), 1),
        (None, 1),
    ] {
        let server = Server::new([fails("14"), ok()]);
        let body = match method {
            Some(method) => Body::empty().with_method(method),
            None => Body::empty(),
        };
        layer
            .layer(server.clone())
            .oneshot(Request::new(body))
            .await
            .unwrap();
        assert_eq!(server.attempts(), attempts);
    }
}

#[tokio::test(start_paused = true)]
async fn an_error_of_the_service_ends_the_call() {
    let server = Server::new([fails("14")]);
    let error = layer().layer(server).oneshot(request()).await.unwrap_err();
    assert_eq!(error.to_string(), "no answer is left");
}

#[tokio::test(start_paused = true)]
async fn each_attempt_is_sent_by_a_service_that_is_ready() {
    // C-10, T-23: the first by the one that was asked, the next by a clone.
    let (mock, mut handle) = mock::pair::<Request<Body>, Response<Scripted>>();
    let mut service = mock::Spawn::new(layer().layer(mock));
    handle.allow(0);
    assert_pending!(service.poll_ready());
    handle.allow(1);
    assert_ready_ok!(service.poll_ready());
    let mut call = task::spawn(service.call(request()));
    let mut handle = task::spawn(handle);
    let (_, answers) = assert_ready!(handle.poll_request()).unwrap();
    answers.send_response(fails("14"));
    assert_pending!(call.poll());
    time::advance(121 * MS).await;
    assert_pending!(call.poll());
    assert_pending!(handle.poll_request());
    handle.allow(1);
    assert!(call.is_woken());
    assert_pending!(call.poll());
    let (second, answers) = assert_ready!(handle.poll_request()).unwrap();
    assert_eq!(second.headers()["grpc-previous-rpc-attempts"], "1");
    answers.send_response(ok());
    assert_ready_ok!(call.poll());
}

#[tokio::test(start_paused = true)]
async fn without_a_policy_readiness_is_the_inner_services_too() {
    // C-5, T-23
    let (mock, mut handle) = mock::pair::<Request<Body>, Response<Scripted>>();
    let mut service = mock::Spawn::new(RetryLayer::choose(|_| None).layer(mock));
    handle.allow(0);
    assert_pending!(service.poll_ready());
    handle.send_error("closed");
    assert_ready_err!(service.poll_ready());
}

#[tokio::test(start_paused = true)]
async fn a_dropped_call_sends_nothing_more() {
    // B-20, B-26
    let throttle = Throttle::new(10, 1.0).unwrap();
    let server = Server::new([fails("14"), ok()]);
    let service = layer().throttle(throttle.clone()).layer(server.clone());
    let mut call = task::spawn(service.oneshot(request()));
    assert_pending!(call.poll());
    drop(call);
    time::advance(Duration::from_secs(9)).await;
    assert_eq!((server.attempts(), throttle.tokens()), (1, 9.0));
}

#[tokio::test(start_paused = true)]
async fn the_deadline_spans_attempts_and_pauses() {
    // C-15, B-3, B-7, T-25
    let server = Server::new((0..4).map(|_| fails("14")));
    let start = Instant::now();
    let service = DeadlineLayer::new(250 * MS).layer(layer().seed(1).layer(server.clone()));
    let answer = service.oneshot(request()).await.unwrap();
    assert_eq!(start.elapsed(), 250 * MS);
    assert_eq!(server.attempts(), 2);
    let status: &Status = answer.extensions().get().unwrap();
    assert_eq!(status.code(), Code::DeadlineExceeded);
    let text = "the deadline of 250ms passed while the call waited for the pause of 202 ms after an attempt that failed; \
        last error: UNAVAILABLE: told; 2 attempts before failed";
    assert_eq!(status.message(), text);
    let progress = status.progress().unwrap();
    assert_eq!(progress.waiting().map(Waiting::stage), Some(Stage::Pause));
    assert_eq!(progress.attempts().len(), 2);
    // Each attempt says what is left.
    let asked = &server.0.lock().unwrap().asked;
    let deadlines = asked
        .iter()
        .map(|asked| CallContext::of(&asked.request).unwrap().deadline());
    assert_eq!(
        deadlines.collect::<Vec<_>>(),
        [Some(crate::context::Deadline::at(start + 250 * MS)); 2]
    );
}

#[tokio::test(start_paused = true)]
async fn headers_commit_a_call() {
    // C-13
    let late = [Step::Trailers(&[("grpc-status", "14")])];
    let server = Server::new([answer(&[], late), ok()]);
    let answer = layer()
        .layer(server.clone())
        .oneshot(request())
        .await
        .unwrap();
    assert_eq!(told(&answer).0, None);
    assert_eq!(server.attempts(), 1);
    Reader::new(answer.into_body()).trailers();
}

fn after_headers() -> RetryLayer {
    RetryLayer::new(policy().retry_after_headers(true).build().unwrap())
}

#[tokio::test(start_paused = true)]
async fn by_option_failing_trailers_right_after_headers_do_not() {
    // C-13, C-16
    let late = || answer(&[], [Step::Trailers(&[("grpc-status", "14")])]);
    let at_777 = &[("grpc-status", "14"), ("grpc-retry-pushback-ms", "777")];
    let pushed = answer(&[], [Step::Trailers(at_777)]);
    let server = Server::new([pushed, late(), ok()]);
    let answer = after_headers()
        .layer(server.clone())
        .oneshot(request())
        .await
        .unwrap();
    assert_eq!(server.timeline()[1].0, 777);
    assert_eq!(server.attempts(), 3);
    let mut body = Reader::new(answer.into_body());
    assert_eq!(body.data(), "latte");
    assert_eq!(body.trailers()["grpc-status"], "0");

    let server = Server::new((0..4).map(|_| late()));
    let answer = after_headers()
        .layer(server.clone())
        .oneshot(request())
        .await
        .unwrap();
    assert_eq!(server.attempts(), 4);
    assert_eq!(told(&answer).1.unwrap().gave_up(), Some(GaveUp::Attempts));
    assert_eq!(
        Reader::new(answer.into_body()).trailers()["grpc-status"],
        "14"
    );
}

#[tokio::test(start_paused = true)]
async fn by_option_whatever_else_follows_headers_commits() {
    // C-13, C-34
    let message_first = [
        Step::Data("latte"),
        Step::Trailers(&[("grpc-status", "14")]),
    ];
    let server = Server::new([answer(&[], message_first)]);
    let got = after_headers()
        .layer(server)
        .oneshot(request())
        .await
        .unwrap();
    let mut body = Reader::new(got.into_body());
    assert_eq!((body.is_end_stream(), body.size()), (false, None));
    assert_eq!(body.data(), "latte");
    assert_eq!(body.trailers()["grpc-status"], "14");

    let broken = io::Error::other("broken");
    let server = Server::new([answer(&[], [Step::Error(broken.into())])]);
    let got = after_headers()
        .layer(server)
        .oneshot(request())
        .await
        .unwrap();
    let error: io::Error = Reader::new(got.into_body()).error();
    assert_eq!(error.to_string(), "broken");

    let server = Server::new([answer(&[], [Step::Cut])]);
    let got = after_headers()
        .layer(server)
        .oneshot(request())
        .await
        .unwrap();
    assert!(Reader::new(got.into_body()).is_over());

    let server = Server::new([answer(&[], [Step::Trailers(&[("grpc-status", "5")])])]);
    let got = after_headers()
        .layer(server.clone())
        .oneshot(request())
        .await
        .unwrap();
    assert_eq!(server.attempts(), 1);
    Reader::new(got.into_body()).trailers();
}

#[tokio::test(start_paused = true)]
async fn a_success_is_counted_when_it_is_known() {
    // C-41, B-26
    let throttle = Throttle::new(10, 0.5).unwrap();
    let layers = [layer(), after_headers()].map(|layer| layer.throttle(throttle.clone()));
    for layer in layers {
        let before = throttle.tokens();
        let server = Server::new([fails("14"), ok()]);
        let answer = layer.layer(server).oneshot(request()).await.unwrap();
        assert_eq!(throttle.tokens(), before - 1.0);
        let mut body = Reader::new(answer.into_body());
        body.data();
        assert_eq!(throttle.tokens(), before - 1.0);
        body.trailers();
        assert_eq!(throttle.tokens(), before - 0.5);
        body.is_pending();
        assert_eq!(throttle.tokens(), before - 0.5);
    }
    let before = throttle.tokens();
    let counts = |server: Server, change: f64| {
        let service = layer().throttle(throttle.clone()).layer(server);
        let throttle = throttle.clone();
        async move {
            let before = throttle.tokens();
            let answer = service.oneshot(request()).await.unwrap();
            let mut body = Reader::new(answer.into_body());
            body.read();
            drop(body);
            assert_eq!(throttle.tokens(), before + change);
        }
    };
    // Dropped before its end; failed with headers before; failed for good; OK at once.
    counts(Server::new([ok()]), 0.0).await;
    let late = [Step::Trailers(&[("grpc-status", "14")])];
    counts(Server::new([answer(&[], late)]), 0.0).await;
    counts(Server::new([fails("5")]), 0.0).await;
    counts(
        Server::new([answer(&[("grpc-status", "0")], [Step::End])]),
        0.5,
    )
    .await;
    assert_eq!(throttle.tokens(), before + 0.5);
}

#[tokio::test(start_paused = true)]
async fn an_empty_throttle_ends_calls_at_once() {
    // C-42, C-43
    let throttle = Throttle::new(4, 0.5).unwrap();
    let mut timelines = Vec::new();
    for _ in 0..4 {
        let server = Server::new((0..4).map(|_| fails("14")));
        let service = layer().throttle(throttle.clone()).layer(server.clone());
        let answer = service.oneshot(request()).await.unwrap();
        assert_eq!(told(&answer).1.unwrap().gave_up(), Some(GaveUp::Throttled));
        timelines.push(server.attempts());
    }
    assert_eq!(timelines, [2, 1, 1, 1]);
    assert_eq!(throttle.tokens(), 0.0);
}

#[tokio::test(start_paused = true)]
async fn a_streamed_request_is_kept_until_it_is_committed() {
    // C-18, C-27, C-28
    let (mut feed, request, kept) = streamed();
    write(&mut feed, "beans");
    let server = Server::reading([fails("14"), ok()]);
    let mut call = task::spawn(layer().layer(server.clone()).oneshot(request));
    assert_pending!(call.poll());
    assert_eq!(kept.load(Relaxed), 10);
    drop(server.last_body());
    time::advance(121 * MS).await;
    // It reads the same once more; then the headers are there.
    let answer = assert_ready!(call.poll()).unwrap();
    assert_eq!(kept.load(Relaxed), 0);
    let mut second = server.last_body();
    write(&mut feed, "more");
    feed.end();
    assert_eq!(sent(&mut second).unwrap().unwrap(), "\0\0\0\0\x04more");
    assert!(sent(&mut second).is_none());
    drop(answer);
}

#[tokio::test(start_paused = true)]
async fn ten_thousand_open_calls_that_have_their_headers_keep_nothing() {
    // C-27
    const CALLS: usize = if cfg!(miri) { 10 } else { 10_000 };
    let all: Arc<AtomicUsize> = Arc::default();
    let mut open = Vec::new();
    for _ in 0..CALLS {
        let (mut feed, body) = Body::feed();
        let other = body.try_clone();
        body.count_in(|| Box::new(Kept(Arc::clone(&all))));
        drop(other);
        write(&mut feed, "beans");
        let goes_on = answer(&[], [Step::Data("latte")]);
        let server = Server::reading([fails("14"), goes_on]);
        let service = layer().layer(server.clone());
        let mut call = task::spawn(service.oneshot(Request::new(body)));
        assert_pending!(call.poll());
        assert_eq!(all.load(Relaxed), 10);
        time::advance(121 * MS).await;
        let answer = assert_ready!(call.poll()).unwrap();
        assert_eq!(all.load(Relaxed), 0);
        open.push((feed, answer, server.last_body()));
    }
    assert_eq!(open.len(), CALLS);
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_failed_takes_nothing_from_the_next() {
    // C-26, C-18: who has its body may still read it, in the pause and later.
    let late = answer(&[], [Step::Trailers(&[("grpc-status", "14")])]);
    for (layer, failure) in [(layer(), fails("14")), (after_headers(), late)] {
        let (mut feed, request, _kept) = streamed();
        let server = Server::new([failure, ok()]);
        let mut call = task::spawn(layer.layer(server.clone()).oneshot(request));
        assert_pending!(call.poll());
        write(&mut feed, "much too long");
        feed.end();
        let mut first = server.last_body();
        assert!(sent(&mut first).unwrap().is_err());
        time::advance(121 * MS).await;
        let answer = assert_ready!(call.poll()).unwrap();
        assert!(sent(&mut first).unwrap().is_err());
        let mut second = server.last_body();
        assert_eq!(
            sent(&mut second).unwrap().unwrap(),
            "\0\0\0\0\x0dmuch too long"
        );
        assert!(sent(&mut second).is_none());
        drop(answer);
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_that_fails_in_the_pause_ends_with_the_last_failure() {
    // B-24: it did in the hands of somebody further out.
    let broken = Step::Error(io::Error::other("no beans").into());
    let server = Server::new([fails("14"), ok()]);
    let body = Body::new(Scripted::new([broken]));
    let mut other = body.try_clone().unwrap();
    let mut call = task::spawn(layer().layer(server.clone()).oneshot(Request::new(body)));
    assert_pending!(call.poll());
    assert!(sent(&mut other).unwrap().is_err());
    time::advance(121 * MS).await;
    let answer = assert_ready!(call.poll()).unwrap();
    let progress = told(&answer).1.unwrap();
    assert_eq!((server.attempts(), progress.waiting().is_none()), (1, true));
}

#[tokio::test(start_paused = true)]
async fn what_is_larger_than_may_be_kept_is_sent_once() {
    // C-25, C-26
    let (mut feed, request, kept) = streamed();
    let slow = tower::service_fn(async |mut request: Request<Body>| {
        sent(request.body_mut()).unwrap().unwrap();
        Ok::<_, Infallible>(fails("14"))
    });
    write(&mut feed, "much too long");
    let answer = layer().layer(slow).oneshot(request).await.unwrap();
    let (code, progress) = told(&answer);
    assert_eq!(code, Some(Code::Unavailable));
    assert_eq!(progress.unwrap().gave_up(), Some(GaveUp::TooLarge));
    assert_eq!(kept.load(Relaxed), 0);

    // One message: the limit is the call's.
    for (limit, attempts) in [(None, 2), (Some(5), 2), (Some(4), 1)] {
        let server = Server::new([fails("14"), ok()]);
        let request = request_of(limit);
        let answer = layer()
            .layer(server.clone())
            .oneshot(request)
            .await
            .unwrap();
        assert_eq!(server.attempts(), attempts, "{limit:?}");
        let gave_up = told(&answer).1.and_then(|progress| progress.gave_up());
        assert_eq!(gave_up, (attempts == 1).then_some(GaveUp::TooLarge));
    }
    let large = Bytes::from(vec![0; 256 * 1024 + 1]);
    let server = Server::new([fails("14"), ok()]);
    let request = Request::new(Body::single(large));
    layer()
        .layer(server.clone())
        .oneshot(request)
        .await
        .unwrap();
    assert_eq!(server.attempts(), 1);
}

fn request_of(limit: Option<usize>) -> Request<Body> {
    let mut request = request();
    if let Some(limit) = limit {
        let context = CallContext::new().with_resend_limit(limit);
        context.put_into(&mut request);
    }
    request
}

#[test]
fn the_reasons_have_words() {
    // B-7, T-25
    for (reason, words) in [
        (
            GaveUp::Attempts,
            "it was sent as often as its policy allows",
        ),
        (GaveUp::Throttled, "too many calls to its server fail"),
        (GaveUp::Forbidden, "the server asked not to repeat it"),
        (
            GaveUp::TooLarge,
            "the request is larger than may be kept to repeat it",
        ),
    ] {
        assert_eq!(reason.to_string(), words);
    }
    let late = Status::from(crate::deadline::Elapsed::from(Stage::Pause));
    let text = "the deadline passed while the call waited to be sent again";
    assert_eq!(late.message(), text);
    let invalid =
        [Throttle::new(0, 1.0), Throttle::new(1, 0.0)].map(|throttle| throttle.unwrap_err());
    let told = invalid.map(|invalid| invalid.to_string());
    let words = [
        "max_tokens is 0: it must be from 1 to 1000",
        "token_ratio is 0: it must be a number greater than 0",
    ];
    assert_eq!(told, words);
}

#[test]
fn moves_between_threads() {
    fn check<T: Send + Sync>() {}
    fn sent<T: Send>() {}
    check::<RetryLayer>();
    check::<WithRetry<Server>>();
    sent::<ResponseFuture<Server, Scripted>>();
    check::<ResponseBody<Scripted>>();
}

#![expect(
    clippy::float_cmp,
    reason = "tokens are counted in halves, which are exact"
)]

mod server;
mod timeline;
mod traps;

use std::{
    sync::{Arc, atomic::Ordering::Relaxed},
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body as _;
use tokio::time;
use tokio_test::{assert_pending, assert_ready, assert_ready_err, assert_ready_ok, task};
use tower::{Layer, Service};
use tower_test::mock;
use ziggurat_protocol::{
    Body, Code, Idempotency, Method, Outcome, Status,
    body::Feed,
    status::progress::{Again, Attempt, GaveUp, Progress, Stage, Waiting},
};

use super::*;
use crate::{
    context::CallContext,
    deadline::DeadlineLayer,
    retry::{RetryLayer, RetryPolicy},
    scripted::{Reader, Scripted, Step, answer},
    streamed::{sent, streamed, write},
};
use server::Server;

const MS: Duration = Duration::from_millis(1);

/// A call that was made and not yet polled.
type Called = task::Spawn<ResponseFuture<Server, Scripted>>;

/// Four attempts, 20 milliseconds from each to the next.
fn policy() -> HedgingPolicyBuilder {
    let builder = HedgingPolicy::builder().hedging_delay(20 * MS);
    builder.max_attempts(4).non_fatal_codes([Code::Unavailable])
}

fn layer() -> HedgeLayer {
    HedgeLayer::new(policy().build().unwrap())
}

/// All at once.
fn at_once() -> HedgeLayer {
    HedgeLayer::new(policy().hedging_delay(Duration::ZERO).build().unwrap())
}

fn request() -> Request<Body> {
    Request::new(Body::single(Bytes::from_static(b"sugar")))
}

fn call(layer: &HedgeLayer, server: &Server, request: Request<Body>) -> Called {
    task::spawn(layer.layer(server.clone()).call(request))
}

/// Which attempt an answer is of.
fn attempt_of<B>(answer: &Response<B>) -> &str {
    answer.headers()["x-attempt"].to_str().unwrap()
}

/// What is told beside an answer.
fn progress<B>(answer: &Response<B>) -> Arc<Progress> {
    answer.extensions().get().cloned().unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_call_without_a_policy_goes_straight_through() {
    // C-5
    let mut request = request();
    let name = "grpc-previous-rpc-attempts";
    request.headers_mut().insert(name, "7".parse().unwrap());
    let server = Server::new(&["50 14"]);
    let mut call = call(&HedgeLayer::choose(|_| None), &server, request);
    assert_pending!(call.poll());
    time::advance(50 * MS).await;
    let answer = assert_ready_ok!(call.poll());
    assert!(answer.extensions().get::<Arc<Progress>>().is_none());
    assert_eq!(server.saw(), ["0 7 answered"]);
}

#[tokio::test(start_paused = true)]
async fn the_header_of_attempts_is_the_floors() {
    // C-17
    let mut request = request();
    let name = "grpc-previous-rpc-attempts";
    request.headers_mut().insert(name, "7".parse().unwrap());
    let server = Server::default();
    // Timers are due at whole milliseconds, and no delay needs none.
    time::advance(Duration::from_micros(300)).await;
    let mut call = call(&at_once(), &server, request);
    assert_pending!(call.poll());
    assert_eq!(
        server.saw(),
        ["0 - open", "0 1 open", "0 2 open", "0 3 open"]
    );
}

#[tokio::test(start_paused = true)]
async fn an_attempt_is_told_how_many_failed_before_it() {
    // C-31: until one does, what a server refuses unread is sent again at once.
    let server = Server::new(&["never", "5 14", "never"]);
    let mut call = call(&layer(), &server, request());
    assert_pending!(call.poll());
    time::advance(20 * MS).await;
    assert_pending!(call.poll());
    time::advance(5 * MS).await;
    assert_pending!(call.poll());
    assert_eq!(server.attempts(), 3);
    let failed = [0, 1, 2].map(|attempt| server.context(attempt).previous_attempts());
    assert_eq!(failed, [Some(0), Some(0), Some(1)]);
}

#[tokio::test(start_paused = true)]
async fn floors_do_not_multiply() {
    // T-23, C-6
    let server = Server::default();
    let service = at_once().layer(at_once().layer(server.clone()));
    let mut call = task::spawn(service.clone().call(request()));
    assert_pending!(call.poll());
    assert_eq!(server.attempts(), 4);

    let retry = RetryPolicy::builder().retryable_codes([Code::Unavailable]);
    let retry = RetryLayer::new(retry.build().unwrap());
    let server = Server::new(&["0 14"; 9]);
    let service = at_once().layer(retry.layer(server.clone()));
    assert_ready_ok!(task::spawn(service.clone().call(request())).poll());
    assert_eq!(server.attempts(), 4);

    let server = Server::default();
    let service = retry.layer(at_once().layer(server.clone()));
    let mut call = task::spawn(service.clone().call(request()));
    assert_pending!(call.poll());
    assert_eq!(server.attempts(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_proto_says_what_may_be_repeated() {
    static READ: Method<(), ()> =
        Method::new("/cafe.Machine/Read").with_idempotency(Idempotency::NoSideEffects);
    static BREW: Method<(), ()> = Method::new("/cafe.Machine/Brew");
    let at_once = policy().hedging_delay(Duration::ZERO).build().unwrap();
    let layer = HedgeLayer::idempotent(at_once);
    let of = |method: &'static Method<(), ()>| Body::empty().with_method(method.descriptor());
    for (body, attempts) in [(of(&READ), 4), (of(&BREW), 1), (Body::empty(), 1)] {
        let server = Server::default();
        let mut call = call(&layer, &server, Request::new(body));
        assert_pending!(call.poll());
        assert_eq!(server.attempts(), attempts);
    }
}

#[tokio::test(start_paused = true)]
async fn each_attempt_is_sent_by_a_service_that_is_ready() {
    // C-10, C-50, T-23: the first by the one that was asked, the others by clones.
    let (mock, mut handle) = mock::pair::<Request<Body>, Response<Scripted>>();
    let mut service = mock::Spawn::new(layer().layer(mock));
    handle.allow(0);
    assert_pending!(service.poll_ready());
    handle.allow(1);
    assert_ready_ok!(service.poll_ready());
    let mut call = task::spawn(service.call(request()));
    let mut handle = task::spawn(handle);
    let first = assert_ready!(handle.poll_request()).unwrap();
    assert_pending!(call.poll());
    time::advance(20 * MS).await;
    assert_pending!(call.poll());
    assert_pending!(handle.poll_request());
    handle.allow(1);
    assert!(call.is_woken());
    assert_pending!(call.poll());
    let (second, answers) = assert_ready!(handle.poll_request()).unwrap();
    assert_eq!(second.headers()["grpc-previous-rpc-attempts"], "1");
    answers.send_response(answer(&[], [Step::End]));
    assert_ready_ok!(call.poll());
    drop(first);
}

#[tokio::test(start_paused = true)]
async fn an_error_of_the_service_ends_the_call() {
    let server = Server::new(&["never", "5 error"]);
    let mut call = call(&layer(), &server, request());
    assert_pending!(call.poll());
    time::advance(20 * MS).await;
    assert_pending!(call.poll());
    time::advance(5 * MS).await;
    assert_eq!(assert_ready_err!(call.poll()).to_string(), "no way");
    assert_eq!(server.saw()[0], "0 - cancelled 25");
}

#[tokio::test(start_paused = true)]
async fn a_dropped_call_is_cancelled_in_all_attempts() {
    // B-20, B-26
    let throttle = Throttle::new(10, 1.0).unwrap();
    let layer = layer().throttle(throttle.clone());
    let server = Server::default();
    drop(call(&layer, &server, request()));
    assert_eq!(server.saw(), ["0 - cancelled 0"]);

    let server = Server::default();
    let (mut feed, request, kept) = streamed();
    let mut call = call(&layer, &server, request);
    assert_pending!(call.poll());
    time::advance(20 * MS).await;
    assert_pending!(call.poll());
    write(&mut feed, "beans");
    assert!(sent(&mut server.body(0)).unwrap().is_ok());
    assert_eq!(kept.load(Relaxed), 10);
    drop((call, server.body(1)));
    time::advance(100 * MS).await;
    assert_eq!(server.saw(), ["0 - cancelled 20", "20 1 cancelled 20"]);
    assert!(feed.is_over());
    assert_eq!((kept.load(Relaxed), throttle.tokens()), (0, 10.0));
}

#[tokio::test(start_paused = true)]
async fn a_stream_goes_to_all_attempts() {
    // C-57, C-27
    let (mut feed, request, kept) = streamed();
    let server = Server::new(&["never", "never", "10"]);
    let mut call = call(&layer(), &server, request);
    assert_pending!(call.poll());
    time::advance(20 * MS).await;
    assert_pending!(call.poll());
    write(&mut feed, "beans");
    time::advance(20 * MS).await;
    assert_pending!(call.poll());
    let mut bodies = [0, 1, 2].map(|attempt| server.body(attempt));
    for body in &mut bodies {
        assert_eq!(sent(body).unwrap().unwrap(), "\0\0\0\0\x05beans");
    }
    assert_eq!(kept.load(Relaxed), 10);
    let [first, second, mut third] = bodies;
    time::advance(10 * MS).await;
    assert_ready_ok!(call.poll());
    drop((first, second));
    assert_eq!(kept.load(Relaxed), 0, "the headers are there");
    write(&mut feed, "more");
    feed.end();
    assert_eq!(sent(&mut third).unwrap().unwrap(), "\0\0\0\0\x04more");
    assert!(sent(&mut third).is_none());
}

#[tokio::test(start_paused = true)]
async fn what_is_larger_than_may_be_kept_is_sent_once() {
    // C-25, C-26
    for (limit, attempts) in [(5, 4), (4, 1)] {
        let server = Server::new(&["100 14"]);
        let mut request = request();
        let context = CallContext::new().with_resend_limit(limit);
        context.put_into(&mut request);
        let mut call = call(&layer(), &server, request);
        assert_pending!(call.poll());
        for _ in 0..4 {
            time::advance(20 * MS).await;
            assert_pending!(call.poll());
        }
        assert_eq!(server.attempts(), attempts);
        time::advance(20 * MS).await;
        if attempts > 1 {
            assert_pending!(call.poll());
            continue;
        }
        let answer = assert_ready_ok!(call.poll());
        assert_eq!(progress(&answer).gave_up(), Some(GaveUp::TooLarge));
    }
}

#[tokio::test(start_paused = true)]
async fn the_deadline_spans_all_attempts_and_tells_what_failed() {
    // C-15, B-3, B-7, T-25
    let server = Server::new(&["never", "5 14", "never"]);
    let mut service = DeadlineLayer::new(50 * MS).layer(layer().layer(server.clone()));
    let mut call = task::spawn(service.call(request()));
    assert_pending!(call.poll());
    for _ in 0..9 {
        time::advance(5 * MS).await;
        assert_pending!(call.poll());
    }
    time::advance(5 * MS).await;
    let answer = assert_ready_ok!(call.poll());
    let status: &Status = answer.extensions().get().unwrap();
    let text = "the deadline of 50ms passed while the call waited for response headers; \
        last error: UNAVAILABLE: told; one attempt before failed";
    assert_eq!(status.message(), text);
    let cancelled = server
        .saw()
        .iter()
        .filter(|line| line.ends_with("cancelled 50"))
        .count();
    assert_eq!((server.attempts(), cancelled), (4, 3));

    // While a server has asked for a pause.
    let server = Server::new(&["5 14 after 70"]);
    let mut service = DeadlineLayer::new(50 * MS).layer(layer().layer(server.clone()));
    let mut call = task::spawn(service.call(request()));
    assert_pending!(call.poll());
    time::advance(5 * MS).await;
    assert_pending!(call.poll());
    time::advance(45 * MS).await;
    let answer = assert_ready_ok!(call.poll());
    let status: &Status = answer.extensions().get().unwrap();
    let text = "the deadline of 50ms passed while the call waited for the pause that the server asked for after an \
        attempt that failed; last error: UNAVAILABLE: told";
    assert_eq!(status.message(), text);
    let waiting = status.progress().and_then(Progress::waiting);
    assert_eq!(waiting.map(Waiting::stage), Some(Stage::Pause));
}

#[tokio::test(start_paused = true)]
async fn a_success_is_counted_when_it_is_known() {
    // C-41, B-26
    let throttle = Throttle::new(10, 0.5).unwrap();
    throttle.fail();
    let layer = layer().throttle(throttle.clone());
    let answered = || assert_ready_ok!(call(&layer, &Server::new(&["0"]), request()).poll());
    let answer = answered();
    assert!(!answer.body().is_end_stream());
    assert_eq!(answer.body().size_hint().exact(), Some(7));
    let mut body = Reader::new(answer.into_body());
    assert_eq!((body.data(), throttle.tokens()), ("latte".to_owned(), 9.0));
    body.trailers();
    assert_eq!(throttle.tokens(), 9.5);
    assert!(body.is_pending());
    drop(body);
    let mut dropped = Reader::new(answered().into_body());
    dropped.data();
    drop(dropped);
    assert_eq!(throttle.tokens(), 9.5);
    assert!(ResponseBody::<Body>::default().is_end_stream());
}

#[test]
fn policies_that_cannot_be_name_their_field() {
    // C-2
    let error = |builder: HedgingPolicyBuilder| builder.build().unwrap_err().to_string();
    let told = "max_attempts is 1: it must be 2 or more, the first attempt counts";
    assert_eq!(error(policy().max_attempts(1)), told);
    let told = "non_fatal_codes has OK, which is no failure";
    assert_eq!(error(policy().non_fatal_codes([Code::Ok])), told);
    let defaults = HedgingPolicy::builder().build().unwrap();
    assert_eq!(
        (defaults.max_attempts(), defaults.hedging_delay()),
        (2, Duration::ZERO)
    );
    assert!(defaults.is_fatal(Code::Unavailable));
    let many = policy().max_attempts(9).build().unwrap();
    assert_eq!(many.clone().capped(5).max_attempts(), 5);
    assert_eq!(many.capped(0).max_attempts(), 2);
}

#[test]
fn moves_between_threads() {
    fn check<T: Send + Sync>() {}
    fn sent<T: Send>() {}
    check::<HedgeLayer>();
    check::<WithHedge<Server>>();
    sent::<ResponseFuture<Server, Scripted>>();
    check::<ResponseBody<Scripted>>();
}

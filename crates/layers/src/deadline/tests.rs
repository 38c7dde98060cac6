use std::{
    convert::Infallible,
    error::Error as _,
    future, io,
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body as _;
use http_body_util::Full;
use tokio::time;
use tokio_test::{assert_pending, assert_ready, assert_ready_err, assert_ready_ok, task};
use tower::{Service, ServiceBuilder, ServiceExt, retry, service_fn};
use tower_test::mock::{self, Mock};
use ziggurat_protocol::{
    Code, Outcome, Status, response,
    status::progress::{Again, Attempt, Stage, Waiting},
};

use super::*;
use crate::{
    context::{CallContext, Deadline, ProgressSlot},
    scripted::{Read, Reader, Scripted, Step, answer, map},
};

const MS: Duration = Duration::from_millis(1);

type Answer = Response<Scripted>;
type Handle = mock::Handle<Request<()>, Answer>;
type Called =
    task::Spawn<<WithDeadline<Mock<Request<()>, Answer>> as Service<Request<()>>>::Future>;

/// A call over a mock service, made and not yet polled.
fn call(layer: DeadlineLayer, request: Request<()>) -> (Called, Handle) {
    let (mut service, handle) = mock::spawn_layer(layer);
    assert_ready_ok!(service.poll_ready());
    (task::spawn(service.call(request)), handle)
}

fn request() -> Request<()> {
    Request::new(())
}

fn with_context(context: CallContext) -> Request<()> {
    let mut request = request();
    request.extensions_mut().insert(context);
    request
}

/// The request as it reached the mock, and the way to answer it.
fn sent(handle: &mut Handle) -> (Request<()>, mock::SendResponse<Answer>) {
    assert_ready!(handle.poll_request()).unwrap()
}

/// Lets the mock answer, and gives what comes out.
fn answered(
    called: &mut Called,
    handle: &mut Handle,
    steps: impl IntoIterator<Item = Step>,
) -> Response<ResponseBody<Scripted>> {
    answered_with(called, handle, answer(&[], steps))
}

fn answered_with(
    called: &mut Called,
    handle: &mut Handle,
    answer: Answer,
) -> Response<ResponseBody<Scripted>> {
    assert_pending!(called.poll());
    sent(handle).1.send_response(answer);
    assert_ready_ok!(called.poll())
}

/// The status of an answer that the deadline gave.
fn elapsed(answer: &Response<ResponseBody<Scripted>>) -> (Code, Elapsed) {
    let outcome = Outcome::of(answer);
    let status = outcome.failure().unwrap();
    assert!(status.is_local());
    let source = status.cause().unwrap();
    assert!(status.message().contains(&source.to_string()), "{status}");
    assert!(status.source().is_none()); // it is told
    (status.code(), *source.downcast_ref().unwrap())
}

#[tokio::test(start_paused = true)]
async fn a_call_without_a_deadline_is_left_alone() {
    // A-19, B-9
    let (mut called, mut handle) = call(DeadlineLayer::default(), request());
    assert_pending!(called.poll());
    let (request, respond) = sent(&mut handle);
    assert!(request.headers().is_empty() && request.extensions().is_empty());
    time::advance(Duration::from_secs(1_000_000)).await;
    respond.send_response(answer(&[], [Step::Data("x")]));
    let mut body = Reader::new(assert_ready_ok!(called.poll()).into_body());
    assert_eq!(body.data(), "x");
    time::advance(Duration::from_secs(1_000_000)).await;
    assert!(body.is_pending() && !body.is_woken());
}

#[tokio::test(start_paused = true)]
async fn the_request_says_what_is_left_when_it_is_sent() {
    //
    let (mut called, mut handle) = call(DeadlineLayer::new(MS * 80), request());
    handle.allow(0);
    time::advance(MS * 500).await; // not polled: the timeout does not run
    assert_pending!(called.poll());
    assert_pending!(handle.poll_request());
    time::advance(MS * 30).await;
    handle.allow(1);
    assert!(called.is_woken());
    assert_pending!(called.poll());
    let (request, _respond) = sent(&mut handle);
    assert_eq!(request.headers()["grpc-timeout"], "50000000n");
    let context = CallContext::of(&request).unwrap();
    assert!(context.is_guarded());
    assert_eq!(context.deadline(), Some(Deadline::after(MS * 50)));
}

#[tokio::test(start_paused = true)]
async fn a_floor_can_leave_that_to_its_ground() {
    let layer = DeadlineLayer::new(MS * 80).unannounced();
    let (mut called, mut handle) = call(layer, request());
    assert_pending!(called.poll());
    let (request, _respond) = sent(&mut handle);
    assert!(request.headers().is_empty());
    let context = CallContext::of(&request).unwrap();
    assert!(context.is_guarded());
    time::advance(MS * 80).await;
    let late = elapsed(&assert_ready_ok!(called.poll()));
    assert_eq!(late, (Code::DeadlineExceeded, Elapsed::Headers));
}

#[tokio::test(start_paused = true)]
async fn what_nobody_keeps_is_told_apart() {
    // B-3
    let with_header = |text| {
        let mut request = request();
        *request.headers_mut() = map(&[("grpc-timeout", text)]);
        request
    };
    assert!(!is_unguarded(&request()));
    assert!(is_unguarded(&with_header("30m")));
    assert!(!is_unguarded(&with_header("soon")));
    assert!(!is_unguarded(&with_context(CallContext::new())));
    let timeout = CallContext::new().with_timeout(MS * 50);
    assert!(is_unguarded(&with_context(timeout.clone())));
    let deadline = CallContext::new().with_deadline(Deadline::after(MS));
    assert!(is_unguarded(&with_context(deadline)));

    let (mut called, mut handle) = call(DeadlineLayer::default(), with_context(timeout));
    assert_pending!(called.poll());
    let mut sent = sent(&mut handle).0;
    assert!(sent.headers().contains_key("grpc-timeout"));
    assert!(!is_unguarded(&sent), "the floor keeps it");
    let context = sent.extensions_mut().get_mut::<CallContext>().unwrap();
    *context = context.clone().with_timeout(MS);
    assert!(is_unguarded(&sent), "a layer asks for less");
}

#[tokio::test(start_paused = true)]
async fn the_timeout_is_the_calls_or_a_foreign_stubs_or_the_default() {
    // B-2
    let mut foreign = request();
    *foreign.headers_mut() = map(&[("grpc-timeout", "30m")]);
    let mut malformed = request();
    *malformed.headers_mut() = map(&[("grpc-timeout", "soon")]);
    let own = CallContext::new().with_timeout(MS * 90);
    let mut both = with_context(own.clone());
    *both.headers_mut() = map(&[("grpc-timeout", "30m")]);
    let bounded = own.clone().with_deadline(Deadline::after(MS * 20));
    for (request, left) in [
        (request(), "50000000n"),
        (foreign, "30000000n"),
        (malformed, "50000000n"),
        (with_context(own), "90000000n"),
        (both, "90000000n"),
        (with_context(bounded), "20000000n"),
    ] {
        let (mut called, mut handle) = call(DeadlineLayer::new(MS * 50), request);
        assert_pending!(called.poll());
        assert_eq!(sent(&mut handle).0.headers()["grpc-timeout"], left);
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_begins_too_late_is_not_sent() {
    // B-6, A-18
    let passed = with_context(CallContext::new().with_deadline(Deadline::after(MS)));
    let (mut called, mut handle) = call(DeadlineLayer::default(), passed);
    time::advance(MS).await;
    let answer = assert_ready_ok!(called.poll());
    assert_eq!(elapsed(&answer), (Code::DeadlineExceeded, Elapsed::Start));
    // Every service is gone: nothing was called.
    assert!(assert_ready!(handle.poll_request()).is_none());

    let (mut called, mut handle) = call(DeadlineLayer::new(Duration::ZERO), request());
    let answer = assert_ready_ok!(called.poll());
    assert_eq!(elapsed(&answer), (Code::DeadlineExceeded, Elapsed::Start));
    assert!(assert_ready!(handle.poll_request()).is_none());
}

#[tokio::test(start_paused = true)]
async fn waiting_for_readiness_ends_in_time() {
    // B-3, B-7
    let (mut called, mut handle) = call(DeadlineLayer::new(MS), request());
    handle.allow(0);
    assert_pending!(called.poll());
    time::advance(MS / 2).await;
    assert!(!called.is_woken());
    time::advance(MS / 2).await;
    assert!(called.is_woken()); // B-8
    let answer = assert_ready_ok!(called.poll());
    assert_eq!(elapsed(&answer), (Code::DeadlineExceeded, Elapsed::Ready));
    assert!(assert_ready!(handle.poll_request()).is_none());
}

#[tokio::test(start_paused = true)]
async fn waiting_for_headers_ends_in_time() {
    // B-3, B-4, B-7
    let (mut called, mut handle) = call(DeadlineLayer::new(MS), request());
    assert_pending!(called.poll());
    let (_request, respond) = sent(&mut handle);
    time::advance(MS).await;
    // The answer is there by now, and comes too late.
    respond.send_response(answer(&[("grpc-status", "1")], [Step::End])); // B-5
    assert!(called.is_woken());
    let answer = assert_ready_ok!(called.poll());
    assert_eq!(elapsed(&answer), (Code::DeadlineExceeded, Elapsed::Headers));
    let text = "the deadline of 1ms passed while the call waited for response headers";
    assert_eq!(answer.headers()["grpc-message"], text);
    assert!(answer.body().is_end_stream() && answer.body().size_hint().exact() == Some(0));
}

#[tokio::test(start_paused = true)]
async fn who_waits_inside_says_for_what() {
    // B-7
    let expired = async |tell: &dyn Fn(&ProgressSlot)| {
        let (mut called, mut handle) = call(DeadlineLayer::new(MS * 300), request());
        assert_pending!(called.poll());
        let (request, _respond) = sent(&mut handle);
        tell(
            request
                .extensions()
                .get::<CallContext>()
                .unwrap()
                .progress()
                .unwrap(),
        );
        time::advance(MS * 300).await;
        let answer = assert_ready_ok!(called.poll());
        let (code, cause) = elapsed(&answer);
        assert_eq!(code, Code::DeadlineExceeded);
        (cause, Outcome::of(&answer).failure().unwrap().clone())
    };
    let wait = |stage, what: &'static str| Waiting::new(stage, what);
    let refused = || Arc::new(io::Error::from(io::ErrorKind::ConnectionRefused));

    let (cause, status) = expired(&|slot| {
        slot.wait(move || {
            let what = "a connection to http://cafe (10.0.0.1:80: no answer)";
            wait(Stage::Connection, what).with_last_error(refused())
        });
    })
    .await;
    let text = "the deadline of 300ms passed while the call waited for a connection to http://cafe \
                (10.0.0.1:80: no answer); last error: connection refused";
    assert_eq!((cause, status.message()), (Elapsed::Connection, text));
    let waiting = status.progress().unwrap().waiting().unwrap();
    assert_eq!(waiting.stage(), Stage::Connection);

    for (stage, what, expected) in [
        (Stage::Name, "name resolution of http://cafe", Elapsed::Name),
        (
            Stage::Stream,
            "a free stream to http://cafe",
            Elapsed::Stream,
        ),
    ] {
        let (cause, status) = expired(&|slot| slot.wait(move || wait(stage, what))).await;
        let text = format!("the deadline of 300ms passed while the call waited for {what}");
        assert_eq!((cause, status.message()), (expected, &*text));
    }
    // What is over is not told; what failed before is.
    let (cause, status) = expired(&|slot| {
        slot.wait(move || wait(Stage::Connection, "a connection"));
        let failed = Attempt::new(Code::Unavailable, Again::Transparent);
        slot.repeat(failed.with_error(refused()));
        slot.go_on();
    })
    .await;
    let text = "the deadline of 300ms passed while the call waited for response headers; \
                last error: connection refused; one attempt before failed";
    assert_eq!((cause, status.message()), (Elapsed::Headers, text));
    let attempts = status.progress().unwrap().attempts();
    assert_eq!(
        (attempts.len(), attempts[0].again()),
        (1, Again::Transparent)
    );
    let (_, status) = expired(&|slot| {
        for _ in 0..2 {
            slot.repeat(Attempt::new(Code::Unavailable, Again::Retry));
        }
    })
    .await;
    let text = "the deadline of 300ms passed while the call waited for response headers; \
                2 attempts before failed";
    assert_eq!(status.message(), text);
    // Who does nothing of it leaves nothing.
    let (_, status) = expired(&|_| {}).await;
    assert!(status.progress().is_none());
}

#[tokio::test(start_paused = true)]
async fn a_body_ends_in_time() {
    // B-3, B-4
    let (mut called, mut handle) = call(DeadlineLayer::new(MS * 2), request());
    let answer = answer(&[], [Step::Data("x")]);
    let alive = answer.body().watch();
    let mut body = Reader::new(answered_with(&mut called, &mut handle, answer).into_body());
    assert_eq!(
        (body.data(), body.size(), body.is_end_stream()),
        ("x".into(), Some(7), false)
    );
    assert!(body.is_pending());
    time::advance(MS).await;
    assert!(!body.is_woken() && body.is_pending());
    time::advance(MS).await;
    assert!(body.is_woken());
    let trailers = body.trailers();
    assert!(alive.upgrade().is_none()); // dropped at once
    assert!(response::is_local(&trailers));
    let status = response::trailers(http::StatusCode::OK, &trailers).unwrap_err();
    assert_eq!(status.code(), Code::DeadlineExceeded);
    assert!(status.message().contains("a message or the status"));
    assert_eq!((body.size(), body.is_end_stream()), (Some(0), true));
    assert!(body.is_over());
    let status = body.error::<Status>();
    assert_eq!(
        status.cause().unwrap().downcast_ref(),
        Some(&Elapsed::Message)
    );
    assert!(body.is_over() && body.is_over());
}

#[tokio::test(start_paused = true)]
async fn a_body_that_is_not_read_can_be_waited_for() {
    // B-4
    let (mut called, mut handle) = call(DeadlineLayer::new(MS * 2), request());
    let answer = answered(&mut called, &mut handle, [Step::Data("unread")]);
    let mut body = task::spawn(answer.into_body());
    assert_pending!(body.enter(|cx, body| body.poll_elapsed(cx)));
    time::advance(MS * 2).await;
    assert!(body.is_woken());
    assert_ready!(body.enter(|cx, body| body.poll_elapsed(cx)));
}

#[tokio::test(start_paused = true)]
async fn nobody_need_have_waited_for_a_body_to_be_late() {
    // B-4
    let (mut called, mut handle) = call(DeadlineLayer::new(MS), request());
    let answer = answered(&mut called, &mut handle, [Step::Data("unread")]);
    let mut body = task::spawn(answer.into_body());
    time::advance(MS).await;
    assert_ready!(body.enter(|cx, body| body.poll_elapsed(cx)));
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_that_comes_late_has_no_say() {
    // B-5
    for late in [
        Step::Trailers(&[("grpc-status", "1")]),
        Step::Error(h2::Error::from(h2::Reason::CANCEL).into()),
    ] {
        let (mut called, mut handle) = call(DeadlineLayer::new(MS), request());
        let answer = answered(&mut called, &mut handle, [late]);
        time::advance(MS).await;
        let trailers = Reader::new(answer.into_body()).trailers();
        assert_eq!(trailers["grpc-status"], "4");
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_has_ended_is_never_late() {
    let steps = || {
        [
            Step::Trailers(&[("grpc-status", "5")]),
            Step::Cut,
            Step::Error("why".into()),
        ]
    };
    let (mut called, mut handle) = call(DeadlineLayer::new(MS), request());
    let mut body = Reader::new(answered(&mut called, &mut handle, steps()).into_body());
    assert_eq!(body.trailers()["grpc-status"], "5");
    time::advance(MS).await;
    // What an inner floor tells behind its end passes too.
    assert!(body.is_over());
    assert!(matches!(body.read(), Read::Error(why) if why.to_string() == "why"));

    let (mut called, mut handle) = call(DeadlineLayer::new(MS), request());
    let mut body = Reader::new(answered(&mut called, &mut handle, [Step::End]).into_body());
    time::advance(MS).await;
    assert!(body.is_end_stream() && body.is_over());
}

#[tokio::test(start_paused = true)]
async fn errors_of_the_inner_body_pass() {
    let error = io::Error::other("broken");
    let (mut called, mut handle) = call(DeadlineLayer::new(MS), request());
    let steps = [Step::Error(error.into())];
    let mut body = Reader::new(answered(&mut called, &mut handle, steps).into_body());
    assert_eq!(body.error::<io::Error>().to_string(), "broken");
}

#[tokio::test(start_paused = true)]
async fn a_flood_of_messages_does_not_outlive_its_deadline() {
    //
    let (mut called, mut handle) = call(DeadlineLayer::new(MS * 40), request());
    let flood = (0..1_000).map(|_| Step::Data("x"));
    let mut body = Reader::new(answered(&mut called, &mut handle, flood).into_body());
    let mut messages = 0;
    let trailers = loop {
        match body.read() {
            Read::Data(_) => messages += 1,
            Read::Trailers(trailers) => break trailers,
            other => panic!("{other:?}"),
        }
        // Time passes, and nobody yields: the timer's wheel stands still.
        assert_pending!(task::spawn(time::advance(MS)).poll());
    };
    assert_eq!(messages, 40);
    assert_eq!(trailers["grpc-status"], "4");
}

#[tokio::test(start_paused = true)]
async fn errors_of_the_inner_service_pass() {
    let (mut called, mut handle) = call(DeadlineLayer::new(MS), request());
    handle.send_error(io::Error::other("not ready"));
    assert_eq!(assert_ready_err!(called.poll()).to_string(), "not ready");

    let (mut called, mut handle) = call(DeadlineLayer::new(MS), request());
    assert_pending!(called.poll());
    sent(&mut handle).1.send_error(io::Error::other("failed"));
    assert_eq!(assert_ready_err!(called.poll()).to_string(), "failed");
}

#[tokio::test(start_paused = true)]
async fn dropping_ends_what_is_inside() {
    // B-20, B-26
    let (called, mut handle) = call(DeadlineLayer::new(MS), request());
    drop(called);
    assert!(assert_ready!(handle.poll_request()).is_none());

    let (mut called, mut handle) = call(DeadlineLayer::new(MS), request());
    handle.allow(0);
    assert_pending!(called.poll());
    drop(called);
    assert!(assert_ready!(handle.poll_request()).is_none());

    let (mut called, mut handle) = call(DeadlineLayer::new(MS), request());
    let answer = answer(&[], [Step::Data("x")]);
    let alive = answer.body().watch();
    let mut body = Reader::new(answered_with(&mut called, &mut handle, answer).into_body());
    assert_eq!(body.data(), "x");
    assert!(body.is_pending() && alive.upgrade().is_some());
    drop(body);
    assert!(alive.upgrade().is_none());
}

#[tokio::test(start_paused = true)]
async fn clones_are_calls_of_their_own() {
    let (service, mut handle) = mock::spawn_layer(DeadlineLayer::new(MS * 2));
    let mut service: mock::Spawn<WithDeadline<Mock<Request<()>, Answer>>> = service;
    let mut clone = service.clone();
    handle.allow(1);
    let mut one = task::spawn(service.call(request()));
    assert_pending!(one.poll());
    // The only permit went to the other call: this one waits, although its service is ready.
    assert_ready_ok!(clone.poll_ready());
    let mut other = task::spawn(clone.call(request()));
    time::advance(MS).await;
    assert_pending!(other.poll());
    let (_request, _respond) = sent(&mut handle);
    time::advance(MS).await;
    assert_eq!(elapsed(&assert_ready_ok!(one.poll())).1, Elapsed::Headers);
    assert_pending!(other.poll());
    time::advance(MS).await;
    assert_eq!(elapsed(&assert_ready_ok!(other.poll())).1, Elapsed::Ready);
}

#[test]
fn moves_between_threads() {
    fn check<T: Send + Sync + Unpin>() {}
    type Service = WithDeadline<Mock<Request<()>, Answer>>;
    check::<DeadlineLayer>();
    check::<WithDeadline<()>>();
    check::<ResponseFuture<Service, future::Ready<()>, ()>>();
    check::<ResponseBody<Scripted>>();
    check::<Elapsed>();
    assert!(ResponseBody::<Scripted>::default().is_end_stream());
}

#[tokio::test(start_paused = true)]
async fn a_guarded_call_has_one_clock() {
    let guarded = CallContext::new().guarded(Deadline::after(MS * 20));
    let (mut called, mut handle) = call(DeadlineLayer::new(MS), with_context(guarded));
    assert_pending!(called.poll());
    let (request, respond) = sent(&mut handle);
    assert_eq!(request.headers()["grpc-timeout"], "20000000n");
    time::advance(MS * 30).await;
    assert!(!called.is_woken());
    assert_pending!(called.poll());
    respond.send_response(answer(&[], [Step::Data("x")]));
    assert_eq!(
        Reader::new(assert_ready_ok!(called.poll()).into_body()).data(),
        "x"
    );
}

#[tokio::test(start_paused = true)]
async fn a_guarded_call_is_not_sent_too_late() {
    //
    let guarded = CallContext::new().guarded(Deadline::after(MS));
    let (mut called, mut handle) = call(DeadlineLayer::default(), with_context(guarded));
    handle.allow(0);
    assert_pending!(called.poll());
    time::advance(MS).await;
    handle.allow(1);
    let answer = assert_ready_ok!(called.poll());
    assert_eq!(elapsed(&answer), (Code::DeadlineExceeded, Elapsed::Ready));
    assert!(assert_ready!(handle.poll_request()).is_none());
}

#[tokio::test(start_paused = true)]
async fn an_attempt_can_be_given_less_than_the_call() {
    let guarded = CallContext::new().guarded(Deadline::after(MS * 20));
    let tightened = with_context(guarded.with_timeout(MS));
    let (mut called, mut handle) = call(DeadlineLayer::default(), tightened);
    assert_pending!(called.poll());
    assert_eq!(sent(&mut handle).0.headers()["grpc-timeout"], "1000000n");
    time::advance(MS).await;
    let answer = assert_ready_ok!(called.poll());
    assert_eq!(elapsed(&answer).1, Elapsed::Headers);
}

/// Repeats what is UNAVAILABLE after 30 ms, for ever.
#[derive(Clone)]
struct Repeat;

impl<R: http_body::Body> retry::Policy<Request<()>, Response<R>, Infallible> for Repeat {
    type Future = time::Sleep;

    fn retry(
        &mut self,
        _: &mut Request<()>,
        result: &mut Result<Response<R>, Infallible>,
    ) -> Option<time::Sleep> {
        let code = result
            .as_ref()
            .ok()
            .and_then(|answer| Outcome::of(answer).code());
        (code == Some(Code::Unavailable)).then(|| time::sleep(MS * 30))
    }

    fn clone_request(&mut self, request: &Request<()>) -> Option<Request<()>> {
        Some(request.clone())
    }
}

#[tokio::test(start_paused = true)]
async fn one_deadline_for_all_attempts() {
    // A-16, B-3
    let seen = Arc::new(Mutex::new(Vec::new()));
    let timeouts = Arc::clone(&seen);
    let ground = service_fn(move |request: Request<()>| {
        let timeout = request.headers()["grpc-timeout"]
            .to_str()
            .unwrap()
            .to_owned();
        timeouts.lock().unwrap().push(timeout);
        let busy = Status::new(Code::Unavailable, "busy");
        future::ready(Ok::<_, Infallible>(response::trailers_only::<Full<Bytes>>(
            busy,
        )))
    });
    let service = ServiceBuilder::new()
        .layer(DeadlineLayer::new(MS * 80))
        .layer(retry::RetryLayer::new(Repeat))
        .layer(DeadlineLayer::new(MS * 10))
        .service(ground);
    let start = time::Instant::now();
    let answer = service.oneshot(request()).await.unwrap();
    assert_eq!(start.elapsed(), MS * 80);
    assert_eq!(Outcome::of(&answer).code(), Some(Code::DeadlineExceeded));
    assert_eq!(
        *seen.lock().unwrap(),
        ["80000000n", "50000000n", "20000000n"]
    );
}

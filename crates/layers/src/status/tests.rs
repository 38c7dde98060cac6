use std::{convert::Infallible, error::Error, future, io};

use http::{HeaderMap, Request, Response, StatusCode};
use http_body::Body as _;
use http_body_util::BodyExt;
use tokio_test::{assert_pending, assert_ready, assert_ready_ok, task};
use tower::Service;
use tower_test::mock::{self, Mock};
use ziggurat_protocol::{BoxError, Code, Outcome, Status, response};

use super::*;
use crate::scripted::{Reader, Scripted, Step, answer, map};

type Answer = Response<Scripted>;
type Handle = mock::Handle<Request<()>, Answer>;
type Inner = Mock<Request<()>, Answer>;
type Floor = mock::Spawn<WithStatus<Inner>>;
type Called = task::Spawn<ResponseFuture<<Inner as Service<Request<()>>>::Future>>;

fn floor() -> (Floor, Handle) {
    mock::spawn_layer(StatusLayer::new())
}

fn call(floor: &mut Floor) -> Called {
    task::spawn(floor.call(Request::new(())))
}

/// What becomes of an answer.
fn seen(inner: Answer) -> Response<ResponseBody<Scripted>> {
    let (mut floor, mut handle) = floor();
    assert_ready_ok!(floor.poll_ready());
    let mut called = call(&mut floor);
    assert_pending!(called.poll());
    assert_ready!(handle.poll_request())
        .unwrap()
        .1
        .send_response(inner);
    assert_ready_ok!(called.poll())
}

/// The body of a gRPC answer.
fn body(steps: impl IntoIterator<Item = Step>) -> Reader<ResponseBody<Scripted>> {
    Reader::new(seen(answer(&[], steps)).into_body())
}

/// An answer's failure.
fn failure<B: http_body::Body>(answer: &Response<B>) -> Status {
    Outcome::of(answer).failure().unwrap().clone()
}

fn code(trailers: &HeaderMap) -> Option<Code> {
    let result = response::trailers(StatusCode::OK, trailers);
    result.err().map(|status| status.code())
}

#[test]
fn readiness_is_the_inner_services() {
    let (mut floor, mut handle) = floor();
    handle.allow(0);
    assert_pending!(floor.poll_ready());
    handle.allow(1);
    assert!(floor.is_woken());
    assert_ready_ok!(floor.poll_ready());
    assert_pending!(call(&mut floor).poll());
    assert!(assert_ready!(handle.poll_request()).is_some());
}

#[test]
fn a_failure_to_become_ready_is_the_next_calls_answer() {
    let (mut floor, mut handle) = floor();
    handle.send_error(io::Error::from(io::ErrorKind::BrokenPipe));
    assert_ready_ok!(floor.poll_ready());
    assert_ready_ok!(floor.poll_ready());
    let mut clone = floor.clone();
    let answer = assert_ready_ok!(call(&mut floor).poll());
    assert_eq!(failure(&answer).code(), Code::Unavailable);
    assert_pending!(handle.poll_request());
    // The failure is told once, and only to the one it happened to.
    for floor in [&mut floor, &mut clone] {
        assert_ready_ok!(floor.poll_ready());
        assert_pending!(call(floor).poll());
        assert!(assert_ready!(handle.poll_request()).is_some());
    }
}

#[test]
fn an_error_is_an_answer() {
    let (mut floor, mut handle) = floor();
    assert_ready_ok!(floor.poll_ready());
    let mut called = call(&mut floor);
    assert_pending!(called.poll());
    let lost = io::Error::from(io::ErrorKind::ConnectionReset);
    assert_ready!(handle.poll_request())
        .unwrap()
        .1
        .send_error(lost);
    let answer = assert_ready_ok!(called.poll());
    let status = failure(&answer);
    assert_eq!(
        (status.code(), status.message()),
        (Code::Unavailable, "connection reset")
    ); // A-114
    assert!(status.cause().is_some_and(<dyn Error>::is::<io::Error>));
    assert!(answer.body().is_end_stream());
}

#[test]
fn what_is_not_grpc_becomes_so() {
    // A-73, A-90, A-91
    let mut inner = answer(&[], [Step::Data("<html>"), Step::End]);
    *inner.status_mut() = StatusCode::BAD_GATEWAY;
    *inner.headers_mut() = map(&[("content-type", "text/html"), ("grpc-status", "0")]); // M-4
    inner.extensions_mut().insert("who gave it");
    let alive = inner.body().watch();
    let answer = seen(inner);
    assert!(alive.upgrade().is_none());
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.extensions().get(), Some(&"who gave it"));
    let status = failure(&answer);
    assert!(status.code() == Code::Unavailable && status.is_local());
    let text = "the answer is not gRPC: HTTP 502 Bad Gateway, content-type text/html, grpc-status 0: \
                <html>";
    assert_eq!(status.message(), text);
    assert!(Reader::new(answer.into_body()).is_over());
}

#[test]
fn a_page_is_told_on_one_line() {
    // A-73
    let page = "<html>\r\n2026-11-29 ERROR\0\u{1b}[2J\u{202e}";
    let mut inner = answer(&[], [Step::Data(page), Step::End]);
    inner.headers_mut().remove("content-type");
    let status = failure(&seen(inner));
    assert_eq!(
        status.message(),
        r"the answer is not gRPC: HTTP 200 OK, no content-type: <html>\r\n2026-11-29 ERROR\0\u{1b}[2J\u{202e}"
    );
}

#[test]
fn a_status_without_content_type_passes() {
    // A-73: grpclib's answer to an unknown method
    let mut inner = answer(
        &[("grpc-status", "12"), ("grpc-message", "no")],
        [Step::End],
    );
    inner.headers_mut().remove("content-type");
    let answer = seen(inner);
    assert!(answer.body().is_end_stream());
    assert_eq!(answer.headers()["content-type"], "application/grpc");
    let status = failure(&answer);
    assert_eq!(status.to_string(), "UNIMPLEMENTED: no");
    assert!(!status.is_local());
}

#[test]
fn trailers_only_passes() {
    // A-75, A-82, A-100
    for pairs in [
        &[("grpc-status", "0")][..],
        &[
            ("grpc-status", "5"),
            ("grpc-message", "no bean"),
            ("x-hint", "look"),
        ],
        &[("grpc-status", "99")],
        // Its details are of another code: a status still, which every reader sees as INTERNAL.
        &[("grpc-status", "5"), ("grpc-status-details-bin", "CAk")],
    ] {
        let inner = answer(pairs, [Step::End]);
        let headers = inner.headers().clone();
        let answer = seen(inner);
        assert_eq!(answer.headers(), &headers);
        assert!(answer.body().is_end_stream());
        assert!(matches!(Outcome::of(&answer), Outcome::Finished { .. }));
    }
}

#[test]
fn trailers_only_without_a_status_is_mended() {
    // A-76, A-81, A-83
    let mut two = answer(
        &[("grpc-status", "5"), ("grpc-message", "no bean")],
        [Step::End],
    );
    two.headers_mut().append("grpc-status", 6.into());
    let mut proxy = answer(&[("x-proxy", "p1")], [Step::End]);
    *proxy.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    for (inner, expected) in [
        (answer(&[("x-proxy", "p1")], [Step::End]), Code::Unknown),
        (answer(&[("grpc-status", "ok")], [Step::End]), Code::Unknown),
        (two, Code::Unknown),
        (proxy, Code::Unavailable),
    ] {
        let hint = inner.headers().get("x-proxy").cloned();
        let answer = seen(inner);
        assert_eq!(answer.headers().get("x-proxy"), hint.as_ref()); // A-38
        assert_eq!(answer.status(), StatusCode::OK);
        assert!(response::has_status(answer.headers()));
        assert!(answer.headers()["grpc-message"] != "no bean");
        let status = failure(&answer);
        assert!(status.is_local() && status.code() == expected);
    }
}

#[test]
fn good_trailers_pass() {
    // A-75, A-84, A-107
    let steps = [
        Step::Data("x"),
        Step::Trailers(&[("grpc-status", "9"), ("x-hint", "look")]),
        Step::Error("a reset that came later".into()),
    ];
    let inner = answer(&[("grpc-status", "8")], steps);
    let alive = inner.body().watch();
    let mut body = Reader::new(seen(inner).into_body());
    assert_eq!((body.is_end_stream(), body.size()), (false, Some(7)));
    assert_eq!(body.data(), "x");
    let expected = map(&[("grpc-status", "9"), ("x-hint", "look")]);
    assert_eq!(body.trailers(), expected);
    assert!(alive.upgrade().is_none());
    assert_eq!((body.is_end_stream(), body.size()), (true, Some(0)));
    assert!(body.is_over() && body.is_over());
}

#[test]
fn trailers_without_a_status_are_mended() {
    // A-80, A-81
    for pairs in [
        &[("x-hint", "look")][..],
        &[
            ("grpc-status", "-1"),
            ("grpc-message", "what?"),
            ("x-hint", "look"),
        ],
    ] {
        let mut body = body([Step::Trailers(pairs)]);
        let trailers = body.trailers();
        assert_eq!(code(&trailers), Some(Code::Unknown));
        assert!(response::has_status(&trailers) && response::is_local(&trailers));
        assert_eq!(trailers["x-hint"], "look");
        assert!(body.is_end_stream() && body.is_over());
        assert_eq!(body.error::<Status>().code(), Code::Unknown);
        assert!(body.is_over());
    }
}

#[test]
fn a_body_without_trailers_gets_some() {
    // A-79, A-108, L-1
    for end in [Step::End, Step::Cut] {
        let mut body = body([Step::Data("x"), end]);
        assert_eq!(body.data(), "x");
        assert!(!body.is_end_stream());
        assert_eq!(code(&body.trailers()), Some(Code::Internal));
        assert!(body.is_end_stream() && body.is_over());
        assert_eq!(body.error::<Status>().code(), Code::Internal);
        assert!(body.is_over());
    }
    // A-74
    let mut inner = answer(&[], [Step::Cut]);
    *inner.status_mut() = StatusCode::TOO_MANY_REQUESTS;
    let trailers = Reader::new(seen(inner).into_body()).trailers();
    assert_eq!(code(&trailers), Some(Code::Unavailable));
}

#[test]
fn an_error_of_the_body_becomes_trailers() {
    // A-105, A-106
    let reset = || h2::Error::from(h2::Reason::ENHANCE_YOUR_CALM);
    let mut body = body([Step::Data("x"), Step::Error(reset().into())]);
    assert_eq!(body.data(), "x");
    let trailers = body.trailers();
    assert_eq!(code(&trailers), Some(Code::ResourceExhausted));
    assert!(body.is_over());
    assert_eq!(body.error::<h2::Error>().reason(), reset().reason());
    assert!(body.is_over() && body.is_over());
}

#[test]
fn a_status_of_the_body_is_kept() {
    let own = Status::new(Code::NotFound, "no bean").with_source(io::Error::other("why"));
    let mut body = body([Step::Error(own.into())]);
    let trailers = body.trailers();
    assert_eq!(code(&trailers), Some(Code::NotFound));
    assert!(body.is_over());
    let status = from_error(body.error::<Status>().into());
    assert_eq!(status.cause().unwrap().to_string(), "why");
}

#[tokio::test]
async fn a_collected_body_has_trailers() {
    let steps = [Step::Data("x"), Step::Error("broken".into())];
    let collected = seen(answer(&[], steps))
        .into_body()
        .collect()
        .await
        .unwrap();
    assert_eq!(code(collected.trailers().unwrap()), Some(Code::Unknown));
    assert_eq!(collected.to_bytes(), "x");
}

#[test]
fn dropping_ends_what_is_inside() {
    // B-20, B-26
    let inner = answer(&[], [Step::Data("x")]);
    let alive = inner.body().watch();
    let mut body = Reader::new(seen(inner).into_body());
    assert_eq!(body.data(), "x");
    assert!(body.is_pending() && alive.upgrade().is_some());
    drop(body);
    assert!(alive.upgrade().is_none());

    let (mut floor, mut handle) = floor();
    assert_ready_ok!(floor.poll_ready());
    drop(call(&mut floor));
    assert!(assert_ready!(handle.poll_request()).is_some());
}

#[test]
fn moves_between_threads() {
    fn check<T: Send + Sync + Unpin>() {}
    fn infallible<S: Service<Request<()>, Error = Infallible>>() {}
    check::<StatusLayer>();
    check::<WithStatus<()>>();
    check::<ResponseFuture<future::Ready<Result<Answer, BoxError>>>>();
    check::<ResponseBody<Scripted>>();
    check::<Unavailable>();
    infallible::<WithStatus<Inner>>();
    assert!(ResponseBody::<Scripted>::default().is_end_stream());
}

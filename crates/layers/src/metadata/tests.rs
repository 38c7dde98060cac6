use http::{HeaderValue, Response};
use tokio_test::{assert_pending, assert_ready, assert_ready_err, assert_ready_ok, task};
use tower_test::mock::{self, Mock};

use super::*;

type Floor = mock::Spawn<WithMetadata<Mock<Request<()>, Response<()>>>>;
type Handle = mock::Handle<Request<()>, Response<()>>;

fn defaults() -> Metadata {
    let mut defaults = Metadata::new();
    defaults.append("x-tenant", "acme").unwrap();
    defaults.append("x-tenant", "bean").unwrap();
    defaults.append_bin("x-trace-bin", [0xab]).unwrap();
    defaults
}

fn floor(defaults: &Metadata) -> (Floor, Handle) {
    mock::spawn_layer(MetadataLayer::new(defaults))
}

/// The headers with which a request arrives.
fn arrived(floor: &mut Floor, handle: &mut Handle, request: Request<()>) -> HeaderMap {
    assert_ready_ok!(floor.poll_ready());
    let mut called = task::spawn(floor.call(request));
    let (request, respond) = assert_ready!(handle.poll_request()).unwrap();
    assert_pending!(called.poll());
    respond.send_response(Response::new(()));
    assert_ready_ok!(called.poll());
    request.headers().clone()
}

fn values<'a>(headers: &'a HeaderMap, key: &str) -> Vec<&'a HeaderValue> {
    headers.get_all(key).into_iter().collect()
}

#[test]
fn adds_what_is_not_there() {
    //
    let (mut floor, mut handle) = floor(&defaults());
    let mut request = Request::new(());
    request
        .headers_mut()
        .insert("x-own", HeaderValue::from_static("1"));
    let headers = arrived(&mut floor, &mut handle, request);
    assert_eq!(values(&headers, "x-tenant"), ["acme", "bean"]);
    assert_eq!(values(&headers, "x-trace-bin"), ["qw"]);
    assert_eq!(values(&headers, "x-own"), ["1"]);
}

#[test]
fn a_calls_own_values_stand_alone() {
    let (floor, mut handle) = floor(&defaults());
    let mut clone = floor.clone();
    let mut request = Request::new(());
    request
        .headers_mut()
        .insert("x-tenant", HeaderValue::from_static("own"));
    let headers = arrived(&mut clone, &mut handle, request);
    assert_eq!(values(&headers, "x-tenant"), ["own"]);
    assert_eq!(values(&headers, "x-trace-bin"), ["qw"]);
}

#[test]
fn what_may_not_be_sent_is_passed_over() {
    //
    let mut received = HeaderMap::new();
    received.insert("x-text", HeaderValue::from_static("fine"));
    received.insert("x-bytes", HeaderValue::from_bytes(b"\xff").unwrap());
    received.insert("grpc-internal", HeaderValue::from_static("no"));
    let (mut floor, mut handle) = floor(&Metadata::from_received(received));
    let headers = arrived(&mut floor, &mut handle, Request::new(()));
    assert_eq!(
        (headers.len(), &headers["x-text"]),
        (1, &HeaderValue::from_static("fine"))
    );
}

#[test]
fn a_full_request_stays_as_it_is() {
    // L-19
    let mut request = Request::new(());
    let mut count = 0_u32;
    while let Ok(name) = http::HeaderName::try_from(format!("x-{count}"))
        && (request
            .headers_mut()
            .try_append(name, HeaderValue::from(count)))
        .is_ok()
    {
        count += 1;
    }
    let (mut floor, mut handle) = floor(&defaults());
    let headers = arrived(&mut floor, &mut handle, request);
    assert!(!headers.contains_key("x-tenant"));
}

#[test]
fn without_defaults_nothing_is_touched() {
    let (mut floor, mut handle) = mock::spawn_layer(MetadataLayer::default());
    let headers = arrived(&mut floor, &mut handle, Request::new(()));
    assert_eq!((headers.len(), headers.capacity()), (0, 0));
}

#[test]
fn readiness_and_errors_are_the_inner_services() {
    let (mut floor, mut handle) = floor(&defaults());
    handle.allow(0);
    assert_pending!(floor.poll_ready());
    handle.allow(1);
    assert!(floor.is_woken());
    handle.send_error("broken");
    assert_ready_err!(floor.poll_ready());
    assert_ready_ok!(floor.poll_ready());
    let mut called = task::spawn(floor.call(Request::new(())));
    assert_ready!(handle.poll_request())
        .unwrap()
        .1
        .send_error("broken");
    assert_ready_err!(called.poll());
}

#[test]
fn moves_between_threads() {
    fn check<T: Send + Sync + Unpin>() {}
    check::<MetadataLayer>();
    check::<WithMetadata<()>>();
}

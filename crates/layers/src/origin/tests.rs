use std::time::Duration;

use http::{
    HeaderMap, HeaderValue, Method, Request, Response, Uri, Version,
    uri::{Authority, PathAndQuery, Scheme},
};
use tokio::time;
use tokio_test::{assert_pending, assert_ready, assert_ready_err, assert_ready_ok, task};
use tower_test::mock::{self, Mock};

use super::*;
use crate::context::{CallContext, Deadline};

const TOKEN: &str = concat!("grpc-rust-ziggurat/", env!("CARGO_PKG_VERSION"));
const MS: Duration = Duration::from_millis(1);

type Floor = mock::Spawn<WithOrigin<Mock<Request<()>, Response<()>>>>;
type Handle = mock::Handle<Request<()>, Response<()>>;

fn layer() -> OriginLayer {
    OriginLayer::new(Scheme::HTTP, Authority::from_static("cafe.example:50051"))
}

fn named() -> OriginLayer {
    layer().user_agent(&HeaderValue::from_static("orders/1.4"))
}

/// The request as it arrives.
fn arrived(layer: OriginLayer, request: Request<()>) -> Request<()> {
    let (floor, mut handle): (Floor, Handle) = mock::spawn_layer(layer);
    let mut floor = floor.clone();
    assert_ready_ok!(floor.poll_ready());
    let mut called = task::spawn(floor.call(request));
    let (request, respond) = assert_ready!(handle.poll_request()).unwrap();
    respond.send_response(Response::new(()));
    assert_ready_ok!(called.poll());
    request
}

fn to(uri: &'static str) -> Request<()> {
    let mut request = Request::new(());
    *request.uri_mut() = Uri::from_static(uri);
    request
}

fn with(pairs: &[(&'static str, &'static str)]) -> Request<()> {
    let mut request = to("/cafe/Brew");
    *request.headers_mut() = crate::scripted::map(pairs);
    request
}

fn until(deadline: Deadline) -> Request<()> {
    let mut request = with(&[("grpc-timeout", "9S")]);
    let context = CallContext::new().with_deadline(deadline);
    request.extensions_mut().insert(context);
    request
}

#[test]
fn completes_the_request() {
    //
    let request = arrived(layer(), with(&[("x-tenant", "acme")]));
    assert_eq!(
        (request.method(), request.version()),
        (&Method::POST, Version::HTTP_2)
    );
    assert_eq!(request.uri(), "http://cafe.example:50051/cafe/Brew");
    let expected = [
        ("x-tenant", "acme"),
        ("te", "trailers"),
        ("user-agent", TOKEN),
    ];
    assert_eq!(request.headers(), &crate::scripted::map(&expected));
}

#[test]
fn a_request_may_name_its_authority_but_not_its_scheme() {
    // A-3, I-30
    for (uri, expected) in [
        (
            "https://other.example/cafe/Brew",
            "http://other.example/cafe/Brew",
        ),
        ("other.example", "http://other.example/"),
        ("/cafe/Brew?x", "http://cafe.example:50051/cafe/Brew?x"),
        ("/", "http://cafe.example:50051/"),
    ] {
        assert_eq!(arrived(layer(), to(uri)).uri(), expected, "{uri}");
    }
}

#[test]
fn the_layer_may_be_told_another_scheme_and_authority() {
    // I-30
    let layer = layer()
        .scheme(Scheme::HTTPS)
        .authority(Authority::from_static("bar"));
    for (uri, expected) in [
        ("/cafe/Brew", "https://bar/cafe/Brew"),
        ("http://other/cafe/Brew", "https://other/cafe/Brew"),
    ] {
        assert_eq!(arrived(layer.clone(), to(uri)).uri(), expected);
    }
}

#[test]
fn a_prefix_stands_before_each_path() {
    //
    let layer = |prefix| layer().prefix(&PathAndQuery::from_static(prefix));
    for (prefix, uri, expected) in [
        (
            "/v1",
            "/cafe/Brew",
            "http://cafe.example:50051/v1/cafe/Brew",
        ),
        (
            "/v1/",
            "/cafe/Brew",
            "http://cafe.example:50051/v1/cafe/Brew",
        ),
        (
            "/a%2Fb/c?x",
            "/cafe/Brew",
            "http://cafe.example:50051/a%2Fb/c/cafe/Brew",
        ),
        ("/v1", "http://bar/cafe/Brew?x", "http://bar/v1/cafe/Brew?x"),
        ("/v1", "/", "http://cafe.example:50051/v1/"),
        ("/v1", "bar", "http://bar/v1/"),
        ("/v1", "/v1/Brew", "http://cafe.example:50051/v1/v1/Brew"),
        ("/", "/cafe/Brew", "http://cafe.example:50051/cafe/Brew"),
        ("*", "/cafe/Brew", "http://cafe.example:50051/cafe/Brew"),
    ] {
        assert_eq!(
            arrived(layer(prefix), to(uri)).uri(),
            expected,
            "{prefix} {uri}"
        );
    }
    let last = layer("/v1").prefix(&PathAndQuery::from_static("/v2"));
    let authority = last.authority(Authority::from_static("bar"));
    assert_eq!(
        arrived(authority, to("/cafe/Brew")).uri(),
        "http://bar/v2/cafe/Brew"
    );
}

/// What is longer than a URI can be is left alone.
#[test]
fn a_prefix_never_makes_it_panic() {
    let long = format!("/{}", "x".repeat(65_000));
    let layer = layer().prefix(&PathAndQuery::try_from(long.as_str()).unwrap());
    let mut request = Request::new(());
    *request.uri_mut() = long.parse().unwrap();
    assert_eq!(arrived(layer, request).uri().path(), long);
}

#[test]
fn te_is_trailers_exactly() {
    //
    let request = arrived(layer(), with(&[("te", "gzip"), ("te", "trailers")]));
    assert_eq!(all(request.headers(), "te"), ["trailers"]);
}

fn all<'a>(headers: &'a HeaderMap, key: &str) -> Vec<&'a HeaderValue> {
    headers.get_all(key).into_iter().collect()
}

#[test]
fn user_agents_stand_in_a_row() {
    //
    let agent = |layer, request| arrived(layer, request).headers()["user-agent"].clone();
    let foreign = || with(&[("user-agent", "tonic/0.14")]);
    assert_eq!(agent(layer(), with(&[])), TOKEN);
    assert_eq!(agent(named(), with(&[])), format!("orders/1.4 {TOKEN}"));
    assert_eq!(agent(layer(), foreign()), format!("tonic/0.14 {TOKEN}"));
    assert_eq!(
        agent(named(), foreign()),
        format!("tonic/0.14 orders/1.4 {TOKEN}")
    );
    assert_eq!(agent(layer(), with(&[("user-agent", "")])), TOKEN);
    let nameless = layer().user_agent(&HeaderValue::from_static(""));
    assert_eq!(agent(nameless, with(&[])), TOKEN);
}

#[tokio::test(start_paused = true)]
async fn twice_is_once() {
    for request in [
        with(&[]),
        with(&[("user-agent", "tonic/0.14")]),
        until(Deadline::after(MS)),
    ] {
        let once = arrived(named(), request);
        let twice = arrived(named(), once.clone());
        assert_eq!((once.uri(), once.headers()), (twice.uri(), twice.headers()));
    }
}

#[tokio::test(start_paused = true)]
async fn says_what_is_left_at_this_moment() {
    //
    let request = until(Deadline::after(MS * 3));
    let timeout = |request| all(arrived(layer(), request).headers(), "grpc-timeout")[0].clone();
    assert_eq!(timeout(request.clone()), "3000000n");
    time::advance(MS).await;
    assert_eq!(timeout(request.clone()), "2000000n");
    time::advance(MS * 2).await;
    assert_eq!(timeout(request), "1n");
}

#[test]
fn a_foreign_timeout_stays() {
    let mut request = with(&[("grpc-timeout", "9S")]);
    assert_eq!(
        arrived(layer(), request.clone()).headers()["grpc-timeout"],
        "9S"
    );
    // A timeout that nobody made an instant does not run.
    request
        .extensions_mut()
        .insert(CallContext::new().with_timeout(MS));
    assert_eq!(arrived(layer(), request).headers()["grpc-timeout"], "9S");
}

#[test]
fn readiness_and_errors_are_the_inner_services() {
    let (mut floor, mut handle): (Floor, Handle) = mock::spawn_layer(layer());
    handle.allow(0);
    assert_pending!(floor.poll_ready());
    handle.allow(1);
    assert!(floor.is_woken());
    handle.send_error("broken");
    assert_ready_err!(floor.poll_ready());
    assert_ready_ok!(floor.poll_ready());
    let mut called = task::spawn(floor.call(to("/")));
    assert_ready!(handle.poll_request())
        .unwrap()
        .1
        .send_error("broken");
    assert_ready_err!(called.poll());
}

#[test]
fn moves_between_threads() {
    fn check<T: Send + Sync + Unpin>() {}
    check::<OriginLayer>();
    check::<WithOrigin<()>>();
}

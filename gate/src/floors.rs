//! Each floor alone, over a service whose own costs are not counted; and idle, where it finds nothing to do.
//!
//! An operation is one call: the service is cloned and made ready, called, its answer awaited and read to the end, and all is
//! dropped.
//! `floor: none` is what remains without a floor.

use std::{
    pin::pin,
    task::{Context, Poll, Waker},
    time::Duration,
};

use futures_util::{FutureExt, future::LocalBoxFuture};
use http::{
    HeaderValue, Request, Response, Uri,
    uri::{Authority, Scheme},
};
use tower_layer::{Identity, Layer};
use tower_service::Service;
use ziggurat::{
    Body, Client, Code, Metadata, Method,
    layers::{
        context::{CallContext, Deadline},
        deadline::DeadlineLayer,
        hedge::{HedgeLayer, HedgingPolicy},
        metadata::MetadataLayer,
        origin::OriginLayer,
        retry::{RetryLayer, RetryPolicy},
        status::StatusLayer,
    },
};

use crate::{
    Meter, Row,
    mock::Mock,
    server::{ECHO, MESSAGE},
};

pub(crate) const ROWS: &[Row] = &[
    Row::new("floor: none", 5000, |meter, n| {
        floor(meter, n, Identity::new(), request)
    }),
    Row::new("floor: codec", 5000, codec),
    Row::new("floor: metadata", 5000, |meter, n| {
        floor(meter, n, MetadataLayer::new(&defaults()), request)
    }),
    Row::new("floor: metadata, idle", 5000, |meter, n| {
        floor(meter, n, MetadataLayer::default(), request)
    }),
    Row::new("floor: deadline", 5000, |meter, n| {
        floor(meter, n, DeadlineLayer::new(FIVE_SECONDS), request)
    }),
    Row::new("floor: deadline, idle", 5000, |meter, n| {
        floor(meter, n, DeadlineLayer::default(), request)
    }),
    Row::new("floor: hedge", 5000, |meter, n| {
        floor(meter, n, HedgeLayer::new(hedging()), request)
    }),
    Row::new("floor: hedge, idle", 5000, |meter, n| {
        floor(meter, n, HedgeLayer::choose(|_| None), request)
    }),
    Row::new("floor: retry", 5000, |meter, n| {
        floor(meter, n, RetryLayer::new(retrying()), request)
    }),
    Row::new("floor: retry, idle", 5000, |meter, n| {
        floor(meter, n, RetryLayer::choose(|_| None), request)
    }),
    Row::new("floor: status", 5000, |meter, n| {
        floor(meter, n, StatusLayer::new(), request)
    }),
    Row::new("floor: origin", 5000, |meter, n| {
        floor(meter, n, origin(), timed_request)
    }),
    Row::new("floor: origin, no deadline", 5000, |meter, n| {
        floor(meter, n, origin(), request)
    }),
];

/// Whole, so that no nanoseconds carry: whether they would depends on when a run begins.
const FIVE_SECONDS: Duration = Duration::from_secs(5);

fn defaults() -> Metadata {
    let mut defaults = Metadata::new();
    defaults.append("x-tenant", "acme").expect("a valid pair");
    defaults
}

/// The first attempt is answered before the second is due.
fn hedging() -> HedgingPolicy {
    let policy = HedgingPolicy::builder().hedging_delay(FIVE_SECONDS).build();
    policy.expect("a valid policy")
}

/// The first attempt is answered well.
fn retrying() -> RetryPolicy {
    let policy = RetryPolicy::builder().retryable_codes([Code::Unavailable]);
    policy.build().expect("a valid policy")
}

fn origin() -> OriginLayer {
    OriginLayer::new(Scheme::HTTP, Authority::from_static("cafe.example:50051"))
}

/// A request as a stub gives it to its floors.
fn request() -> Request<Body> {
    Request::post(Uri::from_static(ECHO))
        .header("content-type", HeaderValue::from_static("application/grpc"))
        .body(Body::single(bytes::Bytes::from_static(MESSAGE)))
        .expect("a valid request")
}

/// The same with a deadline that nobody keeps: the layers below write it only.
fn timed_request() -> Request<Body> {
    let deadline = Deadline::after(Duration::from_micros(4_999_999));
    let mut request = request();
    let context = CallContext::new().with_deadline(deadline);
    request.extensions_mut().insert(context);
    request
}

fn floor<L, B>(
    meter: Meter,
    calls: usize,
    layer: L,
    request: fn() -> Request<Body>,
) -> LocalBoxFuture<'static, ()>
where
    L: Layer<Mock> + 'static,
    L::Service: Service<Request<Body>, Response = Response<B>> + Clone,
    B: http_body::Body,
{
    async move {
        let service = layer.layer(Mock(meter));
        for _ in 0..calls {
            let mut ready = service.clone();
            assert!(poll(std::future::poll_fn(|cx| ready.poll_ready(cx))).is_ok());
            let request = meter.skip(request);
            let Ok(answer) = poll(ready.call(request)) else {
                panic!("the mock answers");
            };
            let mut body = pin!(answer.into_body());
            while let Some(frame) = poll(std::future::poll_fn(|cx| body.as_mut().poll_frame(cx))) {
                assert!(frame.is_ok());
            }
        }
    }
    .boxed_local()
}

/// All that a stub adds to the user's layers, as a service over messages.
fn codec(meter: Meter, calls: usize) -> LocalBoxFuture<'static, ()> {
    const METHOD: Method<u64, u64> = Method::new(ECHO);
    async move {
        let service = Client::new(Mock(meter)).service(&METHOD);
        for _ in 0..calls {
            let answer = poll(service.clone().call(u64::MAX)).expect("the mock answers");
            assert_eq!(answer.into_message(), u64::MAX);
        }
    }
    .boxed_local()
}

/// Polls until it is ready: nobody wakes anybody here.
fn poll<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut cx = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut cx) {
            return output;
        }
    }
}

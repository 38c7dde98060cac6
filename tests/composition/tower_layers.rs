//! tower's layers, each over a ground that is boxed throughout.

use std::{future, time::Duration};

use futures_util::FutureExt;
use http::{Request, Response};
use tower::{
    ServiceBuilder,
    buffer::BufferLayer,
    hedge::{self, Hedge},
    limit::{ConcurrencyLimitLayer, GlobalConcurrencyLimitLayer},
    retry::Policy,
    timeout::TimeoutLayer,
    util::BoxService,
};
use ziggurat::{Body, BoxError, Code, Status, try_clone_request};

use crate::{
    grounds::{Answer, boxed, ground},
    spawned,
};

const LONG: Duration = Duration::from_secs(20);

#[tokio::test]
async fn limits() -> Result<(), BoxError> {
    spawned!(ServiceBuilder::new().buffer(4).service(ground()));
    spawned!(ServiceBuilder::new().concurrency_limit(4).service(ground()));
    let limit = GlobalConcurrencyLimitLayer::new(4);
    spawned!(ServiceBuilder::new().layer(limit).service(ground()));
    spawned!(
        ServiceBuilder::new()
            .buffer(4)
            .rate_limit(100, LONG)
            .service(ground())
    );
    spawned!(
        ServiceBuilder::new()
            .load_shed()
            .concurrency_limit(4)
            .service(ground())
    );
    spawned!(ServiceBuilder::new().timeout(LONG).service(ground()));
    Ok(())
}

#[tokio::test]
async fn functions() -> Result<(), BoxError> {
    let request = |request: Request<Body>| request;
    spawned!(ServiceBuilder::new().map_request(request).service(ground()));
    let response = |answer: Answer| answer;
    spawned!(
        ServiceBuilder::new()
            .map_response(response)
            .service(ground())
    );
    let error = |error: BoxError| error;
    spawned!(ServiceBuilder::new().map_err(error).service(ground()));
    let result = |result: Result<Answer, BoxError>| result;
    spawned!(ServiceBuilder::new().map_result(result).service(ground()));
    let named = |error: BoxError| Status::new(Code::Internal, "it is broken").with_source(error);
    spawned!(ServiceBuilder::new().map_err(named).service(ground()));
    spawned!(
        ServiceBuilder::new()
            .map_future(FutureExt::boxed)
            .service(ground())
    );
    let then = |result: Result<Answer, BoxError>| future::ready(result);
    spawned!(ServiceBuilder::new().then(then).service(ground()));
    let and_then = |answer: Answer| async move { Ok::<_, BoxError>(answer) };
    spawned!(ServiceBuilder::new().and_then(and_then).service(ground()));
    Ok(())
}

#[tokio::test]
async fn options() -> Result<(), BoxError> {
    for limit in [None, Some(ConcurrencyLimitLayer::new(4))] {
        spawned!(ServiceBuilder::new().option_layer(limit).service(ground()));
    }
    // tower makes one type of both errors.
    for timeout in [None, Some(TimeoutLayer::new(LONG))] {
        spawned!(
            ServiceBuilder::new()
                .option_layer(timeout)
                .service(ground())
        );
    }
    let buffer = Some(BufferLayer::new(4));
    spawned!(ServiceBuilder::new().option_layer(buffer).service(ground()));
    Ok(())
}

#[tokio::test]
async fn filters() -> Result<(), BoxError> {
    let sync = |request: Request<Body>| Ok::<_, BoxError>(request);
    spawned!(ServiceBuilder::new().filter(sync).service(ground()));
    let with_status = async |request: Request<Body>| Ok::<_, Status>(request);
    spawned!(
        ServiceBuilder::new()
            .filter_async(with_status)
            .service(ground())
    );
    Ok(())
}

#[tokio::test]
async fn repeating() -> Result<(), BoxError> {
    spawned!(ServiceBuilder::new().retry(AnyError).service(ground()));
    Ok(())
}

/// Futures of tower that read their parts off the service: in a spawned block the compiler cannot see that they are
/// `Send` if a boxed error stands in a bound on them, called by whomever. A box around the whole is the way.
#[tokio::test]
async fn what_needs_a_box() -> Result<(), BoxError> {
    let filter = async |request: Request<Body>| Ok::<_, BoxError>(request);
    spawned!(boxed(
        ServiceBuilder::new().filter_async(filter).service(ground())
    ));
    spawned!(boxed(
        ServiceBuilder::new().retry(BoxedError).service(ground())
    ));
    let hedge = BoxService::new(Hedge::new(ground(), AnyError, 1, 0.9, LONG));
    spawned!(ServiceBuilder::new().buffer(4).service(hedge));
    Ok(())
}

/// Repeats nothing, whatever the error.
#[derive(Clone)]
struct AnyError;

impl<B, E> Policy<Request<Body>, Response<B>, E> for AnyError {
    type Future = future::Ready<()>;

    fn retry(
        &mut self,
        _: &mut Request<Body>,
        _: &mut Result<Response<B>, E>,
    ) -> Option<Self::Future> {
        None
    }

    fn clone_request(&mut self, request: &Request<Body>) -> Option<Request<Body>> {
        try_clone_request(request)
    }
}

impl hedge::Policy<Request<Body>> for AnyError {
    fn clone_request(&self, request: &Request<Body>) -> Option<Request<Body>> {
        try_clone_request(request)
    }

    fn can_retry(&self, _: &Request<Body>) -> bool {
        false
    }
}

/// The same, for one type of error.
#[derive(Clone)]
struct BoxedError;

impl<B> Policy<Request<Body>, Response<B>, BoxError> for BoxedError {
    type Future = future::Ready<()>;

    fn retry(
        &mut self,
        _: &mut Request<Body>,
        _: &mut Result<Response<B>, BoxError>,
    ) -> Option<Self::Future> {
        None
    }

    fn clone_request(&mut self, request: &Request<Body>) -> Option<Request<Body>> {
        try_clone_request(request)
    }
}

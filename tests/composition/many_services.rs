//! tower's services that choose among services, or make them.

use std::{
    convert::Infallible,
    future,
    task::{Context, Poll},
    time::Duration,
};

use http::Request;
use tower::{
    Service, ServiceBuilder,
    balance::p2c::Balance,
    discover::ServiceList,
    load::{CompleteOnResponse, Constant, PeakEwma, PendingRequests},
    ready_cache::ReadyCache,
    reconnect::Reconnect,
    service_fn,
    spawn_ready::SpawnReady,
    steer::Steer,
    util::{FutureService, Optional},
};
use ziggurat::{Body, BoxError};

use crate::{
    grounds::{Ground, ground},
    spawned,
};

#[tokio::test]
async fn steer() -> Result<(), BoxError> {
    let first = |_: &Request<Body>, _: &[Ground]| 0;
    spawned!(Steer::new([ground(), ground()], first));
    Ok(())
}

#[tokio::test]
async fn balance() -> Result<(), BoxError> {
    let pending = |service| PendingRequests::new(service, CompleteOnResponse::default());
    let services = ServiceList::new([ground(), ground()].map(pending));
    spawned!(
        ServiceBuilder::new()
            .buffer(4)
            .service(Balance::new(services))
    );
    let second = Duration::from_secs(1);
    let ewma = |service| PeakEwma::new(service, second, 1e9, CompleteOnResponse::default());
    let services = ServiceList::new([ground(), ground()].map(ewma));
    spawned!(
        ServiceBuilder::new()
            .buffer(4)
            .service(Balance::new(services))
    );
    let services = ServiceList::new([ground(), ground()].map(|service| Constant::new(service, 1)));
    spawned!(
        ServiceBuilder::new()
            .buffer(4)
            .service(Balance::new(services))
    );
    Ok(())
}

#[tokio::test]
async fn ready_ones() -> Result<(), BoxError> {
    spawned!(
        ServiceBuilder::new()
            .buffer(4)
            .service(SpawnReady::new(ground()))
    );
    let mut cache = ReadyCache::default();
    cache.push("one", ground());
    spawned!(ServiceBuilder::new().buffer(4).service(Cached(cache)));
    Ok(())
}

/// The one service of a cache, whenever it is ready.
struct Cached(ReadyCache<&'static str, Ground, Request<Body>>);

impl Service<Request<Body>> for Cached {
    type Response = <Ground as Service<Request<Body>>>::Response;
    type Error = BoxError;
    type Future = <Ground as Service<Request<Body>>>::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        let Poll::Ready(pending) = self.0.poll_pending(cx) else {
            return Poll::Pending;
        };
        pending.map_err(|failed| failed.to_string())?;
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        self.0.call_ready(&"one", request)
    }
}

#[tokio::test]
async fn made_ones() -> Result<(), BoxError> {
    let make = service_fn(|()| future::ready(Ok::<_, Infallible>(ground())));
    spawned!(
        ServiceBuilder::new()
            .buffer(4)
            .service(Reconnect::new(make, ()))
    );
    let some = Optional::new(Some(ground()));
    spawned!(ServiceBuilder::new().buffer(4).service(some));
    let later = Box::pin(async { Ok::<_, BoxError>(ground()) });
    spawned!(
        ServiceBuilder::new()
            .buffer(4)
            .service(FutureService::new(later))
    );
    Ok(())
}

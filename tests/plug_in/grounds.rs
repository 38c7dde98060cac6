//! Our stubs over the services of others.

use std::{error::Error, io, time::Duration};

use http::uri::{Authority, Scheme};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use tonic::service::Routes;
use tower::ServiceBuilder;
use ziggurat::{
    Body, BoxError, Code,
    layers::{deadline::DeadlineLayer, origin::OriginLayer, status::StatusLayer},
};
use ziggurat_examples::{
    cafe::CoffeeMachineStub,
    server::{GODOT, Machine, SPOONS, serve},
};

use crate::{
    tour::{in_process, order, refusing, tour},
    within,
};

#[tokio::test]
async fn a_tonic_service_in_process() -> Result<(), BoxError> {
    within(async {
        let cafe = CoffeeMachineStub::new(in_process());
        tour(&cafe).await?;
        let response = cafe.make_latte(order("Ada", 0)).send().await?;
        assert!(response.peer().is_none(), "there is no connection");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn an_axum_router_with_tonic_routes() -> Result<(), BoxError> {
    within(async {
        let router = Routes::new(in_process()).into_axum_router();
        let cafe = CoffeeMachineStub::new(router);
        tour(&cafe).await?;

        let refused = cafe.make_latte(order("Bob", SPOONS + 1)).await;
        let refused = refused.expect_err("it is too sweet");
        assert_eq!(refused.code(), Code::InvalidArgument);
        assert!(!refused.is_local());
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_router_without_the_route_is_unimplemented() -> Result<(), BoxError> {
    within(async {
        // axum says HTTP 404, tonic says it in gRPC's words.
        for router in [axum::Router::new(), Routes::default().into_axum_router()] {
            let missing = CoffeeMachineStub::new(router)
                .make_latte(order("Ada", 0))
                .await;
            let missing = missing.expect_err("there is no route");
            assert_eq!(missing.code(), Code::Unimplemented, "{missing}");
        }
        Ok(())
    })
    .await
}

#[tokio::test(start_paused = true)]
async fn our_floors_over_a_service_in_process() -> Result<(), BoxError> {
    within(async {
        let service = ServiceBuilder::new()
            .layer(DeadlineLayer::new(Duration::from_secs(1)))
            .layer(StatusLayer::new())
            .layer(OriginLayer::new(Scheme::HTTP, cafe_example()))
            .service(in_process());
        let cafe = CoffeeMachineStub::new(service);
        tour(&cafe).await?;

        // B-4
        let late = cafe.make_latte(order(GODOT, 0)).await;
        let late = late.expect_err("nobody answers");
        assert_eq!(late.code(), Code::DeadlineExceeded);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn the_legacy_client_of_hyper_util() -> Result<(), BoxError> {
    within(async {
        let (address, _serving) = serve(Machine).await?;
        let service = ServiceBuilder::new()
            .layer(OriginLayer::new(Scheme::HTTP, address.to_string().parse()?))
            .service(legacy());
        tour(&CoffeeMachineStub::new(service)).await?;

        let service = ServiceBuilder::new()
            .layer(DeadlineLayer::default())
            .layer(StatusLayer::new())
            .layer(OriginLayer::new(Scheme::HTTP, address.to_string().parse()?))
            .service(legacy());
        tour(&CoffeeMachineStub::new(service)).await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn the_legacy_client_at_a_refused_port() -> Result<(), BoxError> {
    within(async {
        let (address, _socket) = refusing()?;
        let service = ServiceBuilder::new()
            .layer(OriginLayer::new(Scheme::HTTP, address.to_string().parse()?))
            .service(legacy());
        let refused = CoffeeMachineStub::new(service)
            .make_latte(order("Ada", 0))
            .await;
        let refused = refused.expect_err("nobody listens");
        assert_eq!(refused.code(), Code::Unavailable);
        assert_eq!(
            io_kind(refused.cause().unwrap()),
            Some(io::ErrorKind::ConnectionRefused)
        );
        Ok(())
    })
    .await
}

fn legacy() -> Client<HttpConnector, Body> {
    Client::builder(TokioExecutor::new())
        .http2_only(true)
        .build_http()
}

fn cafe_example() -> Authority {
    Authority::from_static("cafe.example:50051")
}

/// The kind of the first I/O error among the causes.
fn io_kind(error: &(dyn Error + 'static)) -> Option<io::ErrorKind> {
    let mut causes = std::iter::successors(Some(error), |error| (*error).source());
    let io = causes.find_map(|cause| cause.downcast_ref::<io::Error>())?;
    Some(io.kind())
}

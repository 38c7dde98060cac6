//! tower's limits, its buffer and an erased stack, between stub and ground.

use std::time::Duration;

use http::{Request, Response};
use tokio_test::{assert_pending, task};
use tower::{
    Layer, ServiceBuilder,
    buffer::BufferLayer,
    limit::ConcurrencyLimitLayer,
    load_shed::LoadShedLayer,
    timeout::{TimeoutLayer, error::Elapsed},
    util::BoxCloneSyncService,
};
use ziggurat::{Body, BoxError, Code, channel::ResponseBody};
use ziggurat_examples::{cafe::CoffeeMachineStub, server::GODOT};

use crate::{
    tour::{channel, in_process, order, three, tour},
    within,
};

#[tokio::test(start_paused = true)]
async fn the_timeout_is_deadline_exceeded() -> Result<(), BoxError> {
    within(async {
        let service = TimeoutLayer::new(Duration::from_secs(1)).layer(in_process());
        let cafe = CoffeeMachineStub::new(service);
        tour(&cafe).await?;

        let late = cafe.make_latte(order(GODOT, 0)).await;
        let late = late.expect_err("nobody answers");
        assert_eq!(late.code(), Code::DeadlineExceeded);
        let cause = late.cause();
        assert!(cause.is_some_and(<dyn std::error::Error>::is::<Elapsed>));
        Ok(())
    })
    .await
}

#[tokio::test]
async fn load_shed_is_resource_exhausted() -> Result<(), BoxError> {
    within(async {
        let service = ServiceBuilder::new()
            .layer(LoadShedLayer::new())
            .layer(ConcurrencyLimitLayer::new(1))
            .service(in_process());
        let cafe = CoffeeMachineStub::new(service);
        tour(&cafe).await?;

        let mut upload = cafe.open().upload();
        upload.send_request().await?; // the machine waits for beans, and has the one permit
        let shed = cafe.make_latte(order("Ada", 0)).await;
        let shed = shed.expect_err("there is no permit");
        assert_eq!(shed.code(), Code::ResourceExhausted);

        upload.end().await?.await?;
        cafe.make_latte(order("Ada", 0)).await?;
        Ok(())
    })
    .await
}

/// Of tower's concurrency limit one must know that its permit is part of the response future: it comes back with the
/// headers, so a stream of answers that is being read holds none.
#[tokio::test]
async fn the_permit_of_a_concurrency_limit_returns_at_the_headers() -> Result<(), BoxError> {
    within(async {
        let service = ConcurrencyLimitLayer::new(1).layer(in_process());
        let cafe = CoffeeMachineStub::new(service);
        tour(&cafe).await?;

        let mut upload = cafe.open().upload();
        upload.send_request().await?;
        let mut latte = task::spawn(cafe.make_latte(order("Ada", 0)));
        assert_pending!(latte.poll()); // before the headers of the one, the other waits
        upload.end().await?.await?;
        assert!(latte.is_woken());
        latte.await?;

        let mut orders = cafe.watch(three()).await?;
        orders.initial_metadata().await?;
        cafe.make_latte(order("Ada", 0)).await?; // after the headers it does not
        assert!(orders.recv().await?.is_some());
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_call_that_nobody_awaits_holds_no_permit() -> Result<(), BoxError> {
    within(async {
        let service = ConcurrencyLimitLayer::new(1).layer(in_process());
        let cafe = CoffeeMachineStub::new(service);
        let later = cafe.make_latte(order("Ada", 0)); // T-4: readiness is asked for at the first poll
        cafe.make_latte(order("Bob", 0)).await?;
        later.await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_buffer() -> Result<(), BoxError> {
    within(async {
        let service = BufferLayer::new(16).layer(channel().await?);
        tour(&CoffeeMachineStub::new(service)).await?;
        Ok(())
    })
    .await
}

/// A whole stack of layers whose type says nothing of them; it can stand in a struct.
type Erased = BoxCloneSyncService<Request<Body>, Response<ResponseBody>, BoxError>;

#[tokio::test]
async fn an_erased_stack() -> Result<(), BoxError> {
    within(async {
        let stack = ServiceBuilder::new()
            .layer(TimeoutLayer::new(Duration::from_secs(20)))
            .layer(ConcurrencyLimitLayer::new(8))
            .service(channel().await?);
        let bare = ServiceBuilder::new()
            .map_err(BoxError::from)
            .service(channel().await?);
        for service in [Erased::new(stack), Erased::new(bare)] {
            tour(&CoffeeMachineStub::new(service)).await?;
        }
        Ok(())
    })
    .await
}

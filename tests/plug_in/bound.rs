//! A method as a tower service over messages, under layers that know nothing of gRPC.

use std::future;

use tower::{
    Service, ServiceBuilder, ServiceExt,
    buffer::Buffer,
    retry::{Policy, Retry},
};
use ziggurat::{BoxError, Code, Response, Status};
use ziggurat_examples::{
    cafe::{Coffee, CoffeeMachineMethods, CoffeeMachineStub, LatteOrder},
    server::{SPOONS, busy, serve_behind},
};

use crate::{
    tour::{channel, channel_to, order, three},
    within,
};

/// Repeats orders: less sugar if it was too much, the same if the machine is not ready.
#[derive(Clone)]
struct Compromise;

impl Policy<LatteOrder, Response<Coffee>, Status> for Compromise {
    type Future = future::Ready<()>;

    fn retry(
        &mut self,
        order: &mut LatteOrder,
        answer: &mut Result<Response<Coffee>, Status>,
    ) -> Option<Self::Future> {
        match answer.as_ref().err()?.code() {
            Code::InvalidArgument => order.sugar = SPOONS,
            Code::Unavailable => {}
            _ => return None,
        }
        Some(future::ready(()))
    }

    fn clone_request(&mut self, order: &LatteOrder) -> Option<LatteOrder> {
        Some(order.clone())
    }
}

#[tokio::test]
async fn under_a_buffer() -> Result<(), BoxError> {
    within(async {
        let cafe = CoffeeMachineStub::new(channel().await?);
        let mut latte = Buffer::new(cafe.service(&CoffeeMachineMethods::MAKE_LATTE), 16);
        let response = latte.ready().await?.call(order("Ada", 3)).await?;
        assert_eq!(response.message().temperature, 63);
        assert!(response.peer().is_some());

        let refused = latte.ready().await?.call(order("Bob", SPOONS + 1)).await;
        let refused = refused.expect_err("it is too sweet");
        let status = refused.downcast_ref().map(Status::code);
        assert_eq!(status, Some(Code::InvalidArgument));
        Ok(())
    })
    .await
}

#[tokio::test]
async fn under_a_typed_retry() -> Result<(), BoxError> {
    within(async {
        let (address, _serving) = serve_behind(busy(2)).await?;
        let cafe = CoffeeMachineStub::new(channel_to(address));
        let latte = cafe.service(&CoffeeMachineMethods::MAKE_LATTE);
        let latte = Retry::new(Compromise, latte);
        let response = latte.oneshot(order("Bob", SPOONS + 1)).await?;
        assert_eq!(response.message().temperature, 60 + SPOONS);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_server_streaming_method() -> Result<(), BoxError> {
    within(async {
        let cafe = CoffeeMachineStub::new(channel().await?);
        let watch = ServiceBuilder::new()
            .buffer(16)
            .concurrency_limit(1)
            .service(cafe.service(&CoffeeMachineMethods::WATCH));
        let mut orders = watch.oneshot(three()).await?;
        let mut numbers = Vec::new();
        while let Some(order) = orders.recv().await? {
            numbers.push(order.number);
        }
        assert_eq!(numbers, [0, 1, 2]);
        Ok(())
    })
    .await
}

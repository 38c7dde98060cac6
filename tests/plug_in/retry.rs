//! tower's retry between stub and channel.

use std::{
    future,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
};

use http::{Request, Response};
use tower::{ServiceBuilder, retry::Policy};
use ziggurat::{Body, BoxError, Code, GrpcService, Outcome, try_clone_request};
use ziggurat_examples::{
    cafe::CoffeeMachineStub,
    server::{SPOONS, busy, serve_behind},
};

use crate::{
    tour::{bean, channel_to, order, refusing, three},
    within,
};

/// Repeats a call that the server turned away, so many times; counts what it repeats.
#[derive(Clone)]
pub(crate) struct Again {
    left: u32,
    sent: Arc<AtomicU32>,
}

impl<B: http_body::Body, E> Policy<Request<Body>, Response<B>, E> for Again {
    type Future = future::Ready<()>;

    fn retry(
        &mut self,
        request: &mut Request<Body>,
        answer: &mut Result<Response<B>, E>,
    ) -> Option<Self::Future> {
        let outcome = Outcome::of(answer.as_ref().ok()?);
        self.left = self.left.checked_sub(1)?;
        let again = outcome.code() == Some(Code::Unavailable) && request.body().can_replay();
        again.then(|| {
            self.sent.fetch_add(1, Relaxed);
            future::ready(())
        })
    }

    fn clone_request(&mut self, request: &Request<Body>) -> Option<Request<Body>> {
        try_clone_request(request)
    }
}

impl Again {
    pub(crate) fn times(left: u32) -> Self {
        let sent = Arc::default();
        Self { left, sent }
    }

    /// How many requests were sent again.
    pub(crate) fn sent(&self) -> u32 {
        self.sent.load(Relaxed)
    }
}

/// A stub whose calls are repeated, over a machine that turns the first two away.
async fn cafe(again: &Again) -> std::io::Result<CoffeeMachineStub<impl GrpcService>> {
    let (address, _serving) = serve_behind(busy(2)).await?;
    let service = ServiceBuilder::new()
        .retry(again.clone())
        .service(channel_to(address));
    Ok(CoffeeMachineStub::new(service))
}

#[tokio::test]
async fn a_unary_call_is_replayed() -> Result<(), BoxError> {
    within(async {
        let again = Again::times(2);
        let coffee = cafe(&again).await?.make_latte(order("Ada", 3)).await?;
        assert_eq!((&*coffee.name, coffee.temperature), ("Ada", 63)); // C-18
        assert_eq!(again.sent(), 2);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_server_streaming_call_is_replayed() -> Result<(), BoxError> {
    within(async {
        let again = Again::times(2);
        let orders = cafe(&again).await?.watch(three()).collect().await?;
        assert_eq!(orders.len(), 3);
        assert_eq!(again.sent(), 2);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_streamed_request_is_replayed() -> Result<(), BoxError> {
    within(async {
        let again = Again::times(2);
        let cafe = cafe(&again).await?;
        let receipt = cafe.upload([bean(7), bean(8)]).await?;
        assert_eq!(receipt.beans, 2); // C-28
        assert_eq!(again.sent(), 2);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn the_last_failure_is_the_calls() -> Result<(), BoxError> {
    within(async {
        let again = Again::times(1);
        let cafe = cafe(&again).await?;
        let failed = cafe.make_latte(order("Ada", 0)).await;
        let failed = failed.expect_err("it turns two away, and two are sent");
        assert_eq!(failed.code(), Code::Unavailable);
        assert_eq!(failed.message(), "the machine is heating up");
        assert_eq!(again.sent(), 1);

        // What the policy does not name is not repeated: C-12.
        let refused = cafe.make_latte(order("Bob", SPOONS + 1)).await;
        let refused = refused.expect_err("it is too sweet");
        assert_eq!(refused.code(), Code::InvalidArgument);
        assert_eq!(again.sent(), 1);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_refused_port_is_an_answer_too() -> Result<(), BoxError> {
    within(async {
        let (address, _socket) = refusing()?;
        let again = Again::times(2);
        let service = ServiceBuilder::new()
            .retry(again.clone())
            .service(channel_to(address));
        let refused = CoffeeMachineStub::new(service)
            .make_latte(order("Ada", 0))
            .await;
        let refused = refused.expect_err("nobody listens");
        assert_eq!(refused.code(), Code::Unavailable);
        assert_eq!(again.sent(), 2);
        Ok(())
    })
    .await
}

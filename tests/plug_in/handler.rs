//! Calls made by a handler of another server, within what its own caller left it.

use std::time::Duration;

use axum::{Router, body::Body, extract::State, routing::post};
use http::{HeaderMap, Request, StatusCode};
use tokio::{sync::mpsc, time};
use tower::{ServiceExt, service_fn};
use ziggurat::{BoxError, Code, Deadline, GrpcService};
use ziggurat_examples::cafe::CoffeeMachineStub;

use crate::{
    tour::{in_process, order},
    within,
};

/// A bar that has its coffee made by the machine, and takes two seconds to write the order down.
fn bar(cafe: CoffeeMachineStub<impl GrpcService + Sync>) -> Router {
    Router::new()
        .route("/order", post(take_order))
        .with_state(cafe)
}

async fn take_order<S: GrpcService + Sync>(
    State(cafe): State<CoffeeMachineStub<S>>,
    headers: HeaderMap,
) -> Result<String, StatusCode> {
    let deadline = Deadline::from_headers(&headers).map_err(|_| StatusCode::BAD_REQUEST)?;
    time::advance(Duration::from_secs(2)).await;
    let mut call = cafe.make_latte(order("Ada", 0));
    if let Some(deadline) = deadline {
        call = call.deadline(deadline);
    }
    match call.await {
        Ok(coffee) => Ok(coffee.name),
        Err(status) if status.code() == Code::DeadlineExceeded => Err(StatusCode::GATEWAY_TIMEOUT),
        Err(_) => Err(StatusCode::BAD_GATEWAY),
    }
}

/// The coffee machine, and what it sees of `grpc-timeout`.
fn recording() -> (
    impl GrpcService + Sync,
    mpsc::UnboundedReceiver<Option<String>>,
) {
    let (seen, timeouts) = mpsc::unbounded_channel();
    let service = service_fn(move |request: Request<ziggurat::Body>| {
        let timeout = request.headers().get("grpc-timeout");
        let timeout = timeout.and_then(|value| value.to_str().ok());
        seen.send(timeout.map(str::to_owned)).expect("it is read");
        in_process().oneshot(request)
    });
    (service, timeouts)
}

#[tokio::test(start_paused = true)]
async fn a_service_in_process_sees_the_timeout() -> Result<(), BoxError> {
    within(async {
        let (service, mut timeouts) = recording();
        let cafe = CoffeeMachineStub::new(service);
        cafe.make_latte(order("Ada", 0)).await?;
        assert_eq!(timeouts.recv().await, Some(None));
        let call = cafe.make_latte(order("Ada", 0));
        call.timeout(Duration::from_secs(5)).await?;
        assert_eq!(timeouts.recv().await, Some(Some("5000000u".into())));
        Ok(())
    })
    .await
}

#[tokio::test(start_paused = true)]
async fn a_handler_passes_on_what_is_left() -> Result<(), BoxError> {
    within(async {
        let (service, mut timeouts) = recording();
        let bar = bar(CoffeeMachineStub::new(service));
        let order = |timeout: Option<&str>| {
            let mut request = Request::post("/order");
            if let Some(timeout) = timeout {
                request = request.header("grpc-timeout", timeout);
            }
            request.body(Body::empty())
        };

        // B-10: five seconds, of which two are spent.
        let served = bar.clone().oneshot(order(Some("5S"))?).await?;
        assert_eq!(served.status(), StatusCode::OK);
        assert_eq!(timeouts.recv().await, Some(Some("3000000u".into())));

        let served = bar.clone().oneshot(order(None)?).await?;
        assert_eq!(served.status(), StatusCode::OK);
        assert_eq!(timeouts.recv().await, Some(None));

        // B-6: nothing is left, and nothing is sent.
        let served = bar.oneshot(order(Some("1S"))?).await?;
        assert_eq!(served.status(), StatusCode::GATEWAY_TIMEOUT);
        assert!(timeouts.is_empty());
        Ok(())
    })
    .await
}

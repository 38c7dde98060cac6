//! tower-http's layers between stub and ground.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
    time::Duration,
};

use http::{HeaderMap, HeaderName, HeaderValue};
use http_body_util::BodyExt;
use tower::ServiceBuilder;
use tower_http::{
    map_response_body::MapResponseBodyLayer,
    set_header::SetRequestHeaderLayer,
    trace::{DefaultOnBodyChunk, TraceLayer},
};
use tracing::Span;
use ziggurat::{BoxError, Code};
use ziggurat_examples::{cafe::CoffeeMachineStub, server::SPOONS};

use crate::{
    retry::Again,
    tour::{channel, channel_to, order, refusing, tour},
    within,
};

#[tokio::test]
async fn trace_sees_the_end_of_each_stream() -> Result<(), BoxError> {
    within(async {
        let ends = Arc::new(AtomicU32::new(0));
        let seen = Arc::clone(&ends);
        let trace = TraceLayer::new_for_grpc()
            .on_body_chunk(DefaultOnBodyChunk::new())
            .on_eos(move |trailers: Option<&HeaderMap>, _: Duration, _: &Span| {
                let ok = trailers.is_some_and(|trailers| trailers["grpc-status"] == "0");
                seen.fetch_add(u32::from(ok), Relaxed);
            });
        let service = ServiceBuilder::new().layer(trace).service(channel().await?);
        tour(&CoffeeMachineStub::new(service)).await?;
        assert_eq!(ends.load(Relaxed), 5, "one for each call of the tour");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_header_is_set_on_each_request() -> Result<(), BoxError> {
    within(async {
        let name = HeaderName::from_static("x-table");
        let value = HeaderValue::from_static("7");
        let service = ServiceBuilder::new()
            .layer(SetRequestHeaderLayer::overriding(name, value))
            .service(channel().await?);
        let cafe = CoffeeMachineStub::new(service);
        tour(&cafe).await?;
        let response = cafe.make_latte(order("Ada", 0)).send().await?;
        assert_eq!(response.initial_metadata().get("x-table"), Some("7"));
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_boxed_answer_body_still_tells_its_end() -> Result<(), BoxError> {
    within(async {
        let service = ServiceBuilder::new()
            .layer(MapResponseBodyLayer::new(BodyExt::boxed_unsync))
            .service(channel().await?);
        let cafe = CoffeeMachineStub::new(service);
        tour(&cafe).await?;
        let refused = cafe.make_latte(order("Bob", SPOONS + 1)).await;
        let refused = refused.expect_err("it is too sweet");
        assert_eq!(refused.code(), Code::InvalidArgument);

        // L-6: a retry outside of the box tells that the call is over.
        let (address, _socket) = refusing()?;
        let again = Again::times(2);
        let service = ServiceBuilder::new()
            .retry(again.clone())
            .layer(MapResponseBodyLayer::new(BodyExt::boxed_unsync))
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

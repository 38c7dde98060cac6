//! Stubs over boxed services in the state of an axum handler, whose future has to be `Send` too.

use axum::{Router, extract::State, routing::post};
use http::{Request, Response, StatusCode};
use http_body_util::BodyExt;
use tower::{
    Layer, ServiceBuilder, ServiceExt,
    buffer::Buffer,
    util::{BoxCloneSyncService, BoxCloneSyncServiceLayer, BoxService},
};
use ziggurat::{Body, BoxError, Channel, Status, channel};
use ziggurat_examples::cafe::CoffeeMachineStub;

use crate::grounds::{Answer, Ground, bean, channel, ground, line, order, three};

/// Any stack whose answers have the body that requests have.
type Erased = BoxCloneSyncService<Request<Body>, Response<Body>, BoxError>;
/// A channel without a type of its own.
type Boxed = BoxCloneSyncService<Request<Body>, Response<channel::ResponseBody>, BoxError>;
/// What is no `Clone`, behind a task that is.
type Behind = Buffer<Request<Body>, <Only as tower::Service<Request<Body>>>::Future>;
type Only = BoxService<Request<Body>, Answer, BoxError>;

/// Serves a handler that makes calls of all five kinds over a service of this type.
macro_rules! served {
    ($service:ty, $made:expr) => {{
        async fn calls(cafe: CoffeeMachineStub<$service>) -> Result<String, Status> {
            let coffee = cafe.make_latte(order()).await?;
            let mut watched = 0;
            let mut orders = cafe.watch(three()).await?;
            while orders.recv().await?.is_some() {
                watched += 1;
            }
            let receipt = cafe.upload([bean(7), bean(8)]).await?;
            let mut echoes = cafe.chat([line("hello")]).await?;
            let echo = echoes.recv().await?.expect("each line has one");
            let mut chat = cafe.open().chat();
            chat.send_last(line("bye")).await?;
            let last = chat.recv().await?.expect("each line has one");
            chat.finish().await?;
            Ok(format!(
                "{} {watched} {} {} {}",
                coffee.name, receipt.grams, echo.text, last.text
            ))
        }
        async fn handler(
            State(cafe): State<CoffeeMachineStub<$service>>,
        ) -> Result<String, StatusCode> {
            calls(cafe).await.map_err(|_| StatusCode::BAD_GATEWAY)
        }
        let cafe: CoffeeMachineStub<$service> = CoffeeMachineStub::new($made);
        let bar = Router::new()
            .route("/order", post(handler))
            .with_state(cafe);
        let order = Request::post("/order").body(axum::body::Body::empty())?;
        // As a server has it: on a task of its own.
        let served = tokio::spawn(bar.oneshot(order)).await??;
        assert_eq!(served.status(), StatusCode::OK);
        let text = served.into_body().collect().await?.to_bytes();
        assert_eq!(text, "Ada 3 15 you said: hello you said: bye");
    }};
}

#[tokio::test]
async fn a_boxed_service() -> Result<(), BoxError> {
    served!(Ground, ground());
    Ok(())
}

#[tokio::test]
async fn a_boxed_service_with_erased_bodies() -> Result<(), BoxError> {
    let erase = ServiceBuilder::new().map_response(|answer: Answer| answer.map(Body::new));
    served!(Erased, Erased::new(erase.service(ground())));
    Ok(())
}

#[tokio::test]
async fn a_channel_boxed_or_not() -> Result<(), BoxError> {
    served!(Channel, channel().await?);
    let fails = ServiceBuilder::new().map_err(BoxError::from);
    served!(Boxed, Boxed::new(fails.service(channel().await?)));
    Ok(())
}

#[tokio::test]
async fn what_is_no_clone() -> Result<(), BoxError> {
    served!(Behind, Buffer::new(Only::new(ground()), 4));
    Ok(())
}

#[tokio::test]
async fn what_a_boxed_layer_makes() -> Result<(), BoxError> {
    let layer = BoxCloneSyncServiceLayer::new(ServiceBuilder::new().concurrency_limit(4));
    served!(Ground, layer.layer(ground()));
    Ok(())
}

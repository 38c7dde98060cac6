//! Services whose types say nothing of what is in them.

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::BodyExt;
use tokio::net::TcpSocket;
use tower::{
    ServiceBuilder, ServiceExt, service_fn,
    util::{
        BoxCloneService, BoxCloneServiceLayer, BoxCloneSyncService, BoxCloneSyncServiceLayer,
        BoxLayer, BoxService,
    },
};
use ziggurat::{Body, BoxError, Channel, Code, GrpcService, channel};
use ziggurat_examples::{
    cafe::{CoffeeMachineStub, LatteOrder},
    server::SPOONS,
};

use crate::{
    grounds::{Answer, channel, ground, machine, order},
    spawned,
};

#[tokio::test]
async fn a_service() -> Result<(), BoxError> {
    spawned!(machine());
    spawned!(ground());
    spawned!(BoxCloneService::<Request<Body>, Answer, BoxError>::new(
        ground()
    ));
    let boxed = BoxService::<Request<Body>, Answer, BoxError>::new(ground());
    spawned!(ServiceBuilder::new().buffer(4).service(boxed)); // it is no `Clone`
    Ok(())
}

#[tokio::test]
async fn a_channel() -> Result<(), BoxError> {
    type Erased = BoxCloneSyncService<Request<Body>, Response<channel::ResponseBody>, BoxError>;
    spawned!(channel().await?);
    let fails = ServiceBuilder::new().map_err(BoxError::from);
    spawned!(Erased::new(fails.service(channel().await?)));
    Ok(())
}

#[tokio::test]
async fn a_layer() -> Result<(), BoxError> {
    let limit = ServiceBuilder::new().concurrency_limit(4);
    let layer = BoxCloneServiceLayer::new(limit.clone());
    spawned!(ServiceBuilder::new().layer(layer).service(ground()));
    let layer = BoxCloneSyncServiceLayer::new(limit.clone());
    spawned!(ServiceBuilder::new().layer(layer).service(ground()));
    let layer = BoxLayer::new(limit);
    spawned!(
        ServiceBuilder::new()
            .buffer(4)
            .layer(layer)
            .service(ground())
    );
    Ok(())
}

#[tokio::test]
async fn a_body() -> Result<(), BoxError> {
    let unsync = |answer: Response<tonic::body::Body>| {
        answer.map(|body| body.map_err(BoxError::from).boxed_unsync())
    };
    spawned!(
        ServiceBuilder::new()
            .map_response(unsync)
            .service(machine())
    );
    let shared = |answer: Response<channel::ResponseBody>| answer.map(BodyExt::boxed);
    spawned!(
        ServiceBuilder::new()
            .map_response(shared)
            .service(channel().await?)
    );
    Ok(())
}

/// Answers of several kinds, as one: what a layer has that answers some calls by itself.
fn erased<B>(answer: Response<B>) -> Response<Body>
where
    B: http_body::Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    answer.map(Body::new)
}

#[tokio::test]
async fn an_answer_in_the_body_that_requests_have() -> Result<(), BoxError> {
    let machine = machine();
    spawned!(ServiceBuilder::new().map_response(erased).service(machine));
    let channel = channel().await?;
    spawned!(ServiceBuilder::new().map_response(erased).service(channel));
    Ok(())
}

#[tokio::test]
async fn an_erased_answer_ends_as_it_came() -> Result<(), BoxError> {
    // of an answer without a body the end stands on its headers.
    let channel = channel().await?;
    let calls = ServiceBuilder::new().map_response(erased).service(channel);
    let cafe = CoffeeMachineStub::new(calls);
    let sugar = SPOONS + 1;
    let status = cafe.make_latte(LatteOrder { sugar, ..order() }).await;
    let status = status.unwrap_err();
    assert_eq!(status.to_string(), "INVALID_ARGUMENT: that is a syrup");

    // What failed on this side still has its cause.
    let deaf = TcpSocket::new_v4()?;
    deaf.bind(([127, 0, 0, 1], 0).into())?;
    let nowhere = Channel::builder(&format!("http://{}", deaf.local_addr()?))?.connect_lazy();
    let calls = ServiceBuilder::new().map_response(erased).service(nowhere);
    let status = CoffeeMachineStub::new(calls).make_latte(order()).await;
    let status = status.unwrap_err();
    assert_eq!(status.code(), Code::Unavailable);
    assert!(status.is_local() && status.cause().is_some(), "{status:?}");
    Ok(())
}

#[tokio::test]
async fn a_function() -> Result<(), BoxError> {
    let ground = ground();
    let function = move |request: Request<Body>| ground.clone().oneshot(request);
    spawned!(service_fn(function));
    Ok(())
}

/// What an application has that builds its stack in one place.
fn stack() -> impl GrpcService + Sync {
    ServiceBuilder::new().concurrency_limit(4).service(ground())
}

#[tokio::test]
async fn a_service_that_is_only_known_to_carry_calls() -> Result<(), BoxError> {
    spawned!(stack());
    Ok(())
}

//! Messages that may move between threads but not be shared by them: those with a `Cell` are so.

use std::{cell::Cell, convert::Infallible};

use http::{HeaderMap, HeaderName, Request, Response};
use http_body_util::BodyExt;
use serde::{Deserialize, Serialize};
use tower::{Service, service_fn};
use ziggurat::{Body, Client, GrpcService, Json, Method, Status, shape};

use crate::run;

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Cup(Cell<u8>);

fn cup(sugar: u8) -> Cup {
    Cup(Cell::new(sugar))
}

static MAKE: Method<Cup, Cup> = Method::new("/cafe.v1.CoffeeMachine/Make");
static WATCH: Method<Cup, Cup, shape::ServerStreaming> =
    Method::new("/cafe.v1.CoffeeMachine/Watch");
static UPLOAD: Method<Cup, Cup, shape::ClientStreaming> =
    Method::new("/cafe.v1.CoffeeMachine/Upload");
static CHAT: Method<Cup, Cup, shape::Bidi> = Method::new("/cafe.v1.CoffeeMachine/Chat");

/// Gives each message back.
fn client() -> Client<impl GrpcService, Json> {
    let echo = service_fn(async |request: Request<Body>| {
        let (head, body) = request.into_parts();
        let ok = HeaderMap::from_iter([(HeaderName::from_static("grpc-status"), 0.into())]);
        let mut answer = Response::new(body.with_trailers(async { Some(Ok(ok)) }));
        *answer.headers_mut() = head.headers;
        Ok::<_, Infallible>(answer)
    });
    Client::<_>::new(echo).with_codec()
}

/// Runs something on another thread.
async fn elsewhere<T: Send + 'static>(
    work: impl Future<Output = Result<T, Status>> + Send + 'static,
) -> T {
    tokio::spawn(work).await.unwrap().unwrap()
}

#[test]
fn opened_calls_send_them_from_any_task() {
    run(async {
        let client = client();

        let call = client.open().unary(&MAKE);
        let made = elsewhere(async move { call.send(cup(1)).await?.await }).await;
        assert_eq!(made, cup(1));
        let call = client.open().unary(&MAKE);
        let made = elsewhere(async move { call.send_uncompressed(cup(2)).await?.await });
        assert_eq!(made.await, cup(2));

        let call = client.open().server_streaming(&WATCH);
        let seen = elsewhere(async move { call.send(cup(3)).await?.recv().await }).await;
        assert_eq!(seen, Some(cup(3)));

        let mut call = client.open().client_streaming(&UPLOAD);
        let sum = elsewhere(async move {
            call.send_request().await?;
            call.send(cup(4)).await?;
            call.end().await?.await
        });
        assert_eq!(sum.await, cup(4));
        let call = client.open().client_streaming(&UPLOAD);
        let sum = elsewhere(async move { call.send_last(cup(5)).await?.await });
        assert_eq!(sum.await, cup(5));

        let mut call = client.open().bidi(&CHAT);
        let said = elsewhere(async move {
            call.send(cup(6)).await?;
            call.send_uncompressed(cup(7)).await?;
            call.send_last(cup(8)).await?;
            let first = call.recv().await?;
            let second = call.recv().await?;
            call.finish().await?;
            Ok((first, second))
        });
        assert_eq!(said.await, (Some(cup(6)), Some(cup(7))));

        let (mut sender, mut answers) = client.open().bidi(&CHAT).split().await.unwrap();
        elsewhere(async move {
            sender.send(cup(9)).await?;
            sender.send_uncompressed(cup(10)).await?;
            sender.send_last(cup(11)).await
        })
        .await;
        let heard = elsewhere(async move { answers.recv().await }).await;
        assert_eq!(heard, Some(cup(9)));
    });
}

#[test]
fn simple_calls_send_them_from_any_task() {
    run(async {
        let client = client();
        let call = client.unary(&MAKE, cup(1));
        assert_eq!(elsewhere(call).await, cup(1));
        let response = elsewhere(client.unary(&MAKE, cup(1)).send()).await;
        assert_eq!(response.into_message(), cup(1));
        let call = client.server_streaming(&WATCH, cup(2));
        let seen = elsewhere(async move { call.collect().await }).await;
        assert_eq!(seen, [cup(2)]);
        let call = client.client_streaming(&UPLOAD, [cup(3)]);
        assert_eq!(elsewhere(call).await, cup(3));
        let call = client.bidi(&CHAT, futures_util::stream::iter([cup(4), cup(5)]));
        let said = elsewhere(async move { call.collect().await }).await;
        assert_eq!(said, [cup(4), cup(5)]);
        let mut bound = client.service(&MAKE);
        let made = elsewhere(async move { bound.call(cup(6)).await }).await;
        assert_eq!(made.into_message(), cup(6));
    });
}

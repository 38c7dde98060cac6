//! The codec is chosen for each stub.

use std::convert::Infallible;

use bytes::Bytes;
use http::Request;
use http_body_util::BodyExt;
use prost::Message;
use serde::{Deserialize, Serialize};
use tower::service_fn;
use ziggurat::{Body, Client, Code, GrpcService, Json, Method, Raw, shape};
use ziggurat_examples::cafe::{Coffee, CoffeeMachineMethods, LatteOrder, Order};

use crate::{
    in_process::{Answer, framed},
    messages::{coffee, filter, order},
    run,
    server::Port,
};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Cup {
    sugar: u8,
}

static MAKE: Method<Cup, Cup, shape::Unary> = Method::new("/cafe.v1.CoffeeMachine/Make");

/// Answers with the request's message, as JSON.
fn json_echo() -> impl GrpcService {
    service_fn(|request: Request<Body>| async {
        // A-6
        assert_eq!(request.headers()["content-type"], "application/grpc+json");
        let message = request.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(&message[5..], br#"{"sugar":3}"#);
        let trailers = [("grpc-status", "0")];
        let answer = Answer::new(200, &[("content-type", "application/grpc+json")]);
        Ok::<_, Infallible>(answer.data(message).trailers(&trailers).response())
    })
}

#[test]
fn json_over_a_service_in_process() {
    run(async {
        let client = Client::<_>::new(json_echo()).with_codec::<Json>();
        let cup = client.unary(&MAKE, Cup { sugar: 3 }).await.unwrap();
        assert_eq!(cup, Cup { sugar: 3 });
        let opened = client.open().unary(&MAKE);
        let reply = opened.send(Cup { sugar: 3 }).await.unwrap();
        assert_eq!(reply.await.unwrap(), Cup { sugar: 3 });
    });
}

#[test]
fn an_answer_of_another_codec_is_refused() {
    // A-77
    run(async {
        let answer = Answer::new(200, &[("content-type", "application/grpc+proto")]);
        let refusing = Client::<_>::new(answer.data(framed(b"{}")).ok().service());
        let status = refusing
            .with_codec::<Json>()
            .unary(&MAKE, Cup { sugar: 3 })
            .await
            .unwrap_err();
        assert_eq!(status.code(), Code::Internal);
        let text = "answers with application/grpc+proto, the call asked for application/grpc+json";
        assert!(status.message().contains(text), "{status}");
    });
}

#[test]
fn json_that_does_not_fit_is_internal() {
    // A-61
    run(async {
        let answer = Answer::new(200, &[("content-type", "application/grpc+json")]);
        let client = Client::<_>::new(answer.data(framed(b"{\"sugar\":-1}")).ok().service());
        let call = client.with_codec::<Json>().unary(&MAKE, Cup { sugar: 3 });
        let status = call.await.unwrap_err();
        assert_eq!(status.code(), Code::Internal);
        assert!(
            status.message().contains("the answer does not deserialise"),
            "{status}"
        );
    });
}

#[test]
fn raw_bytes_against_tonic() {
    static MAKE_LATTE: Method<Bytes, Bytes> = CoffeeMachineMethods::MAKE_LATTE.raw();
    static WATCH: Method<Bytes, Bytes, shape::ServerStreaming> = CoffeeMachineMethods::WATCH.raw();
    run(async {
        let port = Port::bind();
        let _server = port.serve();
        let proto = Client::<_>::new(port.channel());
        let raw = proto.with_codec::<Raw>();
        let bytes = raw
            .unary(&MAKE_LATTE, order().encode_to_vec().into())
            .await
            .unwrap();
        assert_eq!(Coffee::decode(bytes).unwrap(), coffee());
        let orders = raw.server_streaming(&WATCH, filter(2).encode_to_vec().into());
        let orders = orders.collect().await.unwrap();
        let numbers = orders
            .into_iter()
            .map(|bytes| Order::decode(bytes).unwrap().number);
        assert!(numbers.eq(0..2));
        // Two codecs, one connection.
        let message: LatteOrder = order();
        assert_eq!(
            proto
                .unary(&CoffeeMachineMethods::MAKE_LATTE, message)
                .await
                .unwrap(),
            coffee()
        );
    });
}

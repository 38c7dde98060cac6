//! How calls fail, in each shape.

use prost::Message;
use ziggurat::{CallOptions, Client, Code, Method, Status, protocol::status::RpcStatus, shape};
use ziggurat_examples::cafe::{Coffee, LatteOrder};
use ziggurat_types::{BadRequest, Detail, RetryInfo, StandardDetails, bad_request::FieldViolation};

use crate::{
    in_process::Answer,
    machine::{DETAILS, SORRY},
    messages::{filter, line, order},
    run,
    server::{Port, cafe},
};

fn assert_sorry(status: &Status, code: Code) {
    assert_eq!(status.code(), code);
    assert_eq!(status.message(), SORRY);
    assert!(!status.is_local());
    assert!(status.cause().is_none());
}

#[test]
fn the_server_s_code_text_and_details() {
    run(async {
        let (cafe, _server) = cafe();
        for number in 1..=16u32 {
            let call = cafe
                .make_latte(order())
                .metadata("x-fail", &number.to_string());
            let status = call.await.unwrap_err();
            assert_sorry(&status, Code::from_number(number).expect("gRPC defines it"));
            assert_eq!(status.number(), number);
            assert_eq!(
                status.details_bytes().map(|bytes| &bytes[..]),
                Some(DETAILS)
            );
            // what cannot be read is an error of its own, and nothing else.
            assert!(
                status
                    .details::<RpcStatus>()
                    .expect("they are there")
                    .is_err()
            );
        }
    });
}

#[test]
fn in_each_shape() {
    run(async {
        let (cafe, _server) = cafe();
        let failing = CallOptions::new().metadata("x-fail", "9").unwrap();
        let cafe = cafe.with(failing);
        let code = Code::FailedPrecondition;
        assert_sorry(&cafe.make_latte(order()).await.unwrap_err(), code);
        assert_sorry(&cafe.upload([]).await.unwrap_err(), code);
        assert_sorry(&cafe.watch(filter(1)).collect().await.unwrap_err(), code);
        assert_sorry(&cafe.chat([line("hi")]).collect().await.unwrap_err(), code);
        // A stream gives it again and again; as a `Stream` it then ends.
        let mut orders = cafe.watch(filter(1)).await.unwrap();
        assert_sorry(&orders.recv().await.unwrap_err(), code);
        assert_sorry(&orders.recv().await.unwrap_err(), code);
    });
}

#[test]
fn messages_before_the_failure_are_delivered() {
    //
    run(async {
        let (cafe, _server) = cafe();
        let call = cafe.watch(filter(9)).metadata("x-fail-after", "3");
        let mut orders = call.await.unwrap();
        for number in 0..3 {
            assert_eq!(orders.recv().await.unwrap().unwrap().number, number);
        }
        assert_sorry(&orders.recv().await.unwrap_err(), Code::Aborted);
        let call = cafe.watch(filter(9)).metadata("x-fail-after", "3");
        assert_sorry(&call.collect().await.unwrap_err(), Code::Aborted);
    });
}

#[test]
fn an_unknown_method_is_unimplemented() {
    run(async {
        static TEA: Method<LatteOrder, Coffee, shape::Unary> =
            Method::new("/cafe.v1.CoffeeMachine/MakeTea");
        let port = Port::bind();
        let _server = port.serve();
        let client = Client::<_>::new(port.channel());
        let status = client.unary(&TEA, order()).await.unwrap_err();
        assert_eq!(status.code(), Code::Unimplemented);
        assert!(!status.is_local());
    });
}

#[test]
fn standard_details_are_read_and_unknown_ones_kept() {
    //
    run(async {
        let sugar = FieldViolation::new("sugar", "too sweet");
        let known = Detail::BadRequest(BadRequest::new([sugar]));
        let unknown = Detail::Unknown(prost_types::Any {
            type_url: "cafe.example/cafe.v1.Sorry".to_owned(),
            value: vec![8, 1],
        });
        let sent = vec![unknown, known.clone(), known];
        let packed = sent.iter().cloned().map(Detail::into_any);
        let bytes = RpcStatus::new(3, "inner", packed.collect());
        let answer = Answer::grpc()
            .trailers(&[("grpc-status", "3"), ("grpc-message", "outer")])
            .details(bytes.encode_to_vec());
        let status = answer.stub().make_latte(order()).await.unwrap_err();
        assert_eq!(status.to_string(), "INVALID_ARGUMENT: outer");
        let details = status.details::<StandardDetails>().unwrap().unwrap();
        assert_eq!(details.details, sent);
        assert_eq!(
            status.detail::<BadRequest>().map(Detail::from),
            sent.get(1).cloned()
        );
        assert_eq!(status.detail::<RetryInfo>(), None);
        let raw = status.details::<RpcStatus>().unwrap().unwrap();
        assert_eq!((raw, details.message.as_str()), (bytes, "inner"));
    });
}

#[test]
fn one_detail_is_none_if_it_cannot_be_read() {
    //
    run(async {
        let torn = prost_types::Any {
            type_url: "type.googleapis.com/google.rpc.RetryInfo".to_owned(),
            value: vec![0x0a, 7],
        };
        let bytes = RpcStatus::new(3, "", vec![torn]).encode_to_vec();
        for details in [bytes, b"no message".to_vec()] {
            let answer = Answer::grpc().trailers(&[("grpc-status", "3")]);
            let status = answer.details(details).stub().make_latte(order()).await;
            let status = status.unwrap_err();
            assert_eq!(status.code(), Code::InvalidArgument);
            assert_eq!(status.detail::<RetryInfo>(), None);
            assert_eq!(status.detail::<BadRequest>(), None);
        }
    });
}

#[test]
fn details_that_contradict_are_noticed() {
    //
    run(async {
        let bytes = RpcStatus::new(5, "", Vec::new()).encode_to_vec();
        let answer = Answer::grpc()
            .trailers(&[("grpc-status", "3")])
            .details(bytes);
        let status = answer.stub().make_latte(order()).await.unwrap_err();
        assert_eq!(status.code(), Code::Internal);
        assert!(
            status
                .message()
                .contains("grpc-status says 3, its details say 5"),
            "{status}"
        );
    });
}

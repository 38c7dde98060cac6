//! What becomes of compressed answers.

use bytes::Bytes;
use prost::Message;
use ziggurat::{
    CallOptions, Code, Status,
    compression::{Deflate, Encodings, Gzip, Pooled, Zstd},
};
use ziggurat_examples::cafe::{Coffee, Filter, Order};
use ziggurat_testing::peer::{Connection, Fields, Reason};

use crate::{
    cafe::{Cafe, compressed, framed, long, order, within},
    rle::Rle,
    snappy::Snappy,
};

type Call = ziggurat::Call<Coffee, ziggurat::Channel>;
type Setting = fn(Call) -> Call;

fn coffee() -> Coffee {
    Coffee {
        name: long(),
        temperature: 60,
    }
}

/// Takes the next request and sends headers and messages, but no trailers; gives the stream.
async fn begin(peer: &mut Connection, encoding: Option<&str>, messages: Bytes) -> u32 {
    let stream = peer.request().await.unwrap().stream;
    let mut fields: Fields = [(":status", "200"), ("content-type", "application/grpc")].into();
    if let Some(encoding) = encoding {
        fields.push("grpc-encoding", encoding);
    }
    peer.headers(stream, fields).await.unwrap();
    peer.paced_data(stream, messages).await.unwrap();
    stream
}

async fn ok(peer: &mut Connection, encoding: Option<&str>, messages: Bytes) {
    let stream = begin(peer, encoding, messages).await;
    peer.trailers(stream, [("grpc-status", "0")]).await.unwrap();
}

/// What a call ends with whose answer is wrong; its stream is cancelled, and the connection serves another call.
async fn refused(cafe: &mut Cafe, encoding: Option<&str>, message: Bytes) -> Status {
    within(async {
        let script = async {
            let stream = begin(&mut cafe.peer, encoding, message).await;
            let reset = cafe.peer.reset_of(stream).await.unwrap();
            assert_eq!(reset, Reason::CANCEL);
        };
        let (answer, ()) = tokio::join!(cafe.stub.make_latte(order("x")), script);
        cafe.sent(async |cafe| cafe.make_latte(order("x")).await.unwrap())
            .await;
        answer.unwrap_err()
    })
    .await
}

#[tokio::test]
async fn each_encoding_is_read_whatever_the_request_uses() {
    //
    let options = CallOptions::new()
        .accept_encoding(Rle)
        .accept_encoding(Snappy);
    let mut cafe = Cafe::with(options).await;
    let encodings: [Pooled; 5] = [
        Gzip::new().into(),
        Deflate::new().into(),
        Zstd::new().into(),
        Rle.into(),
        Snappy.into(),
    ];
    for encoding in encodings {
        let message = compressed(encoding.clone(), &coffee().encode_to_vec());
        let script = ok(&mut cafe.peer, Some(encoding.name()), framed(1, &message));
        let call = cafe.stub.make_latte(order("x"));
        let (answer, ()) = within(async { tokio::join!(call, script) }).await;
        assert_eq!(answer.unwrap(), coffee(), "{encoding:?}");
    }
}

#[tokio::test]
async fn each_message_has_a_flag_of_its_own() {
    //
    let mut cafe = Cafe::open().await;
    let name = |number: u32| if number == 1 { String::new() } else { long() };
    let orders: Vec<_> = (0..4)
        .map(|number| Order {
            number,
            name: name(number),
            ..Order::default()
        })
        .collect();
    let messages: Vec<_> = orders
        .iter()
        .map(|order| {
            let message = order.encode_to_vec();
            if order.number % 2 == 0 {
                framed(1, &compressed(Gzip::new(), &message))
            } else {
                framed(0, &message)
            }
        })
        .collect();
    let script = ok(&mut cafe.peer, Some("gzip"), messages.concat().into());
    let call = cafe.stub.watch(Filter::default()).collect();
    let (answer, ()) = within(async { tokio::join!(call, script) }).await;
    assert_eq!(answer.unwrap(), orders);
}

#[tokio::test]
async fn an_unknown_encoding_is_no_error_while_nothing_is_compressed() {
    //
    let mut cafe = Cafe::open().await;
    let script = ok(
        &mut cafe.peer,
        Some("lz4"),
        framed(0, &coffee().encode_to_vec()),
    );
    let call = cafe.stub.make_latte(order("x"));
    let (answer, ()) = within(async { tokio::join!(call, script) }).await;
    assert_eq!(answer.unwrap(), coffee());
}

#[tokio::test]
async fn a_compressed_message_needs_an_encoding_that_is_known() {
    //
    let mut cafe = Cafe::open().await;
    let message = framed(1, &compressed(Gzip::new(), b""));
    let supported =
        "a message is compressed with `lz4`; supported is: zstd, gzip, deflate, identity";
    for (encoding, text) in [
        (
            None,
            "a message is compressed, but the answer names no grpc-encoding",
        ),
        (
            Some("identity"),
            "a message is compressed, but the answer's grpc-encoding is identity",
        ),
        (Some("lz4"), supported),
    ] {
        let status = refused(&mut cafe, encoding, message.clone()).await;
        assert_eq!((status.code(), status.message()), (Code::Internal, text));
    }
}

#[tokio::test]
async fn a_corrupt_message_ends_the_call() {
    //
    let mut cafe = Cafe::open().await;
    let whole = compressed(Gzip::new(), &coffee().encode_to_vec());
    let mut wrong = whole.to_vec();
    wrong[12] ^= 0x55;
    for message in [
        &b""[..],
        b"noise",
        &wrong,
        &whole[..whole.len() - 1],
        &[&whole[..], b"x"].concat(),
    ] {
        let status = refused(&mut cafe, Some("gzip"), framed(1, message)).await;
        assert_eq!(status.code(), Code::Internal);
        assert!(
            status.message().contains("does not decompress with `gzip`"),
            "{status}"
        );
        assert!(status.cause().is_some());
    }
}

#[tokio::test]
async fn the_receive_limit_is_one_of_messages_after_decompression() {
    //
    let message = coffee().encode_to_vec();
    let mut cafe = Cafe::with(CallOptions::new().max_receive_message_size(message.len() - 1)).await;
    for encoding in [
        Pooled::from(Gzip::new()),
        Deflate::new().into(),
        Zstd::new().into(),
    ] {
        let short = framed(1, &compressed(encoding.clone(), &message));
        let status = refused(&mut cafe, Some(encoding.name()), short.clone()).await;
        assert_eq!(status.code(), Code::ResourceExhausted, "{encoding:?}");

        let script = ok(&mut cafe.peer, Some(encoding.name()), short);
        let call = cafe
            .stub
            .make_latte(order("x"))
            .max_receive_message_size(message.len());
        let (answer, ()) = within(async { tokio::join!(call, script) }).await;
        assert_eq!(answer.unwrap(), coffee());
    }
}

#[tokio::test]
async fn a_bomb_stops_at_the_limit() {
    // a gibibyte of zeros in 32 KiB, as blocks of one repeated byte
    let mut cafe = Cafe::open().await;
    let block = [2, 0, 16, 0];
    let bomb = [b"\x28\xb5\x2f\xfd\0\x58", &block.repeat(8192)[..]].concat();
    let status = refused(&mut cafe, Some("zstd"), framed(1, &bomb)).await;
    assert_eq!(status.code(), Code::ResourceExhausted);
    assert!(status.message().contains("4194304 bytes"), "{status}");
}

#[tokio::test]
async fn a_server_that_cannot_read_the_request_is_believed() {
    //
    let mut cafe = Cafe::with(CallOptions::new().compress_with(Rle)).await;
    let script = async {
        let stream = cafe.peer.request().await.unwrap().stream;
        cafe.peer.body(stream).await.unwrap();
        let fields = [
            (":status", "200"),
            ("content-type", "application/grpc"),
            ("grpc-status", "12"),
            ("grpc-message", "x-rle?"),
            ("grpc-accept-encoding", "gzip"),
        ];
        cafe.peer.trailers(stream, fields).await.unwrap();
    };
    let call = cafe.stub.make_latte(order(long()));
    let (answer, ()) = within(async { tokio::join!(call, script) }).await;
    let status = answer.unwrap_err();
    assert_eq!(
        (status.code(), status.message()),
        (Code::Unimplemented, "x-rle?")
    );
}

#[tokio::test]
async fn what_is_announced_can_be_narrowed() {
    //
    let gzip = Encodings::none().with(Gzip::new());
    let options = CallOptions::new().accept_encodings(gzip.clone());
    let mut cafe = Cafe::with(options).await;
    let table: [(Setting, &[&str]); 5] = [
        (|call| call, &["gzip"]),
        (|call| call.accept_encoding(Rle), &["x-rle,gzip"]),
        (|call| call.accept_encodings(Encodings::none()), &[]),
        (
            |call| call.accept_encodings(Encodings::none().with(Zstd::new())),
            &["zstd"],
        ),
        (
            |call| {
                let none = call.accept_encodings(Encodings::none());
                none.accept_encoding(Rle)
            },
            &["x-rle"],
        ),
    ];
    for (set, announced) in table {
        let sent = cafe
            .sent(async |cafe| set(cafe.make_latte(order("x"))).await)
            .await;
        assert_eq!(sent.header("grpc-accept-encoding"), announced);
    }
    // Of a stub: beside what it has, and over it.
    let stub = cafe.stub.clone();
    for (options, announced) in [
        (CallOptions::new().accept_encoding(Rle), "x-rle,gzip"),
        (
            CallOptions::new().accept_encodings(Encodings::built_in()),
            "zstd,gzip,deflate",
        ),
    ] {
        cafe.stub = stub.with(options);
        let sent = cafe
            .sent(async |cafe| cafe.make_latte(order("x")).await)
            .await;
        assert_eq!(sent.header("grpc-accept-encoding"), [announced]);
    }
}

#[tokio::test]
async fn what_was_not_announced_is_not_read() {
    //
    for (encodings, supported) in [
        (Encodings::none(), "identity"),
        (Encodings::none().with(Zstd::new()), "zstd, identity"),
    ] {
        let options = CallOptions::new().accept_encodings(encodings);
        let mut cafe = Cafe::with(options).await;
        let message = compressed(Gzip::new(), &coffee().encode_to_vec());
        let status = refused(&mut cafe, Some("gzip"), framed(1, &message)).await;
        assert_eq!(status.code(), Code::Internal);
        assert_eq!(
            status.message(),
            format!("a message is compressed with `gzip`; supported is: {supported}")
        );
    }
}

use super::*;
use crate::{
    compression::Encodings,
    frame::{self, Decoder},
};

fn content_type<C: Codec<Req, Resp>, Req, Resp>() -> &'static str {
    C::CONTENT_TYPE
}

#[test]
fn content_types_have_a_subtype_in_lower_case() {
    //
    let proto = "application/grpc+proto";
    assert_eq!(content_type::<Prost, String, String>(), proto);
    assert_eq!(content_type::<Raw, Bytes, Bytes>(), proto);
}

#[test]
fn what_does_not_deserialise_is_internal() {
    //
    let status = <Prost as Codec<String, String>>::decode(Bytes::from_static(b"\xff")).unwrap_err();
    assert_eq!(status.code(), Code::Internal);
    assert!(status.cause().unwrap().is::<prost::DecodeError>());
}

#[test]
fn an_answer_is_read_from_its_bytes_and_no_others() {
    // what does not fit into the first three bytes does not borrow from those behind
    for (received, expected) in [
        (&b"\x0a\x01a\x0a\x01b"[..], Some("a")),
        (b"\x0a\x02ab", None),
        (b"\x0a\x00\xff\x0a\x01b", None),
    ] {
        let mut received = Bytes::from_static(received);
        let read = <Prost as Codec<String, String>>::decode_from(&mut received, 3);
        assert_eq!(read.as_deref().ok(), expected);
        assert!(read.is_err() || received == "\x0a\x01b");
    }
}

/// A codec that fails in the middle of a message.
enum Choking {}

impl Codec<(), ()> for Choking {
    const CONTENT_TYPE: &'static str = "application/grpc+choking";

    fn encode((): &(), buffer: &mut BytesMut) -> Result<(), Status> {
        buffer.extend_from_slice(b"half a mess");
        let cause = std::io::Error::other("no more beans");
        Err(Status::local(Code::Internal, cause.to_string()).with_source(cause))
    }

    fn decode(_: Bytes) -> Result<(), Status> {
        Ok(())
    }
}

#[test]
fn what_does_not_serialise_is_internal_and_leaves_nothing_to_send() {
    //
    let mut buffer = BytesMut::from(&b"before"[..]);
    let status = frame::encode::<Choking, (), ()>(&(), &mut buffer, usize::MAX).unwrap_err();
    assert_eq!(status.code(), Code::Internal);
    assert!(status.message().contains("no more beans"), "{status}");
    assert!(status.cause().unwrap().is::<std::io::Error>());
    assert_eq!(buffer, "before");
}

#[cfg(feature = "json")]
#[test]
fn json_that_does_not_fit_is_internal() {
    //
    use std::collections::HashMap;

    type Odd = HashMap<Vec<u8>, u8>; // JSON has text keys only
    assert_eq!(content_type::<Json, Odd, u8>(), "application/grpc+json");
    let mut buffer = BytesMut::new();
    let odd = Odd::from([(vec![1], 1)]);
    let status = frame::encode::<Json, Odd, u8>(&odd, &mut buffer, usize::MAX).unwrap_err();
    assert_eq!(status.code(), Code::Internal);
    assert!(buffer.is_empty());
    let status = <Json as Codec<Odd, u8>>::decode(Bytes::from_static(b"-1")).unwrap_err();
    assert_eq!(status.code(), Code::Internal);
    assert!(status.cause().unwrap().is::<serde_json::Error>());
}

/// Takes one byte more than its message has.
struct Greedy;

impl Codec<(), Bytes> for Greedy {
    const CONTENT_TYPE: &'static str = "application/grpc+proto";

    fn encode((): &(), _: &mut BytesMut) -> Result<(), Status> {
        Ok(())
    }

    fn decode(message: Bytes) -> Result<Bytes, Status> {
        Ok(message)
    }

    fn decode_from(received: &mut Bytes, length: usize) -> Result<Bytes, Status> {
        Ok(received.split_to(length + 1))
    }
}

#[test]
#[should_panic = "the codec read beyond its message"]
fn a_codec_that_reads_beyond_its_message_has_a_bug() {
    // Or the next message would begin in its middle.
    let mut messages = Decoder::new(100, Encodings::default());
    messages.push(b"\0\0\0\0\x05latte\0\0\0\0\x05mocha"[..].into());
    let mut batch = messages.take(usize::MAX).unwrap().unwrap();
    let _ = batch.read_next(Greedy::decode_from);
}

use std::io;

use bytes::{Bytes, BytesMut};

use super::framed;
use crate::{
    Code, Status,
    codec::Raw,
    compression::{
        Compressor, DecompressError, Decompressor, Encoding, Encodings, tests::rle::Rle,
    },
    frame::{Decoder, Encoder},
};

fn encoder(from: usize) -> Encoder {
    Encoder::new(usize::MAX).compressing(Rle::pooled(), from)
}

fn encode(encoder: &Encoder, message: &[u8], buffer: &mut BytesMut) -> Result<(), Status> {
    encoder.encode::<Raw, _, Bytes>(&Bytes::copy_from_slice(message), buffer)
}

fn encoded(encoder: &Encoder, message: &[u8]) -> BytesMut {
    let mut buffer = BytesMut::new();
    encode(encoder, message, &mut buffer).unwrap();
    let finished = encoder.finish(framed(&[message])).unwrap();
    assert_eq!(finished, buffer); // written early or late, it is the same
    buffer
}

const ZEROS: [u8; 100] = [0; 100];

#[test]
fn a_message_is_compressed_if_that_makes_it_shorter() {
    //
    assert_eq!(encoded(&encoder(0), &ZEROS), &b"\x01\0\0\0\x02\x64\0"[..]);
    assert_eq!(encoded(&encoder(0), b"latte"), &b"\0\0\0\0\x05latte"[..]);
    assert_eq!(encoded(&encoder(0), b"aa"), &b"\0\0\0\0\x02aa"[..]);
    assert_eq!(encoded(&encoder(0), b""), &b"\0\0\0\0\0"[..]);
}

#[test]
fn short_messages_are_not_compressed() {
    //
    assert_eq!(encoded(&encoder(100), &ZEROS)[0], 1);
    assert_eq!(encoded(&encoder(101), &ZEROS)[0], 0);
}

#[test]
fn without_a_choice_nothing_is_compressed() {
    //
    assert_eq!(encoded(&Encoder::default(), &ZEROS)[0], 0);
    // at once, for the very next message
    assert_eq!(encoded(&encoder(0).uncompressed(), &ZEROS)[0], 0);
}

#[test]
fn messages_follow_each_other() {
    let (encoder, mut buffer) = (encoder(0), BytesMut::new());
    for message in [&b"latte"[..], &ZEROS, b"", &ZEROS] {
        encode(&encoder, message, &mut buffer).unwrap();
    }
    let mut decoder = decoder(100, Some("x-rle"));
    decoder.push(buffer.freeze());
    for message in [&b"latte"[..], &ZEROS, b"", &ZEROS] {
        assert_eq!(decoder.next().unwrap().unwrap(), message);
    }
    assert!(decoder.next().unwrap().is_none() && decoder.is_at_boundary());
}

#[test]
fn the_send_limit_is_one_of_messages_before_compression() {
    //
    for limit in [99, 100] {
        let encoder = Encoder::new(limit).compressing(Rle::pooled(), 0);
        let mut buffer = BytesMut::from("before");
        let written = encode(&encoder, &ZEROS, &mut buffer);
        let finished = encoder.finish(framed(&[&ZEROS]));
        if limit == 100 {
            assert!(written.is_ok() && finished.is_ok());
        } else {
            assert_eq!(written.unwrap_err().code(), Code::ResourceExhausted);
            assert_eq!(finished.unwrap_err().code(), Code::ResourceExhausted);
            assert_eq!(buffer, "before");
        }
    }
}

#[test]
fn what_does_not_compress_ends_the_call_and_leaves_the_buffer_alone() {
    //
    let encoder = Encoder::default().compressing(Broken.into(), 0);
    let mut buffer = BytesMut::from("before");
    let status = encode(&encoder, &ZEROS, &mut buffer).unwrap_err();
    assert_eq!(
        (status.code(), &buffer[..]),
        (Code::Internal, &b"before"[..])
    );
    assert!(status.message().contains("`x-broken`") && status.cause().is_some());
}

fn decoder(limit: usize, encoding: Option<&'static str>) -> Decoder {
    let encodings = Encodings::default().with(Rle::pooled()).with(Broken);
    let mut decoder = Decoder::new(limit, encodings);
    decoder.set_encoding(encoding.map(http::HeaderValue::from_static).as_ref());
    decoder
}

fn decoded(limit: usize, encoding: Option<&'static str>, wire: &[u8]) -> Result<Bytes, Status> {
    let mut decoder = decoder(limit, encoding);
    decoder.push(Bytes::copy_from_slice(wire));
    decoder.next().map(|message| message.expect("it is whole"))
}

const COMPRESSED: &[u8] = b"\x01\0\0\0\x02\x64\0";

#[test]
fn every_split_gives_the_same_message() {
    //
    for at in 0..=COMPRESSED.len() {
        let mut decoder = decoder(100, Some("x-rle"));
        decoder.push(Bytes::from_static(&COMPRESSED[..at]));
        let early = decoder.next().unwrap();
        decoder.push(Bytes::from_static(&COMPRESSED[at..]));
        let message = early.or_else(|| decoder.next().unwrap());
        assert_eq!(message.unwrap(), &ZEROS[..]);
    }
}

#[test]
fn the_receive_limit_is_one_of_messages_after_decompression() {
    //
    assert_eq!(decoded(100, Some("x-rle"), COMPRESSED).unwrap(), &ZEROS[..]);
    let over = decoded(99, Some("x-rle"), COMPRESSED).unwrap_err();
    assert_eq!(over.code(), Code::ResourceExhausted);
    assert!(over.message().contains("99 bytes"), "{over}");
    let long = decoded(1, Some("x-rle"), COMPRESSED).unwrap_err();
    assert_eq!(long.code(), Code::ResourceExhausted); // already by its prefix
}

#[test]
fn a_compressed_message_needs_an_encoding() {
    //
    for (encoding, said) in [(None, "names no"), (Some("identity"), "is identity")] {
        let status = decoded(100, encoding, COMPRESSED).unwrap_err();
        assert_eq!(status.code(), Code::Internal);
        assert!(status.message().contains(said), "{status}");
    }
}

#[test]
fn an_unknown_encoding_matters_to_compressed_messages_only() {
    //
    assert_eq!(decoded(9, Some("lz4"), b"\0\0\0\0\x01a").unwrap(), "a");
    let status = decoded(100, Some("lz4"), COMPRESSED).unwrap_err();
    let text = "a message is compressed with `lz4`; supported is: x-broken, x-rle, identity";
    assert_eq!((status.code(), status.message()), (Code::Internal, text));
}

#[test]
fn plain_messages_need_no_encoding_and_are_not_copied() {
    //
    let wire = framed(&[b"latte"]);
    let mut decoder = decoder(100, Some("x-rle"));
    decoder.push(wire.clone());
    let message = decoder.next().unwrap().unwrap();
    assert_eq!(message.as_ptr(), wire[5..].as_ptr());
}

#[test]
fn a_corrupt_message_is_internal() {
    //
    let status = decoded(100, Some("x-rle"), b"\x01\0\0\0\x01\x64").unwrap_err();
    assert_eq!(status.code(), Code::Internal);
    let source = status
        .cause()
        .and_then(|cause| cause.downcast_ref::<io::Error>());
    assert_eq!(source.unwrap().kind(), io::ErrorKind::UnexpectedEof);
}

/// Never compresses.
struct Broken;

impl Encoding for Broken {
    const NAME: &'static str = "x-broken";

    fn compressor(&self) -> Box<dyn Compressor> {
        Box::new(Self)
    }

    fn decompressor(&self) -> Box<dyn Decompressor> {
        Box::new(Self)
    }
}

impl Compressor for Broken {
    fn compress(&mut self, _: &[u8], output: &mut BytesMut) -> io::Result<()> {
        output.extend_from_slice(b"half");
        Err(io::Error::other("no"))
    }
}

impl Decompressor for Broken {
    fn decompress(&mut self, _: Bytes, _: &mut BytesMut, _: usize) -> Result<(), DecompressError> {
        Err(io::Error::other("no").into())
    }
}

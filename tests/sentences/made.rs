//! Errors of every type, made on purpose: what each says, and that what it leads to says something else.

use std::{error::Error, io, iter};

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderValue, StatusCode};
use serde::{Serialize, Serializer};
use ziggurat::{
    CallOptions, Channel, Code, Json, Metadata, Status,
    channel::{Http2Options, Proxy},
    compression::{Compressor, DecompressError, Decompressor, Encoding, Encodings, Gzip, Pooled},
    layers::{deadline::Elapsed, status},
    open::Misuse,
    protocol::{
        InvalidMetadata,
        body::Abandoned,
        codec::{Codec, Prost},
        frame::{Decoder, Encoder, over_send_limit},
        response::{self, Head},
        status::RpcStatus,
        timeout,
    },
    tls::{Identity, Roots},
};

type Made = (Box<dyn Error>, &'static str);

/// An error and what it says.
fn made(error: impl Into<Box<dyn Error>>, text: &'static str) -> Made {
    (error.into(), text)
}

fn fields<const N: usize>(fields: [(&'static str, &'static str); N]) -> HeaderMap {
    let fields = fields.map(|(name, value)| {
        let name = http::HeaderName::from_static(name);
        (name, HeaderValue::from_static(value))
    });
    HeaderMap::from_iter(fields)
}

fn ended<const N: usize>(trailers: [(&'static str, &'static str); N]) -> Status {
    response::trailers(StatusCode::OK, &fields(trailers)).unwrap_err()
}

/// What an answer is that has this encoding and these bytes, where a message may have 64 bytes.
fn read(encoding: Option<&'static str>, bytes: impl Into<Bytes>) -> Status {
    let mut decoder = Decoder::new(64, gzip());
    decoder.set_encoding(encoding.map(HeaderValue::from_static).as_ref());
    decoder.push(bytes.into());
    decoder.next().unwrap_err()
}

fn gzip() -> Encodings {
    Encodings::none().with(Gzip::default())
}

/// A compressed message of zeros, and this behind it.
fn packed(zeros: usize, behind: &[u8]) -> Vec<u8> {
    let mut packed = BytesMut::new();
    let gzip = gzip();
    let gzip = gzip.get(&HeaderValue::from_static("gzip")).unwrap();
    gzip.compress(&vec![0; zeros], &mut packed).unwrap();
    packed.extend_from_slice(behind);
    let length = u32::try_from(packed.len()).unwrap().to_be_bytes();
    [&[1], &length[..], &packed].concat()
}

/// An encoding that cannot compress.
struct Stuck;

impl Encoding for Stuck {
    const NAME: &'static str = "stuck";

    fn compressor(&self) -> Box<dyn Compressor> {
        Box::new(Self)
    }

    fn decompressor(&self) -> Box<dyn Decompressor> {
        Box::new(Self)
    }
}

impl Compressor for Stuck {
    fn compress(&mut self, _: &[u8], _: &mut BytesMut) -> io::Result<()> {
        Err(io::ErrorKind::OutOfMemory.into())
    }
}

impl Decompressor for Stuck {
    fn decompress(&mut self, _: Bytes, _: &mut BytesMut, _: usize) -> Result<(), DecompressError> {
        Err(DecompressError::OverLimit)
    }
}

/// What becomes of a request that cannot be compressed.
fn written() -> Status {
    let encoder = Encoder::new(64).compressing(Pooled::new(Stuck), 0);
    encoder
        .finish(Bytes::from_static(b"\0\0\0\0\x01x"))
        .unwrap_err()
}

/// A message that serde cannot write.
struct Odd;

impl Serialize for Odd {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(serde::ser::Error::custom("it is odd"))
    }
}

fn answers() -> Vec<Made> {
    let not_grpc = |headers| match response::head(StatusCode::NOT_FOUND, &headers, true) {
        Head::Finished(result) => result.unwrap_err(),
        Head::Open => panic!("it is over"),
    };
    let other = fields([("content-type", "application/grpc+json")]);
    vec![
        made(
            not_grpc(HeaderMap::new()),
            "UNIMPLEMENTED: the answer is not gRPC: HTTP 404 Not Found, no content-type",
        ),
        made(
            response::expect_content_type(&other, "application/grpc+proto").unwrap_err(),
            "INTERNAL: the server answers with application/grpc+json, the call asked for application/grpc+proto",
        ),
        made(
            ended([]),
            "UNKNOWN: the server ended the call without a grpc-status",
        ),
        made(
            ended([("grpc-status", "0"), ("grpc-status", "5")]),
            "UNKNOWN: the server sent several different grpc-status",
        ),
        made(
            ended([("grpc-status", "abc")]),
            "UNKNOWN: the server sent `abc` as grpc-status",
        ),
        made(
            ended([("grpc-status", "abc"), ("grpc-message", "no beans")]),
            "UNKNOWN: the server sent `abc` as grpc-status: no beans",
        ),
        made(
            ended([("grpc-status", "17")]),
            "UNKNOWN (17): the server sent status 17, which gRPC does not define",
        ),
        made(
            response::missing_trailers(StatusCode::OK),
            "INTERNAL: the server closed the stream without sending trailers",
        ),
        made(
            response::truncated(),
            "INTERNAL: the answer ended inside a message",
        ),
        made(
            response::reset(2),
            "INTERNAL: the stream was reset with INTERNAL_ERROR (0x2)",
        ),
        made(
            response::reset(99),
            "UNKNOWN: the stream was reset with an unknown code (0x63)",
        ),
        made(
            response::reset(11),
            "RESOURCE_EXHAUSTED: the stream was reset with ENHANCE_YOUR_CALM (0xb): the server asks for less, bandwidth is used up",
        ),
    ]
}

fn messages() -> Vec<Made> {
    let details = Status::new(Code::Aborted, "").with_details(&b"\xff"[..]);
    let mut binary = HeaderMap::new();
    binary.insert("x-bin", HeaderValue::from_static("?"));
    let binary = Metadata::from_received(binary);
    vec![
        made(
            read(None, &b"\x02\0\0\0\0"[..]),
            "INTERNAL: the flag of an answer message is 2, neither 0 nor 1",
        ),
        made(
            read(None, &b"\0\0\0\0\x41"[..]),
            "RESOURCE_EXHAUSTED: an answer message of 65 bytes exceeds the receive limit of 64 bytes",
        ),
        made(
            over_send_limit(9, 8),
            "RESOURCE_EXHAUSTED: a request message of 9 bytes exceeds the send limit of 8 bytes",
        ),
        made(
            read(None, &b"\x01\0\0\0\0"[..]),
            "INTERNAL: a message is compressed, but the answer names no grpc-encoding",
        ),
        made(
            read(Some("identity"), &b"\x01\0\0\0\0"[..]),
            "INTERNAL: a message is compressed, but the answer's grpc-encoding is identity",
        ),
        made(
            read(Some("br"), &b"\x01\0\0\0\0"[..]),
            "INTERNAL: a message is compressed with `br`; supported is: gzip, identity",
        ),
        made(
            read(Some("gzip"), &b"\x01\0\0\0\x01x"[..]),
            "INTERNAL: an answer message does not decompress with `gzip`: unexpected end of file",
        ),
        made(
            read(Some("gzip"), packed(8, b"more")),
            "INTERNAL: an answer message does not decompress with `gzip`: bytes follow the end of the compressed message",
        ),
        made(
            read(Some("gzip"), packed(65, b"")),
            "RESOURCE_EXHAUSTED: an answer message decompresses to more than the receive limit of 64 bytes",
        ),
        made(
            <Json as Codec<Odd, ()>>::encode(&Odd, &mut BytesMut::new()).unwrap_err(),
            "INTERNAL: the request does not serialise: it is odd",
        ),
        made(
            written(),
            "INTERNAL: the request does not compress with `stuck`: out of memory",
        ),
        made(
            DecompressError::OverLimit,
            "the message is longer than the limit",
        ),
        made(
            DecompressError::Corrupt(io::ErrorKind::UnexpectedEof.into()),
            "the message is corrupt",
        ),
        made(
            <Prost as Codec<String, String>>::decode(Bytes::from_static(b"\xff")).unwrap_err(),
            "INTERNAL: the answer does not deserialise: failed to decode Protobuf message: invalid varint",
        ),
        made(
            details.details::<RpcStatus>().unwrap().unwrap_err(),
            "the status details cannot be read: failed to decode Protobuf message: invalid varint",
        ),
        made(
            binary.get_bin("x-bin").unwrap().unwrap_err(),
            "a value of binary metadata is not base64: Invalid symbol 63, offset 0.",
        ),
    ]
}

fn calls() -> Vec<Made> {
    let refused = io::Error::from(io::ErrorKind::ConnectionRefused);
    vec![
        made(
            Status::from(Elapsed::Start),
            "DEADLINE_EXCEEDED: the deadline had passed before the call began",
        ),
        made(
            Status::from(Elapsed::Ready),
            "DEADLINE_EXCEEDED: the deadline passed while the call waited for the service to be ready",
        ),
        made(Elapsed::Name, "the call waited for name resolution"),
        made(Elapsed::Connection, "the call waited for a connection"),
        made(Elapsed::Stream, "the call waited for a free stream"),
        made(Elapsed::Headers, "the call waited for response headers"),
        made(
            Elapsed::Message,
            "the call waited for a message or the status",
        ),
        made(Elapsed::Send, "the call waited to send a message"),
        made(
            Status::from(Misuse::SendAfterEnd),
            "INTERNAL: a message cannot be sent after the request was ended",
        ),
        made(
            Status::from(Misuse::EndTwice),
            "INTERNAL: the request was ended before",
        ),
        made(
            Abandoned::Cancelled,
            "the request was cancelled before its end",
        ),
        made(
            Abandoned::Over,
            "the server ended the call before the request's end",
        ),
        made(
            status::from_error(refused.into()),
            "UNAVAILABLE: connection refused",
        ),
        made(
            status::from_error(h2::Error::from(h2::Reason::CANCEL).into()),
            "CANCELLED: this side reset the stream with CANCEL (0x8)",
        ),
    ]
}

fn metadata() -> Vec<Made> {
    let key = || "x-cup".to_owned();
    vec![
        made(
            InvalidMetadata::Key("x cup".into()),
            "`x cup` is no metadata key: use letters, digits, `_`, `-` and `.`",
        ),
        made(
            InvalidMetadata::Reserved("te".into()),
            "the metadata key `te` is reserved: the library sets it, choose another name",
        ),
        made(
            Status::from(InvalidMetadata::Value(key())),
            "INTERNAL: the value of metadata `x-cup` is not printable ASCII: use a key ending in `-bin` for other text",
        ),
        made(
            InvalidMetadata::BinaryKey("x-bin".into()),
            "the metadata key `x-bin` ends in `-bin` and holds bytes: use the `_bin` method",
        ),
        made(
            InvalidMetadata::TextKey(key()),
            "the metadata key `x-cup` holds text: bytes need a key ending in `-bin`",
        ),
        made(
            InvalidMetadata::Full,
            "there is more metadata than a request can hold: 24,576 names",
        ),
        made(
            timeout::parse("1").unwrap_err(),
            "`1` is not a grpc-timeout: one to eight digits and one of H, M, S, m, u, n",
        ),
    ]
}

fn settings() -> Vec<Made> {
    vec![
        made(
            CallOptions::new().authority("https://cafe").unwrap_err(),
            "the authority \"https://cafe\" is not a host with or without a port: write host or host:port",
        ),
        made(
            Channel::builder("cafe:80").err().unwrap(),
            "the target \"cafe:80\" has no scheme: write http://cafe:80 for plaintext, https://cafe:80 or dns:///cafe:80 for TLS",
        ),
        made(
            Channel::builder("http://me@cafe").err().unwrap(),
            "the target \"http://me@cafe\" has a user name: write http://host:port and send credentials with each call",
        ),
        made(
            Channel::builder("http://::1").err().unwrap(),
            "the target \"http://::1\" has more than one colon: write an IPv6 address as http://[::1]:port",
        ),
        made(
            Channel::builder("unix://cafe/socket").err().unwrap(),
            "the target \"unix://cafe/socket\" has a host before the path: write unix:path, \
             or unix:///path for an absolute one",
        ),
        made(
            Channel::builder("http://cafe")
                .unwrap()
                .user_agent("caf\u{e9}")
                .err()
                .unwrap(),
            "the user agent \"caf\u{e9}\" is not printable ASCII",
        ),
        made(
            Channel::builder("unix:%ff").err().unwrap(),
            "the target \"unix:%ff\" has a bad escape: write %25 for a percent sign",
        ),
        made(
            Channel::builder("unix:a%00b").err().unwrap(),
            "the target \"unix:a%00b\" can be no unix socket: paths must not contain interior null bytes",
        ),
        made(
            Http2Options::new().stream_window(0).unwrap_err(),
            "the stream window may be 65535 to 2147483647 bytes, not 0",
        ),
        made(
            Proxy::http("http://").unwrap_err(),
            "the proxy is no URL: \"http://\": write http://[user:password@]host[:port]",
        ),
        made(
            Roots::pem("").unwrap_err(),
            "the root certificates cannot be used: there is nothing there",
        ),
        made(
            Roots::pem_file("/no/such/file").unwrap_err(),
            "the root certificates in \"/no/such/file\" cannot be read: No such file or directory (os error 2)",
        ),
        made(
            Identity::pem("", "").unwrap_err(),
            "the client certificate cannot be used: there is nothing there",
        ),
    ]
}

fn all() -> Vec<Made> {
    [answers(), messages(), calls(), metadata(), settings()]
        .into_iter()
        .flatten()
        .collect()
}

#[test]
fn each_error_says_this() {
    for (error, text) in all() {
        println!("{error}");
        assert_eq!(error.to_string(), text);
    }
}

#[test]
fn no_chain_says_a_sentence_twice() {
    for (error, _) in all() {
        assert_said_once(&*error);
    }
}

/// Shows that what a reporter prints of an error, its sources included, has each sentence once.
#[track_caller]
pub(crate) fn assert_said_once(error: &(dyn Error + 'static)) {
    let chain = iter::successors(Some(error), |&error| error.source());
    let texts: Vec<_> = chain.map(ToString::to_string).collect();
    let mut apart = texts.clone();
    apart.sort();
    apart.dedup();
    assert_eq!(apart.len(), texts.len(), "{texts:#?}");
    assert!(!texts.contains(&String::new()), "{texts:#?}");
}

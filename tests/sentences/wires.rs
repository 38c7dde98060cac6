//! What a call says of servers that break HTTP/2 or gRPC, each by a script: which side ended it, and why.

use std::{
    error::Error,
    io,
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use tokio::{
    io::{AsyncWriteExt, DuplexStream},
    time::timeout,
};
use tower::service_fn;
use ziggurat::{
    CallOptions, Channel, Client, Codec, Method, Raw, Status,
    channel::{Builder, Connect, Http2Options, Proxy, Target},
    shape::Unary,
    tls::{Roots, TlsOptions},
};
use ziggurat_testing::peer::{Connection, Fields, Kind, RawFrame, Reason};

use crate::made::assert_said_once;

const MAKE: Method<Bytes, Bytes, Unary> = Method::new("/cafe.Cafe/Make");

const HEAD: [(&str, &str); 2] = [(":status", "200"), ("content-type", "application/grpc")];

/// A channel over one pipe, and the other end of it; a second connection is refused.
fn one_pipe(target: &str) -> (Builder<impl Connect>, DuplexStream) {
    let (near, far) = tokio::io::duplex(256 * 1024);
    let near = Arc::new(Mutex::new(Some(near)));
    let connector = service_fn(move |_: Target| {
        let refused = || io::Error::from(io::ErrorKind::ConnectionRefused);
        std::future::ready(near.lock().unwrap().take().ok_or_else(refused))
    });
    (Channel::builder(target).unwrap().connector(connector), far)
}

fn client(channel: &Channel) -> Client<Channel, Raw> {
    let options = CallOptions::new().timeout(Duration::from_secs(60));
    Client::new(channel.clone()).with_codec().with(options)
}

/// What a call says when the server answers its first stream by this script.
async fn says(script: impl AsyncFnOnce(&Connection, u32)) -> String {
    let (builder, far) = one_pipe("http://cafe");
    let small = Http2Options::new().max_header_list(1_000);
    let channel = builder.http2(small).connect_lazy();
    let client = client(&channel);
    let serve = async {
        let mut peer = Connection::over(far).await.unwrap();
        let stream = peer.request().await.unwrap().stream;
        script(&peer, stream).await;
        peer
    };
    let call = client.unary(&MAKE, Bytes::new());
    let both = async { tokio::join!(call, serve) };
    let (told, _peer) = timeout(Duration::from_secs(3600), both).await.unwrap();
    said(&told.unwrap_err())
}

fn said(status: &Status) -> String {
    println!("{status}");
    assert_said_once(status);
    if let Some(cause) = status.cause() {
        assert_said_once(cause);
    }
    status.to_string()
}

/// This side reset the stream, for a reason that HTTP/2 has no words for.
const MALFORMED: &str = "INTERNAL: this side reset the stream to http://cafe with PROTOCOL_ERROR (0x1): \
    what the server sent breaks HTTP/2: a malformed header block, a second one that does not end the stream, \
    or another length than its content-length";

#[tokio::test(start_paused = true)]
async fn headers_that_are_malformed() {
    // A-105, L-10: a reset by this side is not told as one by the server.
    let no_status = says(async |peer, stream| {
        peer.headers(stream, [("content-type", "application/grpc")])
            .await
            .unwrap();
    });
    assert_eq!(no_status.await, MALFORMED);
    let two = says(async |peer, stream| {
        peer.headers(stream, [HEAD[0], HEAD[0], HEAD[1]])
            .await
            .unwrap();
    });
    assert_eq!(two.await, MALFORMED);
    let connection = says(async |peer, stream| {
        peer.headers(stream, [HEAD[0], HEAD[1], ("connection", "close")])
            .await
            .unwrap();
    });
    assert_eq!(connection.await, MALFORMED);
    let length = says(async |peer, stream| {
        peer.headers(stream, [HEAD[0], HEAD[1], ("content-length", "7")])
            .await
            .unwrap();
        peer.data(stream, vec![0; 5]).await.unwrap();
        peer.trailers(stream, [("grpc-status", "0")]).await.unwrap();
    });
    assert_eq!(length.await, MALFORMED);
    let second = says(async |peer, stream| {
        peer.headers(stream, HEAD).await.unwrap();
        peer.headers(stream, HEAD).await.unwrap();
    });
    assert_eq!(second.await, MALFORMED);
}

#[tokio::test(start_paused = true)]
async fn headers_and_trailers_that_are_too_large() {
    // by the limit as it is set.
    let long = ["x".repeat(500), "y".repeat(500)];
    let more = |fields: &[(&'static str, &'static str)]| {
        let fields = fields
            .iter()
            .map(|(name, value)| (*name, (*value).to_owned()));
        let long = long.iter().map(|value| ("x-more", value.clone()));
        fields.chain(long).collect::<Fields>()
    };
    let headers = says(async |peer, stream| peer.headers(stream, more(&HEAD)).await.unwrap());
    assert_eq!(
        headers.await,
        "INTERNAL: the headers of an answer from http://cafe have 1136 bytes, the limit is 1000 bytes (max_header_list)"
    );
    let trailers = says(async |peer, stream| {
        peer.headers(stream, HEAD).await.unwrap();
        let status = more(&[("grpc-status", "0")]);
        peer.trailers(stream, status).await.unwrap();
    });
    assert_eq!(
        trailers.await,
        "INTERNAL: the trailers of an answer from http://cafe have 1120 bytes, the limit is 1000 bytes (max_header_list)"
    );
}

#[tokio::test(start_paused = true)]
async fn a_reset_by_the_server() {
    // A-105, L-9
    let reset =
        says(async |peer, stream| peer.reset(stream, Reason::PROTOCOL_ERROR).await.unwrap());
    assert_eq!(
        reset.await,
        "INTERNAL: the server reset the stream to http://cafe with PROTOCOL_ERROR (0x1)"
    );
    let calm =
        says(async |peer, stream| peer.reset(stream, Reason::ENHANCE_YOUR_CALM).await.unwrap());
    assert_eq!(
        calm.await,
        "RESOURCE_EXHAUSTED: the server reset the stream to http://cafe with ENHANCE_YOUR_CALM (0xb): \
         it asks for less, bandwidth is used up"
    );
    let unknown = says(async |peer, stream| {
        let code = 99_u32.to_be_bytes().to_vec();
        peer.frame(RawFrame::new(Kind::RST_STREAM, stream, code))
            .await
            .unwrap();
    });
    assert_eq!(
        unknown.await,
        "UNKNOWN: the server reset the stream to http://cafe with the unknown code 0x63"
    );
}

#[tokio::test(start_paused = true)]
async fn frames_that_end_the_connection() {
    // L-10
    let ended =
        |with| format!("UNAVAILABLE: this side ended the connection to http://cafe with {with}");
    let not_http2 = ended("PROTOCOL_ERROR (0x1): what the server sent is not HTTP/2");
    let hpack = says(async |peer, stream| {
        let block = RawFrame::new(Kind::HEADERS, stream, vec![0xff; 16]);
        let block = block.flags(RawFrame::END_HEADERS);
        peer.frame(block).await.unwrap();
    });
    assert_eq!(hpack.await, not_http2);
    let size = says(async |peer, _| {
        peer.frame(RawFrame::data(1, vec![0; 100_000]))
            .await
            .unwrap();
    });
    assert_eq!(
        size.await,
        ended("FRAME_SIZE_ERROR (0x6): the server sent a frame of an illegal length")
    );
    let window = says(async |peer, _| {
        peer.frame(RawFrame::window_update(0, 0x7fff_ffff))
            .await
            .unwrap();
    });
    assert_eq!(
        window.await,
        ended("FLOW_CONTROL_ERROR (0x3): the server sent more than the window allows")
    );
    let data = says(async |peer, _| peer.frame(RawFrame::data(0, "x")).await.unwrap());
    assert_eq!(data.await, not_http2);
}

#[tokio::test(start_paused = true)]
async fn a_wrong_number_of_messages() {
    //
    let answer = async |messages: usize| {
        says(async |peer, stream| {
            peer.headers(stream, HEAD).await.unwrap();
            for _ in 0..messages {
                peer.data(stream, vec![0; 5]).await.unwrap();
            }
            peer.trailers(stream, [("grpc-status", "0")]).await.unwrap();
        })
        .await
    };
    assert_eq!(
        answer(0).await,
        "UNIMPLEMENTED: the server answered OK without a message"
    );
    assert_eq!(
        answer(2).await,
        "UNIMPLEMENTED: the server answered with more than one message"
    );
}

#[tokio::test(start_paused = true)]
async fn what_is_no_http2() {
    // D-10, L-24
    for (bytes, text) in [
        (
            &b"\x15\x03\x03\0\x02\x02\x28"[..],
            "UNAVAILABLE: the server at http://cafe does not speak HTTP/2: it answered with TLS, \
             for which the target is https://",
        ),
        (
            b"HTTP/1.1 400 Bad Request\r\n\r\n",
            "UNAVAILABLE: the server at http://cafe does not speak HTTP/2: it answered in HTTP/1",
        ),
        (
            b"\0\0\x08\x06\0\0\0\0\0********",
            "UNAVAILABLE: the server at http://cafe does not speak HTTP/2: its first frame is not SETTINGS",
        ),
    ] {
        let (builder, mut far) = one_pipe("http://cafe");
        let channel = builder.connect_lazy();
        far.write_all(bytes).await.unwrap();
        let told = client(&channel).unary(&MAKE, Bytes::new()).await;
        assert_eq!(said(&told.unwrap_err()), text);
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_ends_under_a_call() {
    //
    let (builder, far) = one_pipe("http://cafe");
    let channel = builder.connect_lazy();
    let client = client(&channel);
    let serve = async {
        let mut peer = Connection::over(far).await.unwrap();
        let stream = peer.request().await.unwrap().stream;
        peer.headers(stream, HEAD).await.unwrap();
    };
    let call = client.unary(&MAKE, Bytes::new());
    let (told, ()) = tokio::join!(call, serve);
    assert_eq!(
        said(&told.unwrap_err()),
        "UNAVAILABLE: the connection to http://cafe was lost: the server closed it"
    );
}

#[tokio::test(start_paused = true)]
async fn a_path_that_is_none() {
    //
    const BAD: Method<Bytes, Bytes, Unary> = Method::new("Make");
    let (builder, _far) = one_pipe("http://cafe");
    let told = client(&builder.connect_lazy())
        .unary(&BAD, Bytes::new())
        .await;
    assert_eq!(
        said(&told.unwrap_err()),
        "INTERNAL: `Make` is no method: a path is `/package.Service/Method`"
    );
}

/// A codec whose name no header can carry.
enum Unnamed {}

impl Codec<Bytes, Bytes> for Unnamed {
    const CONTENT_TYPE: &'static str = "application/grpc+\n";

    fn encode(_: &Bytes, _: &mut BytesMut) -> Result<(), Status> {
        Ok(())
    }

    fn decode(message: Bytes) -> Result<Bytes, Status> {
        Ok(message)
    }
}

#[tokio::test(start_paused = true)]
async fn a_codec_that_has_no_name() {
    //
    let (builder, _far) = one_pipe("http://cafe");
    let client = Client::new(builder.connect_lazy()).with_codec::<Unnamed>();
    let told = client.unary(&MAKE, Bytes::new()).await;
    assert_eq!(
        told.unwrap_err().message(),
        "the codec's content type `application/grpc+\n` is no header value"
    );
}

#[tokio::test(start_paused = true)]
async fn a_server_that_is_gone_before_its_settings() {
    // C-30
    let (builder, far) = one_pipe("http://cafe");
    let channel = builder.connect_lazy();
    drop(far);
    let told = client(&channel).unary(&MAKE, Bytes::new()).await;
    assert_eq!(
        said(&told.unwrap_err()),
        "UNAVAILABLE: the connection to http://cafe ended before the server's SETTINGS came: the server closed it"
    );
}

#[tokio::test]
async fn grounds_that_are_not_there() {
    // D-27, A-138: each leads to the I/O error.
    let proxy = Proxy::http("http://127.0.0.1:1").unwrap();
    let port = Channel::builder("http://127.0.0.1:1").unwrap();
    let file = Channel::builder("unix:/no/such/socket").unwrap();
    let behind = Channel::builder("http://cafe.example:80").unwrap();
    for (channel, text) in [
        (
            port.connect_lazy(),
            "UNAVAILABLE: cannot connect to http://127.0.0.1:1: 127.0.0.1:1: Connection refused (os error 111)",
        ),
        (
            file.connect_lazy(),
            "UNAVAILABLE: cannot connect to unix:/no/such/socket: there is no file /no/such/socket: \
             No such file or directory (os error 2)",
        ),
        (
            behind.proxy(proxy).connect_lazy(),
            "UNAVAILABLE: cannot connect to http://cafe.example:80: the proxy http://127.0.0.1:1 cannot be reached: \
             127.0.0.1:1: Connection refused (os error 111)",
        ),
    ] {
        let told = client(&channel).unary(&MAKE, Bytes::new()).await;
        let status = told.unwrap_err();
        assert_eq!(said(&status), text);
        assert!(status.source().unwrap().is::<io::Error>());
    }
}

#[tokio::test(start_paused = true)]
async fn a_handshake_that_is_not_over() {
    // B-7
    let name = rcgen::generate_simple_self_signed(["cafe".to_owned()]).unwrap();
    let roots = Roots::der([name.cert.der().to_vec()]).unwrap();
    let (builder, _far) = one_pipe("https://cafe");
    let builder = builder.tls(TlsOptions::new().roots(roots)).unwrap();
    let channel = builder.connect_lazy();
    let options = CallOptions::new()
        .timeout(Duration::from_secs(1))
        .wait_for_ready(true);
    let told = client(&channel)
        .with(options)
        .unary(&MAKE, Bytes::new())
        .await;
    assert_eq!(
        said(&told.unwrap_err()),
        "DEADLINE_EXCEEDED: the deadline of 1s passed while the call waited for a connection to https://cafe \
         (the TLS handshake is not over)"
    );
}

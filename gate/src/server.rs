//! An HTTP/2 server that answers by gRPC's rules, and knows messages of one form only.
//!
//! It is one task, all of its calls included, so that it can be left out of the counts as a whole.

use std::{
    future::poll_fn,
    task::{Context, Poll},
};

use bytes::{Buf, Bytes, BytesMut};
use futures_util::{FutureExt, StreamExt, future::BoxFuture, stream::FuturesUnordered};
use h2::{
    RecvStream, SendStream,
    server::{Connection, SendResponse},
};
use http::{HeaderMap, HeaderValue, Request, Response};
use tokio::io::DuplexStream;

/// Answers with the request's message.
pub(crate) const ECHO: &str = "/gate.v1.Gate/Echo";
/// Answers with as many messages as the request says, a hundred in each DATA frame.
pub(crate) const PACKED: &str = "/gate.v1.Gate/Packed";
/// Answers with as many messages as the request says, each in a DATA frame of its own.
pub(crate) const SINGLE: &str = "/gate.v1.Gate/Single";
/// Reads all messages, then answers with one.
pub(crate) const UPLOAD: &str = "/gate.v1.Gate/Upload";
/// Sends back what comes, as it comes.
pub(crate) const CHAT: &str = "/gate.v1.Gate/Chat";

/// How many messages a DATA frame of [`PACKED`] has.
const PACK: usize = 100;

/// What every answer but an echo consists of: a `UInt64Value` of ten bytes, sixteen with its prefix.
pub(crate) const MESSAGE: &[u8; 16] = b"\0\0\0\0\x0b\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01";

type Answers = FuturesUnordered<BoxFuture<'static, Result<(), h2::Error>>>;

/// Serves one connection, until the client leaves.
pub(crate) async fn serve(stream: DuplexStream) {
    let mut connection = h2::server::Builder::new()
        .initial_window_size(4 * 1024 * 1024)
        .initial_connection_window_size(64 * 1024 * 1024)
        .max_concurrent_streams(1000)
        .handshake(stream)
        .await
        .expect("the client speaks HTTP/2");
    let mut answers = Answers::new();
    poll_fn(|cx| poll(&mut connection, &mut answers, cx)).await;
}

fn poll(
    connection: &mut Connection<DuplexStream, Bytes>,
    answers: &mut Answers,
    cx: &mut Context<'_>,
) -> Poll<()> {
    while let Poll::Ready(accepted) = connection.poll_accept(cx) {
        match accepted {
            Some(Ok((request, respond))) => answers.push(answer(request, respond).boxed()),
            Some(Err(error)) => panic!("the connection failed: {error}"),
            None => return Poll::Ready(()),
        }
    }
    while let Poll::Ready(Some(answered)) = answers.poll_next_unpin(cx) {
        answered.expect("the client takes its answer");
    }
    Poll::Pending
}

async fn answer(
    request: Request<RecvStream>,
    mut respond: SendResponse<Bytes>,
) -> Result<(), h2::Error> {
    let (head, mut body) = request.into_parts();
    let mut response = Response::new(());
    let grpc = HeaderValue::from_static("application/grpc");
    response.headers_mut().insert("content-type", grpc);
    if head.uri.path() == CHAT {
        let mut stream = respond.send_response(response, false)?;
        while let Some(data) = next(&mut body).await? {
            send(&mut stream, data).await?;
        }
        return finish(stream);
    }
    let request = read(body).await?;
    let mut stream = respond.send_response(response, false)?;
    match head.uri.path() {
        PACKED => send_many(&mut stream, PACK, count(&request)).await?,
        SINGLE => send_many(&mut stream, 1, count(&request)).await?,
        UPLOAD => send(&mut stream, Bytes::from_static(MESSAGE)).await?,
        ECHO => send(&mut stream, request).await?,
        other => panic!("no such method: {other}"),
    }
    finish(stream)
}

async fn next(body: &mut RecvStream) -> Result<Option<Bytes>, h2::Error> {
    let Some(data) = body.data().await else {
        return Ok(None);
    };
    let data = data?;
    body.flow_control().release_capacity(data.len())?;
    Ok(Some(data))
}

async fn read(mut body: RecvStream) -> Result<Bytes, h2::Error> {
    let mut whole = BytesMut::new();
    while let Some(data) = next(&mut body).await? {
        whole.extend_from_slice(&data);
    }
    Ok(whole.freeze())
}

/// The number in a `UInt64Value` with its prefix.
fn count(request: &[u8]) -> usize {
    let varint = &request[6..];
    let digits = varint.iter().zip((0..).step_by(7));
    digits.fold(0, |sum, (byte, shift)| {
        sum | usize::from(byte & 0x7f) << shift
    })
}

async fn send_many(
    stream: &mut SendStream<Bytes>,
    at_once: usize,
    count: usize,
) -> Result<(), h2::Error> {
    let frame = Bytes::from(MESSAGE.repeat(at_once));
    for _ in 0..count / at_once {
        send(stream, frame.clone()).await?;
    }
    Ok(())
}

/// Sends a chunk once its window is open.
async fn send(stream: &mut SendStream<Bytes>, mut data: Bytes) -> Result<(), h2::Error> {
    while data.has_remaining() {
        stream.reserve_capacity(data.len());
        let Some(capacity) = poll_fn(|cx| stream.poll_capacity(cx)).await else {
            return Ok(());
        };
        let part = data.split_to(data.len().min(capacity?));
        stream.send_data(part, false)?;
    }
    Ok(())
}

fn finish(mut stream: SendStream<Bytes>) -> Result<(), h2::Error> {
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", HeaderValue::from_static("0"));
    stream.send_trailers(trailers)
}

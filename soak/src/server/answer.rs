//! What the server does for a call.

use std::{future::poll_fn, time::Duration};

use bytes::{BufMut, Bytes, BytesMut};
use h2::{RecvStream, SendStream, server::SendResponse};
use http::{HeaderMap, HeaderValue, Request, Response, header::CONTENT_TYPE};
use tokio::time::sleep;
use ziggurat::{Method, shape};

use super::Habits;

/// Answers with the message it got.
pub const CALL: Method<Bytes, Bytes, shape::Unary> = Method::new("/soak.v1.Soak/Call");

/// Does so 30 milliseconds later.
pub const LATE: Method<Bytes, Bytes, shape::Unary> = Method::new("/soak.v1.Soak/Late");

/// Answers with as many messages as the [`Flow`] in its request says, each in a frame of its own.
pub const STREAM: Method<Bytes, Bytes, shape::ServerStreaming> =
    Method::new("/soak.v1.Soak/Stream");

/// Answers with an empty message when it has got all of them.
pub const UPLOAD: Method<Bytes, Bytes, shape::ClientStreaming> =
    Method::new("/soak.v1.Soak/Upload");

/// The metadata that holds a call's number.
pub const CALL_ID: &str = "x-call";

const STATUS: &str = "grpc-status";

const LATER: Duration = Duration::from_millis(30);

/// The prefix of a message.
const PREFIX: usize = 5;

/// Says what a stream consists of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flow {
    /// How many messages.
    pub count: u32,
    /// How long each is, in bytes.
    pub size: u32,
}

impl Flow {
    /// Returns it as a request's message.
    pub fn message(self) -> Bytes {
        let mut message = BytesMut::new();
        message.put_u32(self.count);
        message.put_u32(self.size);
        message.freeze()
    }

    fn read(framed: &Bytes) -> Option<Self> {
        let (count, size) = framed.get(PREFIX..)?.split_at_checked(4)?;
        Some(Self {
            count: u32::from_be_bytes(count.try_into().ok()?),
            size: u32::from_be_bytes(size.try_into().ok()?),
        })
    }
}

/// Gives the call's number; what has none is not counted.
pub(super) fn id<B>(request: &Request<B>) -> usize {
    let id = request.headers().get(CALL_ID);
    let id = id.and_then(|id| id.to_str().ok()?.parse().ok());
    id.unwrap_or(usize::MAX)
}

/// Reads the request, takes its time, and answers.
pub(super) async fn answer(
    request: Request<RecvStream>,
    mut respond: SendResponse<Bytes>,
    habits: Habits,
) -> Result<(), h2::Error> {
    let (head, body) = request.into_parts();
    let message = read(body).await?;
    let mut response = Response::new(());
    let grpc = HeaderValue::from_static("application/grpc");
    response.headers_mut().insert(CONTENT_TYPE, grpc);
    if habits.fails() {
        let unavailable = HeaderValue::from_static("14");
        response.headers_mut().insert(STATUS, unavailable);
        return respond.send_response(response, true).map(drop);
    }
    work(&habits, head.uri.path()).await;
    let mut stream = respond.send_response(response, false)?;
    match Flow::read(&message) {
        Some(flow) if head.uri.path() == STREAM.path() => send_all(&mut stream, flow).await?,
        _ if head.uri.path() == UPLOAD.path() => {
            stream.send_data(Bytes::from_static(&[0; PREFIX]), false)?;
        }
        _ => stream.send_data(message, false)?,
    }
    let mut trailers = HeaderMap::new();
    trailers.insert(STATUS, HeaderValue::from_static("0"));
    stream.send_trailers(trailers)
}

/// What the habits say; of few workers one has to be free.
async fn work(habits: &Habits, path: &str) {
    let time = match path {
        path if path == LATE.path() => habits.work + LATER,
        _ => habits.work,
    };
    let _worker = match &habits.workers {
        // It is never closed.
        Some(workers) => workers.acquire().await.ok(),
        None => None,
    };
    if !time.is_zero() {
        sleep(time).await;
    }
}

async fn read(mut body: RecvStream) -> Result<Bytes, h2::Error> {
    let mut all = BytesMut::new();
    while let Some(chunk) = body.data().await {
        let chunk = chunk?;
        body.flow_control().release_capacity(chunk.len())?;
        all.extend_from_slice(&chunk);
    }
    Ok(all.freeze())
}

/// Sends each message when the client's windows have room for it.
async fn send_all(stream: &mut SendStream<Bytes>, flow: Flow) -> Result<(), h2::Error> {
    let size = flow.size as usize;
    let mut message = BytesMut::with_capacity(PREFIX + size);
    message.put_u8(0);
    message.put_u32(flow.size);
    message.put_bytes(b'x', size);
    let message = message.freeze();
    for _ in 0..flow.count {
        let mut rest = message.clone();
        while !rest.is_empty() {
            stream.reserve_capacity(rest.len());
            let allowed = match poll_fn(|cx| stream.poll_capacity(cx)).await {
                Some(allowed) => allowed?,
                // The client has left.
                None => return Ok(()),
            };
            stream.send_data(rest.split_to(allowed.min(rest.len())), false)?;
        }
    }
    Ok(())
}

//! The server of the comparison: h2 and fixed bytes, written once in a turn, so that no client waits for it longer than it
//! must.
//!
//!     server CA
//!
//! Prints the addresses it listens at, without and with TLS, and writes the certificate for the latter to the file CA.

mod turns;

use std::{
    collections::HashMap,
    future::{Future, poll_fn},
    path::PathBuf,
    pin::pin,
    sync::{Arc, Mutex},
    task::{Context, Poll},
};

use bytes::{Buf, Bytes, BytesMut};
use h2::{RecvStream, SendStream, server::SendResponse};
use http::{HeaderMap, HeaderValue, Request, Response};
use peers::{
    Result,
    messages::{self, Sum, Wish, frame},
    tls,
};
use prost::Message;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpListener,
};
use tokio_rustls::TlsAcceptor;

use crate::turns::Turns;

fn main() -> Result {
    let ca: PathBuf = std::env::args_os().nth(1).ok_or("where to?")?.into();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let acceptor = TlsAcceptor::from(tls::server(&ca)?);
        let plain = TcpListener::bind("127.0.0.1:0").await?;
        let secure = TcpListener::bind("127.0.0.1:0").await?;
        println!("{} {}", plain.local_addr()?, secure.local_addr()?);
        let answers = Answers::new();
        tokio::try_join!(
            listen(&plain, None, &answers),
            listen(&secure, Some(&acceptor), &answers)
        )?;
        Ok(())
    })
}

async fn listen(
    listener: &TcpListener,
    acceptor: Option<&TlsAcceptor>,
    answers: &Answers,
) -> Result {
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let (acceptor, answers) = (acceptor.cloned(), answers.clone());
        tokio::spawn(async move {
            let ended = match acceptor {
                None => serve(stream, answers).await,
                Some(acceptor) => match acceptor.accept(stream).await {
                    Ok(stream) => serve(stream, answers).await,
                    Err(error) => Err(error.into()),
                },
            };
            // Clients of the comparison just go away.
            drop(ended);
        });
    }
}

async fn serve(stream: impl AsyncRead + AsyncWrite + Unpin, answers: Answers) -> Result {
    let turns = Turns::new(stream);
    let mut connection = h2::server::Builder::new()
        .initial_window_size(4 << 20)
        .initial_connection_window_size(64 << 20)
        .max_concurrent_streams(100_000)
        .max_send_buffer_size(1 << 30)
        .handshake(turns.clone())
        .await?;
    // A turn ends when there is nothing more to read.
    let mut turn = |cx: &mut Context<'_>| -> Poll<Result<_>> {
        let accepted = pin!(connection.accept()).poll(cx)?;
        if accepted.is_pending()
            && let Poll::Ready(written) = turns.poll_end(cx)
        {
            written?;
        }
        accepted.map(Ok)
    };
    while let Some((request, respond)) = poll_fn(&mut turn).await? {
        let mut answer = Box::pin(answer(request, respond, answers.clone()));
        // The request of a small call is there with its head, and is answered without a task.
        let done = poll_fn(|cx| Poll::Ready(answer.as_mut().poll(cx).is_ready())).await;
        if !done {
            tokio::spawn(answer);
        }
    }
    Ok(())
}

/// What is answered; each is made once.
#[derive(Clone)]
struct Answers {
    order: Bytes,
    /// By their length.
    payloads: Arc<Mutex<HashMap<usize, Bytes>>>,
}

impl Answers {
    fn new() -> Self {
        Self {
            order: frame(&messages::order()),
            payloads: Arc::default(),
        }
    }

    /// A framed payload of so many bytes in all.
    fn payload(&self, framed: usize) -> Bytes {
        let mut payloads = self.payloads.lock().expect("nothing panics");
        let make = || {
            let mut size = framed.saturating_sub(7);
            while messages::frame_length(size) > framed {
                size -= 1;
            }
            frame(&messages::payload(size))
        };
        payloads.entry(framed).or_insert_with(make).clone()
    }
}

async fn answer(
    request: Request<RecvStream>,
    mut respond: SendResponse<Bytes>,
    answers: Answers,
) -> Result {
    let (head, mut body) = request.into_parts();
    let method = head.uri.path().rsplit('/').next().unwrap_or_default();
    match method {
        "Echo" => {
            let sent = count(&mut body).await?;
            let mut stream = begin(&mut respond)?;
            end(&mut stream, answers.payload(sent))
        }
        "Place" => {
            count(&mut body).await?;
            let mut stream = begin(&mut respond)?;
            end(&mut stream, answers.order.clone())
        }
        "Upload" => {
            let bytes = count(&mut body).await? as u64;
            let mut stream = begin(&mut respond)?;
            end(&mut stream, frame(&Sum { bytes }))
        }
        "Download" => {
            let wish = whole(&mut body).await?;
            download(&mut begin(&mut respond)?, &Wish::decode(wish)?).await
        }
        "Talk" => {
            let mut stream = begin(&mut respond)?;
            while let Some(data) = body.data().await {
                let data = data?;
                body.flow_control().release_capacity(data.len())?;
                stream.send_data(data, false)?;
            }
            end(&mut stream, Bytes::new())
        }
        _ => Err(format!("no method {method}").into()),
    }
}

fn begin(respond: &mut SendResponse<Bytes>) -> Result<SendStream<Bytes>> {
    let mut head = Response::new(());
    let grpc = HeaderValue::from_static("application/grpc");
    head.headers_mut().insert("content-type", grpc);
    Ok(respond.send_response(head, false)?)
}

fn end(stream: &mut SendStream<Bytes>, last: Bytes) -> Result {
    if !last.is_empty() {
        stream.send_data(last, false)?;
    }
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", HeaderValue::from_static("0"));
    Ok(stream.send_trailers(trailers)?)
}

/// Reads a request and tells how long it was.
async fn count(body: &mut RecvStream) -> Result<usize> {
    let mut bytes = 0;
    while let Some(data) = body.data().await {
        let length = data?.len();
        bytes += length;
        body.flow_control().release_capacity(length)?;
    }
    Ok(bytes)
}

/// Reads a request of one message, without its prefix.
async fn whole(body: &mut RecvStream) -> Result<Bytes> {
    let mut bytes = BytesMut::new();
    while let Some(data) = body.data().await {
        let data = data?;
        body.flow_control().release_capacity(data.len())?;
        bytes.extend_from_slice(&data);
    }
    if bytes.len() < 5 {
        return Err("no message".into());
    }
    bytes.advance(5);
    Ok(bytes.freeze())
}

async fn download(stream: &mut SendStream<Bytes>, wish: &Wish) -> Result {
    if wish.count == 0 {
        // Until the client gives up.
        poll_fn(|cx| stream.poll_reset(cx)).await?;
        return Ok(());
    }
    let one = frame(&messages::payload(wish.size as usize));
    let packed = Bytes::from(one.repeat(wish.pack as usize));
    let mut left = wish.count;
    while left > 0 {
        let some = left.min(wish.pack);
        left -= some;
        send(stream, packed.slice(..some as usize * one.len())).await?;
    }
    end(stream, Bytes::new())
}

/// Sends when there is room: nothing piles up.
async fn send(stream: &mut SendStream<Bytes>, mut data: Bytes) -> Result {
    while !data.is_empty() {
        stream.reserve_capacity(data.len());
        let room = pin!(poll_fn(|cx| stream.poll_capacity(cx))).await;
        let room = room.ok_or("the client is gone")??;
        stream.send_data(data.split_to(room.min(data.len())), false)?;
    }
    Ok(())
}

use std::time::Duration;

use bytes::Bytes;
use h2::{RecvStream, server::SendResponse};
use http::{HeaderMap, HeaderValue, Response};
use tokio::net::{TcpListener, TcpStream};

use crate::{Result, delay};

/// How much of an answer is given to h2 at once.
static PIECE: [u8; 1 << 20] = [7; 1 << 20];

/// Where a request says how many bytes its answer is to have.
pub const SIZE: &str = "size";

/// Answers each request, when it is whole, with headers, 16 bytes or its `size`, and trailers.
///
/// A round trip takes so many milliseconds longer than it would.
pub async fn run(delay: u64) -> Result {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    if delay == 0 {
        println!("{address}");
        return accept(listener).await;
    }
    let line = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", line.local_addr()?);
    tokio::try_join!(
        accept(listener),
        delay::carry(line, address, Duration::from_millis(delay))
    )?;
    Ok(())
}

async fn accept(listener: TcpListener) -> Result {
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        tokio::spawn(async move {
            if let Err(error) = serve(stream).await {
                eprintln!("a connection failed: {error}");
            }
        });
    }
}

async fn serve(stream: TcpStream) -> Result<(), h2::Error> {
    let mut connection = h2::server::Builder::new()
        .initial_window_size(4 * 1024 * 1024)
        .initial_connection_window_size(64 * 1024 * 1024)
        .handshake(stream)
        .await?;
    while let Some(request) = connection.accept().await {
        let (request, respond) = request?;
        let size = request.headers().get(SIZE);
        let size = size.and_then(|size| size.to_str().ok()?.parse().ok());
        let size = size.unwrap_or(16);
        tokio::spawn(answer(size, request.into_body(), respond));
    }
    Ok(())
}

async fn answer(
    size: usize,
    mut body: RecvStream,
    mut respond: SendResponse<Bytes>,
) -> Result<(), h2::Error> {
    while let Some(data) = body.data().await {
        let length = data?.len();
        body.flow_control().release_capacity(length)?;
    }
    let mut stream = respond.send_response(Response::new(()), false)?;
    for sent in (0..size).step_by(PIECE.len()) {
        let piece = PIECE.len().min(size - sent);
        stream.send_data(Bytes::from_static(&PIECE[..piece]), false)?;
    }
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", HeaderValue::from_static("0"));
    stream.send_trailers(trailers)
}

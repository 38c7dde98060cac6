//! The client side of the tests.

use bytes::Bytes;
use h2::client::{Builder, ResponseFuture, SendRequest};
use http::{Request, Response};
use tokio::{
    io::{AsyncRead, AsyncWrite, DuplexStream},
    task::JoinHandle,
};
use ziggurat_testing::peer::{Connection, Options, RawFrame, Settings};

/// An h2 client whose connection runs in a task.
pub(crate) struct Client {
    h2: SendRequest<Bytes>,
    pub(crate) connection: JoinHandle<Result<(), h2::Error>>,
}

impl Client {
    pub(crate) async fn over(io: impl AsyncRead + AsyncWrite + Send + Unpin + 'static) -> Self {
        Self::built(Builder::new(), io).await
    }

    pub(crate) async fn built(
        builder: Builder,
        io: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    ) -> Self {
        let (h2, connection) = builder.handshake(io).await.unwrap();
        Self {
            h2,
            connection: tokio::spawn(connection),
        }
    }

    /// Begins a request whose body is still to come.
    pub(crate) fn call(&mut self) -> (ResponseFuture, h2::SendStream<Bytes>) {
        self.h2.send_request(request(), false).unwrap()
    }

    /// Begins a request without a body.
    pub(crate) fn get(&mut self) -> ResponseFuture {
        self.h2.send_request(request(), true).unwrap().0
    }

    pub(crate) fn send(&mut self, request: Request<()>) -> ResponseFuture {
        self.h2.send_request(request, true).unwrap().0
    }

    /// Lets go of the connection and waits for its end.
    pub(crate) async fn close(self) -> Result<(), h2::Error> {
        let Self { h2, connection } = self;
        drop(h2);
        connection.await.unwrap()
    }
}

pub(crate) fn request() -> Request<()> {
    Request::post("http://cafe.example/cafe.Machine/MakeLatte")
        .header("te", "trailers")
        .body(())
        .unwrap()
}

/// A client and its peer at the ends of a pipe.
pub(crate) async fn pair() -> (Client, Connection) {
    pair_with(Options::new()).await
}

pub(crate) async fn pair_with(options: Options) -> (Client, Connection) {
    pair_of(Builder::new(), options).await
}

pub(crate) async fn pair_of(builder: Builder, options: Options) -> (Client, Connection) {
    let (client, server) = pipe();
    let (client, peer) = tokio::join!(
        Client::built(builder, client),
        Connection::over_with(server, options)
    );
    (client, peer.unwrap())
}

pub(crate) fn pipe() -> (DuplexStream, DuplexStream) {
    tokio::io::duplex(64 * 1024)
}

/// What a client sends first, for tests that are the client themselves.
pub(crate) fn preface() -> Vec<u8> {
    let settings = RawFrame::settings(&Settings::default()).encode();
    [b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", &settings[..]].concat()
}

/// All DATA of a response, with its credit given back.
pub(crate) async fn read_all(response: Response<h2::RecvStream>) -> Result<Vec<u8>, h2::Error> {
    let mut body = response.into_body();
    let mut all = Vec::new();
    while let Some(chunk) = body.data().await {
        let chunk = chunk?;
        body.flow_control().release_capacity(chunk.len())?;
        all.extend_from_slice(&chunk);
    }
    Ok(all)
}

//! Servers that this test makes up, each on a port of its own.

use std::{future::Future, net::SocketAddr};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use ziggurat_testing::peer::{Connection, Peer, PeerError, Script};

pub(crate) fn url(address: SocketAddr) -> String {
    format!("http://{address}")
}

/// Accepts connections and treats each in the same way.
pub(crate) async fn tcp<F, R>(serve: F) -> String
where
    F: Fn(TcpStream) -> R + Send + 'static,
    R: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            tokio::spawn(serve(socket));
        }
    });
    url(address)
}

/// Accepts connections, reads the beginning of what they say, answers with these bytes and closes.
pub(crate) async fn says(bytes: impl Into<Vec<u8>>) -> String {
    let bytes = bytes.into();
    tcp(move |mut socket| {
        let bytes = bytes.clone();
        async move {
            let mut preface = [0; 24];
            socket.read_exact(&mut preface).await.ok();
            socket.write_all(&bytes).await.ok();
            socket.shutdown().await.ok();
            // Closed with unread bytes, the socket would be reset and the answer lost.
            while socket.read(&mut preface).await.is_ok_and(|read| read > 0) {}
        }
    })
    .await
}

/// Answers the first call as the script says, and then waits for the client to go.
pub(crate) async fn answer<F, R>(script: F) -> (String, Script)
where
    F: FnOnce(Answering, u32) -> R + Send + 'static,
    R: Future<Output = Result<(), PeerError>> + Send + 'static,
{
    let peer = Peer::bind().await.unwrap();
    let url = peer.url().unwrap();
    let script = peer.script(|mut conn| async move {
        let stream = conn.request().await?.stream;
        let conn = Answering::new(conn);
        script(conn.clone(), stream).await?;
        conn.closed().await
    });
    (url, script)
}

/// A connection that a script and what waits behind it share.
pub(crate) type Answering = std::sync::Arc<Connection>;

//! A peer that listens on loopback.

use std::{future::Future, net::SocketAddr};

use tokio::net::TcpListener;

use super::{Connection, Options, PeerError, Script};

/// Listens on a loopback port for the clients of a test.
///
/// ```
/// use ziggurat_testing::peer::Peer;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let peer = Peer::bind().await?;
/// let address = peer.address()?;
/// let script = peer.script(|mut conn| async move {
///     let request = conn.request().await?;
///     conn.respond_ok(request.stream, ["latte"]).await?;
///     conn.closed().await
/// });
///
/// // The client under test, here h2.
/// let socket = tokio::net::TcpStream::connect(address).await?;
/// let (mut client, connection) = h2::client::handshake(socket).await?;
/// let connection = tokio::spawn(connection);
/// let request = http::Request::post("http://cafe.example/cafe.Machine/MakeLatte").body(())?;
/// let (response, _) = client.send_request(request, true)?;
/// let response = response.await?;
/// assert_eq!(response.headers()["content-type"], "application/grpc");
/// drop((client, response));
/// connection.await??;
///
/// let log = script.finish().await?;
/// assert_eq!(log.calls().lines()[0], "HEADERS 1 END_STREAM");
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Peer {
    listener: TcpListener,
}

impl Peer {
    /// Listens on a free port of 127.0.0.1.
    pub async fn bind() -> Result<Self, PeerError> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        Ok(Self { listener })
    }

    /// Returns the address clients connect to.
    pub fn address(&self) -> Result<SocketAddr, PeerError> {
        Ok(self.listener.local_addr()?)
    }

    /// Returns the address as `http://127.0.0.1:<port>`.
    pub fn url(&self) -> Result<String, PeerError> {
        Ok(format!("http://{}", self.address()?))
    }

    /// Waits for the next client, with default [`Options`].
    ///
    /// Returns when its preface and SETTINGS arrived.
    pub async fn accept(&self) -> Result<Connection, PeerError> {
        self.accept_with(Options::new()).await
    }

    /// Waits for the next client like [`accept`](Self::accept), with options.
    pub async fn accept_with(&self, options: Options) -> Result<Connection, PeerError> {
        let (socket, _) = self.listener.accept().await?;
        // Small frames must not wait for acknowledgements.
        socket.set_nodelay(true)?;
        // A socket that is dropped without a shutdown resets the connection.
        socket.set_zero_linger()?;
        Connection::over_with(socket, options).await
    }

    /// Runs a script with the first client, in a task of its own, then stops listening.
    ///
    /// Further connections are refused once the first one is there. For several, call [`accept`](Self::accept) in a
    /// task of the test.
    pub fn script<F, R>(self, script: F) -> Script
    where
        F: FnOnce(Connection) -> R + Send + 'static,
        R: Future<Output = Result<(), PeerError>> + Send + 'static,
    {
        Script::spawn(
            async move {
                let connection = self.accept().await;
                drop(self);
                connection
            },
            script,
        )
    }
}

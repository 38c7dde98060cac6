//! tonic's server on whatever listens. It tells each caller by which name it was called.

use std::{
    io,
    net::SocketAddr,
    path::Path,
    sync::{Arc, Mutex},
};

use http::{HeaderName, HeaderValue, Request};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, UnixListener},
    task::JoinHandle,
};
use tokio_stream::{
    Stream,
    wrappers::{TcpListenerStream, UnixListenerStream},
};
use tonic::transport::{Identity, Server as Tonic, ServerTlsConfig, server::Connected};
use tower::util::MapRequestLayer;
use ziggurat_examples::{server::Machine, tonic_cafe::coffee_machine_server::CoffeeMachineServer};

/// The metadata of an answer that holds the `:authority` of its request.
pub(crate) const AUTHORITY: &str = "x-authority";

/// A server that lives until it is dropped.
#[derive(Debug)]
pub(crate) struct Server {
    task: JoinHandle<()>,
    called: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// By which names it was called so far.
    pub(crate) fn called(&self) -> Vec<String> {
        self.called.lock().unwrap().clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

pub(crate) fn serve<I>(incoming: impl Stream<Item = io::Result<I>> + Send + 'static) -> Server
where
    I: AsyncRead + AsyncWrite + Connected + Unpin + Send + 'static,
{
    serve_with(Tonic::builder(), incoming)
}

fn serve_with<I>(
    tonic: Tonic,
    incoming: impl Stream<Item = io::Result<I>> + Send + 'static,
) -> Server
where
    I: AsyncRead + AsyncWrite + Connected + Unpin + Send + 'static,
{
    let called = Arc::<Mutex<Vec<String>>>::default();
    let seen = Arc::clone(&called);
    let note = MapRequestLayer::new(move |mut request: Request<_>| {
        let authority = request.uri().authority().map_or("", |name| name.as_str());
        seen.lock().unwrap().push(authority.to_owned());
        let authority = HeaderValue::from_str(authority).unwrap();
        let name = HeaderName::from_static(AUTHORITY);
        request.headers_mut().insert(name, authority);
        request
    });
    let task = tokio::spawn(async move {
        let machine = CoffeeMachineServer::new(Machine);
        let mut tonic = tonic.layer(note);
        let served = tonic.add_service(machine).serve_with_incoming(incoming);
        served.await.expect("it serves");
    });
    Server { task, called }
}

/// Serves over TLS on a free port, with a certificate and its key in PEM.
pub(crate) async fn on_tls(certificate: &str, key: &str) -> (SocketAddr, Server) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    (
        address,
        secure(certificate, key, TcpListenerStream::new(listener)),
    )
}

/// Serves over TLS on whatever listens.
pub(crate) fn secure<I>(
    certificate: &str,
    key: &str,
    incoming: impl Stream<Item = io::Result<I>> + Send + 'static,
) -> Server
where
    I: AsyncRead + AsyncWrite + Connected + Unpin + Send + 'static,
{
    let identity = Identity::from_pem(certificate, key);
    let tls = ServerTlsConfig::new().identity(identity);
    serve_with(Tonic::builder().tls_config(tls).unwrap(), incoming)
}

/// Serves on a free port of this address.
pub(crate) async fn on_tcp(host: &str) -> (SocketAddr, Server) {
    let listener = TcpListener::bind(host).await.unwrap();
    let address = listener.local_addr().unwrap();
    (address, serve(TcpListenerStream::new(listener)))
}

pub(crate) fn on_unix(path: &Path) -> Server {
    serve(UnixListenerStream::new(UnixListener::bind(path).unwrap()))
}

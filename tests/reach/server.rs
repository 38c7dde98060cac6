//! tonic's server on whatever listens. It tells each caller by which name it was called.

use std::{io, net::SocketAddr, path::Path};

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
use tonic::transport::server::Connected;
use tower::util::MapRequestLayer;
use ziggurat_examples::{server::Machine, tonic_cafe::coffee_machine_server::CoffeeMachineServer};

/// The metadata of an answer that holds the `:authority` of its request.
pub(crate) const AUTHORITY: &str = "x-authority";

/// A server that lives until it is dropped.
#[derive(Debug)]
pub(crate) struct Server(JoinHandle<()>);

impl Drop for Server {
    fn drop(&mut self) {
        self.0.abort();
    }
}

pub(crate) fn serve<I>(incoming: impl Stream<Item = io::Result<I>> + Send + 'static) -> Server
where
    I: AsyncRead + AsyncWrite + Connected + Unpin + Send + 'static,
{
    let note = MapRequestLayer::new(|mut request: Request<_>| {
        let authority = request.uri().authority().map_or("", |name| name.as_str());
        let authority = HeaderValue::from_str(authority).unwrap();
        let name = HeaderName::from_static(AUTHORITY);
        request.headers_mut().insert(name, authority);
        request
    });
    Server(tokio::spawn(async move {
        let machine = CoffeeMachineServer::new(Machine);
        let mut tonic = tonic::transport::Server::builder().layer(note);
        let served = tonic.add_service(machine).serve_with_incoming(incoming);
        served.await.expect("it serves");
    }))
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

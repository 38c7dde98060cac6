//! tonic's coffee machine behind rustls, which tells what its clients did.

use std::{
    io,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use rustls::{
    HandshakeKind, RootCertStore, ServerConfig, SupportedProtocolVersion,
    crypto::ring::default_provider,
    server::{WebPkiClientVerifier, danger::ClientCertVerifier},
    version::{TLS12, TLS13},
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::mpsc,
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};
use tokio_stream::wrappers::UnboundedReceiverStream;
use tonic::transport::{Server as Tonic, server::Connected};
use tower::util::MapRequestLayer;
use ziggurat_examples::{server::Machine, tonic_cafe::coffee_machine_server::CoffeeMachineServer};

use crate::authority::{Authority, Issued};

pub(crate) const BOTH: [&SupportedProtocolVersion; 2] = [&TLS12, &TLS13];

/// A server that runs as long as the test's runtime.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
    requests: Requests,
}

/// Where requests were sent to, as they say themselves.
#[derive(Clone, Default)]
pub(crate) struct Requests(Arc<Mutex<Vec<String>>>);

impl Requests {
    fn note<B>(&self, request: &http::Request<B>) {
        let (scheme, authority) = (request.uri().scheme_str(), request.uri().authority());
        let origin = format!("{}://{}", scheme.unwrap(), authority.unwrap());
        self.0.lock().unwrap().push(origin);
    }

    pub(crate) fn seen(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

/// What a client did in a handshake that succeeded.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Seen {
    pub(crate) kind: HandshakeKind,
    pub(crate) server_name: Option<String>,
    /// The client's own certificate.
    pub(crate) client: Option<Vec<u8>>,
}

impl Server {
    /// Accepts on a loopback port.
    pub(crate) async fn start(config: ServerConfig) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self::accept(listener, config)
    }

    pub(crate) fn accept(listener: TcpListener, config: ServerConfig) -> Self {
        let address = listener.local_addr().unwrap();
        let seen = Arc::default();
        let (sender, connections) = mpsc::unbounded_channel();
        let requests = machine(connections);
        tokio::spawn(accept(
            listener,
            TlsAcceptor::from(Arc::new(config)),
            sender,
            Arc::clone(&seen),
        ));
        Self {
            address,
            seen,
            requests,
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("https://localhost:{}", self.address.port())
    }

    /// The origins of the requests until now.
    pub(crate) fn origins(&self) -> Vec<String> {
        self.requests.seen()
    }

    /// The handshakes until now.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }
}

/// Makes coffee over the connections that come.
pub(crate) fn machine<S>(connections: mpsc::UnboundedReceiver<io::Result<S>>) -> Requests
where
    S: AsyncRead + AsyncWrite + Connected + Send + Unpin + 'static,
{
    let requests = Requests::default();
    let note = requests.clone();
    let server = Tonic::builder()
        .layer(MapRequestLayer::new(move |request| {
            note.note(&request);
            request
        }))
        .add_service(CoffeeMachineServer::new(Machine));
    tokio::spawn(server.serve_with_incoming(UnboundedReceiverStream::new(connections)));
    requests
}

type Connections = mpsc::UnboundedSender<io::Result<TlsStream<TcpStream>>>;

async fn accept(
    listener: TcpListener,
    acceptor: TlsAcceptor,
    sender: Connections,
    seen: Arc<Mutex<Vec<Seen>>>,
) {
    while let Ok((stream, _)) = listener.accept().await {
        let handshake = acceptor.accept(stream);
        let (sender, seen) = (sender.clone(), Arc::clone(&seen));
        tokio::spawn(async move {
            // One that fails is what many tests are about.
            let Ok(stream) = handshake.await else { return };
            let (_, connection) = stream.get_ref();
            let client = connection.peer_certificates();
            let client = client.and_then(|chain| chain.first());
            seen.lock().unwrap().push(Seen {
                kind: connection.handshake_kind().unwrap(),
                server_name: connection.server_name().map(Into::into),
                client: client.map(|certificate| certificate.to_vec()),
            });
            drop(sender.send(Ok(stream)));
        });
    }
}

/// What a server shows, without asking for anything.
pub(crate) fn open(issued: &Issued) -> ServerConfig {
    config(issued, &BOTH, WebPkiClientVerifier::no_client_auth())
}

/// The same, in one version of TLS.
pub(crate) fn in_version(
    issued: &Issued,
    version: &'static SupportedProtocolVersion,
) -> ServerConfig {
    config(issued, &[version], WebPkiClientVerifier::no_client_auth())
}

/// Demands a certificate of this authority.
pub(crate) fn demanding(
    issued: &Issued,
    version: &'static SupportedProtocolVersion,
    clients: &Authority,
) -> ServerConfig {
    config(issued, &[version], verifier(&clients.der()))
}

/// Takes clients that this certificate vouches for, or that have it.
pub(crate) fn verifier(
    root: &rustls::pki_types::CertificateDer<'static>,
) -> Arc<dyn ClientCertVerifier> {
    let mut roots = RootCertStore::empty();
    roots.add(root.clone()).unwrap();
    let provider = default_provider().into();
    WebPkiClientVerifier::builder_with_provider(roots.into(), provider)
        .build()
        .unwrap()
}

pub(crate) fn config(
    issued: &Issued,
    versions: &[&'static SupportedProtocolVersion],
    clients: Arc<dyn ClientCertVerifier>,
) -> ServerConfig {
    let mut config = ServerConfig::builder_with_provider(default_provider().into())
        .with_protocol_versions(versions)
        .unwrap()
        .with_client_cert_verifier(clients)
        .with_single_cert(issued.chain.clone(), issued.key_der())
        .unwrap();
    config.alpn_protocols = vec![b"h2".to_vec()];
    config
}

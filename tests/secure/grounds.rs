//! TLS over something else than TCP.

use std::future::ready;

use tokio::{
    io::DuplexStream,
    net::{UnixListener, UnixStream},
    sync::mpsc,
};
use tokio_rustls::TlsAcceptor;
use tonic::transport::server::Connected;
use ziggurat::{Channel, Code, channel::Target};
use ziggurat_examples::cafe::{CoffeeMachineStub, LatteOrder};

use crate::{
    authority::{Authority, Issued},
    call,
    folder::Folder,
    run,
    server::{self, Requests},
    trusting,
};

/// Serves coffee over the streams that come, behind TLS.
fn serve<S>(issued: &Issued) -> (mpsc::UnboundedSender<S>, Requests)
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Connected + Send + Unpin + 'static,
{
    let acceptor = TlsAcceptor::from(std::sync::Arc::new(server::open(issued)));
    let (sender, mut accepted) = mpsc::unbounded_channel();
    let (secured, connections) = mpsc::unbounded_channel();
    let requests = server::machine(connections);
    tokio::spawn(async move {
        while let Some(stream) = accepted.recv().await {
            drop(secured.send(acceptor.accept(stream).await));
        }
    });
    (sender, requests)
}

#[test]
fn a_unix_socket() {
    // I-1, I-33
    run(async {
        let (ca, folder) = (Authority::new("Root"), Folder::new());
        let (streams, requests) = serve::<UnixStream>(&ca.server(&["localhost"]));
        let path = folder.path("cafe.sock");
        let listener = UnixListener::bind(&path).unwrap();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                drop(streams.send(stream));
            }
        });
        let url = format!("unix:{}", path.display());
        let secure = Channel::builder(&url).unwrap().tls(trusting(&ca)).unwrap();
        let cafe = CoffeeMachineStub::new(secure.connect_lazy());
        let answer = cafe.make_latte(LatteOrder::default()).send().await.unwrap();
        let peer = answer.peer().unwrap();
        assert_eq!(peer.unix_path(), Some(&*path));
        assert_eq!(peer.tls().unwrap().version(), "TLS 1.3");

        // A-3, I-33
        assert_eq!(requests.seen(), ["https://localhost"]);

        let plain = Channel::builder(&url).unwrap().connect_lazy();
        let status = call(&plain).await.unwrap_err();
        assert_eq!(status.code(), Code::Unavailable);
    });
}

#[test]
fn a_connector_of_ones_own() {
    run(async {
        let ca = Authority::new("Root");
        let (streams, requests) = serve::<DuplexStream>(&ca.server(&["cafe.example"]));
        let connector = tower::service_fn(move |_: Target| {
            let (near, far) = tokio::io::duplex(64 * 1024);
            ready(streams.send(far).map(|()| near))
        });
        let builder = Channel::builder("https://cafe.example").unwrap();
        let channel = builder.connector(connector).tls(trusting(&ca)).unwrap();
        call(&channel.connect_lazy()).await.unwrap();
        assert_eq!(requests.seen(), ["https://cafe.example"]);
    });
}

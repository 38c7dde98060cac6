//! ALPN: servers that do not choose HTTP/2 by it, and those of which it is assumed.

use rustls::{AlertDescription, Error};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use tokio_rustls::TlsAcceptor;
use ziggurat::{
    Channel,
    tls::{Tls, TlsOptions, rustls::ClientConfig},
};
use ziggurat_examples::cafe::{CoffeeMachineStub, LatteOrder};

use crate::{
    authority::{Authority, Issued},
    call, cause, channel, failure, run,
    server::{self, Server},
    trusting,
};

/// Speaks HTTP/2, and knows of ALPN what these protocols say.
async fn knowing(issued: &Issued, protocols: &[&[u8]]) -> Server {
    let mut config = server::open(issued);
    config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
    Server::start(config).await
}

const IGNORED: &str = "it does not offer HTTP/2 over TLS: it ignored ALPN h2; if it speaks HTTP/2 all the \
                       same, set TlsOptions::assume_http2";
const REFUSED: &str =
    "it does not offer HTTP/2 over TLS: it refused ALPN h2 (alert no_application_protocol)";

#[test]
fn a_server_that_chooses_no_protocol() {
    // I-2: never HTTP/1 in silence.
    run(async {
        let ca = Authority::new("Root");
        let issued = ca.server(&["localhost"]);
        let table: [(&[&[u8]], _); 2] = [(&[], IGNORED), (&[b"http/1.1"], REFUSED)];
        for (protocols, text) in table {
            let server = knowing(&issued, protocols).await;
            let status = failure(&server.url(), trusting(&ca)).await;
            let expected = format!("cannot connect to {}: {text}", server.url());
            assert_eq!(status.message(), expected);
            if !protocols.is_empty() {
                let alert = Error::AlertReceived(AlertDescription::NoApplicationProtocol);
                assert_eq!(*cause(&status), alert);
            }
        }
    });
}

#[test]
fn http2_is_assumed_of_a_server_that_ignores_alpn() {
    // I-2
    run(async {
        let ca = Authority::new("Root");
        let server = knowing(&ca.server(&["localhost"]), &[]).await;
        let channel = channel(&server.url(), trusting(&ca).assume_http2());
        let cafe = CoffeeMachineStub::new(channel);
        let answer = cafe.make_latte(LatteOrder::default()).send().await.unwrap();
        let tls = answer.peer().unwrap().tls().unwrap();
        assert_eq!(tls.version(), "TLS 1.3");
        assert_eq!(tls.alpn(), None);
        assert_eq!(server.origins(), [server.url()]);
    });
}

#[test]
fn what_is_assumed_is_still_offered() {
    run(async {
        let ca = Authority::new("Root");
        let issued = ca.server(&["localhost"]);

        let server = knowing(&issued, &[b"http/1.1", b"h2"]).await;
        let agreed = channel(&server.url(), trusting(&ca).assume_http2());
        let cafe = CoffeeMachineStub::new(agreed);
        let answer = cafe.make_latte(LatteOrder::default()).send().await.unwrap();
        let alpn = answer.peer().unwrap().tls().unwrap().alpn();
        assert_eq!(alpn, Some(&b"h2"[..]));

        // It said that it does not speak HTTP/2: nothing is left to assume.
        let server = knowing(&issued, &[b"http/1.1"]).await;
        let status = failure(&server.url(), trusting(&ca).assume_http2()).await;
        let expected = format!("cannot connect to {}: {REFUSED}", server.url());
        assert_eq!(status.message(), expected);
    });
}

#[test]
fn with_an_own_configuration_and_from_now_on() {
    run(async {
        let ca = Authority::new("Root");
        let server = knowing(&ca.server(&["localhost"]), &[]).await;
        let mut roots = rustls::RootCertStore::empty();
        roots.add(ca.der()).unwrap();
        let provider = rustls::crypto::ring::default_provider();
        let config = ClientConfig::builder_with_provider(provider.into())
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let config = TlsOptions::with_config(config.into());

        let tls = Tls::new(config.clone()).unwrap();
        let over = || {
            let builder = Channel::builder(&server.url()).unwrap();
            builder.tls(tls.clone()).unwrap().connect_lazy()
        };
        let status = call(&over()).await.unwrap_err();
        assert!(status.message().ends_with(IGNORED), "{status}");

        tls.replace(config.assume_http2()).unwrap();
        call(&over()).await.unwrap();
    });
}

#[test]
fn what_was_assumed_is_not_so() {
    run(async {
        let ca = Authority::new("Root");
        let mut config = server::open(&ca.server(&["localhost"]));
        config.alpn_protocols.clear();
        let acceptor = TlsAcceptor::from(std::sync::Arc::new(config));
        let table: [(&'static [u8], _); 2] = [
            (
                b"HTTP/1.1 400 Bad Request\r\n\r\n",
                "the server at {url} does not speak HTTP/2: it answered in HTTP/1",
            ),
            (
                b"",
                "cannot connect to {url}: it closed the connection after the TLS handshake; it may not \
                 speak HTTP/2, as TlsOptions::assume_http2 has it, or it may demand a client \
                 certificate: set TlsOptions::identity",
            ),
        ];
        for (answer, text) in table {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let url = format!(
                "https://localhost:{}",
                listener.local_addr().unwrap().port()
            );
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                while let Ok((stream, _)) = listener.accept().await {
                    let mut stream = acceptor.accept(stream).await.unwrap();
                    let _ = stream.read(&mut [0; 1024]).await;
                    let _ = stream.write_all(answer).await;
                }
            });
            let status = failure(&url, trusting(&ca).assume_http2()).await;
            assert_eq!(status.message(), text.replace("{url}", &url));
        }
    });
}

//! Servers that demand to know who calls: with a certificate, without one, and with one that they do not trust.

use std::sync::Arc;

use rustls::{
    Error, SupportedProtocolVersion,
    pki_types::{CertificateDer, pem::PemObject},
    version::{TLS12, TLS13},
};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use ziggurat::tls::{Identity, TlsOptions};

use crate::{
    authority::{Authority, Issued},
    call, cause, channel, failure, run,
    server::{self, Server},
    trusting,
};

const VERSIONS: [&SupportedProtocolVersion; 2] = [&TLS12, &TLS13];

fn identity(issued: &Issued) -> Identity {
    Identity::pem(issued.pem(), issued.key_pem()).unwrap()
}

#[test]
fn a_client_with_a_certificate() {
    // I-6
    run(async {
        let (ca, clients) = (Authority::new("Root"), Authority::new("Clients"));
        let middle = clients.intermediate("Middle");
        let issued = ca.server(&["localhost"]);
        let client = middle.client().with(&middle);
        for version in VERSIONS {
            let server = Server::start(server::demanding(&issued, version, &clients)).await;
            let tls = trusting(&ca).identity(identity(&client));
            call(&channel(&server.url(), tls)).await.unwrap();
            let shown = server.seen()[0].client.clone();
            assert_eq!(shown.as_deref(), Some(&*client.chain[0]));
        }
    });
}

/// What is said of a server that demands a certificate of `clients`.
async fn refused(
    tls: TlsOptions,
    ca: &Authority,
    version: &'static SupportedProtocolVersion,
) -> (String, Error) {
    let clients = Authority::new("Clients");
    let issued = ca.server(&["localhost"]);
    let server = Server::start(server::demanding(&issued, version, &clients)).await;
    let status = failure(&server.url(), tls).await;
    let text = status.message().replace(&server.url(), "URL");
    (text, cause(&status).clone())
}

#[test]
fn a_client_without_a_certificate() {
    // I-7: in the handshake of TLS 1.2, after it with TLS 1.3.
    run(async {
        let ca = Authority::new("Root");
        for version in VERSIONS {
            let (text, error) = refused(trusting(&ca), &ca, version).await;
            assert_eq!(
                text,
                "cannot connect to URL: it demands a client certificate (alert \
                 certificate_required); set TlsOptions::identity",
                "{:?}",
                version.version
            );
            assert!(matches!(error, Error::AlertReceived(_)), "{error:?}");
        }
    });
}

#[test]
fn a_client_with_a_certificate_of_somebody_else() {
    // I-7
    run(async {
        let ca = Authority::new("Root");
        let stranger = Authority::new("Strangers").client();
        for version in VERSIONS {
            let tls = trusting(&ca).identity(identity(&stranger));
            let (text, _) = refused(tls, &ca, version).await;
            assert_eq!(
                text, "cannot connect to URL: it refused the client certificate (alert unknown_ca)",
                "{:?}",
                version.version
            );
        }
    });
}

#[test]
fn a_server_that_refuses_without_a_word() {
    // I-7: as gRPC's C++ core does with TLS 1.3.
    run(async {
        let ca = Authority::new("Root");
        let acceptor = TlsAcceptor::from(Arc::new(server::open(&ca.server(&["localhost"]))));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                drop(acceptor.accept(stream).await);
            }
        });
        let url = format!("https://localhost:{port}");
        let identity = identity(&ca.client());
        let table = [
            (
                trusting(&ca),
                "it may demand a client certificate: set TlsOptions::identity",
            ),
            (
                trusting(&ca).identity(identity),
                "it may have refused the client certificate",
            ),
        ];
        for (tls, why) in table {
            let status = failure(&url, tls).await;
            assert_eq!(
                status.message(),
                format!(
                    "cannot connect to {url}: it closed the connection after the TLS handshake; {why}"
                )
            );
        }
    });
}

#[test]
fn keys_of_all_kinds() {
    // I-6
    let rsa = include_str!("keys/rsa.pem");
    let ec = include_str!("keys/ec.pem");
    let table = [
        (rsa, include_str!("keys/rsa.pkcs1.key")),
        (rsa, include_str!("keys/rsa.pkcs8.key")),
        (ec, include_str!("keys/ec.sec1.key")),
        (ec, include_str!("keys/ec.pkcs8.key")),
    ];
    run(async {
        let ca = Authority::new("Root");
        let issued = ca.server(&["localhost"]);
        for (chain, key) in table {
            let root = CertificateDer::from_pem_slice(chain.as_bytes()).unwrap();
            let der = rustls::pki_types::PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
            let identities = [
                Identity::pem(chain, key).unwrap(),
                Identity::der([root.to_vec()], der.secret_der()).unwrap(),
            ];
            for (identity, version) in identities.into_iter().zip(VERSIONS) {
                let config = server::config(&issued, &[version], server::verifier(&root));
                let server = Server::start(config).await;
                let tls = trusting(&ca).identity(identity);
                call(&channel(&server.url(), tls)).await.unwrap();
                assert!(server.seen()[0].client.is_some());
            }
        }
    });
}

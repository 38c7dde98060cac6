//! Handshakes that fail: each in a sentence that says what to do, with rustls' error below it.

use std::{
    future::{Future, ready},
    sync::{Arc, Mutex},
    time::Duration,
};

use rcgen::{
    CertificateRevocationListParams, ExtendedKeyUsagePurpose, KeyIdMethod, KeyUsagePurpose,
    RevokedCertParams, SerialNumber, date_time_ymd,
};
use rustls::{
    CertificateError, Error, PeerIncompatible, RootCertStore, client::WebPkiServerVerifier,
    crypto::ring::default_provider, pki_types::CertificateRevocationListDer,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::{Instant, timeout},
};
use ziggurat::{Channel, Code, channel::Target, tls::TlsOptions};

use crate::{
    authority::{Authority, Issued, params_of_authority, server_params},
    call, cause, failure, run,
    server::{self, Server},
    trusting,
};

/// What is said of a server with this certificate.
async fn said(issued: &Issued, tls: TlsOptions) -> (String, Error) {
    let server = Server::start(server::open(issued)).await;
    let url = server.url();
    let status = failure(&url, tls).await;
    let text = status
        .message()
        .strip_prefix(&format!("cannot connect to {url}: "));
    let text = text.unwrap_or_else(|| panic!("{status}"));
    (text.into(), cause(&status).clone())
}

#[test]
fn a_certificate_that_expired() {
    run(async {
        let ca = Authority::new("Root");
        let mut params = server_params(&["localhost"]);
        params.not_before = date_time_ymd(2023, 1, 1);
        params.not_after = date_time_ymd(2024, 2, 29);
        let (text, error) = said(&ca.issue(&params), trusting(&ca)).await;
        assert_eq!(text, "its certificate expired at 2024-02-29 00:00:00 UTC");
        let expected = matches!(
            error,
            Error::InvalidCertificate(CertificateError::ExpiredContext { .. })
        );
        assert!(expected, "{error:?}");
    });
}

#[test]
fn a_certificate_that_is_not_valid_yet() {
    run(async {
        let ca = Authority::new("Root");
        let mut params = server_params(&["localhost"]);
        params.not_before = date_time_ymd(2099, 12, 31);
        let (text, _) = said(&ca.issue(&params), trusting(&ca)).await;
        assert_eq!(
            text,
            "its certificate is not valid before 2099-12-31 00:00:00 UTC; is this machine's clock right?"
        );
    });
}

#[test]
fn a_certificate_for_other_names() {
    run(async {
        let ca = Authority::new("Root");
        let issued = ca.server(&["cafe.example", "*.cafe.example", "10.0.0.1"]);
        let (text, error) = said(&issued, trusting(&ca)).await;
        assert_eq!(
            text,
            "its certificate is not for \"localhost\" but for cafe.example, *.cafe.example, 10.0.0.1; \
             connect by that name, or set TlsOptions::server_name"
        );
        let expected = matches!(
            error,
            Error::InvalidCertificate(CertificateError::NotValidForNameContext { .. })
        );
        assert!(expected, "{error:?}");
    });
}

#[test]
fn an_authority_that_is_not_trusted() {
    // I-4
    run(async {
        let (ca, other) = (Authority::new("Root"), Authority::new("Other"));
        let issued = ca.intermediate("Middle").server(&["localhost"]);
        // The second: its intermediate is missing.
        for tls in [trusting(&other), trusting(&ca)] {
            let (text, error) = said(&issued, tls).await;
            assert_eq!(
                text,
                "its certificate was issued by an authority that is not trusted; if it should be, \
                 add the authority's certificate with Roots::pem_file"
            );
            assert_eq!(error, CertificateError::UnknownIssuer.into());
        }
    });
}

#[test]
fn an_authority_that_has_another_key_now() {
    run(async {
        let (old, new) = (Authority::new("Root"), Authority::new("Root"));
        let (text, error) = said(&new.server(&["localhost"]), trusting(&old)).await;
        assert_eq!(
            text,
            "its certificate was signed with another key than that of the authority which it names; \
             the roots may have another certificate of that name"
        );
        assert_eq!(error, CertificateError::BadSignature.into());
    });
}

#[test]
fn a_certificate_that_was_revoked() {
    run(async {
        let key = rcgen::KeyPair::generate().unwrap();
        let mut authority = params_of_authority("Root");
        authority.key_usages.push(KeyUsagePurpose::CrlSign);
        let root = authority.self_signed(&key).unwrap();
        let issuer = rcgen::Issuer::new(authority, key);
        let mut params = server_params(&["localhost"]);
        let serial = SerialNumber::from(7);
        params.serial_number = Some(serial.clone());
        let key = rcgen::KeyPair::generate().unwrap();
        let chain = vec![params.signed_by(&key, &issuer).unwrap().der().clone()];
        let revoked = RevokedCertParams {
            serial_number: serial,
            revocation_time: date_time_ymd(2024, 1, 1),
            reason_code: None,
            invalidity_date: None,
        };
        let list = CertificateRevocationListParams {
            this_update: date_time_ymd(2024, 1, 1),
            next_update: date_time_ymd(2099, 1, 1),
            crl_number: SerialNumber::from(1),
            issuing_distribution_point: None,
            revoked_certs: vec![revoked],
            key_identifier_method: KeyIdMethod::Sha256,
        };
        let list = list.signed_by(&issuer).unwrap();
        let list = CertificateRevocationListDer::from(list.der().to_vec());

        let mut roots = RootCertStore::empty();
        roots.add(root.der().clone()).unwrap();
        let provider = default_provider().into();
        let verifier = WebPkiServerVerifier::builder_with_provider(roots.into(), provider)
            .with_crls([list])
            .build()
            .unwrap();
        let tls = TlsOptions::new().dangerous_verifier(verifier);
        let (text, error) = said(&Issued { chain, key }, tls).await;
        assert_eq!(text, "its certificate was revoked");
        assert_eq!(error, CertificateError::Revoked.into());
    });
}

#[test]
fn an_authoritys_certificate_used_by_the_server_itself() {
    // I-8
    run(async {
        let mut params = server_params(&["localhost"]);
        params.is_ca = params_of_authority("Root").is_ca;
        let issued = Issued::self_signed(&params);
        let roots = ziggurat::tls::Roots::der([issued.chain[0].to_vec()]).unwrap();
        let (text, _) = said(&issued, TlsOptions::new().roots(roots)).await;
        assert_eq!(
            text,
            "its certificate is marked as an authority's (CA:TRUE); a server needs one of its own, \
             issued by that authority or self-signed with CA:FALSE"
        );
    });
}

#[test]
fn a_certificate_for_clients_only() {
    run(async {
        let ca = Authority::new("Root");
        let mut params = server_params(&["localhost"]);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let (text, _) = said(&ca.issue(&params), trusting(&ca)).await;
        assert_eq!(text, "its certificate is not for servers");
    });
}

/// A server without TLS of its own; gives its URL.
async fn scripted<F: Future<Output = ()> + Send>(
    script: impl Fn(TcpStream) -> F + Send + 'static,
) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            script(stream).await;
        }
    });
    format!("https://localhost:{port}")
}

#[test]
fn a_plaintext_server() {
    run(async {
        let ca = Authority::new("Root");
        let (address, _serving) =
            ziggurat_examples::server::serve(ziggurat_examples::server::Machine)
                .await
                .unwrap();
        let http2 = format!("https://localhost:{}", address.port());
        let http1 = scripted(|mut stream| async move {
            let _ = stream.read(&mut [0; 1024]).await;
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        });
        for url in [http2, http1.await] {
            let status = failure(&url, trusting(&ca)).await;
            assert_eq!(
                status.message(),
                format!(
                    "cannot connect to {url}: it does not speak TLS; if it is a plaintext server, \
                     write http://"
                )
            );
            assert!(matches!(cause(&status), Error::InvalidMessage(_)));
        }
    });
}

#[test]
fn a_server_of_tls_on_a_plaintext_channel() {
    run(async {
        let ca = Authority::new("Root");
        let server = Server::start(server::open(&ca.server(&["localhost"]))).await;
        let url = format!("http://{}", server.address);
        let channel = Channel::builder(&url).unwrap().connect_lazy();
        let status = call(&channel).await.unwrap_err();
        assert_eq!(status.code(), Code::Unavailable);
        let text = status.message();
        assert!(text.contains(&url) && text.contains("https://"), "{text}");
    });
}

#[test]
fn a_server_that_closes() {
    run(async {
        let ca = Authority::new("Root");
        let url = scripted(|mut stream| async move {
            let _ = stream.read(&mut [0; 1024]).await;
        });
        let url = url.await;
        let status = failure(&url, trusting(&ca)).await;
        assert_eq!(
            status.message(),
            format!("cannot connect to {url}: it closed the connection during the TLS handshake")
        );
    });
}

#[tokio::test(start_paused = true)]
async fn a_server_that_says_nothing() {
    // D-22
    let (near, _far) = tokio::io::duplex(1024);
    let near = Arc::new(Mutex::new(Some(near)));
    let connector =
        tower::service_fn(move |_: Target| ready(near.lock().unwrap().take().ok_or("gone")));
    let ca = Authority::new("Root");
    let channel = Channel::builder("https://cafe.example")
        .unwrap()
        .tls(trusting(&ca))
        .unwrap()
        .connector(connector)
        .connect_lazy();
    let started = Instant::now();
    let failed = timeout(Duration::from_secs(60), call(&channel)).await;
    let status = failed.expect("it hangs").unwrap_err();
    assert_eq!(started.elapsed().as_secs(), 20);
    assert_eq!(status.code(), Code::Unavailable);
    assert_eq!(
        status.message(),
        "cannot connect to https://cafe.example: the TLS handshake was not over within 20s"
    );
}

#[test]
fn versions_that_do_not_meet() {
    run(async {
        let ca = Authority::new("Root");
        let issued = ca.server(&["localhost"]);
        let server = Server::start(server::in_version(&issued, &rustls::version::TLS12)).await;
        let mut roots = RootCertStore::empty();
        roots.add(ca.der()).unwrap();
        let config = rustls::ClientConfig::builder_with_provider(default_provider().into())
            .with_protocol_versions(&[&rustls::version::TLS13])
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let status = failure(&server.url(), TlsOptions::with_config(Arc::new(config))).await;
        let text = status.message();
        assert!(
            text.ends_with("it speaks neither TLS 1.2 nor TLS 1.3 (alert protocol_version)"),
            "{text}"
        );
        assert!(!matches!(
            cause(&status),
            Error::PeerIncompatible(PeerIncompatible::ServerDoesNotSupportTls12Or13)
        ));
    });
}

#[test]
fn all_who_wait_are_told() {
    run(async {
        let ca = Authority::new("Root");
        let server = Server::start(server::open(&ca.server(&["cafe.example"]))).await;
        let channel = crate::channel(&server.url(), trusting(&ca));
        let calls = (0..20).map(|_| call(&channel));
        for failed in futures_util::future::join_all(calls).await {
            let status = failed.unwrap_err();
            assert!(status.message().contains("cafe.example"), "{status}");
            cause(&status);
        }
    });
}

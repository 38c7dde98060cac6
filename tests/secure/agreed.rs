//! What both ends agree on: version, cipher suite, ALPN, sessions; and what a call tells of it.

use rustls::{
    HandshakeKind, ProtocolVersion,
    version::{TLS12, TLS13},
};
use tonic::transport::{Identity, Server as Tonic, ServerTlsConfig, server::TcpIncoming};
use ziggurat::{
    Channel, Code,
    tls::{Tls, TlsOptions, rustls::ClientConfig},
};
use ziggurat_examples::{
    cafe::{CoffeeMachineStub, LatteOrder},
    server::{Machine, SPOONS},
    tonic_cafe::coffee_machine_server::CoffeeMachineServer,
};

use crate::{
    authority::Authority,
    call, channel, run,
    server::{self, Server},
    trusting,
};

#[test]
fn both_versions_and_what_the_peer_is_told_to_be() {
    // I-2, M-14
    run(async {
        let ca = Authority::new("Root");
        let middle = ca.intermediate("Middle");
        let issued = middle.server(&["localhost"]).with(&middle);
        for (version, name) in [(&TLS12, "TLS 1.2"), (&TLS13, "TLS 1.3")] {
            let server = Server::start(server::in_version(&issued, version)).await;
            let channel = channel(&server.url(), trusting(&ca));
            let cafe = CoffeeMachineStub::new(channel);

            let answer = cafe.make_latte(LatteOrder::default()).send().await.unwrap();
            let too_sweet = LatteOrder {
                sugar: SPOONS + 1,
                ..LatteOrder::default()
            };
            let status = cafe.make_latte(too_sweet).await.unwrap_err();
            assert_eq!(status.code(), Code::InvalidArgument);
            assert_eq!(status.peer(), answer.peer(), "one connection, one peer");

            let peer = answer.peer().unwrap();
            assert_eq!(peer.remote_addr(), Some(server.address));
            let tls = peer.tls().unwrap();
            assert_eq!(tls.version(), name);
            let suite = tls.cipher_suite();
            assert!(
                suite.starts_with("TLS_") && suite.contains("_AES_"),
                "{suite}"
            );
            assert_eq!(tls.alpn(), Some(&b"h2"[..]));
            let expected: Vec<_> = issued.chain.iter().map(|der| der.to_vec()).collect();
            assert_eq!(tls.certificates(), expected);
        }
    });
}

#[test]
fn a_plain_connection_tells_no_tls() {
    run(async {
        let (address, _serving) = ziggurat_examples::server::serve(Machine).await.unwrap();
        let channel = Channel::builder(&format!("http://{address}")).unwrap();
        let cafe = CoffeeMachineStub::new(channel.connect_lazy());
        let answer = cafe.make_latte(LatteOrder::default()).send().await.unwrap();
        assert_eq!(answer.peer().unwrap().tls(), None);
    });
}

#[test]
fn tonics_own_tls() {
    run(async {
        let ca = Authority::new("Root");
        let issued = ca.server(&["localhost"]);
        let incoming = TcpIncoming::bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let url = format!(
            "https://localhost:{}",
            incoming.local_addr().unwrap().port()
        );
        let identity = Identity::from_pem(issued.pem(), issued.key_pem());
        let server = Tonic::builder()
            .tls_config(ServerTlsConfig::new().identity(identity))
            .unwrap()
            .add_service(CoffeeMachineServer::new(Machine));
        tokio::spawn(server.serve_with_incoming(incoming));
        call(&channel(&url, trusting(&ca))).await.unwrap();
    });
}

#[test]
fn later_connections_resume_the_session() {
    run(async {
        let ca = Authority::new("Root");
        let issued = ca.server(&["localhost"]);
        for version in [&TLS12, &TLS13] {
            let server = Server::start(server::in_version(&issued, version)).await;
            let tls = Tls::new(trusting(&ca)).unwrap();
            for _ in 0..3 {
                // Different channels, one configuration.
                let channel = Channel::builder(&server.url())
                    .unwrap()
                    .tls(tls.clone())
                    .unwrap();
                call(&channel.connect_lazy()).await.unwrap();
            }
            let kinds: Vec<_> = server.seen().into_iter().map(|seen| seen.kind).collect();
            let expected = [
                HandshakeKind::Full,
                HandshakeKind::Resumed,
                HandshakeKind::Resumed,
            ];
            assert_eq!(kinds, expected, "{:?}", version.version);
        }
    });
}

#[test]
fn an_own_configuration_is_left_alone_but_for_alpn() {
    // I-2
    run(async {
        let ca = Authority::new("Root");
        let server = Server::start(server::open(&ca.server(&["localhost"]))).await;
        let mut roots = rustls::RootCertStore::empty();
        roots.add(ca.der()).unwrap();
        let provider = rustls::crypto::ring::default_provider();
        let mut config = ClientConfig::builder_with_provider(provider.into())
            .with_protocol_versions(&[&TLS12])
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        let config = std::sync::Arc::new(config);

        let channel = Channel::builder(&server.url())
            .unwrap()
            .tls(config.clone())
            .unwrap();
        let cafe = CoffeeMachineStub::new(channel.connect_lazy());
        let answer = cafe.make_latte(LatteOrder::default()).send().await.unwrap();
        let tls = answer.peer().unwrap().tls().unwrap().clone();
        assert_eq!(tls.version(), "TLS 1.2");
        assert_eq!(tls.alpn(), Some(&b"h2"[..]));
        assert_eq!(config.alpn_protocols, [b"http/1.1"]);
        assert_eq!(TLS12.version, ProtocolVersion::TLSv1_2);

        let both =
            TlsOptions::with_config(config).roots(ziggurat::tls::Roots::pem(ca.pem()).unwrap());
        let error = Tls::new(both).unwrap_err();
        assert_eq!(
            error.to_string(),
            "an own rustls configuration has roots, identity and verifier itself: set them there"
        );
    });
}

#[test]
fn no_cipher_suite_is_one_that_http2_forbids() {
    // I-5: those of its appendix have no ephemeral key, or no authenticated encryption.
    for suite in rustls::crypto::ring::default_provider().cipher_suites {
        let name = suite.suite().as_str().unwrap();
        let is_ephemeral = suite.tls13().is_some() || name.contains("_ECDHE_");
        let is_authenticated = name.contains("_GCM_") || name.contains("_CHACHA20_POLY1305_");
        assert!(is_ephemeral && is_authenticated, "{name}");
    }
}

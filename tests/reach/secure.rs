//! TLS on every way, and the names that a certificate must have.

use std::error::Error;

use tokio::net::UnixListener;
use tokio_stream::wrappers::UnixListenerStream;
use ziggurat::{
    CallOptions, Channel, Code,
    channel::{Builder, Proxy},
    tls::{Problem, Roots, TlsOptions},
};
use ziggurat_examples::cafe::LatteOrder;

use crate::{assert_unavailable, authority, brew_with, latte, proxy, run, server};

/// A certificate that vouches for itself, and its key.
struct Issued {
    certificate: String,
    key: String,
}

impl Issued {
    fn new(names: &[&str]) -> Self {
        let names: Vec<_> = names.iter().map(|&name| name.to_owned()).collect();
        let issued = rcgen::generate_simple_self_signed(names).unwrap();
        Self {
            certificate: issued.cert.pem(),
            key: issued.signing_key.serialize_pem(),
        }
    }

    fn trusted(&self) -> TlsOptions {
        TlsOptions::new().roots(Roots::pem(&self.certificate).unwrap())
    }
}

fn builder(target: &str) -> Builder {
    Channel::builder(target).unwrap()
}

#[test]
fn tls_goes_from_end_to_end_through_a_proxy() {
    // G-75, A-11
    run(async {
        let issued = Issued::new(&["cafe.invalid"]);
        let (address, _server) = server::on_tls(&issued.certificate, &issued.key).await;
        let proxy = proxy::Proxy::to(&[("cafe.invalid:443", address)]).await;
        let through = Proxy::http(&proxy.address().to_string()).unwrap();
        let builder = builder("https://cafe.invalid").proxy(through);
        let cafe = brew_with(builder.tls(issued.trusted()).unwrap());
        let answer = latte(&cafe).await.unwrap();
        assert_eq!(authority(&answer), "cafe.invalid");
        let peer = answer.peer().unwrap();
        assert_eq!(peer.remote_addr(), Some(proxy.address()));
        assert!(peer.tls().is_some_and(|tls| tls.alpn() == Some(b"h2")));
        assert_eq!(
            proxy.asked(),
            ["CONNECT cafe.invalid:443 HTTP/1.1\r\nHost: cafe.invalid:443\r\n\r\n"]
        );
    });
}

#[cfg(unix)]
#[test]
fn a_unix_socket_has_tls_where_it_is_asked_for() {
    // I-1, I-33
    run(async {
        let issued = Issued::new(&["localhost", "cafe.example"]);
        let path = std::env::temp_dir().join(format!("ziggurat-tls-{}", std::process::id()));
        let listener = UnixListenerStream::new(UnixListener::bind(&path).unwrap());
        let server = server::secure(&issued.certificate, &issued.key, listener);
        let target = format!("unix:{}", path.display());

        let cafe = brew_with(builder(&target).tls(issued.trusted()).unwrap());
        let answer = latte(&cafe).await.unwrap();
        let peer = answer.peer().unwrap();
        assert!(peer.unix_path() == Some(&path) && peer.tls().is_some());
        let named = builder(&target).authority("cafe.example").unwrap();
        let cafe = brew_with(named.tls(issued.trusted()).unwrap());
        latte(&cafe).await.unwrap();
        assert_eq!(server.called(), ["localhost", "cafe.example"]);
        std::fs::remove_file(path).unwrap();
    });
}

#[test]
fn the_channels_authority_is_what_the_server_is_verified_for() {
    // I-30, I-32
    run(async {
        let issued = Issued::new(&["cafe.example"]);
        let (address, server) = server::on_tls(&issued.certificate, &issued.key).await;
        let target = format!("https://{address}");
        let named = || builder(&target).authority("cafe.example:50051").unwrap();
        for builder in [
            named().tls(issued.trusted()).unwrap(),
            // Said twice, in either order and any case, it is the same.
            named()
                .tls(issued.trusted().server_name("Cafe.example").unwrap())
                .unwrap(),
            builder(&target)
                .tls(issued.trusted().server_name("cafe.example").unwrap())
                .unwrap()
                .authority("cafe.example:50051")
                .unwrap(),
        ] {
            let answer = latte(&brew_with(builder)).await.unwrap();
            assert_eq!(authority(&answer), "cafe.example:50051");
        }
        let other = builder(&target).authority("bar.example").unwrap();
        let cafe = brew_with(other.tls(issued.trusted()).unwrap());
        let status = latte(&cafe).await.unwrap_err();
        let text = "its certificate is not for \"bar.example\" but for cafe.example";
        assert!(status.message().contains(text), "{status}");
        assert_eq!(server.called().len(), 3);
    });
}

#[test]
fn two_names_for_one_server_are_refused_when_they_are_set() {
    // I-32
    let text = "the authority \"cafe.example:1\" and the TLS server name \"bar.example\" differ: \
                set one of them, or the same";
    let issued = Issued::new(&["cafe.example"]);
    let tls = || issued.trusted().server_name("bar.example").unwrap();
    let named = builder("https://10.0.0.1")
        .authority("cafe.example:1")
        .unwrap();
    let error = named.tls(tls()).unwrap_err();
    assert!(matches!(error.problem(), Problem::Authority(_)));
    assert_eq!(error.to_string(), text);
    let secure = builder("https://10.0.0.1").tls(tls()).unwrap();
    let error = secure.authority("cafe.example:1").unwrap_err();
    assert_eq!(
        (error.to_string().as_str(), error.source().is_none()),
        (text, true)
    );
}

#[test]
fn a_call_may_name_only_what_the_certificate_has() {
    // I-31
    run(async {
        let issued = Issued::new(&["cafe.example", "kitchen.example", "127.0.0.2"]);
        let (address, server) = server::on_tls(&issued.certificate, &issued.key).await;
        let named = builder(&format!("https://{address}"))
            .authority("cafe.example")
            .unwrap();
        let cafe = brew_with(named.tls(issued.trusted()).unwrap());
        let call = |name: &str| {
            let call = cafe.make_latte(LatteOrder::default());
            call.authority(name).send()
        };

        let allowed = ["kitchen.example:7", "CAFE.example", "127.0.0.2"];
        for name in allowed {
            assert_eq!(authority(&call(name).await.unwrap()), name);
        }
        for (name, host) in [("bar.example:1", "bar.example"), ("[::1]", "::1")] {
            let status = call(name).await.unwrap_err();
            let text = format!(
                "the server at cafe.example may not be called {name}: its certificate is not for {host:?} \
                 but for cafe.example, kitchen.example, "
            );
            assert!(status.message().starts_with(&text), "{status}");
            assert_eq!(
                (status.code(), status.is_local()),
                (Code::Unavailable, true)
            );
            let mut source = status.cause();
            while let Some(error) = source.filter(|error| !error.is::<rustls::Error>()) {
                source = error.source();
            }
            assert!(source.is_some(), "{status:?}");
        }
        let status = call("a_b.example").await.unwrap_err();
        assert_eq!(status.code(), Code::Unavailable, "{status}");
        // Nothing of what was refused was sent, and the connection is as good as before.
        assert_eq!(server.called(), allowed);
        let wait = CallOptions::new().wait_for_ready(true);
        assert_eq!(
            authority(&latte(&cafe.with(wait)).await.unwrap()),
            "cafe.example"
        );
    });
}

#[test]
fn a_stream_that_may_not_be_opened_says_so() {
    // I-31
    run(async {
        let issued = Issued::new(&["cafe.example"]);
        let (address, server) = server::on_tls(&issued.certificate, &issued.key).await;
        let named = builder(&format!("https://{address}"))
            .authority("cafe.example")
            .unwrap();
        let cafe = brew_with(named.tls(issued.trusted()).unwrap());
        let options = CallOptions::new().authority("bar.example").unwrap();
        let upload = cafe.with(options).upload([]).await;
        let text = "the server at cafe.example may not be called bar.example: its certificate is not for \
                    \"bar.example\" but for cafe.example";
        assert_unavailable(&upload.unwrap_err(), text);
        assert!(server.called().is_empty());
    });
}

//! For whom a certificate is: names, addresses, and names that are set.

use std::{env, net::Ipv6Addr};

use rustls::pki_types::ServerName;
use tokio::{net::TcpListener, process::Command};
use ziggurat::{
    Channel,
    tls::{Problem, Roots, Tls, TlsOptions},
};

use crate::{
    authority::{Authority, Issued, server_params},
    call, channel, failure,
    folder::Folder,
    run,
    server::{self, Server},
    trusting,
};

#[test]
fn a_name_is_told_to_the_server() {
    // I-3
    run(async {
        let ca = Authority::new("Root");
        let server = Server::start(server::open(&ca.server(&["localhost"]))).await;
        call(&channel(&server.url(), trusting(&ca))).await.unwrap();
        let names: Vec<_> = server
            .seen()
            .into_iter()
            .map(|seen| seen.server_name)
            .collect();
        assert_eq!(names, [Some("localhost".into())]);
    });
}

#[test]
fn an_address_is_verified_and_not_told() {
    // I-3, I-34
    run(async {
        let ca = Authority::new("Root");
        let issued = ca.server(&["127.0.0.1", "::1"]);
        let four = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let six = TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).await.unwrap();
        for listener in [four, six] {
            let url = format!("https://{}", listener.local_addr().unwrap());
            let server = Server::accept(listener, server::open(&issued));
            call(&channel(&url, trusting(&ca))).await.unwrap();
            assert_eq!(server.seen()[0].server_name, None);
        }

        let server = Server::start(server::open(&ca.server(&["localhost"]))).await;
        let url = format!("https://{}", server.address);
        let status = failure(&url, trusting(&ca)).await;
        assert_eq!(
            status.message(),
            format!(
                "cannot connect to {url}: its certificate is not for \"127.0.0.1\" but for localhost; \
                 connect by that name, or set TlsOptions::server_name"
            )
        );
    });
}

#[test]
fn a_server_name_that_is_set_is_verified_and_told_in_both_ways() {
    // I-32
    run(async {
        let ca = Authority::new("Root");
        let server = Server::start(server::open(&ca.server(&["cafe.example"]))).await;
        let tls = trusting(&ca).server_name("cafe.example").unwrap();
        let channel = channel(&server.url(), tls);
        call(&channel).await.unwrap();
        assert_eq!(
            server.seen()[0].server_name.as_deref(),
            Some("cafe.example")
        );
        assert_eq!(server.origins(), ["https://cafe.example"]);

        let status = failure(&server.url(), trusting(&ca)).await;
        assert!(
            status
                .message()
                .contains("is not for \"localhost\" but for cafe.example;")
        );
    });
}

#[test]
fn a_server_name_that_is_none_is_refused() {
    let error = TlsOptions::new().server_name("cafe example").unwrap_err();
    assert!(matches!(error.problem(), Problem::ServerName(_)));
    assert_eq!(
        error.to_string(),
        "the TLS server name is neither a DNS name nor an IP address"
    );
    let tls = TlsOptions::new().server_name("::1").unwrap();
    let tls = Tls::new(tls.roots(Roots::pem(Authority::new("Root").pem()).unwrap())).unwrap();
    assert!(matches!(tls.server_name(), Some(ServerName::IpAddress(_))));
}

#[test]
fn a_certificate_that_signs_itself_can_be_a_root() {
    // I-8
    run(async {
        let issued = Issued::self_signed(&server_params(&["localhost"]));
        let server = Server::start(server::open(&issued)).await;
        let roots = Roots::der([issued.chain[0].to_vec()]).unwrap();
        call(&channel(&server.url(), TlsOptions::new().roots(roots)))
            .await
            .unwrap();
    });
}

#[test]
fn roots_add_up() {
    // I-6
    run(async {
        let (one, other) = (Authority::new("One"), Authority::new("Other"));
        let both = Roots::pem(one.pem())
            .unwrap()
            .and(Roots::pem(other.pem()).unwrap());
        for ca in [&one, &other] {
            let server = Server::start(server::open(&ca.server(&["localhost"]))).await;
            let tls = TlsOptions::new().roots(both.clone());
            call(&channel(&server.url(), tls)).await.unwrap();
        }
    });
}

#[test]
fn a_plaintext_target_takes_no_tls() {
    // I-1
    let builder = Channel::builder("http://localhost").unwrap();
    let error = builder.tls(trusting(&Authority::new("Root"))).unwrap_err();
    assert!(matches!(error.problem(), Problem::Plaintext));
    assert_eq!(
        error.to_string(),
        "TLS options are for https:// and unix: targets, this one is plaintext: write https://"
    );
}

/// Where the child process finds the server.
const URL: &str = "ZIGGURAT_TEST_URL";

/// In a process of its own, for it changes what the system trusts.
#[test]
fn without_options_the_system_decides() {
    // I-1
    if let Ok(url) = env::var(URL) {
        return run(async move {
            let channel = Channel::builder(&url).unwrap().connect_lazy();
            call(&channel).await.unwrap();
        });
    }
    run(async {
        let (ca, folder) = (Authority::new("Root"), Folder::new());
        let server = Server::start(server::open(&ca.server(&["localhost"]))).await;
        let roots = folder.put("roots.pem", ca.pem());
        for (roots, succeeds) in [(roots, true), (folder.path("missing.pem"), false)] {
            let mut child = Command::new(env::current_exe().unwrap());
            child
                .args(["--exact", "names::without_options_the_system_decides"])
                .env("SSL_CERT_FILE", roots)
                .env_remove("SSL_CERT_DIR")
                .env(URL, server.url());
            let output = child.output().await.unwrap();
            let text = String::from_utf8_lossy(&output.stdout);
            assert_eq!(output.status.success(), succeeds, "{text}");
            let unloaded = "the root certificates of the system cannot be loaded: ";
            assert_eq!(text.contains(unloaded), !succeeds, "{text}");
        }
        assert_eq!(server.seen().len(), 1);
    });
}

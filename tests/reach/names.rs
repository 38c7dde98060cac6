//! Targets as gRPC writes names, to tonic servers on the loopback.

use std::{collections::BTreeSet, net::SocketAddr};

use tokio::net::TcpListener;
use ziggurat::{
    Channel, Peer,
    balance::RoundRobin,
    channel::{Builder, Proxy},
    tls::{Roots, TlsOptions},
};
use ziggurat_examples::cafe::CoffeeMachineStub;

use crate::{authority, brew_with, latte, proxy, run, server};

fn plaintext(target: &str) -> Builder {
    Channel::builder(target).unwrap().plaintext().unwrap()
}

/// An address that nobody listens on.
async fn dead() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    listener.local_addr().unwrap()
}

/// Who answered of so many calls.
async fn answered(cafe: &CoffeeMachineStub, calls: usize) -> BTreeSet<SocketAddr> {
    let mut answered = BTreeSet::new();
    for _ in 0..calls {
        let answer = latte(cafe).await.unwrap();
        answered.extend(answer.peer().and_then(Peer::remote_addr));
    }
    answered
}

#[test]
fn a_name_is_reached_in_plaintext_if_that_is_said() {
    // G-2, G-7
    run(async {
        let (address, _server) = server::on_tcp("127.0.0.1:0").await;
        for text in ["dns:///localhost", "dns:localhost"] {
            let target = format!("{text}:{}", address.port());
            let answer = latte(&brew_with(plaintext(&target))).await.unwrap();
            assert_eq!(authority(&answer), format!("localhost:{}", address.port()));
            assert_eq!(answer.peer().unwrap().remote_addr(), Some(address));

            // Otherwise it is TLS, which this server does not speak.
            let cafe = brew_with(Channel::builder(&target).unwrap());
            let status = latte(&cafe).await.unwrap_err();
            let text = "it does not speak TLS; if it is a plaintext server, write http://";
            assert!(status.message().contains(text), "{status}");
        }
    });
}

#[test]
fn a_name_is_reached_by_tls_and_verified() {
    // G-2, I-1
    run(async {
        let issued = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let (certificate, key) = (issued.cert.pem(), issued.signing_key.serialize_pem());
        let (address, _server) = server::on_tls(&certificate, &key).await;
        let tls = TlsOptions::new().roots(Roots::pem(&certificate).unwrap());
        let target = format!("dns:///localhost:{}", address.port());
        let builder = Channel::builder(&target).unwrap().tls(tls).unwrap();
        let answer = latte(&brew_with(builder)).await.unwrap();
        assert!(answer.peer().unwrap().tls().is_some());
    });
}

#[test]
fn of_several_addresses_the_first_that_answers_is_used() {
    // G-5, G-31
    run(async {
        let (address, _server) = server::on_tcp("127.0.0.1:0").await;
        let dead = dead().await;
        let cafe = brew_with(plaintext(&format!("ipv4:{dead},{address}")));
        let answer = latte(&cafe).await.unwrap();
        assert_eq!(answer.peer().unwrap().remote_addr(), Some(address));
        assert_eq!(authority(&answer), dead.to_string());
    });
}

#[test]
fn of_several_addresses_each_is_a_server_where_calls_are_balanced() {
    // G-5
    run(async {
        let (first, _first) = server::on_tcp("127.0.0.1:0").await;
        let (second, _second) = server::on_tcp("127.0.0.1:0").await;
        let builder = plaintext(&format!("ipv4:{first},{second}"))
            .authority("cafe.example")
            .unwrap();
        let cafe = brew_with(builder.balance(RoundRobin::new()));
        let both = BTreeSet::from([first, second]);
        while answered(&cafe, 8).await != both {}
        assert_eq!(authority(&latte(&cafe).await.unwrap()), "cafe.example");
    });
}

#[test]
fn each_address_is_asked_for_behind_a_proxy() {
    // G-5, G-75
    run(async {
        let (first, _first) = server::on_tcp("127.0.0.1:0").await;
        let (second, _second) = server::on_tcp("127.0.0.1:0").await;
        let names = [first.to_string(), second.to_string()];
        let routes = [(names[0].as_str(), first), (names[1].as_str(), second)];
        let proxy = proxy::Proxy::to(&routes).await;
        let through = Proxy::http(&proxy.address().to_string()).unwrap();
        let builder = plaintext(&format!("ipv4:{first},{second}")).proxy(through);
        let cafe = brew_with(builder.balance(RoundRobin::new()));
        // Whoever answers is seen behind the proxy by the name that it was called by: the same for both.
        while proxy.asked().len() < 2 {
            latte(&cafe).await.unwrap();
        }
        for name in names {
            let head = format!("CONNECT {name} HTTP/1.1\r\n");
            assert!(proxy.asked().iter().any(|asked| asked.starts_with(&head)));
        }
    });
}

#[test]
fn what_says_tls_is_not_made_plaintext() {
    // I-1
    let refused = |builder: Builder| builder.plaintext().unwrap_err().to_string();
    assert_eq!(
        refused(Channel::builder("https://cafe").unwrap()),
        r#"the target "https://cafe" says TLS: write http:// for plaintext"#
    );
    let tls = TlsOptions::new();
    let builder = Channel::builder("dns:///cafe").unwrap().tls(tls.clone());
    assert_eq!(
        refused(builder.unwrap()),
        r#"the target "dns:///cafe" has TLS options: leave them out for plaintext"#
    );
    let error = plaintext("dns:///cafe").tls(tls).unwrap_err();
    assert_eq!(
        error.to_string(),
        "TLS options are for https:// and unix: targets, this one is plaintext: write https://"
    );
    assert!(Channel::builder("http://cafe").unwrap().plaintext().is_ok());
    assert!(
        Channel::builder("unix:/run/cafe")
            .unwrap()
            .plaintext()
            .is_ok()
    );
}

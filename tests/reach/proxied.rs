//! A tonic server behind a proxy.

use ziggurat::{Channel, channel::Proxy};
use ziggurat_examples::cafe::{Filter, LatteOrder};

use crate::{authority, brew_with, latte, proxy, run, server};

/// A name that no resolver knows: only the proxy can lead there.
const TARGET: &str = "http://cafe.invalid:50051";

#[test]
fn the_proxy_leads_to_the_name() {
    // G-75
    run(async {
        let (address, _server) = server::on_tcp("127.0.0.1:0").await;
        let proxy = proxy::Proxy::to(&[("cafe.invalid:50051", address)]).await;
        let through = Proxy::http(&format!("http://ada:s%20ecret@{}", proxy.address())).unwrap();
        let cafe = brew_with(Channel::builder(TARGET).unwrap().proxy(through));
        let answer = latte(&cafe).await.unwrap();
        // The server is called by its own name, and the peer is whom the socket leads to.
        assert_eq!(authority(&answer), "cafe.invalid:50051");
        assert_eq!(answer.peer().unwrap().remote_addr(), Some(proxy.address()));
        let request = "CONNECT cafe.invalid:50051 HTTP/1.1\r\nHost: cafe.invalid:50051\r\n\
             Proxy-Authorization: Basic YWRhOnMgZWNyZXQ=\r\n\r\n";
        assert_eq!(proxy.asked(), [request]);
    });
}

#[test]
fn all_calls_go_through_one_tunnel() {
    // G-75
    run(async {
        let (address, _server) = server::on_tcp("127.0.0.1:0").await;
        let proxy = proxy::Proxy::to(&[("cafe.invalid:80", address)]).await;
        let through = Proxy::http(&proxy.address().to_string()).unwrap();
        let builder = Channel::builder("http://cafe.invalid").unwrap();
        let cafe = brew_with(builder.proxy(through));
        let filter = Filter {
            count: 8,
            size: 200_000,
        };
        let (orders, lattes) = tokio::join!(
            cafe.watch(filter).collect(),
            futures_util::future::join_all(
                (0..100).map(|_| cafe.make_latte(LatteOrder::default()).send())
            ),
        );
        assert_eq!(orders.unwrap().len(), 8);
        assert!(lattes.into_iter().all(|latte| latte.is_ok()));
        assert_eq!(
            proxy.asked(),
            ["CONNECT cafe.invalid:80 HTTP/1.1\r\nHost: cafe.invalid:80\r\n\r\n"]
        );
    });
}

#[test]
fn ipv6_is_in_brackets_and_a_proxy_may_be_there_too() {
    // G-75, I-34
    run(async {
        let (address, _server) = server::on_tcp("[::1]:0").await;
        let name = format!("[2001:db8::1]:{}", address.port());
        let proxy = proxy::Proxy::to(&[(&name, address)]).await;
        let through = Proxy::http(&proxy.address().to_string()).unwrap();
        let builder = Channel::builder(&format!("http://{name}")).unwrap();
        let answer = latte(&brew_with(builder.proxy(through))).await.unwrap();
        assert_eq!(authority(&answer), name);
    });
}

#[test]
fn exceptions_and_the_switch_lead_past_the_proxy() {
    // G-75
    run(async {
        let (address, _server) = server::on_tcp("127.0.0.1:0").await;
        let proxy = proxy::Proxy::to(&[]).await;
        let through = || Proxy::http(&proxy.address().to_string()).unwrap();
        let target = format!("http://{address}");
        for proxy in [through().except("127.0.0.0/8"), Proxy::none()] {
            let builder = Channel::builder(&target).unwrap();
            let answer = latte(&brew_with(builder.proxy(proxy))).await.unwrap();
            assert_eq!(answer.peer().unwrap().remote_addr(), Some(address));
        }
        // A socket of this machine has no way through.
        let builder = Channel::builder("unix:/no/cafe.sock").unwrap();
        let status = latte(&brew_with(builder.proxy(through())))
            .await
            .unwrap_err();
        assert!(status.message().contains("there is no file"), "{status}");
        assert!(proxy.asked().is_empty());
    });
}

#[test]
fn a_proxy_that_dies_is_replaced_by_the_next_attempt() {
    //
    run(async {
        let (address, _server) = server::on_tcp("127.0.0.1:0").await;
        let proxy = proxy::Proxy::to(&[("cafe.invalid:50051", address)]).await;
        let through = Proxy::http(&proxy.address().to_string()).unwrap();
        let cafe = brew_with(Channel::builder(TARGET).unwrap().proxy(through));
        latte(&cafe).await.unwrap();
        let port = proxy.address();
        drop(proxy);
        let status = loop {
            match latte(&cafe).await {
                Ok(_) => tokio::task::yield_now().await,
                Err(status) => break status,
            }
        };
        assert_eq!(status.code(), ziggurat::Code::Unavailable);
        let text = format!("the proxy http://{port} cannot be reached: {port}: Connection refused");
        let refused = loop {
            let status = latte(&cafe).await.unwrap_err();
            if status.message().contains(&text) {
                break status;
            }
            tokio::task::yield_now().await;
        };
        assert!(refused.is_local());
    });
}

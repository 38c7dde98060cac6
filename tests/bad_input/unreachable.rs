//! Servers that cannot be reached.

use std::{future::pending, io, time::Duration};

use tokio::net::TcpSocket;
use ziggurat::{Channel, Code};
use ziggurat_examples::cafe::{CoffeeMachineStub, LatteOrder};

use crate::{
    assert_status, cafe, cause, failure, run,
    server::{tcp, url},
};

/// A name that no resolver is asked for, since DNS cannot carry it: one label is longer than 63.
fn impossible_host() -> String {
    format!("http://{}.example:50051", "a".repeat(64))
}

#[test]
fn an_unknown_host() {
    run(async {
        let status = failure(&impossible_host()).await;
        assert_status(
            &status,
            Code::Unavailable,
            &["cannot connect to http://aaa", ".example:50051"],
        );
        assert!(status.is_local());
        cause::<io::Error>(&status);
    });
}

#[test]
fn a_port_that_refuses() {
    run(async {
        // Bound, so that nobody else gets it, and not listening.
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let url = url(socket.local_addr().unwrap());
        let status = failure(&url).await;
        assert_status(&status, Code::Unavailable, &["cannot connect to", &url]);
        assert_eq!(
            cause::<io::Error>(&status).kind(),
            io::ErrorKind::ConnectionRefused
        );
        // Eagerly too.
        let status = Channel::builder(&url).unwrap().connect().await.unwrap_err();
        assert_eq!(status.code(), Code::Unavailable);
        assert_eq!(
            cause::<io::Error>(&status).kind(),
            io::ErrorKind::ConnectionRefused
        );
        // One after the other, and all at once.
        let cafe = cafe(&url);
        let calls = (0..50).map(|_| cafe.make_latte(LatteOrder::default()).send());
        for result in futures_util::future::join_all(calls).await {
            assert_eq!(result.unwrap_err().code(), Code::Unavailable);
        }
        drop(socket);
    });
}

#[test]
fn a_server_that_accepts_and_closes() {
    run(async {
        let url = tcp(|socket| async { drop(socket) }).await;
        let status = failure(&url).await;
        assert_status(&status, Code::Unavailable, &[&url]);
        assert!(status.cause().is_some());
        assert!(Channel::builder(&url).unwrap().connect().await.is_err());
    });
}

#[test]
fn a_server_that_accepts_and_says_nothing() {
    // D-22, A-118
    run(async {
        let url = tcp(|socket| async move {
            let _open = socket;
            pending::<()>().await;
        })
        .await;
        let channel = Channel::builder(&url).unwrap();
        let channel = channel
            .connect_timeout(Duration::from_millis(30))
            .connect_lazy();
        let cafe = CoffeeMachineStub::new(channel);
        let status = cafe.make_latte(LatteOrder::default()).await.unwrap_err();
        assert_status(&status, Code::Unavailable, &[&url, "within 30ms"]);
        // A shorter deadline of the call's own comes first.
        let call = crate::cafe(&url).make_latte(LatteOrder::default());
        let status = call.timeout(Duration::from_millis(30)).await.unwrap_err();
        assert_eq!(status.code(), Code::DeadlineExceeded);
    });
}

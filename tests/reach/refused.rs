//! Proxies that do not lead to the server.

use std::{future::pending, net::SocketAddr, time::Duration};

use tokio::{io::AsyncWriteExt, net::TcpListener};
use ziggurat::{
    Channel, Status,
    channel::{Proxy, ProxyError},
};

use crate::{assert_unavailable, brew_with, cause, latte, proxy::read_request, run};

const TARGET: &str = "http://cafe.invalid:50051";

/// Answers CONNECT with these bytes, and then closes or waits for ever.
async fn answering(answer: Vec<u8>, and_closes: bool) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let answer = answer.clone();
            tokio::spawn(async move {
                read_request(&mut stream).await;
                // The client may be gone.
                let _ = stream.write_all(&answer).await;
                if !and_closes {
                    pending::<()>().await;
                }
            });
        }
    });
    address
}

async fn failure(proxy: SocketAddr, user: &str, timeout: Duration) -> Status {
    let proxy = Proxy::http(&format!("http://{user}{proxy}")).unwrap();
    let builder = Channel::builder(TARGET).unwrap().proxy(proxy);
    let cafe = brew_with(builder.connect_timeout(timeout));
    let status = latte(&cafe).await.unwrap_err();
    assert!(status.is_local());
    assert!(
        !format!("{status} {status:?}").contains("s3cret"),
        "{status:?}"
    );
    status
}

/// How a call fails at a proxy that answers so, without what stands in front of it.
async fn said(answer: &[u8]) -> String {
    let address = answering(answer.to_owned(), true).await;
    let status = failure(address, "", Duration::from_secs(30)).await;
    assert_eq!(status.code(), ziggurat::Code::Unavailable);
    cause::<ProxyError>(&status);
    let start = format!("cannot connect to {TARGET}: the proxy http://{address} ");
    let rest = status.message().strip_prefix(&start);
    rest.unwrap_or_else(|| panic!("{status}")).to_owned()
}

#[test]
fn each_answer_is_told_with_proxy_and_target() {
    // G-75, D-27
    run(async {
        for (answer, expected) in [
            (
                "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"x\"\r\n\r\n",
                "wants a user name and a password: 407 Proxy Authentication Required; it takes Basic",
            ),
            (
                "HTTP/1.1 403 Forbidden\r\n\r\n",
                "refuses to connect to cafe.invalid:50051: 403 Forbidden",
            ),
            (
                "HTTP/1.0 502 Bad Gateway\r\n\r\n<html>",
                "refuses to connect to cafe.invalid:50051: 502 Bad Gateway",
            ),
            ("", "closed the connection before it had answered"),
            (
                "HTTP/1.1 200 O",
                "closed the connection before it had answered",
            ),
            (
                "220 smtp.example ESMTP\r\n",
                "does not speak HTTP/1: invalid HTTP version",
            ),
        ] {
            assert_eq!(said(answer.as_bytes()).await, expected);
        }
        let endless = format!("HTTP/1.1 200 OK\r\nVia: {}", "x".repeat(1_000_000));
        let text = "answered with a header of more than 16384 bytes";
        assert_eq!(said(endless.as_bytes()).await, text);
    });
}

#[test]
fn credentials_that_are_not_accepted_are_not_shown() {
    // G-75
    run(async {
        let answer = b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n";
        let address = answering(answer.to_vec(), true).await;
        let status = failure(address, "ada:s3cret@", Duration::from_secs(30)).await;
        let text =
            "does not accept the user name and the password: 407 Proxy Authentication Required";
        assert_unavailable(
            &status,
            &format!("cannot connect to {TARGET}: the proxy http://{address} {text}"),
        );
    });
}

#[test]
fn a_proxy_that_says_nothing_is_left_in_time() {
    // G-75, D-22
    run(async {
        for answer in ["", "HTTP/1.1 200 OK\r\nVia: x"] {
            let address = answering(answer.into(), false).await;
            let status = failure(address, "ada:s3cret@", Duration::from_millis(30)).await;
            let text = format!(
                "the proxy http://{address} did not let it pass within 30ms: the proxy has not answered CONNECT"
            );
            assert_unavailable(&status, &format!("cannot connect to {TARGET}: {text}"));
        }
    });
}

#[test]
fn what_is_behind_the_proxy_is_judged_as_ever() {
    //
    run(async {
        let address = answering(
            b"HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 400 Bad\r\n\r\n".to_vec(),
            false,
        )
        .await;
        let status = failure(address, "", Duration::from_secs(30)).await;
        let text =
            "the server at http://cafe.invalid:50051 does not speak HTTP/2: it answered in HTTP/1";
        assert_unavailable(&status, text);
    });
}

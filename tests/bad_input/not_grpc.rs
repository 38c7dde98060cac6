//! Servers that speak something else.

use axum::{Router, http::StatusCode, response::Html, routing::any};
use tokio::net::TcpListener;
use ziggurat::Code;

use crate::{
    assert_status, failure, run,
    server::{says, url},
};

#[test]
fn http_1() {
    //
    run(async {
        for answer in [
            "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>",
            "HTTP/1.0 505 HTTP Version Not Supported\r\n\r\n",
        ] {
            let url = says(answer).await;
            let status = failure(&url).await;
            assert_status(&status, Code::Unavailable, &[&url, "does not speak HTTP/2"]);
            assert!(status.is_local());
            assert!(status.cause().is_some());
        }
    });
}

#[test]
fn other_protocols() {
    run(async {
        for greeting in [
            &b"220 mail.example ESMTP\r\n"[..],
            b"SSH-2.0-OpenSSH_9.6\r\n",
            b"-ERR unknown command 'PRI'\r\n",
            b"\x15\x03\x01\x00\x02\x02\x46", // TLS: an alert
        ] {
            let url = says(greeting).await;
            let status = failure(&url).await;
            assert_status(&status, Code::Unavailable, &[&url]);
            assert!(status.cause().is_some());
        }
    });
}

/// An HTTP/2 server with these pages.
async fn web(pages: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = url(listener.local_addr().unwrap());
    tokio::spawn(async { axum::serve(listener, pages).await.unwrap() });
    url
}

#[test]
fn a_web_server_that_answers_html() {
    //
    run(async {
        for (http, code) in [
            (StatusCode::OK, Code::Unknown),
            (StatusCode::UNAUTHORIZED, Code::Unauthenticated),
            (StatusCode::NOT_FOUND, Code::Unimplemented),
            (StatusCode::INTERNAL_SERVER_ERROR, Code::Unknown),
            (StatusCode::SERVICE_UNAVAILABLE, Code::Unavailable),
        ] {
            let page = (http, Html("<html>hello</html>"));
            let url = web(Router::new().fallback(any(async move || page))).await;
            let status = failure(&url).await;
            assert_status(
                &status,
                code,
                &["not gRPC", http.as_str(), "content-type text/html"],
            );
            assert!(status.is_local());
            assert!(status.peer().is_some());
        }
    });
}

#[test]
fn a_web_server_without_the_page() {
    run(async {
        let url = web(Router::new()).await;
        let status = failure(&url).await;
        assert_status(
            &status,
            Code::Unimplemented,
            &["HTTP 404", "no content-type"],
        );
    });
}

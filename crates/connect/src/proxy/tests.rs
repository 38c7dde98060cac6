//! Which proxy is taken, and what it says. Through a real one: the tests of the whole.

use std::{collections::HashMap, error::Error as _, io};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use super::*;
use crate::{Target, TcpOptions};

fn target(text: &str) -> Target {
    Target::parse(text).unwrap()
}

/// The proxy that these variables choose for a target: nothing, an address, or an error.
fn chosen(vars: &[(&str, &str)], text: &str) -> String {
    let vars: HashMap<_, _> = vars.iter().copied().collect();
    let proxy = Proxy::from_vars(|name| vars.get(name).map(ToString::to_string));
    if !proxy.applies_to(&target(text)) {
        return "none".to_owned();
    }
    match proxy.address_for(&target(text)) {
        Some(address) => address.into(),
        None => format!("{proxy:?}"),
    }
}

#[test]
fn the_first_variable_that_is_set_counts() {
    // G-75
    let grpc = ("grpc_proxy", "http://grpc:1");
    let https = ("https_proxy", "http://https:2");
    let http = ("http_proxy", "http://http:3");
    for text in ["http://cafe", "http://127.0.0.1:50051"] {
        assert_eq!(chosen(&[], text), "none");
        assert_eq!(chosen(&[http], text), "http://http:3");
        assert_eq!(chosen(&[http, https], text), "http://https:2");
        assert_eq!(chosen(&[http, https, grpc], text), "http://grpc:1");
        // What is set and empty is set.
        assert_eq!(chosen(&[http, ("grpc_proxy", "")], text), "none");
        assert_eq!(
            chosen(
                &[("HTTPS_PROXY", "http://https:2"), ("all_proxy", "x")],
                text
            ),
            "none"
        );
    }
}

#[test]
fn the_first_list_of_exceptions_that_is_set_counts() {
    // G-75
    let proxy = ("http_proxy", "http://proxy:3128");
    let general = ("no_proxy", "cafe");
    assert_eq!(chosen(&[proxy, general], "http://cafe:50051"), "none");
    assert_eq!(chosen(&[proxy, general], "http://bar"), "http://proxy:3128");
    let own = ("no_grpc_proxy", "bar");
    assert_eq!(
        chosen(&[proxy, general, own], "http://cafe"),
        "http://proxy:3128"
    );
    assert_eq!(chosen(&[proxy, general, own], "http://bar"), "none");
    let empty = ("no_grpc_proxy", "");
    assert_eq!(
        chosen(&[proxy, general, empty], "http://cafe"),
        "http://proxy:3128"
    );
}

#[cfg(unix)]
#[test]
fn unix_sockets_have_no_proxy() {
    // G-75
    let proxy = Proxy::http("http://proxy").unwrap();
    assert!(!proxy.applies_to(&target("unix:/run/cafe.sock")));
    assert!(proxy.applies_to(&target("http://localhost")));
    assert!(!Proxy::none().applies_to(&target("http://localhost")));
}

#[test]
fn exceptions_are_hosts_domains_addresses_and_networks() {
    // G-75
    let table = [
        ("cafe.example", "cafe.example", true),
        ("cafe.example", "CAFE.example", true),
        ("cafe.example", "sub.cafe.example", false),
        ("cafe.example", "icecafe.example", false),
        ("cafe.example", "cafe.example.org", false),
        (".cafe.example", "cafe.example", true),
        (".Cafe.example", "a.b.cafe.EXAMPLE", true),
        (".cafe.example", "icecafe.example", false),
        (".cafe.example", "cafe.example.org", false),
        ("bar,cafe", "cafe", true),
        (" bar , cafe ,", "cafe", true),
        ("bar;cafe", "cafe", false),
        ("", "cafe", false),
        (",", "cafe", false),
        (".", "cafe", false),
        ("*", "cafe", true),
        ("*", "10.0.0.1", true),
        ("*.example", "cafe.example", false),
        ("10.1.2.3", "10.1.2.3", true),
        ("10.1.2.3", "10.1.2.30", false),
        (".2.3", "10.1.2.3", false),
        ("10.0.0.0/8", "10.255.0.1", true),
        ("10.0.0.0/8", "11.0.0.1", false),
        ("10.9.9.9/8", "10.1.2.3", true),
        ("0.0.0.0/0", "10.1.2.3", true),
        ("0.0.0.0/0", "[::1]", false),
        ("10.0.0.0/33", "10.0.0.0", false),
        ("10.0.0.0/8", "cafe", false),
        ("::1", "[::1]", true),
        ("[::1]", "[::1]", true),
        ("0:0:0:0:0:0:0:1", "[::1]", true),
        ("fd00::/8", "[fd12::1]", true),
        ("fd00::/8", "[fe80::1]", false),
        ("localhost", "127.0.0.1", false),
    ];
    for (list, host, expected) in table {
        let proxy = Proxy::http("http://proxy").unwrap().except(list);
        let applies = proxy.applies_to(&target(&format!("http://{host}:50051")));
        assert_eq!(!applies, expected, "{list:?} {host}");
    }
}

#[test]
fn the_text_of_a_proxy_is_a_url_or_a_host() {
    // G-75
    let table = [
        ("http://proxy:3128", "http://proxy:3128"),
        ("HTTP://proxy:3128/", "http://proxy:3128"),
        (" http://proxy ", "http://proxy:443"),
        ("proxy", "http://proxy:443"),
        ("proxy:80", "http://proxy:80"),
        ("http://10.0.0.1:1", "http://10.0.0.1:1"),
        ("http://[::1]", "http://[::1]:443"),
        ("http://[::1]:3128", "http://[::1]:3128"),
        ("http://ada:secret@proxy", "http://proxy:443"),
        ("ada:sec@ret@proxy:8080", "http://proxy:8080"),
    ];
    for (text, expected) in table {
        let proxy = Proxy::http(text).unwrap();
        let address = proxy.address_for(&target("http://cafe")).unwrap();
        assert_eq!(&*address, expected, "{text}");
    }
}

#[test]
fn what_names_no_proxy_is_refused_and_shows_no_password() {
    let table = [
        (
            "https://proxy",
            r#"the proxy has the unknown scheme "https""#,
        ),
        (
            "socks5://a:secret@proxy",
            r#"the proxy has the unknown scheme "socks5""#,
        ),
        ("http://", r#"the proxy is no URL: "http://""#),
        ("", r#"the proxy is no URL: """#),
        ("http://proxy:x", r#"the proxy is no URL: "http://proxy:x""#),
        (
            "http://proxy/path",
            r#"the proxy is no URL: "http://proxy/path""#,
        ),
        ("http://ada:secret@", "the proxy is no URL"),
        ("http://ada:sec/ret@proxy", "the proxy is no URL"),
        ("ada:secret://@proxy", "the proxy is no URL"),
    ];
    for (text, expected) in table {
        let error = Proxy::http(text).unwrap_err();
        let expected = format!("{expected}: write http://[user:password@]host[:port]");
        assert_eq!(error.to_string(), expected);
        assert!(!format!("{error:?}").contains("secret"), "{error:?}");
    }
}

#[test]
fn a_variable_that_names_no_proxy_is_told_by_its_name() {
    let shown = chosen(&[("https_proxy", "ftp://proxy")], "http://cafe");
    assert_eq!(
        shown,
        r#"Proxy(the proxy in the environment variable https_proxy has the unknown scheme "ftp": write http://[user:password@]host[:port])"#
    );
}

#[test]
fn no_credentials_are_shown() {
    let proxy = Proxy::http("http://ada:s3cret@proxy:1")
        .unwrap()
        .except("a, .b, 10.1.0.0/16");
    let shown = format!("{proxy:?}");
    assert_eq!(
        shown,
        "Proxy(http://proxy:1 with credentials, but not for a, .b, 10.1.0.0/16)"
    );
    assert_eq!(format!("{:?}", Proxy::none().except("a")), "Proxy(none)");
}

/// A proxy that answers as told, and then whatever follows; gives what it was asked.
async fn scripted(answer: &[u8], text: &str) -> (String, Result<TcpStream, ProxyError>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let answer = answer.to_owned();
    let asked = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            request.push(stream.read_u8().await.unwrap());
        }
        // The client may have gone before all of it is written.
        let _ = stream.write_all(&answer).await;
        String::from_utf8(request).unwrap()
    });
    let proxy = Proxy::http(&text.replace("PROXY", &address.to_string())).unwrap();
    let opened = proxy.open(target("http://cafe"), TcpOptions::new()).await;
    let opened = opened.map_err(|error| *error.downcast::<ProxyError>().unwrap());
    (asked.await.unwrap(), opened)
}

#[tokio::test]
async fn the_proxy_is_asked_for_the_name_and_the_port() {
    // G-75
    let (asked, opened) = scripted(b"HTTP/1.1 200 OK\r\n\r\n", "http://PROXY").await;
    assert_eq!(asked, "CONNECT cafe:80 HTTP/1.1\r\nHost: cafe:80\r\n\r\n");
    opened.unwrap();
}

#[tokio::test]
async fn credentials_are_sent_as_they_were_before_they_were_escaped() {
    // G-75, RFC 7617
    for (user, basic) in [
        ("Aladdin:open%20sesame", "QWxhZGRpbjpvcGVuIHNlc2FtZQ=="),
        ("a%40b:c%3Ad", "YUBiOmM6ZA=="),
        ("ada", "YWRhOg=="),
    ] {
        let (asked, opened) =
            scripted(b"HTTP/1.0 200\r\n\r\n", &format!("http://{user}@PROXY")).await;
        let line = format!("\r\nProxy-Authorization: Basic {basic}\r\n\r\n");
        assert!(asked.ends_with(&line), "{asked}");
        opened.unwrap();
    }
}

#[tokio::test]
async fn what_follows_the_answer_is_the_servers() {
    let answers: [&[u8]; 3] = [
        b"HTTP/1.1 200 OK\r\n\r\nPRI",
        b"HTTP/1.1 299 Fine\r\nContent-Length: 3\r\nVia: x\r\n\r\nPRI",
        b"HTTP/1.1 100 Wait\r\n\r\nHTTP/1.1 103 Hint\r\nA: b\r\n\r\nHTTP/1.1 200 OK\r\n\r\nPRI",
    ];
    for answer in answers {
        let (_, opened) = scripted(answer, "http://PROXY").await;
        let mut rest = String::new();
        opened.unwrap().read_to_string(&mut rest).await.unwrap();
        assert_eq!(rest, "PRI");
    }
}

/// The error without the proxy's address, and its source's text.
async fn refused(answer: &[u8], proxy: &str) -> (String, Option<String>) {
    let (_, opened) = scripted(answer, proxy).await;
    let error = opened.unwrap_err();
    let text = error.to_string();
    let (address, said) = text
        .strip_prefix("the proxy http://")
        .unwrap()
        .split_once(' ')
        .unwrap();
    assert!(address.starts_with("127.0.0.1:"), "{text}");
    assert!(!format!("{error:?}{text}").contains("s3cret"));
    (said.to_owned(), error.source().map(ToString::to_string))
}

#[tokio::test]
async fn an_answer_that_lets_nobody_pass_is_told() {
    // D-27
    let table: [(&[u8], &str); 8] = [
        (
            b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n",
            "refuses to connect to cafe:80: 403 Forbidden",
        ),
        (b"HTTP/1.1 502\r\n\r\n", "refuses to connect to cafe:80: 502"),
        (b"HTTP/1.1 302 Found\r\nLocation: x\r\n\r\n", "refuses to connect to cafe:80: 302 Found"),
        (
            b"HTTP/1.1 407 Who?\r\nProxy-Authenticate: NTLM\r\nproxy-authenticate: Basic realm=\"x\"\r\n\r\n",
            "wants a user name and a password: 407 Who?; it takes NTLM, Basic",
        ),
        (b"HTTP/1.1 407 Who?\r\n\r\n", "wants a user name and a password: 407 Who?"),
        (b"", "closed the connection before it had answered"),
        (
            b"HTTP/1.1 407 Who?\r\nProxy-Authenticate: \xe2\x80\xaecisaB\r\n\r\n",
            r"wants a user name and a password: 407 Who?; it takes \u{202e}cisaB",
        ),
        (b"HTTP/1.1 403 a\tb\r\n\r\n", r"refuses to connect to cafe:80: 403 a\tb"),
    ];
    for (answer, expected) in table {
        assert_eq!(
            refused(answer, "http://PROXY").await,
            (expected.to_owned(), None)
        );
    }
    let (said, _) = refused(b"HTTP/1.1 407 No\r\n\r\n", "http://ada:s3cret@PROXY").await;
    assert_eq!(
        said,
        "does not accept the user name and the password: 407 No"
    );
    let (_, opened) = scripted(b"HTTP/1.1 403 No\r\n\r\n", "http://PROXY").await;
    assert_eq!(opened.unwrap_err().status(), Some(403));
}

#[tokio::test]
async fn what_is_no_answer_is_told() {
    // D-27
    let (said, source) = refused(b"\0\0\x12\x04\0\0\0\0\0", "http://PROXY").await;
    assert_eq!(said, format!("does not speak HTTP/1: {}", source.unwrap()));
    let (said, _) = refused(b"SSH-2.0-OpenSSH\r\n", "http://PROXY").await;
    assert!(said.starts_with("does not speak HTTP/1: "), "{said}");
    let (said, _) = refused(b"HTTP/1.1 200 OK\r\nVia: ", "http://PROXY").await;
    assert_eq!(said, "closed the connection before it had answered");

    let endless = [b"HTTP/1.1 200 OK\r\n".to_vec(), b"a: b\r\n".repeat(100_000)].concat();
    let (said, _) = refused(&endless, "http://PROXY").await;
    assert!(
        said.starts_with("does not speak HTTP/1: ") || said.contains("16384 bytes"),
        "{said}"
    );
    let long = [b"HTTP/1.1 200 OK\r\na: ".to_vec(), b"b".repeat(100_000)].concat();
    let (said, source) = refused(&long, "http://PROXY").await;
    let expected = "answered with a header of more than 16384 bytes";
    assert_eq!((said.as_str(), source), (expected, None));
    let interim = b"HTTP/1.1 100 Wait\r\n\r\n".repeat(10_000);
    assert_eq!(refused(&interim, "http://PROXY").await.0, expected);
}

#[tokio::test]
async fn no_answer_makes_it_panic() {
    // Answers by chance, made of the pieces that matter.
    const PIECES: [&[u8]; 12] = [
        b"HTTP/1.1 ",
        b"HTTP/1.0 ",
        b"200",
        b"407",
        b"103 ",
        b" \xff",
        b"\r\n",
        b"\n",
        b"\r\n\r\n",
        b"Proxy-Authenticate: Basic\r\n",
        b"a:\0b",
        b"",
    ];
    let mut dice = fastrand::Rng::with_seed(1);
    for _ in 0..300 {
        let count = dice.usize(0..8);
        let answer: Vec<_> = (0..count)
            .map(|_| PIECES[dice.usize(0..PIECES.len())])
            .collect();
        // Whatever comes of it.
        let _ = scripted(&answer.concat(), "http://PROXY").await;
    }
}

#[tokio::test]
async fn a_proxy_that_is_not_there_is_told() {
    // D-27
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let proxy = Proxy::http(&format!("http://ada:s3cret@{address}")).unwrap();
    let error = proxy
        .open(target("http://cafe"), TcpOptions::new())
        .await
        .unwrap_err();
    let text =
        format!("the proxy http://{address} cannot be reached: {address}: Connection refused");
    assert!(error.to_string().starts_with(&text), "{error}");
    let tcp = error.source().unwrap();
    let refused = tcp.source().unwrap().downcast_ref::<io::Error>().unwrap();
    assert_eq!(refused.kind(), io::ErrorKind::ConnectionRefused);
}

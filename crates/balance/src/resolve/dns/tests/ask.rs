use std::{future::poll_fn, io, time::Duration};

use hickory_resolver::{
    net::NetError,
    proto::{op::ResponseCode, rr::RecordType},
};
use tokio::net::UdpSocket;
use ziggurat_connect::BoxError;

use super::{
    missing, resolv_conf,
    server::{Answer, Server, alias, ips, srv},
};
use crate::{
    Resolver,
    resolve::{Dns, Resolution, dns::error::DnsError},
};

async fn told(dns: &mut Dns) -> Result<Resolution, BoxError> {
    poll_fn(|cx| dns.poll_resolution(cx)).await.unwrap()
}

/// All addresses of each endpoint, and its weight.
fn shown(resolution: &Resolution) -> Vec<String> {
    let endpoints = resolution.endpoints.iter().map(|endpoint| {
        let addresses = endpoint.addresses().iter().map(ToString::to_string);
        let addresses: Vec<_> = addresses.collect();
        match endpoint.weight_or_one() {
            1 => addresses.join(" "),
            weight => format!("{} × {weight}", addresses.join(" ")),
        }
    });
    endpoints.collect()
}

/// For how many seconds it counts.
fn lifetime(resolution: &Resolution) -> u64 {
    resolution.valid_for.unwrap().as_secs()
}

/// One lookup, of a resolver that asks this server.
async fn ask(dns: Dns, server: &Server) -> Result<Resolution, String> {
    let mut dns = dns.servers([server.address]).conf(missing());
    told(&mut dns).await.map_err(|error| error.to_string())
}

#[tokio::test]
async fn each_address_is_an_endpoint_for_as_long_as_the_first_record_counts() {
    // G-11, G-12
    let server = Server::start().await;
    let a = ips("cafe.test.", 60, &["10.0.0.2", "10.0.0.1"]);
    server.has("cafe.test.", RecordType::A, Answer::Records(a, vec![]));
    let found = ask(Dns::new("cafe.test.", 443), &server).await.unwrap();
    assert_eq!(shown(&found), ["10.0.0.2:443", "10.0.0.1:443"]);
    assert_eq!(lifetime(&found), 60);

    // Both families; the loopback's order is the same on every machine that has both.
    let a = ips("both.test.", 60, &["127.0.0.1"]);
    let aaaa = ips("both.test.", 20, &["fe80::1"]);
    server.has("both.test.", RecordType::A, Answer::Records(a, vec![]));
    server.has(
        "both.test.",
        RecordType::AAAA,
        Answer::Records(aaaa, vec![]),
    );
    let found = ask(Dns::new("both.test.", 443), &server).await.unwrap();
    assert_eq!(shown(&found), ["127.0.0.1:443", "[fe80::1]:443"]);
    assert_eq!(lifetime(&found), 20);

    // An alias counts too.
    let mut a = vec![alias("alias.test.", 10, "cafe.test.")];
    a.extend(ips("cafe.test.", 60, &["10.0.0.1"]));
    server.has("alias.test.", RecordType::A, Answer::Records(a, vec![]));
    let found = ask(Dns::new("alias.test.", 443), &server).await.unwrap();
    assert_eq!(shown(&found), ["10.0.0.1:443"]);
    assert_eq!(lifetime(&found), 10);
}

#[tokio::test]
async fn one_family_is_enough() {
    let server = Server::start().await;
    let aaaa = ips("cafe.test.", 60, &["2001:db8::1"]);
    server.has(
        "cafe.test.",
        RecordType::AAAA,
        Answer::Records(aaaa, vec![]),
    );
    let refused = Answer::Code(ResponseCode::ServFail);
    server.has("cafe.test.", RecordType::A, refused);
    let found = ask(Dns::new("cafe.test.", 443), &server).await.unwrap();
    assert_eq!(shown(&found), ["[2001:db8::1]:443"]);
}

#[tokio::test]
async fn a_long_answer_comes_over_tcp() {
    let server = Server::start().await;
    let all: Vec<_> = (1..=250).map(|n| format!("10.0.0.{n}")).collect();
    let all: Vec<_> = all.iter().map(String::as_str).collect();
    let a = ips("cafe.test.", 60, &all);
    server.has("cafe.test.", RecordType::A, Answer::Long(a));
    let found = ask(Dns::new("cafe.test.", 443), &server).await.unwrap();
    assert_eq!(found.endpoints.len(), 250);
}

#[tokio::test]
async fn each_lookup_asks_the_server() {
    // What was true a moment ago is not good enough for whoever asks again: connections fail.
    let server = Server::start().await;
    let answer = |ip| Answer::Records(ips("cafe.test.", 3600, &[ip]), vec![]);
    server.has("cafe.test.", RecordType::A, answer("10.0.0.1"));
    let mut dns = Dns::new("cafe.test.", 443)
        .servers([server.address])
        .conf(missing());
    assert_eq!(shown(&told(&mut dns).await.unwrap()), ["10.0.0.1:443"]);

    server.has("cafe.test.", RecordType::A, answer("10.0.0.2"));
    tokio::time::pause();
    dns.resolve_again();
    tokio::time::advance(Duration::from_secs(5)).await;
    tokio::time::resume();
    assert_eq!(shown(&told(&mut dns).await.unwrap()), ["10.0.0.2:443"]);
}

#[tokio::test]
async fn a_service_has_ports_and_weights() {
    let server = Server::start().await;
    let name = "_grpc._tcp.cafe.test.";
    let records = vec![
        srv(name, 60, (1, 3, 50051, "a.cafe.test.")),
        srv(name, 60, (1, 0, 50052, "b.cafe.test.")),
        srv(name, 60, (2, 9, 50053, "spare.cafe.test.")),
        srv(name, 60, (1, 7, 50054, "gone.cafe.test.")),
    ];
    // The addresses of one target come with the answer, those of the others are asked for.
    let beside = ips("a.cafe.test.", 30, &["127.0.0.1", "fe80::1"]);
    server.has(name, RecordType::SRV, Answer::Records(records, beside));
    let b = ips("b.cafe.test.", 90, &["10.0.0.2"]);
    server.has("b.cafe.test.", RecordType::A, Answer::Records(b, vec![]));
    let dns = Dns::service(name);
    assert_eq!(
        dns.name(),
        r#"the DNS resolver for "_grpc._tcp.cafe.test.""#
    );
    let found = ask(dns, &server).await.unwrap();
    // One server with two addresses; the least preferred is not among them, nor is the one without an address.
    let expected = ["127.0.0.1:50051 [fe80::1]:50051 × 3", "10.0.0.2:50052"];
    assert_eq!(shown(&found), expected);
    assert_eq!(lifetime(&found), 30);
    let asked: Vec<_> = server.asked().into_iter().map(|(name, _)| name).collect();
    assert!(!asked.contains(&"a.cafe.test.".to_owned()), "{asked:?}");
    assert!(!asked.contains(&"spare.cafe.test.".to_owned()), "{asked:?}");
}

#[tokio::test]
async fn the_next_priority_is_for_when_the_first_has_no_server() {
    let server = Server::start().await;
    let name = "_grpc._tcp.cafe.test.";
    let records = vec![
        srv(name, 60, (2, 1, 50053, "spare.cafe.test.")),
        srv(name, 60, (1, 1, 50051, "gone.cafe.test.")),
        srv(name, 60, (0, 1, 0, ".")),
    ];
    server.has(name, RecordType::SRV, Answer::Records(records, vec![]));
    let gone = r#"the name "gone.cafe.test." does not exist"#;
    let spare = r#"the name "spare.cafe.test." does not exist"#;
    let error = ask(Dns::service(name), &server).await.unwrap_err();
    assert!([gone, spare].contains(&error.as_str()), "{error}");

    let a = ips("spare.cafe.test.", 60, &["10.0.0.3"]);
    server.has(
        "spare.cafe.test.",
        RecordType::A,
        Answer::Records(a, vec![]),
    );
    let found = ask(Dns::service(name), &server).await.unwrap();
    assert_eq!(shown(&found), ["10.0.0.3:50053"]);
}

#[tokio::test]
async fn what_fails_is_told_by_name() {
    let server = Server::start().await;
    let none = || Answer::Records(vec![], vec![]);
    let nothing = vec![srv("_nothing._tcp.test.", 60, (0, 0, 0, "."))];
    server.has("bare.test.", RecordType::TXT, none());
    server.has(
        "_nothing._tcp.test.",
        RecordType::SRV,
        Answer::Records(nothing, vec![]),
    );
    for (name, code) in [
        ("refused.test.", ResponseCode::Refused),
        ("ill.test.", ResponseCode::ServFail),
    ] {
        for kind in [RecordType::A, RecordType::AAAA, RecordType::SRV] {
            server.has(name, kind, Answer::Code(code));
        }
    }
    let hosts = [
        ("gone.test.", r#"the name "gone.test." does not exist"#),
        (
            "bare.test.",
            r#"the name "bare.test." has no A or AAAA records"#,
        ),
        (
            "refused.test.",
            r#"the DNS server does not answer for "refused.test.": Query Refused"#,
        ),
        (
            "ill.test.",
            r#"the DNS server does not answer for "ill.test.": Server Failure"#,
        ),
    ];
    for (host, sentence) in hosts {
        assert_eq!(
            ask(Dns::new(host, 443), &server).await.unwrap_err(),
            sentence
        );
    }
    let services = [
        ("gone.test.", r#"the name "gone.test." does not exist"#),
        ("bare.test.", r#"the name "bare.test." has no SRV records"#),
        (
            "ill.test.",
            r#"the DNS server does not answer for "ill.test.": Server Failure"#,
        ),
        (
            "_nothing._tcp.test.",
            r#"the SRV record of "_nothing._tcp.test." says that there is no such service"#,
        ),
    ];
    for (name, sentence) in services {
        assert_eq!(
            ask(Dns::service(name), &server).await.unwrap_err(),
            sentence
        );
    }
    for name in ["cafe..test", &"x".repeat(64)] {
        let error = ask(Dns::new(name, 443), &server).await.unwrap_err();
        let sentence = format!("{name:?} is no name that DNS can have: ");
        assert!(error.starts_with(&sentence), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_says_nothing_is_given_up() {
    let silent = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let server = silent.local_addr().unwrap();
    let mut dns = Dns::new("cafe.test.", 443)
        .servers([server])
        .conf(missing());
    let error = told(&mut dns).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        r#"no DNS server answered for "cafe.test." in time"#
    );
    let cause = error.source().unwrap();
    assert_eq!(cause.to_string(), "request timed out");
}

#[test]
fn what_else_fails_is_told_with_the_words_of_hickory() {
    let name = "cafe.test.";
    let refused = io::Error::from(io::ErrorKind::ConnectionRefused);
    let error = DnsError::failed(name, RecordType::A, refused.into());
    assert_eq!(
        error.to_string(),
        r#"DNS could not be asked for "cafe.test.": io error: connection refused"#
    );
    let error = DnsError::failed(name, RecordType::A, NetError::Busy);
    assert_eq!(
        error.to_string(),
        r#"DNS could not be asked for "cafe.test.": resource too busy"#
    );
}

#[tokio::test]
async fn the_search_list_is_gone_through_until_a_name_is_found() {
    let server = Server::start().await;
    let text = "nameserver 127.0.0.1\nsearch kitchen.test example.test\noptions ndots:2\n";
    let conf = resolv_conf("search", text);
    let a = ips("cafe.example.test.", 60, &["10.0.0.1"]);
    server.has(
        "cafe.example.test.",
        RecordType::A,
        Answer::Records(a, vec![]),
    );
    let mut dns = Dns::new("cafe", 443)
        .servers([server.address])
        .conf(conf.clone());
    assert_eq!(shown(&told(&mut dns).await.unwrap()), ["10.0.0.1:443"]);
    let asked: Vec<_> = server
        .asked()
        .into_iter()
        .filter(|row| row.1 == RecordType::A)
        .collect();
    let names: Vec<_> = asked.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["cafe.kitchen.test.", "cafe.example.test."]);

    // With a dot at its end a name is asked for as it is.
    let mut dns = Dns::new("cafe.", 443).servers([server.address]).conf(conf);
    assert!(told(&mut dns).await.is_err());
    assert!(server.asked().iter().all(|(name, _)| name == "cafe."));
}

#[tokio::test]
async fn the_file_is_read_anew_for_each_lookup() {
    // A file that is not there is an error that names it, and not a resolver that asks nobody.
    let mut dns = Dns::new("cafe.test.", 443).conf(missing());
    let error = told(&mut dns).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "/nowhere/resolv.conf cannot be read: No such file or directory (os error 2); \
         name the DNS servers with Dns::servers"
    );
    let cause = error.source().unwrap();
    assert!(cause.is::<io::Error>(), "{cause:?}");

    let conf = resolv_conf("anew", "search kitchen.test\n");
    let path = conf.0.clone();
    let mut dns = Dns::new("cafe.invalid.", 443).conf(conf);
    let error = told(&mut dns).await.unwrap_err().to_string();
    let sentence = format!("{} names no usable DNS servers: ", path.display());
    assert!(error.starts_with(&sentence), "{error}");
    assert!(error.ends_with("; name them with Dns::servers"), "{error}");

    // It has become another one: now there is somebody to ask, and the name is one that nobody is asked for.
    std::fs::write(&path, "nameserver 127.0.0.1\n").unwrap();
    tokio::time::pause();
    dns.resolve_again();
    tokio::time::advance(Duration::from_secs(5)).await;
    tokio::time::resume();
    let error = told(&mut dns).await.unwrap_err().to_string();
    assert_eq!(error, r#"the name "cafe.invalid." does not exist"#);
}

#[tokio::test]
async fn an_address_is_told_without_a_server() {
    for (host, address) in [
        ("10.0.0.1", "10.0.0.1:443"),
        ("[::1]", "[::1]:443"),
        ("::1", "[::1]:443"),
    ] {
        let mut dns = Dns::new(host, 443).conf(missing()).refresh_interval(None);
        assert_eq!(dns.name(), format!("the DNS resolver for {host:?}"));
        assert_eq!(shown(&told(&mut dns).await.unwrap()), [address]);
        dns.resolve_again();
        assert!(poll_fn(|cx| dns.poll_resolution(cx)).await.is_none());
    }
}

use std::error::Error;

use super::{Problem, Target};

#[test]
fn accepts_names_addresses_and_ports() {
    let table = [
        ("http://cafe", "cafe", 80, "cafe"),
        ("http://cafe/", "cafe", 80, "cafe"),
        ("HTTP://cafe:80", "cafe", 80, "cafe:80"),
        (
            "http://cafe.example.com:50051/",
            "cafe.example.com",
            50051,
            "cafe.example.com:50051",
        ),
        ("http://10.0.0.1:1", "10.0.0.1", 1, "10.0.0.1:1"),
        ("http://[::1]", "::1", 80, "[::1]"),
        (
            "http://[2001:db8::1]:65535",
            "2001:db8::1",
            65535,
            "[2001:db8::1]:65535",
        ),
        ("http://a_b:2", "a_b", 2, "a_b:2"),
    ];
    for (text, host, port, authority) in table {
        let target = Target::parse(text).unwrap();
        assert_eq!(
            (target.host(), target.port(), target.authority().as_str()),
            (host, port, authority),
            "{text}"
        );
        assert_eq!(target.to_string(), format!("http://{authority}"));
        assert_eq!(target.to_string().parse::<Target>().unwrap(), target);
    }
}

#[test]
fn refuses_with_a_sentence_that_helps() {
    let table = [
        (
            "cafe:50051",
            "write http://cafe:50051 for plaintext or https://cafe:50051 for TLS",
        ),
        ("", "has no scheme"),
        ("https://cafe", "TLS, which is not built in yet"),
        ("ftp://cafe", "unknown scheme \"ftp\""),
        ("://cafe", "unknown scheme \"\""),
        ("http://cafe/v1", "has a path"),
        ("http://cafe//", "has a path"),
        ("http://cafe/?x", "has a query or a fragment"),
        ("http://cafe?x", "has a query or a fragment"),
        ("http://cafe#x", "has a query or a fragment"),
        ("http://me@cafe", "has a user name"),
        ("http://me:secret@cafe", "has a user name"),
        ("http://", "has no host"),
        ("http:///", "has no host"),
        ("http://:80", "has no host"),
        ("http://cafe:", "has a bad port"),
        ("http://cafe:0", "has a bad port"),
        ("http://cafe:+80", "has a bad port"),
        ("http://cafe:65536", "has a bad port"),
        ("http://cafe:http", "has a bad port"),
        ("http://[::1]:x", "has a bad port"),
        ("http://::1", "write an IPv6 address as http://[::1]:port"),
        ("http://[::1", "is not a URI"),
        ("http://[]", "is not a URI"),
        ("http://[::1]x", "is not a URI"),
        ("http://[cafe]:1", "is not a URI"),
        ("http://ca fe", "is not a URI"),
        ("http://café", "is not a URI"),
        ("http://ca\0fe", "is not a URI"),
    ];
    for (text, expected) in table {
        let error = Target::parse(text).unwrap_err();
        assert!(error.to_string().contains(expected), "{text}: {error}");
        assert!(error.to_string().contains(&format!("{text:?}")), "{error}");
        assert_eq!(error.text(), text);
    }
}

#[test]
fn keeps_the_source() {
    for text in ["http://cafe:x", "http://[x]", "http://ca fe"] {
        assert!(
            Target::parse(text).unwrap_err().source().is_some(),
            "{text}"
        );
    }
    let error = Target::parse("cafe").unwrap_err();
    assert!(matches!(error.problem(), Problem::NoScheme));
    assert!(error.source().is_none());
}

/// Every string of four of the pieces that matter: never a panic, and what is accepted reads back.
#[test]
fn survives_any_string() {
    const PARTS: [&str; 14] = [
        "http://", "a", ":", "/", "[", "]", "@", "?", "1", "%", " ", "é", "::1", "\u{0}",
    ];
    for number in 0..PARTS.len().pow(4) {
        let mut rest = number;
        let mut text = String::from("http://");
        for _ in 0..4 {
            text.push_str(PARTS[rest % PARTS.len()]);
            rest /= PARTS.len();
        }
        for text in [&text[7..], &text] {
            if let Ok(target) = Target::parse(text) {
                assert_eq!(
                    Target::parse(&target.to_string()).unwrap(),
                    target,
                    "{text}"
                );
            }
        }
    }
}

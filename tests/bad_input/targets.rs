//! Targets that are none.

use std::{error::Error, num::ParseIntError};

use ziggurat::{
    CallOptions, Channel, InvalidTarget,
    channel::{Builder, Http2Options, Proxy},
    tls::Roots,
};

use crate::{cause, odd::Odd, refused};

#[test]
fn say_what_is_wrong_and_what_to_write() {
    for (target, text) in [
        (
            "cafe.example:50051",
            "no scheme: write http://cafe.example:50051 for plaintext",
        ),
        ("", "no scheme"),
        ("ftp://cafe.example", "unknown scheme \"ftp\""),
        ("unix:////run/cafe.sock#x", "has a query or a fragment"),
        (
            "http://cafe.example//v1",
            "has an empty segment, . or .. in its path",
        ),
        (
            "http://cafe.example/v 1",
            "write it as an escape, such as %20 for a space",
        ),
        ("http://cafe.example?x=1", "has a query"),
        ("http://ada@cafe.example", "has a user name"),
        ("http://", "no host"),
        ("/run/cafe.sock", "unix:/run/cafe.sock"),
        ("unix:", "no path"),
        ("unix://cafe/run/cafe.sock", "has a host"),
        ("unix:/run/cafe.sock?x=1", "has a query"),
        (
            "http://cafe.example:0",
            "has a bad port: write a number from 1 to 65535",
        ),
        ("http://cafe.example:65536", "bad port"),
        ("http://::1:80", "http://[::1]:port"),
        ("https://", "has no host"),
        ("http://ca fe.example", "is not a URI"),
    ] {
        let error: InvalidTarget = refused(Channel::builder(target));
        assert!(error.to_string().contains(text), "{error}");
        assert!(
            error.to_string().contains(&format!("{target:?}")),
            "{error}"
        );
        assert_eq!(error.text(), target);
    }
}

#[test]
fn keep_their_cause() {
    let error = refused(Channel::builder("http://cafe.example:latte"));
    assert_eq!(
        cause::<ParseIntError>(&error).to_string(),
        "invalid digit found in string"
    );
    let error = refused(Channel::builder("http://ca fe.example"));
    assert!(error.to_string().contains("is not a URI: ") && error.source().is_none());
    assert!(refused(Channel::builder("http://")).source().is_none());
}

#[test]
fn never_make_it_panic() {
    let mut odd = Odd::new(3);
    for _ in 0..50_000 {
        let text = odd.text(24);
        let target = match odd.below(5) {
            0 => text,
            1 => format!("https://{text}"),
            2 => format!("unix:{text}"),
            _ => format!("http://{text}"),
        };
        if let Err(error) = Channel::builder(&target) {
            assert_eq!(error.text(), target);
            assert!(!error.to_string().is_empty());
        }
    }
}

#[test]
fn user_agents_of_any_text_never_make_it_panic() {
    let mut odd = Odd::new(5);
    for _ in 0..10_000 {
        let text = odd.text(24);
        let visible = text.chars().all(|c| (' '..='~').contains(&c));
        let builder = Channel::builder("http://cafe.example").unwrap();
        match builder.user_agent(&text) {
            Ok(_) => assert!(visible, "{text:?}"),
            Err(error) => assert!(!visible && error.to_string().contains("printable ASCII")),
        }
    }
}

/// A `main` that returns an error, and an `unwrap`, show it by `Debug`.
#[test]
fn what_main_prints_is_a_sentence() {
    let errors: [Box<dyn Error>; 6] = [
        Box::new(refused(Channel::builder("cafe.example:50051"))),
        Box::new(refused(CallOptions::new().authority("http://cafe"))),
        Box::new(refused(Builder::default().user_agent("\u{2615}"))),
        Box::new(refused(Http2Options::new().stream_window(1))),
        Box::new(refused(Proxy::http("https://proxy.example"))),
        Box::new(refused(Roots::pem("no certificate"))),
    ];
    for error in errors {
        assert_eq!(format!("{error:?}"), error.to_string());
    }
}

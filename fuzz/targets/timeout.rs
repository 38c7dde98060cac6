//! `grpc-timeout`: the grammar and nothing else is read, and what is sent is never too short.
#![no_main]

use std::time::Duration;

use libfuzzer_sys::{arbitrary, arbitrary::Arbitrary, fuzz_target};
use ziggurat_protocol::timeout;

#[derive(Arbitrary, Debug)]
enum Input<'a> {
    Header(&'a str),
    Timeout(Duration),
}

const MOST: Duration = Duration::from_secs(99_999_999 * 3600);

fn is_timeout(text: &str) -> bool {
    let mut chars = text.chars();
    let unit = chars.next_back();
    let digits = chars.as_str();
    unit.is_some_and(|unit| "HMSmun".contains(unit))
        && (1..=8).contains(&digits.len())
        && digits.bytes().all(|byte| byte.is_ascii_digit())
}

fn send(timeout: Duration) {
    let Some(header) = timeout::encode(timeout) else {
        assert!(timeout.is_zero());
        return;
    };
    assert!(is_timeout(&header));
    let sent = timeout::parse(&header).expect("of our own making");
    let timeout = timeout.min(MOST);
    assert!(sent >= timeout && sent <= timeout + timeout / 99_999);
}

fuzz_target!(|input: Input<'_>| match input {
    Input::Header(text) => {
        let read = timeout::parse(text);
        assert_eq!(read.is_ok(), is_timeout(text));
        if let Ok(timeout) = read {
            send(timeout);
        }
    }
    Input::Timeout(timeout) => send(timeout),
});

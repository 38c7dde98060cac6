//! `grpc-timeout`.

use std::time::Duration;

use proptest::prelude::*;
use ziggurat_protocol::timeout;

use crate::{config, text};

/// Of every size from nanoseconds to what a `Duration` holds.
fn durations() -> impl Strategy<Value = Duration> {
    let seconds = (any::<u64>(), 0..64u32).prop_map(|(seconds, shift)| seconds >> shift);
    (seconds, 0..1_000_000_000u32)
        .prop_map(|(seconds, nanos)| Duration::new(seconds, nanos))
        .prop_filter("there is time left", |timeout| !timeout.is_zero())
}

/// The grammar, and what is next to it.
fn nearly_timeouts() -> impl Strategy<Value = String> {
    prop_oneof![
        "[0-9]{0,10}[HMSmunshdU]?",
        ("[0-9+. ]{0,10}", text(3)).prop_map(|(digits, rest)| digits + &rest),
    ]
}

const MOST: Duration = Duration::from_secs(99_999_999 * 3600);

proptest! {
    #![proptest_config(config())]

    ///
    #[test]
    fn what_is_sent_is_never_shorter_and_hardly_longer(timeout in durations()) {
        let sent = timeout::parse(&timeout::encode(timeout).unwrap()).unwrap();
        let timeout = timeout.min(MOST);
        prop_assert!(sent >= timeout);
        // Five digits at least: the next finer unit has a thousand times as many, and would have needed nine.
        prop_assert!(sent <= timeout + timeout / 99_999);
    }

    ///
    #[test]
    fn the_grammar_is_read(digits in "[0-9]{1,8}", unit in "[HMSmun]") {
        let count: u32 = digits.parse().unwrap();
        let unit_length = match unit.as_str() {
            "H" => Duration::from_secs(3600),
            "M" => Duration::from_secs(60),
            "S" => Duration::from_secs(1),
            "m" => Duration::from_millis(1),
            "u" => Duration::from_micros(1),
            _ => Duration::from_nanos(1),
        };
        let read = timeout::parse(&format!("{digits}{unit}"));
        prop_assert_eq!(read, Ok(unit_length * count));
    }

    ///
    #[test]
    fn nothing_else_is_read(text in nearly_timeouts()) {
        let grammar = |text: &str| {
            let mut chars = text.chars();
            let unit = chars.next_back();
            let digits = chars.as_str();
            unit.is_some_and(|unit| "HMSmun".contains(unit))
                && (1..=8).contains(&digits.len())
                && digits.bytes().all(|byte| byte.is_ascii_digit())
        };
        prop_assert_eq!(timeout::parse(&text).is_ok(), grammar(&text));
    }
}

//! Metadata that applications make, and metadata that servers send.

use http::{HeaderMap, HeaderName, HeaderValue};
use proptest::{collection::vec, prelude::*};
use ziggurat_protocol::Metadata;

use crate::{config, noise, text};

/// Names of applications, of HTTP and of gRPC.
fn names() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[a-z0-9_.-]{1,12}",
        2 => "[a-zA-Z0-9_.-]{0,8}-[bB][iI][nN]",
        1 => prop::sample::select(vec!["te", "host", "content-type", "grpc-status", "grpc-trace-bin"])
            .prop_map(str::to_owned),
        1 => "grpc-[a-z]{0,8}",
        1 => text(8),
    ]
}

/// Values that are legal, and a few that are not.
fn values() -> impl Strategy<Value = String> {
    prop_oneof![4 => "[ -~]{0,12}", 1 => text(3)]
}

/// What a server can send under any name.
fn received() -> impl Strategy<Value = HeaderMap> {
    let name = names().prop_filter_map("no name", |name| name.parse::<HeaderName>().ok());
    let text = "[ -~\t]{0,12}".prop_map(String::into_bytes);
    let base64 = "[A-Za-z0-9+/=, ]{0,12}".prop_map(String::into_bytes);
    let value = prop_oneof![text, base64, noise(12)]
        .prop_filter_map("no value", |value| HeaderValue::from_bytes(&value).ok());
    vec((name, value), 0..8).prop_map(|fields| {
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            headers.append(name, value);
        }
        headers
    })
}

fn sent(metadata: &Metadata) -> HeaderMap {
    let mut headers = HeaderMap::new();
    metadata.write_to(&mut headers).unwrap();
    headers
}

fn is_legal_key(key: &str) -> bool {
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
    !key.is_empty() && key.bytes().all(legal)
}

fn is_text(value: &[u8]) -> bool {
    value.iter().all(|byte| (0x20..=0x7e).contains(byte))
}

proptest! {
    #![proptest_config(config())]

    ///
    #[test]
    fn text_that_is_taken_is_sent_as_it_is(key in names(), value in values()) {
        let mut metadata = Metadata::new();
        if metadata.append(&key, &value).is_err() {
            prop_assert!(metadata.is_empty());
            return Ok(());
        }
        prop_assert!(is_legal_key(&key) && is_text(value.as_bytes()));
        prop_assert_eq!(metadata.get(&key.to_ascii_uppercase()), Some(value.as_str()));
        let sent = sent(&metadata);
        let (name, on_the_wire) = sent.iter().next().unwrap();
        prop_assert_eq!(name.as_str(), key.to_ascii_lowercase());
        prop_assert_eq!(on_the_wire, &value);
    }

    ///
    #[test]
    fn bytes_that_are_taken_come_back(key in names(), values in vec(noise(20), 1..4)) {
        let mut metadata = Metadata::new();
        let mut taken = values.iter().map(|value| metadata.append_bin(&key, value).is_ok());
        if !taken.all(|taken| taken) {
            prop_assert!(metadata.is_empty());
            return Ok(());
        }
        prop_assert!(is_legal_key(&key));
        let sent = sent(&metadata);
        prop_assert!(!sent.values().any(|value| value.as_bytes().contains(&b'=')));
        let back = Metadata::from_received(sent);
        let back: Vec<_> = back.get_all_bin(&key).map(Result::unwrap).collect();
        prop_assert_eq!(back, values);
    }

    ///
    #[test]
    fn values_that_were_joined_come_apart(values in vec(noise(20), 1..4), comma in "[ ]?,[ ]?") {
        let mut metadata = Metadata::new();
        for value in &values {
            metadata.append_bin("a-bin", value).unwrap();
        }
        let fields: Vec<_> = metadata.raw("a-bin").map(|field| field.to_str().unwrap()).collect();
        let joined = HeaderValue::try_from(fields.join(&comma)).unwrap();
        let name = HeaderName::from_static("a-bin");
        let received = Metadata::from_received(HeaderMap::from_iter([(name, joined)]));
        let apart: Vec<_> = received.get_all_bin("a-bin").map(Result::unwrap).collect();
        prop_assert_eq!(apart, values);
    }

    ///
    #[test]
    fn whatever_was_received_can_be_read_and_sent_on(headers in received()) {
        let metadata = Metadata::from_received(headers);
        for (key, raw) in metadata.iter() {
            prop_assert!(metadata.raw(key).any(|value| value == raw));
            prop_assert!(metadata.get_all(key).all(|value| is_text(value.as_bytes())));
            let longest = metadata.raw(key).map(HeaderValue::len).max().unwrap();
            for value in metadata.get_all_bin(key).flatten() {
                prop_assert!(value.len() <= longest);
            }
        }
        for (name, value) in &sent(&metadata) {
            prop_assert!(is_text(value.as_bytes()));
            prop_assert!(Metadata::new().append_bin(name.as_str(), []).is_ok()
                || !name.as_str().starts_with("grpc-"));
        }
    }

    ///
    #[test]
    fn nothing_is_lost_between_two(one in received(), two in received()) {
        let (one, two) = (Metadata::from_received(one), Metadata::from_received(two));
        let mut both = one.clone();
        both.extend(&two).unwrap();
        prop_assert_eq!(both.len(), one.len() + two.len());
        for (key, _) in both.iter() {
            let expected = one.raw(key).chain(two.raw(key));
            prop_assert!(both.raw(key).eq(expected));
        }
        let mut completed = one.clone();
        completed.complete(&two);
        for (key, _) in both.iter() {
            let owner = if one.contains_key(key) { &one } else { &two };
            prop_assert!(completed.raw(key).eq(owner.raw(key)));
        }
    }
}

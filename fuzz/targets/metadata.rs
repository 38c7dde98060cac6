//! Metadata: what an application adds is legal or refused, what a server sent can be read and sent on.
#![no_main]

use http::{HeaderMap, HeaderName, HeaderValue};
use libfuzzer_sys::{arbitrary, arbitrary::Arbitrary, fuzz_target};
use ziggurat_protocol::Metadata;

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    added: Vec<(&'a str, Value<'a>)>,
    received: Vec<(&'a str, &'a [u8])>,
}

#[derive(Arbitrary, Clone, Copy, Debug)]
enum Value<'a> {
    Text(&'a str),
    Bytes(&'a [u8]),
}

fn is_text(value: &[u8]) -> bool {
    value.iter().all(|byte| (0x20..=0x7e).contains(byte))
}

/// Adds a value, which is read back as it was if it is taken.
fn add(metadata: &mut Metadata, key: &str, value: Value<'_>) {
    let before = metadata.len();
    let taken = match value {
        Value::Text(text) => metadata.append(key, text).is_ok(),
        Value::Bytes(bytes) => metadata.append_bin(key, bytes).is_ok(),
    };
    assert_eq!(metadata.len(), before + usize::from(taken));
    if !taken {
        return;
    }
    match value {
        Value::Text(text) => assert_eq!(metadata.get_all(key).last(), Some(text)),
        Value::Bytes(bytes) => {
            let last = metadata.get_all_bin(key).last().expect("it was added");
            assert_eq!(last.expect("of our own making"), bytes);
        }
    }
}

fn receive(fields: &[(&str, &[u8])]) -> Metadata {
    let mut headers = HeaderMap::new();
    for (name, value) in fields {
        if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::from_bytes(value))
        {
            headers.append(name, value);
        }
    }
    Metadata::from_received(headers)
}

/// Reads everything in every way.
fn read(metadata: &Metadata) {
    for (key, raw) in metadata.iter() {
        assert!(metadata.contains_key(key) && metadata.raw(key).any(|value| value == raw));
        assert!(metadata.get_all(key).all(|value| is_text(value.as_bytes())));
        let binary = metadata.get_all_bin(key).count();
        assert_eq!(binary > 0, key.ends_with("-bin"));
    }
}

/// What is sent is legal, and an application could have said it.
fn send(metadata: &Metadata) -> HeaderMap {
    let mut headers = HeaderMap::new();
    metadata.write_to(&mut headers).expect("there is room");
    for (name, value) in &headers {
        assert!(is_text(value.as_bytes()));
        assert!(!name.as_str().starts_with("grpc-") || name.as_str().ends_with("-bin"));
        assert!(name != http::header::CONTENT_TYPE && name != http::header::TE);
    }
    headers
}

fuzz_target!(|input: Input<'_>| {
    let mut added = Metadata::new();
    for (key, value) in input.added {
        add(&mut added, key, value);
    }
    read(&added);
    assert_eq!(send(&added), *added.as_headers());

    let received = receive(&input.received);
    read(&received);
    send(&received);

    let mut both = added.clone();
    both.extend(&received).expect("there is room");
    assert_eq!(both.len(), added.len() + received.len());
    added.complete(&received);
    assert!(
        added
            .iter()
            .all(|(key, value)| both.raw(key).any(|other| other == value))
    );
});

use super::*;

fn received(pairs: &[(&'static str, &[u8])]) -> Metadata {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        headers.append(*name, HeaderValue::from_bytes(value).unwrap());
    }
    Metadata::from_received(headers)
}

#[test]
fn keys_are_checked() {
    //
    let mut metadata = Metadata::new();
    metadata.append("X-Mixed_1.a", "v").unwrap();
    assert_eq!(metadata.get("x-mixed_1.A"), Some("v"));
    assert_eq!(metadata.iter().next().unwrap().0, "x-mixed_1.a");
    for bad in ["", ":path", "a b", "ä", "a!", "a\n", "a/b"] {
        let error = metadata.append(bad, "v").unwrap_err();
        assert_eq!(error, InvalidMetadata::Key(bad.into()));
    }
    for reserved in [
        "grpc-status",
        "GRPC-Timeout",
        "grpc-anything",
        "te",
        "Content-Type",
        "user-agent",
        "host",
    ] {
        let error = metadata.append(reserved, "v").unwrap_err();
        assert_eq!(error, InvalidMetadata::Reserved(reserved.into()));
    }
    metadata.append_bin("grpc-trace-bin", [1]).unwrap();
}

#[test]
fn values_are_checked() {
    //
    let mut metadata = Metadata::new();
    metadata.append("a", " ~").unwrap();
    metadata.append("a", "").unwrap();
    for bad in ["é", "\t", "\n", "\u{7f}"] {
        let error = metadata.append("a", bad).unwrap_err();
        assert_eq!(error, InvalidMetadata::Value("a".into()));
    }
    assert!(matches!(
        metadata.append("a-bin", "x"),
        Err(InvalidMetadata::BinaryKey(_))
    ));
    assert!(matches!(
        metadata.append_bin("a", "x"),
        Err(InvalidMetadata::TextKey(_))
    ));
}

#[test]
fn pairs_are_set_together() {
    //
    let pairs = vec![
        ("X-Milk".to_owned(), "oat".to_owned()),
        ("x-milk".into(), "soy".into()),
    ];
    let mut metadata = Metadata::from_pairs(pairs).unwrap();
    assert_eq!(
        metadata.get_all("x-milk").collect::<Vec<_>>(),
        ["oat", "soy"]
    );

    let map = std::collections::HashMap::from([("x-milk", "almond"), ("x-table", "7")]);
    metadata.append_pairs(&map).unwrap();
    let milk: Vec<_> = metadata.get_all("x-milk").collect();
    assert_eq!(milk, ["oat", "soy", "almond"]);
    assert_eq!(metadata.get("x-table"), Some("7"));

    let none: [(&str, &str); 0] = [];
    assert!(Metadata::from_pairs(none).unwrap().is_empty());
}

#[test]
fn a_pair_that_is_refused_is_named() {
    //
    let refused = |pair| Metadata::from_pairs([("a", "1"), ("a", "2"), pair]).unwrap_err();
    for (pair, text) in [
        (
            ("te", "trailers"),
            "pair 3: the metadata key `te` is reserved",
        ),
        (
            ("a", "\n"),
            "pair 3: the value of metadata `a` is not printable ASCII",
        ),
        (("", "x"), "pair 3: `` is no metadata key"),
        (
            ("a-bin", "x"),
            "pair 3: the metadata key `a-bin` ends in `-bin`",
        ),
    ] {
        let error = refused(pair);
        assert!(matches!(error, InvalidMetadata::Pair(3, _)));
        assert!(error.to_string().starts_with(text), "{error}");
    }
}

#[test]
fn names_of_the_protocol_and_of_http_are_refused() {
    //
    for reserved in [
        "connection",
        "content-length",
        "content-type",
        "grpc-accept-encoding",
        "grpc-encoding",
        "grpc-message",
        "grpc-message-type",
        "grpc-status",
        "grpc-status-details-bin",
        "grpc-timeout",
        "grpc-unheard",
        "host",
        "http2-settings",
        "keep-alive",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "user-agent",
    ] {
        let mut metadata = Metadata::new();
        let refused = Err(InvalidMetadata::Reserved(reserved.into()));
        assert_eq!(metadata.append(reserved, "v"), refused);
        assert_eq!(metadata.insert(reserved, "v"), refused);
        assert_eq!(metadata.append_bin(reserved, [1]), refused);
        assert_eq!(metadata.insert_bin(reserved, [1]), refused);
        assert!(metadata.is_empty());
        let mut headers = HeaderMap::new();
        received(&[(reserved, b"v")])
            .write_to(&mut headers)
            .unwrap();
        assert!(headers.is_empty(), "{reserved}");
    }
}

#[test]
fn spaces_around_a_value_stay() {
    //
    let mut metadata = Metadata::new();
    metadata.append("a", "  latte ").unwrap();
    assert_eq!(metadata.get("a"), Some("  latte "));
    let received = received(&[("a", b" latte  "), ("a", b" ")]);
    assert_eq!(received.get_all("a").collect::<Vec<_>>(), [" latte  ", " "]);
    let mut headers = HeaderMap::new();
    received.write_to(&mut headers).unwrap();
    assert_eq!(headers.len(), 2);
}

#[test]
fn values_keep_their_order() {
    //
    let mut metadata = Metadata::new();
    for value in ["1,2", "3", "1,2"] {
        metadata.append("a", value).unwrap();
    }
    assert_eq!(
        metadata.get_all("a").collect::<Vec<_>>(),
        ["1,2", "3", "1,2"]
    );
    metadata.insert("a", "4").unwrap();
    assert_eq!(metadata.get_all("a").collect::<Vec<_>>(), ["4"]);
    assert!(metadata.remove("A") && metadata.is_empty());
    assert_eq!(metadata.get("not a key"), None);
}

#[test]
fn binary_is_base64_without_padding() {
    //
    let mut metadata = Metadata::new();
    metadata.append_bin("a-bin", [0xab]).unwrap();
    metadata.append_bin("a-bin", b"").unwrap();
    let raw: Vec<_> = metadata.raw("a-bin").map(HeaderValue::as_bytes).collect();
    assert_eq!(raw, [&b"qw"[..], b""]);
}

#[test]
fn binary_is_read_padded_unpadded_and_joined() {
    //
    let metadata = received(&[("a-bin", b"qw==, qw ,qw"), ("a-bin", b"q6s=")]);
    let all: Vec<_> = metadata.get_all_bin("a-bin").map(Result::unwrap).collect();
    assert_eq!(all, [&[0xab][..], &[0xab], &[0xab], &[0xab, 0xab]]);
    assert!(metadata.get_bin("A-BIN").is_some());
    assert!(metadata.get_all_bin("a").next().is_none());
}

#[test]
fn undecodable_binary_fails_only_itself() {
    //
    let metadata = received(&[("a-bin", b"qw,%%,qw")]);
    let all: Vec<_> = metadata
        .get_all_bin("a-bin")
        .map(|value| value.is_ok())
        .collect();
    assert_eq!(all, [true, false, true]);
    assert_eq!(metadata.raw("a-bin").next().unwrap(), "qw,%%,qw");
}

#[test]
fn illegal_text_is_kept_as_bytes_and_not_echoed() {
    //
    let metadata = received(&[("a", "é".as_bytes()), ("a", b"ok"), ("tab", b"a\tb")]);
    assert_eq!(metadata.get_all("a").collect::<Vec<_>>(), ["ok"]);
    assert_eq!((metadata.raw("a").count(), metadata.get("tab")), (2, None));
    let mut headers = HeaderMap::new();
    metadata.write_to(&mut headers).unwrap();
    assert_eq!(headers.len(), 1);
    let mut copy = Metadata::new();
    copy.extend(&metadata).unwrap();
    assert_eq!(copy, metadata);
}

#[test]
fn received_protocol_names_are_consumed() {
    //
    let metadata = received(&[
        ("content-type", b"application/grpc"),
        ("grpc-status", b"0"),
        ("grpc-encoding", b"gzip"),
        ("grpc-unheard", b"1"),
        ("grpc-status-details-bin", b"qw"),
    ]);
    let mut keys: Vec<_> = metadata.iter().map(|(key, _)| key).collect();
    keys.sort_unstable();
    assert_eq!(keys, ["grpc-status-details-bin", "grpc-unheard"]);
    let mut headers = HeaderMap::new();
    metadata.write_to(&mut headers).unwrap();
    assert!(headers.is_empty());
    // Where all of it is consumed, the table goes too: a stream keeps its metadata as long as it is open.
    let nothing = received(&[
        ("content-type", b"application/grpc"),
        ("grpc-encoding", b"gzip"),
    ]);
    assert_eq!(nothing.into_headers().capacity(), 0);
}

#[test]
fn what_servers_say_about_retries_is_visible() {
    //
    let metadata = received(&[
        ("grpc-retry-pushback-ms", b"250"),
        ("grpc-previous-rpc-attempts", b"2"),
    ]);
    assert_eq!(metadata.get("grpc-retry-pushback-ms"), Some("250"));
    assert_eq!(metadata.get("grpc-previous-rpc-attempts"), Some("2"));
}

#[test]
fn one_value_of_a_key_of_ours() {
    //
    let read = |pairs| only_value(received(pairs).as_headers(), "x-bin");
    assert_eq!(read(&[("x-bin", b"qw")]).as_deref(), Some(&[0xab][..]));
    assert_eq!(read(&[("x-bin", b"qw,qw")]), None);
    assert_eq!(read(&[("x-bin", b"qw"), ("x-bin", b"qw")]), None);
    assert_eq!(read(&[("x-bin", b"%")]), None);
    assert_eq!(read(&[]), None);
}

#[test]
fn defaults_give_way_key_by_key() {
    //
    let mut own = received(&[("a", b"own")]);
    own.complete(&received(&[
        ("a", b"1"),
        ("a", b"2"),
        ("b", b"3"),
        ("b", b"4"),
    ]));
    assert_eq!(own.get_all("a").collect::<Vec<_>>(), ["own"]);
    assert_eq!(own.get_all("b").collect::<Vec<_>>(), ["3", "4"]);
}

#[test]
fn sizes_are_counted_as_http2_does() {
    //
    let metadata = received(&[("ab", b"cde"), ("x-bin", b"qw")]);
    assert_eq!(size(metadata.as_headers()), 2 + 3 + 32 + 5 + 2 + 32);
    assert_eq!(size(&HeaderMap::new()), 0);
}

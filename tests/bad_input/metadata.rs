//! Metadata that may not be sent, and metadata that servers should not send.

use ziggurat::{CallOptions, Channel, Code, InvalidMetadata, Metadata, Status};
use ziggurat_examples::cafe::{Coffee, CoffeeMachineStub, LatteOrder};
use ziggurat_testing::peer::{Fields, HeaderBlock};

use crate::{odd::Odd, refused, run, server::answer};

const TRANSPORT: [&str; 7] = [
    "host",
    "connection",
    "transfer-encoding",
    "content-length",
    "te",
    "content-type",
    "user-agent",
];

#[test]
fn more_pairs_than_a_map_holds_are_refused_by_the_first_that_does_not_fit() {
    // L-19: here, for an interpreter fills no map of this size in time.
    let names = (0..=24_576).map(|number| (format!("x{number}"), ""));
    let InvalidMetadata::Pair(number, error) = Metadata::from_pairs(names).unwrap_err() else {
        panic!("it names no pair");
    };
    assert!(number > 24_000 && *error == InvalidMetadata::Full);
}

#[test]
fn illegal_keys_and_values_are_refused_where_they_are_set() {
    //
    let text = |key, value| refused(CallOptions::new().metadata(key, value));
    assert_eq!(text("", "x"), InvalidMetadata::Key(String::new()));
    assert_eq!(text("a b", "x"), InvalidMetadata::Key("a b".to_owned()));
    assert_eq!(text(":path", "x"), InvalidMetadata::Key(":path".to_owned()));
    assert_eq!(
        text("caf\u{e9}", "x"),
        InvalidMetadata::Key("caf\u{e9}".to_owned())
    );
    assert_eq!(
        text("key", "caf\u{e9}"),
        InvalidMetadata::Value("key".to_owned())
    );
    assert_eq!(
        text("key", "two\nlines"),
        InvalidMetadata::Value("key".to_owned())
    );
    assert_eq!(
        text("key-bin", "x"),
        InvalidMetadata::BinaryKey("key-bin".to_owned())
    );
    let bytes = refused(CallOptions::new().metadata_bin("key", [1]));
    assert_eq!(bytes, InvalidMetadata::TextKey("key".to_owned()));
}

#[test]
fn the_names_of_the_protocol_are_refused() {
    //
    let protocol = [
        "grpc-timeout",
        "grpc-status",
        "grpc-encoding",
        "Grpc-Anything",
        "grpc-x-bin",
    ];
    for key in protocol.into_iter().chain(TRANSPORT) {
        let error = if key.ends_with("-bin") {
            refused(CallOptions::new().metadata_bin(key, [1]))
        } else {
            refused(CallOptions::new().metadata(key, "x"))
        };
        assert_eq!(error, InvalidMetadata::Reserved(key.to_owned()));
        assert!(error.to_string().contains("reserved"), "{error}");
    }
}

#[test]
fn a_call_ends_with_what_options_refuse() {
    //
    run(async {
        let cafe = CoffeeMachineStub::new(Channel::default());
        let error = refused(CallOptions::new().metadata("te", "x"));
        let call = cafe.make_latte(LatteOrder::default()).metadata("te", "x");
        let status = call.await.unwrap_err();
        assert_eq!(status.code(), Code::Internal);
        assert_eq!(status.cause().unwrap().downcast_ref(), Some(&error));
        assert_eq!(status.message(), error.to_string());
        // As an error of a function that gives statuses.
        assert_eq!(Status::from(error).to_string(), status.to_string());
    });
}

#[test]
fn any_keys_and_values_never_make_it_panic() {
    let mut odd = Odd::new(7);
    let mut accepted = 0;
    for _ in 0..20_000 {
        let mut metadata = Metadata::new();
        let suffix = ["", "-bin"][odd.below(2)];
        let key = format!("{}{suffix}", odd.text(6));
        let value = odd.text(12);
        if metadata.append(&key, &value).is_ok() {
            assert!(metadata.get_all(&key).any(|found| found == value));
        }
        let bytes = odd.bytes(12);
        if metadata.append_bin(&key, &bytes).is_ok() {
            assert!(
                metadata
                    .get_all_bin(&key)
                    .any(|found| found.unwrap() == bytes)
            );
        }
        accepted += metadata.len();
    }
    assert!(accepted > 0);
}

/// What a call becomes whose trailers have these fields beside OK.
async fn ending(odd: Fields) -> Result<ziggurat::Response<Coffee>, Status> {
    let (url, script) = answer(|conn, stream| async move {
        conn.grpc_headers(stream).await?;
        conn.message(stream, "").await?;
        let mut fields = odd;
        fields.push("grpc-status", "0");
        conn.block(&HeaderBlock::new(stream, fields).end_stream())
            .await
    })
    .await;
    let response = crate::cafe(&url)
        .make_latte(LatteOrder::default())
        .send()
        .await;
    script.finish().await.unwrap();
    response
}

#[test]
fn odd_values_of_a_server_do_not_fail_the_call() {
    //
    run(async {
        let mut fields = Fields::default();
        fields.push("x-foreign", "caf\u{e9}");
        fields.push("x-tab", "a\tb");
        fields.push("x-broken-bin", "no base64!");
        fields.push("x-several-bin", "AQI, AwQ=,,!");
        let response = ending(fields).await.unwrap();
        let trailing = response.trailing_metadata();
        assert_eq!(trailing.get("x-foreign"), None);
        let raw = trailing.raw("x-foreign").next().unwrap();
        assert_eq!(raw.as_bytes(), "caf\u{e9}".as_bytes());
        assert!(trailing.get_bin("x-broken-bin").unwrap().is_err());
        let several: Vec<_> = trailing
            .get_all_bin("x-several-bin")
            .map(Result::ok)
            .collect();
        assert_eq!(
            several[..2],
            [Some(vec![1, 2].into()), Some(vec![3, 4].into())]
        );
        assert!(several.last().unwrap().is_none());
        // Echoing it all is no error.
        let echoed = CallOptions::new().metadata_from(trailing);
        assert!(echoed.is_ok());
    });
}

#[test]
fn random_values_of_a_server_never_make_it_panic() {
    run(async {
        let mut odd = Odd::new(11);
        for _ in 0..40 {
            let mut fields = Fields::default();
            for key in [
                "x-odd",
                "x-odd-bin",
                "grpc-message",
                "grpc-status-details-bin",
            ] {
                // What HTTP/2 forbids in a field ends the stream, which `garbage` is about.
                let mut value = odd.bytes(20);
                value.retain(|byte| !byte.is_ascii_control());
                fields.push(key, value);
            }
            let response = ending(fields).await.unwrap();
            let trailing = response.trailing_metadata();
            let _ = (
                trailing.get("x-odd"),
                trailing.get_all_bin("x-odd-bin").count(),
            );
        }
    });
}

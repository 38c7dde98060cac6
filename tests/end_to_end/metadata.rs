//! Metadata in both directions; initial and trailing stay apart.

use bytes::Bytes;
use ziggurat::{CallOptions, Code, Metadata};

use crate::{
    messages::{coffee, filter, line, order},
    run,
    server::{Port, cafe},
};

/// Not text, and not a multiple of three long.
const BYTES: [u8; 5] = [0, 255, b',', 128, 1];

/// What every call here sends, and so what comes back.
fn sent() -> CallOptions {
    CallOptions::new()
        .metadata("X-Initial", "one")
        .unwrap()
        .metadata("x-initial", "two, with a comma")
        .unwrap()
        .metadata("x-initial-empty", "")
        .unwrap()
        .metadata_bin("x-initial-bin", BYTES)
        .unwrap()
        .metadata_bin("x-initial-bin", [])
        .unwrap()
        .metadata("x-trailing", "bye")
        .unwrap()
        .metadata_bin("x-trailing-bin", BYTES)
        .unwrap()
        .metadata_bin("x-trailing-bin", "text")
        .unwrap()
}

fn assert_initial(initial: &Metadata) {
    let text: Vec<_> = initial.get_all("x-initial").collect();
    assert_eq!(text, ["one", "two, with a comma"]);
    assert_eq!(initial.get("x-initial-empty"), Some(""));
    let bytes: Vec<_> = initial
        .get_all_bin("x-initial-bin")
        .map(Result::unwrap)
        .collect();
    assert_eq!(bytes, [Bytes::copy_from_slice(&BYTES), Bytes::new()]);
    assert!(!initial.contains_key("x-trailing"));
    assert_no_reserved(initial);
}

fn assert_trailing(trailing: &Metadata) {
    assert_eq!(trailing.get("x-trailing"), Some("bye"));
    let bytes: Vec<_> = trailing
        .get_all_bin("x-trailing-bin")
        .map(Result::unwrap)
        .collect();
    assert_eq!(bytes, [&BYTES[..], b"text"]);
    assert!(!trailing.contains_key("x-initial"));
    assert_no_reserved(trailing);
}

fn assert_no_reserved(metadata: &Metadata) {
    //
    for name in [
        "content-type",
        "grpc-status",
        "grpc-message",
        "grpc-encoding",
        "te",
    ] {
        assert!(!metadata.contains_key(name), "{name}");
    }
}

#[test]
fn of_a_unary_success() {
    run(async {
        let (cafe, server) = cafe();
        let response = cafe.with(sent()).make_latte(order()).send().await.unwrap();
        assert_eq!(response.message(), &coffee());
        assert_initial(response.initial_metadata());
        assert_trailing(response.trailing_metadata());
        let peer = response.peer().expect("a connection carried the call");
        assert_eq!(peer.remote_addr(), Some(server.address()));
        assert!(peer.local_addr().unwrap().ip().is_loopback());
    });
}

#[test]
fn of_a_client_streaming_success() {
    run(async {
        let (cafe, _server) = cafe();
        let response = cafe.with(sent()).upload([]).send().await.unwrap();
        assert_initial(response.initial_metadata());
        assert_trailing(response.trailing_metadata());
    });
}

#[test]
fn of_streams() {
    run(async {
        let (cafe, _server) = cafe();
        let mut orders = cafe.with(sent()).watch(filter(1)).await.unwrap();
        assert_initial(orders.initial_metadata().await.unwrap());
        assert_trailing(&orders.finish().await.unwrap());

        let mut lines = cafe.with(sent()).chat([line("hi")]).await.unwrap();
        while lines.recv().await.unwrap().is_some() {}
        assert_trailing(lines.trailing_metadata().expect("the call has ended"));
        assert_initial(lines.initial_metadata().await.unwrap());
    });
}

#[test]
fn of_opened_calls() {
    run(async {
        let (cafe, _server) = cafe();
        let cafe = cafe.with(sent());
        let mut reply = cafe.open().make_latte().send(order()).await.unwrap();
        assert_initial(reply.initial_metadata().await.unwrap());
        let response = reply.response().await.unwrap();
        assert_initial(response.initial_metadata());
        assert_trailing(response.trailing_metadata());

        let mut call = cafe.open().chat();
        assert_initial(call.initial_metadata().await.unwrap());
        assert_trailing(&call.finish().await.unwrap());
    });
}

#[test]
fn of_a_failure_without_headers() {
    // all of it is trailing
    run(async {
        let (cafe, server) = cafe();
        let call = cafe
            .with(sent())
            .make_latte(order())
            .metadata("x-fail", "5");
        let status = call.await.unwrap_err();
        assert_eq!(status.code(), Code::NotFound);
        assert!(status.initial_metadata().is_empty());
        assert_trailing(status.trailing_metadata());
        let peer = status.peer().expect("a connection carried the call");
        assert_eq!(peer.remote_addr(), Some(server.address()));
    });
}

#[test]
fn of_a_failure_after_headers() {
    run(async {
        let (cafe, server) = cafe();
        let call = cafe
            .with(sent())
            .watch(filter(5))
            .metadata("x-fail-after", "2");
        let mut orders = call.await.unwrap();
        for _ in 0..2 {
            assert!(orders.recv().await.unwrap().is_some());
        }
        let status = orders.recv().await.unwrap_err();
        assert_eq!(status.code(), Code::Aborted);
        assert_initial(status.initial_metadata());
        assert_trailing(status.trailing_metadata());
        assert_eq!(status.peer().unwrap().remote_addr(), Some(server.address()));
    });
}

#[test]
fn received_metadata_can_be_sent_on() {
    //
    run(async {
        let (cafe, _server) = cafe();
        let first = cafe.with(sent()).make_latte(order()).send().await.unwrap();
        let again = cafe
            .make_latte(order())
            .metadata_from(first.initial_metadata());
        assert_initial(again.send().await.unwrap().initial_metadata());
    });
}

#[test]
fn a_call_wins_over_the_defaults_key_by_key() {
    run(async {
        let (cafe, _server) = cafe();
        let call = cafe
            .with(sent())
            .make_latte(order())
            .metadata("x-initial", "mine");
        let response = call.send().await.unwrap();
        let initial = response.initial_metadata();
        assert!(initial.get_all("x-initial").eq(["mine"]));
        assert_trailing(response.trailing_metadata());
    });
}

#[test]
fn the_application_names_itself_in_front_of_the_library() {
    //
    run(async {
        let port = Port::bind();
        let _server = port.serve();
        let channel = port
            .builder()
            .user_agent("orders/1.4")
            .unwrap()
            .connect_lazy();
        let cafe = ziggurat_examples::cafe::CoffeeMachineStub::new(channel);
        let response = cafe.make_latte(order()).send().await.unwrap();
        let agent = response
            .initial_metadata()
            .get("x-initial-user-agent")
            .unwrap();
        assert!(agent.starts_with("orders/1.4 grpc-rust-"), "{agent}");
    });
}

#[test]
fn several_pairs_are_sent_at_once() {
    //
    run(async {
        let (cafe, _server) = cafe();
        let defaults = [("x-initial", "stub"), ("x-initial-stub", "kept")];
        let cafe = cafe.with(CallOptions::new().metadata_pairs(defaults).unwrap());
        let own = [
            ("x-initial", "one"),
            ("x-trailing", "bye"),
            ("x-initial", "two"),
        ];
        let call = cafe.make_latte(order()).metadata_pairs(own);
        let response = call.send().await.unwrap();
        let initial: Vec<_> = response.initial_metadata().get_all("x-initial").collect();
        assert_eq!(initial, ["one", "two"]);
        let stub = response.initial_metadata().get("x-initial-stub");
        assert_eq!(stub, Some("kept"));
        assert_eq!(response.trailing_metadata().get("x-trailing"), Some("bye"));

        let pairs = [("x-initial", "one"), ("te", "two")];
        let refused = cafe.make_latte(order()).metadata_pairs(pairs).await;
        let text = refused.unwrap_err().message().to_owned();
        assert!(text.starts_with("pair 2: the metadata key `te` is reserved"));
    });
}

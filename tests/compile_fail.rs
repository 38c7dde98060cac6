//! Misuse that does not compile, and what the compiler says then: an error number and our own words.
//!
//! The programs are in `compile-fail`, a workspace of its own. cargo checks all of them at once, with the versions and
//! the target directory of this workspace, and without the network.

use std::{env, fs, path::Path, process::Command, sync::LazyLock};

use serde_json::Value;

/// What cargo says of all programs, message by message.
static MESSAGES: LazyLock<Vec<Value>> = LazyLock::new(|| {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    let programs = tests.join("compile-fail");
    fs::copy(tests.join("../Cargo.lock"), programs.join("Cargo.lock"))
        .expect("the workspace has a lock file");
    // This test is `debug/deps/compile_fail-…` in it.
    let test = env::current_exe().expect("a test has a file");
    let target = test
        .ancestors()
        .nth(3)
        .expect("it is in a target directory");
    let output = Command::new(env!("CARGO"))
        .args(["check", "--bins", "--keep-going", "--offline"])
        .arg("--message-format=json")
        .arg("--target-dir")
        .arg(target)
        .current_dir(&programs)
        .output()
        .expect("cargo runs");
    let messages = String::from_utf8_lossy(&output.stdout);
    let messages: Vec<Value> = messages
        .lines()
        .filter_map(|line| line.parse().ok())
        .collect();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        of(&messages, "compiler-artifact", "compiles").count() == 1,
        "{said}"
    );
    messages
});

/// The messages of one kind about one program.
fn of<'a>(messages: &'a [Value], reason: &str, program: &str) -> impl Iterator<Item = &'a Value> {
    messages
        .iter()
        .filter(move |message| message["reason"] == reason)
        .filter(move |message| message["target"]["name"] == program)
}

/// Asserts that a program has this error and no other, in these words.
#[track_caller]
fn assert_fails(program: &str, number: &str, words: &[&str]) {
    let messages = of(&MESSAGES, "compiler-message", program);
    let errors = messages.map(|message| &message["message"]);
    let errors: Vec<_> = errors.filter(|error| !error["code"].is_null()).collect();
    let [error] = errors[..] else {
        panic!("{program} has {} errors: {errors:#?}", errors.len());
    };
    assert_eq!(error["code"]["code"], number);
    let rendered = error["rendered"].as_str().unwrap_or_default();
    for words in words {
        assert!(rendered.contains(words), "{words}: {rendered}");
    }
}

#[test]
fn a_stub_on_something_that_is_no_service() {
    let needed = "needed is a `tower::Service<http::Request<ziggurat::Body>>`";
    assert_fails(
        "service_is_a_text",
        "E0277",
        &["`&str` cannot carry gRPC calls", needed],
    );
    let derive = "`#[derive(Clone)]`";
    assert_fails(
        "service_cannot_be_cloned",
        "E0277",
        &[
            "`Silent` cannot carry gRPC calls",
            "a stub cannot stand on this",
            derive,
        ],
    );
    let required = "required for `Silent` to implement `GrpcService`";
    assert_fails(
        "future_cannot_be_sent",
        "E0277",
        &["cannot be sent between threads", required],
    );
}

#[test]
fn messages_of_another_method() {
    assert_fails(
        "message_of_another_type",
        "E0308",
        &["expected `LatteOrder`, found `Line`"],
    );
    assert_fails(
        "messages_of_another_type",
        "E0277",
        &[
            "`Vec<Line>` is not a stream or an iterator of `Bean`",
            "expected a `Stream<Item = Bean>`, a `Stream<Item = Result<Bean, Status>>` or an `IntoIterator<Item = Bean>`",
        ],
    );
}

#[test]
fn a_method_of_another_shape() {
    assert_fails(
        "method_of_another_shape",
        "E0308",
        &["Method<Filter, Order, ServerStreaming>"],
    );
}

#[test]
fn a_shape_that_there_is_not() {
    assert_fails(
        "method_without_a_shape",
        "E0277",
        &[
            "`Duplex` is not the shape of a call",
            "the shapes are `Unary`, `ServerStreaming`, `ClientStreaming` and `Bidi`",
        ],
    );
}

#[test]
fn a_setting_of_a_call_that_was_polled() {
    assert_fails(
        "setting_after_a_poll",
        "E0277",
        &["cannot be unpinned", "consider using the `pin!` macro"],
    );
}

#[test]
fn a_second_message_of_an_opened_call_with_one() {
    //
    assert_fails(
        "second_send",
        "E0382",
        &["call.send(LatteOrder::default())"],
    );
}

#[test]
fn a_message_after_the_last() {
    assert_fails(
        "send_after_the_last",
        "E0382",
        &["call.send_last(Bean::default())"],
    );
    assert_fails("send_after_the_end_of_a_half", "E0382", &["sender.end()"]);
}

#[test]
fn reading_an_opened_client_stream() {
    let words = "no method named `recv` found for struct `Opened<Bean, Receipt, ClientStreaming>`";
    assert_fails("reading_a_client_stream", "E0599", &[words]);
}

#[test]
fn a_message_given_to_what_opens_a_call() {
    assert_fails(
        "message_to_open",
        "E0061",
        &["unexpected argument of type `LatteOrder`"],
    );
}

#[test]
fn a_codec_for_other_types() {
    assert_fails(
        "codec_for_other_types",
        "E0277",
        &[
            "the codec `Raw` cannot write `LatteOrder` and read `Coffee`",
            "`Raw` works on `Bytes`",
        ],
    );
}

#[test]
fn a_service_over_many_messages() {
    assert_fails(
        "service_of_a_bidi_method",
        "E0277",
        &[
            "a Bidi method cannot be a service over messages",
            "only a method with one request message can: unary or server-streaming",
        ],
    );
}

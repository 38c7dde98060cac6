//! Every sentence that the library can say stands on one page, and is asserted by a test.
//!
//! The sentences are read from the code: the literals of what runs that have at least two words, or a word beside what
//! is put in. So none can be forgotten, and none has to stand anywhere else than where it is made. Those of
//! `ziggurat-build` are among them, which speaks when a program is built.

#![expect(
    clippy::unwrap_used,
    reason = "clippy allows it in test functions, not in what they share"
)]

mod code;
mod made;
mod page;
mod wires;

use std::path::{Path, PathBuf};

use code::{Literal, literals};
use page::Sentence;

/// The crates whose words come before users.
const CRATES: [&str; 9] = [
    "balance",
    "build",
    "client",
    "config",
    "connect",
    "layers",
    "protocol",
    "text",
    "transport",
];

/// How literals begin that no error and no event says.
const UNSAID: [&str; 23] = [
    // A time, in a sentence.
    "{year:04}-",
    // For `{:?}`, or words of h2 and protox that theirs are known by.
    " with credentials",
    ", but not for ",
    "Target({self} as {})",
    " closed because of a broken pipe",
    "identifiers may not be negative",
    "invalid value of type",
    "maximum recursion limit",
    "imports may not",
    "invalid group name",
    // To a call that then goes elsewhere.
    "there is no connection to {target}",
    // Where features are left out, which the tests have.
    "this client was built without it",
    // For a proxy, or of a file.
    "CONNECT {server} HTTP/1.1",
    "Basic {}",
    "-----BEGIN ENCRYPTED PRIVATE KEY-----",
    // Errors of options name the option.
    "the TLS options",
    // Spaces that names are unique in.
    "oneof {oneof}",
    "RPC {scope}",
    // In generated code.
    "impl {z}::IntoMessages<",
    "// This file is @generated",
    "Calls the gRPC service ",
    "/// Stubs of the package's services.",
    "pub mod {part} {{",
];

/// What no test of this system can have it say, and why.
const OUT_OF_REACH: [(&str, &str); 9] = [
    ("this system has no unix sockets", "another system's"),
    ("abstract sockets exist on Linux only", "another system's"),
    (
        "its certificate cannot be read: enable the feature tls of ziggurat",
        "of a build without TLS",
    ),
    (
        "a connection of a channel that is gone",
        "a call keeps its channel; one that is given up asks no more",
    ),
    (
        "the server sent more than its window allows",
        "of a race with the reader, who gives the window back",
    ),
    (
        "the server sent more after the end of the stream",
        "h2 knows ended streams for a moment only",
    ),
    (
        "the server sent a header block that is too large to skip",
        "takes more than 16 MiB of headers",
    ),
    (
        "the request to {target} failed: {cause}",
        "h2 refuses no request that the channel makes",
    ),
    (
        "broke off: {error}",
        "of a socket that fails while a proxy answers",
    ),
];

fn root() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests.parent().unwrap().to_owned()
}

fn page() -> Vec<String> {
    page::lines(&root().join("docs/troubleshooting.md"))
}

/// What stands in the code where a user may come to see it.
fn code() -> impl Iterator<Item = (Literal, Sentence)> {
    let folders = CRATES.iter().map(|name| root().join("crates").join(name));
    let literals = folders.flat_map(|folder| literals(&folder.join("src")));
    let said = literals.filter(Literal::is_said);
    said.map(|literal| {
        let sentence = Sentence::new(&literal.text);
        (literal, sentence)
    })
}

/// What the code says, each with its place.
fn said() -> Vec<(Literal, Sentence)> {
    let is_unsaid = |text: &str| UNSAID.iter().any(|start| text.starts_with(start));
    code()
        .filter(|(literal, sentence)| sentence.has_words() && !is_unsaid(&literal.text))
        .collect()
}

#[track_caller]
fn assert_none(what: &str, sentences: &[String]) {
    assert!(sentences.is_empty(), "{what}:\n{}", sentences.join("\n"));
}

#[test]
fn the_page_has_every_sentence_of_the_code() {
    // D-27, A-138
    let page = page();
    let missing: Vec<_> = said()
        .into_iter()
        .filter(|(_, sentence)| !page.iter().any(|line| sentence.is_in(line)))
        .map(|(literal, _)| literal.to_string())
        .collect();
    assert_none("not in docs/troubleshooting.md", &missing);
}

#[test]
fn the_page_has_nothing_else() {
    let code: Vec<_> = code().map(|(_, sentence)| sentence).collect();
    let stale: Vec<_> = page()
        .into_iter()
        .filter_map(|line| {
            let left = page::left(&line, &code);
            (!left.is_empty()).then(|| format!("{left:?} of {line}"))
        })
        .collect();
    assert_none("nowhere in the code", &stale);
}

#[test]
fn every_sentence_is_asserted_by_a_test() {
    let folders = ["crates", "tests"].map(|folder| root().join(folder));
    let literals = folders.iter().flat_map(|folder| literals(folder));
    let asserted: Vec<_> = literals.filter(|literal| literal.is_test).collect();
    let is_out_of_reach = |text: &str| OUT_OF_REACH.iter().any(|(sentence, _)| *sentence == text);
    let missing: Vec<_> = said()
        .into_iter()
        .filter(|(literal, _)| !is_out_of_reach(&literal.text))
        .filter(|(_, sentence)| {
            let is_asserted = |clause| asserted.iter().any(|literal| literal.text.contains(clause));
            !sentence.clauses().all(is_asserted)
        })
        .map(|(literal, _)| literal.to_string())
        .collect();
    assert_none("no test has", &missing);
}

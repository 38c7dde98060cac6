//! Every sentence that the library can say stands on one page, and is asserted by a test.
//!
//! The sentences are read from the code: the literals of what runs that have at least two words. So none can be
//! forgotten, and none has to stand anywhere else than where it is made.

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

/// The crates whose words come before users at run time.
const CRATES: [&str; 5] = ["client", "layers", "protocol", "text", "transport"];

/// What no error and no event says: it is for `{:?}`, or h2's.
const UNSAID: [&str; 3] = [
    " with credentials",
    ", but not for ",
    " closed because of a broken pipe",
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

/// What the code says, each with its place.
fn said() -> Vec<(Literal, Sentence)> {
    let folders = CRATES.iter().map(|name| root().join("crates").join(name));
    let literals = folders.flat_map(|folder| literals(&folder.join("src")));
    let said = literals.filter(Literal::is_said);
    let said = said.map(|literal| {
        let sentence = Sentence::new(&literal.text);
        (literal, sentence)
    });
    said.filter(|(literal, sentence)| {
        sentence.has_words() && !UNSAID.contains(&literal.text.as_str())
    })
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
    let said = said();
    let stale: Vec<_> = page()
        .into_iter()
        .inspect(|line| println!("{line}"))
        .filter(|line| !said.iter().any(|(_, sentence)| sentence.is_in(line)))
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

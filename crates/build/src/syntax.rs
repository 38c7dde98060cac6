//! Turns what the parser says into errors with a place and a way on.
//!
//! ```
//! # let dir = tempfile::tempdir()?;
//! # let proto = dir.path().join("a.proto");
//! # std::fs::write(&proto, "edition = '2023';")?;
//! let build = ziggurat_build::configure().out_dir(dir.path());
//! let error = build.compile(&[&proto], &[dir.path()]).unwrap_err().to_string();
//! assert!(error.contains("compile_descriptors"), "{error}");
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```

use std::fmt::Write;

use miette::Diagnostic;

use crate::place::Fault;

/// What the parser refuses and protoc may take.
const KNOWN_LIMITS: [&str; 3] = [
    "identifiers may not be negative",
    "invalid value of type",
    "maximum recursion limit",
];

const ROUND: &str = "; if protoc takes the file, give `compile_descriptors` the descriptor set that protoc makes of it";

/// Refuses a file that begins with an edition, which the parser does not know.
pub(crate) fn edition(text: &str, name: &str, shown: &str) -> Option<Fault> {
    let start = first_word(text);
    let rest = text[start..].strip_prefix("edition")?.trim_start();
    if !rest.starts_with('=') {
        return None;
    }
    let before = &text[..start];
    let line = before.matches('\n').count() + 1;
    let column = before
        .rsplit('\n')
        .next()
        .unwrap_or_default()
        .chars()
        .count()
        + 1;
    let folder = shown
        .strip_suffix(name)
        .map_or(".", |folder| folder.trim_end_matches('/'));
    let folder = if folder.is_empty() { "." } else { folder };
    Some(Fault::at(
        &format!("{shown}:{line}:{column}"),
        format_args!(
            "editions are read from descriptors only; let protoc or buf read the file, \
             `protoc --include_imports --include_source_info -I {folder} -o set.bin {name}`, \
             and give the bytes of set.bin to `compile_descriptors`"
        ),
    ))
}

/// Where the first word begins, behind spaces and comments.
fn first_word(text: &str) -> usize {
    let mut rest = text;
    loop {
        rest = rest.trim_start();
        let end = if rest.starts_with("//") {
            rest.find('\n')
        } else if rest.starts_with("/*") {
            rest.find("*/").map(|end| end + 2)
        } else {
            break;
        };
        rest = &rest[end.unwrap_or(rest.len())..];
    }
    text.len() - rest.len()
}

/// An error of the parser or of the look-up of names; it says what to do where protox does.
pub(crate) fn fault<E>(error: E, name: &str, shown: &str) -> Fault
where
    E: Diagnostic + Send + Sync + 'static,
{
    // The `Debug` of both has the place: file, line and column.
    let long = format!("{error:?}");
    let place_and_text = long.strip_prefix(name).unwrap_or(&long);
    let mut text = place_and_text
        .strip_prefix(':')
        .unwrap_or(place_and_text)
        .to_owned();
    // protox names the wrong thing here.
    if error
        .help()
        .is_some_and(|help| help.to_string().starts_with("imports may not"))
    {
        text = text.replace("invalid group name", "invalid import");
    }
    if let Some(help) = error.help() {
        let _ = write!(text, "; {help}");
    }
    if KNOWN_LIMITS.iter().any(|limit| text.contains(limit)) {
        text.push_str(ROUND);
    }
    Fault::joined(shown, &text).caused_by(error)
}

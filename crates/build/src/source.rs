//! Reads the bytes of a `.proto` file as protoc does: it looks at none that it need not know.
//!
//! A byte order mark is skipped. Bytes that are not UTF-8 are read as Latin-1 in comments, and kept as they are in
//! strings; elsewhere they are an error.
//!
//! ```
//! # let (dir, out) = (tempfile::tempdir()?, tempfile::tempdir()?);
//! # let proto = dir.path().join("a.proto");
//! let bytes = b"\xef\xbb\xbf// A caf\xe9.\nmessage M {}";
//! # std::fs::write(&proto, bytes)?;
//! # ziggurat_build::configure().out_dir(out.path()).compile(&[&proto], &[dir.path()])?;
//! # let code = std::fs::read_to_string(out.path().join("_.rs"))?;
//! assert!(code.contains("/// A café."));
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```

use std::fmt;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Says why bytes are no `.proto` file.
#[derive(Debug, PartialEq)]
pub(crate) enum Unreadable {
    /// The text is UTF-16, which protoc does not read either.
    Utf16,
    /// A byte that is not UTF-8, where it means something; counted from 1.
    Byte {
        byte: u8,
        line: usize,
        column: usize,
    },
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Utf16 => f.write_str("the text is UTF-16; save it as UTF-8"),
            Self::Byte { byte, .. } => write!(
                f,
                "the byte 0x{byte:02X} is not UTF-8, and stands neither in a comment nor in a string; save the file as UTF-8"
            ),
        }
    }
}

/// Gives the text, with the same lines.
pub(crate) fn text(bytes: Vec<u8>) -> Result<String, Unreadable> {
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        return Err(Unreadable::Utf16);
    }
    let text = match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => decoded(error.as_bytes())?,
    };
    Ok(match text.strip_prefix('\u{feff}') {
        Some(rest) => rest.to_owned(),
        None => text,
    })
}

/// Reads bytes that are not all UTF-8.
fn decoded(bytes: &[u8]) -> Result<String, Unreadable> {
    let bytes = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
    let mut text = String::with_capacity(bytes.len());
    let mut state = State::Code;
    for chunk in bytes.utf8_chunks() {
        state = chunk.valid().chars().fold(state, State::after);
        text.push_str(chunk.valid());
        for &byte in chunk.invalid() {
            match state {
                State::Line | State::Block | State::Star => text.push(char::from(byte)),
                State::String(_) | State::Escape(_) => {
                    text.extend(format!("\\x{byte:02x}").chars());
                }
                State::Code | State::Slash => return Err(misplaced(byte, &text)),
            }
        }
    }
    Ok(text)
}

/// A byte that is neither in a comment nor in a string.
fn misplaced(byte: u8, before: &str) -> Unreadable {
    let line = before.rsplit('\n').next().unwrap_or_default();
    Unreadable::Byte {
        byte,
        line: before.matches('\n').count() + 1,
        column: line.chars().count() + 1,
    }
}

/// What the text is in.
#[derive(Clone, Copy)]
enum State {
    Code,
    /// After a `/`, which may begin a comment.
    Slash,
    /// In a comment up to the end of the line.
    Line,
    /// In a comment up to `*/`.
    Block,
    /// In such a comment, after a `*`.
    Star,
    /// In a string that this quote ends.
    String(char),
    /// In such a string, after a `\`.
    Escape(char),
}

impl State {
    /// What the text is in behind this character.
    fn after(self, c: char) -> Self {
        match (self, c) {
            (Self::Slash, '/') | (Self::Code, '#') => Self::Line,
            (Self::Code, '/') => Self::Slash,
            (Self::Code | Self::Slash, '"' | '\'') => Self::String(c),
            (Self::Line, '\n') | (Self::Star, '/') => Self::Code,
            (Self::Block | Self::Star, '*') => Self::Star,
            (Self::Slash, '*') | (Self::Star, _) => Self::Block,
            (Self::String(quote), '\\') => Self::Escape(quote),
            (Self::String(quote), _) if c == quote || c == '\n' => Self::Code,
            (Self::Escape(quote), _) => Self::String(quote),
            (Self::Slash, _) => Self::Code,
            (state, _) => state,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Unreadable, text};

    #[test]
    fn bytes_that_are_not_utf_8() {
        for (bytes, expected) in [
            (&b"\xef\xbb\xbfa"[..], "a"),
            (b"// \xe9 \xc3\xa9\na", "// é é\na"),
            (b"/* * \xe9 */ '\xe9\\'\xe9'", "/* * é */ '\\xe9\\'\\xe9'"),
            (b"\xef\xbb\xbf# \"\n\"/*\xe9", "# \"\n\"/*\\xe9"),
        ] {
            assert_eq!(text(bytes.to_vec()).unwrap(), expected);
        }
        let byte = Unreadable::Byte {
            byte: 0xe9,
            line: 2,
            column: 3,
        };
        assert_eq!(text(b"// \xe9\n/ \xe9".to_vec()), Err(byte));
        assert_eq!(text(b"\xff\xfe/\0".to_vec()), Err(Unreadable::Utf16));
    }
}

use std::fmt::{self, Write};

/// How many bytes of a text are shown as a rule.
pub const TEXT: usize = 1024;

/// How many bytes are shown of what is a word or two as a rule, such as the value of a header.
pub const VALUE: usize = 128;

/// Bytes of a peer as they may stand in a sentence; made by [`foreign`].
#[derive(Clone, Copy)]
pub struct Foreign<'a> {
    bytes: &'a [u8],
    limit: usize,
}

/// Shows bytes of a peer on one line, of at most so many bytes; `…` stands for the rest.
///
/// Text stays text in whatever script it is. Escaped as Rust does it is all that is no text or that moves the cursor:
/// what is no UTF-8 (`\xff`), control characters with NUL and line ends (`\0`, `\n`), and whatever is invisible or turns
/// the direction of writing (`\u{202e}`). Shown once, it stays as it is when it is shown again.
///
/// ```
/// use ziggurat_text::foreign;
///
/// assert_eq!(foreign("zwei Kaffee ☕".as_bytes(), 64).to_string(), "zwei Kaffee ☕");
/// assert_eq!(foreign(b"one\r\ntwo\0\xff", 64).to_string(), r"one\r\ntwo\0\xff");
/// assert_eq!(foreign(b"aaaaaaaa", 4).to_string(), "aaaa…");
/// ```
pub fn foreign<T: AsRef<[u8]> + ?Sized>(bytes: &T, limit: usize) -> Foreign<'_> {
    let bytes = bytes.as_ref();
    Foreign { bytes, limit }
}

impl fmt::Display for Foreign<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut line = Line {
            out: f,
            left: self.limit,
        };
        for chunk in self.bytes.utf8_chunks() {
            for character in chunk.valid().chars() {
                if !line.character(character)? {
                    return Ok(());
                }
            }
            for byte in chunk.invalid() {
                if !line.whole(&byte.escape_ascii())? {
                    return Ok(());
                }
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Foreign<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A line that takes a bounded number of bytes.
struct Line<'a, 'b> {
    out: &'a mut fmt::Formatter<'b>,
    left: usize,
}

impl Line<'_, '_> {
    /// Writes a character, escaped if need be. False once the line is full.
    fn character(&mut self, character: char) -> Result<bool, fmt::Error> {
        if is_text(character) {
            self.whole(&character)
        } else {
            self.whole(&character.escape_debug())
        }
    }

    /// Writes all of it, or that there is more.
    fn whole(&mut self, part: &impl fmt::Display) -> Result<bool, fmt::Error> {
        let mut length = Length(0);
        write!(length, "{part}")?;
        let Some(left) = self.left.checked_sub(length.0) else {
            self.out.write_char('…')?;
            return Ok(false);
        };
        self.left = left;
        write!(self.out, "{part}")?;
        Ok(true)
    }
}

/// Counts what is written.
struct Length(usize);

impl Write for Length {
    fn write_str(&mut self, part: &str) -> fmt::Result {
        self.0 += part.len();
        Ok(())
    }
}

/// Whether a character stands for itself.
fn is_text(character: char) -> bool {
    match character {
        ' '..='~' => true,
        _ if character.is_ascii() => false,
        // Behind a letter, where an accent is no reason to escape.
        _ => {
            let mut buffer = [b'a', 0, 0, 0, 0];
            let length = 1 + character.encode_utf8(&mut buffer[1..]).len();
            let pair = std::str::from_utf8(&buffer[..length]).unwrap_or_default();
            pair.escape_debug().eq(pair.chars())
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(text: &str) -> String {
        foreign(text, 1024).to_string()
    }

    #[test]
    fn text_stays_as_it_is() {
        // A-73
        for text in [
            "",
            r#"{"error": "no 'beans'", path: "C:\temp"}"#,
            "naïve café ☕ 日本語 हिन्दी e\u{301}",
            r"\u{202e}",
        ] {
            assert_eq!(shown(text), text);
        }
    }

    #[test]
    fn what_moves_the_cursor_is_escaped() {
        // A-73
        for (raw, escaped) in [
            ("a\nb", r"a\nb"),
            ("a\r\n\tb", r"a\r\n\tb"),
            ("a\0b", r"a\0b"),
            ("\u{1b}[31m", r"\u{1b}[31m"),
            ("\u{7f}", r"\u{7f}"),
            ("\u{85}", r"\u{85}"),                   // next line
            ("\u{202e}gpj.exe", r"\u{202e}gpj.exe"), // right to left
            ("\u{2066}\u{2069}", r"\u{2066}\u{2069}"),
            ("\u{200f}", r"\u{200f}"),
            ("\u{2028}\u{2029}", r"\u{2028}\u{2029}"), // line and paragraph
            ("\u{200b}\u{feff}", r"\u{200b}\u{feff}"), // invisible
        ] {
            assert_eq!(shown(raw), escaped);
        }
        assert_eq!(foreign(b"a\xff\xc3", 64).to_string(), r"a\xff\xc3");
    }

    #[test]
    fn it_is_bounded() {
        // A-73
        assert_eq!(foreign("abcdef", 6).to_string(), "abcdef");
        assert_eq!(foreign("abcdefg", 6).to_string(), "abcdef…");
        // Neither a character nor an escape is cut.
        assert_eq!(foreign("abcdeé", 6).to_string(), "abcde…");
        assert_eq!(foreign("abcd\u{1b}", 6).to_string(), "abcd…");
        assert_eq!(foreign("a", 0).to_string(), "…");
    }

    proptest! {
        #[test]
        fn nothing_gets_through(bytes: Vec<u8>, limit in 0_usize..64) {
            let shown = foreign(&bytes, limit).to_string();
            prop_assert!(shown.len() <= limit + '…'.len_utf8());
            prop_assert!(!shown.chars().any(char::is_control));
            prop_assert_eq!(foreign(&shown, usize::MAX).to_string(), shown);
        }
    }
}

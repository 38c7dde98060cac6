use std::{error::Error, fmt};

use http::HeaderValue;

/// A name for `user-agent` that has other characters than printable ASCII; holds the name.
///
/// ```
/// let builder = ziggurat::channel::Builder::default();
/// assert!(builder.user_agent("café/1.4").is_err());
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct InvalidUserAgent(String);

impl fmt::Display for InvalidUserAgent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(name) = self;
        write!(f, "the user agent {name:?} is not printable ASCII")
    }
}

/// The sentence: a `main` that returns the error, and an `unwrap`, show it by this.
impl fmt::Debug for InvalidUserAgent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Error for InvalidUserAgent {}

/// Checks a name; HTTP itself would take more than gRPC does (A-26).
pub(super) fn parse(name: &str) -> Result<HeaderValue, InvalidUserAgent> {
    let printable = name.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    let value = HeaderValue::from_str(name).ok();
    let value = value.filter(|_| printable);
    value.ok_or_else(|| InvalidUserAgent(name.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn printable_ascii_and_nothing_else() {
        // A-9, A-26
        for name in ["", "orders/1.4", "orders/1.4 (linux; x86)"] {
            assert_eq!(parse(name).unwrap(), name);
        }
        for name in ["caf\u{e9}/1", "two\nlines", "a\tb", "\0", "\u{7f}"] {
            let error = parse(name).unwrap_err();
            assert!(error.to_string().contains(&format!("{name:?}")), "{error}");
        }
    }
}

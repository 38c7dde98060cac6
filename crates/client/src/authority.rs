//! The name that a server is called by: `:authority`.

use std::{error::Error, fmt};

use http::uri::Authority;
use ziggurat_connect::{InvalidTarget, Target, target::NameConflict};
use ziggurat_protocol::{Code, Status};

/// A text that cannot be an `:authority`, or not this channel's; holds the text and what is wrong with it.
///
/// As a [`Status`], with `?`, it is INTERNAL, as is metadata that may not be sent.
///
/// ```
/// let error = ziggurat::CallOptions::new().authority("https://cafe.example").unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     r#"the authority "https://cafe.example" is not a host with or without a port: write host or host:port"#
/// );
/// ```
pub struct InvalidAuthority {
    text: String,
    problem: Problem,
}

#[derive(Debug)]
enum Problem {
    Malformed(Option<InvalidTarget>),
    Conflict(NameConflict),
}

impl InvalidAuthority {
    pub(crate) fn conflict(text: &str, conflict: NameConflict) -> Self {
        Self {
            text: text.to_owned(),
            problem: Problem::Conflict(conflict),
        }
    }
}

impl fmt::Display for InvalidAuthority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { text, problem } = self;
        match problem {
            Problem::Malformed(_) => write!(
                f,
                "the authority {text:?} is not a host with or without a port: write host or host:port"
            ),
            Problem::Conflict(conflict) => conflict.fmt(f),
        }
    }
}

/// The sentence: a `main` that returns the error, and an `unwrap`, show it by this.
impl fmt::Debug for InvalidAuthority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Error for InvalidAuthority {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.problem {
            Problem::Malformed(Some(error)) => Some(error),
            Problem::Malformed(None) | Problem::Conflict(_) => None,
        }
    }
}

impl From<InvalidAuthority> for Status {
    /// INTERNAL: nothing is sent to a server of that name.
    fn from(invalid: InvalidAuthority) -> Self {
        Self::local(Code::Internal, invalid.to_string()).with_source(invalid)
    }
}

/// Checks a name: what a target may have between scheme and path.
pub(crate) fn parse(text: &str) -> Result<Authority, InvalidAuthority> {
    let invalid = |cause| InvalidAuthority {
        text: text.to_owned(),
        problem: Problem::Malformed(cause),
    };
    if text.contains('/') {
        return Err(invalid(None));
    }
    let target = Target::parse(&format!("http://{text}"));
    let target = target.map_err(|error| invalid(Some(error)))?;
    Ok(target.authority().clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_and_perhaps_a_port() {
        // A-11, I-34
        for text in [
            "cafe",
            "Cafe.example:443",
            "10.0.0.1",
            "[::1]",
            "[::1]:50051",
            "a_b:1",
        ] {
            assert_eq!(parse(text).unwrap(), text);
        }
        for text in [
            "",
            ":80",
            "cafe:",
            "cafe:0",
            "cafe:x",
            "cafe:+1",
            "cafe:65536",
            "me@cafe",
            "caf\u{e9}",
            "cafe/",
            "http://cafe",
            "ca fe",
            "::1",
            "[::1",
            "[]",
            "cafe?",
            "a:1:2",
            "[::1]x",
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.to_string().contains(&format!("{text:?}")), "{error}");
        }
        assert!(parse("ca fe").unwrap_err().source().is_some());
    }
}

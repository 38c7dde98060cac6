use std::{error::Error, fmt};

use http::HeaderValue;

/// A name for `user-agent` that has other characters than printable ASCII; holds the name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidUserAgent(String);

impl fmt::Display for InvalidUserAgent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(name) = self;
        write!(f, "the user agent {name:?} is not printable ASCII")
    }
}

impl Error for InvalidUserAgent {}

/// Checks a name; HTTP itself would take more than gRPC does.
pub(super) fn parse(name: &str) -> Result<HeaderValue, InvalidUserAgent> {
    let printable = name.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    let value = HeaderValue::from_str(name).ok();
    let value = value.filter(|_| printable);
    value.ok_or_else(|| InvalidUserAgent(name.to_owned()))
}

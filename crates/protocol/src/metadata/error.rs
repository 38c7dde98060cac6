use std::{error::Error, fmt};

/// Metadata that may not be sent; holds the key as it was given, never the value.
///
/// As a [`Status`](crate::Status), with `?`, it is INTERNAL (A-26).
///
/// ```
/// use ziggurat::{InvalidMetadata, Metadata};
///
/// let error = Metadata::new().append("te", "trailers").unwrap_err();
/// assert_eq!(error, InvalidMetadata::Reserved("te".to_owned()));
/// assert_eq!(
///     error.to_string(),
///     "the metadata key `te` is reserved: the library sets it, choose another name"
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidMetadata {
    /// The key has other characters than letters, digits, `_`, `-` and `.`, or none (A-25).
    Key(String),
    /// The key is the protocol's own; the library sets it (A-34).
    ///
    /// These are the names of HTTP/2's machinery, `content-type`, `te`, `user-agent`, and all under
    /// `grpc-` but `grpc-trace-bin` and `grpc-tags-bin`.
    Reserved(String),
    /// The value of this key has other characters than printable ASCII (A-26).
    ///
    /// Text of any kind can be sent as bytes, under a key ending in `-bin`.
    Value(String),
    /// The key ends in `-bin`, the value is text: use the `_bin` method (A-29).
    BinaryKey(String),
    /// The key does not end in `-bin`, the value is bytes (A-29).
    TextKey(String),
    /// There are more than 24,576 names: a header map holds no more.
    Full,
    /// Of several pairs that were given together it is this one, counted from 1.
    Pair(usize, Box<InvalidMetadata>),
}

impl fmt::Display for InvalidMetadata {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(key) => write!(
                f,
                "`{key}` is no metadata key: use letters, digits, `_`, `-` and `.`"
            ),
            Self::Reserved(key) => write!(
                f,
                "the metadata key `{key}` is reserved: the library sets it, choose another name"
            ),
            Self::Value(key) => write!(
                f,
                "the value of metadata `{key}` is not printable ASCII: use a key ending in `-bin` for other text"
            ),
            Self::BinaryKey(key) => write!(
                f,
                "the metadata key `{key}` ends in `-bin` and holds bytes: use the `_bin` method"
            ),
            Self::TextKey(key) => write!(
                f,
                "the metadata key `{key}` holds text: bytes need a key ending in `-bin`"
            ),
            Self::Full => {
                f.write_str("there is more metadata than a request can hold: 24,576 names")
            }
            Self::Pair(number, error) => write!(f, "pair {number}: {error}"),
        }
    }
}

impl Error for InvalidMetadata {}

use std::{error::Error, fmt};

/// Metadata that may not be sent; holds the key.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidMetadata {
    /// The key has other characters than letters, digits, `_`, `-` and `.`, or none.
    Key(String),
    /// The key is the protocol's own; the library sets it.
    Reserved(String),
    /// The value of this key has other characters than printable ASCII.
    Value(String),
    /// The key ends in `-bin`, the value is text.
    BinaryKey(String),
    /// The key does not end in `-bin`, the value is bytes.
    TextKey(String),
    /// There are more than 24,576 names.
    Full,
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
        }
    }
}

impl Error for InvalidMetadata {}

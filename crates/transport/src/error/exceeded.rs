use std::fmt;

use h2::Reason;
use ziggurat_connect::Target;

use super::{Error, Kind};

/// A header block of a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Block {
    Headers,
    Trailers,
}

impl fmt::Display for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Headers => "headers",
            Self::Trailers => "trailers",
        })
    }
}

/// Errors of a response that went beyond what this side keeps.
impl Error {
    /// A header block is larger than the connection's limit.
    pub(crate) fn header_list(target: &Target, block: Block, size: usize, limit: u32) -> Self {
        let text = format!(
            "the {block} of an answer from {target} have {size} bytes, the limit is {limit} bytes (max_header_list)"
        );
        // Which makes it INTERNAL.
        let source = h2::Error::from(Reason::INTERNAL_ERROR);
        Self::new(Kind::Exceeded, text, source.into())
    }

    /// More DATA frames of one response wait to be read than are kept.
    pub(crate) fn flooded(target: &Target, limit: u32) -> Self {
        let text = format!(
            "more than {limit} DATA frames of an answer from {target} waited to be read: its server pads frames that are too small for what a stream may cost"
        );
        // Which makes it RESOURCE_EXHAUSTED.
        let source = h2::Error::from(Reason::ENHANCE_YOUR_CALM);
        Self::new(Kind::Exceeded, text, source.into())
    }
}

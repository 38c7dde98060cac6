//! Reads a whole google.rpc.Status, each detail as its type.
//!
//! ```
//! use ziggurat::{Code, Status};
//! use ziggurat_types::{Detail, ErrorInfo, StandardDetails};
//!
//! let sent = StandardDetails::new(9, "no latte")
//!     .with(ErrorInfo::new("NO_MILK", "cafe.example"));
//! let status = Status::new(Code::FailedPrecondition, "no latte").with_details(sent.encode());
//!
//! for detail in status.details::<StandardDetails>().expect("there are some")?.details {
//!     match detail {
//!         Detail::ErrorInfo(info) => assert_eq!(info.reason, "NO_MILK"),
//!         other => panic!("not expected: {other:?}"),
//!     }
//! }
//! # Ok::<_, ziggurat::protocol::status::InvalidDetails>(())
//! ```

use bytes::Bytes;
use prost::Message;
use ziggurat_protocol::status::{DetailsCodec, InvalidDetails};

use crate::{Detail, Status};

/// Holds what a server sent beside a status: a google.rpc.Status with its details read.
///
/// It is the codec for itself: a status' `details::<StandardDetails>()` gives it. Code and text inside are the
/// server's own; the call's status says what counts.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct StandardDetails {
    /// The status number the server put inside.
    pub code: i32,
    /// The text the server put inside.
    pub message: String,
    /// The details in the server's order and number (A-101).
    pub details: Vec<Detail>,
}

impl StandardDetails {
    /// Makes one of a status number and a text, as a server or a test begins it.
    pub fn new(code: i32, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            details: Vec::new(),
        }
    }

    /// Adds a detail behind those there are.
    #[must_use]
    pub fn with(mut self, detail: impl Into<Detail>) -> Self {
        self.details.push(detail.into());
        self
    }

    /// Writes the bytes of a google.rpc.Status, as a server or a test sends them.
    pub fn encode(self) -> Bytes {
        Status::from(self).encode_to_vec().into()
    }
}

impl DetailsCodec for StandardDetails {
    type Details = Self;

    /// Reads the bytes of a google.rpc.Status.
    ///
    /// # Errors
    ///
    /// The bytes are not a google.rpc.Status. A detail inside that cannot be read is no error: it is kept as
    /// [`Detail::Unknown`].
    fn decode(bytes: Bytes) -> Result<Self, InvalidDetails> {
        <Status as DetailsCodec>::decode(bytes).map(Self::from)
    }
}

impl From<Status> for StandardDetails {
    fn from(status: Status) -> Self {
        Self {
            code: status.code,
            message: status.message,
            details: status.details.into_iter().map(Detail::from_any).collect(),
        }
    }
}

impl From<StandardDetails> for Status {
    fn from(details: StandardDetails) -> Self {
        let packed = details.details.into_iter().map(Detail::into_any);
        Self::new(details.code, details.message, packed.collect())
    }
}

//! Reads a whole google.rpc.Status, each detail as its type.
//!
//! ```
//! use ziggurat::{Code, Status};
//! use ziggurat_types::{Detail, ErrorInfo, StandardDetails};
//!
//! let info = ErrorInfo { reason: "NO_MILK".into(), domain: "cafe.example".into(), ..Default::default() };
//! let sent = StandardDetails { code: 9, message: "no latte".into(), details: vec![info.into()] };
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
pub struct StandardDetails {
    /// The status number the server put inside.
    pub code: i32,
    /// The text the server put inside.
    pub message: String,
    /// The details in the server's order and number (A-101).
    pub details: Vec<Detail>,
}

impl StandardDetails {
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
        Self {
            code: details.code,
            message: details.message,
            details: details.details.into_iter().map(Detail::into_any).collect(),
        }
    }
}

//! Reads a whole google.rpc.Status.

use bytes::Bytes;
use prost::{DecodeError, Message};
use prost_types::Any;

use crate::Detail;

/// Holds a google.rpc.Status with its details read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StandardDetails {
    /// The status number the server put inside.
    pub code: i32,
    /// The text the server put inside.
    pub message: String,
    /// The details in the server's order and number.
    pub details: Vec<Detail>,
}

impl StandardDetails {
    /// Reads the bytes of a google.rpc.Status.
    ///
    /// # Errors
    ///
    /// The bytes are not a google.rpc.Status. A detail inside that cannot be read is kept as
    /// [`Detail::Unknown`] and is no error.
    pub fn decode(bytes: Bytes) -> Result<Self, DecodeError> {
        let wire = Wire::decode(bytes)?;
        Ok(Self {
            code: wire.code,
            message: wire.message,
            details: wire.details.into_iter().map(Detail::from_any).collect(),
        })
    }

    /// Writes the bytes of a google.rpc.Status.
    pub fn encode(self) -> Bytes {
        let wire = Wire {
            code: self.code,
            message: self.message,
            details: self.details.into_iter().map(Detail::into_any).collect(),
        };
        wire.encode_to_vec().into()
    }
}

#[derive(Clone, PartialEq, prost::Message)]
struct Wire {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    message: String,
    #[prost(message, repeated, tag = "3")]
    details: Vec<Any>,
}

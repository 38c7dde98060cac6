//! How messages become bytes: the [`Codec`] trait, [`Prost`], [`Raw`] and (feature `json`) `Json`.
//!
//! A codec is a type without values; a stub is generic over it.
//!
//! ```
//! use bytes::{Bytes, BytesMut};
//! use ziggurat_protocol::{Codec, codec::Prost};
//!
//! let mut buffer = BytesMut::new();
//! <Prost as Codec<String, String>>::encode(&"latte".to_owned(), &mut buffer)?;
//! let read: String = <Prost as Codec<String, String>>::decode(buffer.freeze())?;
//! assert_eq!(read, "latte");
//! # Ok::<_, ziggurat_protocol::Status>(())
//! ```

use bytes::{Bytes, BytesMut};
use prost::Message;

use crate::{Code, Status};

/// Writes requests and reads answers of one method.
///
/// Called on the caller's task. A codec has no state; dynamic messages go through [`Raw`].
#[diagnostic::on_unimplemented(
    message = "the codec `{Self}` cannot write `{Req}` and read `{Resp}`",
    note = "`Prost` needs `prost::Message`, `Json` needs `serde`, `Raw` works on `Bytes`"
)]
pub trait Codec<Req, Resp> {
    /// The content type of its calls, `application/grpc+` and the subtype in lower case (A-6).
    const CONTENT_TYPE: &'static str;

    /// The length of the encoded request in bytes if it is known cheaply, else a guess.
    fn size_hint(_request: &Req) -> usize {
        0
    }

    /// Appends the encoded request.
    ///
    /// # Errors
    ///
    /// The status that ends the call; nothing of the message is sent.
    fn encode(request: &Req, buffer: &mut BytesMut) -> Result<(), Status>;

    /// Reads one answer from exactly its bytes.
    ///
    /// # Errors
    ///
    /// The status that ends the call.
    fn decode(bytes: Bytes) -> Result<Resp, Status>;
}

/// Protocol buffers by prost: the default.
#[derive(Clone, Copy, Debug)]
pub enum Prost {}

impl<Req: Message, Resp: Message + Default> Codec<Req, Resp> for Prost {
    const CONTENT_TYPE: &'static str = "application/grpc+proto";

    fn size_hint(request: &Req) -> usize {
        request.encoded_len()
    }

    fn encode(request: &Req, buffer: &mut BytesMut) -> Result<(), Status> {
        request.encode(buffer).map_err(not_encoded)
    }

    fn decode(bytes: Bytes) -> Result<Resp, Status> {
        Resp::decode(bytes).map_err(not_decoded)
    }
}

/// Message bytes as they are, for proxies and dynamic messages; on the wire it is `+proto`.
#[derive(Clone, Copy, Debug)]
pub enum Raw {}

impl Codec<Bytes, Bytes> for Raw {
    const CONTENT_TYPE: &'static str = "application/grpc+proto";

    fn size_hint(request: &Bytes) -> usize {
        request.len()
    }

    fn encode(request: &Bytes, buffer: &mut BytesMut) -> Result<(), Status> {
        buffer.extend_from_slice(request);
        Ok(())
    }

    fn decode(bytes: Bytes) -> Result<Bytes, Status> {
        Ok(bytes)
    }
}

#[cfg(feature = "json")]
mod json;
#[cfg(feature = "json")]
pub use json::Json;

// A-61: what cannot be written or read is INTERNAL, whatever the codec.
fn not_encoded(cause: impl std::error::Error + Send + Sync + 'static) -> Status {
    Status::local(
        Code::Internal,
        format!("the request does not serialise: {cause}"),
    )
    .with_source(cause)
}

fn not_decoded(cause: impl std::error::Error + Send + Sync + 'static) -> Status {
    Status::local(
        Code::Internal,
        format!("the answer does not deserialise: {cause}"),
    )
    .with_source(cause)
}

#[cfg(test)]
mod tests;

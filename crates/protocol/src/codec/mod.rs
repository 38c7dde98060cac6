//! How messages become bytes: the [`Codec`] trait, [`Prost`], [`Raw`] and (feature `json`) `Json`.
//!
//! A codec is a type without values; a stub is generic over it, so that one stub serves several.
//! The five bytes before each message and compression are not the codec's: see
//! [`frame`](crate::frame).
//!
//! | codec | messages | content type |
//! |---|---|---|
//! | [`Prost`], the default | `prost::Message` | `application/grpc+proto` |
//! | [`Raw`] | `Bytes`, as they are | `application/grpc+proto` |
//! | `Json`, feature `json` | serde's traits | `application/grpc+json` |
//!
//! # Example
//!
//! ```
//! use bytes::{Bytes, BytesMut};
//! use ziggurat::{Codec, Prost};
//!
//! let mut buffer = BytesMut::new();
//! <Prost as Codec<String, String>>::encode(&"latte".to_owned(), &mut buffer)?;
//! let read: String = <Prost as Codec<String, String>>::decode(buffer.freeze())?;
//! assert_eq!(read, "latte");
//! # Ok::<_, ziggurat::Status>(())
//! ```

use bytes::{Buf, Bytes, BytesMut};
use prost::Message;
use ziggurat_text::{TEXT, foreign};

use crate::{Code, Status};

/// Writes requests and reads answers of one method.
///
/// It is called on the caller's task, or on the task that reads a streamed request. A codec has no
/// state, and lives as long as any call; dynamic messages go through [`Raw`]. One of your own is a few lines:
///
/// ```
/// use bytes::{Bytes, BytesMut};
/// use ziggurat::{Code, Codec, Status};
///
/// /// Texts without any wrapping.
/// enum Text {}
///
/// impl Codec<String, String> for Text {
///     const CONTENT_TYPE: &'static str = "application/grpc+text";
///
///     fn size_hint(request: &String) -> usize {
///         request.len()
///     }
///
///     fn encode(request: &String, buffer: &mut BytesMut) -> Result<(), Status> {
///         buffer.extend_from_slice(request.as_bytes());
///         Ok(())
///     }
///
///     fn decode(message: Bytes) -> Result<String, Status> {
///         let text = String::from_utf8(message.into());
///         text.map_err(|error| Status::new(Code::Internal, "no text").with_source(error))
///     }
/// }
/// assert_eq!(Text::decode(Bytes::from_static(b"latte"))?, "latte");
/// # Ok::<_, Status>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "the codec `{Self}` cannot write `{Req}` and read `{Resp}`",
    note = "`Prost` needs `prost::Message`, `Json` needs `serde`, `Raw` works on `Bytes`"
)]
pub trait Codec<Req, Resp>: 'static {
    /// The content type of its calls, `application/grpc+` and the subtype in lower case (A-6).
    ///
    /// An answer of another subtype ends the call with INTERNAL (A-77).
    const CONTENT_TYPE: &'static str;

    /// The length of the encoded request in bytes if it is known cheaply, else a guess.
    ///
    /// The buffer has room for so much before [`encode`](Self::encode); it grows if more comes.
    /// Zero by default.
    fn size_hint(_request: &Req) -> usize {
        0
    }

    /// Appends the encoded request; what is in the buffer already is not to be touched.
    ///
    /// # Errors
    ///
    /// The status that ends the call; nothing of the message is sent. By convention INTERNAL
    /// (A-61).
    fn encode(request: &Req, buffer: &mut BytesMut) -> Result<(), Status>;

    /// Reads one answer from exactly its bytes, decompressed and within the receive limit.
    ///
    /// They are what was received where it lies in one piece, and one copy of it where not: slices of them keep all of
    /// it alive.
    ///
    /// # Errors
    ///
    /// The status that ends the call. By convention INTERNAL (A-61).
    fn decode(message: Bytes) -> Result<Resp, Status>;

    /// Reads one answer from the first `length` bytes of what was received, and takes them out of it.
    ///
    /// All answers are read by this. Small ones come many to a frame: by default each becomes `Bytes` of its own for
    /// [`decode`](Self::decode), and a codec that reads where they lie, as [`Prost`] does, saves that. At least `length`
    /// bytes are there; those of them that are not taken are skipped. What stands behind them is of the next answer: a codec
    /// that takes of that has a bug, and the call panics.
    ///
    /// ```
    /// use bytes::Bytes;
    /// use ziggurat::{Codec, Raw};
    ///
    /// let mut received = Bytes::from_static(b"lattemocha");
    /// assert_eq!(Raw::decode_from(&mut received, 5)?, "latte");
    /// assert_eq!(received, "mocha");
    /// # Ok::<_, ziggurat::Status>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`decode`](Self::decode).
    fn decode_from(received: &mut Bytes, length: usize) -> Result<Resp, Status> {
        Self::decode(received.split_to(length))
    }
}

/// Protocol buffers by prost: the default.
///
/// The size hint is exact, so a message is written into one allocation. `Bytes` fields of an answer
/// are slices of what was read. What cannot be read is INTERNAL, with prost's `DecodeError` as source (A-61).
#[derive(Clone, Copy, Debug)]
pub enum Prost {}

impl<Req: Message, Resp: Message + Default> Codec<Req, Resp> for Prost {
    const CONTENT_TYPE: &'static str = "application/grpc+proto";

    fn size_hint(request: &Req) -> usize {
        request.encoded_len()
    }

    fn encode(request: &Req, buffer: &mut BytesMut) -> Result<(), Status> {
        // `encode` would count the length once more, to see whether it fits, which it does in a buffer that grows.
        request.encode_raw(buffer);
        Ok(())
    }

    fn decode(mut message: Bytes) -> Result<Resp, Status> {
        let length = message.len();
        <Self as Codec<Req, Resp>>::decode_from(&mut message, length)
    }

    fn decode_from(received: &mut Bytes, length: usize) -> Result<Resp, Status> {
        Resp::decode(received.take(length)).map_err(not_decoded)
    }
}

/// Message bytes as they are, for proxies and dynamic messages; on the wire it is `+proto`.
///
/// [`Method::raw`](crate::Method::raw) retypes a method for it. Nothing is checked, and an answer
/// that came in one piece is not copied.
///
/// ```
/// use bytes::Bytes;
/// use ziggurat::{Codec, Raw};
///
/// assert_eq!(Raw::decode(Bytes::from_static(b"anything"))?, "anything");
/// # Ok::<_, ziggurat::Status>(())
/// ```
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

    fn decode(message: Bytes) -> Result<Bytes, Status> {
        Ok(message)
    }
}

#[cfg(feature = "json")]
mod json;
#[cfg(feature = "json")]
pub use json::Json;

// A-61: what cannot be read is INTERNAL, whatever the codec.
fn not_decoded(cause: impl std::error::Error + Send + Sync + 'static) -> Status {
    Status::local(
        Code::Internal,
        // Some codecs tell what they read.
        format!(
            "the answer does not deserialise: {}",
            foreign(&cause.to_string(), TEXT)
        ),
    )
    .with_source(cause)
}

#[cfg(test)]
mod tests;

//! Length-prefixed messages: one flag byte, four length bytes, the message (A-45).
//!
//! ```text
//! ┌──────┬──────────────────┬───────────────────┐
//! │ flag │ length, 4 bytes, │ length bytes:     │   flag 0: as the codec wrote it
//! │ 0, 1 │ big endian       │ the message       │   flag 1: compressed with grpc-encoding
//! └──────┴──────────────────┴───────────────────┘
//! ```
//!
//! An [`Encoder`] and a [`Decoder`] are what calls write and read messages with: they heed limits
//! and compression. Below them are [`encode`] and the [`Deframer`], which know only of bytes. Where
//! the frames of HTTP/2 begin and end means nothing, but that messages which came together are taken together: a [`Batch`].
//!
//! # Example
//!
//! ```
//! use bytes::BytesMut;
//! use ziggurat::{Prost, protocol::frame::{self, Deframer}};
//!
//! let mut buffer = BytesMut::new();
//! frame::encode::<Prost, String, String>(&"latte".to_owned(), &mut buffer, usize::MAX)?;
//!
//! let mut frames = Deframer::new(4 * 1024 * 1024);
//! for byte in buffer {
//!     frames.push(vec![byte].into());
//! }
//! let frame = frames.next()?.expect("whole by now");
//! assert_eq!((frame.compressed, frame.message.len()), (false, 7));
//! # Ok::<_, ziggurat::Status>(())
//! ```

mod batch;
mod decoder;
mod deframer;
mod encoder;
mod gathered;

pub use batch::Batch;
pub use decoder::Decoder;
pub use deframer::{Deframer, Frame};
pub use encoder::Encoder;

use bytes::{Bytes, BytesMut};

use crate::{Code, Codec, Status};

/// The length of the prefix in bytes: the flag and the length.
pub const PREFIX: usize = 5;

/// The receive limit of a call that sets none: 4 MiB (A-57).
pub const DEFAULT_RECEIVE_LIMIT: usize = 4 * 1024 * 1024;

/// Appends one message with its prefix; on failure the buffer is as it was.
///
/// The limit is one of the message alone; `usize::MAX` leaves the prefix's 4 GiB. A message of no
/// bytes is a message (A-46).
///
/// # Errors
///
/// RESOURCE_EXHAUSTED for a message over `limit` bytes (A-58), or what the codec says.
///
/// ```
/// use bytes::{Bytes, BytesMut};
/// use ziggurat::{Code, Raw, protocol::frame};
///
/// let mut buffer = BytesMut::new();
/// frame::encode::<Raw, Bytes, Bytes>(&Bytes::from_static(b"latte"), &mut buffer, 5)?;
/// assert_eq!(buffer, &b"\0\0\0\0\x05latte"[..]);
///
/// let long = Bytes::from_static(b"latte macchiato");
/// let status = frame::encode::<Raw, Bytes, Bytes>(&long, &mut buffer, 5).unwrap_err();
/// assert_eq!(status.code(), Code::ResourceExhausted);
/// assert_eq!(buffer.len(), 10);
/// # Ok::<_, ziggurat::Status>(())
/// ```
pub fn encode<C: Codec<Req, Resp>, Req, Resp>(
    message: &Req,
    buffer: &mut BytesMut,
    limit: usize,
) -> Result<(), Status> {
    let start = begin(buffer, C::size_hint(message));
    let encoded = C::encode(message, buffer);
    end(buffer, start, encoded, limit)
}

/// Writes one message with its prefix into a buffer of its own, which has the codec's size hint.
///
/// For calls that send one: a buffer that is made with its size has not to grow.
///
/// # Errors
///
/// Those of [`encode`](fn@encode).
///
/// ```
/// use bytes::Bytes;
/// use ziggurat::{Raw, protocol::frame};
///
/// let latte = Bytes::from_static(b"latte");
/// let framed = frame::encode_one::<Raw, Bytes, Bytes>(&latte, usize::MAX)?;
/// assert_eq!(framed, &b"\0\0\0\0\x05latte"[..]);
/// # Ok::<_, ziggurat::Status>(())
/// ```
pub fn encode_one<C: Codec<Req, Resp>, Req, Resp>(
    message: &Req,
    limit: usize,
) -> Result<Bytes, Status> {
    let mut buffer = room(C::size_hint(message));
    let encoded = C::encode(message, &mut buffer);
    whole(buffer, encoded, limit)
}

/// A buffer for one message of this size, with its prefix, which is not known yet.
fn room(size: usize) -> BytesMut {
    let mut buffer = BytesMut::with_capacity(PREFIX + size);
    buffer.extend_from_slice(&[0; PREFIX]);
    buffer
}

/// What is in the buffer of one message, if it was written.
fn whole(mut buffer: BytesMut, encoded: Result<(), Status>, limit: usize) -> Result<Bytes, Status> {
    end(&mut buffer, 0, encoded, limit)?;
    Ok(buffer.freeze())
}

/// Makes room for a message of this size and writes its prefix, which is not known yet. Gives where that stands.
fn begin(buffer: &mut BytesMut, size: usize) -> usize {
    let start = buffer.len();
    buffer.reserve(PREFIX + size);
    buffer.extend_from_slice(&[0; PREFIX]);
    start
}

/// Says in the prefix how long the message is. If it was not written or is too long, the buffer is as it was before.
fn end(
    buffer: &mut BytesMut,
    start: usize,
    encoded: Result<(), Status>,
    limit: usize,
) -> Result<(), Status> {
    let encoded = encoded.and_then(|()| length(buffer.len() - start - PREFIX, limit));
    match encoded {
        Ok(length) => buffer[start + 1..start + PREFIX].copy_from_slice(&length.to_be_bytes()),
        Err(_) => buffer.truncate(start),
    }
    encoded.map(drop)
}

/// The length that the five bytes announce (A-45).
#[inline]
pub(crate) fn length_of([_, length @ ..]: [u8; PREFIX]) -> usize {
    usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX)
}

fn length(length: usize, limit: usize) -> Result<u32, Status> {
    match u32::try_from(length) {
        Ok(prefix) if length <= limit => Ok(prefix),
        _ => Err(over_send_limit(length, limit)),
    }
}

/// What a message of so many bytes ends its call with: RESOURCE_EXHAUSTED, naming both (A-58).
#[cold]
pub fn over_send_limit(length: usize, limit: usize) -> Status {
    // The prefix holds no longer one.
    let limit = limit.min(u32::MAX as usize);
    let text =
        format!("a request message of {length} bytes exceeds the send limit of {limit} bytes");
    Status::local(Code::ResourceExhausted, text)
}

#[cfg(test)]
mod tests;

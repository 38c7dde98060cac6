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
//! the frames of HTTP/2 begin and end means nothing; a [`Message`] is read from the pieces that it came in.
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
//! assert_eq!((frame.compressed, frame.message.into_bytes().len()), (false, 7));
//! # Ok::<_, ziggurat::Status>(())
//! ```

mod decoder;
mod deframer;
mod encoder;
mod message;

pub use decoder::Decoder;
pub use deframer::{Deframer, Frame};
pub use encoder::Encoder;
pub use message::Message;

use bytes::BytesMut;

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
    let start = buffer.len();
    buffer.reserve(PREFIX + C::size_hint(message));
    buffer.extend_from_slice(&[0; PREFIX]);
    let encoded =
        C::encode(message, buffer).and_then(|()| length(buffer.len() - start - PREFIX, limit));
    match encoded {
        Ok(length) => buffer[start + 1..start + PREFIX].copy_from_slice(&length.to_be_bytes()),
        Err(_) => buffer.truncate(start),
    }
    encoded.map(drop)
}

fn length(length: usize, limit: usize) -> Result<u32, Status> {
    let fits = u32::try_from(length).ok().filter(|_| length <= limit);
    fits.ok_or_else(|| over_send_limit(length, limit))
}

/// What a message of so many bytes ends its call with: RESOURCE_EXHAUSTED, naming both (A-58).
pub fn over_send_limit(length: usize, limit: usize) -> Status {
    // The prefix holds no longer one.
    let limit = limit.min(u32::MAX as usize);
    let text =
        format!("a request message of {length} bytes exceeds the send limit of {limit} bytes");
    Status::local(Code::ResourceExhausted, text)
}

<<<<<<< HEAD
/// One message as it came, with what its prefix says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Whether the message is compressed with the answer's `grpc-encoding`.
    pub compressed: bool,
    /// The message, without prefix.
    pub message: Bytes,
}

/// Cuts a stream of bytes into messages, wherever the bytes were split.
///
/// A message that came in one piece is not copied. One that spans pieces grows with what was
/// received, never with what its prefix announces: a peer cannot make it allocate by a claim.
///
/// ```
/// use ziggurat::protocol::frame::Deframer;
///
/// let mut frames = Deframer::new(100);
/// frames.push(b"\0\0\0\0\x05lat"[..].into());
/// assert!(frames.next()?.is_none() && !frames.is_at_boundary());
///
/// frames.push(b"te\0\0\0\0\0"[..].into());
/// assert_eq!(frames.next()?.expect("whole by now").message, "latte");
/// assert_eq!(frames.next()?.expect("an empty one is one too").message, "");
/// assert!(frames.next()?.is_none() && frames.is_at_boundary());
/// # Ok::<_, ziggurat::Status>(())
/// ```
#[derive(Debug)]
pub struct Deframer {
    piece: Bytes,
    partial: BytesMut,
    awaited: Option<Prefix>,
    limit: usize,
}

#[derive(Clone, Copy, Debug)]
struct Prefix {
    compressed: bool,
    length: usize,
}

impl Deframer {
    /// Starts before the first message; a longer one than `limit` bytes is an error.
    pub fn new(limit: usize) -> Self {
        Self {
            piece: Bytes::new(),
            partial: BytesMut::new(),
            awaited: None,
            limit,
        }
    }

    /// Adds received bytes; take what is complete with [`next`](Self::next) before adding more.
    ///
    /// Nothing is lost otherwise, but bytes are copied.
    pub fn push(&mut self, piece: Bytes) {
        if self.piece.is_empty() {
            self.piece = piece;
        } else {
            self.piece = [&self.piece[..], &piece].concat().into();
        }
    }

    /// Takes the next complete message; `None` as long as there is none.
    ///
    /// # Errors
    ///
    /// INTERNAL for an illegal flag (A-47), RESOURCE_EXHAUSTED for a message over the limit, as
    /// soon as its prefix is there (A-57). What follows has no boundaries then: the call is over.
    #[allow(clippy::should_implement_trait)] // more may come after `None`
    #[inline]
    pub fn next(&mut self) -> Result<Option<Frame>, Status> {
        let Some(prefix) = self.prefix()? else {
            return Ok(None);
        };
        let Some(message) = self.take(prefix.length) else {
            return Ok(None);
        };
        self.awaited = None;
        Ok(Some(Frame {
            compressed: prefix.compressed,
            message,
        }))
    }

    /// Whether no message has begun that was not taken (A-60): here an answer may end.
    pub fn is_at_boundary(&self) -> bool {
        self.awaited.is_none() && self.partial.is_empty() && self.piece.is_empty()
    }

    fn prefix(&mut self) -> Result<Option<Prefix>, Status> {
        if self.awaited.is_none() {
            let Some(mut bytes) = self.take(PREFIX) else {
                return Ok(None);
            };
            let flag = bytes.get_u8();
            self.awaited = Some(Prefix {
                compressed: compressed(flag)?,
                length: self.within_limit(bytes.get_u32())?,
            });
        }
        Ok(self.awaited)
    }

    /// Takes exactly so many bytes, or keeps what there is for the next time.
    fn take(&mut self, length: usize) -> Option<Bytes> {
        if self.partial.is_empty() && self.piece.len() >= length {
            return Some(self.piece.split_to(length));
        }
        let missing = length - self.partial.len();
        self.partial
            .extend_from_slice(&self.piece.split_to(missing.min(self.piece.len())));
        (self.partial.len() == length).then(|| std::mem::take(&mut self.partial).freeze())
    }

    fn within_limit(&self, length: u32) -> Result<usize, Status> {
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        if length > self.limit {
            let limit = self.limit;
            let text = format!(
                "an answer message of {length} bytes exceeds the receive limit of {limit} bytes"
            );
            return Err(Status::local(Code::ResourceExhausted, text));
        }
        Ok(length)
    }
}

fn compressed(flag: u8) -> Result<bool, Status> {
    match flag {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(Status::local(
            Code::Internal,
            format!("the flag of an answer message is {flag}, neither 0 nor 1"),
        )),
    }
}

=======
>>>>>>> 7c21a3c (perf(protocol): a message is read from the pieces that it came in)
#[cfg(test)]
mod tests;

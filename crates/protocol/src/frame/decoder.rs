use bytes::{Bytes, BytesMut};
use http::HeaderValue;
use ziggurat_text::{VALUE, foreign};

use super::{Batch, Deframer};
use crate::{
    Code, Status,
    compression::{DecompressError, Encodings, Pooled},
};

/// Cuts an answer into its messages, as they were before they were compressed.
///
/// ```
/// use ziggurat::{Code, compression::Encodings, protocol::frame::Decoder};
///
/// let mut messages = Decoder::new(100, Encodings::default());
/// messages.push(b"\0\0\0\0\x05latte\x01\0\0\0\x01?"[..].into());
/// assert_eq!(messages.next()?.expect("it is whole"), "latte");
///
/// // The second is compressed, but nothing was said of how.
/// assert_eq!(messages.next().unwrap_err().code(), Code::Internal);
/// # Ok::<_, ziggurat::Status>(())
/// ```
#[derive(Debug)]
pub struct Decoder {
    frames: Deframer,
    unpacking: Unpacking,
}

/// How compressed messages are read.
///
/// It is settled when the headers say so, for the value of a header is larger than all of this.
#[derive(Debug)]
enum Unpacking {
    /// In one of these, but it was not said in which.
    Unsaid(Encodings),
    /// In this one.
    Said(Pooled),
    /// In none that could be read: what a compressed message ends the call with. Others are read as they are (A-50).
    Unreadable(Status),
}

impl Decoder {
    /// Starts before the first message.
    ///
    /// One of more than `limit` bytes is an error, be that its length on the wire or what it
    /// becomes.
    pub fn new(limit: usize, encodings: Encodings) -> Self {
        Self {
            frames: Deframer::new(limit),
            unpacking: Unpacking::Unsaid(encodings),
        }
    }

    /// Takes what the answer's `grpc-encoding` says, once.
    ///
    /// It matters to compressed messages only (A-50): without it, or with one that is not supported, plain ones are read.
    pub fn set_encoding(&mut self, encoding: Option<&HeaderValue>) {
        if let (Unpacking::Unsaid(encodings), Some(named)) = (&self.unpacking, encoding) {
            self.unpacking = Unpacking::of(named, encodings);
        }
    }

    /// Allows no more bytes for a message than these, if that is less than before: a limit that came with the headers.
    pub fn lower_limit(&mut self, limit: usize) {
        self.frames.lower_limit(limit);
    }

    /// Adds received bytes; take what is complete with [`next`](Self::next) before adding more.
    pub fn push(&mut self, piece: Bytes) {
        self.frames.push(piece);
    }

    /// Takes the next complete message.
    ///
    /// # Errors
    ///
    /// Those of [`Deframer::next`]; INTERNAL for a compressed message that has no encoding, an
    /// unknown one, or is corrupt (A-48, A-49, A-51); RESOURCE_EXHAUSTED for one that becomes
    /// longer than the limit (A-57). The call is over then.
    #[allow(clippy::should_implement_trait)] // more may come after `None`
    #[inline]
    pub fn next(&mut self) -> Result<Option<Bytes>, Status> {
        Ok(match self.frames.next()? {
            Some(frame) if frame.compressed => Some(self.decompress(frame.message)?),
            frame => frame.map(|frame| frame.message),
        })
    }

    /// Takes what is complete: the next message, and those behind it that lie in one piece with it, as they came.
    ///
    /// It is no more than `most` messages; there may be more after it, so it is to be asked again. What is wrong with a
    /// message is told when it is the next one.
    ///
    /// # Errors
    ///
    /// Those of [`next`](Self::next). The call is over then.
    pub fn take(&mut self, most: usize) -> Result<Option<Batch>, Status> {
        match self.frames.plain(most) {
            Some(plain) => Ok(Some(Batch::plain(plain))),
            None => Ok(self.next()?.map(Batch::one)),
        }
    }

    /// Whether no message has begun that is not complete (A-60).
    pub fn is_at_boundary(&self) -> bool {
        self.frames.is_at_boundary()
    }

    #[inline(never)]
    fn decompress(&self, message: Bytes) -> Result<Bytes, Status> {
        let (encoding, limit) = (self.unpacking.encoding()?, self.frames.limit());
        // Two thirds and more is what compression often saves; the message was received, so this is no claim.
        let guess = message.len().saturating_mul(4).min(limit);
        let mut output = BytesMut::with_capacity(guess);
        match encoding.decompress(message, &mut output, limit) {
            Ok(()) => Ok(output.freeze()),
            Err(DecompressError::OverLimit) => Err(over_receive_limit(limit)),
            Err(DecompressError::Corrupt(cause)) => {
                let name = encoding.name();
                let text = format!("an answer message does not decompress with `{name}`: {cause}");
                Err(Status::local(Code::Internal, text).with_source(cause)) // A-51
            }
        }
    }
}

impl Unpacking {
    /// What a header's value says, of an answer that may be compressed with these.
    ///
    /// `identity` is the name of no compression: a message that is compressed all the same breaks the rule.
    fn of(named: &HeaderValue, encodings: &Encodings) -> Self {
        if named == "identity" {
            let text = "a message is compressed, but the answer's grpc-encoding is identity"; // A-48
            return Self::Unreadable(Status::local(Code::Internal, text));
        }
        let unsupported = || Self::Unreadable(unsupported(named, encodings));
        encodings
            .get(named)
            .cloned()
            .map_or_else(unsupported, Self::Said)
    }

    /// What a compressed message is read with.
    ///
    /// # Errors
    ///
    /// What the first such message ends the call with.
    fn encoding(&self) -> Result<&Pooled, Status> {
        match self {
            Self::Said(encoding) => Ok(encoding),
            Self::Unreadable(status) => Err(status.clone()),
            Self::Unsaid(_) => {
                let text = "a message is compressed, but the answer names no grpc-encoding"; // A-48
                Err(Status::local(Code::Internal, text))
            }
        }
    }
}

/// Tells what could have been read (A-49).
fn unsupported(named: &HeaderValue, supported: &Encodings) -> Status {
    let named = foreign(named.as_bytes(), VALUE);
    let supported = supported.as_slice().iter().map(Pooled::name);
    let supported: Vec<_> = supported.chain(["identity"]).collect();
    let supported = supported.join(", ");
    let text = format!("a message is compressed with `{named}`; supported is: {supported}");
    Status::local(Code::Internal, text)
}

fn over_receive_limit(limit: usize) -> Status {
    let text =
        format!("an answer message decompresses to more than the receive limit of {limit} bytes");
    Status::local(Code::ResourceExhausted, text)
}

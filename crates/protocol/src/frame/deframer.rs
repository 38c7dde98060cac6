use std::mem;

use bytes::{Buf, Bytes};

use super::{PREFIX, gathered::Gathered, length_of};
use crate::{Code, Status};

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
/// A message that came in one piece is not copied; of one that spans pieces each byte is copied once, into a buffer of its
/// length. What that costs grows with what was received, never with what its prefix announces: a peer cannot make it
/// allocate more than four times what it has sent.
///
/// ```
/// use ziggurat::protocol::frame::Deframer;
///
/// let mut frames = Deframer::new(100);
/// frames.push(b"\0\0\0\0\x05lat"[..].into());
/// assert!(frames.next()?.is_none() && !frames.is_at_boundary());
///
/// frames.push(b"te\0\0\0\0\0"[..].into());
/// let frame = frames.next()?.expect("whole by now");
/// assert_eq!(frame.message, "latte");
/// let frame = frames.next()?.expect("an empty one is one too");
/// assert_eq!(frame.message, "");
/// assert!(frames.next()?.is_none() && frames.is_at_boundary());
/// # Ok::<_, ziggurat::Status>(())
/// ```
#[derive(Debug)]
pub struct Deframer {
    /// Received, and of no message that has begun.
    piece: Bytes,
    pub(super) begun: Option<Box<Begun>>,
    limit: usize,
}

/// A message whose end has not come.
///
/// ```text
/// Prefix ── five bytes are there ──▶ Message ── its length is there ──▶ given out
/// ```
///
/// Most messages are never one: they are there when their prefix is.
#[derive(Debug)]
pub(super) enum Begun {
    /// The end of its prefix has not come either.
    Prefix(Vec<u8>),
    /// Bytes of it came, or will.
    Message(Prefix, Gathered),
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Prefix {
    /// Its flag was 1.
    compressed: bool,
    /// Of the message, in bytes; within the limit.
    length: usize,
}

impl Deframer {
    /// Starts before the first message; a longer one than `limit` bytes is an error.
    pub fn new(limit: usize) -> Self {
        Self {
            piece: Bytes::new(),
            begun: None,
            limit,
        }
    }

    /// Allows a message no more bytes than these, if that is less than before.
    pub(super) fn lower_limit(&mut self, limit: usize) {
        self.limit = self.limit.min(limit);
    }

    /// The most bytes that a message may have.
    pub(super) fn limit(&self) -> usize {
        self.limit
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
        match self.piece.first_chunk() {
            Some(&prefix) if self.begun.is_none() => {
                let prefix = Prefix::read(prefix, self.limit)?;
                self.piece.advance(PREFIX);
                Ok(self.begin(prefix))
            }
            None if self.piece.is_empty() => Ok(None),
            _ => self.go_on(),
        }
    }

    /// Takes the messages that are whole and not compressed as they lie, with their prefixes, but no more than so many.
    ///
    /// They end before one that is neither, or is none: [`next`](Self::next) tells.
    #[inline]
    pub(super) fn plain(&mut self, most: usize) -> Option<Bytes> {
        if self.begun.is_some() {
            return None;
        }
        let (mut rest, mut count) = (&self.piece[..], 0);
        while count < most
            && let Some((&prefix @ [0, ..], behind)) = rest.split_first_chunk::<PREFIX>()
            && length_of(prefix) <= self.limit
            && let Some((_, behind)) = behind.split_at_checked(length_of(prefix))
        {
            rest = behind;
            count += 1;
        }
        let length = self.piece.len() - rest.len();
        (length > 0).then(|| self.piece.split_to(length))
    }

    /// Whether no message has begun that was not taken (A-60): here an answer may end.
    pub fn is_at_boundary(&self) -> bool {
        self.begun.is_none() && self.piece.is_empty()
    }

    /// Takes the message behind a prefix, or what there is of it.
    fn begin(&mut self, prefix: Prefix) -> Option<Frame> {
        if prefix.length <= self.piece.len() {
            return Some(prefix.frame(self.piece.split_to(prefix.length)));
        }
        self.gather(prefix);
        None
    }

    /// Keeps what came of a message until its end does.
    #[inline(never)]
    fn gather(&mut self, prefix: Prefix) {
        let mut gathered = Gathered::default();
        gathered.push(mem::take(&mut self.piece), prefix.length);
        self.begun = Some(Box::new(Begun::Message(prefix, gathered)));
    }

    /// Adds to what has begun, be it a message or no more than a prefix.
    #[inline(never)] // it is long, and few messages span pieces
    fn go_on(&mut self) -> Result<Option<Frame>, Status> {
        let begun = self.begun.take();
        let mut begun = begun.unwrap_or_else(|| Box::new(Begun::Prefix(Vec::new())));
        match &mut *begun {
            Begun::Prefix(bytes) => {
                bytes.extend_from_slice(&self.up_to(PREFIX - bytes.len()));
                if let Some(&prefix) = bytes.first_chunk() {
                    let prefix = Prefix::read(prefix, self.limit)?;
                    return Ok(self.begin(prefix));
                }
            }
            Begun::Message(prefix, gathered) => {
                let piece = self.up_to(prefix.length - gathered.len());
                gathered.push(piece, prefix.length);
                if gathered.len() == prefix.length {
                    let message = mem::take(gathered).into_message();
                    return Ok(Some(prefix.frame(message)));
                }
            }
        }
        self.begun = Some(begun);
        Ok(None)
    }

    /// What was received, and no more than so many bytes of it.
    fn up_to(&mut self, length: usize) -> Bytes {
        self.piece.split_to(length.min(self.piece.len()))
    }
}

impl Prefix {
    /// Reads the five bytes (A-45), and refuses what nobody wants to wait for (A-47, A-57).
    #[inline]
    fn read(prefix: [u8; PREFIX], limit: usize) -> Result<Self, Status> {
        let compressed = match prefix[0] {
            0 => false,
            1 => true,
            flag => return Err(illegal(flag)),
        };
        let length = length_of(prefix);
        if length > limit {
            return Err(over_limit(length, limit));
        }
        Ok(Self { compressed, length })
    }

    fn frame(self, message: Bytes) -> Frame {
        let compressed = self.compressed;
        Frame {
            compressed,
            message,
        }
    }
}

#[cold]
fn illegal(flag: u8) -> Status {
    let text = format!("the flag of an answer message is {flag}, neither 0 nor 1");
    Status::local(Code::Internal, text)
}

#[cold]
fn over_limit(length: usize, limit: usize) -> Status {
    let text =
        format!("an answer message of {length} bytes exceeds the receive limit of {limit} bytes");
    Status::local(Code::ResourceExhausted, text)
}

//! Messages as they came, many to a frame of HTTP/2.
//!
//! ```text
//! received   ┌ 5 ┬ message ┬ 5 ┬ message ┬ 5 ┬ mess      of one DATA frame
//! batch      ╰──────── plain ────────────╯               one slice of it, cut at the last end
//! decoder                                ╰──────────     what begins there waits for its rest
//! ```
//!
//! A message that is compressed, or that came in several pieces, is a batch by itself: it lies in a buffer of its own,
//! and nothing stands behind it there.

use bytes::{Buf, Bytes};

use super::PREFIX;

/// Messages that came together, each of them whole: an iterator over them.
///
/// [`Decoder::take`](super::Decoder::take) gives it. Small messages come many to a frame of HTTP/2. They stay in it, behind
/// their prefixes, until each is asked for: then all that is done for one is to read its length.
///
/// ```
/// use ziggurat::{compression::Encodings, protocol::frame::Decoder};
///
/// let mut messages = Decoder::new(100, Encodings::default());
/// messages.push(b"\0\0\0\0\x05latte\0\0\0\0\x05mocha\0\0\0\0\x05lun"[..].into());
/// let batch = messages.take(usize::MAX)?.expect("two of them are whole");
/// assert!(batch.eq(["latte", "mocha"]));
///
/// messages.push(b"go"[..].into());
/// let batch = messages.take(usize::MAX)?.expect("now it is");
/// assert!(batch.eq(["lungo"]));
/// # Ok::<_, ziggurat::Status>(())
/// ```
#[derive(Clone, Debug)]
pub struct Batch(Kind);

#[derive(Clone, Debug)]
enum Kind {
    /// As received, with prefixes: not compressed, and the last one ends with it.
    Plain(Bytes),
    /// One that was compressed, or came in pieces.
    One(Option<Bytes>),
}

impl Batch {
    /// Of messages with their prefixes, to the end of the last.
    pub(super) fn plain(messages: Bytes) -> Self {
        Self(Kind::Plain(messages))
    }

    pub(super) fn one(message: Bytes) -> Self {
        Self(Kind::One(Some(message)))
    }

    /// Takes the next message, and gives what is read from it.
    ///
    /// To read a small one is little work, and to move it into an `Option` and out of it again is as much.
    #[inline]
    pub fn read_next<T>(&mut self, read: impl FnOnce(Bytes) -> T) -> Option<T> {
        match &mut self.0 {
            Kind::Plain(messages) => {
                let &prefix = messages.first_chunk()?;
                messages.advance(PREFIX);
                Some(read(messages.split_to(super::length_of(prefix))))
            }
            Kind::One(message) => message.take().map(read),
        }
    }
}

impl Iterator for Batch {
    type Item = Bytes;

    #[inline]
    fn next(&mut self) -> Option<Bytes> {
        self.read_next(|message| message)
    }
}

/// Without messages.
impl Default for Batch {
    fn default() -> Self {
        Self(Kind::One(None))
    }
}

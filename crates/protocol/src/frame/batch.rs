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

    /// Reads the next message where it lies: from so many bytes, of which those that are left are skipped.
    ///
    /// To read a small one is little work, and to make `Bytes` of it and move them is as much.
    ///
    /// # Panics
    ///
    /// It read more than so many.
    #[inline]
    pub fn read_next<T>(&mut self, read: impl FnOnce(&mut Bytes, usize) -> T) -> Option<T> {
        match &mut self.0 {
            Kind::Plain(messages) => {
                let &prefix = messages.first_chunk()?;
                messages.advance(PREFIX);
                let length = super::length_of(prefix);
                let behind = messages.len() - length;
                let read = read(messages, length);
                assert!(
                    messages.len() >= behind,
                    "the codec read beyond its message"
                );
                messages.advance(messages.len() - behind);
                if messages.is_empty() {
                    // While nothing more comes, what was received is not kept alive.
                    *self = Self::default();
                }
                Some(read)
            }
            Kind::One(message) => message.take().map(|mut message| {
                let length = message.len();
                read(&mut message, length)
            }),
        }
    }
}

impl Iterator for Batch {
    type Item = Bytes;

    #[inline]
    fn next(&mut self) -> Option<Bytes> {
        self.read_next(Bytes::split_to)
    }
}

/// Without messages.
impl Default for Batch {
    fn default() -> Self {
        Self(Kind::One(None))
    }
}

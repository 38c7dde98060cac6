//! Header blocks to send: fields cut into HEADERS and CONTINUATION.

use bytes::Bytes;

use super::{Fields, Kind, RawFrame, hpack};

/// Turns fields into the HEADERS frame and the CONTINUATION frames that carry them.
///
/// Fragments are 16,384 bytes at most, the largest every client accepts, until [`split`](Self::split) says otherwise.
///
/// ```
/// use ziggurat_testing::peer::{HeaderBlock, Kind};
///
/// let frames = HeaderBlock::new(1, [(":status", "200")]).split(5).frames();
/// assert_eq!(frames.len(), 3);
/// assert_eq!(frames[0].kind, Kind::HEADERS);
/// assert_eq!(frames[2].kind, Kind::CONTINUATION);
/// ```
#[derive(Clone, Debug)]
pub struct HeaderBlock {
    stream: u32,
    fields: Fields,
    flags: u8,
    fragment: usize,
}

impl HeaderBlock {
    /// Creates a block that leaves the stream open.
    pub fn new(stream: u32, fields: impl Into<Fields>) -> Self {
        Self {
            stream,
            fields: fields.into(),
            flags: 0,
            fragment: 16_384,
        }
    }

    /// Makes the block the last of its stream, as trailers are.
    pub fn end_stream(mut self) -> Self {
        self.flags |= RawFrame::END_STREAM;
        self
    }

    /// Sets the size of a fragment, in bytes; 0 counts as 1.
    pub fn split(mut self, fragment: usize) -> Self {
        self.fragment = fragment.max(1);
        self
    }

    /// Returns the frames, in order.
    pub fn frames(&self) -> Vec<RawFrame> {
        let block = Bytes::from(hpack::encode(&self.fields));
        let (first, mut rest) = cut(block, self.fragment);
        let mut frames = vec![RawFrame::new(Kind::HEADERS, self.stream, first).flags(self.flags)];
        while !rest.is_empty() {
            let (fragment, remainder) = cut(rest, self.fragment);
            frames.push(RawFrame::new(Kind::CONTINUATION, self.stream, fragment));
            rest = remainder;
        }
        if let Some(last) = frames.last_mut() {
            last.flags |= RawFrame::END_HEADERS;
        }
        frames
    }
}

fn cut(mut bytes: Bytes, at: usize) -> (Bytes, Bytes) {
    let rest = bytes.split_off(at.min(bytes.len()));
    (bytes, rest)
}

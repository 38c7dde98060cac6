//! The nine bytes in front of each frame (RFC 9113, 4.1), as far as the walker needs them.
//!
//! Payloads are h2's to read. Only types and flags that mean something here have a name.

/// The type of a frame.
pub(super) const DATA: u8 = 0;
pub(super) const HEADERS: u8 = 1;
pub(super) const RST_STREAM: u8 = 3;
pub(super) const SETTINGS: u8 = 4;
pub(super) const PUSH_PROMISE: u8 = 5;
pub(super) const GOAWAY: u8 = 7;
pub(super) const WINDOW_UPDATE: u8 = 8;
pub(super) const CONTINUATION: u8 = 9;

/// Flags.
pub(super) const ACK: u8 = 1;
pub(super) const END_STREAM: u8 = 1;
pub(super) const END_HEADERS: u8 = 4;
pub(super) const PADDED: u8 = 8;

/// The head of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Head {
    /// How many bytes follow it.
    pub(super) length: usize,
    pub(super) kind: u8,
    pub(super) flags: u8,
    /// Whose it is; zero is the connection itself.
    pub(super) stream: u32,
}

impl Head {
    /// Three bytes of length, type, flags, four bytes of stream id.
    pub(super) const LEN: usize = 9;

    /// Reads it; there are no bytes that are none.
    pub(super) fn parse(bytes: [u8; Self::LEN]) -> Self {
        let [a, b, c, kind, flags, stream @ ..] = bytes;
        Self {
            length: u32::from_be_bytes([0, a, b, c]) as usize,
            kind,
            flags,
            // The first bit has no meaning.
            stream: u32::from_be_bytes(stream) & (u32::MAX >> 1),
        }
    }

    /// As it stands in front of its payload.
    pub(super) fn bytes(&self) -> [u8; Self::LEN] {
        let mut bytes = [0; Self::LEN];
        let [_, length @ ..] = u32::try_from(self.length).unwrap_or(u32::MAX).to_be_bytes();
        bytes[..3].copy_from_slice(&length);
        bytes[3..5].copy_from_slice(&[self.kind, self.flags]);
        bytes[5..].copy_from_slice(&self.stream.to_be_bytes());
        bytes
    }

    /// Whether it is DATA, and all of it belongs to the body.
    pub(super) fn is_plain_data(&self) -> bool {
        self.kind == DATA && self.flags & PADDED == 0 && self.stream != 0
    }

    /// Whether it is DATA whose first byte tells how much of it does not.
    pub(super) fn is_padded_data(&self) -> bool {
        self.kind == DATA && self.flags & PADDED != 0 && self.length > 0
    }

    /// Whether it carries a part of a header block, and which: no other frame may come between the parts.
    pub(super) fn block(&self) -> Option<Part> {
        match self.kind {
            HEADERS | PUSH_PROMISE | CONTINUATION if self.flags & END_HEADERS == 0 => {
                Some(Part::More)
            }
            HEADERS | PUSH_PROMISE | CONTINUATION => Some(Part::Last),
            _ => None,
        }
    }

    /// Whether the server sends nothing more on the stream.
    pub(super) fn ends_stream(&self) -> bool {
        match self.kind {
            DATA | HEADERS => self.flags & END_STREAM != 0,
            RST_STREAM => true,
            _ => false,
        }
    }
}

/// A part of a header block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// CONTINUATION must follow.
    More,
    Last,
}

//! Frames as bytes: any type, any flags, any stream.

use std::fmt;

use bytes::{BufMut, Bytes, BytesMut};

use super::{Fields, Reason, Settings, hpack};

/// Names the type of a frame; any number can be sent.
///
/// ```
/// use ziggurat_testing::peer::{Kind, RawFrame};
///
/// // Of a type that HTTP/2 does not have: a client must pass it over.
/// let frame = RawFrame::new(Kind(0xfa), 0, "?");
/// assert_eq!(frame.encode(), b"\x00\x00\x01\xfa\x00\x00\x00\x00\x00?"[..]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Kind(
    /// The type as it stands in the frame.
    pub u8,
);

impl Kind {
    /// Bytes of a body.
    pub const DATA: Self = Self(0x0);
    /// A header block, or its beginning.
    pub const HEADERS: Self = Self(0x1);
    /// A hint about the order of streams; obsolete.
    pub const PRIORITY: Self = Self(0x2);
    /// The end of one stream by error or cancellation.
    pub const RST_STREAM: Self = Self(0x3);
    /// Parameters of the connection.
    pub const SETTINGS: Self = Self(0x4);
    /// An announcement of a response nobody asked for.
    pub const PUSH_PROMISE: Self = Self(0x5);
    /// A question whether the other side is there.
    pub const PING: Self = Self(0x6);
    /// The end of the connection for new streams.
    pub const GOAWAY: Self = Self(0x7);
    /// Permission to send more.
    pub const WINDOW_UPDATE: Self = Self(0x8);
    /// More of a header block.
    pub const CONTINUATION: Self = Self(0x9);
}

/// Holds one frame as it is sent, legal or not.
///
/// The constructors build proper frames; [`flags`](Self::flags), [`padded`](Self::padded) and the public fields bend
/// them.
///
/// ```
/// use ziggurat_testing::peer::RawFrame;
///
/// let frame = RawFrame::data(1, "hi").end_stream();
/// assert_eq!(frame.encode(), b"\x00\x00\x02\x00\x01\x00\x00\x00\x01hi"[..]);
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct RawFrame {
    /// The type.
    pub kind: Kind,
    /// The flags; their meaning depends on the type.
    pub flags: u8,
    /// The stream, 0 for the connection. The reserved bit is sent as given and never received.
    pub stream: u32,
    /// What follows the frame header.
    pub payload: Bytes,
}

impl RawFrame {
    /// The flag of DATA and HEADERS that ends the sender's half of the stream.
    pub const END_STREAM: u8 = 0x1;
    /// The flag of SETTINGS and PING that makes them an answer.
    pub const ACK: u8 = 0x1;
    /// The flag of HEADERS, PUSH_PROMISE and CONTINUATION that ends the header block.
    pub const END_HEADERS: u8 = 0x4;
    /// The flag of DATA, HEADERS and PUSH_PROMISE that says the payload is padded.
    pub const PADDED: u8 = 0x8;
    /// The flag of HEADERS that says the payload begins with a priority.
    pub const PRIORITY: u8 = 0x20;

    /// Creates a frame without flags.
    pub fn new(kind: Kind, stream: u32, payload: impl Into<Bytes>) -> Self {
        Self {
            kind,
            flags: 0,
            stream,
            payload: payload.into(),
        }
    }

    /// Creates DATA without END_STREAM.
    pub fn data(stream: u32, bytes: impl Into<Bytes>) -> Self {
        Self::new(Kind::DATA, stream, bytes)
    }

    /// Creates RST_STREAM.
    pub fn reset(stream: u32, reason: Reason) -> Self {
        Self::new(Kind::RST_STREAM, stream, reason.0.to_be_bytes().to_vec())
    }

    /// Creates SETTINGS.
    pub fn settings(settings: &Settings) -> Self {
        let mut payload = Vec::new();
        for (setting, value) in settings.iter() {
            payload.put_u16(setting.0);
            payload.put_u32(value);
        }
        Self::new(Kind::SETTINGS, 0, payload)
    }

    /// Creates the acknowledgement of SETTINGS.
    pub fn settings_ack() -> Self {
        Self::new(Kind::SETTINGS, 0, Bytes::new()).flags(Self::ACK)
    }

    /// Creates PING.
    pub fn ping(payload: [u8; 8]) -> Self {
        Self::new(Kind::PING, 0, payload.to_vec())
    }

    /// Creates the answer to PING.
    pub fn ping_ack(payload: [u8; 8]) -> Self {
        Self::ping(payload).flags(Self::ACK)
    }

    /// Creates GOAWAY.
    pub fn go_away(last_stream: u32, reason: Reason, debug: impl AsRef<[u8]>) -> Self {
        let mut payload = Vec::new();
        payload.put_u32(last_stream);
        payload.put_u32(reason.0);
        payload.put_slice(debug.as_ref());
        Self::new(Kind::GOAWAY, 0, payload)
    }

    /// Creates WINDOW_UPDATE; stream 0 is the connection's window.
    pub fn window_update(stream: u32, increment: u32) -> Self {
        Self::new(
            Kind::WINDOW_UPDATE,
            stream,
            increment.to_be_bytes().to_vec(),
        )
    }

    /// Creates PUSH_PROMISE with its whole header block.
    pub fn push_promise(stream: u32, promised: u32, fields: &Fields) -> Self {
        let mut payload = promised.to_be_bytes().to_vec();
        payload.extend(hpack::encode(fields));
        Self::new(Kind::PUSH_PROMISE, stream, payload).flags(Self::END_HEADERS)
    }

    /// Adds flags.
    pub fn flags(mut self, flags: u8) -> Self {
        self.flags |= flags;
        self
    }

    /// Adds END_STREAM.
    pub fn end_stream(self) -> Self {
        self.flags(Self::END_STREAM)
    }

    /// Wraps the payload in padding of this many zero bytes, and one more that holds their number.
    pub fn padded(mut self, padding: u8) -> Self {
        let mut payload = BytesMut::with_capacity(1 + self.payload.len() + usize::from(padding));
        payload.put_u8(padding);
        payload.put_slice(&self.payload);
        payload.put_bytes(0, usize::from(padding));
        self.payload = payload.freeze();
        self.flags(Self::PADDED)
    }

    /// Returns the bytes on the wire.
    ///
    /// The frame header has room for the low 24 bits of the payload's length.
    pub fn encode(&self) -> Bytes {
        let mut frame = BytesMut::with_capacity(9 + self.payload.len());
        frame.put_uint(self.payload.len() as u64 & 0xff_ffff, 3);
        frame.put_u8(self.kind.0);
        frame.put_u8(self.flags);
        frame.put_u32(self.stream);
        frame.put_slice(&self.payload);
        frame.freeze()
    }

    pub(super) fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }
}

impl fmt::Debug for RawFrame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            kind,
            flags,
            stream,
            payload,
        } = self;
        f.debug_struct("RawFrame")
            .field("kind", &format_args!("{:#x}", kind.0))
            .field("flags", &format_args!("{flags:#x}"))
            .field("stream", stream)
            .field("payload", payload)
            .finish()
    }
}

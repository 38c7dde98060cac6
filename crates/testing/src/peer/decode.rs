//! Bytes from the client into frames, without I/O.

use bytes::{Buf, Bytes, BytesMut};

use super::{Frame, Kind, PeerError, RawFrame, Reason, Setting, Settings, hpack};

/// What a client says before its first frame (RFC 9113, 3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// The head of a frame, in bytes: length, type, flags and stream.
const FRAME_HEADER: usize = 9;

/// Collects bytes and gives the frames that are whole.
///
/// ```text
/// Preface ──24 bytes──▶ Frames ──HEADERS without END_HEADERS──▶ Block
///                          ▲──────CONTINUATION with END_HEADERS────┘
/// ```
pub(super) struct Decoder {
    /// What arrived, and is not part of a frame that was given.
    buffer: BytesMut,
    /// What the next bytes are.
    stage: Stage,
    /// The dynamic table of the client's headers.
    hpack: hpack::Decoder,
    /// The longest payload that is taken, in bytes; the protocol's default until this side announces another.
    max_frame_size: usize,
}

/// What has been read so far.
enum Stage {
    /// Not all of the preface.
    Preface,
    /// All of a frame, or of a block: a head comes next.
    Frames,
    /// A part of a header block, which nothing but its CONTINUATION may interrupt.
    Block {
        /// The stream that HEADERS named.
        stream: u32,
        /// Whether HEADERS ended it; CONTINUATION cannot say so.
        end_stream: bool,
        /// The parts in a row, still encoded.
        fragments: BytesMut,
    },
}

impl Decoder {
    /// Before the first byte of a connection.
    pub(super) fn new() -> Self {
        Self {
            buffer: BytesMut::new(),
            stage: Stage::Preface,
            hpack: hpack::Decoder::new(),
            max_frame_size: 16_384,
        }
    }

    /// Follows the limits that the peer announced.
    pub(super) fn announced(&mut self, settings: &Settings) {
        if let Some(size) = settings.get(Setting::MAX_FRAME_SIZE) {
            self.max_frame_size = usize::try_from(size).unwrap_or(usize::MAX);
        }
        if let Some(size) = settings.get(Setting::HEADER_TABLE_SIZE) {
            self.hpack.allow_table_size(size);
        }
    }

    /// Adds bytes of the client, however they were cut.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// Returns the next frame, or `None` until more bytes are pushed.
    ///
    /// # Errors
    ///
    /// The bytes are no HTTP/2. Where frames begin is unknown from then on, so the connection is over.
    pub(super) fn next(&mut self) -> Result<Option<Frame>, PeerError> {
        if matches!(self.stage, Stage::Preface) && !self.take_preface()? {
            return Ok(None);
        }
        while let Some(raw) = self.take_raw()? {
            if let Some(frame) = self.interpret(raw)? {
                return Ok(Some(frame));
            }
        }
        Ok(None)
    }

    /// Takes the preface, if it is there whole. The first wrong byte fails: what is no HTTP/2 is told soon.
    fn take_preface(&mut self) -> Result<bool, PeerError> {
        let arrived = self.buffer.len().min(PREFACE.len());
        if self.buffer[..arrived] != PREFACE[..arrived] {
            return Err(PeerError::Preface);
        }
        if arrived < PREFACE.len() {
            return Ok(false);
        }
        self.buffer.advance(PREFACE.len());
        self.stage = Stage::Frames;
        Ok(true)
    }

    /// Takes one frame off the buffer, if it is there whole; too long a one fails by its head.
    fn take_raw(&mut self) -> Result<Option<RawFrame>, PeerError> {
        let Some(mut header) = self.buffer.get(..FRAME_HEADER) else {
            return Ok(None);
        };
        let length = usize::try_from(header.get_uint(3)).unwrap_or(usize::MAX);
        let kind = Kind(header.get_u8());
        let flags = header.get_u8();
        let stream = header.get_u32() & 0x7fff_ffff;
        if length > self.max_frame_size {
            return Err(PeerError::malformed(format!(
                "a frame of {length} bytes, over the announced limit"
            )));
        }
        if self.buffer.len() - FRAME_HEADER < length {
            return Ok(None);
        }
        self.buffer.advance(FRAME_HEADER);
        let payload = self.buffer.split_to(length).freeze();
        Ok(Some(RawFrame {
            kind,
            flags,
            stream,
            payload,
        }))
    }

    /// Gives the frame, or `None` inside a header block.
    fn interpret(&mut self, raw: RawFrame) -> Result<Option<Frame>, PeerError> {
        match (&mut self.stage, raw.kind) {
            (
                Stage::Block {
                    stream, fragments, ..
                },
                Kind::CONTINUATION,
            ) if *stream == raw.stream => {
                fragments.extend_from_slice(&raw.payload);
                self.finish_block(raw.has(RawFrame::END_HEADERS))
            }
            (Stage::Block { .. }, kind) => Err(PeerError::malformed(format!(
                "frame type {:#x} inside a header block",
                kind.0
            ))),
            (_, Kind::HEADERS) => {
                let block = header_fragment(&raw)?;
                self.stage = Stage::Block {
                    stream: raw.stream,
                    end_stream: raw.has(RawFrame::END_STREAM),
                    fragments: BytesMut::from(block),
                };
                self.finish_block(raw.has(RawFrame::END_HEADERS))
            }
            _ => single(raw).map(Some),
        }
    }

    /// Decodes the block, if this was its end.
    fn finish_block(&mut self, end_headers: bool) -> Result<Option<Frame>, PeerError> {
        if !end_headers {
            return Ok(None);
        }
        let Stage::Block {
            stream,
            end_stream,
            fragments,
        } = std::mem::replace(&mut self.stage, Stage::Frames)
        else {
            return Ok(None);
        };
        let fields = self.hpack.decode(&fragments)?;
        Ok(Some(Frame::Headers {
            stream,
            fields,
            end_stream,
        }))
    }
}

/// The block in HEADERS, without padding and priority.
fn header_fragment(raw: &RawFrame) -> Result<Bytes, PeerError> {
    let (_, mut block) = without_padding(raw)?;
    if raw.has(RawFrame::PRIORITY) {
        if block.len() < 5 {
            return Err(wrong_size(raw));
        }
        block.advance(5);
    }
    Ok(block)
}

/// The length of the padding, if the frame has any, and what is left of the payload without it.
fn without_padding(raw: &RawFrame) -> Result<(Option<u8>, Bytes), PeerError> {
    let mut payload = raw.payload.clone();
    if !raw.has(RawFrame::PADDED) {
        return Ok((None, payload));
    }
    let padding = payload.try_get_u8().map_err(|_| wrong_size(raw))?;
    let Some(length) = payload.len().checked_sub(padding.into()) else {
        return Err(wrong_size(raw));
    };
    payload.truncate(length);
    Ok((Some(padding), payload))
}

/// A frame that is whole by itself: any but a header block.
fn single(raw: RawFrame) -> Result<Frame, PeerError> {
    let stream = raw.stream;
    Ok(match raw.kind {
        Kind::DATA => {
            let (padding, bytes) = without_padding(&raw)?;
            Frame::Data {
                stream,
                bytes,
                end_stream: raw.has(RawFrame::END_STREAM),
                padding,
            }
        }
        Kind::PRIORITY => Frame::Priority { stream },
        Kind::RST_STREAM => Frame::Reset {
            stream,
            reason: Reason(u32::from_be_bytes(exactly(&raw)?)),
        },
        Kind::SETTINGS if raw.has(RawFrame::ACK) => Frame::SettingsAck,
        Kind::SETTINGS => Frame::Settings(settings(&raw)?),
        Kind::PING if raw.has(RawFrame::ACK) => Frame::PingAck(exactly(&raw)?),
        Kind::PING => Frame::Ping(exactly(&raw)?),
        Kind::GOAWAY => go_away(&raw)?,
        Kind::WINDOW_UPDATE => {
            let increment = u32::from_be_bytes(exactly(&raw)?) & 0x7fff_ffff;
            Frame::WindowUpdate { stream, increment }
        }
        _ => Frame::Other(raw),
    })
}

/// SETTINGS: pairs of two bytes and four, any number of them.
fn settings(raw: &RawFrame) -> Result<Settings, PeerError> {
    if !raw.payload.len().is_multiple_of(6) {
        return Err(wrong_size(raw));
    }
    Ok(Settings::from_payload(&raw.payload))
}

/// GOAWAY: the last stream, the code, and text for people.
fn go_away(raw: &RawFrame) -> Result<Frame, PeerError> {
    let mut debug = raw.payload.clone();
    if debug.len() < 8 {
        return Err(wrong_size(raw));
    }
    let last_stream = debug.get_u32() & 0x7fff_ffff;
    let reason = Reason(debug.get_u32());
    Ok(Frame::GoAway {
        last_stream,
        reason,
        debug,
    })
}

/// The payload of a frame that has one length only.
fn exactly<const N: usize>(raw: &RawFrame) -> Result<[u8; N], PeerError> {
    raw.payload.as_ref().try_into().map_err(|_| wrong_size(raw))
}

/// The error of a frame whose length does not fit its type.
fn wrong_size(raw: &RawFrame) -> PeerError {
    PeerError::malformed(format!(
        "frame type {:#x} with {} bytes",
        raw.kind.0,
        raw.payload.len()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::peer::HeaderBlock;

    fn decode(parts: &[&[u8]]) -> Result<Vec<Frame>, PeerError> {
        let mut decoder = Decoder::new();
        let mut frames = Vec::new();
        for part in parts {
            decoder.push(part);
            while let Some(frame) = decoder.next()? {
                frames.push(frame);
            }
        }
        Ok(frames)
    }

    fn after_preface(frames: &[RawFrame]) -> Vec<u8> {
        let encoded: Vec<_> = frames.iter().flat_map(RawFrame::encode).collect();
        [PREFACE, &encoded].concat()
    }

    fn conversation() -> Vec<u8> {
        let settings = [(Setting::INITIAL_WINDOW_SIZE, 7), (Setting(99), 1)];
        let mut frames = vec![
            RawFrame::settings(&settings.into()),
            RawFrame::settings_ack(),
        ];
        frames.extend(
            HeaderBlock::new(1, [(":method", "POST"), ("te", "trailers")])
                .split(5)
                .frames(),
        );
        frames.extend([
            RawFrame::data(1, "latte"),
            RawFrame::ping(*b"question"),
            RawFrame::ping_ack(*b"answered"),
            RawFrame::data(1, "").padded(3).end_stream(),
            RawFrame::reset(1, Reason::CANCEL),
            RawFrame::window_update(0, 5),
            RawFrame::new(Kind::PRIORITY, 3, "12345"),
            RawFrame::push_promise(1, 2, &[("a", "b")].into()),
            RawFrame::go_away(9, Reason::NO_ERROR, "bye"),
        ]);
        after_preface(&frames)
    }

    #[test]
    fn each_kind_of_frame_is_a_line() {
        let frames = decode(&[&conversation()]).unwrap();
        let lines: Vec<_> = frames.iter().map(Frame::to_string).collect();
        let expected = [
            "SETTINGS",
            "SETTINGS ACK",
            "HEADERS 1",
            "DATA 1 (5)",
            "PING",
            "PING ACK",
            "DATA 1 (0) END_STREAM",
            "RST_STREAM 1 CANCEL",
            "WINDOW_UPDATE 0 +5",
            "PRIORITY 3",
            "FRAME 0x5 1 (9)",
            "GOAWAY 9 NO_ERROR",
        ];
        assert_eq!(lines, expected);
    }

    #[test]
    fn frames_may_arrive_in_any_pieces() {
        let bytes = conversation();
        let whole = decode(&[&bytes]).unwrap();
        for at in 0..=bytes.len() {
            let (head, tail) = bytes.split_at(at);
            assert_eq!(decode(&[head, tail]).unwrap(), whole, "split at {at}");
        }
        let single: Vec<_> = bytes.chunks(1).collect();
        assert_eq!(decode(&single).unwrap(), whole);
    }

    #[test]
    fn padding_and_priority_are_no_part_of_a_block() {
        let [headers] = HeaderBlock::new(1, [("te", "trailers")])
            .frames()
            .try_into()
            .unwrap();
        let prioritised = [b"\0\0\0\0\x0f", &headers.payload[..]].concat();
        let headers = RawFrame {
            payload: prioritised.into(),
            ..headers
        };
        let headers = headers.flags(RawFrame::PRIORITY).padded(7);
        let frames = decode(&[&after_preface(&[headers])]).unwrap();
        let expected = [("te", "trailers")].into();
        assert_eq!(
            frames,
            [Frame::Headers {
                stream: 1,
                fields: expected,
                end_stream: false
            }]
        );
    }

    #[test]
    fn frames_that_cannot_be_read_are_errors() {
        let padded = |kind, payload| RawFrame::new(kind, 1, payload).flags(RawFrame::PADDED);
        let open_block = RawFrame::new(Kind::HEADERS, 1, "");
        let malformed: [&[RawFrame]; 13] = [
            &[RawFrame::new(Kind::RST_STREAM, 1, "123")],
            &[RawFrame::new(Kind::SETTINGS, 0, "12345")],
            &[RawFrame::new(Kind::PING, 0, "123456789")],
            &[RawFrame::new(Kind::GOAWAY, 0, "1234567")],
            &[RawFrame::new(Kind::WINDOW_UPDATE, 0, "")],
            &[RawFrame::new(Kind::HEADERS, 1, "1234").flags(RawFrame::PRIORITY)],
            &[padded(Kind::DATA, "")],
            &[padded(Kind::DATA, "\x02x")],
            &[padded(Kind::HEADERS, "")],
            &[RawFrame::data(1, vec![0; 16_385])],
            &[RawFrame::new(Kind::HEADERS, 1, "\x7f").flags(RawFrame::END_HEADERS)],
            &[open_block.clone(), RawFrame::data(1, "")],
            &[open_block, RawFrame::new(Kind::CONTINUATION, 3, "")],
        ];
        for frames in malformed {
            let outcome = decode(&[&after_preface(frames)]);
            assert!(
                matches!(outcome, Err(PeerError::Malformed(_))),
                "{frames:?}: {outcome:?}"
            );
        }
        assert!(matches!(
            decode(&[b"PRI * HTTP/1.1"]),
            Err(PeerError::Preface)
        ));
    }

    #[test]
    fn no_flipped_byte_is_a_panic() {
        let good = conversation();
        for at in 0..good.len() {
            for byte in [0x00, 0x01, 0x7f, 0x80, 0xff] {
                let mut bytes = good.clone();
                bytes[at] ^= byte;
                let _ = decode(&[&bytes]);
                bytes[at] = byte;
                let _ = decode(&[&bytes]);
            }
        }
    }

    #[test]
    fn announced_limits_count() {
        let mut decoder = Decoder::new();
        decoder.announced(&[(Setting::MAX_FRAME_SIZE, 20_000)].into());
        decoder.push(&after_preface(&[RawFrame::data(1, vec![0; 20_000])]));
        assert_eq!(
            decoder.next().unwrap().unwrap().to_string(),
            "DATA 1 (20000)"
        );
    }
}

//! What gzip and zlib have in common: a deflate stream between a header and a checksum.

use std::io;

use bytes::{Buf, Bytes, BytesMut, buf::Reader};
use flate2::{Compress, Compression, FlushCompress, Status};

use super::{
    Compressor,
    bounded::{Step, fill},
};

/// How hard is tried, from 1 to 9.
#[derive(Clone, Copy, Debug)]
pub(super) struct Level(u32);

impl Level {
    /// zlib's own balance of time and size.
    pub(super) const DEFAULT: Self = Self(6);

    /// The nearest level there is; 0 would store, which sending plain does better.
    pub(super) const fn nearest(level: u32) -> Self {
        Self(match level {
            0 => 1,
            1..=9 => level,
            _ => 9,
        })
    }

    pub(super) fn compression(self) -> Compression {
        Compression::new(self.0)
    }
}

/// Compresses into whichever of the two formats its state was made for.
pub(super) struct Deflater(Compress);

impl Deflater {
    pub(super) fn new(state: Compress) -> Self {
        Self(state)
    }
}

impl Compressor for Deflater {
    fn compress(&mut self, message: &[u8], output: &mut BytesMut) -> io::Result<()> {
        self.0.reset();
        let mut rest = message;
        let step = |room: &mut [u8]| {
            let (read, written) = (self.0.total_in(), self.0.total_out());
            let status = self.0.compress(rest, room, FlushCompress::Finish)?;
            rest = &rest[since(read, self.0.total_in())..];
            let written = since(written, self.0.total_out());
            Ok(match status {
                Status::StreamEnd => Step::End(written),
                Status::Ok | Status::BufError => Step::More(written),
            })
        };
        fill(output, usize::MAX, step).map(drop)
    }
}

/// The way a counter went; both ends are in memory, so it fits.
fn since(before: u64, after: u64) -> usize {
    usize::try_from(after - before).unwrap_or(usize::MAX)
}

/// What a decoder reads a message from.
pub(super) type Source = Reader<Bytes>;

/// A source without a message, so that a resting decoder keeps none alive.
pub(super) fn nothing() -> Source {
    Bytes::new().reader()
}

/// one message is one stream, and nothing behind it.
pub(super) fn nothing_left(source: &Source) -> io::Result<()> {
    if source.get_ref().has_remaining() {
        let text = "bytes follow the end of the compressed message";
        return Err(io::Error::new(io::ErrorKind::InvalidData, text));
    }
    Ok(())
}

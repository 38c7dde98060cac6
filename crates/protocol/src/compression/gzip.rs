use std::mem;

use bytes::{Buf, Bytes, BytesMut};
use flate2::{Compress, bufread::GzDecoder};

use super::{
    Compressor, DecompressError, Decompressor, Encoding,
    flate::{Deflater, Level, Source, nothing, nothing_left},
    read_to_limit,
};

/// The encoding `gzip` (RFC 1952), which every gRPC library knows.
///
/// A message is one gzip member. Compressing keeps about 400 KB of working memory, decompressing 50 KB.
///
/// ```
/// use bytes::BytesMut;
/// use ziggurat::compression::{Gzip, Pooled};
///
/// let gzip = Pooled::new(Gzip::with_level(9));
/// let (mut short, mut long) = (BytesMut::new(), BytesMut::new());
/// gzip.compress(&[7; 10_000], &mut short)?;
/// assert!(short.len() < 100);
/// gzip.decompress(short.freeze(), &mut long, 10_000)?;
/// assert_eq!(long, &[7; 10_000][..]);
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Gzip(Level);

impl Gzip {
    /// Compresses at level 6.
    pub const fn new() -> Self {
        Self(Level::DEFAULT)
    }

    /// Compresses at a level from 1, the fastest, to 9, the smallest; the nearest of them is taken.
    pub const fn with_level(level: u32) -> Self {
        Self(Level::nearest(level))
    }
}

impl Default for Gzip {
    fn default() -> Self {
        Self::new()
    }
}

impl Encoding for Gzip {
    const NAME: &'static str = "gzip";

    fn compressor(&self) -> Box<dyn Compressor> {
        let state = Compress::new_gzip(self.0.compression(), WINDOW_BITS);
        Box::new(Deflater::new(state))
    }

    fn decompressor(&self) -> Box<dyn Decompressor> {
        Box::new(Inflater(GzDecoder::new(nothing())))
    }
}

/// The largest window of the format: 32 KiB.
const WINDOW_BITS: u8 = 15;

/// Decompresses messages of one gzip member.
struct Inflater(GzDecoder<Source>);

impl Decompressor for Inflater {
    fn decompress(
        &mut self,
        message: Bytes,
        output: &mut BytesMut,
        limit: usize,
    ) -> Result<(), DecompressError> {
        self.0.reset(message.reader());
        read_to_limit(&mut self.0, output, limit)?;
        let rest = mem::replace(self.0.get_mut(), nothing());
        Ok(nothing_left(&rest)?)
    }
}

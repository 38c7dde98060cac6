use std::mem;

use bytes::{Buf, Bytes, BytesMut};
use flate2::{Compress, bufread::ZlibDecoder};

use super::{
    Compressor, DecompressError, Decompressor, Encoding,
    flate::{Deflater, Level, Source, nothing, nothing_left},
    read_to_limit,
};

/// The encoding `deflate`, which is zlib's format (RFC 1950) and not a bare deflate stream.
///
/// `Gzip` makes messages 12 bytes longer and is known to more servers.
///
/// ```
/// use bytes::BytesMut;
/// use ziggurat::compression::{Deflate, Pooled};
///
/// let deflate = Pooled::new(Deflate::with_level(9));
/// let (mut short, mut long) = (BytesMut::new(), BytesMut::new());
/// deflate.compress(&[7; 10_000], &mut short)?;
/// assert!(short.len() < 100);
/// deflate.decompress(short.freeze(), &mut long, 10_000)?;
/// assert_eq!(long, &[7; 10_000][..]);
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Deflate(Level);

impl Deflate {
    /// Compresses at level 6.
    pub const fn new() -> Self {
        Self(Level::DEFAULT)
    }

    /// Compresses at a level from 1, the fastest, to 9, the smallest; the nearest of them is taken.
    pub const fn with_level(level: u32) -> Self {
        Self(Level::nearest(level))
    }
}

impl Default for Deflate {
    fn default() -> Self {
        Self::new()
    }
}

impl Encoding for Deflate {
    const NAME: &'static str = "deflate";

    fn compressor(&self) -> Box<dyn Compressor> {
        let zlib_header = true;
        Box::new(Deflater::new(Compress::new(
            self.0.compression(),
            zlib_header,
        )))
    }

    fn decompressor(&self) -> Box<dyn Decompressor> {
        Box::new(Inflater(ZlibDecoder::new(nothing())))
    }
}

/// Decompresses messages of one zlib stream.
struct Inflater(ZlibDecoder<Source>);

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

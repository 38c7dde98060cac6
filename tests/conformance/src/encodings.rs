//! The suite's six encodings: four are built in, brotli and snappy are added by the library's open trait.

use std::io::{self, Write};

use brotli::{CompressorWriter, Decompressor as BrotliReader};
use bytes::{BufMut, Bytes, BytesMut};
use snap::{read::FrameDecoder, write::FrameEncoder};
use ziggurat::compression::{
    Compressor, DecompressError, Decompressor, Deflate, Encoding, Gzip, Pooled, Zstd, read_to_limit,
};

use crate::suite::Compression;

/// Those whose answers are read.
pub(crate) fn all() -> [Pooled; 5] {
    [
        Pooled::from(Gzip::default()),
        Pooled::from(Deflate::default()),
        Pooled::from(Zstd::default()),
        Pooled::new(Brotli),
        Pooled::new(Snappy),
    ]
}

/// The one that the requests are to be written with; `None` for none.
pub(crate) fn of(compression: Compression) -> Option<Pooled> {
    match compression {
        Compression::Unspecified | Compression::Identity => None,
        Compression::Gzip => Some(Gzip::default().into()),
        Compression::Deflate => Some(Deflate::default().into()),
        Compression::Zstd => Some(Zstd::default().into()),
        Compression::Br => Some(Pooled::new(Brotli)),
        Compression::Snappy => Some(Pooled::new(Snappy)),
    }
}

struct Brotli;

impl Brotli {
    const BUFFER: usize = 4096;
    const QUALITY: u32 = 4;
    /// The window, as a power of two: four megabytes.
    const WINDOW: u32 = 22;
}

impl Encoding for Brotli {
    const NAME: &'static str = "br";

    fn compressor(&self) -> Box<dyn Compressor> {
        Box::new(Self)
    }

    fn decompressor(&self) -> Box<dyn Decompressor> {
        Box::new(Self)
    }
}

impl Compressor for Brotli {
    fn compress(&mut self, message: &[u8], output: &mut BytesMut) -> io::Result<()> {
        let output = output.writer();
        let mut writer = CompressorWriter::new(output, Self::BUFFER, Self::QUALITY, Self::WINDOW);
        writer.write_all(message) // the rest is written when it is dropped
    }
}

impl Decompressor for Brotli {
    fn decompress(
        &mut self,
        message: Bytes,
        output: &mut BytesMut,
        limit: usize,
    ) -> Result<(), DecompressError> {
        read_to_limit(BrotliReader::new(&*message, Self::BUFFER), output, limit)
    }
}

/// Snappy in its framing format, as the suite's servers write it.
struct Snappy;

impl Encoding for Snappy {
    const NAME: &'static str = "snappy";

    fn compressor(&self) -> Box<dyn Compressor> {
        Box::new(Self)
    }

    fn decompressor(&self) -> Box<dyn Decompressor> {
        Box::new(Self)
    }
}

impl Compressor for Snappy {
    fn compress(&mut self, message: &[u8], output: &mut BytesMut) -> io::Result<()> {
        let mut writer = FrameEncoder::new(output.writer());
        writer.write_all(message)?;
        writer.flush()
    }
}

impl Decompressor for Snappy {
    fn decompress(
        &mut self,
        message: Bytes,
        output: &mut BytesMut,
        limit: usize,
    ) -> Result<(), DecompressError> {
        read_to_limit(FrameDecoder::new(&*message), output, limit)
    }
}

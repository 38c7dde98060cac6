//! Snappy by the crate `snap`: an encoding that others made.

use std::io;

use bytes::{Bytes, BytesMut};
use snap::raw::{Decoder, Encoder, decompress_len};
use ziggurat::compression::{Compressor, DecompressError, Decompressor, Encoding};

pub(crate) struct Snappy;

impl Encoding for Snappy {
    const NAME: &'static str = "snappy";

    fn compressor(&self) -> Box<dyn Compressor> {
        Box::new(Writer(Encoder::new()))
    }

    fn decompressor(&self) -> Box<dyn Decompressor> {
        Box::new(Reader(Decoder::new()))
    }
}

struct Writer(Encoder);

impl Compressor for Writer {
    fn compress(&mut self, message: &[u8], output: &mut BytesMut) -> io::Result<()> {
        output.extend_from_slice(&self.0.compress_vec(message)?);
        Ok(())
    }
}

struct Reader(Decoder);

impl Decompressor for Reader {
    fn decompress(
        &mut self,
        message: Bytes,
        output: &mut BytesMut,
        limit: usize,
    ) -> Result<(), DecompressError> {
        if decompress_len(&message).map_err(io::Error::from)? > limit {
            return Err(DecompressError::OverLimit);
        }
        let whole = self.0.decompress_vec(&message).map_err(io::Error::from)?;
        output.extend_from_slice(&whole);
        Ok(())
    }
}

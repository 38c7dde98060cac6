//! An encoding that only this test knows: runs of a byte as its count and the byte.

use std::io;

use bytes::{Bytes, BytesMut};
use ziggurat::compression::{Compressor, DecompressError, Decompressor, Encoding};

pub(crate) struct Rle;

impl Encoding for Rle {
    const NAME: &'static str = "x-rle";

    fn compressor(&self) -> Box<dyn Compressor> {
        Box::new(Self)
    }

    fn decompressor(&self) -> Box<dyn Decompressor> {
        Box::new(Self)
    }
}

impl Compressor for Rle {
    fn compress(&mut self, message: &[u8], output: &mut BytesMut) -> io::Result<()> {
        let runs = message.chunk_by(|one, next| one == next);
        for run in runs.flat_map(|run| run.chunks(255)) {
            output.extend_from_slice(&[u8::try_from(run.len()).unwrap(), run[0]]);
        }
        Ok(())
    }
}

impl Decompressor for Rle {
    fn decompress(
        &mut self,
        message: Bytes,
        output: &mut BytesMut,
        limit: usize,
    ) -> Result<(), DecompressError> {
        let end = output.len() + limit;
        for run in message.chunks(2) {
            let [count, byte] = run else {
                return Err(io::ErrorKind::UnexpectedEof.into());
            };
            output.resize(output.len() + usize::from(*count), *byte);
            if output.len() > end {
                return Err(DecompressError::OverLimit);
            }
        }
        Ok(())
    }
}

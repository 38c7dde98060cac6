use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use bytes::{Bytes, BytesMut};

use crate::compression::{Compressor, DecompressError, Decompressor, Encoding, Pooled};

/// Runs of a byte as its count and the byte; a careless implementation.
#[derive(Clone, Default)]
pub(crate) struct Rle {
    pub(crate) made: Arc<AtomicUsize>,
}

impl Rle {
    pub(crate) fn pooled() -> Pooled {
        Self::default().into()
    }
}

impl Encoding for Rle {
    const NAME: &'static str = "x-rle";

    fn compressor(&self) -> Box<dyn Compressor> {
        self.made.fetch_add(1, Ordering::Relaxed);
        Box::new(self.clone())
    }

    fn decompressor(&self) -> Box<dyn Decompressor> {
        self.made.fetch_add(1, Ordering::Relaxed);
        Box::new(self.clone())
    }
}

impl Compressor for Rle {
    fn compress(&mut self, message: &[u8], output: &mut BytesMut) -> io::Result<()> {
        for run in message
            .chunk_by(|a, b| a == b)
            .flat_map(|run| run.chunks(255))
        {
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
        _: usize,
    ) -> Result<(), DecompressError> {
        for run in message.chunks(2) {
            let [count, byte] = run else {
                return Err(io::ErrorKind::UnexpectedEof.into());
            };
            output.resize(output.len() + usize::from(*count), *byte);
        }
        Ok(())
    }
}

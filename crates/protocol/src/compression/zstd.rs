use std::io;

use ::zstd::stream::raw::{DParameter, Decoder, Encoder, InBuffer, Operation, OutBuffer};
use bytes::{Bytes, BytesMut};

use super::{
    Compressor, DecompressError, Decompressor, Encoding,
    bounded::{Filled, Step, fill},
};

/// The encoding `zstd` (RFC 8878): smaller than gzip at a fraction of its time, where the server knows it.
///
/// A message is one frame. Working memory grows with the largest message seen: for compressing to about 10 MB at the
/// usual levels and 100 MB at level 19, for decompressing to 8 MiB, the largest window a frame may ask for here.
///
/// ```
/// use bytes::BytesMut;
/// use ziggurat::compression::{Pooled, Zstd};
///
/// let zstd = Pooled::new(Zstd::with_level(1));
/// let (mut short, mut long) = (BytesMut::new(), BytesMut::new());
/// zstd.compress(&[7; 10_000], &mut short)?;
/// assert!(short.len() < 100);
/// zstd.decompress(short.freeze(), &mut long, 10_000)?;
/// assert_eq!(long, &[7; 10_000][..]);
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Zstd {
    level: i32,
}

impl Zstd {
    /// Compresses at level 3.
    pub const fn new() -> Self {
        Self { level: 3 }
    }

    /// Compresses at a level from -7, the fastest, to 19, the smallest; the nearest of them is taken.
    ///
    /// zstd's levels above 19 use windows that readers refuse.
    pub const fn with_level(level: i32) -> Self {
        let level = match level {
            ..-7 => -7,
            -7..=19 => level,
            _ => 19,
        };
        Self { level }
    }
}

impl Default for Zstd {
    fn default() -> Self {
        Self::new()
    }
}

impl Encoding for Zstd {
    const NAME: &'static str = "zstd";

    fn compressor(&self) -> Box<dyn Compressor> {
        Box::new(Writer {
            level: self.level,
            encoder: None,
        })
    }

    fn decompressor(&self) -> Box<dyn Decompressor> {
        Box::new(Reader { decoder: None })
    }
}

/// The base-2 logarithm of the largest window: the 8 MiB that RFC 8878 wants every reader to support.
const WINDOW_LOG: u32 = 23;

/// Compresses messages to one frame each.
struct Writer {
    level: i32,
    encoder: Option<Encoder<'static>>,
}

impl Compressor for Writer {
    fn compress(&mut self, message: &[u8], output: &mut BytesMut) -> io::Result<()> {
        let encoder = match &mut self.encoder {
            Some(used) => used,
            unused => unused.insert(Encoder::new(self.level)?),
        };
        encoder.reinit()?;
        // The frame then names its length, and windows are no larger than it.
        encoder.set_pledged_src_size(u64::try_from(message.len()).ok())?;
        let mut input = InBuffer::around(message);
        let step = |room: &mut [u8]| {
            let mut room = OutBuffer::around(room);
            // Not again once the end has begun: that would begin a second frame.
            if input.pos() < message.len() {
                encoder.run(&mut input, &mut room)?;
            }
            let all_read = input.pos() == message.len();
            Ok(if all_read && encoder.finish(&mut room, true)? == 0 {
                Step::End(room.pos())
            } else {
                Step::More(room.pos())
            })
        };
        fill(output, usize::MAX, step).map(drop)
    }
}

/// Decompresses messages of one frame.
struct Reader {
    decoder: Option<Decoder<'static>>,
}

impl Decompressor for Reader {
    fn decompress(
        &mut self,
        message: Bytes,
        output: &mut BytesMut,
        limit: usize,
    ) -> Result<(), DecompressError> {
        let decoder = match &mut self.decoder {
            Some(used) => used,
            unused => unused.insert(decoder()?),
        };
        decoder.reinit()?;
        let mut rest = &message[..];
        let step = |room: &mut [u8]| {
            loop {
                let done = decoder.run_on_buffers(rest, room)?;
                rest = &rest[done.bytes_read..];
                if done.remaining == 0 {
                    return Ok(Step::End(done.bytes_written));
                }
                if done.bytes_written > 0 {
                    return Ok(Step::More(done.bytes_written));
                }
                if rest.is_empty() {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
            }
        };
        match fill(output, limit, step)? {
            Filled::OverLimit => Err(DecompressError::OverLimit),
            Filled::Whole if rest.is_empty() => Ok(()),
            Filled::Whole => Err(io::ErrorKind::InvalidData.into()), // A-51
        }
    }
}

fn decoder() -> io::Result<Decoder<'static>> {
    let mut decoder = Decoder::new()?;
    decoder.set_parameter(DParameter::WindowLogMax(WINDOW_LOG))?;
    Ok(decoder)
}

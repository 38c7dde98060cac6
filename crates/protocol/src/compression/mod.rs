//! Message compression: the [`Encoding`] trait, the encodings built in, and the state they reuse.
//!
//! Built in are, each with the feature of its name, `Gzip`, `Deflate` and `Zstd`. The set is open: whoever implements
//! [`Encoding`] compresses under a name of his own. A [`Pooled`] encoding keeps its working memory for the next message;
//! [`Encodings`] are those whose answers a client reads.
//!
//! Each message is compressed by itself (A-52), while it is written, on the task that writes it, and only if that makes
//! it shorter. Nothing is compressed unless a call asks for it (A-54): where a secret and what an attacker chose travel
//! in one message, the length of the compressed message tells about the secret.
//!
//! ```
//! use bytes::{Bytes, BytesMut};
//! use std::io;
//! use ziggurat::compression::{
//!     Compressor, DecompressError, Decompressor, Encoding, Pooled, read_to_limit,
//! };
//!
//! /// Leaves out leading zeros.
//! struct Trim;
//!
//! impl Encoding for Trim {
//!     const NAME: &'static str = "trim";
//!
//!     fn compressor(&self) -> Box<dyn Compressor> { Box::new(Self) }
//!     fn decompressor(&self) -> Box<dyn Decompressor> { Box::new(Self) }
//! }
//!
//! impl Compressor for Trim {
//!     fn compress(&mut self, message: &[u8], output: &mut BytesMut) -> io::Result<()> {
//!         let zeros = message.iter().take(255).take_while(|byte| **byte == 0).count();
//!         output.extend_from_slice(&[zeros as u8]);
//!         output.extend_from_slice(&message[zeros..]);
//!         Ok(())
//!     }
//! }
//!
//! impl Decompressor for Trim {
//!     fn decompress(
//!         &mut self,
//!         message: Bytes,
//!         output: &mut BytesMut,
//!         limit: usize,
//!     ) -> Result<(), DecompressError> {
//!         let (zeros, rest) = message.split_first().ok_or(io::ErrorKind::UnexpectedEof)?;
//!         let zeros = io::Read::take(io::repeat(0), u64::from(*zeros));
//!         read_to_limit(io::Read::chain(zeros, rest), output, limit)
//!     }
//! }
//!
//! let trim = Pooled::new(Trim);
//! let (mut short, mut long) = (BytesMut::new(), BytesMut::new());
//! trim.compress(b"\0\0\0\0latte", &mut short)?;
//! trim.decompress(short.freeze(), &mut long, 9)?;
//! assert_eq!(long, "\0\0\0\0latte");
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```

mod bounded;
mod encoding;
mod encodings;
mod error;
#[cfg(any(feature = "gzip", feature = "deflate"))]
mod flate;
mod pooled;

#[cfg(feature = "deflate")]
mod deflate;
#[cfg(feature = "gzip")]
mod gzip;
#[cfg(feature = "zstd")]
mod zstd;

pub use bounded::read_to_limit;
#[cfg(feature = "deflate")]
pub use deflate::Deflate;
pub use encoding::{Compressor, Decompressor, Encoding};
pub use encodings::Encodings;
pub use error::DecompressError;
#[cfg(feature = "gzip")]
pub use gzip::Gzip;
pub use pooled::Pooled;
#[cfg(feature = "zstd")]
pub use zstd::Zstd;

/// The length in bytes from which messages are compressed if nothing else is set: 1 KiB.
///
/// A shorter message mostly fits into one packet either way.
pub const DEFAULT_COMPRESS_FROM: usize = 1024;

#[cfg(test)]
pub(crate) mod tests;

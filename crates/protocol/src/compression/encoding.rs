use std::io;

use bytes::{Bytes, BytesMut};

use super::DecompressError;

/// A way to compress messages, with its name on the wire.
///
/// Implement it to use an encoding that is not built in: the [module](super) has an example. What a server can read is
/// a matter between you and it; one that does not know the name answers UNIMPLEMENTED.
///
/// The value holds the settings, such as a level. Working memory is in the [`Compressor`] and the [`Decompressor`],
/// which are made when a message first needs one, and used again for later messages.
pub trait Encoding: Send + Sync + 'static {
    /// The name in `grpc-encoding` and `grpc-accept-encoding`.
    ///
    /// Of `a-z`, `0-9`, `-`, `.` and `_`, and not `identity`: with another name the program does not compile.
    const NAME: &'static str;

    /// Makes working memory for compressing; what can fail, fails with the first message.
    fn compressor(&self) -> Box<dyn Compressor>;

    /// Makes working memory for decompressing; what can fail, fails with the first message.
    fn decompressor(&self) -> Box<dyn Decompressor>;
}

/// Compresses one message after another, each by itself.
pub trait Compressor: Send + 'static {
    /// Appends the compressed message to `output`.
    ///
    /// # Errors
    ///
    /// Whatever keeps the message from being compressed; it ends the call with INTERNAL. This compressor is not used
    /// again.
    fn compress(&mut self, message: &[u8], output: &mut BytesMut) -> io::Result<()>;
}

/// Decompresses one message after another, each by itself.
pub trait Decompressor: Send + 'static {
    /// Appends what `message` was before it was compressed to `output`.
    ///
    /// The message comes from the peer: expect anything. Stop when there is more than `limit` bytes, which may be long
    /// before the message's end. [`read_to_limit`](super::read_to_limit) does for decoders that are readers.
    ///
    /// # Errors
    ///
    /// [`OverLimit`](DecompressError::OverLimit), or [`Corrupt`](DecompressError::Corrupt) for a message that is cut
    /// short, wrong, or followed by other bytes. The call ends, and this decompressor is not used again.
    fn decompress(
        &mut self,
        message: Bytes,
        output: &mut BytesMut,
        limit: usize,
    ) -> Result<(), DecompressError>;
}

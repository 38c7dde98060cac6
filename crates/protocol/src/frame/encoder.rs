use bytes::{BufMut, Bytes, BytesMut};

use super::{PREFIX, encode, over_send_limit};
use crate::{Code, Codec, Status, compression::Pooled};

/// Writes the messages of one call, within its limit and compressed where that was chosen.
///
/// Cloning costs a reference count, and nothing where nothing is compressed. `Default` has no limit
/// but the prefix's 4 GiB and compresses nothing (A-54).
///
/// ```
/// use bytes::BytesMut;
/// use ziggurat::{Prost, protocol::frame::Encoder};
///
/// let mut buffer = BytesMut::new();
/// Encoder::new(100).encode::<Prost, String, String>(&"latte".to_owned(), &mut buffer)?;
/// assert_eq!(buffer, &b"\0\0\0\0\x07\x0a\x05latte"[..]);
/// # Ok::<_, ziggurat::Status>(())
/// ```
#[derive(Clone, Debug)]
pub struct Encoder {
    limit: usize,
    packing: Option<Packing>,
}

#[derive(Clone, Debug)]
struct Packing {
    encoding: Pooled,
    from: usize,
}

impl Encoder {
    /// Refuses messages over `limit` bytes and compresses none.
    pub const fn new(limit: usize) -> Self {
        Self {
            limit,
            packing: None,
        }
    }

    /// Compresses messages of at least `from` bytes, unless that makes them longer (A-53).
    ///
    /// The limit stays one of messages that are not compressed.
    #[must_use]
    pub fn compressing(mut self, encoding: Pooled, from: usize) -> Self {
        self.packing = Some(Packing { encoding, from });
        self
    }

    /// The same without compression, for a message that must not be compressed (A-53).
    #[must_use]
    pub const fn uncompressed(&self) -> Self {
        Self::new(self.limit)
    }

    /// Appends one message with its prefix; on failure the buffer is as it was.
    ///
    /// # Errors
    ///
    /// RESOURCE_EXHAUSTED for a message over the limit (A-58), what the codec says, INTERNAL if it
    /// cannot be compressed.
    pub fn encode<C: Codec<Req, Resp>, Req, Resp>(
        &self,
        message: &Req,
        buffer: &mut BytesMut,
    ) -> Result<(), Status> {
        self.append(buffer, |buffer, limit| {
            encode::<C, Req, Resp>(message, buffer, limit)
        })
    }

    /// [`encode`](Self::encode) for who has one codec's [`encode`](fn@super::encode) as a function, and need not name it.
    ///
    /// The function appends one message with its prefix, of no more bytes than it is told.
    ///
    /// # Errors
    ///
    /// Those of the function, and INTERNAL if the message cannot be compressed; the buffer is as it was.
    #[inline]
    pub fn append(
        &self,
        buffer: &mut BytesMut,
        write: impl FnOnce(&mut BytesMut, usize) -> Result<(), Status>,
    ) -> Result<(), Status> {
        let start = buffer.len();
        write(buffer, self.limit)?;
        match &self.packing {
            None => Ok(()),
            Some(packing) => packing.pack(start, buffer),
        }
    }

    /// Does the same to a message that [`encode`](fn@super::encode) wrote before the call's
    /// settings were known.
    ///
    /// # Errors
    ///
    /// Those of [`encode`](Self::encode) but the codec's.
    pub fn finish(&self, framed: Bytes) -> Result<Bytes, Status> {
        let message = framed.get(PREFIX..).unwrap_or_default();
        if message.len() > self.limit {
            return Err(over_send_limit(message.len(), self.limit));
        }
        let Some(packing) = &self.packing else {
            return Ok(framed);
        };
        let packed = packing.packed(message)?;
        Ok(packed.map_or(framed, BytesMut::freeze))
    }
}

impl Packing {
    /// Compresses the frame that begins at `start`; on failure it is taken out.
    #[inline(never)] // most messages are not compressed
    fn pack(&self, start: usize, buffer: &mut BytesMut) -> Result<(), Status> {
        let packed = self.packed(&buffer[start + PREFIX..]);
        if !matches!(packed, Ok(None)) {
            buffer.truncate(start);
        }
        if let Some(packed) = packed? {
            buffer.unsplit(packed);
        }
        Ok(())
    }

    /// The frame of a message compressed, where that is wanted and shorter.
    fn packed(&self, message: &[u8]) -> Result<Option<BytesMut>, Status> {
        let Self { encoding, from } = self;
        if message.len() < *from {
            return Ok(None);
        }
        let mut packed = BytesMut::new();
        packed.put_bytes(0, PREFIX);
        let compressed = encoding.compress(message, &mut packed);
        compressed.map_err(|cause| {
            let name = encoding.name();
            let text = format!("the request does not compress with `{name}`: {cause}");
            Status::local(Code::Internal, text).with_source(cause)
        })?;
        let length = packed.len() - PREFIX;
        if length >= message.len() {
            return Ok(None);
        }
        // It fits: the message did.
        let length = u32::try_from(length).unwrap_or(u32::MAX);
        packed[0] = 1;
        packed[1..PREFIX].copy_from_slice(&length.to_be_bytes());
        Ok(Some(packed))
    }
}

impl Default for Encoder {
    fn default() -> Self {
        Self::new(usize::MAX)
    }
}

use std::{
    fmt, io,
    sync::{Arc, Mutex, PoisonError},
};

use bytes::{Bytes, BytesMut};
use http::HeaderValue;

use super::{Compressor, DecompressError, Decompressor, Encoding};

/// An encoding with the working memory that it reuses; cloning is one reference count.
///
/// All clones share the memory: as much of it as messages were compressed or decompressed at the same moment, and no
/// more than 16 of either kind is kept. It is not bound to a call, so calls that wait hold none.
///
/// Every encoding becomes one where it is given to a stub's options. Make it by hand to share it between stubs, or
/// between calls that choose it for themselves.
#[derive(Clone)]
pub struct Pooled(Arc<Entry>);

struct Entry {
    name: &'static str,
    encoding: Box<dyn Erased>,
    compressors: Pool<Box<dyn Compressor>>,
    decompressors: Pool<Box<dyn Decompressor>>,
}

impl Pooled {
    /// Begins with an empty pool.
    pub fn new<E: Encoding>(encoding: E) -> Self {
        const { assert!(is_encoding_name(E::NAME), "see `Encoding::NAME`") };
        Self(Arc::new(Entry {
            name: E::NAME,
            encoding: Box::new(encoding),
            compressors: Pool::new(),
            decompressors: Pool::new(),
        }))
    }

    /// The encoding's [name](Encoding::NAME).
    pub fn name(&self) -> &'static str {
        self.0.name
    }

    /// The name as the value of `grpc-encoding`.
    pub fn header(&self) -> HeaderValue {
        HeaderValue::from_static(self.0.name)
    }

    /// Appends a compressed message.
    ///
    /// # Errors
    ///
    /// Those of [`Compressor::compress`].
    pub fn compress(&self, message: &[u8], output: &mut BytesMut) -> io::Result<()> {
        let pool = &self.0.compressors;
        let mut compressor = pool.take(|| self.0.encoding.compressor());
        compressor.compress(message, output)?;
        pool.put(compressor);
        Ok(())
    }

    /// Appends a decompressed message of at most `limit` bytes.
    ///
    /// # Errors
    ///
    /// Those of [`Decompressor::decompress`], and [`OverLimit`](DecompressError::OverLimit) if that did not heed the
    /// limit.
    pub fn decompress(
        &self,
        message: Bytes,
        output: &mut BytesMut,
        limit: usize,
    ) -> Result<(), DecompressError> {
        let pool = &self.0.decompressors;
        let mut decompressor = pool.take(|| self.0.encoding.decompressor());
        let start = output.len();
        decompressor.decompress(message, output, limit)?;
        pool.put(decompressor);
        if output.len() - start > limit {
            return Err(DecompressError::OverLimit);
        }
        Ok(())
    }
}

impl<E: Encoding> From<E> for Pooled {
    fn from(encoding: E) -> Self {
        Self::new(encoding)
    }
}

impl fmt::Debug for Pooled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Pooled").field(&self.name()).finish()
    }
}

/// An encoding whose types are not named any more.
trait Erased: Send + Sync {
    fn compressor(&self) -> Box<dyn Compressor>;
    fn decompressor(&self) -> Box<dyn Decompressor>;
}

impl<E: Encoding> Erased for E {
    fn compressor(&self) -> Box<dyn Compressor> {
        Encoding::compressor(self)
    }

    fn decompressor(&self) -> Box<dyn Decompressor> {
        Encoding::decompressor(self)
    }
}

/// Working memory that nobody uses at the moment; what failed or panicked does not come back.
struct Pool<T>(Mutex<Vec<T>>);

/// As many messages as are likely to be in work at the same moment.
const KEPT: usize = 16;

impl<T> Pool<T> {
    fn new() -> Self {
        Self(Mutex::new(Vec::new()))
    }

    fn take(&self, make: impl FnOnce() -> T) -> T {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop();
        kept.unwrap_or_else(make)
    }

    fn put(&self, used: T) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() < KEPT {
            kept.push(used);
        }
    }
}

/// A list's item and a header's value therefore; `identity` means that nothing is compressed.
const fn is_encoding_name(name: &str) -> bool {
    let bytes = name.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if !matches!(bytes[at], b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_') {
            return false;
        }
        at += 1;
    }
    !matches!(bytes, b"" | b"identity")
}

#[cfg(test)]
mod tests {
    use super::is_encoding_name;

    #[test]
    fn names_are_items_of_a_list() {
        for name in ["gzip", "x-snappy-framed", "br", "v2.1_b"] {
            assert!(is_encoding_name(name), "{name}");
        }
        for name in ["", "identity", "GZIP", "a,b", "a b", "latté", "a\n"] {
            assert!(!is_encoding_name(name), "{name}");
        }
    }
}

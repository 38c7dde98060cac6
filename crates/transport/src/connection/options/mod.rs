//! How a connection speaks HTTP/2, and how it notices that it is dead.
//!
//! # Example
//!
//! ```
//! use std::time::Duration;
//! use ziggurat_transport::connection::{Http2Options, KeepaliveOptions, Options};
//!
//! let http2 = Http2Options::new().stream_window(16 << 20)?.max_header_list(256 << 10);
//! let keepalive = KeepaliveOptions::every(Duration::from_secs(300)).timeout(Duration::from_secs(10));
//! let options = Options::new().http2(http2).keepalive(keepalive);
//! # let _ = options;
//! # Ok::<_, ziggurat_transport::connection::OutOfRange>(())
//! ```

mod http2;
mod keepalive;
mod range;
#[cfg(test)]
mod tests;

pub use http2::Http2Options;
pub(super) use http2::Windows;
pub use keepalive::KeepaliveOptions;
pub(super) use keepalive::WhileIdle;
pub use range::OutOfRange;

/// All that can be set for a connection.
///
/// By default: [`Http2Options::new`], and no keepalive (E-1).
///
/// ```
/// use std::time::Duration;
/// use ziggurat_transport::connection::{KeepaliveOptions, Options};
///
/// let keepalive = KeepaliveOptions::every(Duration::from_secs(60));
/// assert_ne!(Options::new().keepalive(keepalive), Options::default());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    pub(super) http2: Http2Options,
    pub(super) keepalive: Option<KeepaliveOptions>,
}

impl Options {
    /// The defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// Windows, frames, headers; the default is [`Http2Options::new`].
    pub fn http2(mut self, http2: Http2Options) -> Self {
        self.http2 = http2;
        self
    }

    /// Asks a silent server for a sign of life; the default is not to (E-1).
    pub fn keepalive(mut self, keepalive: KeepaliveOptions) -> Self {
        self.keepalive = Some(keepalive);
        self
    }
}

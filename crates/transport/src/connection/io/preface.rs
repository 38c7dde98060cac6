//! What a server says first, by which those that speak something else are known.
//!
//! Looked at once for each connection, in its first nine bytes.

use std::io;

use super::head::{ACK, Head, SETTINGS};
use crate::error::Violation;

/// The first bytes of a TLS record; no frame that long is allowed to be the first.
const TLS_ALERT: u8 = 21;
const TLS_HANDSHAKE: u8 = 22;
const TLS_MAJOR: u8 = 3;

/// Checks that the first frame is the server's SETTINGS.
///
/// h2 accepts other frames before it, and reads an HTTP/1 answer as a frame that is too large; here both are told apart
/// and said.
#[derive(Debug, Default)]
pub(super) struct Preface {
    /// The first bytes, as far as they were seen.
    head: [u8; Head::LEN],
    seen: usize,
}

impl Preface {
    /// Looks at what was read next.
    pub(super) fn check(&mut self, read: &[u8]) -> io::Result<()> {
        if self.seen == Head::LEN {
            return Ok(());
        }
        let missing = &mut self.head[self.seen..];
        let count = missing.len().min(read.len());
        missing[..count].copy_from_slice(&read[..count]);
        self.seen += count;
        if let [TLS_ALERT | TLS_HANDSHAKE, TLS_MAJOR, _] = self.head[..3] {
            return Err(Violation::Tls.into());
        }
        if self.seen < Head::LEN {
            return Ok(());
        }
        if self.head.starts_with(b"HTTP/") {
            return Err(Violation::Http1.into());
        }
        let [_, _, _, kind, flags, stream @ ..] = self.head;
        if kind != SETTINGS || flags & ACK != 0 || stream != [0; 4] {
            return Err(Violation::NotSettings.into());
        }
        Ok(())
    }
}

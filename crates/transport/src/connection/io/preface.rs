use std::io;

/// A frame's head: three bytes of length, type, flags, four bytes of stream id.
const HEAD: usize = 9;
const SETTINGS: u8 = 4;
const ACK: u8 = 1;

/// Checks that the first frame is the server's SETTINGS.
///
/// h2 accepts other frames before it, and reads an HTTP/1 answer as a frame that is too large; here both are told apart
/// and said.
#[derive(Debug, Default)]
pub(super) struct Preface {
    head: [u8; HEAD],
    seen: usize,
}

impl Preface {
    /// Looks at what was read next.
    pub(super) fn check(&mut self, read: &[u8]) -> io::Result<()> {
        if self.seen == HEAD {
            return Ok(());
        }
        let missing = &mut self.head[self.seen..];
        let count = missing.len().min(read.len());
        missing[..count].copy_from_slice(&read[..count]);
        self.seen += count;
        if self.seen < HEAD {
            return Ok(());
        }
        if self.head.starts_with(b"HTTP/") {
            return Err(invalid("it answered in HTTP/1"));
        }
        let [_, _, _, kind, flags, stream @ ..] = self.head;
        if kind != SETTINGS || flags & ACK != 0 || stream != [0; 4] {
            return Err(invalid("its first frame is not SETTINGS"));
        }
        Ok(())
    }
}

fn invalid(text: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, text)
}

//! How far a server may run ahead of a reader, counted in bytes and in frames.
//!
//! HTTP/2 counts bytes. What stands between counts frames: Envoy ends a connection on which 10,000 of them wait. So a
//! stream starts with a small window, and the size of the frames that come in it decides how much more is given:
//!
//! ```text
//! size    = 25,000 until 18,000 bytes have come, then
//!           2,000 x the smallest mean frame of any 18,000 bytes, not less than 25,000, not more than was set
//! granted = what was given back + size, told when it is a quarter of the size more than before
//! ```
//!
//! The smallest counts for good, because large frames prove nothing after small ones: a proxy that has to wait puts small
//! messages together, and takes them apart again as soon as it need not.
//!
//! Given back is what the reader took, and padding. It only grows, and so does what was granted: nothing is ever lost, and
//! a message that is larger than its window arrives in parts.
//!
//! A stream of 1 MiB messages, whose frames are 16 KiB, is told:
//!
//! | came | given back | size | granted in all | told |
//! |--:|--:|--:|--:|---|
//! | 0 | 0 | 25,000 | 25,000 | in SETTINGS |
//! | 25,000 | 16,384 | 2,097,152 | 2,113,536 | + 2,088,536 |
//! | 2,113,536 | 557,056 | 2,097,152 | 2,654,208 | + 540,672 |
//!
//! Nobody looks at the clock: the window is as large at once as memory and frames allow, so there is no bandwidth to be
//! measured, and no PING that a server might count.

/// How many frames of the size seen may be on their way.
///
/// Envoy counts the frames of all streams of a connection, and bears 10,000. So there may be five of the busiest at the
/// same time.
const FRAMES: u64 = 2_000;
/// What every stream is told at first, in bytes: 5,000 empty messages, which are the smallest frames that gRPC has.
///
/// With HTTP/2's own 65,535 it would be 13,107 of them, and Envoy ends the connection. No window is smaller later on, or
/// a server would stand still for each few messages.
pub(super) const INITIAL: u32 = 25_000;
/// How many bytes are given back until it is looked whether more can be granted.
///
/// Less than a quarter of any window. When it was looked last and nothing was granted, three quarters of the window or
/// more were still to come or to be read, so another look comes before they are: the server is never at its end unseen.
pub(in crate::connection) const STEP: u64 = 6_000;
/// How many bytes of frames make a mean.
///
/// One frame proves nothing. So many bytes fit in the initial window together with the frame that ends them, and a reader
/// that takes all of it is looked at after they have come: what is learned is granted before the server has to wait twice.
const BLOCK: u64 = 3 * STEP;

/// The window of one stream. Pure: it is told what comes and what is given back, and tells what is to be granted.
#[derive(Clone, Debug)]
pub(super) struct Window {
    /// How far the server may be ahead, in bytes.
    size: u32,
    /// What it may become, as far as is known: what was set, until frames have shown less.
    most: u32,
    /// What the server was told in all, in bytes.
    granted: u64,
    /// The frames of this block, in bytes and in number.
    bytes: u64,
    frames: u64,
}

impl Window {
    /// The window of a new stream, which was told the initial one, and may have this one at once.
    pub(super) fn new(size: u32, most: u32) -> Self {
        Self {
            size,
            most,
            granted: INITIAL.into(),
            bytes: 0,
            frames: 0,
        }
    }

    /// A DATA frame came, with so many bytes of padding and payload. At the end of a block tells the size.
    ///
    /// Frames count as the server sent them, whatever the walker makes of them for h2: it is what a proxy counts.
    #[inline]
    pub(super) fn count(&mut self, bytes: usize) -> Option<u32> {
        self.bytes += bytes as u64;
        self.frames += 1;
        if self.bytes < BLOCK {
            return None;
        }
        self.most = allowed(self.bytes, self.frames, self.most);
        self.size = self.most;
        (self.bytes, self.frames) = (0, 0);
        Some(self.size)
    }

    /// Grants what can be granted when so many bytes were given back in all, if it is worth a frame: so many bytes more.
    ///
    /// After it the server is never ahead of its reader by more than the size, unless it was before the size became less.
    pub(super) fn grant(&mut self, given: u64) -> Option<u32> {
        let room = self.room(given);
        let is_due = room > 0 && room >= self.size / 4;
        if is_due {
            self.granted = given + u64::from(self.size);
        }
        is_due.then_some(room)
    }

    /// How much could be granted, if it is worth telling or not. Nothing if the server was told more before its frames
    /// became small: what was told cannot be taken back.
    fn room(&self, given: u64) -> u32 {
        // A server that takes more than it was given owes nobody.
        let told = self.granted.max(given);
        let wanted = given + u64::from(self.size);
        // Not more than the size.
        u32::try_from(wanted.saturating_sub(told)).unwrap_or(self.size)
    }
}

/// Of a connection whose windows are h2's, where nobody asks it.
impl Default for Window {
    fn default() -> Self {
        Self::new(INITIAL, INITIAL)
    }
}

/// How large a window may be in which so many bytes came in so many frames, in bytes.
///
/// Not less than the initial one, which everybody has; not more than the most, which is not less than that.
fn allowed(bytes: u64, frames: u64, most: u32) -> u32 {
    let size = FRAMES * bytes / frames;
    u32::try_from(size).unwrap_or(most).clamp(INITIAL, most)
}

#[cfg(test)]
mod tests;

//! The windows of a connection's streams: how each starts, and what the server is to be told.
//!
//! A method's streams are alike more often than not. What the frames of one allowed, the next is given as soon as its
//! HEADERS are out, so that large answers over a long way do not begin anew with each call. Kept is the least that any
//! stream of the method came to: a window that is too small costs time, one that is too large the connection.
//!
//! ```text
//!   frame came ──► Window::count ──size──► learned ──► Window::new of the method's next stream
//!   given back ──► Window::grant ──grant─► due ──► told by the io, between two frames of h2
//! ```
//!
//! It lives in the table of streams and behind its lock. A connection whose windows are h2's has none.

use std::collections::VecDeque;

use super::{
    watch::Reader,
    window::{INITIAL, Window},
};

/// How many methods are kept, so that no server's list of methods sizes anything here.
///
/// Two that share a place forget each other, which costs a round trip.
const PLACES: usize = 64;

/// How large windows become, as far as frames allow.
#[derive(Debug)]
pub(super) struct Governor {
    /// The most that was set, in bytes.
    most: u32,
    /// A method, and how large the window of its next stream is, in bytes.
    learned: [Option<(u32, u32)>; PLACES],
    /// What the server is to be told, in this order. A stream has a few at most: each is a quarter of its window.
    due: VecDeque<Grant>,
}

/// So many bytes more for a stream: what a WINDOW_UPDATE says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Grant {
    /// The id of the stream.
    pub(super) stream: u32,
    /// Not zero, and less than 2^31.
    pub(super) bytes: u32,
}

impl Governor {
    /// Of windows that become so large, in bytes.
    pub(super) fn new(most: u32) -> Self {
        Self {
            most,
            learned: [None; PLACES],
            due: VecDeque::new(),
        }
    }

    /// The window of a new stream with this reader. What goes beyond the initial one is told once the stream is open.
    pub(super) fn open(&mut self, stream: u32, reader: &dyn Reader) -> Window {
        let method = reader.method();
        match *self.place(method) {
            Some((known, least)) if known == method => {
                let mut window = Window::new(least, least);
                self.grant(stream, &mut window, 0);
                window
            }
            _ => Window::new(INITIAL, self.most),
        }
    }

    /// A DATA frame came for this reader, of so many bytes with padding.
    #[inline]
    pub(super) fn count(&mut self, reader: &dyn Reader, window: &mut Window, bytes: usize) {
        if let Some(size) = window.count(bytes) {
            self.learn(reader.method(), size);
        }
    }

    /// Keeps what a stream of the method came to, if it is the least.
    fn learn(&mut self, method: u32, size: u32) {
        let place = self.place(method);
        let least = match *place {
            Some((known, least)) if known == method => least.min(size),
            _ => size,
        };
        *place = Some((method, least));
    }

    /// Where a method is kept, or another one that shares its place.
    fn place(&mut self, method: u32) -> &mut Option<(u32, u32)> {
        // The upper bits are the ones that depend on all of a path.
        &mut self.learned[(method >> 24) as usize % PLACES]
    }

    /// Grants what is due to a stream of which so much was given back; tells whether there is something.
    pub(super) fn grant(&mut self, stream: u32, window: &mut Window, given: u64) -> bool {
        let granted = window.grant(given);
        if let Some(bytes) = granted {
            self.due.push_back(Grant { stream, bytes });
        }
        granted.is_some()
    }

    /// Whether the server is to be told something.
    pub(super) fn has_grants(&self) -> bool {
        !self.due.is_empty()
    }

    /// Takes what is due to the next stream up to this id. The others are not open.
    pub(super) fn take(&mut self, opened: u32) -> Option<Grant> {
        let next = self.due.iter().position(|due| due.stream <= opened)?;
        self.due.remove(next)
    }
}

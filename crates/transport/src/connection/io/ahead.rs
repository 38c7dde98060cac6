//! Bytes that are read before h2 asks for them.
//!
//! h2 asks for 8 KiB or the rest of a frame, and each time is a system call, which takes longer than to copy ten times as
//! much. So once more has come than it asked for, all that is there is read, and h2 gets it bit by bit.
//!
//! ```text
//! one by one   stream ──── as much as h2 has room for ────▶ h2     until a read fills that
//! ahead        stream ── up to 64 KiB ──▶ bytes ── room ──▶ h2     until the stream is empty, and no more is expected
//! ```
//!
//! Who gets small answers one after the other never has these bytes. They are given back as soon as the stream is empty,
//! unless that is in the middle of a message: the rest of it is on its way.

use std::{
    future::Future,
    io,
    pin::{Pin, pin},
    task::{Context, Poll, ready},
};

use tokio::io::{AsyncRead, AsyncReadExt, ReadBuf};

/// How many bytes are read at once, at most; as many as one write holds.
const MOST: usize = 64 * 1024;
/// Room that was filled tells of more to come if it was so much. h2's buffers have 8 KiB, and less is the rest of one.
const TELLING: usize = 2 * 1024;

/// What was read of a stream, and not yet asked for.
#[derive(Debug, Default)]
pub(super) struct Ahead {
    bytes: Vec<u8>,
    /// How many of them h2 has.
    given: usize,
    /// Whether the last read filled the room that it had, so that more is to be expected.
    is_full: bool,
}

impl Ahead {
    /// Gives what was read ahead, else what the stream has. Nothing at all is its end.
    ///
    /// Pending says that the stream is empty, and nothing of it waits here. `more` says that what was
    /// given before tells of more: a frame is cut, or its stream goes on.
    pub(super) fn poll_read<S: AsyncRead + Unpin>(
        &mut self,
        stream: &mut S,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
        more: bool,
    ) -> Poll<io::Result<()>> {
        if self.waiting().is_empty() {
            if !self.is_full || buf.remaining() >= MOST {
                // Where memory is kept, what comes is read into it, unless there is as much room.
                *self = Self::default();
                return self.poll_through(stream, cx, buf);
            }
            let filled = self.poll_fill(stream, cx);
            if filled.is_pending() && !more {
                *self = Self::default();
            }
            ready!(filled)?;
        }
        let count = self.waiting().len().min(buf.remaining());
        buf.put_slice(&self.waiting()[..count]);
        self.given += count;
        Poll::Ready(Ok(()))
    }

    /// Reads to where h2 wants it.
    fn poll_through<S: AsyncRead + Unpin>(
        &mut self,
        stream: &mut S,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let room = buf.remaining();
        let read = Pin::new(stream).poll_read(cx, buf);
        self.is_full = room >= TELLING && buf.remaining() == 0;
        read
    }

    /// Reads ahead, over what was given.
    fn poll_fill<S: AsyncRead + Unpin>(
        &mut self,
        stream: &mut S,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        self.bytes.clear();
        self.given = 0;
        self.bytes.reserve_exact(MOST);
        let read = ready!(pin!(stream.read_buf(&mut self.bytes)).poll(cx));
        Poll::Ready(read.map(drop))
    }

    fn waiting(&self) -> &[u8] {
        &self.bytes[self.given..]
    }
}

#[cfg(test)]
mod tests;

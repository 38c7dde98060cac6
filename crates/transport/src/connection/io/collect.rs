//! What is written, until the driver flushes it.
//!
//! hyper flushes after each frame or few. Here frames of many calls gather, and leave with one system call at the end
//! of the driver's poll.

use std::{
    io::{self, ErrorKind, IoSlice},
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::io::AsyncWrite;

/// How many bytes one write collects: four DATA frames of the usual size, or the frames of hundreds of small calls. More
/// was measured to be no better, and less to cost a system call more for every few calls (`docs/decisions`, 27).
const LIMIT: usize = 64 * 1024;
/// How much room stays between writes. What more came to be is given back by the next write that needs no more than this.
const KEPT: usize = 16 * 1024;
/// How many slices one system call gets.
const SLICES: usize = 32;

/// Bytes on their way out, collected until a flush or until there is no room (T-14).
///
/// Frames that fit are copied. What does not fit goes out in one `writev` behind what was collected, uncopied; where the
/// stream does not take it, the writer waits: back pressure is kept.
#[derive(Debug, Default)]
pub(super) struct Collected {
    /// What is to be written, from `written` on.
    bytes: Vec<u8>,
    /// How many of them are written.
    written: usize,
    /// How many bytes the stream has accepted in all.
    sent: u64,
    /// Whether the stream itself has something to flush, as TLS does.
    is_dirty: bool,
}

impl Collected {
    /// Takes bytes, or writes them.
    pub(super) fn poll_write<S: AsyncWrite + Unpin>(
        &mut self,
        stream: &mut S,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let total = slices.iter().map(|slice| slice.len()).sum();
        loop {
            if self.has_room(total) {
                self.collect(slices);
                return Poll::Ready(Ok(total));
            }
            let count = ready!(self.poll_through(stream, cx, slices))?;
            if count > 0 {
                return Poll::Ready(Ok(count));
            }
        }
    }

    /// Takes a small frame of ours, whether there is room or not.
    pub(super) fn put(&mut self, frame: &[u8]) {
        self.collect(&[IoSlice::new(frame)]);
    }

    /// Writes all that was collected, and flushes the stream.
    pub(super) fn poll_flush<S: AsyncWrite + Unpin>(
        &mut self,
        stream: &mut S,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        while !self.pending().is_empty() {
            ready!(self.poll_through(stream, cx, &[]))?;
        }
        if self.is_dirty {
            ready!(Pin::new(stream).poll_flush(cx))?;
            self.is_dirty = false;
        }
        Poll::Ready(Ok(()))
    }

    /// Writes what was collected, then these slices; tells how many bytes of the slices were written.
    fn poll_through<S: AsyncWrite + Unpin>(
        &mut self,
        stream: &mut S,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let mut all = [IoSlice::new(&[]); SLICES];
        all[0] = IoSlice::new(self.pending());
        let count = slices.len().min(SLICES - 1);
        all[1..=count].copy_from_slice(&slices[..count]);
        let written = ready!(Pin::new(stream).poll_write_vectored(cx, &all[..=count]))?;
        if written == 0 {
            return Poll::Ready(Err(ErrorKind::WriteZero.into()));
        }
        self.is_dirty = true;
        self.sent += written as u64;
        let collected = self.pending().len();
        self.advance(written.min(collected));
        Poll::Ready(Ok(written.saturating_sub(collected)))
    }

    /// How many bytes were taken in all, and how many of them the stream has accepted.
    pub(super) fn counts(&self) -> (u64, u64) {
        (self.sent + self.pending().len() as u64, self.sent)
    }

    /// Whether so many bytes more are collected, and not written now.
    fn has_room(&self, total: usize) -> bool {
        self.pending().len() + total <= LIMIT
    }

    /// Puts bytes behind those that wait.
    fn collect(&mut self, slices: &[IoSlice<'_>]) {
        if self.written > 0 {
            self.bytes.drain(..self.written);
            self.written = 0;
        }
        for slice in slices {
            self.bytes.extend_from_slice(slice);
        }
    }

    /// So many bytes were written; the room that a burst took is given back once all were.
    fn advance(&mut self, count: usize) {
        self.written += count;
        if self.pending().is_empty() {
            let needed_little = self.bytes.len() <= KEPT;
            self.bytes.clear();
            self.written = 0;
            if needed_little {
                self.bytes.shrink_to(KEPT);
            }
        }
    }

    /// What waits.
    fn pending(&self) -> &[u8] {
        &self.bytes[self.written..]
    }
}

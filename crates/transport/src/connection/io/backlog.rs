//! What is kept back from h2 for readers that are far behind.
//!
//! h2 pays for each DATA frame that waits: 256 bytes, and the whole buffer that the frame was read into, of which it may
//! be a small part. So once many wait for one reader, its small frames are gathered here, and h2 gets them as few long
//! ones: each time there are 16 KiB, when the server ends the stream, and when the reader has taken what there was.
//!
//! ```text
//!   frames wait ──► Direct ──enough of them──► Behind ──the reader asks, or half of them are left──► Direct
//!                                                └──the stream ends, or is not plain DATA──► (given first)
//! ```
//!
//! No message waits here while its reader sleeps: a reader that finds nothing in h2 asks for it.

use std::{fmt, sync::Arc};

use super::{
    head::{DATA, END_STREAM, Head},
    ids::ById,
    spill::Spill,
    watch::{Reader, Watch},
};

/// How long a frame becomes: no peer may be forbidden to send as much.
pub(super) const LONGEST: usize = 16 * 1024;

/// The streams whose readers are behind.
#[derive(Default)]
pub(super) struct Backlog(ById<Behind>);

/// A stream whose DATA is gathered.
struct Behind {
    /// Who is told once nothing more is.
    reader: Arc<dyn Reader>,
    /// What came for it, and h2 was not given.
    bytes: Vec<u8>,
}

impl Backlog {
    /// Whether DATA of this stream belongs here.
    pub(super) fn has(&self, stream: u32) -> bool {
        self.0.contains_key(&stream)
    }

    /// Whether nobody is behind.
    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// From now on, DATA of this stream comes here.
    pub(super) fn begin(&mut self, stream: u32, reader: Arc<dyn Reader>) {
        self.0.entry(stream).or_insert_with(|| Behind {
            reader,
            bytes: Vec::new(),
        });
    }

    /// Takes DATA; gives h2 a frame each time there is a full one.
    pub(super) fn push(
        &mut self,
        stream: u32,
        mut data: &[u8],
        spill: &mut Spill,
        watch: &mut impl Watch,
    ) {
        while !data.is_empty() {
            let Some(behind) = self.0.get_mut(&stream) else {
                // Its reader asked in the middle of a frame.
                return give(stream, data, 0, spill, watch);
            };
            let count = data.len().min(LONGEST - behind.bytes.len());
            let (now, rest) = data.split_at(count);
            behind.bytes.extend_from_slice(now);
            data = rest;
            if behind.bytes.len() == LONGEST {
                give(stream, &behind.bytes, 0, spill, watch);
                behind.bytes.clear();
            }
        }
    }

    /// A frame of a stream is there whole, and may end the stream.
    pub(super) fn finish(&mut self, head: &Head, spill: &mut Spill, watch: &mut impl Watch) {
        if head.ends_stream() {
            let bytes = self.remove(head.stream).unwrap_or_default();
            give(head.stream, &bytes, END_STREAM, spill, watch);
        } else if !watch.is_behind(head.stream) {
            self.end(head.stream, spill, watch);
        }
    }

    /// Gives h2 what there is of a stream; no more of it comes here.
    pub(super) fn end(&mut self, stream: u32, spill: &mut Spill, watch: &mut impl Watch) {
        match self.remove(stream) {
            Some(bytes) if !bytes.is_empty() => give(stream, &bytes, 0, spill, watch),
            _ => {}
        }
    }

    /// Ends the gathering for a stream; its reader asks no more. Gives what there was.
    fn remove(&mut self, stream: u32) -> Option<Vec<u8>> {
        let Behind { reader, bytes } = self.0.remove(&stream)?;
        reader.go_on();
        Some(bytes)
    }

    /// Does so for those whose readers have caught up, and for all of them at the end of what is read.
    pub(super) fn let_go(&mut self, which: Which, spill: &mut Spill, watch: &mut impl Watch) {
        let streams: Vec<u32> = self.0.keys().copied().collect();
        for stream in streams {
            if which == Which::All || !watch.is_behind(stream) {
                self.end(stream, spill, watch);
            }
        }
    }
}

/// Of which streams h2 is given what was kept back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Which {
    /// Those whose readers have taken most of what h2 had.
    CaughtUp,
    /// All, for nothing more is read.
    All,
}

/// Gives h2 a DATA frame.
fn give(stream: u32, data: &[u8], flags: u8, spill: &mut Spill, watch: &mut impl Watch) {
    let head = Head {
        length: data.len(),
        kind: DATA,
        flags,
        stream,
    };
    spill.frame(&head, data);
    watch.given(stream);
}

impl fmt::Debug for Backlog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Backlog").field(&self.0.len()).finish()
    }
}

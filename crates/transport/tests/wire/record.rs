//! The client's end of a pipe, with a record of the frames it writes.

use std::{
    collections::HashMap,
    fmt, io,
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    task::{Context, Poll},
};

use h2::Reason;
use tokio::{
    io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf, duplex},
    sync::mpsc,
};
use ziggurat_connect::Socket;

use crate::server::soon;

/// The client's end of a pipe: keeps what is written, and tells when it is dropped.
#[derive(Debug)]
pub(crate) struct Wire {
    pipe: DuplexStream,
    written: Arc<Mutex<Vec<u8>>>,
    writes: Arc<AtomicUsize>,
    is_stuck: Arc<AtomicBool>,
    _open: mpsc::Sender<()>,
}

/// What a [`Wire`] wrote.
#[derive(Debug)]
pub(crate) struct Record {
    written: Arc<Mutex<Vec<u8>>>,
    writes: Arc<AtomicUsize>,
    is_stuck: Arc<AtomicBool>,
    open: mpsc::Receiver<()>,
}

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const WINDOW_UPDATE: u8 = 8;

struct Frame {
    kind: u8,
    flags: u8,
    stream: u32,
    payload: Vec<u8>,
}

fn number(bytes: &[u8]) -> u32 {
    u32::from_be_bytes(bytes[..4].try_into().unwrap())
}

pub(crate) fn wire() -> (Wire, Record, DuplexStream) {
    wire_of(1024 * 1024)
}

/// A wire whose pipe holds this many bytes in each direction.
pub(crate) fn wire_of(capacity: usize) -> (Wire, Record, DuplexStream) {
    let (pipe, far) = duplex(capacity);
    let (written, writes, is_stuck) = (Arc::default(), Arc::default(), Arc::default());
    let (sender, open) = mpsc::channel(1);
    let wire = Wire {
        pipe,
        written: Arc::clone(&written),
        writes: Arc::clone(&writes),
        is_stuck: Arc::clone(&is_stuck),
        _open: sender,
    };
    let record = Record {
        written,
        writes,
        is_stuck,
        open,
    };
    (wire, record, far)
}

impl Record {
    /// The frames of streams, in order: `HEADERS`, `DATA 5`, `DATA 0 END_STREAM`, `RST_STREAM CANCEL`.
    pub(crate) fn frames(&self) -> Vec<String> {
        let mut frames = self.all();
        frames.retain(|frame| frame.stream != 0 && frame.kind != WINDOW_UPDATE);
        frames.iter().map(|frame| format!("{frame:?}")).collect()
    }

    /// The settings that the client announced, by number.
    pub(crate) fn settings(&self) -> HashMap<u16, u32> {
        let frames = self.all();
        let settings = frames.iter().find(|frame| frame.kind == SETTINGS).unwrap();
        let pairs = settings.payload.chunks_exact(6);
        pairs
            .map(|pair| (u16::from_be_bytes([pair[0], pair[1]]), number(&pair[2..])))
            .collect()
    }

    /// What the client added to the connection's window of 65,535.
    pub(crate) fn connection_credit(&self) -> u32 {
        let mut frames = self.all();
        frames.retain(|frame| frame.stream == 0 && frame.kind == WINDOW_UPDATE);
        frames.iter().map(|frame| number(&frame.payload)).sum()
    }

    /// How many PINGs the client sent of its own.
    pub(crate) fn pings(&self) -> usize {
        let mut frames = self.all();
        frames.retain(|frame| frame.kind == PING && frame.flags == 0);
        frames.len()
    }

    /// How many writes there were since this was asked last.
    pub(crate) fn writes(&self) -> usize {
        self.writes.swap(0, Ordering::Relaxed)
    }

    /// From now on the wire takes nothing more.
    pub(crate) fn stick(&self) {
        self.is_stuck.store(true, Ordering::Relaxed);
    }

    fn all(&self) -> Vec<Frame> {
        let written = self.written.lock().unwrap();
        let mut rest = written
            .strip_prefix(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
            .unwrap();
        let mut frames = Vec::new();
        while let Some((head, tail)) = rest.split_at_checked(9) {
            let length = usize::from(head[1]) << 8 | usize::from(head[2]);
            let (payload, tail) = tail.split_at(length);
            let (kind, flags, stream) = (head[3], head[4], number(&head[5..]));
            frames.push(Frame {
                kind,
                flags,
                stream,
                payload: payload.into(),
            });
            rest = tail;
        }
        frames
    }

    pub(crate) fn resets(&self) -> Vec<String> {
        let mut frames = self.frames();
        frames.retain(|frame| frame.starts_with("RST_STREAM"));
        frames
    }

    /// Waits until the client's end is dropped, which its task does when it ends.
    pub(crate) async fn dropped(&mut self) {
        assert_eq!(soon(self.open.recv()).await, None);
    }

    pub(crate) fn is_dropped(&self) -> bool {
        self.open.is_closed()
    }
}

impl fmt::Debug for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            DATA => write!(f, "DATA {}", self.payload.len())?,
            HEADERS => f.write_str("HEADERS")?,
            RST_STREAM => {
                return write!(f, "RST_STREAM {:?}", Reason::from(number(&self.payload)));
            }
            kind => return write!(f, "frame {kind}"),
        }
        f.write_str(if self.flags & 1 == 1 {
            " END_STREAM"
        } else {
            ""
        })
    }
}

impl Socket for Wire {}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.pipe).poll_read(cx, buf)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.is_stuck.load(Ordering::Relaxed) {
            return Poll::Pending;
        }
        let written = Pin::new(&mut self.pipe).poll_write(cx, buf);
        if let Poll::Ready(Ok(count)) = written {
            self.writes.fetch_add(1, Ordering::Relaxed);
            self.written
                .lock()
                .unwrap()
                .extend_from_slice(&buf[..count]);
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.pipe).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.pipe).poll_shutdown(cx)
    }
}

//! Allocations are counted, and what goes over connections.

use std::{
    io::{self, IoSlice},
    net::SocketAddr,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    task::{Context, Poll, ready},
};

use allocation_counter::AllocationInfo;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};

/// Whether connections have to be made by [`open`] to be counted; otherwise clients make them in their own way.
pub const COUNTS: bool = true;

/// Of all connections of a program.
#[derive(Clone, Debug, Default)]
pub struct Counters(Arc<Sums>);

#[derive(Debug, Default)]
struct Sums {
    writes: AtomicU64,
    written: AtomicU64,
    reads: AtomicU64,
    read: AtomicU64,
}

/// What was allocated, written and read.
#[derive(Clone, Copy, Debug)]
pub struct Counts {
    heap: AllocationInfo,
    wire: [u64; 4],
}

impl Counters {
    /// Of connections to come.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What the work allocated in this thread, and what went over connections meanwhile.
    pub fn during(&self, work: impl FnOnce()) -> Counts {
        let before = self.now();
        let heap = allocation_counter::measure(work);
        let mut wire = self.now();
        for (now, before) in wire.iter_mut().zip(before) {
            *now -= before;
        }
        Counts { heap, wire }
    }

    fn now(&self) -> [u64; 4] {
        let sums = &self.0;
        [&sums.writes, &sums.written, &sums.reads, &sums.read].map(|sum| sum.load(Relaxed))
    }
}

impl Counts {
    pub fn json(self) -> String {
        let Self { heap, wire } = self;
        format!(
            r#", "allocations": {}, "allocated": {}, "kept": {}, "kept_blocks": {}, "peak": {}, "writes": {}, "written": {}, "reads": {}, "read": {}"#,
            heap.count_total,
            heap.bytes_total,
            heap.bytes_current,
            heap.count_current,
            heap.bytes_max,
            wire[0],
            wire[1],
            wire[2],
            wire[3]
        )
    }
}

/// Connects, without delay of small writes.
///
/// # Errors
///
/// Those of the socket.
pub async fn open(server: SocketAddr, counters: &Counters) -> io::Result<Stream> {
    let stream = TcpStream::connect(server).await?;
    stream.set_nodelay(true)?;
    Ok(Stream {
        stream,
        counters: counters.clone(),
    })
}

#[derive(Debug)]
pub struct Stream {
    stream: TcpStream,
    counters: Counters,
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buf))?;
        let sums = &self.counters.0;
        sums.reads.fetch_add(1, Relaxed);
        sums.read
            .fetch_add((buf.filled().len() - before) as u64, Relaxed);
        Poll::Ready(Ok(()))
    }
}

impl Stream {
    fn wrote(&self, bytes: usize) {
        self.counters.0.writes.fetch_add(1, Relaxed);
        self.counters.0.written.fetch_add(bytes as u64, Relaxed);
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.stream).poll_write(cx, buf))?;
        self.wrote(written);
        Poll::Ready(Ok(written))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.stream).poll_write_vectored(cx, bufs))?;
        self.wrote(written);
        Poll::Ready(Ok(written))
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

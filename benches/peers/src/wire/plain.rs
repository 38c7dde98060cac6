//! Nothing is counted: what is timed.

use std::{io, net::SocketAddr};

use tokio::net::TcpStream;

/// Whether connections have to be made by [`open`] to be counted; otherwise clients make them in their own way.
pub const COUNTS: bool = false;

pub type Stream = TcpStream;

#[derive(Clone, Debug)]
pub struct Counters;

/// What was allocated, written and read.
#[derive(Clone, Copy, Debug)]
pub struct Counts;

impl Counters {
    /// Of connections to come.
    #[expect(clippy::new_without_default, reason = "it is used once")]
    pub fn new() -> Self {
        Self
    }

    /// What the work allocated in this thread, and what went over connections meanwhile.
    pub fn during(&self, work: impl FnOnce()) -> Counts {
        work();
        Counts
    }
}

impl Counts {
    pub fn json(self) -> String {
        String::new()
    }
}

/// Connects, without delay of small writes.
///
/// # Errors
///
/// Those of the socket.
pub async fn open(server: SocketAddr, _: &Counters) -> io::Result<Stream> {
    let stream = TcpStream::connect(server).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

//! How the bytes of one connection come to the other side, or do not.

use std::{future::pending, io, time::Duration};

use bytes::{Buf, BytesMut};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, copy, sink, split},
    sync::watch,
    time::sleep,
};

use super::{Fault, Plan};

/// How much is taken from one side before it is given to the other.
const PIECE: usize = 16 * 1024;

/// A connection on its way; it lasts from one fault to the next.
#[derive(Debug)]
pub(super) struct Carrier {
    /// What the client says.
    to_server: Direction,
    /// What the server says; the bytes of a plan count here.
    to_client: Direction,
    /// What happens when the bytes of the plan are spent.
    planned: Fault,
}

/// One direction of a connection. What it has taken stays with it from one fault to the next.
#[derive(Debug)]
struct Direction {
    /// What was read and is not written.
    taken: BytesMut,
    /// How many bytes may still pass.
    left: u64,
}

/// Why bytes are no longer carried.
enum Stop {
    /// The bytes of the plan are spent.
    Spent,
    /// One of the sides is gone.
    Broken,
}

impl From<io::Error> for Stop {
    fn from(_: io::Error) -> Self {
        Self::Broken
    }
}

impl Carrier {
    /// A connection of which no byte has passed.
    pub(super) fn new(plan: Plan) -> Self {
        Self {
            to_server: Direction::new(u64::MAX),
            to_client: Direction::new(plan.bytes),
            planned: plan.fault,
        }
    }

    /// Carries until both sides have ended, or one was broken off, or the proxy is gone.
    ///
    /// An order of the script goes before the plan of the connection, and ends it.
    pub(super) async fn run<C, S>(
        mut self,
        client: &mut C,
        server: &mut S,
        mut orders: watch::Receiver<Fault>,
    ) where
        C: AsyncRead + AsyncWrite + Unpin,
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let mut fault = match self.to_client.left {
            0 => self.begin_planned(),
            _ => Fault::None,
        };
        loop {
            tokio::select! {
                biased;
                changed = orders.changed() => {
                    if changed.is_err() {
                        return;
                    }
                    fault = *orders.borrow_and_update();
                    // An order ends the plan.
                    self.to_client.left = u64::MAX;
                }
                stop = self.suffer(fault, client, server) => match stop {
                    Err(Stop::Spent) => fault = self.begin_planned(),
                    Ok(()) | Err(Stop::Broken) => return,
                }
            }
        }
    }

    /// The fault of the plan, once its bytes are spent; as many as there are may pass from then on.
    fn begin_planned(&mut self) -> Fault {
        self.to_client.left = u64::MAX;
        self.planned
    }

    /// Lets one fault work until the connection is over. When it is dropped, no byte is lost.
    async fn suffer<C, S>(
        &mut self,
        fault: Fault,
        client: &mut C,
        server: &mut S,
    ) -> Result<(), Stop>
    where
        C: AsyncRead + AsyncWrite + Unpin,
        S: AsyncRead + AsyncWrite + Unpin,
    {
        match fault {
            Fault::None => self.pass(client, server, Pace::full()).await,
            Fault::Slow { bytes, pause } => {
                let pace = Pace {
                    bytes: bytes.max(1),
                    pause: Some(pause),
                };
                self.pass(client, server, pace).await
            }
            Fault::Stall => pending().await,
            Fault::Swallow => {
                tokio::join!(lose(client), lose(server));
                pending().await
            }
            Fault::Close => {
                client.shutdown().await?;
                server.shutdown().await?;
                // Closed with bytes unread, a socket would be reset.
                tokio::join!(lose(client), lose(server));
                Ok(())
            }
            Fault::Reset => Ok(()),
        }
    }

    /// Carries both directions at this pace, until both have ended.
    async fn pass<C, S>(&mut self, client: &mut C, server: &mut S, pace: Pace) -> Result<(), Stop>
    where
        C: AsyncRead + AsyncWrite + Unpin,
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let (mut client_says, mut client_hears) = split(client);
        let (mut server_says, mut server_hears) = split(server);
        tokio::try_join!(
            self.to_server
                .pass(&mut client_says, &mut server_hears, pace),
            self.to_client
                .pass(&mut server_says, &mut client_hears, pace),
        )?;
        Ok(())
    }
}

/// Reads one side to its end.
async fn lose<R: AsyncRead + Unpin>(side: &mut R) {
    // An error is an end too.
    let _ = copy(side, &mut sink()).await;
}

/// How quickly bytes pass.
#[derive(Clone, Copy, Debug)]
struct Pace {
    /// How many at once, at most.
    bytes: usize,
    /// How long after each write; `None` waits for nothing.
    pause: Option<Duration>,
}

impl Pace {
    /// As quickly as the sides allow.
    fn full() -> Self {
        Self {
            bytes: usize::MAX,
            pause: None,
        }
    }
}

impl Direction {
    /// With nothing taken; so many bytes may pass.
    fn new(left: u64) -> Self {
        Self {
            taken: BytesMut::new(),
            left,
        }
    }

    /// Passes bytes on until one side has ended, and tells the other.
    async fn pass<R, W>(&mut self, from: &mut R, to: &mut W, pace: Pace) -> Result<(), Stop>
    where
        R: AsyncRead + Unpin,
        W: AsyncWrite + Unpin,
    {
        loop {
            if self.left == 0 {
                return Err(Stop::Spent);
            }
            if self.taken.is_empty() {
                self.taken.reserve(PIECE);
                if from.read_buf(&mut self.taken).await? == 0 {
                    to.shutdown().await?;
                    return Ok(());
                }
            }
            let allowed = usize::try_from(self.left).unwrap_or(usize::MAX);
            let count = self.taken.len().min(pace.bytes).min(allowed);
            let written = to.write(&self.taken[..count]).await?;
            self.taken.advance(written);
            self.left -= written as u64;
            if let Some(pause) = pace.pause {
                sleep(pause).await;
            }
        }
    }
}

//! The beginning and the end of a connection.

use std::{fmt, sync::Arc};

use tokio::io::{AsyncRead, AsyncWrite};

use super::{
    Options,
    driver::{Shared, drive},
    state::{Output, Owner},
};
use crate::peer::{Frame, PeerError};

/// Is the server's end of one HTTP/2 connection, driven frame by frame.
///
/// A task of its own reads and writes, so the client's frames are logged and acknowledged while the script waits for
/// something else. Whatever is sent goes out as it is; nothing is checked.
///
/// Methods that wait have no time limit: a client that never sends what is waited for makes the test hang, unless the
/// connection ends. That nothing *more* is sent is shown by [`barrier`](Self::barrier).
///
/// Dropping it writes what is queued, shuts down the peer's side and reads on until the client closes: a client sees
/// all frames, then the end of the connection. [`tear_down`](Self::tear_down) is the rude way.
///
/// The log grows as long as the connection lives, with the bytes of all DATA.
pub struct Connection {
    pub(super) shared: Arc<Shared>,
    /// How many frames of the log were walked past.
    pub(super) passed: usize,
    /// How many frames of the log were searched for requests.
    pub(super) searched: usize,
    pub(super) barriers: u32,
}

impl Connection {
    /// Accepts a client at the other end of a pipe or socket, with default [`Options`].
    ///
    /// Returns when the client's preface and SETTINGS arrived. Must be called inside a tokio runtime.
    ///
    /// # Errors
    ///
    /// [`PeerError::Preface`] or [`PeerError::Malformed`] if the client begins with something else,
    /// [`PeerError::Closed`] or [`PeerError::Io`] if it does not begin.
    pub async fn over<T>(io: T) -> Result<Self, PeerError>
    where
        T: AsyncRead + AsyncWrite + Send + 'static,
    {
        Self::over_with(io, Options::new()).await
    }

    /// Accepts a client like [`over`](Self::over), with options.
    pub async fn over_with<T>(io: T, options: Options) -> Result<Self, PeerError>
    where
        T: AsyncRead + AsyncWrite + Send + 'static,
    {
        let greeting = options.greeting_frame();
        let shared = Arc::new(Shared::new(options));
        if let Some(greeting) = greeting {
            shared.lock().queue(&greeting);
        }
        tokio::spawn(drive(io, Arc::clone(&shared)));
        let mut connection = Self {
            shared,
            passed: 0,
            searched: 0,
            barriers: 0,
        };
        match connection.next_any_frame().await? {
            Frame::Settings(_) => Ok(connection),
            frame => Err(PeerError::malformed(format!("{frame} before SETTINGS"))),
        }
    }

    /// Waits until the client closed the connection.
    ///
    /// # Errors
    ///
    /// Every end but an orderly one, such as an I/O error.
    pub async fn closed(&self) -> Result<(), PeerError> {
        match self.shared.until_received(|_| None::<Result<(), _>>).await {
            Err(PeerError::Closed) => Ok(()),
            other => other,
        }
    }

    /// Ends the peer's direction of the connection; the client's frames are still read.
    ///
    /// # Errors
    ///
    /// [`PeerError::Closed`] if it had ended before, [`PeerError::Io`] if what was queued cannot be written.
    pub async fn hang_up(&self) -> Result<(), PeerError> {
        self.queue(|state| state.output = Output::Closing).await?;
        self.shared
            .until(|state| match &state.output {
                Output::Ended(PeerError::Closed) => Some(Ok(())),
                Output::Ended(error) => Some(Err(error.clone())),
                Output::Open | Output::Closing => None,
            })
            .await
    }

    /// Closes the connection at once, in both directions: what is queued is lost.
    ///
    /// A client of a [`Peer`](crate::peer::Peer) sees its connection reset, one at the end of a pipe sees it end.
    pub fn tear_down(self) {
        let mut state = self.shared.lock();
        state.owner = Owner::Torn;
        state.wake_driver();
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        if matches!(state.owner, Owner::Script) {
            state.owner = Owner::Nobody;
        }
        if matches!(state.output, Output::Open) {
            state.output = Output::Closing;
        }
        state.wake_driver();
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("log", &self.log())
            .finish_non_exhaustive()
    }
}

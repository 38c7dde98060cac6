//! A script that runs beside the test.

use std::{future::Future, panic::resume_unwind, sync::Arc};

use tokio::task::JoinHandle;

use super::Connection;
use crate::peer::{Log, PeerError};

/// Is a script under way; [`finish`](Self::finish) gives its log.
///
/// The connection belongs to the script, and ends when the script drops it: a script whose client goes on ends with
/// [`Connection::closed`]. Dropping the handle lets the script run on, unobserved.
#[derive(Debug)]
#[must_use = "a script that nobody finishes fails unnoticed"]
pub struct Script {
    task: JoinHandle<Result<Log, PeerError>>,
}

impl Script {
    /// Runs a script in a task of its own, over a connection that is still to come.
    ///
    /// ```
    /// use ziggurat_testing::peer::{Connection, Script};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let (client, server) = tokio::io::duplex(64 * 1024);
    /// let script = Script::spawn(Connection::over(server), |conn| async move { conn.closed().await });
    ///
    /// let (_, connection) = h2::client::handshake(client).await?;
    /// connection.await?;
    /// assert_eq!(script.finish().await?.lines()[0], "SETTINGS");
    /// # Ok(())
    /// # }
    /// ```
    pub fn spawn<A, F, R>(connection: A, script: F) -> Self
    where
        A: Future<Output = Result<Connection, PeerError>> + Send + 'static,
        F: FnOnce(Connection) -> R + Send + 'static,
        R: Future<Output = Result<(), PeerError>> + Send + 'static,
    {
        let task = tokio::spawn(async move {
            let connection = connection.await?;
            let shared = Arc::clone(&connection.shared);
            script(connection).await?;
            let state = shared.lock();
            Ok(state.frames.iter().cloned().collect())
        });
        Self { task }
    }

    /// Waits until the script ends, and returns what the client had sent by then.
    ///
    /// # Errors
    ///
    /// What the script returned, or why the connection did not come about.
    ///
    /// # Panics
    ///
    /// If the script panicked, with its panic: an assertion in a script fails the test.
    pub async fn finish(self) -> Result<Log, PeerError> {
        match self.task.await {
            Ok(outcome) => outcome,
            Err(error) => match error.try_into_panic() {
                Ok(panic) => resume_unwind(panic),
                // The runtime shut down.
                Err(_) => Err(PeerError::Closed),
            },
        }
    }
}

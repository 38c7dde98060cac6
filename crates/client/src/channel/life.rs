use ziggurat_layers::status;
use ziggurat_protocol::Status;
use ziggurat_transport as transport;

use super::{Channel, Closing, Endpoints, State, States};

/// How it stands. All of this is the same for all clones.
///
/// ```
/// use ziggurat::{Channel, channel::State};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let channel = Channel::builder("http://cafe.example:50051")?.connect_lazy();
/// let mut states = channel.states();
/// assert_eq!(channel.state(), State::Idle);
///
/// // Or `channel.ready().await?`, to be connected before the first call.
/// channel.close().await;
/// assert_eq!(states.changed().await, Some(State::Shutdown));
/// # Ok(())
/// # }
/// ```
impl Channel {
    /// How it stands at this moment.
    pub fn state(&self) -> State {
        self.transport().state()
    }

    /// Follows how it stands.
    pub fn states(&self) -> States {
        self.transport().states()
    }

    /// Its servers, one by one, as they are and as they change.
    pub fn endpoints(&self) -> Endpoints {
        self.transport().endpoints()
    }

    /// Connects, and waits until there is a connection or an attempt has failed.
    ///
    /// A channel need not be connected: its first call does it.
    ///
    /// # Errors
    ///
    /// UNAVAILABLE, with the error of the attempt as cause; while the channel is in [`State::TransientFailure`], that
    /// of the last one, at once.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future leaves the attempt to the others who wait.
    pub async fn connect(&self) -> Result<(), Status> {
        self.transport().connect().await.map_err(into_status)
    }

    /// Connects, and waits until there is a connection, however many attempts it takes.
    ///
    /// # Errors
    ///
    /// UNAVAILABLE: the channel was closed.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future leaves the attempts to the others who wait.
    pub async fn ready(&self) -> Result<(), Status> {
        self.transport().ready().await.map_err(into_status)
    }

    /// Makes the next attempt to connect at once, and the pauses after it short again (D-25).
    ///
    /// For those who know that the network is back.
    pub fn reset_backoff(&self) {
        self.transport().reset_backoff();
    }

    /// Closes the channel for all its clones and for good: calls that run finish (D-4).
    ///
    /// New calls, and those that wait, fail with UNAVAILABLE. It takes effect at once; the future that it returns
    /// resolves when the last call is over.
    pub fn close(&self) -> Closing {
        self.transport().close()
    }

    /// Closes the channel like [`close`](Self::close), and ends calls that run with CANCELLED (M-12).
    pub fn shutdown_now(&self) -> Closing {
        self.transport().shutdown_now()
    }
}

pub(super) fn into_status(error: transport::Error) -> Status {
    status::from_error(error.into())
}

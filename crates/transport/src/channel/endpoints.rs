//! The servers of a channel, one by one, for those who want to see.

use std::{
    fmt,
    sync::{Arc, Weak},
};

use tokio::sync::watch;

use super::State;
use crate::endpoint::{EndpointStatus, List};

/// The servers of a channel as they are, and as they change; it does not keep the channel alive.
///
/// What it tells is put together when it is asked, so it costs nothing otherwise.
///
/// ```
/// use ziggurat::{Channel, balance::{Fixed, RoundRobin}, channel::State};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// // Nobody listens at the second.
/// # let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
/// # let first = listener.local_addr()?;
/// # tokio::spawn(async move {
/// #     let mut server = h2::server::handshake(listener.accept().await.unwrap().0).await.unwrap();
/// #     while server.accept().await.is_some() {}
/// # });
/// let channel = Channel::builder("http://cafe")?
///     .resolver(Fixed::new([first, "127.0.0.1:1".parse()?])?)
///     .balance(RoundRobin::new())
///     .connect_lazy();
/// let mut endpoints = channel.endpoints();
/// assert_eq!(endpoints.current().len(), 0); // it is idle
///
/// channel.connect().await?;
/// while !endpoints.current().iter().any(|endpoint| endpoint.state == State::TransientFailure) {
///     endpoints.changed().await;
/// }
/// let [one, other] = &endpoints.current()[..] else { panic!() };
/// assert_eq!((one.state, one.connections), (State::Ready, 1));
/// assert!(other.last_error.as_ref().unwrap().to_string().contains("127.0.0.1:1"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Endpoints {
    list: Weak<dyn List>,
    changes: Changes,
}

/// What tells that there is something new: the state of the only server, or the count of changes.
#[derive(Clone, Debug)]
pub(super) enum Changes {
    State(watch::Receiver<State>),
    Count(watch::Receiver<u64>),
}

impl Endpoints {
    pub(super) fn new(list: Weak<dyn List>, changes: Changes) -> Self {
        Self { list, changes }
    }

    /// The servers at this moment: of a channel of many, those that its resolver told last; none while it is idle, and none
    /// once the channel is gone.
    pub fn current(&self) -> Vec<EndpointStatus> {
        let list: Option<Arc<dyn List>> = self.list.upgrade();
        list.map_or_else(Vec::new, |list| list.list())
    }

    /// Waits until one of them stands differently, or there are others. Calls that begin and end are no change.
    ///
    /// Changes that follow each other closely may be told as one, the last one always is. `false` once the channel is
    /// gone: then there is no other.
    ///
    /// # Cancel safety
    ///
    /// A change is not lost when the future is dropped.
    pub async fn changed(&mut self) -> bool {
        match &mut self.changes {
            Changes::State(states) => states.changed().await.is_ok(),
            Changes::Count(count) => count.changed().await.is_ok(),
        }
    }
}

impl fmt::Debug for Endpoints {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.current()).finish()
    }
}

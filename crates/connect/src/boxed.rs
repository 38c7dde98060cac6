//! Connectors without their type. Channels box theirs, so that HTTP/2 is compiled once and not once per connector.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use tower_service::Service;

use crate::{BoxError, Connect, Stream, Target, attempt::open};

/// A connector of any type, as a type without parameters. Cloning is one reference count.
///
/// What is generic over connectors is compiled for each of them, HTTP/2 and all; what takes this one, once. It costs an
/// allocation or two per connection, and a virtual call for each read and write.
///
/// ```
/// use ziggurat_connect::{BoxConnector, Connect, Sockets, Tcp};
///
/// let connectors = [BoxConnector::new(Sockets::new()), BoxConnector::new(Tcp::default())];
/// # fn is_connector(_: &impl Connect) {}
/// # is_connector(&connectors[0]);
/// ```
#[derive(Clone)]
pub struct BoxConnector(Arc<dyn Open>);

impl BoxConnector {
    /// Hides the type of a connector.
    pub fn new(connector: impl Connect) -> Self {
        Self(Arc::new(connector))
    }
}

type Opened = Pin<Box<dyn Future<Output = Result<Box<dyn Stream>, BoxError>> + Send>>;

trait Open: Send + Sync {
    fn open(&self, target: Target) -> Opened;
}

impl<C: Connect> Open for C {
    fn open(&self, target: Target) -> Opened {
        let opening = open(self.clone(), target);
        Box::pin(async { Ok(Box::new(opening.await?) as Box<dyn Stream>) })
    }
}

impl Service<Target> for BoxConnector {
    type Response = Box<dyn Stream>;
    type Error = BoxError;
    type Future = Opened;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        // The connector is awaited where it is called.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, target: Target) -> Opened {
        self.0.open(target)
    }
}

impl fmt::Debug for BoxConnector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BoxConnector").finish_non_exhaustive()
    }
}

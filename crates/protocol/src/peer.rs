//! Who answered a call.
//!
//! ```
//! use ziggurat_protocol::Peer;
//!
//! let peer = Peer::new(None, Some("127.0.0.1:50051".parse()?));
//! assert_eq!(peer.remote_addr().map(|a| a.port()), Some(50051));
//! # Ok::<_, std::net::AddrParseError>(())
//! ```

use std::{net::SocketAddr, sync::Arc};

/// The two ends of the connection that carried a call. Cloning is one reference count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer(Arc<Addresses>);

#[derive(Debug, PartialEq, Eq)]
struct Addresses {
    local: Option<SocketAddr>,
    remote: Option<SocketAddr>,
}

impl Peer {
    /// Describes a connection; an address is `None` where the transport has no socket address.
    pub fn new(local: Option<SocketAddr>, remote: Option<SocketAddr>) -> Self {
        Self(Arc::new(Addresses { local, remote }))
    }

    /// The address of this side.
    pub fn local_addr(&self) -> Option<SocketAddr> {
        self.0.local
    }

    /// The address of the server's side.
    pub fn remote_addr(&self) -> Option<SocketAddr> {
        self.0.remote
    }
}

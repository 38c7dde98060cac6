//! Who answered a call.
//!
//! Any layer over a channel finds a [`Peer`] among the extensions of each answer; calls show it beside
//! the answer, and a failed call in its [`Status`](crate::Status).
//!
//! # Example
//!
//! ```
//! use ziggurat::Peer;
//!
//! let peer = Peer::new(None, Some("127.0.0.1:50051".parse()?));
//! assert_eq!(peer.remote_addr().map(|a| a.port()), Some(50051));
//! # Ok::<_, std::net::AddrParseError>(())
//! ```

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::TlsInfo;

/// The two ends of the connection that carried a call; cloning is one reference count.
///
/// A ground floor of one's own tells its peer in the same way, as an extension of the answer:
///
/// ```
/// use ziggurat::Peer;
///
/// let mut answer = http::Response::new(());
/// answer.extensions_mut().insert(Peer::new(None, Some("192.0.2.7:443".parse()?)));
/// # Ok::<_, std::net::AddrParseError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer(Arc<Addresses>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Addresses {
    local: Option<SocketAddr>,
    remote: Option<SocketAddr>,
    unix_path: Option<PathBuf>,
    tls: Option<TlsInfo>,
}

impl Peer {
    /// Describes a connection; an address is `None` where the transport has no socket address.
    pub fn new(local: Option<SocketAddr>, remote: Option<SocketAddr>) -> Self {
        Self(Arc::new(Addresses {
            local,
            remote,
            unix_path: None,
            tls: None,
        }))
    }

    /// Adds how the connection is secured.
    pub fn with_tls(mut self, tls: TlsInfo) -> Self {
        Arc::make_mut(&mut self.0).tls = Some(tls);
        self
    }

    /// Adds the path of the server's unix socket.
    ///
    /// ```
    /// use std::path::Path;
    /// use ziggurat::Peer;
    ///
    /// let peer = Peer::new(None, None).with_unix_path("/run/cafe.sock");
    /// assert_eq!(peer.unix_path(), Some(Path::new("/run/cafe.sock")));
    /// ```
    pub fn with_unix_path(mut self, path: impl Into<PathBuf>) -> Self {
        Arc::make_mut(&mut self.0).unix_path = Some(path.into());
        self
    }

    /// The address of this side, if it has a socket address.
    pub fn local_addr(&self) -> Option<SocketAddr> {
        self.0.local
    }

    /// The address of the server's side, if it has a socket address.
    ///
    /// Behind a proxy that is the proxy's.
    pub fn remote_addr(&self) -> Option<SocketAddr> {
        self.0.remote
    }

    /// The path of the server's unix socket, if that is what it is and it has one.
    pub fn unix_path(&self) -> Option<&Path> {
        self.0.unix_path.as_deref()
    }

    /// How the connection is secured, with the server's certificates; `None` if it is plaintext.
    pub fn tls(&self) -> Option<&TlsInfo> {
        self.0.tls.as_ref()
    }
}

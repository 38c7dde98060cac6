//! Where a connection leads: what its callers may know of the two ends, and what its parts share.
//!
//! [`PeerAddresses`] is public and fixed once connected. [`Route`] is for the driver, the futures and the bodies of one
//! connection, and holds why its owner ended it, which goes before every other reason.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
};

use http::HeaderMap;
use ziggurat_connect::{Negotiated, Socket, Target};

use super::{io::Wire, limits};
use crate::{Error, error::Block};

/// The two ends of a connection; a layer around it can tell them with each response.
///
/// An address is `None` where the stream has no socket. Cloning is one reference count.
///
/// ```
/// use ziggurat_transport::Connection;
///
/// fn server<B>(connection: &Connection<B>) -> Option<std::net::SocketAddr> {
///     connection.peer().remote()
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerAddresses(Arc<Pair>);

#[derive(Debug, PartialEq, Eq)]
struct Pair {
    local: Option<SocketAddr>,
    remote: Option<SocketAddr>,
    unix_path: Option<PathBuf>,
    tls: Option<Negotiated>,
}

impl PeerAddresses {
    pub(super) fn of(stream: &impl Socket) -> Self {
        Self(Arc::new(Pair {
            local: stream.local_addr(),
            remote: stream.remote_addr(),
            unix_path: stream.unix_path(),
            tls: stream.tls(),
        }))
    }

    /// The address of this side.
    pub fn local(&self) -> Option<SocketAddr> {
        self.0.local
    }

    /// The address of the server's side.
    pub fn remote(&self) -> Option<SocketAddr> {
        self.0.remote
    }

    /// The path of the server's unix socket, if it has one.
    pub fn unix_path(&self) -> Option<&Path> {
        self.0.unix_path.as_deref()
    }

    /// What was agreed on in the TLS handshake; `None` for plaintext.
    pub fn tls(&self) -> Option<&Negotiated> {
        self.0.tls.as_ref()
    }
}

/// Where a connection leads, and why its owner ended it.
#[derive(Debug)]
pub(super) struct Route {
    pub(super) target: Target,
    pub(super) peer: PeerAddresses,
    pub(super) wire: Arc<Wire>,
    /// How large a response's headers may be, and its trailers, in bytes.
    pub(super) max_header_list: u32,
    ended: OnceLock<Error>,
    /// Cloned by each response body that is being read: the count is how many there are.
    readers: Reader,
}

/// Says that a response body is being read, as long as it lives.
#[derive(Clone, Debug, Default)]
pub(super) struct Reader(Arc<()>);

impl Route {
    pub(super) fn new(
        target: Target,
        peer: PeerAddresses,
        wire: Arc<Wire>,
        max_header_list: u32,
    ) -> Arc<Self> {
        Arc::new(Self {
            target,
            peer,
            wire,
            max_header_list,
            ended: OnceLock::new(),
            readers: Reader::default(),
        })
    }

    /// From now on, all that fails on the connection fails for this reason. The first one counts.
    pub(super) fn end(&self, why: Error) {
        // Ended before.
        let _ = self.ended.set(why);
    }

    /// Why the connection was ended on this side, if it was.
    pub(super) fn ended(&self) -> Option<Error> {
        self.ended.get().cloned()
    }

    /// Refuses a header block that is larger than what is kept (A-39, A-40).
    pub(super) fn admit(&self, block: Block, fields: &HeaderMap) -> Result<(), Error> {
        let (size, limit) = (limits::size(fields), self.max_header_list);
        if size as u64 <= u64::from(limit) {
            return Ok(());
        }
        Err(Error::header_list(&self.target, block, size, limit))
    }

    /// Begins to read a response body.
    pub(super) fn reader(&self) -> Reader {
        self.readers.clone()
    }

    /// Whether a response body is being read.
    pub(super) fn is_read(&self) -> bool {
        Arc::strong_count(&self.readers.0) > 1
    }
}

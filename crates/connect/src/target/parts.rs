use std::{net::SocketAddr, path::PathBuf, sync::Arc};

use http::uri::{Authority, PathAndQuery, Scheme};

/// What the server of a unix socket sees as its name (I-33).
pub(super) const LOCALHOST: &str = "localhost";

/// What a target's text says.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Parts {
    pub(super) scheme: Scheme,
    pub(super) authority: Authority,
    /// What stands before the path of a method; never `/`, and without a slash at its end.
    pub(super) prefix: Option<PathAndQuery>,
    pub(super) ground: Ground,
    /// Where the host of the place is, if that is known; none if it is to be resolved.
    pub(super) addresses: Arc<[SocketAddr]>,
}

/// Where it connects to.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) enum Ground {
    Tcp { address: Authority, port: u16 },
    Unix(PathBuf),
    UnixAbstract(Box<str>),
}

impl Parts {
    pub(super) fn unix(ground: Ground) -> Self {
        Self {
            scheme: Scheme::HTTP,
            authority: Authority::from_static(LOCALHOST),
            prefix: None,
            ground,
            addresses: Arc::new([]),
        }
    }
}

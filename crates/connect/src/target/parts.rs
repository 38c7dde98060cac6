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
    pub(super) form: Form,
}

/// How the text names the place, and so how it is shown.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Form {
    /// By a URL, or the path of a socket.
    Url,
    /// `dns:///host:port`
    Dns,
    /// `ipv4:` or `ipv6:`, and addresses, of which there is one at least.
    Addresses,
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
            form: Form::Url,
        }
    }
}

//! Without TLS nothing reads certificates. A stream of one's own may be secure all the same: what it was verified for
//! is all that is known.

use ziggurat_protocol::BoxError;
use ziggurat_transport::PeerAddresses;

/// A certificate that nobody can read.
#[derive(Clone, Debug)]
pub(super) struct Certificate(());

impl Certificate {
    pub(super) fn of(peer: &PeerAddresses) -> Option<Self> {
        peer.tls().map(|_| Self(()))
    }

    #[allow(clippy::unused_self, reason = "with TLS there is something in it")]
    pub(super) fn check(&self, _: &str) -> Result<(), BoxError> {
        Err("its certificate cannot be read: enable the feature tls of ziggurat".into())
    }
}

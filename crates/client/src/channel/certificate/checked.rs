//! The certificate that a server has shown.

use bytes::Bytes;
use ziggurat_connect::tls;
use ziggurat_protocol::BoxError;
use ziggurat_transport::PeerAddresses;

/// A server's own certificate, in DER.
#[derive(Clone, Debug)]
pub(super) struct Certificate(Bytes);

impl Certificate {
    pub(super) fn of(peer: &PeerAddresses) -> Option<Self> {
        let certificates = &peer.tls()?.certificates;
        // A stream of one's own may tell none: such a server has no further name.
        Some(Self(certificates.first().cloned().unwrap_or_default()))
    }

    pub(super) fn check(&self, host: &str) -> Result<(), BoxError> {
        tls::check_name(&self.0, host)
    }
}

use std::{borrow::Cow, sync::Arc};

use bytes::Bytes;

/// How a connection is secured; cloning is one reference count.
///
/// ```
/// use ziggurat::{Peer, TlsInfo};
///
/// // A ground floor of one's own says what it has.
/// let tls = TlsInfo::new("TLS 1.3", "TLS_AES_128_GCM_SHA256").with_alpn("h2");
/// let peer = Peer::new(None, None).with_tls(tls);
/// assert_eq!(peer.tls().map(|tls| tls.version()), Some("TLS 1.3"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsInfo(Arc<Parts>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Parts {
    version: Cow<'static, str>,
    cipher_suite: Cow<'static, str>,
    alpn: Option<Bytes>,
    certificates: Vec<Bytes>,
}

impl TlsInfo {
    /// Names the version, such as `TLS 1.3`, and the cipher suite by its IANA name.
    pub fn new(
        version: impl Into<Cow<'static, str>>,
        cipher_suite: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self(Arc::new(Parts {
            version: version.into(),
            cipher_suite: cipher_suite.into(),
            alpn: None,
            certificates: Vec::new(),
        }))
    }

    /// Adds the protocol that was chosen by ALPN.
    pub fn with_alpn(mut self, protocol: impl Into<Bytes>) -> Self {
        Arc::make_mut(&mut self.0).alpn = Some(protocol.into());
        self
    }

    /// Adds the server's certificates in DER, its own first.
    pub fn with_certificates(mut self, chain: impl IntoIterator<Item = Bytes>) -> Self {
        Arc::make_mut(&mut self.0).certificates = chain.into_iter().collect();
        self
    }

    /// The version of TLS: `TLS 1.2` or `TLS 1.3`.
    pub fn version(&self) -> &str {
        &self.0.version
    }

    /// The cipher suite, by its IANA name.
    pub fn cipher_suite(&self) -> &str {
        &self.0.cipher_suite
    }

    /// The protocol that the server chose by ALPN.
    pub fn alpn(&self) -> Option<&[u8]> {
        self.0.alpn.as_deref()
    }

    /// The chain as the server sent it, in DER: its own certificate, then those that vouch for it.
    ///
    /// It was verified when the connection was made; the root is usually not in it.
    pub fn certificates(&self) -> &[Bytes] {
        &self.0.certificates
    }
}

use std::borrow::Cow;

use bytes::Bytes;

/// What two ends agreed on in a TLS handshake; a stream of one's own can tell it too.
///
/// ```
/// use ziggurat::channel::Negotiated;
///
/// let mut info = Negotiated::default();
/// info.version = "TLS 1.3".into();
/// info.cipher_suite = "TLS_AES_128_GCM_SHA256".into();
/// info.alpn = Some("h2".into());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Negotiated {
    /// `TLS 1.2` or `TLS 1.3`.
    pub version: Cow<'static, str>,
    /// By its IANA name.
    pub cipher_suite: Cow<'static, str>,
    /// The protocol that the server chose.
    pub alpn: Option<Bytes>,
    /// The server's chain as it sent it, in DER; its own certificate is the first.
    pub certificates: Vec<Bytes>,
}
